"""All groups of columns, each at the instants where it is measured: frames, closures, steps.

The sound comes a piece at a time.  Frames are those of SRH, every 10 ms; closures are the glottal
ones of voiced stretches; peakSlope has steps of its own.
"""

# N = samples, F = frames of SRH, G = glottal closures, P = steps of peakSlope, B = bins

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import numpy as np

from ...extractor import Sound
from ...spool import Spool
from ...types import F32, F64, I64
from ..scrubbed import in_spans, zero_spans
from .cepstrum import mel_cepstrum
from .closure import closures, mean_based
from .columns import DEVIATIONS, MCEPS, MEANS
from .glottal import PARAMETERS, glottal_parameters
from .harmonics import F0_LOWEST_HZ, PERIODS, harmonics
from .inverse import iaif
from .phase import BINS, phase_distortion
from .phase_statistics import CONTEXT, phase_statistics
from .pieces import Piece, pieces, span_of
from .shape import rd
from .voice import Voice, in_voice, residual_of
from .wavelets import frame_hop, frame_length, maxima_dispersion, peak_slope

RD, MCEP, HMPDM, HMPDD = (
    slice(0, 2),
    slice(2, 2 + MCEPS),
    slice(2 + MCEPS, 2 + MCEPS + MEANS),
    slice(2 + MCEPS + MEANS, 2 + MCEPS + MEANS + DEVIATIONS),
)
"""Where the columns of frames lie in `Native.frames`."""

AT_CLOSURES = (*PARAMETERS, "MDQ")
LONGEST_HALF_S = PERIODS / F0_LOWEST_HZ / 2  # of a frame, from its middle


@dataclass(frozen=True, eq=False, kw_only=True)
class Native:
    """A recording's measurements, each at its own instants; samples count from 0."""

    samples: int
    voice: Voice
    """Has the centres of the frames, F0 and voicing."""
    frames: Spool
    """(F, 65): Rd, Rd_conf, MCEP, HMPDM, HMPDD; NaN where not measured."""
    closure_G: I64
    """Sample of each glottal closure."""
    at_closure_G5: F32
    """`AT_CLOSURES`; NaN where not measured."""
    step_P: F64
    """Middle of each step of peakSlope, in samples."""
    slope_P: F64


def measure(
    sound: Sound, voice: Voice, scratch: Callable[[], IO[bytes]], *, as_coded: bool = False
) -> Native:
    """Measure all groups of columns.

    Parameters
    ----------
    sound : Sound
    voice : Voice
        Its statistics.
    scratch : callable
        Opens a nameless file, for the frames.
    as_coded : bool
        Reproduce COVAREP where it leaves the papers or common sense: the sign in Rd, glottal frames
        as long as the pauses before them, MDQ's middle, the deviation at the outermost frames.
    """
    spool = Spool(scratch(), HMPDD.stop)
    spans_S2 = (
        np.zeros((0, 2), dtype=np.int64) if as_coded else zero_spans(sound.y_N, sound.rate_hz)
    )
    closed: list[I64] = [np.zeros(0, dtype=np.int64)]
    at: list[F32] = [np.zeros((0, len(AT_CLOSURES)), dtype=np.float32)]
    slopes: list[F64] = [np.zeros(0)]
    for piece in pieces(sound.y_N, sound.rate_hz, span_of(as_coded)):
        x_N = voice.polarity * piece.x_N
        spool.append(_of_frames(x_N, piece, sound.rate_hz, voice, spans_S2, as_coded))
        before_G = np.concatenate(closed)
        closure_G, value_G5 = _at_closures(x_N, piece, sound.rate_hz, voice, before_G, as_coded)
        closed.append(closure_G)
        at.append(value_G5)
        slopes.append(_slopes(piece, sound.rate_hz))
    slope_P = np.concatenate(slopes)
    first_step, step = (frame_length(sound.rate_hz) - 1) / 2, frame_hop(sound.rate_hz)
    return Native(
        samples=sound.y_N.size,
        voice=voice,
        frames=spool,
        closure_G=np.concatenate(closed),
        at_closure_G5=np.concatenate(at),
        step_P=first_step + step * np.arange(slope_P.size, dtype=np.float64),
        slope_P=slope_P,
    )


