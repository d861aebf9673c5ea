"""A long sound a piece at a time, each with enough around it that filters have settled.

Frames of all kinds lie on the grids of their hops from the first sample of the sound, so a piece
begins where all grids meet, and what is measured within it is what the whole sound would give.
"""

# N = samples of a piece

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd, lcm

import numpy as np

from ...extractor import Samples
from ...types import F64, Seconds

SHORT_HOP_S, LONG_HOP_S = 0.005, 0.010  # of the LP residual, of all other frames
COMMON_HZ = 16_000  # SRH resamples to it


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """How long a piece is."""

    piece_s: Seconds
    """At least, without what is heard around it; bounds the memory."""
    context_s: Seconds
    """Heard on both sides."""


TRUE = Span(piece_s=60.0, context_s=1.5)  # HMPD's filters reach .25 s, the high-pass 1 s
AS_CODED = Span(piece_s=90.0, context_s=15.0)  # glottal frames are as long as two pauses


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Piece:
    """Samples ``first .. first + N`` of a sound, to measure what lies in ``start .. stop``."""

    x_N: F64
    first: int
    start: int
    stop: int


def span_of(as_coded: bool) -> Span:
    """Choose how long pieces are."""
    return AS_CODED if as_coded else TRUE


def pieces(y_N: Samples, rate_hz: int, span: Span) -> Iterator[Piece]:
    """Cut a sound into pieces that overlap.

    Parameters
    ----------
    y_N : samples of shape (N,)
    rate_hz : int > 0
    span : Span

    Yields
    ------
    Piece
        ``start .. stop`` of all pieces cover the sound once, in order.
    """
    grid = lcm(
        hop(rate_hz, SHORT_HOP_S), hop(rate_hz, LONG_HOP_S), rate_hz // gcd(rate_hz, COMMON_HZ)
    )
    step, context = (-(-round(s * rate_hz) // grid) * grid for s in (span.piece_s, span.context_s))
    for start in range(0, y_N.size, step):
        stop = min(start + step, y_N.size)
        first = max(start - context, 0)
        x_N = y_N[first : min(stop + context, y_N.size)].astype(np.float64)
        yield Piece(x_N=x_N, first=first, start=start, stop=stop)


def hop(rate_hz: int, hop_s: Seconds) -> int:
    """Say how many samples a hop has; half a sample counts as one."""
    return int(np.floor(hop_s * rate_hz + 0.5))
