"""Mean and deviation of the phase distortion over time: HMPDM_0..24 and HMPDD_0..12.

The mean is circular, over a quarter of a second, and is told for 25 groups of bins: the lowest 8
bins each, then ever wider ones.  The deviation is what is left of the distortion once its slow
trend is removed: 0 for a steady voice, large for noise; it is told as a mel-warped log cepstrum.

Windows run forward and backward over the frames, as COVAREP does: what is said to last 25 frames
weighs 49 in a triangle.  The ends of a recording are continued by odd reflection; at its two
outermost frames the deviation is therefore 0 by construction, and not measured.

References
----------
Degottex & Erro, "A uniform phase representation for the harmonic model in speech synthesis
applications", EURASIP JASMP 2014:38, sections 3.3-3.4 and 4.1.
"""

from collections.abc import Iterator
from math import isqrt

import numpy as np

from ...types import F32, F64, I64, Bool
from .cepstrum import warped_cepstrum
from .harmonics import wrap

GROUPS = 25
GROUPED_BINS = 512
LINEAR_BINS = 8  # a group each
MEAN_FRAMES = 25  # COVAREP's 6 periods of 4 frames each, made odd
DEVIATION_FRAMES = 9
TREND_TAPS = np.hanning(9)[1:-1] / np.hanning(9).sum()  # its ends are 0
DEVIATION_ORDER = 12
LEAST_RAD = 0.001  # what COVAREP reads where the deviation is 0
EDGE_RAD = 3e-7  # amid what rounding leaves of 0 at COVAREP's outermost frames: 1e-8 .. 0.001
CONTEXT = MEAN_FRAMES - 1  # frames on either side that a frame depends on
CHUNK = 64  # bins at a time: an hour's piece stays in the processor's cache

# F = frames, B = bins, G = groups of bins, C = coefficients, T = times asked for


def phase_statistics(
    distortion_FB: F32, measured_F: Bool, rate_hz: int, *, compat: bool = False
) -> tuple[F32, F32]:
    """Describe the phase distortion around each frame.

    Parameters
    ----------
    distortion_FB : float32 array of shape (F, 513), in radians
        Phase distortion of consecutive frames, 10 ms apart.
    measured_F : bool array of shape (F,)
        Whether the frame has harmonics; where not, `distortion_FB` is random.
    rate_hz : int > 0
        Samples per second of the sound.
    compat : bool
        Whether to measure the deviation at the outermost two frames as COVAREP does, and to let the
        random phases of frames without harmonics count; else such frames weigh nothing.

    Returns
    -------
    mean_FG : float32 array of shape (F, 25), in radians, -pi .. pi
        Circular mean of each group; exactly 0 in the groups below every F0; NaN where not measured.
    deviation_FC : float32 array of shape (F, 13)
        Log cepstrum of the circular standard deviation; NaN where not measured.
    """
    frames, bins = distortion_FB.shape
    if not frames:
        return np.empty((0, GROUPS), np.float32), np.empty((0, DEVIATION_ORDER + 1), np.float32)
    member_BG = np.zeros((bins, GROUPS), dtype=np.float32)
    member_BG[np.arange(GROUPED_BINS), frequency_groups()] = 1
    cosine_FG = np.zeros((frames, GROUPS), dtype=np.float32)
    sine_FG = np.zeros_like(cosine_FG)
    spread_FB = np.empty_like(distortion_FB)
    weight_F1 = (measured_F | compat).astype(np.float32)[:, np.newaxis]
    for some in _chunks(bins):
        cosine_FB, sine_FB = np.cos(distortion_FB[:, some]), np.sin(distortion_FB[:, some])
        cosine_FB *= weight_F1
        sine_FB *= weight_F1
        mean_cosine_FB, mean_sine_FB = _unit(
            _boxcar_twice(cosine_FB, MEAN_FRAMES), _boxcar_twice(sine_FB, MEAN_FRAMES)
        )
        cosine_FG += mean_cosine_FB @ member_BG[some]
        sine_FG += mean_sine_FB @ member_BG[some]
        spread_FB[:, some] = _spread(cosine_FB, sine_FB, weight_F1)
    spread_FB[:, 0] = spread_FB[:, 1]
    spread_FB = np.maximum(spread_FB, np.float32(LEAST_RAD))
    outermost = [0, -1]
    if compat:
        spread_FB[outermost] = np.where(distortion_FB[outermost] == 0, LEAST_RAD, EDGE_RAD)
    deviation_FC = warped_cepstrum(spread_FB, rate_hz / 2, DEVIATION_ORDER)
    if not compat:
        deviation_FC[outermost] = np.nan
    mean_FG = np.arctan2(sine_FG, cosine_FG)
    mean_FG[~measured_F] = np.nan
    deviation_FC[~measured_F] = np.nan
    return mean_FG, deviation_FC


def frequency_groups() -> I64:
    """Say to which of the 25 groups each of the first 512 bins belongs: shape (512,).

    From the end of the linear part a quadratic Bezier curve leads to (25, 512), counted from 1:
    with slope 1 at first and upright at last, its control point is (25, 25).
    """
    bin_B = np.arange(1, GROUPED_BINS + 1)
    rise = GROUPS - LINEAR_BINS
    bend = GROUPED_BINS - 2 * GROUPS + LINEAR_BINS
    beyond_B = np.maximum(bin_B - LINEAR_BINS, 0)
    curve_B = (np.sqrt(rise**2 + bend * beyond_B) - rise) / bend  # 0 .. 1 along the curve
    group_B = np.minimum(bin_B, LINEAR_BINS) + rise * curve_B * (2 - curve_B)
    nearest_B: I64 = np.floor(group_B + 0.5).astype(np.int64)
    return nearest_B - 1


