"""COVAREP's output as the track of its 74 columns: with and without names, times, voice, damage."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.errors import TrackError
from depx.extract.given import sheet, table
from depx.extract.given.base import Reading
from depx.features.acoustic.covarep.columns import COLUMNS, MASKED
from depx.features.columns import names

NAMES = names(COLUMNS)
FIRST_S = 79 / 16_000
VOICED = [name for name in NAMES if name in MASKED]
ReadGiven = Callable[..., Reading]


def frame_of(rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows as COVAREP writes them: numbers within its ranges, every second 20 rows voiced."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(rows, len(NAMES))).round(5), columns=list(NAMES))
    frame["F0"] = chance.integers(80, 300, rows)
    frame["VUV"] = np.arange(rows) // 20 % 2
    frame["Rd"] = chance.uniform(0.3, 2.5, rows).round(4)
    frame["Rd_conf"] = chance.uniform(0, 1, rows).round(4)
    frame["creak"] = chance.uniform(0, 1, rows).round(4)
    return frame


def write(path: Path, frame: pd.DataFrame, *, header: bool = False, end: str = "\n") -> Path:
    frame.to_csv(path, header=header, index=False, lineterminator=end, na_rep="NaN")
    return path


def values(reading: Reading) -> pd.DataFrame:
    track = reading.track.whole()
    return pd.DataFrame(track.value_FC, columns=list(names(track.columns)))


@pytest.mark.parametrize("name", ["librivox_0870", "numbers", "bdl16k", "bdl32k"])
def test_a_real_table_with_names_and_times_has_the_values_that_pandas_reads(
    real_data: Path, read_given: ReadGiven, name: str
) -> None:
    path = real_data / "covarep" / f"{name}.covarep.csv"
    reading = read_given(path, mask_unvoiced="keep")
    theirs = pd.read_csv(path)
    track = reading.track.whole()
    assert track.columns == COLUMNS
    np.testing.assert_array_equal(track.value_FC, theirs[list(NAMES)].to_numpy(np.float32))
    np.testing.assert_array_equal(track.time_s, theirs["time"])
    assert track.rate_hz == 100.0
    assert track.valid_F.all()
    assert reading.facts == {"time_source": "file"}
    assert reading.warnings == ()


def test_a_real_table_without_names_or_times_is_the_same_on_the_grid_of_16_khz(
    real_data: Path, read_given: ReadGiven, tmp_path: Path
) -> None:
    path = real_data / "covarep" / "librivox_0870.covarep.csv"
    named = read_given(path, mask_unvoiced="nan").track.whole()
    bare = pd.read_csv(path, dtype=str).drop(columns="time")
    bare.to_csv(tmp_path / "300_COVAREP.csv", header=False, index=False)
    track = read_given(tmp_path / "300_COVAREP.csv", mask_unvoiced="nan").track.whole()
    np.testing.assert_array_equal(track.value_FC, named.value_FC)
    np.testing.assert_array_equal(track.time_s, FIRST_S + 0.01 * np.arange(track.rows))
    np.testing.assert_allclose(track.time_s, named.time_s, atol=1e-6)


def test_seventy_five_numbers_are_a_time_and_the_columns(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = frame_of(50)
    frame.insert(0, "t", [round(1.5 + 0.01 * i, 4) for i in range(50)])
    track = read_given(write(tmp_path / "a.csv", frame), mask_unvoiced="keep").track.whole()
    np.testing.assert_array_equal(track.time_s, frame["t"])
    np.testing.assert_array_equal(track.value_FC, frame[list(NAMES)].to_numpy(np.float32))


def test_columns_are_found_by_name_and_absent_ones_are_nan(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = frame_of(30).drop(columns=["creak", "MCEP_3"])
    mixed = frame[frame.columns[::-1]].assign(label="x")
    path = write(tmp_path / "a.csv", mixed, header=True)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    reading = read_given(path, mask_unvoiced="keep")
    ours = values(reading)
    assert ours[["creak", "MCEP_3"]].isna().all(axis=None)
    np.testing.assert_array_equal(ours[frame.columns], frame.to_numpy(np.float32))
    assert reading.quality["columns_absent"] == 2
    assert reading.track.whole().time_s[1] == FIRST_S + 0.01


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize(("how", "filled"), [("nan", math.nan), ("zero", 0.0), ("keep", None)])
def test_rows_without_voice_are_masked_as_the_user_says(
    read_given: ReadGiven, tmp_path: Path, how: str, filled: float | None, *, compat: bool
) -> None:
    frame = frame_of(90)
    path = write(tmp_path / "a.csv", frame)
    reading = read_given(path, mask_unvoiced=how, compat=compat)
    expected = frame.astype(np.float32)
    unvoiced = frame["VUV"] == 0
    if filled is not None and not compat:
        expected.loc[unvoiced, VOICED] = filled
    pd.testing.assert_frame_equal(values(reading), expected)
    assert reading.quality["rows_voiced"] == int((~unvoiced).sum())
    assert set(VOICED) == {
        *("F0", "NAQ", "QOQ", "H1H2", "PSP", "MDQ", "peakSlope", "Rd", "Rd_conf", "creak")
    }


def test_every_spelling_of_no_number_is_nan_and_the_infinite_are_counted(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    infinite = ["-Inf", "Inf", "inf", "-inf", "+Inf"]
    undefined = ["NaN", "nan", "-1.#IND", "1.#QNAN", "-1.#IND00", " NaN", "-nan(ind)", ""]
    frame = frame_of(20).astype(object)
    frame.loc[: len(infinite) - 1, "peakSlope"] = infinite
    frame.loc[: len(undefined) - 1, "MCEP_0"] = undefined
    frame["VUV"] = 1
    reading = read_given(write(tmp_path / "a.csv", frame), mask_unvoiced="nan")
    ours = values(reading)
    assert ours["peakSlope"].isna().tolist() == [i < len(infinite) for i in range(20)]
    assert ours["MCEP_0"].isna().tolist() == [i < len(undefined) for i in range(20)]
    assert reading.quality["cells_infinite"] == len(infinite)
    assert ours.drop(columns=["peakSlope", "MCEP_0"]).notna().all(axis=None)
    assert reading.track.whole().valid_F.all()


@pytest.mark.parametrize("how", ["nan", "zero", "keep"])
def test_scrubbed_rows_stay_rows_in_which_nothing_was_measured(
    read_given: ReadGiven, tmp_path: Path, how: str
) -> None:
    frame = frame_of(60).astype(object)
    frame.loc[10:29] = 0
    frame.loc[12, "peakSlope"] = "-Inf"
    frame.loc[13, ["NAQ", "Rd"]] = "NaN"
    frame.loc[40, [name for name in NAMES if name != "MCEP_0"]] = 0
    reading = read_given(write(tmp_path / "a.csv", frame), mask_unvoiced=how)
    track = reading.track.whole()
    assert track.valid_F.tolist() == [not 10 <= i < 30 for i in range(60)]
    assert np.isnan(track.value_FC[10:30]).all()
    assert np.isfinite(track.value_FC[40, NAMES.index("MCEP_0")])
    assert reading.quality["rows_scrubbed"] == 20
    assert reading.quality["rows_voiced"] == sum(
        frame["VUV"][i] for i in range(60) if i != 40 and not 10 <= i < 30
    )
    np.testing.assert_array_equal(track.time_s, FIRST_S + 0.01 * np.arange(60))


def test_an_interview_that_begins_scrubbed_is_told_by_its_name_as_well(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = frame_of(900)
    frame.loc[:700] = 0
    assert read_given.label(write(tmp_path / "300_COVAREP.csv", frame)) == "COVAREP"
    assert read_given.label(write(tmp_path / "numbers.csv", frame)) is None
    nothing = read_given(write(tmp_path / "a_covarep.csv", frame[:5]), mask_unvoiced="nan")
    assert nothing.warnings == ("a_covarep.csv: no row holds a measurement; replace the file",)


def _odd(kind: str) -> pd.DataFrame:
    chance = np.random.default_rng(1)
    width = {"docs": 73, "words": 102, "wide": 76}.get(kind, 74)
    numbers = pd.DataFrame(chance.normal(size=(40, width)))
    if kind == "histogram":
        numbers = pd.DataFrame(np.log1p(chance.poisson(1, (40, width))))
    elif kind == "switches":
        numbers = pd.DataFrame(chance.integers(0, 2, (40, width)))
    elif kind == "voiced by half":
        numbers = frame_of(40).assign(VUV=0.5)
    elif kind == "high":
        numbers = frame_of(40).assign(F0=4000)
    elif kind == "answers":
        numbers = pd.DataFrame(chance.integers(0, 4, (40, width)))
        numbers[0], numbers[1] = chance.integers(20, 90, 40), chance.integers(0, 2, 40)
    elif kind == "docs":
        numbers = frame_of(40).drop(columns="creak")
    return numbers


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(
            (kind, "300_COVAREP.csv")
            for kind in ("noise", "histogram", "switches", "docs", "words")
        ),
        *((kind, "300_COVAREP.csv") for kind in ("voiced by half", "high", "wide")),
        ("answers", "labels.csv"),
    ],
)
def test_other_tables_of_numbers_are_not_taken_for_covarep(
    read_given: ReadGiven, tmp_path: Path, kind: str, name: str
) -> None:
    assert read_given.label(write(tmp_path / name, _odd(kind))) is None


def test_numbers_that_covarep_was_told_to_look_for_are_taken_under_its_name(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = frame_of(40).assign(F0=700.0, Rd=4.0)
    assert read_given.label(write(tmp_path / "300_COVAREP.csv", frame)) == "COVAREP"
    assert read_given.label(write(tmp_path / "numbers.csv", frame)) is None
    assert read_given.label(write(tmp_path / "numbers.csv", frame_of(40))) == "COVAREP"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(data=st.data())
def test_a_file_that_breaks_off_anywhere_loses_at_most_the_row_that_is_not_whole(
    read_given: ReadGiven, tmp_path: Path, data: st.DataObject
) -> None:
    frame = frame_of(12).astype(object)
    frame["HMPDD_12"] = ["-1.5e-05", "NaN", "-Inf", "0.25"] * 3
    path = write(tmp_path / "300_COVAREP.csv", frame)
    whole = read_given(path, mask_unvoiced="keep").track.whole()
    content = path.read_bytes()
    cut = data.draw(st.integers(content.index(b"\n") + 1, len(content)))
    path.write_bytes(content[:cut])
    lines = content[:cut].count(b"\n")
    rest = content[:cut].rpartition(b"\n")[2]
    reading = read_given(path, mask_unvoiced="keep")
    track = reading.track.whole()
    assert track.rows in (lines, lines + 1)
    assert track.rows == lines or rest.count(b",") == len(NAMES) - 1
    np.testing.assert_array_equal(track.value_FC[:lines], whole.value_FC[:lines])
    assert reading.quality["rows_cut"] == int(rest != b"" and track.rows == lines)
    assert bool(reading.warnings) == bool(reading.quality["rows_cut"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    rows=st.integers(1, 300),
    block=st.integers(3000, 20_000),
    part=st.integers(1, 99),
    end=st.sampled_from(["\n", "\r\n"]),
    tail=st.sampled_from(["", "\n\n", "\r\n \r\n", "   "]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\n"]),
)
def test_neither_blocks_nor_parts_nor_line_ends_nor_a_blank_tail_show(
    read_given: ReadGiven,
    tmp_path: Path,
    rows: int,
    block: int,
    part: int,
    end: str,
    tail: str,
    mark: bytes,
) -> None:
    frame = frame_of(rows, seed=rows)
    path = write(tmp_path / "300_COVAREP.csv", frame, end=end)
    path.write_bytes(mark + path.read_bytes() + tail.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "BLOCK_BYTES", block)
        patch.setattr(sheet, "PART", part)
        reading = read_given(path, mask_unvoiced="keep")
        parts = list(reading.track.parts())
        track = reading.track.whole()
    assert [one.rows for one in parts[:-1]] == [part] * (len(parts) - 1)
    np.testing.assert_array_equal(track.value_FC, frame.to_numpy(np.float32))
    np.testing.assert_array_equal(track.time_s, FIRST_S + 0.01 * np.arange(rows))
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\n2", "\nvery", "'F0' of row 2 is no number; mend or write it anew"),
        (",1\n", ",1,1\n", r"row \d+ has not the 74 columns of the format; mend"),
    ],
)
def test_damage_below_the_head_is_one_line_that_says_where(
    read_given: ReadGiven, tmp_path: Path, old: str, new: str, said: str
) -> None:
    frame = frame_of(40).assign(HMPDD_12=1, F0=200)
    path = write(tmp_path / "300_COVAREP.csv", frame)
    head, text = frame_of(200).to_csv(header=False, index=False), path.read_text()
    path.write_text(head + text.replace(old, new, 1))
    row = 201 if "row 2 " in said else 200
    with pytest.raises(TrackError, match=said.replace("row 2 ", rf"row {row + 1} ")) as raised:
        read_given(path, mask_unvoiced="nan")
    assert str(raised.value).startswith("300_COVAREP.csv: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_last_cell_that_is_no_number_is_damage_where_the_line_has_its_end(
    read_given: ReadGiven, tmp_path: Path, end: str
) -> None:
    path = write(tmp_path / "300_COVAREP.csv", frame_of(200))
    text = path.read_text().rstrip().rpartition(",")[0] + ",-"
    path.write_text(text)
    assert read_given(path, mask_unvoiced="nan").quality["rows_cut"] == 1
    path.write_text(text + end)
    with pytest.raises(TrackError, match="'HMPDD_12' of row 200 is no number"):
        read_given(path, mask_unvoiced="nan")


def test_times_that_stand_still_are_refused_and_a_few_backward_ones_moved(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = frame_of(30)
    frame.insert(0, "time", [0.01 * i for i in range(30)])
    frame.loc[7, "time"] = 0.05
    reading = read_given(write(tmp_path / "a.csv", frame, header=True), mask_unvoiced="keep")
    assert (np.diff(reading.track.whole().time_s) > 0).all()
    assert reading.quality["times_moved"] == 1
    assert reading.warnings == ("a.csv: rows mended: 1 of times that do not increase, moved",)
    for times in (0.0, math.nan):
        path = write(tmp_path / "b.csv", frame.assign(time=times), header=True)
        with pytest.raises(TrackError, match="times that are missing or stand still; expected"):
            read_given(path, mask_unvoiced="keep")
