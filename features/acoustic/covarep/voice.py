"""What must be known of a whole recording before any of it is measured.

Polarity, the range in which F0 is searched, the threshold of voicing, the mean F0 and the usual
place of a closure within its period belong to a voice, not to a moment.  COVAREP takes them from
the whole file; in an interview that mixes two voices, so they may be taken from the participant's
turns alone, and hold for the whole file all the same.

Three passes over the sound, a piece at a time: F0 over the wide range with polarity and residual;
F0 over the narrow range; closures.
"""

# N = samples, F = frames of SRH, S = spans

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

import numpy as np

from ...extractor import Sound
from ...spool import Spool
from ...types import F64, I64, Bool, Seconds
from . import pitch
from .closure import mean_based, relative_peaks
from .pieces import Piece, Span, pieces, span_of
from .polarity import Moments, moments, polarity, skewed_residuals, voted

VOTING = 20  # voiced frames that a second must have to vote on the polarity
NEAR_S: Seconds = 0.5  # of voice that a strong peak of the residual is measured by

Inside = Callable[[I64], Bool]
"""Says of samples whether they shape the statistics."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Voice:
    """The statistics of a recording, and its F0."""

    polarity: int
    """1, or -1 where the recording is upside down."""
    f0_range: tuple[int, int]
    """Hz; of the second search."""
    threshold: float
    """Value of SRH above which a frame is voiced."""
    f0_hz: float
    """Median F0 of the voiced frames; NaN if none is voiced."""
    ratio: float
    """Usual place of a closure, see `closure.closures`; NaN if the residual has no strong peak."""
    centre_F: I64
    """Sample in the middle of each frame of SRH, 10 ms apart."""
    f0_F: F64
    """Hz, voiced or not; NaN in frames of exact zeros."""
    voiced_F: Bool
    residual: Spool
    """Residual of linear prediction, a sample a row, of the recording's own polarity."""


def everywhere(sample: I64) -> Bool:
    """Let all samples shape the statistics."""
    return np.ones(sample.shape, dtype=np.bool_)


def within(spans_s: Sequence[tuple[float, float]], sound: Sound) -> Inside:
    """Let only the samples of some spans of time shape the statistics; spans may overlap."""
    merged: list[list[float]] = []
    for start_s, stop_s in sorted(spans_s):
        if merged and start_s <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop_s)
        else:
            merged.append([start_s, stop_s])
    edge_n = (np.array(merged, dtype=np.float64).reshape(-1) - sound.start_s) * sound.rate_hz
    return lambda sample: np.searchsorted(edge_n, sample, side="right") % 2 == 1


def listen(
    sound: Sound, inside: Inside, scratch: Callable[[], IO[bytes]], *, as_coded: bool = False
) -> Voice:
    """Gather the statistics of a recording.

    Parameters
    ----------
    sound : Sound
        Of any rate.
    inside : callable
        Says of samples (int64 array of any shape) whether they shape the statistics.
    scratch : callable
        Opens a nameless file, for the residual.
    as_coded : bool
        Take the polarity from the third moments of all that is heard, and the strong peaks of the
        residual by its largest value of all, as COVAREP does.  Else seconds of voice vote on the
        polarity, and a peak is strong beside what lies around it: a knock must not outshout it.
    """
    residual = Spool(scratch(), 1)
    blocks: list[_Block] = []
    centre, found = [np.zeros(0, dtype=np.int64)], [np.zeros((2, 0))]
    for piece in pieces(sound.y_N, sound.rate_hz, span_of(as_coded)):
        core = slice(piece.start - piece.first, piece.stop - piece.first)
        without_N, residual_N = (r[core] for r in skewed_residuals(piece.x_N, sound.rate_hz))
        residual.append(residual_N[:, np.newaxis].astype(np.float32))
        blocks += _blocks(piece.start, without_N, residual_N, inside, sound.rate_hz)
        centre_F, found_2F = _searched(piece, sound.rate_hz)
        centre.append(centre_F)
        found.append(found_2F)
    centre_F = np.concatenate(centre)
    counts_F = inside(centre_F)
    f0_F, value_F = np.concatenate(found, axis=1)
    f0_range = pitch.pitch_range(f0_F[counts_F], value_F[counts_F])
    _search_again(sound, centre_F, f0_F, value_F, f0_range, span_of(as_coded))
    threshold = pitch.voicing_threshold(value_F[counts_F])
    voiced_F = pitch.voiced(value_F, threshold)
    f0_hz = pitch.median_f0(f0_F[counts_F], voiced_F[counts_F])
    if as_coded:
        sign = polarity(*(sum((b.moments[k] for b in blocks), Moments()) for k in (0, 1)))
    else:
        spoken_n = centre_F[voiced_F & counts_F]
        sign = voted([b.moments for b in blocks if b.holds(spoken_n) >= VOTING])
    voice = Voice(
        polarity=sign,
        f0_range=f0_range,
        threshold=threshold,
        f0_hz=f0_hz,
        ratio=float("nan"),
        centre_F=centre_F,
        f0_F=f0_F,
        voiced_F=voiced_F,
        residual=residual,
    )
    largest = max((b.largest for b in blocks), default=0.0) if as_coded else None
    return replace(voice, ratio=_ratio(sound, voice, inside, largest))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Block:
    """A second of the residuals."""

    start: int
    stop: int
    moments: tuple[Moments, Moments]
    """Of the residual without the glottal formant, and of the plain one."""
    largest: float
    """Absolute value of the plain residual."""

    def holds(self, sample: I64) -> int:
        """Count the samples in the block; they increase."""
        first, stop = np.searchsorted(sample, (self.start, self.stop))
        return int(stop - first)


