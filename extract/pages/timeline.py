"""A timeline: lanes of spans and curves on one clock, as a page carries and plotly draws them.

A curve is carried at several levels: its ends in about a thousand bins over the whole recording, at
10 Hz, and sample by sample where that fits (`FULL_BYTES`).  Numbers are little-endian float32 in
base64: a third of their size as text.  What is drawn when is `timeline.js`'s.
"""

# F = samples, B = bins, N = spans

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...features.types import F32, F64, Seconds
from .envelope import envelope

BINS = 1000  # of a whole recording: about one a pixel
FINE_S = 0.1  # step of the finer level
FULL_BYTES = 1 << 20  # of samples that a timeline carries one by one: six minutes of a face
GAP = 3.0  # median steps without a sample after which a curve is broken
SPARSE = 2.0  # samples a bin, below which an envelope saves nothing


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """A line, or where `high_F` is given the band between two."""

    name: str
    time_s_F: F64
    value_F: F32
    """NaN where nothing was measured."""
    high_F: F32 | None = None
    colour: str = "one"
    """``one``, ``two`` or ``three``, as the page's style names them."""

    @property
    def upper_F(self) -> F32:  # noqa: N802  (a shape suffix)
        """Give the upper edge of the band; a line is its own."""
        return self.value_F if self.high_F is None else self.high_F


@dataclass(frozen=True, eq=False, kw_only=True)
class Spans:
    """Stretches of time in one row of a lane."""

    row: str
    start_s_N: F64
    stop_s_N: F64
    """Those without finite times are not drawn."""
    colour: str = "one"
    """``one``, ``two``, ``three``, ``soft`` or ``alarm``."""
    text_N: Sequence[str] | None = None
    """What is written on each where there is room; None for nothing."""
    about: str = ""
    """What one is, for who points at it."""
    faint: bool = False
    """Drawn as ground for others of the row."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Curves over one scale, or spans in rows."""

    title: str
    curves: Sequence[Curve] = ()
    spans: Sequence[Spans] = ()
    ends: tuple[float, float] | None = None
    """Of the scale; None takes them from the curves."""
    height: int = 44
    """Pixels of a lane of curves."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Lanes on one clock, as a page carries them."""

    anchor: str
    """Its id in the page."""
    data: str
    """As `packed` gives it: trusted, never escaped."""
    about: str = ""


def packed(lanes: Sequence[Lane], *, stop_s: Seconds, start_s: Seconds = 0.0) -> str:
    """Write lanes as JSON that may stand inside a ``script`` element: nothing in it ends one.

    Parameters
    ----------
    lanes : sequence of Lane
        Top to bottom.
    stop_s, start_s : float
        Ends of the clock, in seconds; the start is below 0 where something begins before the
        recording.

    Returns
    -------
    str
        The same lanes give the same text.
    """
    numbers = _Numbers()
    clock = _Clock(start_s=start_s, stop_s=stop_s, full=_full_bytes(lanes) <= FULL_BYTES)
    document = {
        "start": start_s,
        "stop": stop_s,
        "lanes": [
            {
                "title": lane.title,
                "height": lane.height,
                "ends": lane.ends,
                "spans": [_spans(spans, numbers) for spans in lane.spans],
                "curves": [
                    {
                        "name": curve.name,
                        "colour": curve.colour,
                        "levels": _levels(curve, clock, numbers),
                    }
                    for curve in lane.curves
                ],
            }
            for lane in lanes
        ],
        "numbers": numbers.written,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode("utf-8", "replace").decode()  # a lone surrogate is no text of a page


@dataclass(frozen=True, kw_only=True)
class _Clock:
    start_s: Seconds
    stop_s: Seconds
    full: bool
    """Whether there is room for curves sample by sample."""


def _full_bytes(lanes: Sequence[Lane]) -> int:
    curves = [curve for lane in lanes for curve in lane.curves]
    times = {id(curve.time_s_F): curve.time_s_F.size for curve in curves}
    values = sum(curve.value_F.size * (1 + (curve.high_F is not None)) for curve in curves)
    return 4 * (sum(times.values()) + values)


def _levels(curve: Curve, clock: _Clock, numbers: "_Numbers") -> list[dict[str, Any]]:
    """Lay a curve out at each level that is worth it, coarse to fine."""
    samples = curve.time_s_F.size
    length_s = max(clock.stop_s - clock.start_s, FINE_S)
    period_s = float(np.median(np.diff(curve.time_s_F))) if samples > 1 else length_s
    levels: list[dict[str, Any]] = []
    for step_s in (max(FINE_S, length_s / BINS), FINE_S):
        doubled = bool(levels) and levels[-1]["step"] <= SPARSE * step_s
        if step_s < SPARSE * period_s or doubled:
            continue
        bins = int(np.ceil(length_s / step_s)) + 1
        low_B, high_B = (
            envelope(curve.time_s_F, value_F, step_s=step_s, bins=bins, start_s=clock.start_s)[end]
            for end, value_F in enumerate((curve.value_F, curve.upper_F))
        )
        levels.append({"step": step_s, "low": numbers.add(low_B), "high": numbers.add(high_B)})
    if clock.full or not levels:
        levels.append(_samples(curve, GAP * period_s, numbers))
    return levels


class _Numbers:
    """Arrays as they are written: each once, named by its place."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._place: dict[str, int] = {}

    def add(self, value_N: F32 | F64) -> int:
        text = base64.b64encode(value_N.astype("<f4").tobytes()).decode("ascii")
        if text not in self._place:
            self._place[text] = len(self.written)
            self.written.append(text)
        return self._place[text]


def _samples(curve: Curve, gap_s: Seconds, numbers: _Numbers) -> dict[str, Any]:
    """Lay a curve out sample by sample; where none was taken for a while it is broken."""
    holes = np.flatnonzero(np.diff(curve.time_s_F) > gap_s) + 1
    time_s = np.insert(curve.time_s_F, holes, curve.time_s_F[holes])
    low, high = (
        np.insert(value_F, holes, np.float32(np.nan)) for value_F in (curve.value_F, curve.upper_F)
    )
    return {"time": numbers.add(time_s), "low": numbers.add(low), "high": numbers.add(high)}


def _spans(spans: Spans, numbers: _Numbers) -> dict[str, Any]:
    known_N = np.isfinite(spans.start_s_N) & np.isfinite(spans.stop_s_N)
    said = spans.text_N
    return {
        "row": spans.row,
        "colour": spans.colour,
        "about": spans.about,
        "faint": spans.faint,
        "start": numbers.add(spans.start_s_N[known_N]),
        "stop": numbers.add(spans.stop_s_N[known_N]),
        "text": None if said is None else [said[n] for n in np.flatnonzero(known_N)],
    }
