"""Turns and sessions are their words' samples pooled together; no side shapes the other's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset
from depx.align.moments import STATISTICS
from depx.align.settings import VIEWS
from depx.align.summary import AlignSummary
from depx.extract.store.reader import Store
from depx.features.columns import FACE_VECTOR, names
from depx.features.words import Kind, Role, Turn, Word, WordTime, WordVectors

Run = Callable[..., tuple[AlignSummary, list[str]]]
Tables = Mapping[str, pd.DataFrame]
SAMPLES = ("face", "egemaps")


@pytest.fixture
def tables(run: Run, shelf: Any, tmp_path: Path) -> Tables:
    """All views of a session that has every kind of track."""
    shelf.session("a", {**shelf.whole(), "turns88": shelf.functionals()})
    run(shelf.path, tmp_path / "d", views=VIEWS, pool=STATISTICS, pauses_s=0.1)
    return {view: pd.read_parquet(tmp_path / "d" / view) for view in VIEWS}


def expected(words: pd.DataFrame, samples: Any, columns: list[str]) -> dict[str, Any]:
    """Pool the samples of several words with a plain loop, one word's after the other's."""
    start_s_F, stop_s_F = samples.owned()
    index = {column.name: c for c, column in enumerate(samples.columns)}
    weight, value, time, measured_s = [], [], [], 0.0
    for word in words.to_dict("records"):
        for f in range(samples.rows):
            overlap_s = min(stop_s_F[f], word["stop_s"]) - max(start_s_F[f], word["start_s"])
            if overlap_s > 0:
                confidence = (
                    samples.value_FC[f, index["confidence"]] if "confidence" in index else 1
                )
                row = [samples.value_FC[f, index[name]] for name in columns]
                weight.append(overlap_s * confidence if samples.valid_F[f] else 0.0)
                value.append(row)
                time.append(samples.time_s[f])
                measured_s += overlap_s * (weight[-1] > 0 and np.isfinite(row).any())
    w, x, t = np.array(weight), np.array(value, dtype=np.float64), np.array(time)
    out: dict[str, Any] = {name: np.full(len(columns), np.nan) for name in STATISTICS}
    for c in range(len(columns)):
        known = np.isfinite(x[:, c]) & (w > 0)
        wk, xk, tk = w[known], x[known, c], t[known]
        if not known.any():
            continue
        mean, middle = np.average(xk, weights=wk), np.average(tk, weights=wk)
        out["mean"][c], out["min"][c], out["max"][c], out["first"][c] = (
            mean, xk.min(), xk.max(), xk[0],
        )  # fmt: skip
        out["std"][c] = np.sqrt(np.average((xk - mean) ** 2, weights=wk))
        out["slope"][c] = np.polyfit(tk - middle, xk, 1, w=np.sqrt(wk))[0]
    lasting_s = float((words.stop_s - words.start_s).sum())
    return out | {"n_frames": len(weight), "valid": measured_s / lasting_s}


def check(row: Mapping[str, Any], words: pd.DataFrame, store: Path) -> None:
    (stored,) = Store.open(store).sessions()
    columns = {"face": list(names(FACE_VECTOR)), "egemaps": [f"lld_{c}" for c in range(25)]}
    for name in SAMPLES:
        pooled = expected(words, stored.samples(name), columns[name])
        for statistic in STATISTICS:
            np.testing.assert_allclose(
                row[f"{name}_{statistic}"], pooled[statistic], 1e-5, 1e-6, err_msg=statistic
            )
        assert row[f"{name}_n_frames"] == pooled["n_frames"]
        assert row[f"{name}_valid"] == pytest.approx(pooled["valid"], abs=1e-6)


def test_a_turn_is_its_words_pooled_together(tables: Tables, shelf: Any) -> None:
    words, turns = tables["words"], tables["turns"]
    heads = ["session", "turn", "speaker", "role", "start_s", "stop_s", "words", "masked"]
    assert list(turns.columns[:8]) == heads
    assert list(turns.turn) == [0, 1, 2, 3]
    assert list(turns.words) == [3, 3, 3, 3]
    assert list(turns.masked) == [True, False, True, False]
    assert list(turns.start_s) == [0, 2, 4, 6]
    for row in turns[~turns.masked].to_dict("records"):
        check(row, words[(words.turn == row["turn"]) & (words.kind != "pause")], shelf.path)


def test_a_masked_turn_has_no_vector(tables: Tables) -> None:
    others = tables["turns"].query("masked")
    for column in ("face_mean", "egemaps_slope", "bert", "turns88"):
        assert np.isnan(np.stack(list(others[column]))).all()
    shares = [column for column in others.columns if column.endswith(("_valid", "_n_frames"))]
    assert len(shares) == 6
    assert (others[shares] == 0).all(axis=None)


def test_a_session_is_all_its_rows_pooled_together(tables: Tables, shelf: Any) -> None:
    words, sessions = tables["words"], tables["sessions"]
    assert list(sessions.columns[:2]) == ["session", "words"]
    (row,) = sessions.to_dict("records")
    assert row["words"] == 6
    assert (words[~words.masked].kind == "pause").any()
    check(row, words[~words.masked], shelf.path)


def test_vectors_of_text_are_the_mean_of_the_words_that_have_one(tables: Tables) -> None:
    words = tables["words"].query("~masked and kind != 'pause'")
    for row in tables["turns"].query("~masked").to_dict("records"):
        mine = words[(words.turn == row["turn"]) & (words.bert_valid == 1)]
        mean = np.stack(list(mine.bert)).mean(axis=0, dtype=np.float64)
        np.testing.assert_allclose(row["bert"], mean, rtol=1e-6)
        assert row["bert_valid"] == pytest.approx(2 / 3)  # the third is an event
    (row,) = tables["sessions"].to_dict("records")
    mean = np.stack(list(words[words.bert_valid == 1].bert)).mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(row["bert"], mean, rtol=1e-6)
    assert row["bert_valid"] == pytest.approx(4 / 6)


def test_numbers_of_turns_are_a_turns_own_and_a_sessions_mean_over_words(tables: Tables) -> None:
    words = tables["words"].query("~masked and kind != 'pause'")
    for row in tables["turns"].query("~masked").to_dict("records"):
        own = words[words.turn == row["turn"]].turns88.iloc[0]
        np.testing.assert_array_equal(row["turns88"], own)
        assert row["turns88_valid"] == np.isfinite(own).all()
    (row,) = tables["sessions"].to_dict("records")
    np.testing.assert_array_equal(row["turns88"], [3, 4, 5])  # turn 3 was not measured
    assert row["turns88_valid"] == 0.5


def test_views_are_recorded_and_explain_themselves(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d", views=VIEWS, shard_mb=1e-6)
    manifest = Dataset.open(tmp_path / "d").manifest
    assert sorted(manifest["shards"]) == ["frames", "sessions", "table", "turns", "words"]
    assert [shard["path"] for shard in manifest["shards"]["table"]] == ["sessions.parquet"]
    for view, rows in (("words", 12), ("turns", 4), ("sessions", 1)):
        held = [held for shard in manifest["shards"][view] for held in shard["sessions"]]
        assert held == [["s1", rows], ["s2", rows], ["s3", rows]]
        about = json.loads(
            pq.read_schema(tmp_path / "d" / view / "part-00000.parquet").metadata[b"depx"]
        )
        assert about["rates_hz"] == {"egemaps": [100.0], "face": [30.0]}
        assert about["settings"]["pool"] == ["mean"]
        assert set(about["inputs"]) == {"s1", "s2", "s3"}


def test_the_hashes_of_the_recordings_stand_in_every_shard_and_their_names_nowhere(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("a", shelf.whole(), recording="5" * 64)
    shelf.session("b", shelf.whole())
    run(shelf.path, tmp_path / "d")
    expected = {"a": ["5" * 64], "b": []}
    manifest = Dataset.open(tmp_path / "d").manifest
    assert manifest["provenance"]["inputs"] == expected
    schema = pq.read_schema(tmp_path / "d" / "words" / "part-00000.parquet")
    assert json.loads(schema.metadata[b"depx"])["inputs"] == expected
    assert "Eve" not in json.dumps(manifest) + str(schema.metadata)


def test_words_alone_are_written_when_words_alone_are_wanted(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    summary, _ = run(filled, tmp_path / "d", views=("words",))
    assert [p.name for p in (tmp_path / "d").iterdir() if p.is_dir()] == ["words"]
    assert summary.frames == 0
    assert Dataset.open(tmp_path / "d").manifest["frames"]["columns"] == []


def asked_otherwise(made: Mapping[str, Any]) -> dict[str, Any]:
    """The same session, but the interviewer says five other words a turn, at other times."""
    turns: list[Turn] = []
    times: list[WordTime] = []
    vectors: list[Any] = []
    old = {(t.word, t.method): t for t in made["word_times"]}
    before = 0
    for turn in made["words"]:
        is_asked = turn.role is Role.INTERVIEWER
        said = turn.words
        if is_asked:
            said = tuple(
                Word(text=f"z{k}", raw=f"z{k}", kind=Kind.WORD, speaker="Ellie",
                     role=Role.INTERVIEWER, turn=turn.index)
                for k in range(5)
            )  # fmt: skip
        turns.append(replace(turn, words=said, stop_s=turn.stop_s + 0.4 * is_asked))
        for k in range(len(said)):
            word = len(vectors)
            vectors.append(np.full(8, 50.0 + k) if is_asked else made["bert"].value_WD[before + k])
            for (w, _), time in old.items():
                if not is_asked and w == before + k:
                    times.append(replace(time, word=word))
            if is_asked:
                start_s = turn.start_s + 0.3 * k
                times.append(replace(made["word_times"][0], word=word, start_s=start_s,
                                     stop_s=start_s + 0.29))  # fmt: skip
        before += len(turn.words)
    value_WD = np.array(vectors, dtype=np.float32)
    valid_W = np.isfinite(value_WD).any(axis=1)
    bert = WordVectors(value_WD=value_WD, valid_W=valid_W)
    return {**made, "words": tuple(turns), "word_times": tuple(times), "bert": bert}


def test_changing_an_interviewer_changes_no_vector_of_the_participant(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    made = {**shelf.whole(), "turns88": shelf.functionals()}
    for name, tables in (("before", made), ("after", asked_otherwise(made))):
        shelf.session("a", tables)
        run(shelf.path, tmp_path / name, views=VIEWS, pool=STATISTICS, pauses_s=0.15)
    for view in ("words", "turns", "sessions"):
        before, after = (pd.read_parquet(tmp_path / d / view) for d in ("before", "after"))
        if view == "words":
            asked = [(table.masked & (table.kind == "word")).sum() for table in (before, after)]
            assert asked == [6, 10]
        if view != "sessions":
            before, after = before[~before.masked], after[~after.masked]
        assert len(before) == len(after) > 0
        for column in before.columns.drop("index", errors="ignore"):
            left, right = before[column].to_list(), after[column].to_list()
            np.testing.assert_array_equal(left, right, err_msg=column)
    probes = [Dataset.open(tmp_path / d).sessions() for d in ("before", "after")]
    assert probes[0].interviewer_words[0] == 6
    assert probes[1].interviewer_words[0] == 10
    assert not np.array_equal(*(probe.interviewer_text[0] for probe in probes))


def test_float16_refuses_what_a_view_alone_cannot_hold(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    steep = shelf.sound()
    steep.value_FC[:] = (steep.time_s % 0.5)[:, None] * 120_000  # a second; at most 60,000
    shelf.session("a", {**shelf.whole(), "egemaps": steep})
    shelf.session("b", shelf.whole(seed=1))
    options = {"dtype": "float16", "pool": ("mean", "slope"), "views": ("words", "turns")}
    summary, lines = run(shelf.path, tmp_path / "d", **options)
    assert [x.session for x in summary.exclusions] == ["a"]
    assert "egemaps_slope" in lines[-1]
    assert "does not fit float16" in lines[-1]
