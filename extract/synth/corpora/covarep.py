"""DAIC-WOZ's tables of the voice: ``_COVAREP.csv`` (74 columns) and ``_FORMANT.csv`` (5).

No header, no times, a row each 10 ms, five significant digits.  F0 and VUV are those of the sound;
the rest is noise around values that COVAREP finds in speech.  Rows of scrubbed spans are
zeros; beside them peakSlope is ``-Inf``, which real files hold as well.
"""

# F = rows

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ....features.acoustic.covarep.columns import COLUMNS
from ....features.columns import names
from ....features.types import Bool
from .prosody import Voices
from .tables import table
from .voice import FORMANTS_HZ, HIGHER

NAMES = names(COLUMNS)
GLOTTAL = {
    "NAQ": (0.119, 0.045),
    "QOQ": (0.30, 0.10),
    "H1H2": (2.6, 4.8),
    "PSP": (0.13, 0.08),
    "MDQ": (0.10, 0.026),
    "peakSlope": (-0.41, 0.064),
    "Rd": (1.24, 0.5),
    "Rd_conf": (0.50, 0.094),
}
"""Mean and standard deviation in the voiced rows of a sentence that was read (LibriVox)."""
LIMITS = {"Rd": (0.3, 2.5), "Rd_conf": (0.0, 1.0), "NAQ": (0.0, 1.0), "PSP": (0.0, 1.0)}
CREAK = 0.02  # median; its logarithm is normal
MCEP_0 = (-11.0, -6.0)  # in silence, in the loudest voice
ALWAYS_0 = ("HMPDM_0", "HMPDM_1")
STRAY_HZ = (60.0, 480.0)
"""Where COVAREP's F0 lies without voice: it is hardly ever 0 there, and VUV alone tells."""


def covarep(voices: Voices, chance: np.random.Generator) -> Iterator[bytes]:
    """Write ``_COVAREP.csv``."""
    heard = voices.heard()
    frames = voices.frames
    kept_F = ~voices.scrubbed_F
    tone = np.random.default_rng(11).normal(0, 0.25, size=(64, 8))  # a vowel's own spectrum
    columns: list[npt.NDArray[np.generic]] = []
    for i, name in enumerate(NAMES):
        if name == "F0":
            measured = heard.f0_F + chance.standard_normal(frames, dtype=np.float32)
            stray = chance.uniform(*STRAY_HZ, size=frames)
            value = np.rint(np.where(heard.voiced_F, measured, stray))
        elif name == "VUV":
            columns.append((heard.voiced_F & kept_F).astype(np.int8))
            continue
        elif name in GLOTTAL:
            mean, spread = GLOTTAL[name]
            value = mean + spread * chance.standard_normal(frames, dtype=np.float32)
            value = np.clip(value, *LIMITS.get(name, (-np.inf, np.inf)))
        elif name == "creak":
            value = np.minimum(CREAK * np.exp(chance.standard_normal(frames)), 1)
        elif name in ALWAYS_0:
            value = np.zeros(frames)
        else:
            value = np.float32(0.2) * chance.standard_normal(frames, dtype=np.float32)
            value += tone[i % 64].astype(np.float32)[heard.vowel_F]
            if name == "MCEP_0":
                low, high = MCEP_0
                value += np.float32(low) + np.float32(high - low) * heard.level_F
        value = np.where(kept_F, value, 0)
        if name == "peakSlope":
            value[_beside(voices.scrubbed_F)] = -np.inf
        columns.append(value.astype(np.float32))
    return table("", columns, separator=",", digits=5, nan="NaN")


def formant(voices: Voices, chance: np.random.Generator, *, female: bool) -> Iterator[bytes]:
    """Write ``_FORMANT.csv``: F1 to F5, Hz."""
    heard = voices.heard()
    known = FORMANTS_HZ * (HIGHER if female else 1.0)
    rest = np.array([3500.0, 4500.0])
    means = np.concatenate([known, np.repeat(rest[None], len(known), axis=0)], axis=1)
    columns = []
    for i in range(means.shape[1]):
        spread = np.where(heard.voiced_F, 0.03, 0.15) * means[:, i][heard.vowel_F]
        value = means[:, i][heard.vowel_F] + spread * chance.standard_normal(voices.frames)
        columns.append(np.where(voices.scrubbed_F, 0, np.rint(np.maximum(value, 90))))
    return table("", columns, separator=",", digits=5)


def _beside(scrubbed_F: Bool) -> Bool:
    """Tell the rows just before and after scrubbed spans."""
    near_F = np.zeros_like(scrubbed_F)
    near_F[1:] |= scrubbed_F[:-1]
    near_F[:-1] |= scrubbed_F[1:]
    return near_F & ~scrubbed_F
