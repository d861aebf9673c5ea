"""The track beside COVAREP's own numbers, by the thresholds that the project promises.

``librivox_0870.parquet`` holds what COVAREP (its last commit of 2019, under GNU Octave 7.3) gave
for a recording in the public domain, ``_closures.csv`` its glottal closures in samples.  The sound
is among the demo's.
"""

from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pandas as pd
import pytest
import soundfile

from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.acoustic.covarep.extractor import Covarep
from depx.features.acoustic.covarep.measure import measure
from depx.features.acoustic.covarep.voice import everywhere, listen
from depx.features.columns import names
from depx.features.extractor import Inputs, Sound
from depx.features.types import F64

HERE = Path(__file__).parent
SOUND = HERE.parents[3] / "extract" / "synth" / "assets" / "librivox_0870.flac"
AT_CLOSURES = {"NAQ": 0.95, "QOQ": 0.95, "H1H2": 0.9, "PSP": 0.95, "MDQ": 0.95, "peakSlope": 0.95}


def measured(sound: Path) -> pd.DataFrame:
    y_N, rate_hz = soundfile.read(sound, dtype="float32")
    track = Covarep(compat=True)(Inputs(sound=Sound(y_N, 0.0, rate_hz))).table.whole()
    table = pd.DataFrame(track.value_FC, columns=list(names(COLUMNS)))
    table.insert(0, "time", track.time_s)
    return table


def r(ours: pd.Series, theirs: pd.Series) -> float:
    return float(np.corrcoef(ours, theirs)[0, 1])


def circular_r(ours: pd.Series, theirs: pd.Series) -> float:
    """Correlate angles (Jammalamadaka & SenGupta, "Topics in circular statistics", 8.2.2)."""

    def sine(angle: pd.Series) -> F64:
        mean = np.angle(np.exp(1j * angle.to_numpy(np.float64)).mean())
        return np.sin(angle.to_numpy(np.float64) - mean)

    a, b = sine(ours), sine(theirs)
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def agrees(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    assert list(theirs) == list(ours)
    np.testing.assert_allclose(ours.time, theirs.time, atol=1e-6)
    assert ((ours.F0 - theirs.F0).abs() <= 0.5).mean() >= 0.98
    assert (ours.VUV == theirs.VUV).mean() >= 0.99
    voiced = theirs.VUV == 1
    for name, least in AT_CLOSURES.items():
        assert r(ours[name][voiced], theirs[name][voiced]) >= least, name
    sure = voiced & (theirs.Rd_conf > 0.6)
    assert r(ours.Rd[sure], theirs.Rd[sure]) >= 0.9
    assert r(ours.Rd_conf[voiced], theirs.Rd_conf[voiced]) >= 0.9
    for name in [f"MCEP_{i}" for i in range(25)]:
        assert r(ours[name], theirs[name]) >= 0.97, name
    for name in [f"HMPDM_{i}" for i in range(5, 24)]:
        assert circular_r(ours[name], theirs[name]) >= 0.9, name
    for name in [f"HMPDM_{i}" for i in range(5)]:
        assert (ours[name] == 0).all() == (theirs[name] == 0).all(), name
    for name in [f"HMPDD_{i}" for i in range(13)]:
        assert r(ours[name], theirs[name]) >= 0.95, name
    assert (ours.creak == 0).all()


def test_a_public_recording_has_covareps_numbers() -> None:
    agrees(measured(SOUND), pd.read_parquet(HERE / "librivox_0870.parquet"))


def test_what_is_measured_at_closures_is_exact() -> None:
    ours, theirs = measured(SOUND), pd.read_parquet(HERE / "librivox_0870.parquet")
    for name in AT_CLOSURES:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(ours.F0, theirs.F0)


@pytest.mark.parametrize("name", ["bdl16k", "bdl32k", "numbers", "librivox_0870"])
def test_other_recordings_have_covareps_numbers(real_data: Path, name: str) -> None:
    folder = real_data / "covarep"
    theirs = pd.read_csv(folder / f"{name}.covarep.csv")
    agrees(measured(folder / f"{name}.wav"), theirs)


def test_the_closures_of_a_public_recording_are_covareps() -> None:
    y_N, _ = soundfile.read(SOUND, dtype="float32")
    sound = Sound(y_N, 0.0)
    found = listen(sound, everywhere, TemporaryFile, as_coded=True)
    ours = measure(sound, found, TemporaryFile, as_coded=True).closure_G
    theirs = np.loadtxt(HERE / "librivox_0870_closures.csv", dtype=np.int64)
    off = np.abs(ours[:, np.newaxis] - theirs)
    assert (off.min(axis=0) <= 8).mean() >= 0.95, "0.5 ms"
    assert (off.min(axis=1) <= 8).mean() >= 0.95, "none besides"


def test_the_true_clock_holds_the_same_frames() -> None:
    """A row of COVAREP lies between two frames: its F0 is their mean, unless one is a guess."""
    y_N, _ = soundfile.read(SOUND, dtype="float32")
    track = Covarep(mask_unvoiced="keep")(Inputs(sound=Sound(y_N, 0.0))).table.whole()
    theirs = pd.read_parquet(HERE / "librivox_0870.parquet")
    here = {name: track.value_FC[:, c] for c, name in enumerate(names(COLUMNS))}
    inner = slice(5, -6)
    drawn = np.interp(theirs.time, track.time_s, np.nan_to_num(here["F0"]))
    np.testing.assert_allclose(drawn[inner], theirs.F0[inner], atol=0.02)
    drawn = np.interp(theirs.time, track.time_s, here["peakSlope"])
    seen = (theirs.VUV == 1) & np.isfinite(drawn)
    assert r(pd.Series(drawn)[seen], theirs.peakSlope[seen]) > 0.95
    # what the original stretches by up to 50 ms stands here where it was measured
    level = np.array([np.square(y_N[max(0, n - 240) : n + 240]).mean() for n in _samples(track)])
    honest = np.isfinite(here["MCEP_0"])
    stretched = np.interp(track.time_s, theirs.time, theirs.MCEP_0)
    loud = np.log(level + 1e-12)
    assert r(loud[honest], here["MCEP_0"][honest]) > r(loud[honest], stretched[honest]) + 0.02


def _samples(track: object) -> list[int]:
    return [round(t * 16_000) for t in track.time_s]  # type: ignore[attr-defined]