def _blocks(
    start: int, without_N: F64, residual_N: F64, inside: Inside, rate_hz: int
) -> Iterator[_Block]:
    """Sum up the residuals of a piece, a second at a time, as far as they shape the statistics."""
    for first in range(0, residual_N.size, rate_hz):
        part = slice(first, min(first + rate_hz, residual_N.size))
        counts_N = inside(start + np.arange(part.start, part.stop))
        mine_N = residual_N[part][counts_N]
        yield _Block(
            start=start + part.start,
            stop=start + part.stop,
            moments=(moments(without_N[part][counts_N]), moments(mine_N)),
            largest=float(np.abs(mine_N).max(initial=0.0)),
        )


def _searched(piece: Piece, rate_hz: int) -> tuple[I64, F64]:
    """Search the frames that are centred in a piece over the wide range.

    Returns
    -------
    centre_F : int64 array of shape (F,)
    found_2F : float64 array of shape (2, F)
        F0 and the value of SRH.
    """
    centre_F = centres(piece, rate_hz)
    mine = np.flatnonzero((centre_F >= piece.start) & (centre_F < piece.stop))
    found = pitch.srh(piece.x_N, rate_hz, pitch.LOWEST_HZ, pitch.HIGHEST_HZ, frames=mine)
    return centre_F[mine], np.stack(found)


def centres(piece: Piece, rate_hz: int) -> I64:
    """Say at which samples of the sound the frames of SRH in a piece are centred."""
    time_F = pitch.frame_times(piece.x_N.size, rate_hz)  # COVAREP's samples count from one
    centre_F: I64 = piece.first + np.floor(time_F * rate_hz + 0.5).astype(np.int64) - 1
    return centre_F


def _search_again(
    sound: Sound, centre_F: I64, f0_F: F64, value_F: F64, f0_range: tuple[int, int], span: Span
) -> None:
    """Search, in place, where the wide search left the narrow range; elsewhere both agree."""
    again_F = (f0_F < f0_range[0]) | (f0_F > f0_range[1])
    for piece in pieces(sound.y_N, sound.rate_hz, span):
        here = np.flatnonzero(again_F & (centre_F >= piece.start) & (centre_F < piece.stop))
        if here.size:
            local = np.searchsorted(centres(piece, sound.rate_hz), centre_F[here])
            f0_F[here], value_F[here] = pitch.srh(piece.x_N, sound.rate_hz, *f0_range, frames=local)


def _ratio(sound: Sound, voice: Voice, inside: Inside, largest: float | None) -> float:
    """Find the usual place of a closure within its period.

    `largest` is what a strong peak of the residual is measured by; None takes the largest voiced
    one of each half second.
    """
    if np.isnan(voice.f0_hz):
        return float("nan")
    places = [np.zeros(0)]
    for piece in pieces(sound.y_N, sound.rate_hz, span_of(largest is not None)):
        mean_N = mean_based(voice.polarity * piece.x_N, sound.rate_hz, voice.f0_hz)
        residual_N = voice.polarity * residual_of(voice.residual, piece)
        sample_N = piece.first + np.arange(residual_N.size)
        counts_N = inside(sample_N)
        around: float | F64
        if largest is None:
            counts_N &= in_voice(sample_N, voice)
            around = _around(np.where(counts_N, residual_N, 0.0), sample_N, sound.rate_hz)
        else:
            around = largest
        counts_N &= (sample_N >= piece.start) & (sample_N < piece.stop)
        places.append(relative_peaks(mean_N, np.where(counts_N, residual_N, 0.0), around))
    place_P = np.concatenate(places)
    return float(np.median(place_P)) if place_P.size else float("nan")


def _around(residual_N: F64, sample_N: I64, rate_hz: int) -> F64:
    """Give each sample the largest absolute value of its half second of the recording."""
    block_N = sample_N // round(NEAR_S * rate_hz)
    start_B = np.flatnonzero(np.diff(block_N, prepend=-1))
    largest_B = np.maximum.reduceat(np.abs(residual_N), start_B)
    around_N: F64 = np.repeat(largest_B, np.diff(start_B, append=residual_N.size))
    return around_N


def in_voice(sample: I64, voice: Voice) -> Bool:
    """Say which samples lie between the first and the last frame, where voicing is half or more."""
    voiced = np.interp(sample, voice.centre_F + 1, voice.voiced_F, left=0, right=0)
    return np.asarray(voiced >= 0.5)


def residual_of(residual: Spool, piece: Piece) -> F64:
    """Read the residual under a piece and its context."""
    return residual.read(piece.first, piece.first + piece.x_N.size)[:, 0].astype(np.float64)
