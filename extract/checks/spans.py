"""Runs of rows and spans of time, and the worst of them as the stretches that a check names."""

# F = rows, R = runs, S = spans

from collections.abc import Iterable

import numpy as np

from ...features.types import F64, Bool, Seconds
from ..blanks import runs_of
from .base import Stretch

MOST = 10  # stretches that are named


def rows_apart(where_F: Bool, start_s_F: F64, stop_s_F: F64) -> F64:
    """List the runs of true as spans of the time that their rows own, (S, 2) in s."""
    runs_R2 = runs_of(where_F)
    return np.stack([start_s_F[runs_R2[:, 0]], stop_s_F[runs_R2[:, 1] - 1]], axis=1)


def longest(spans_S2: F64, about: str, *, least_s: Seconds = 0.0) -> tuple[Stretch, ...]:
    """Name the longest spans of at least `least_s`, the longest first."""
    length_S = spans_S2[:, 1] - spans_S2[:, 0]
    order_S = np.argsort(-length_S, kind="stable")[:MOST]
    return tuple(
        Stretch(start_s=float(spans_S2[s, 0]), stop_s=float(spans_S2[s, 1]), about=about)
        for s in order_S
        if length_S[s] >= least_s
    )


def worst(found: Iterable[tuple[float, Stretch]]) -> tuple[Stretch, ...]:
    """Name the stretches of the highest figures, the highest first."""
    ranked = sorted(found, key=lambda one: (-one[0], one[1].start_s))
    return tuple(stretch for _, stretch in ranked[:MOST])


def merged(spans: Iterable[tuple[Seconds, Seconds]]) -> F64:
    """Sort spans and make one of those that meet or overlap, (S, 2) in s; empty ones go."""
    found: list[list[float]] = []
    for start_s, stop_s in sorted(spans):
        if not stop_s > start_s:  # or NaN
            continue
        if found and start_s <= found[-1][1]:
            found[-1][1] = max(found[-1][1], stop_s)
        else:
            found.append([start_s, stop_s])
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def within(time_s_F: F64, spans_S2: F64) -> Bool:
    """Say which times lie in one of some spans that are sorted and apart, (F,)."""
    if not len(spans_S2):
        return np.zeros(time_s_F.size, dtype=np.bool_)
    s_F = np.searchsorted(spans_S2[:, 0], time_s_F, side="right") - 1
    inside_F: Bool = (s_F >= 0) & (time_s_F < spans_S2[np.maximum(s_F, 0), 1])
    return inside_F
