"""openSMILE's files of E-DAIC: descriptors as the computed track has them, MFCCs as they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.errors import TrackError
from depx.extract.given import sheet, table
from depx.extract.given.base import Reading
from depx.features.acoustic.egemaps import AMPLITUDES, COLUMNS, F0, Egemaps
from depx.features.columns import names
from depx.features.extractor import Inputs, Sound
from depx.features.track import Track
from depx.features.types import F32

NAMES = names(COLUMNS)
V01A = [name for name in NAMES if name not in ("F2bandwidth_sma3nz", "F3bandwidth_sma3nz")]
KINDS = ("", "_de", "_de_de")
MFCC = [f"pcm_fftMag_mfcc{kind}[{i}]" for kind in KINDS for i in range(13)]
RATE_HZ = 16_000
ReadGiven = Callable[..., Reading]


def interview() -> F32:
    """Three seconds: a voice of 120 Hz that comes and goes in noise, and 400 ms of zeros."""
    chance = np.random.default_rng(0)
    time_N = np.arange(3 * RATE_HZ) / RATE_HZ
    voice_N = sum(np.sin(2 * np.pi * 120 * k * time_N) / k for k in range(1, 20))
    y_N = 0.2 * voice_N * (np.sin(2 * np.pi * 1.5 * time_N) > 0)
    y_N += chance.normal(0, 0.002, time_N.size)
    y_N[20_000:26_400] = 0
    return y_N.astype(np.float32)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """openSMILE's own table of the interview."""
    import opensmile

    level = opensmile.FeatureLevel.LowLevelDescriptors
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, level)
    return smile.process_signal(interview(), RATE_HZ).reset_index(drop=True)


@pytest.fixture(scope="module")
def computed() -> Track:
    return Egemaps()(Inputs(sound=Sound(interview(), 0.0))).table.whole()


