"""Tables come back as they were written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from depx.errors import DamagedError
from depx.extract.store import layout, tables
from depx.features.columns import Column
from depx.features.track import Track
from depx.features.words import Kind, Role, Timing, Turn, TurnTable, Word, WordTime, WordVectors


def _track() -> Track:
    value_FC = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    value_FC[3] = np.nan
    return Track(
        time_s=np.arange(50) / 30,
        value_FC=value_FC,
        columns=(Column("a", "mm", "pose"), Column("b", "0..5", "au_r", "A"), Column("c", "dB")),
        valid_F=np.arange(50) != 3,
        rate_hz=30.0,
    )


def _turns() -> tuple[Turn, ...]:
    def word(text: str, turn: int, start_s: float = float("nan")) -> Word:
        return Word(
            text=text, raw=text, kind=Kind.WORD, speaker="S", role=Role.UNKNOWN, turn=turn,
            start_s=start_s, stop_s=start_s + 0.1,
        )  # fmt: skip

    def turn(index: int, *words: Word) -> Turn:
        return Turn(
            index=index, speaker="S", role=Role.UNKNOWN, start_s=index, stop_s=index + 1.0,
            words=words,
        )  # fmt: skip

    return (turn(0, word("null", 0, 0.1), word("", 0, 0.2)), turn(2, word('a "b', 2, 2.5)))


def test_samples_come_back(tmp_path: Path) -> None:
    track, path = _track(), tmp_path / "face.parquet"
    assert tables.write(track, path, {"track": "face"}) == 50
    back = tables.read_samples(path)
    np.testing.assert_array_equal(back.value_FC, track.value_FC)
    np.testing.assert_array_equal(back.time_s, track.time_s)
    np.testing.assert_array_equal(back.valid_F, track.valid_F)
    assert (back.columns, back.rate_hz) == (track.columns, track.rate_hz)


def test_a_column_says_what_stands_for_not_there_and_older_tables_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = replace(_track(), columns=(Column("a", "1", absent=0.0), *_track().columns[1:]))
    tables.write(silent, tmp_path / "new.parquet", {})
    back = tables.read_samples(tmp_path / "new.parquet")
    assert [column.absent for column in back.columns] == [0.0, None, None]
    monkeypatch.setattr(layout, "FIELDS", ("name", "unit", "group", "tier"))
    tables.write(_track(), tmp_path / "old.parquet", {})
    assert tables.read_samples(tmp_path / "old.parquet").columns == _track().columns


def test_turns_come_back_with_the_spoken_word_null(tmp_path: Path) -> None:
    turns = _turns()
    assert tables.write(turns, tmp_path / "words.parquet", {}) == 3
    assert tables.read_turns(tmp_path / "words.parquet") == turns


def test_word_times_come_back(tmp_path: Path) -> None:
    times = (
        WordTime(word=0, method=Timing.GIVEN, start_s=0.1, stop_s=0.2, confidence=0.5),
        WordTime(word=0, method=Timing.PROPORTIONAL, start_s=0.0, stop_s=0.2, confidence=0.25),
    )
    tables.write(times, tmp_path / "t.parquet", {})
    assert tables.read_word_times(tmp_path / "t.parquet") == times


def test_no_word_times_are_a_table_too(tmp_path: Path) -> None:
    assert tables.write((), tmp_path / "t.parquet", {}) == 0
    assert tables.read_word_times(tmp_path / "t.parquet") == ()


def test_vectors_come_back(tmp_path: Path) -> None:
    value_WD = np.arange(12, dtype=np.float32).reshape(3, 4)
    value_WD[1] = np.nan
    vectors = WordVectors(value_WD=value_WD, valid_W=np.array([True, False, True]))
    tables.write(vectors, tmp_path / "v.parquet", {})
    back = tables.read_vectors(tmp_path / "v.parquet")
    np.testing.assert_array_equal(back.value_WD, value_WD)
    np.testing.assert_array_equal(back.valid_W, vectors.valid_W)


def test_numbers_a_turn_come_back_by_name(tmp_path: Path) -> None:
    turns = tuple(
        Turn(index=i, speaker="P", role=Role.PARTICIPANT, start_s=i, stop_s=i + 1.0, words=())
        for i in (0, 3)
    )
    value_TC = np.array([[1, 2], [np.nan, np.nan]], dtype=np.float32)
    columns = (Column("a", "dB"), Column("b", "Hz"))
    table = TurnTable(
        turns=turns, value_TC=value_TC, columns=columns, valid_T=np.array([True, False])
    )
    assert tables.kind_of(table) == "turns"
    assert tables.write(table, tmp_path / "f.parquet", {}) == 2
    turn_T, read_TC = tables.read_turn_values(tmp_path / "f.parquet", ("b", "other", "a"))
    assert turn_T.tolist() == [0, 3]
    np.testing.assert_array_equal(read_TC[:, [2, 0]], value_TC)
    assert np.isnan(read_TC[:, 1]).all()
    assert [c["unit"] for c in tables.read_meta(tmp_path / "f.parquet")["columns"]] == ["dB", "Hz"]
    assert list(pq.read_table(tmp_path / "f.parquet").to_pandas())[:6] == [
        "turn", "speaker", "role", "start_s", "stop_s", "valid",
    ]  # fmt: skip


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        tables.write(_track(), tmp_path / name, {"y": 1, "x": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_is_read_by_pandas_with_named_columns(tmp_path: Path) -> None:
    tables.write(_track(), tmp_path / "face.parquet", {})
    frame = pq.read_table(tmp_path / "face.parquet").to_pandas()
    assert list(frame) == ["time_s", "valid", "a", "b", "c"]
    assert frame["a"].isna().sum() == 1


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "face.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DamagedError, match=r"face\.parquet: expected a table written by depx"):
        tables.read_samples(tmp_path / "face.parquet")
