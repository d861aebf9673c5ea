"""Fundamental frequency and voicing by the summation of residual harmonics (SRH).

The spectrum of the excitation has a peak at each harmonic of the voice and little between them: the
candidate that collects most from peaks and loses least in the gaps is F0, and how much it collects
tells whether there is a voice at all.  The search runs twice, the second time near the median of
the first: `srh` over a wide range, `pitch_range`, `srh` over the narrow one.  `pitch_range`,
`voicing_threshold` and `median_f0` need the frames of the whole recording, the rest works on any
piece that starts at a multiple of 10 ms (above 16 kHz: of 1 s, which is one at every rate).  No
path is smoothed, and F0 is given where nobody speaks, too.

As in COVAREP, frequencies lie on a grid of 1 Hz, and bins are counted from one: a candidate of f Hz
reads the spectrum at f - 1, 2 f - 1, ... Hz.  Reference: Drugman & Alwan, "Joint robust voicing
detection and pitch estimation based on residual harmonics", Interspeech 2011.
"""

# N = samples, F = frames, L = samples of a frame, B = bins of the spectrum, 1 Hz apart,
# C = candidates for F0

from math import gcd

import numpy as np
from scipy.fft import rfft
from scipy.signal import resample_poly
from scipy.signal.windows import kaiser

from ...types import F64, I64, Bool
from .lpc import lp_residual

LOWEST_HZ, HIGHEST_HZ = 50, 500  # range of the first search
HIGHEST_RATE_HZ = 16_000  # sound of a higher rate is brought to this one
HARMONICS = 5
SURE = 0.1  # frames above it shape the range of the second search
VOICED, VOICED_SPREAD, SPREAD = 0.07, 0.085, 0.05  # the second where values spread by more
CHUNK = 16  # spectra worked on at once: they stay in the cache


def frame_times(samples: int, rate_hz: int) -> F64:
    """Say when `srh` measures, as COVAREP counts: the first sample of a recording is at 1 / rate.

    Parameters
    ----------
    samples : int >= 0
        Length of the signal.
    rate_hz : int > 0
        Its rate.

    Returns
    -------
    float64 array of shape (F,)
        Seconds, 10 ms apart, the first at 50 ms (to a sample); empty below 100 ms.
    """
    count, rate = _searched(samples, rate_hz)
    first_N, half, hop = _layout(count, rate)
    return (half + 1 + hop * np.arange(first_N.size)) / rate


def srh(
    x_N: F64, rate_hz: int, low_hz: int, high_hz: int, *, frames: I64 | None = None
) -> tuple[F64, F64]:
    """Find the F0 that collects most residual harmonics in each frame of 100 ms.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Mono signal, finite, of any loudness and polarity.
    rate_hz : int > 0
        Samples per second; what is above 16 kHz is resampled to it.
    low_hz, high_hz : int > 0
        Range of the search, in Hz, both included; above `rate_hz` / 10 candidates wrap.
    frames : int64 array of shape (F,), optional
        Frames to look at, as indices into `frame_times`; default all.

    Returns
    -------
    f0_F : float64 array of shape (F,)
        F0 in whole Hz; NaN where the frame holds no sound.
    value_F : float64 array of shape (F,)
        Summed residual harmonics, about 0 in noise and .1 to .4 in voice; NaN likewise.
    """
    rate = _searched(x_N.size, rate_hz)[1]
    y_N = x_N if rate == rate_hz else _resampled(x_N, rate_hz)
    first_N, half, _ = _layout(y_N.size, rate)
    first_F = first_N if frames is None else first_N[frames]
    residual_N = lp_residual(y_N, rate, int(np.floor(0.75 * rate / 1000 + 0.5)))
    window_L = np.blackman(2 * half)
    f0_F, value_F = np.full((2, first_F.size), np.nan)
    for begin in range(0, first_F.size, CHUNK):
        at_F = first_F[begin : begin + CHUNK]
        frame_FL = residual_N[at_F[:, None] + np.arange(2 * half)] * window_L
        frame_FL -= frame_FL.mean(1, keepdims=True)
        energy_F = np.einsum("fl,fl->f", frame_FL, frame_FL)
        heard_F = np.flatnonzero(energy_F > 0)
        frame_FL = frame_FL[heard_F] / np.sqrt(energy_F[heard_F, None])
        best_F, sum_F = _search(frame_FL, rate, low_hz, high_hz)
        f0_F[begin + heard_F], value_F[begin + heard_F] = best_F, sum_F
    return f0_F, value_F


