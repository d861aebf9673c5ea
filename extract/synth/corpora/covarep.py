"""DAIC-WOZ's tables of the voice: ``_COVAREP.csv`` (74 columns) and ``_FORMANT.csv`` (5).

No header, no times, a row each 10 ms, five significant digits.  F0 and VUV are those of the sound;
the rest is plausible noise around values that depend on the vowel.  Rows of scrubbed spans are
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
GLOTTAL = {  # mean and standard deviation
    "NAQ": (0.09, 0.03),
    "QOQ": (0.35, 0.1),
    "H1H2": (5.0, 3.0),
    "PSP": (0.35, 0.08),
    "MDQ": (0.12, 0.02),
    "peakSlope": (-0.35, 0.08),
    "Rd": (1.2, 0.4),
    "Rd_conf": (0.6, 0.15),
    "creak": (0.05, 0.05),
}
LIMITS = {"Rd": (0.01, 2.5), "Rd_conf": (0.0, 1.0), "creak": (0.0, 1.0), "NAQ": (0.0, 1.0)}
MCEP_0 = (-7.0, -2.5)  # in silence, in the loudest voice


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
            value = np.where(heard.voiced_F, np.rint(measured), 0)
        elif name == "VUV":
            columns.append((heard.voiced_F & kept_F).astype(np.int8))
            continue
        elif name in GLOTTAL:
            mean, spread = GLOTTAL[name]
            value = mean + spread * chance.standard_normal(frames, dtype=np.float32)
            value = np.clip(value, *LIMITS.get(name, (-np.inf, np.inf)))
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
