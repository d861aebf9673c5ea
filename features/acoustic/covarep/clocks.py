"""Measurements at their own instants into rows, on the true clock or on COVAREP's.

True: a row is a frame of SRH, and nothing of a frame is interpolated.  What is measured at closures
is drawn from closure to closure, but not across a pause; where no closure is near it is NaN.

COVAREP's: rows lie half a step beside the frames, so all is interpolated, also across pauses; the
first and the last frames of the envelope are stretched to the ends of the file, which displaces
them by 50 ms; what is not measured is 0.
"""

# F = frames, R = rows, C = columns, K = instants

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ...types import F32, F64, I64, Seconds
from ..rows import Grid
from .columns import COLUMNS, MASKED, Mask, index, masked
from .measure import AT_CLOSURES, HMPDD, HMPDM, MCEP, RD, Native
from .phase_statistics import interpolate_angles
from .pieces import LONG_HOP_S, SHORT_HOP_S, hop
from .pulses import RANGE_HZ

PART = 4096  # rows made at a time
BRIDGED_S: Seconds = 1 / RANGE_HZ[0]  # closures farther apart have a pause between them
CLOSE_S: Seconds = BRIDGED_S / 2  # how far a lone closure reaches
REACH_S: Seconds = 0.05  # of a row's windows, to either side: SRH's

Numbers = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def true_grid(rate_hz: int) -> Grid:
    """Say where the rows of `true_rows` lie."""
    step = hop(rate_hz, LONG_HOP_S)
    return Grid(first_n=step - 1, hop_n=step, reach_n=round(REACH_S * rate_hz))


def true_rows(native: Native, rate_hz: int, mask: Mask) -> Iterator[F32]:
    """Lay the measurements into rows every 10 ms, each where it was measured.

    Parameters
    ----------
    native : Native
    rate_hz : int > 0
    mask : "nan", "zero" or "keep"
        What becomes of `MASKED` columns without voice; with "keep", values at closures are drawn
        across pauses, too.

    Yields
    ------
    float32 array of shape (R, 74)
        Some thousand rows, in order; NaN is not measured.
    """
    grid, voice = true_grid(rate_hz), native.voice
    count = (native.samples - grid.first_n - 1) // grid.hop_n + 1
    lead = 0  # rows before the first frame
    if voice.centre_F.size:
        lead = int(voice.centre_F[0] - grid.first_n) // grid.hop_n
    for first in range(0, count, PART):
        rows = slice(first, min(first + PART, count))
        at_R = grid.first_n + grid.hop_n * np.arange(rows.start, rows.stop, dtype=np.float64)
        value_RC = np.full((at_R.size, len(COLUMNS)), np.nan, dtype=np.float32)
        begin = max(rows.start - lead, 0)
        end = max(min(rows.stop - lead, voice.centre_F.size), begin)
        framed = slice(begin + lead - first, end + lead - first)
        value_RC[framed, index("F0")] = voice.f0_F[begin:end]
        value_RC[framed, index("VUV")] = voice.voiced_F[begin:end]
        _lay_frames(value_RC, framed, native.frames.read(begin, end))
        value_RC[:, index("peakSlope")] = between(native.step_P, native.slope_P, at_R)
        value_RC[:, _AT] = _at_closures(native, at_R, rate_hz, across=mask == "keep")
        voiced_R = value_RC[:, index("VUV")] == 1
        unknown_R = np.isnan(value_RC[:, index("VUV")])
        value_RC = masked(value_RC, voiced_R, mask)
        value_RC[np.ix_(unknown_R, _MASKED)] = np.nan
        yield value_RC


_AT = [index(name) for name in AT_CLOSURES]
_MASKED = [index(name) for name in MASKED]


def _lay_frames(value_RC: F32, rows: slice, frame_FC: F32) -> None:
    value_RC[rows, index("Rd") : index("Rd_conf") + 1] = frame_FC[:, RD]
    value_RC[rows, index("MCEP_0") :] = frame_FC[:, MCEP.start : HMPDD.stop]