def pitch_range(f0_F: F64, value_F: F64) -> tuple[int, int]:
    """Narrow the search to .5 .. 2 of the median F0 of the frames that are surely voiced, in Hz."""
    sure_F = value_F > SURE
    if not sure_F.any():
        return LOWEST_HZ, HIGHEST_HZ
    median = float(np.median(f0_F[sure_F]))
    low, high = int(np.floor(median / 2 + 0.5)), int(np.floor(2 * median + 0.5))
    return max(low, LOWEST_HZ), min(high, HIGHEST_HZ)


def voicing_threshold(value_F: F64) -> float:
    """Choose the value above which a frame counts as voiced, by how far all values spread."""
    heard_F = value_F[~np.isnan(value_F)]
    spreads = heard_F.size > 1 and heard_F.std(ddof=1) > SPREAD
    return VOICED_SPREAD if spreads else VOICED


def voiced(value_F: F64, threshold: float) -> Bool:
    """Tell the frames in which a voice sounds; a frame without sound is not voiced."""
    return np.asarray(value_F > threshold)


def median_f0(f0_F: F64, voiced_F: Bool) -> float:
    """Take the median F0 of voiced frames, in Hz; NaN if none is."""
    return float(np.median(f0_F[voiced_F])) if voiced_F.any() else float("nan")


def _search(frame_FL: F64, rate_hz: int, low_hz: int, high_hz: int) -> tuple[I64, F64]:
    """Find the candidate that collects most in each frame of unit energy, and how much that is."""
    bins = rate_hz // 2
    candidate_C = np.arange(low_hz, high_hz + 1)
    peaks = [k * candidate_C - 1 for k in range(1, HARMONICS + 1)]
    gaps = [((2 * k + 1) * candidate_C + 1) // 2 - 1 for k in range(1, HARMONICS)]  # half upwards
    spectrum_FB = rfft(frame_FL.astype(np.float32), rate_hz)  # double precision takes twice as long
    # Parseval gives the energy of the bins below `bins`, most of which are never looked at.
    outside_F = (1 + rate_hz % 2) * np.abs(spectrum_FB[:, bins]) ** 2
    norm_F = np.sqrt((rate_hz - outside_F) / 2)
    level_BF = np.ascontiguousarray(np.abs(spectrum_FB[:, : min(bins, peaks[-1][-1] + 1)]).T)
    sum_CF = level_BF[peaks[0] % bins]
    for peak_C in peaks[1:]:
        sum_CF += level_BF[peak_C % bins]
    for gap_C in gaps:
        sum_CF -= level_BF[gap_C % bins]
    best_F = sum_CF.argmax(0)
    return candidate_C[best_F], sum_CF[best_F, np.arange(best_F.size)] / norm_F


def _searched(samples: int, rate_hz: int) -> tuple[int, int]:
    """Rate at which frames are searched, and how many samples there are of it."""
    if rate_hz <= HIGHEST_RATE_HZ:
        return samples, rate_hz
    return -(-samples * HIGHEST_RATE_HZ // rate_hz), HIGHEST_RATE_HZ


def _layout(samples: int, rate_hz: int) -> tuple[I64, int, int]:
    """First sample of each frame, half a frame's length and the hop, in samples."""
    half = int(np.floor((np.floor(0.1 * rate_hz + 0.5) - 2) / 2 + 0.5))
    hop = int(np.floor(0.01 * rate_hz + 0.5))
    count = max(0, (samples - 2 * half - 1) // hop + 1)  # as many samples behind a centre as before
    return hop * np.arange(count), half, hop


def _resampled(x_N: F64, rate_hz: int) -> F64:
    """Bring a signal to 16 kHz: Kaiser low-pass of 60 dB, a tenth of its cutoff steep (Octave)."""
    common = gcd(rate_hz, HIGHEST_RATE_HZ)
    up, down = HIGHEST_RATE_HZ // common, rate_hz // common
    cutoff = 0.5 / max(up, down)
    reach = int(np.ceil((60 - 8) / (28.714 * cutoff / 10)))
    taps = np.sinc(2 * cutoff * np.arange(-reach, reach + 1)) * 2 * cutoff
    taps *= kaiser(taps.size, 0.1102 * (60 - 8.7))
    return np.asarray(resample_poly(x_N, up, down, window=taps))
