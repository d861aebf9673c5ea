"""Where a model with attention looked: its picture, and the shares that are drawn there."""

from ...extract.pages.blocks import Figure, Table
from ..looks_picture import cues_of, segments_of
from .finished import Finished


def looks(run: Finished) -> list[Figure]:
    """Show the picture; nothing where no model says where it looked."""
    if not run.attention:
        return []
    found = [look for record in run.records for look in record["looks"]]
    by_case = [
        (f"case {case}", cue, "whole window", share)
        for case, cues in sorted(cues_of(found).items())
        for cue, share in cues.items()
    ]
    by_part = [
        ("all cases", cue, f"part {j + 1}", float(share))
        for cue, shares in segments_of(found).items()
        for j, share in enumerate(shares)
    ]
    return [
        Figure(
            title="Where the model looked",
            about="Shares of looks, means over windows and seeds; white: even, red: more, blue: "
            "less. It says where numbers were taken from, not what mattered.",
            png=run.attention,
            table=Table(
                head=["of", "cue", "where", "share of looks"],
                rows=by_part + by_case,
                file="attention-shares.csv",
            ),
        )
    ]