def _at_closures(native: Native, at_R: F64, rate_hz: int, *, across: bool) -> F64:
    """Draw lines from closure to closure that measured a column; `across` pauses, too."""
    value_RC = np.full((at_R.size, len(AT_CLOSURES)), np.nan)
    for c, value_G in enumerate(native.at_closure_G5.T):
        known_G = np.isfinite(value_G)
        place_K, value_K = native.closure_G[known_G], value_G[known_G]
        value_RC[:, c] = between(place_K, value_K, at_R)
        if place_K.size and not across:
            after_R = np.searchsorted(place_K, at_R).clip(0, place_K.size - 1)
            before_R = np.maximum(after_R - 1, 0)
            pause_R = place_K[after_R] - place_K[before_R] > BRIDGED_S * rate_hz
            pause_R |= np.isnan(value_RC[:, c])  # before the first, after the last
            nearer_R = np.abs(place_K[after_R] - at_R) < np.abs(place_K[before_R] - at_R)
            nearest_R = np.where(nearer_R, after_R, before_R)
            close_R = np.abs(place_K[nearest_R] - at_R) <= CLOSE_S * rate_hz
            lone_R = np.where(close_R, value_K[nearest_R], np.nan)
            value_RC[pause_R, c] = lone_R[pause_R]
    return value_RC


def between(place_K: Numbers | I64, value_K: Numbers, at_R: F64) -> F64:
    """Interpolate between instants; NaN outside them, and beside one that is NaN."""
    if place_K.size == 0:
        return np.full(at_R.size, np.nan)
    drawn_R: F64 = np.interp(at_R, place_K, value_K, left=np.nan, right=np.nan)
    return drawn_R


def original_grid(rate_hz: int) -> Grid:
    """Say where the rows of `original_rows` lie."""
    return Grid(
        first_n=hop(rate_hz, SHORT_HOP_S) - 1,
        hop_n=hop(rate_hz, LONG_HOP_S),
        reach_n=round(REACH_S * rate_hz),
    )


def original_rows(native: Native, rate_hz: int) -> Iterator[F32]:
    """Lay the measurements into COVAREP's rows; see `true_rows`.  0 is not measured."""
    grid, voice = original_grid(rate_hz), native.voice
    count = (native.samples - grid.first_n - 1) // grid.hop_n + 1
    closure_G, at_G5 = native.closure_G, native.at_closure_G5
    for first in range(0, count, PART):
        rows = np.arange(first, min(first + PART, count), dtype=np.float64)
        at_R = grid.first_n + grid.hop_n * rows
        value_RC = np.zeros((at_R.size, len(COLUMNS)))
        value_RC[:, index("F0")] = between(voice.centre_F, np.nan_to_num(voice.f0_F), at_R)
        voiced_R = between(voice.centre_F, voice.voiced_F.astype(np.float64), at_R)
        value_RC[:, index("VUV")] = voiced_R >= 0.5
        # Each of the two stands a sample early, as if it had been counted from one.
        step_P = np.floor(native.step_P)
        value_RC[:, index("peakSlope")] = between(step_P, np.nan_to_num(native.slope_P), at_R)
        for name, value_G in zip(AT_CLOSURES, np.nan_to_num(at_G5).T, strict=True):
            place_G = closure_G - 1 if name == "MDQ" else closure_G
            value_RC[:, index(name)] = between(place_G, value_G, at_R)
        _lay_originals(value_RC, native, at_R)
        yield np.nan_to_num(value_RC).astype(np.float32)


def _lay_originals(value_RC: F64, native: Native, at_R: F64) -> None:
    """Interpolate what is measured at frames."""
    centre_F = native.voice.centre_F
    if centre_F.size < 2:
        return
    first, stop = np.searchsorted(centre_F, (at_R[0], at_R[-1]))
    near = slice(max(first - 2, 0), min(stop + 2, centre_F.size))
    frame_FC = np.nan_to_num(native.frames.read(near.start, near.stop))
    for place, c in enumerate(range(RD.start, RD.stop), start=index("Rd")):
        value_RC[:, place] = between(centre_F[near], frame_FC[:, c], at_R)
    means = slice(index("HMPDM_0"), index("HMPDD_0"))
    value_RC[:, means] = interpolate_angles(
        centre_F[near].astype(np.float64), frame_FC[:, HMPDM], at_R
    )
    for place, c in enumerate(range(HMPDD.start, HMPDD.stop), start=index("HMPDD_0")):
        value_RC[:, place] = between(centre_F[near], frame_FC[:, c], at_R)
    stretched_F = np.linspace(0, native.samples - 1, centre_F.size)
    first, stop = np.searchsorted(stretched_F, (at_R[0], at_R[-1]))
    near = slice(max(first - 2, 0), min(stop + 2, centre_F.size))
    envelope_FC = np.nan_to_num(native.frames.read(near.start, near.stop)[:, MCEP])
    for place, envelope_F in enumerate(envelope_FC.T, start=index("MCEP_0")):
        value_RC[:, place] = between(stretched_F[near], envelope_F, at_R)
