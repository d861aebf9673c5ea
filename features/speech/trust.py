"""How far an alignment may be trusted: a confidence a word, and turns that are refused.

The decoder aligns what was never said as readily as what was, so three things are asked that it
did not look at: do the words last as long as words do, does anybody speak where they lie, and do
*these* phones explain the sound about as well as any phones would.
"""

# W = words of a stretch

import math
from collections.abc import Sequence

import numpy as np

from ..types import F64

# Bounds chosen on synthetic interviews, clean and in noise, with spoiled transcripts; what they do
# is measured by ``tests/bench/word_times.py trust``.
SHORT_PHONE_S, LONG_PHONE_S = 0.045, 0.25  # a word's mean phone lies between; 5 % do not
SQUEEZED_S = 0.036  # mean phone of a stretch: three frames, the decoder's least, are .03 s
SILENT = 0.3  # share of the words' time that is voiced, below which nobody said them
FIT, FIT_WIDTH = -0.05, 0.05  # log score a second against any phones: at FIT it is even
STRANGE = 0.2  # a text of many turns that fits worse is not what was said
REFUSED = 0.0


def confidence(
    length_s_W: F64,
    phones_W: Sequence[int],
    voiced_W: F64 | None,
    fit: float,
    tries: float,
) -> F64:
    """Judge the words of a stretch.

    Parameters
    ----------
    length_s_W : float64 array of shape (W,)
        Length of each word, seconds > 0.
    phones_W : sequence of int > 0
    voiced_W : float64 array of shape (W,) or None
        Share of each word that is voiced; None where nothing is known of voice.
    fit : float
        Log score of the words minus that of any phones, a second; NaN where there is none.
    tries : float in 0..1
        Factor for the way by which it was found.

    Returns
    -------
    float64 array of shape (W,)
        0..1; `REFUSED` throughout where the stretch as a whole cannot be right.
    """
    phone_s_W = length_s_W / np.asarray(phones_W, dtype=np.float64)
    squeezed = length_s_W.sum() / sum(phones_W) < SQUEEZED_S
    silent = voiced_W is not None and _share(voiced_W, length_s_W) < SILENT
    if squeezed or silent:
        return np.full(length_s_W.size, REFUSED)
    pace_W = np.minimum(phone_s_W / SHORT_PHONE_S, LONG_PHONE_S / phone_s_W).clip(0.0, 1.0)
    voice_W = 1.0 if voiced_W is None else 0.5 + 0.5 * voiced_W
    trusted_W: F64 = tries * belief(fit) * pace_W * voice_W
    return trusted_W


def belief(fit: float) -> float:
    """Turn the fit of a stretch into 0..1; 1 where nothing is known of it."""
    return 1.0 if math.isnan(fit) else 1.0 / (1.0 + math.exp(min((FIT - fit) / FIT_WIDTH, 700.0)))


def _share(voiced_W: F64, length_s_W: F64) -> float:
    return float((voiced_W * length_s_W).sum() / length_s_W.sum())
