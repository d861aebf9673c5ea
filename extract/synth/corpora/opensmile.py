"""E-DAIC's tables of the voice: openSMILE 2.3 descriptors and MFCCs, bags of words, DeepSpectrum.

Descriptors have ``;`` between columns and a row each 10 ms; F0 is that of the sound.  A formant's
amplitude reads -201 without voice; scrubbed spans have no energy at all.  Bags of words have no
header.  DeepSpectrum's columns are called as its own tool calls them; the corpus' are not known.
"""

# F = rows of 10 ms, S = windows of 4 s

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ....features.acoustic.egemaps import COLUMNS
from ....features.columns import names
from ....features.types import F32, F64
from .prosody import RATE_HZ, Lane, Voices, smooth
from .tables import table

NOT_IN_V01A = ("F2bandwidth_sma3nz", "F3bandwidth_sma3nz")
DESCRIPTORS = tuple(name for name in names(COLUMNS) if name not in NOT_IN_V01A)
UNVOICED = -201
MEANS = {  # mean and standard deviation, where there is voice
    "alphaRatio_sma3": (-12.0, 4.0),
    "hammarbergIndex_sma3": (22.0, 5.0),
    "slope0-500_sma3": (0.03, 0.02),
    "slope500-1500_sma3": (-0.02, 0.01),
    "jitterLocal_sma3nz": (0.02, 0.01),
    "shimmerLocaldB_sma3nz": (1.0, 0.4),
    "HNRdBACF_sma3nz": (8.0, 3.0),
    "logRelF0-H1-H2_sma3nz": (4.0, 3.0),
    "logRelF0-H1-A3_sma3nz": (18.0, 6.0),
    "F1frequency_sma3nz": (560.0, 120.0),
    "F1bandwidth_sma3nz": (1100.0, 200.0),
    "F2frequency_sma3nz": (1560.0, 180.0),
    "F3frequency_sma3nz": (2580.0, 180.0),
}
AMPLITUDES = (-25.0, 12.0)
ZERO_UNVOICED = ("jitterLocal_sma3nz", "shimmerLocaldB_sma3nz", "HNRdBACF_sma3nz",
                 "logRelF0-H1-H2_sma3nz", "logRelF0-H1-A3_sma3nz")  # fmt: skip
LOWEST_HZ = 27.5  # semitones are counted from here
MFCC = "pcm_fftMag_mfcc"
WORDS = 100
WINDOW_S, HOP_S = 4.0, 1.0


def egemaps(name: str, voices: Voices, chance: np.random.Generator) -> Iterator[bytes]:
    """Write ``_OpenSMILE2.3.0_egemaps.csv``: eGeMAPS v01a, 23 descriptors."""
    heard = voices.heard()
    columns = [_descriptor(c, heard, chance) for c in DESCRIPTORS]
    for i, c in enumerate(DESCRIPTORS):
        nothing = UNVOICED if "amplitude" in c else 0
        columns[i] = np.where(voices.scrubbed_F, nothing, columns[i]).astype(np.float32)
    header = ";".join(("name", "frameTime", *DESCRIPTORS))
    return table(header, [*_marks(name, voices.frames), *columns], separator=";")


def mfcc(name: str, voices: Voices, chance: np.random.Generator) -> Iterator[bytes]:
    """Write ``_OpenSMILE2.3.0_mfcc.csv``: 13 coefficients, their deltas and accelerations."""
    heard = voices.heard()
    called = [f"{MFCC}{kind}[{i}]" for kind in ("", "_de", "_de_de") for i in range(13)]
    columns = []
    for c in called:
        spread = 1.0 if "_de" in c else 6.0
        value = np.float32(spread) * chance.standard_normal(voices.frames, dtype=np.float32)
        columns.append(value + (20 * heard.level_F if c == f"{MFCC}[0]" else 0))
    header = ";".join(("name", "frameTime", *called))
    return table(header, [*_marks(name, voices.frames), *columns], separator=";")


def bag_of_words(name: str, duration_s: float, chance: np.random.Generator) -> Iterator[bytes]:
    """Write a histogram of 100 words, log10(1 + count), for each window of 4 s; no header."""
    at_s = _windows(duration_s)
    count_SW = chance.poisson(4, size=(at_s.size, WORDS))
    marks: list[npt.NDArray[np.generic]] = [np.full(at_s.size, name), at_s]
    return table("", [*marks, *np.log10(1 + count_SW).T], separator=";")


def deep_spectrum(
    name: str, width: int, duration_s: float, chance: np.random.Generator
) -> Iterator[bytes]:
    """Write activations of a picture network on the spectrogram of each window of 4 s."""
    at_s = _windows(duration_s)
    value_WS = np.maximum(chance.standard_normal((width, at_s.size), dtype=np.float32), 0)
    header = ",".join(("name", "timeStamp", *(f"neuron_{i}" for i in range(width))))
    marks: list[npt.NDArray[np.generic]] = [np.full(at_s.size, name), at_s]
    return table(header, [*marks, *value_WS], separator=",")


def _marks(name: str, frames: int) -> list[npt.NDArray[np.generic]]:
    return [np.full(frames, name), np.arange(frames) / RATE_HZ]


def _windows(duration_s: float) -> F64:
    return np.arange(max(1, int((duration_s - WINDOW_S) / HOP_S) + 1)) * HOP_S


def _descriptor(name: str, heard: Lane, chance: np.random.Generator) -> F32 | F64:
    frames = heard.level_F.size
    if name.startswith("F0semitone"):
        return np.where(heard.voiced_F, 12 * np.log2(heard.f0_F / LOWEST_HZ), 0)
    if name in ("Loudness_sma3", "spectralFlux_sma3"):
        return np.abs(heard.level_F + 0.02 + 0.01 * chance.standard_normal(frames))
    if "amplitude" in name:
        mean, spread = AMPLITUDES
        value = mean + spread * smooth(chance, (frames,), 0.8)
        return np.where(heard.voiced_F, value, UNVOICED)
    mean, spread = MEANS.get(name, (5.0, 12.0))  # the four MFCCs
    value = mean + spread * smooth(chance, (frames,), 0.8)
    if name in ZERO_UNVOICED:
        low = value if name.startswith("log") else np.maximum(value, 1e-4)
        return np.where(heard.voiced_F, low, 0)
    return value
