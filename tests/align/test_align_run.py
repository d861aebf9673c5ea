"""From a store to a training set: what is written, and what is left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.figures import figure_names
from depx.align.plan import plan
from depx.align.session import align_session
from depx.align.settings import AlignSettings
from depx.align.summary import AlignSummary
from depx.errors import (
    AlignmentError,
    LabelError,
    UsageError,
)
from depx.extract.store.reader import Store
from depx.features.columns import FACE_VECTOR, Column, names
from depx.features.words import Role, TurnTable

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]


def test_columns_are_the_union_and_absent_tracks_are_nan(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d")
    words = pd.read_parquet(tmp_path / "d" / "words")
    without = words[words.session == "s2"]
    assert np.isnan(np.stack(list(without.face_mean))).all()
    assert (without.face_n_frames == 0).all()
    assert (without.face_valid == 0).all()
    mine = words[~words.masked]
    assert np.isfinite(np.stack(list(mine[mine.session == "s2"].egemaps_mean))).all()
    assert np.isfinite(np.stack(list(mine[mine.session == "s1"].face_mean))).all()
    assert set(pd.read_parquet(tmp_path / "d" / "frames").session) == {"s1", "s3"}


def test_rows_are_the_words_of_all_and_the_others_are_masked(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    summary, _ = run(filled, tmp_path / "d")
    words = pd.read_parquet(tmp_path / "d" / "words")
    assert [*words.columns[:7]] == ["session", "index", "turn", "speaker", "role", "kind", "text"]
    assert [*words.columns[7:12]] == ["start_s", "stop_s", "timing", "confidence", "masked"]
    assert list(words[words.session == "s1"]["index"]) == list(range(12))
    assert (words.masked == (words.role == "interviewer")).all()
    assert list(words[words.session == "s1"].kind) == [*["word"] * 5, "event"] * 2
    assert "vad_mean" not in words.columns
    others = words[words.masked]
    for column in ("face_mean", "egemaps_mean", "bert"):
        assert np.isnan(np.stack(list(others[column]))).all()
        assert (others[f"{column.removesuffix('_mean')}_valid"] == 0).all()
    assert (others[["face_n_frames", "egemaps_n_frames"]] == 0).all(axis=None)
    assert others[["text", "start_s", "timing"]].notna().all(axis=None)
    counts = Dataset.open(tmp_path / "d").manifest["counts"]
    assert (counts["rows"], counts["rows_masked"]) == (36, 18)
    assert (summary.rows, summary.rows_masked) == (36, 18)


def test_without_a_target_labels_are_carried_and_none_of_them_is_asked_for(
    run: Run, filled: Path, labels: Write, tmp_path: Path
) -> None:
    table = labels("session,participant,bdi2\ns1,p1,7\ns2,p2,\n")
    run(filled, tmp_path / "d", labels=table, target="")
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is None
    rows = dataset.sessions().set_index("session")
    assert rows.loc["s1", "bdi2"] == 7
    assert np.isnan(rows.loc["s2", "bdi2"])
    assert list(rows["participant"]) == ["p1", "p2", "s3"]
    with pytest.raises(LabelError, match="no column 'phq8' for the target"):
        run(filled, tmp_path / "e", labels=table)


@pytest.mark.parametrize(
    ("speakers", "masked"),
    [("participant", "interviewer"), ("interviewer", "participant"), ("both", "")],
)
def test_who_is_chosen_is_not_masked(
    run: Run, shelf: Any, tmp_path: Path, speakers: str, masked: str
) -> None:
    shelf.session("a", shelf.whole())
    run(shelf.path, tmp_path / "d", speakers=speakers)
    words = pd.read_parquet(tmp_path / "d" / "words")
    assert set(words[words.masked].role) == ({masked} if masked else set())
    assert np.isfinite(np.stack(list(words[~words.masked].egemaps_mean))).all()
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.sessions().words[0] == (~words.masked).sum()
    assert len(dataset.words(["bert"]).vectors["bert"]) == (~words.masked).sum()


def test_text_vectors_lie_under_their_words_and_events_have_none(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d")
    stored = next(s for s in Store.open(filled).sessions() if s.id == "s1").vectors("bert")
    words = pd.read_parquet(tmp_path / "d" / "words")
    mine = words[(words.session == "s1") & ~words.masked]
    assert len(mine) == 6
    for row in mine.to_dict("records"):
        np.testing.assert_array_equal(row["bert"], stored.value_WD[row["index"]])
        assert row["bert_valid"] == (row["kind"] == "word")


def test_the_numbers_of_a_turn_lie_under_each_of_its_words(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    made = shelf.functionals()
    shelf.session("a", {**shelf.whole(), "turns88": made})
    shelf.session("b", shelf.whole())
    run(shelf.path, tmp_path / "d")
    words = pd.read_parquet(tmp_path / "d" / "words")
    for row in words[(words.session == "a") & ~words.masked].to_dict("records"):
        np.testing.assert_array_equal(row["turns88"], made.value_TC[row["turn"]])
        assert row["turns88_valid"] == made.valid_T[row["turn"]]
    assert np.isnan(np.stack(list(words[words.session == "b"].turns88))).all()
    assert "turns88_n_frames" not in words.columns
    modality = Dataset.open(tmp_path / "d").modalities["turns88"]
    assert (modality.column, modality.names) == ("turns88", names(made.columns))


def test_a_table_of_turns_that_lacks_or_reorders_them_is_read_by_their_index(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    whole = shelf.functionals()
    kept = [3, 0, 2]  # turn 1, one of the participant's two, is not there
    made = TurnTable(
        turns=tuple(whole.turns[t] for t in kept),
        value_TC=np.array([[7, 8, 9], [1, 1, 1], [2, 2, 2]], dtype=np.float32),
        columns=whole.columns,
        valid_T=np.ones(3, dtype=np.bool_),
    )
    shelf.session("a", {**shelf.whole(), "turns88": made})
    run(shelf.path, tmp_path / "d")
    words = pd.read_parquet(tmp_path / "d" / "words").query("~masked")
    assert set(words.turn) == {1, 3}
    for row in words.to_dict("records"):
        expected = [7, 8, 9] if row["turn"] == 3 else [np.nan] * 3
        np.testing.assert_array_equal(row["turns88"], expected)


def test_a_pause_has_the_numbers_of_no_turn(run: Run, shelf: Any, tmp_path: Path) -> None:
    shelf.session("a", {**shelf.whole(), "turns88": shelf.functionals()})
    run(shelf.path, tmp_path / "d", pauses_s=0.1)
    words = pd.read_parquet(tmp_path / "d" / "words")
    is_pause = words.kind == "pause"
    assert 0 < is_pause.sum() < len(words)
    measured = np.isfinite(np.stack(list(words.turns88))).any(axis=1)
    assert not measured[is_pause].any()
    assert measured[~is_pause].any()
    assert (words.turns88_valid[is_pause] == 0).all()


def test_a_session_that_cannot_be_aligned_is_left_out_with_its_reason(
    run: Run, filled: Path, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("failed", {"face": shelf.face()}, failures=["words"])
    summary, lines = run(filled, tmp_path / "d")
    assert summary.exit_code == 1
    reasons = {
        x["session"]: x["reason"] for x in Dataset.open(tmp_path / "d").manifest["exclusions"]
    }
    assert "none of 6 words has times" in reasons["untimed"]
    assert "extraction failed (MediaError); failed/session.json says why" in reasons["failed"]
    assert sum("left out" in line for line in lines) == 2
    assert summary.sessions == 3


def test_a_session_whose_face_failed_takes_part_and_is_named(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", shelf.whole())
    made = {k: v for k, v in shelf.whole(seed=1).items() if k != "face"}
    shelf.session("b", made, failures=["face"])
    summary, lines = run(shelf.path, tmp_path / "d")
    assert summary.exit_code == 0
    assert summary.sessions == 2
    assert any(line.startswith("b: aligned without face") for line in lines)
    assert [x["session"] for x in Dataset.open(tmp_path / "d").manifest["incomplete"]] == ["b"]


def test_the_text_model_of_the_few_is_the_odd_one(
    run: Run, filled: Path, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("odd", {**shelf.whole(), "bert": shelf.vectors(width=16)})
    run(filled, tmp_path / "d")
    manifest = Dataset.open(tmp_path / "d").manifest
    reasons = {x["session"]: x["reason"] for x in manifest["exclusions"]}
    assert "16 dimensions of another model or window than the 8 of 3 sessions" in reasons["odd"]


def test_nothing_to_align_is_an_error_that_names_a_reason(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", shelf.dialogue(timed=False))
    with pytest.raises(AlignmentError, match="none of 1 sessions can be aligned; a: none of 6"):
        run(shelf.path, tmp_path / "d")
    assert not (tmp_path / "d" / "dataset.json").exists()


def test_words_without_any_track_are_an_error(run: Run, shelf: Any, tmp_path: Path) -> None:
    shelf.session("a", shelf.dialogue())
    with pytest.raises(AlignmentError, match="no session has a track to pool"):
        run(shelf.path, tmp_path / "d")


def test_sessions_carry_labels_counts_and_origins(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    table = labels(
        "session,participant,split,phq8,gender,site\ns1,p1,train,3,f,x\ns2,p2,test,12,m,y\n"
    )
    run(filled, tmp_path / "d", labels=table)
    dataset = Dataset.open(tmp_path / "d")
    sessions = dataset.sessions().set_index("session")
    assert dataset.target is not None
    assert list(sessions.phq8.fillna(-1)) == [3, 12, -1]
    assert list(sessions.participant) == ["p1", "p2", "s3"]
    assert list(sessions.site[:2]) == ["x", "y"]
    counts = ["words_given", "words_forced", "words_proportional", "words_untimed"]
    assert (sessions[counts].sum(axis=1) == sessions.words).all()
    assert list(sessions.face_words_without_frames) == [0, 6, 0]
    assert list(sessions.face_origin.fillna("none")) == ["computed", "none", "computed"]
    assert dataset.manifest["splits"]["cases"] == {"train": ["s1"], "test": ["s2"]}


def test_every_computed_column_is_kept_from_labels(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    stored = Store.open(filled).sessions()[0]
    planned = plan([stored], AlignSettings(), str)
    figures = align_session(stored, planned, AlignSettings()).figures
    assert {*figures, "interviewer_text"} == set(figure_names(planned.parts))
    with pytest.raises(LabelError, match="'face_origin' is depx's own"):
        run(filled, tmp_path / "d", labels=labels("session,phq8,face_origin\ns1,3,x\n"))


def test_facial_columns_stand_in_canonical_order_whatever_the_track_had(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    face = shelf.face()
    keep = [c for c, column in enumerate(face.columns) if column.group in ("au_r", "quality")][::-1]
    shuffled = type(face)(
        time_s=face.time_s,
        value_FC=face.value_FC[:, keep],
        columns=tuple(face.columns[c] for c in keep),
        valid_F=face.valid_F,
        rate_hz=face.rate_hz,
    )
    shelf.session("a", {**shelf.dialogue(), "face": face})
    shelf.session("b", {**shelf.dialogue(), "face": shuffled})
    run(shelf.path, tmp_path / "d")
    modality = Dataset.open(tmp_path / "d").modalities["face"]
    assert modality.names == names(FACE_VECTOR)
    vectors = Dataset.open(tmp_path / "d").words(["face"]).vectors["face"].reshape(2, -1, 49)
    is_au = np.array([column.group == "au_r" for column in FACE_VECTOR])
    np.testing.assert_array_equal(vectors[0][:, is_au], vectors[1][:, is_au])
    assert np.isnan(vectors[1][:, ~is_au]).all()


def test_columns_of_other_tracks_unite_by_name(run: Run, shelf: Any, tmp_path: Path) -> None:
    older = (Column("lld_3", "1"), Column("lld_0", "1"), Column("only_here", "1"))
    shelf.session("a", {**shelf.dialogue(), "egemaps": shelf.sound(columns=older)})
    shelf.session("b", {**shelf.dialogue(), "egemaps": shelf.sound()})
    run(shelf.path, tmp_path / "d")
    dataset = Dataset.open(tmp_path / "d")
    expected = (*(f"lld_{c}" for c in range(25)), "only_here")
    assert dataset.modalities["egemaps"].names == expected
    measured = np.isfinite(dataset.words(["egemaps"], ["a"]).vectors["egemaps"][0])
    assert [n for n, here in zip(expected, measured, strict=True) if here] == [
        "lld_0",
        "lld_3",
        "only_here",
    ]


def test_a_session_with_another_text_model_alone_has_no_mean_text(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", shelf.whole())
    shelf.session("b", {**shelf.dialogue(), "bert_large": shelf.vectors(width=16)})
    run(shelf.path, tmp_path / "d")
    sessions = Dataset.open(tmp_path / "d").sessions().set_index("session")
    stored = Store.open(shelf.path).sessions()[0].vectors("bert")
    asked = [0, 1, 2, 6, 7, 8]  # the interviewer's words of `dialogue`
    np.testing.assert_allclose(
        sessions.interviewer_text["a"], stored.value_WD[asked].mean(axis=0), rtol=1e-5
    )
    assert np.isnan(sessions.interviewer_text["b"]).all()


def test_float16_is_written_where_it_fits_and_refused_where_not(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", shelf.whole())
    loud = shelf.sound()
    loud.value_FC[:] = 1e6
    shelf.session("b", {**shelf.whole(seed=1), "egemaps": loud})
    summary, lines = run(shelf.path, tmp_path / "d", dtype="float16")
    assert [x.session for x in summary.exclusions] == ["b"]
    assert "1e+06 does not fit float16" in lines[-1]
    half = Dataset.open(tmp_path / "d").words(["egemaps"]).vectors["egemaps"]
    run(shelf.path, tmp_path / "e", only=("a",))
    full = Dataset.open(tmp_path / "e").words(["egemaps"]).vectors["egemaps"]
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, full, rtol=1e-3, atol=1e-3)
    assert Dataset.open(tmp_path / "d").manifest["timing"]["forced"] == 4


def test_an_unknown_role_is_the_participants_and_said_once(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", {**shelf.whole(), **shelf.dialogue(role=Role.UNKNOWN)})
    summary, lines = run(shelf.path, tmp_path / "d")
    assert summary.rows - summary.rows_masked == 6
    assert sum("6 words of an unknown role" in line for line in lines) == 1


def test_no_word_and_no_path_stands_in_messages_or_the_manifest(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    _, lines = run(filled, tmp_path / "d", labels=labels("session,phq8\ns1,3\n"))
    text = (tmp_path / "d" / "dataset.json").read_text()
    for spoken in ("w10", "w11", "w30"):
        assert not any(f"{spoken}" in line for line in lines)
        assert f'"{spoken}"' not in text
    assert str(tmp_path) not in text


def test_a_session_that_is_not_there_is_a_usage_error(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no session 'nobody' among the 4"):
        run(filled, tmp_path / "d", only=("nobody",))