def interpolate_angles(time_F: F64, angle_FG: F32, time_T: F64) -> F64:
    """Interpolate angles between frames over the shorter arc.

    Parameters
    ----------
    time_F : float array of shape (F,), in seconds, increasing
        Times of the frames.
    angle_FG : float array of shape (F, G), in radians
        Angles; NaN where not measured.
    time_T : float array of shape (T,), in seconds
        Times that are asked for.

    Returns
    -------
    float array of shape (T, G), in radians, -pi .. pi
        NaN before the first frame, after the last and beside a frame without measurement.
    """
    angle_TG = np.full((len(time_T), angle_FG.shape[1]), np.nan)
    if not len(time_F):
        return angle_TG
    inside_T = (time_T >= time_F[0]) & (time_T <= time_F[-1])
    lower_T = np.searchsorted(time_F, time_T[inside_T], side="right") - 1
    upper_T = np.minimum(lower_T + 1, len(time_F) - 1)
    gap_T = np.where(upper_T > lower_T, time_F[upper_T] - time_F[lower_T], 1.0)
    fraction_T1 = ((time_T[inside_T] - time_F[lower_T]) / gap_T)[:, None]
    lower_TG = angle_FG[lower_T].astype(np.float64)
    arc_TG = np.where(fraction_T1 > 0, wrap(angle_FG[upper_T] - lower_TG), 0)
    angle_TG[inside_T] = wrap(lower_TG + fraction_T1 * arc_TG)
    return angle_TG


def _spread(cosine_FB: F32, sine_FB: F32, weight_F1: F32) -> F32:
    """Measure the circular standard deviation, in radians, of phasors around their trend."""
    trend_cosine_FB, trend_sine_FB = _unit(_trend(cosine_FB), _trend(sine_FB))
    along_FB = _boxcar_twice(
        cosine_FB * trend_cosine_FB + sine_FB * trend_sine_FB, DEVIATION_FRAMES
    )
    across_FB = _boxcar_twice(
        sine_FB * trend_cosine_FB - cosine_FB * trend_sine_FB, DEVIATION_FRAMES
    )
    heard_F1 = np.maximum(_boxcar_twice(weight_F1, DEVIATION_FRAMES), np.float32(1))
    length_FB = np.hypot(along_FB, across_FB) / heard_F1
    length_FB = np.clip(length_FB, np.finfo(np.float32).tiny, 1)
    deviation_FB: F32 = np.sqrt(np.float32(-2) * np.log(length_FB))
    return deviation_FB


def _trend(value_FB: F32) -> F32:
    """Take the median over 9 frames, then the Hann-weighted mean, forward and backward."""
    taps = [np.float32(tap) for tap in np.convolve(TREND_TAPS, TREND_TAPS)]
    frames = len(value_FB)
    extended_FB = _reflect(_median_of_9(value_FB), len(taps) // 2)
    mean_FB = taps[0] * extended_FB[:frames]
    for shift, tap in enumerate(taps[1:], start=1):
        mean_FB += tap * extended_FB[shift : shift + frames]
    return mean_FB


def _median_of_9(value_FB: F32) -> F32:
    """Take the running median over 9 frames; before and after the recording there are zeros.

    Neighbouring windows share sorted triples: the median of nine numbers in three of them is the
    median of the highest low, the middle middle and the lowest high one.
    """
    value_FB = np.pad(value_FB, ((4, 4), (0, 0)))
    first_FB, second_FB, third_FB = value_FB[:-2], value_FB[1:-1], value_FB[2:]
    low_FB, high_FB = np.minimum(first_FB, second_FB), np.maximum(first_FB, second_FB)
    middle_FB, high_FB = np.minimum(high_FB, third_FB), np.maximum(high_FB, third_FB)
    low_FB, middle_FB = np.minimum(low_FB, middle_FB), np.maximum(low_FB, middle_FB)
    return _median_of_3(
        np.maximum(np.maximum(low_FB[:-6], low_FB[3:-3]), low_FB[6:]),
        _median_of_3(middle_FB[:-6], middle_FB[3:-3], middle_FB[6:]),
        np.minimum(np.minimum(high_FB[:-6], high_FB[3:-3]), high_FB[6:]),
    )


def _median_of_3(a_FB: F32, b_FB: F32, c_FB: F32) -> F32:
    median_FB: F32 = np.maximum(np.minimum(a_FB, b_FB), np.minimum(np.maximum(a_FB, b_FB), c_FB))
    return median_FB


def _boxcar_twice(value_FB: F32, width: int) -> F32:
    """Sum over `width` frames, an odd square, forward and then backward."""
    side = isqrt(width)  # a sum over 5 x 5 is a sum over every fifth of sums over 5
    sum_FB = _reflect(value_FB, width - 1)
    for step in (1, side, 1, side):
        reach = (side - 1) * step
        terms = [sum_FB[k * step : len(sum_FB) - reach + k * step] for k in range(side)]
        sum_FB = terms[0] + terms[1]
        for term_FB in terms[2:]:
            sum_FB += term_FB
    return sum_FB


def _reflect(value_FB: F32, reach: int) -> F32:
    """Continue both ends by their odd reflection, or level where there is but one frame."""
    return np.pad(value_FB, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")


def _unit(cosine_FB: F32, sine_FB: F32) -> tuple[F32, F32]:
    """Scale phasors to length 1; those of length 0 stay."""
    length_FB = np.maximum(np.hypot(cosine_FB, sine_FB), np.finfo(np.float32).tiny)
    return cosine_FB / length_FB, sine_FB / length_FB


def _chunks(bins: int) -> Iterator[slice]:
    for first in range(0, bins, CHUNK):
        yield slice(first, min(first + CHUNK, bins))
