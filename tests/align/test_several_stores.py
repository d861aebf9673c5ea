"""Stores of several corpora in one training set: whose is whose, and nobody on both sides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from depx.align.cli import align
from depx.align.dataset import Dataset
from depx.align.labels import Known
from depx.align.leaks import check_leaks, with_splits
from depx.align.splits import own_splits
from depx.align.summary import AlignSummary
from depx.errors import LabelError, StoreError, UsageError
from depx.extract.labels.registry import read_labels
from depx.extract.store.labels import write_labels
from depx.extract.store.place import amend_store
from depx.extract.store.reader import Store
from depx.train.cli import settings_of
from depx.train.folds import deal
from depx.train.run import train
from depx.train.words import read_words

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]

DAIC = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n"
EDAIC = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
DAIC_FILES = [
    ("train_split_Depression_AVEC2017.csv", f"{DAIC}901,0,3,1\n902,1,12,0\n".encode()),
    ("test_split_Depression_AVEC2017.csv", b"participant_ID,Gender\n903,1\n"),
]
EDAIC_FILES = [
    ("train_split.csv", f"{EDAIC}901,male,0,3,0,20\n903,male,0,11,0,30\n".encode()),
    ("dev_split.csv", f"{EDAIC}1601,female,0,2,1,\n".encode()),
]


@pytest.fixture
def corpora(shelves: Callable[[str], Any]) -> tuple[Path, Path]:
    """Two corpora: 901 and 903 are in both, 903 as test and as train; 902 and 1601 in one."""
    paths = []
    for corpus, people, files in (
        ("daic-woz", ("901", "902", "903"), DAIC_FILES),
        ("e-daic", ("901", "903", "1601"), EDAIC_FILES),
    ):
        shelf = shelves(corpus)
        for one in people:
            shelf.session(one, shelf.whole(seed=int(one)), participant=f"daic-{one}")
        write_labels(shelf.path, read_labels(corpus, files))
        paths.append(shelf.path)
    return paths[0], paths[1]


def known(session: str, participant: str, split: str | None, corpus: str = "a") -> Known:
    return Known(
        session=session,
        case=session,
        participant=participant,
        split=split,
        labels={},
        found=True,
        corpus=corpus,
    )


def test_a_test_person_of_one_corpus_that_trains_in_another_is_refused_by_name(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(LabelError) as told:
        run(corpora, tmp_path / "d")
    assert str(told.value).startswith(
        "1 participant is in different splits (1: test in daic-woz, train in e-daic): daic-903; "
    )
    assert "--splits CORPUS" in str(told.value)
    assert not (tmp_path / "d").exists()
    with pytest.raises(UsageError, match=r"; of several stores: daic-woz-903, e-daic-903$"):
        run(corpora, tmp_path / "d", exclude=("903",))
    run(corpora, tmp_path / "d", exclude=("e-daic-903",))  # then nobody is on both sides


def test_ids_in_two_stores_get_their_corpus_and_labels_stay_with_their_own(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    _, lines = run(corpora, tmp_path / "d", splits="e-daic")
    table = pd.read_parquet(tmp_path / "d" / "sessions.parquet").set_index("session")
    assert list(table.index) == [
        "1601", "902", "daic-woz-901", "daic-woz-903", "e-daic-901", "e-daic-903",
    ]  # fmt: skip
    assert list(table["case"]) == list(table.index)
    assert table["participant"].to_dict() == {
        "1601": "daic-1601", "902": "daic-902", "daic-woz-901": "daic-901",
        "daic-woz-903": "daic-903", "e-daic-901": "daic-901", "e-daic-903": "daic-903",
    }  # fmt: skip
    assert table["corpus"].tolist() == [
        "e-daic", "daic-woz", "daic-woz", "daic-woz", "e-daic", "e-daic",
    ]  # fmt: skip
    # of E-DAIC for those it knows; 902 keeps its own
    assert table["split"].to_dict() == {
        "1601": "dev", "902": "train", "daic-woz-901": "train", "daic-woz-903": "train",
        "e-daic-901": "train", "e-daic-903": "train",
    }  # fmt: skip
    assert table["phq8"]["e-daic-903"] == 11.0
    assert pd.isna(table["phq8"]["daic-woz-903"])  # each row is of its own store's session
    assert table["ptsd_severity"]["e-daic-901"] == 20.0
    assert pd.isna(table["ptsd_severity"]["daic-woz-901"])
    assert (
        "2 participants have sessions in daic-woz and e-daic; they share one fold and one split"
        in lines
    )
    dataset = Dataset.open(tmp_path / "d")
    assert set(dataset.ids()) == set(table.index)
    assert own_splits(dataset, dataset.ids())["valid"] == ["1601"]
    assert dataset.manifest["splits"]["cases"]["dev"] == ["1601"]
    assert dataset.manifest["settings"]["splits"] == "e-daic"


def test_the_order_of_the_stores_does_not_matter(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    run(corpora, tmp_path / "a", splits="none")
    run(corpora[::-1], tmp_path / "b", splits="none")
    for name in ("sessions.parquet", "dataset.json", "words/part-00000.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert pd.read_parquet(tmp_path / "a" / "sessions.parquet")["split"].isna().all()


def test_a_person_of_two_corpora_is_in_one_fold(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    run(corpora, tmp_path / "d", splits="none")
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    read = read_words(dataset, dataset.target, {"text": "bert"})
    people = dict(zip(read.sessions, read.participants, strict=True))
    assert people["daic-woz-901"] == people["e-daic-901"] == "daic-901"
    tested = [{read.sessions[s] for s in read.of(fold)} for fold in deal(read.scores(), 3, seed=0)]
    assert sorted(one for fold in tested for one in fold) == sorted(read.sessions)
    both = {"daic-woz-901", "e-daic-901"}
    assert [fold & both for fold in tested if fold & both] == [both]


def test_one_table_of_the_user_speaks_of_the_sessions_of_all_stores(
    run: Run, corpora: tuple[Path, Path], labels: Write, tmp_path: Path
) -> None:
    table = labels("session,split,phq8\n901,train,5\n902,dev,6\ne-daic-903,test,7\n1601,dev,8\n")
    _, lines = run(corpora, tmp_path / "d", labels=table)
    scores = pd.read_parquet(tmp_path / "d" / "sessions.parquet").set_index("session")["phq8"]
    assert scores.dropna().to_dict() == {
        "1601": 8.0, "902": 6.0, "daic-woz-901": 5.0, "e-daic-901": 5.0, "e-daic-903": 7.0,
    }  # fmt: skip
    assert "labels.csv: 1 session has no phq8, kept all the same: daic-woz-903" in lines


def test_a_store_without_labels_has_sessions_without_target(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    (corpora[1] / "labels.parquet").unlink()
    amend_store(corpora[1], {"labels": None})
    _, lines = run(corpora, tmp_path / "d")
    assert f"{corpora[1]}: no labels, its sessions have no target; see --labels" in lines
    assert not [line for line in run(corpora, tmp_path / "e", target="")[1] if "--labels" in line]
    table = pd.read_parquet(tmp_path / "d" / "sessions.parquet").set_index("session")
    assert table["phq8"].notna().to_dict() == {
        "1601": False, "902": True, "daic-woz-901": True, "daic-woz-903": False,
        "e-daic-901": False, "e-daic-903": False,
    }  # fmt: skip


def test_two_stores_that_cannot_be_told_apart_are_refused(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("s1", shelf.whole())
    other = type(shelf)(tmp_path / "other")
    other.session("s1", other.whole())
    with pytest.raises(StoreError, match=r"session s1 is in .*, both of corpus folder"):
        run([shelf.path, other.path], tmp_path / "d")
    with pytest.raises(UsageError, match="is named 2 times"):
        run([shelf.path, shelf.path], tmp_path / "d")
    with pytest.raises(UsageError, match="expected STORE"):
        CliRunner().invoke(align, ["-o", str(tmp_path / "d")], catch_exceptions=False)


def test_a_case_may_lie_in_two_stores_of_its_corpus_and_is_another_in_another_corpus(
    run: Run, shelf: Any, shelves: Callable[[str], Any], labels: Write, tmp_path: Path
) -> None:
    shelf.session("q1", shelf.whole(), case="x")
    other = type(shelf)(tmp_path / "other")
    other.session("q2", other.whole(), case="x")
    foreign = shelves("cmdc")
    foreign.session("q3", foreign.whole(), case="x", participant="cmdc-x")
    run([shelf.path, other.path], tmp_path / "d")
    assert set(pd.read_parquet(tmp_path / "d" / "sessions.parquet")["case"]) == {"x"}
    table = labels("case,phq8\nx,4\ncmdc-x,5\n")
    run([shelf.path, other.path, foreign.path], tmp_path / "e", labels=table)
    rows = pd.read_parquet(tmp_path / "e" / "sessions.parquet").set_index("session")
    assert rows["case"].to_dict() == {"q1": "folder-x", "q2": "folder-x", "q3": "cmdc-x"}
    assert rows["participant"].to_dict() == {"q1": "x", "q2": "x", "q3": "cmdc-x"}
    assert rows["phq8"].to_dict() == {"q1": 4.0, "q2": 4.0, "q3": 5.0}


def test_the_command_takes_several_stores_and_says_whose_splits_count(
    corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    arguments = [*map(str, corpora), "-o", str(tmp_path / "d")]
    done = CliRunner().invoke(align, [*arguments, "--splits", "daic-woz"], catch_exceptions=False)
    assert done.exit_code == 0
    table = pd.read_parquet(tmp_path / "d" / "sessions.parquet").set_index("session")
    assert (table["split"]["e-daic-903"], table["split"]["1601"]) == ("test", "dev")
    with pytest.raises(UsageError, match="none, or a corpus of the stores: daic-woz, e-daic"):
        CliRunner().invoke(align, [*arguments, "--splits", "cmdc"], catch_exceptions=False)


def test_a_store_alone_gives_what_it_gives_among_others(
    run: Run, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    assert [one.id for one in Store.open(corpora[0]).sessions()] == ["901", "902", "903"]
    run(corpora[0], tmp_path / "one")
    run(corpora, tmp_path / "both", splits="none")
    alone = pd.read_parquet(tmp_path / "one" / "words")
    among = pd.read_parquet(tmp_path / "both" / "words")
    among = among[among.session.isin(["902", "daic-woz-901", "daic-woz-903"])]
    among = among.assign(session=among.session.str.removeprefix("daic-woz-"))
    among = among.sort_values(["session", "index"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among)


def test_the_list_names_as_many_as_a_corpus_has_and_counts_the_rest() -> None:
    people = [f"p{n:03d}" for n in range(312)]
    both = [
        known(f"{corpus}-{who}", who, split, corpus)
        for who in people
        for corpus, split in (("a", "train"), ("b", "test" if who < "p030" else "validation"))
    ]
    with pytest.raises(LabelError) as told:
        check_leaks(both)
    assert "(30: test in b, train in a; 282: train in a, validation in b)" in str(told.value)
    assert ", p299 and 12 more; " in str(told.value)
    assert "p300" not in str(told.value)


def test_two_names_of_one_split_are_one_and_no_split_is_none() -> None:
    check_leaks([known("1", "p", "dev"), known("2", "p", "Validation", "b")])
    check_leaks([known("1", "p", None), known("2", "p", None, "b")])
    with pytest.raises(LabelError, match="no split in b, test in a"):
        check_leaks([known("1", "p", "test"), known("2", "p", None, "b")])


def test_a_corpus_that_contradicts_itself_cannot_be_followed() -> None:
    torn = [known("1", "p", "train"), known("2", "p", "test"), known("3", "p", "dev", "b")]
    with pytest.raises(LabelError, match="1 participant is in different splits"):
        with_splits(torn, "a", ["a", "b"])
    assert {one.split for one in with_splits(torn, "b", ["a", "b"])} == {"dev"}
    assert {one.split for one in with_splits(torn, "none", ["a", "b"])} == {None}


def test_train_takes_several_stores_and_tests_a_person_of_both_once(
    corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    small = ("validation=0", "width=16", "heads=2", "layers=1", "latent_width=3", "synth=none")
    settings = settings_of(
        "cmg-vs", values=small, epochs=1, folds=2, device="cpu", splits="none",
        label_rule="released",
    )  # fmt: skip
    lines: list[str] = []
    done = train(corpora, tmp_path / "run", settings, report=lines.append, tell=lambda _: None)
    assert any("in 1 of 5 sessions: e-daic-903; the released class says" in line for line in lines)
    rows = pd.read_parquet(tmp_path / "run" / "predictions.parquet").set_index("case")
    assert rows["positive"].to_dict() == {
        "902": True, "daic-woz-901": False, "e-daic-901": False, "e-daic-903": False,
        "1601": False,
    }  # fmt: skip
    assert rows["fold"]["daic-woz-901"] == rows["fold"]["e-daic-901"]
    assert done.metrics["label_rule"] == "released (phq8_binary)"
    assert done.metrics["counts"]["participants"] == 4
    plain = settings_of("cmg-vs", values=small, epochs=1, folds=2, device="cpu")
    with pytest.raises(LabelError, match="1 participant is in different splits"):
        train(corpora, tmp_path / "other", plain, report=print, tell=lambda _: None)
    assert not (tmp_path / "other").exists()
