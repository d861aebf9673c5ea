"""The probes beside the model as people read them."""

from collections.abc import Mapping
from typing import Any

from ..table import NAMES, shown
from .probe import ABOUT, ORIGIN
from .transforms import PERMUTED, SHUFFLED

TITLES = {
    "constant": "constant",
    "group": "group only",
    "duration": "duration and words",
    "interviewer_amount": "interviewer's amount",
    "interviewer_text": "interviewer's text",
    "ridge_text": "ridge on text",
    "ridge_acoustic": "ridge on acoustics",
    "ridge_face": "ridge on face",
    ORIGIN: "origin of tracks",
    SHUFFLED: "shuffled video",
    PERMUTED: "permuted labels",
}
SKIPPED = "no probes: --no-probes; nothing says whether less than the model would do as well"


def probes_table(probes: Mapping[str, Any]) -> str:
    """Lay out the probes: their metric, and how far the model is above, with 95 % intervals.

    Parameters
    ----------
    probes : mapping
        ``probes`` of ``metrics.json``; at least one is not left out.
    """
    there = [one for one in probes.values() if "left_out" not in one]
    metric = there[0]["difference"]["metric"]
    lines = [f"{'probe':<20}{NAMES[metric]:>8}  {'95 %':<18}{'model - probe':>14}  95 %"]
    for name in (name for name in ABOUT if name in probes):
        one = probes[name]
        if "left_out" in one:
            lines.append(f"{TITLES[name]:<20}{'-':>8}  {one['left_out']}")
            continue
        apart = one["difference"]
        value = "-" if apart["value"] is None else f"{apart['value']:+z.3f}"
        line = (
            f"{TITLES[name]:<20}{shown(one['mean'][metric]):>8}  "
            f"{_between(one['low'][metric], one['high'][metric]):<18}{value:>14}  "
            f"{_between(apart['low'], apart['high']):<18}"
        )
        lines.append(f"{line}{'  near' if one['near'] else ''}".rstrip())
    return "\n".join(lines)


def _between(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:+z.3f} to {high:+z.3f}"
