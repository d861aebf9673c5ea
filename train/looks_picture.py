"""``attention.png``: which cue was looked at in each case, and which part of a window within a cue.

Shares are means over the windows of a case, weighed as the model weighs them, then over the seeds.
White is an even share, red more, blue less.
"""

# K = cases, U = cues, J = segments

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..extract.store.atomic import replacing
from ..features.types import F64

Records = Sequence[Mapping[str, Any]]

DPI, PAGE = 110, "white"
WIDTH, HEIGHT = 4.8, 3.2  # inches of a panel; of the cases' panel at least
CASE_HEIGHT = 0.11  # inches of a case
LEAST_SPAN = 0.1  # of an even share: less than that apart is drawn as nearly even
NAMED = 60  # cases, up to which each is named beside its row


def draw(path: Path, records: Records) -> None:
    """Draw the picture; none where no model says where it looked."""
    looks = [look for record in records for look in record["looks"]]
    by_cue, by_segment = cues_of(looks), segments_of(looks)
    panels = [one for one in (by_cue, by_segment) if one]
    if not panels:
        path.unlink(missing_ok=True)
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    y = {one["case"]: one["y"] for record in records for one in record["predictions"]}
    cases = sorted(by_cue, key=lambda case: (y[case], case))
    height = max(HEIGHT, CASE_HEIGHT * min(len(cases), 4 * NAMED) + 1.0)
    figure = Figure(
        figsize=(WIDTH * len(panels), height), dpi=DPI, facecolor=PAGE, layout="constrained"
    )
    canvas = FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, len(panels), squeeze=False)[0])
    if by_cue:
        axis = axes.pop(0)
        names = list(by_cue[cases[0]])
        share_KU = np.array([[by_cue[case][name] for name in names] for case in cases])
        _heat(figure, axis, share_KU, names, "share of looks on each cue (white: even)")
        named = [f"{case}  {y[case]:g}" for case in cases] if len(cases) <= NAMED else []
        axis.set_yticks(range(len(named)), named, fontsize=7)
        axis.set_ylabel("cases, lowest label at the top")
    if by_segment:
        axis = axes.pop(0)
        share_UJ = np.array(list(by_segment.values()))
        parts = [f"part {j + 1}" for j in range(share_UJ.shape[1])]
        _heat(figure, axis, share_UJ, parts, "within each cue, share on each part (white: even)")
        axis.set_yticks(range(len(by_segment)), list(by_segment))
        for u, share_J in enumerate(share_UJ):
            for j, share in enumerate(share_J):
                axis.text(j, u, f"{share:.3f}", ha="center", va="center")
    with replacing(path) as written, written.open("wb") as stream:
        canvas.print_png(stream, metadata={"Software": None})  # type: ignore[no-untyped-call]


def cues_of(looks: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Average over the windows and seeds of each case: case -> cue -> share of looks."""
    found: dict[str, dict[str, float]] = {}
    of_cases: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for look in looks:
        of_cases[look["case"]].append(look)
    for case, some in of_cases.items():
        weight = np.array([look["window_share"] for look in some])
        if some[0]["cues"]:
            found[case] = {
                cue: float(np.average([look["cues"][cue] for look in some], weights=weight))
                for cue in sorted(some[0]["cues"])
            }
    return found


def segments_of(looks: Sequence[Mapping[str, Any]]) -> dict[str, F64]:
    """Average over cases and the windows that saw a cue: cue -> share on each segment, (J,)."""
    found: dict[str, F64] = {}
    weight_R = np.array([look["window_share"] for look in looks])
    for cue in sorted(looks[0]["segments"]) if looks else ():
        share_RJ = np.array([look["segments"][cue] for look in looks])
        weighing_R = weight_R * (share_RJ.sum(axis=1) > 0)
        if weighing_R.sum() > 0:
            found[cue] = np.average(share_RJ, axis=0, weights=weighing_R)
    return found


def _heat(figure: Any, axis: Any, share: F64, columns: Sequence[str], title: str) -> None:
    even = 1.0 / share.shape[1]
    span = max(float(np.abs(share - even).max()), LEAST_SPAN * even)
    image = axis.imshow(share, aspect="auto", cmap="RdBu_r", vmin=even - span, vmax=even + span)
    axis.set_xticks(range(len(columns)), columns)
    axis.set_title(title, fontsize=10)
    figure.colorbar(image, ax=axis, shrink=0.7)
