"""``README.md`` and ``croissant.json`` beside the shards: written with them, true, mended."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from depx.align.cards.texts import finish
from depx.align.place import check_place
from depx.align.status import status
from depx.align.summary import AlignSummary
from depx.align.verify import verify
from depx.extract.store.atomic import read_sealed, write_sealed

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]
LABELS = (
    "session,participant,phq8,gender,age,split\n"
    "s1,p1,3,f,31,train\ns2,p2,17,m,44,train\ns3,p2,17,m,44,train\nuntimed,p4,9,f,20,test\n"
)
CARDS = ("README.md", "croissant.json")


@pytest.fixture
def dataset(run: Run, filled: Path, labels: Write, tmp_path: Path) -> Path:
    """A training set with labels, groups and splits."""
    run(filled, tmp_path / "d", labels=labels(LABELS))
    return tmp_path / "d"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock")
    }


def without_cards(dataset: Path) -> None:
    """Make a training set one of an older depx, which wrote no cards."""
    marker = read_sealed(dataset / "dataset.json")
    for card in marker.pop("texts"):
        (dataset / card["path"]).unlink()
    write_sealed(dataset / "dataset.json", marker)


def head_of(card: str) -> dict[str, Any]:
    return yaml.safe_load(card.split("---\n")[1])


def test_the_card_counts_what_the_set_holds(dataset: Path) -> None:
    card = (dataset / "README.md").read_text()
    counts = read_sealed(dataset / "dataset.json")["counts"]
    assert "3 sessions, 3 cases, 2 participants" in card
    assert f"{counts['rows']} rows of words, of them {counts['rows_masked']} masked" in card
    assert "participants by `gender`: f 1, m 1" in card
    assert "age of the participants: 31 to 44, median 37.5; known of 2 of 2" in card
    assert "`phq8` (score, 0 to 24; positive: `phq8>=10`): known of 3 of 3 cases" in card
    assert "positive: 2 of 3 cases" in card
    assert re.search(r"splits \(cases\): train 3; .* hash `[0-9a-f]{64}`", card)
    assert "left out, 1 session: " in card
    assert "| face | 2 | 2 | 0 |" in card


def test_the_head_names_every_table_that_is_there(dataset: Path) -> None:
    head = head_of((dataset / "README.md").read_text())
    named = {config["config_name"]: config["data_files"][0]["path"] for config in head["configs"]}
    assert named == {
        "words": "words/*.parquet",
        "frames": "frames/*.parquet",
        "sessions": "sessions.parquet",
    }
    assert head["license"] == "other"
    assert head["task_categories"] == ["tabular-regression"]
    assert all(list(dataset.glob(path)) for path in named.values())


def test_the_card_says_nothing_that_was_said_and_names_nobody(
    run: Run, shelf: Any, labels: Write, tmp_path: Path
) -> None:
    shelf.session("secret1", shelf.whole(seed=1), recording="ab" * 32)
    shelf.session("secret2", shelf.dialogue(timed=False), failures=["bert"])
    shelf.session("secret3", shelf.whole(seed=2), failures=["face"])
    table = "session,participant,phq8\nsecret1,Somebody,3\nsecret2,Other,3\nsecret3,Third,9\n"
    run(shelf.path, tmp_path / "d", labels=labels(table))
    for name in CARDS:
        text = (tmp_path / "d" / name).read_text()
        for word in ("secret", "Somebody", "Third", "Ellie", "Eve Smith", "w00", str(tmp_path)):
            assert word not in text, (name, word)


def test_a_set_without_labels_face_or_times_has_a_card_too(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    made = {name: table for name, table in shelf.whole().items() if name != "face"}
    shelf.session("s1", made)
    run(shelf.path, tmp_path / "d", target="", tokens="windows:1.0")
    card = (tmp_path / "d" / "README.md").read_text()
    assert "target: none was chosen" in card
    assert "rows of windows" in card
    assert "`frames/*.parquet`" not in card
    assert "--tokens windows:1.0" in card
    assert "Action units" not in card
    assert "task_categories" not in head_of(card)
    assert "`text` holds what was said" not in card  # windows have no text


def test_a_class_is_told_as_a_class(run: Run, filled: Path, labels: Write, tmp_path: Path) -> None:
    table = labels("session,mdd\ns1,1\ns2,0\ns3,0\n")
    run(filled, tmp_path / "d", labels=table, target="mdd")
    card = (tmp_path / "d" / "README.md").read_text()
    assert head_of(card)["task_categories"] == ["tabular-classification"]
    assert "`mdd` (class, 0 to 1; positive: `mdd==1`)" in card
    assert "positive: 1 of 3 cases" in card
    assert "splits: none" in card


def test_cards_are_the_same_bytes_wherever_the_set_is_made(
    run: Run, filled: Path, labels: Write, tmp_path: Path, dataset: Path
) -> None:
    run(filled, tmp_path / "elsewhere", labels=labels(LABELS))
    assert contents(dataset) == contents(tmp_path / "elsewhere")


def test_cards_do_not_hang_on_the_order_in_which_the_marker_is_held(dataset: Path) -> None:
    def turned(held: Any) -> Any:
        if isinstance(held, dict):
            return {key: turned(held[key]) for key in reversed(held)}
        return [turned(one) for one in held] if isinstance(held, list) else held

    before = contents(dataset)
    marker = read_sealed(dataset / "dataset.json")
    assert finish(dataset, turned(marker))["texts"] == marker["texts"]
    assert contents(dataset) == before


@pytest.mark.parametrize("name", CARDS)
def test_a_damaged_card_is_named_and_mended(
    run: Run, filled: Path, labels: Write, dataset: Path, name: str
) -> None:
    before = contents(dataset)
    (dataset / name).write_bytes(b"another" + before[name][7:])
    found = verify(dataset)
    assert [damage.file.name for damage in found.damaged] == [name]
    assert "damaged" in status(dataset).headline
    summary, _ = run(filled, dataset, labels=labels(LABELS))
    assert summary.mended == (name,)
    assert contents(dataset) == before
    assert not verify(dataset).damaged
    (dataset / name).unlink()
    summary, _ = run(filled, dataset, labels=labels(LABELS))
    assert summary.mended == (name,)
    assert contents(dataset) == before


def test_a_set_of_an_older_depx_gets_its_cards_and_keeps_its_shards(
    run: Run, filled: Path, labels: Write, dataset: Path
) -> None:
    before = contents(dataset)
    without_cards(dataset)
    assert not verify(dataset).damaged
    dates = {path: path.stat().st_mtime_ns for path in dataset.rglob("*.parquet")}
    summary, _ = run(filled, dataset, labels=labels(LABELS))
    assert summary.up_to_date
    assert contents(dataset) == before
    assert {path: path.stat().st_mtime_ns for path in dataset.rglob("*.parquet")} == dates


def test_cards_whose_marker_a_killed_run_did_not_write_are_no_stranger(
    run: Run, filled: Path, labels: Write, dataset: Path
) -> None:
    before = contents(dataset)
    (dataset / "dataset.json").unlink()
    check_place(dataset)
    run(filled, dataset, labels=labels(LABELS))
    assert contents(dataset) == before


def test_hugging_face_opens_the_folder_by_its_card(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    datasets.disable_progress_bars()
    import pyarrow.parquet as pq

    files = {"words": "words", "frames": "frames", "sessions": "sessions.parquet"}
    assert set(datasets.get_dataset_config_names(str(dataset))) == set(files)
    for config, path in files.items():
        cache = str(tmp_path / "cache")
        read = datasets.load_dataset(str(dataset), config, cache_dir=cache)["train"]
        written = pq.read_table(dataset / path, partitioning=None)
        assert read.num_rows == written.num_rows
        assert read.column_names == written.column_names
        assert list(read["session"]) == written["session"].to_pylist()