def write(path: Path, frame: pd.DataFrame, *, separator: str = ";") -> Path:
    """As openSMILE 2.3 writes: a name, the start of the window, the numbers."""
    out = frame.reset_index(drop=True)
    out.insert(0, "name", "'unknown'")
    out.insert(1, "frameTime", [f"{0.01 * i:.2f}" for i in range(len(out))])
    out.to_csv(path, sep=separator, index=False)
    return path


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("columns", [V01A, list(NAMES), list(reversed(V01A))])
def test_the_file_becomes_the_computed_track(
    read_given: ReadGiven,
    tmp_path: Path,
    raw: pd.DataFrame,
    computed: Track,
    separator: str,
    columns: list[str],
) -> None:
    path = write(tmp_path / "300_egemaps.csv", raw[columns], separator=separator)
    reading = read_given(path)
    track = reading.track.whole()
    assert track.columns == COLUMNS
    assert track.rate_hz == 100.0
    there = [c for c, name in enumerate(NAMES) if name in columns]
    np.testing.assert_allclose(track.time_s, computed.time_s, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(track.valid_F, computed.valid_F)
    np.testing.assert_array_equal(track.value_FC[:, there], computed.value_FC[:, there])
    absent = [c for c in range(len(NAMES)) if c not in there]
    assert np.isnan(track.value_FC[:, absent]).all()
    assert reading.quality["columns_absent"] == len(absent)
    assert reading.quality["rows_scrubbed"] == int((~computed.valid_F).sum())
    assert reading.warnings == ()


def test_voiced_rows_are_counted_among_the_measured_ones(
    read_given: ReadGiven, tmp_path: Path, raw: pd.DataFrame, computed: Track
) -> None:
    voiced = read_given(write(tmp_path / "a.csv", raw.assign(**{F0: 30.0})))
    assert voiced.quality["rows_voiced"] == computed.valid_F.sum() < computed.rows


def test_unvoiced_amplitudes_and_the_edges_that_are_smoothed_with_them_are_nan(
    read_given: ReadGiven, tmp_path: Path, raw: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = raw.iloc[:100].copy()
    voiced = calm[F0] > 0
    inside = voiced & voiced.shift(1, fill_value=True) & voiced.shift(-1, fill_value=True)
    deep = calm.index[inside][5]
    calm.loc[deep, NAMES[AMPLITUDES[1]]] = -201
    monkeypatch.setattr(table, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(sheet, "PART", 7)
    track = read_given(write(tmp_path / "a.csv", calm[V01A])).track.whole()
    expected = np.repeat(inside.to_numpy()[:, None], len(AMPLITUDES), axis=1)
    expected[deep, 1] = False
    np.testing.assert_array_equal(np.isfinite(track.value_FC[:, AMPLITUDES]), expected)
    assert inside.sum() < voiced.sum()
    others = [c for c, name in enumerate(NAMES) if name in V01A and c not in AMPLITUDES]
    assert np.isfinite(track.value_FC[:, others]).all()


def test_what_openface_and_covarep_call_broken_is_mended_here_too(
    read_given: ReadGiven, tmp_path: Path, raw: pd.DataFrame
) -> None:
    frame = raw.iloc[:50][V01A].astype(object)
    frame.iloc[3, 0], frame.iloc[4, 0], frame.iloc[5, 0] = "-Inf", "-1.#IND", ""
    path = write(tmp_path / "a.csv", frame)
    path.write_bytes(path.read_bytes()[:-30])
    reading = read_given(path)
    assert np.isnan(reading.track.whole().value_FC[3:6, 0]).all()
    assert (reading.quality["cells_infinite"], reading.quality["rows_cut"]) == (1, 1)
    assert reading.track.rows == 49
    path.write_text(path.read_text().replace("'unknown';0.02;", "'unknown';0.02;x", 1))
    with pytest.raises(TrackError, match=r"a\.csv: 'Loudness_sma3' of row 4 is no number"):
        read_given(path)


def test_mfccs_keep_their_names_and_numbers_and_lie_at_the_centre_of_their_windows(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 39)), columns=MFCC)
    reading = read_given(write(tmp_path / "300_OpenSMILE2.3.0_mfcc.csv", frame))
    track = reading.track.whole()
    assert names(track.columns) == tuple(MFCC)
    np.testing.assert_array_equal(track.value_FC, frame.to_numpy(np.float32))
    np.testing.assert_allclose(track.time_s, 0.0125 + 0.01 * np.arange(300), rtol=0, atol=1e-9)
    assert track.valid_F.all()


@pytest.mark.parametrize(
    ("name", "header", "label"),
    [
        ("300_OpenSMILE2.3.0_egemaps.csv", ["name", "frameTime", *V01A], "openSMILE eGeMAPS"),
        ("x.csv", ["start", "end", *NAMES], "openSMILE eGeMAPS"),
        ("functionals.csv", ["name", "frameTime", *(f"{n}_amean" for n in V01A)], None),
        ("egemaps_functionals.csv", [f"{F0}_amean", "loudness_sma3_amean"], None),
        ("x.csv", ["name", "frameTime", *MFCC], "openSMILE MFCC"),
        ("300_mfcc.csv", ["name", "frameTime", *(f"c{i}" for i in range(39))], "openSMILE MFCC"),
        ("300_mfcc.csv", ["name", "frameTime", *(f"c{i}" for i in range(40))], None),
        ("300.csv", ["name", "frameTime", *(f"c{i}" for i in range(39))], None),
        ("300_mfcc.csv", ["name", "frameTime"], None),
        ("300_mfcc.csv", MFCC, None),
    ],
)
def test_a_format_is_told_by_the_names_of_its_columns(
    read_given: ReadGiven, tmp_path: Path, name: str, header: list[str], label: str | None
) -> None:
    row = ";".join(["'unknown'", "0.00", *["1"] * (len(header) - 2)])
    (tmp_path / name).write_text(";".join(header) + "\n" + row + "\n")
    assert read_given.label(tmp_path / name) == label


@pytest.mark.parametrize(
    "name",
    [
        "300_BoAW_openSMILE_2.3.0_eGeMAPS.csv",
        "300_BoAW_openSMILE_2.3.0_MFCC.csv",
        "300_BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv",
    ],
)
def test_bags_of_words_are_not_taken_for_descriptors(
    read_given: ReadGiven, tmp_path: Path, name: str
) -> None:
    chance = np.random.default_rng(0)
    bag = np.log10(1 + chance.poisson(2, (60, 100)))
    lines = [f"'300';{i / 10};" + ";".join(map(str, row)) for i, row in enumerate(bag)]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    assert str(read_given.label(tmp_path / name)).startswith("bags of ")