def _of_frames(
    x_N: F64, piece: Piece, rate_hz: int, voice: Voice, spans_S2: I64, as_coded: bool
) -> F32:
    """Measure the frames that are centred in a piece: (F, 65); NaN where one touches a span."""
    first, stop = (int(f) for f in np.searchsorted(voice.centre_F, (piece.start, piece.stop)))
    seen = slice(max(first - CONTEXT, 0), stop + CONTEXT)  # HMPD looks at neighbours
    centre_F, f0_F = voice.centre_F[seen] - piece.first, voice.f0_F[seen]
    if as_coded:
        centre_F = centre_F + 1  # its sample counted from one, taken for one counted from zero
    value_FC = np.full((centre_F.size, HMPDD.stop), np.nan, dtype=np.float32)
    distortion_FB = np.zeros((centre_F.size, BINS), dtype=np.float32)
    measured_F = np.zeros(centre_F.size, dtype=np.bool_)
    number_F = seen.start + np.arange(centre_F.size)
    for block in harmonics(x_N, rate_hz, centre_F, f0_F):
        rows = block.frames
        measured_F[rows] = block.count_F > 0
        value_FC[rows, RD] = np.stack(rd(block, as_coded=as_coded), axis=1)
        value_FC[rows, MCEP] = mel_cepstrum(block.spectrum_FB, block.f0_F, rate_hz)
        distortion_FB[rows] = phase_distortion(block, f0_F[rows], rate_hz, number_F[rows])
    lost_F = in_spans(spans_S2, voice.centre_F[seen], LONGEST_HALF_S * rate_hz)
    value_FC[lost_F], measured_F[lost_F] = np.nan, False
    value_FC[:, HMPDM], value_FC[:, HMPDD] = phase_statistics(
        distortion_FB, measured_F, rate_hz, compat=as_coded
    )
    return value_FC[first - seen.start : stop - seen.start]


def _at_closures(
    x_N: F64, piece: Piece, rate_hz: int, voice: Voice, before_G: I64, as_coded: bool
) -> tuple[I64, F32]:
    """Find the closures in a piece, (G,) samples of the sound, and measure at them, (G, 5).

    `before_G` are the closures of the pieces before, samples of the sound.
    """
    if np.isnan(voice.f0_hz):
        return np.zeros(0, dtype=np.int64), np.zeros((0, len(AT_CLOSURES)), dtype=np.float32)
    residual_N = voice.polarity * residual_of(voice.residual, piece)
    mean_N = mean_based(x_N, rate_hz, voice.f0_hz)
    closure_G = closures(mean_N, residual_N, voice.ratio)
    closure_G = closure_G[in_voice(closure_G + piece.first, voice)]
    earlier = np.searchsorted(before_G, piece.first + closure_G[:1])
    previous = int(before_G[earlier[0] - 1]) - piece.first if earlier.any() else None
    flow_N, derivative_N = iaif(x_N, rate_hz, closure_G, previous=previous, as_coded=as_coded)
    shape_G4 = glottal_parameters(flow_N, derivative_N, rate_hz, closure_G, previous=previous)
    if previous is None and not as_coded:
        shape_G4[:1] = np.nan  # nobody knows when the first pulse of a recording began
    dispersion_G = maxima_dispersion(
        residual_N, rate_hz, closure_G, previous=previous, as_coded=as_coded
    )
    value_G5 = np.column_stack((shape_G4, dispersion_G)).astype(np.float32)
    closure_G += piece.first
    mine_G = (closure_G >= piece.start) & (closure_G < piece.stop)
    return closure_G[mine_G], value_G5[mine_G]


def _slopes(piece: Piece, rate_hz: int) -> F64:
    """Measure peakSlope at the steps that begin in a piece."""
    step = frame_hop(rate_hz)
    slope_P = peak_slope(piece.x_N, rate_hz)
    first = (piece.start - piece.first) // step
    return slope_P[first : first + -(-(piece.stop - piece.start) // step)]
