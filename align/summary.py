"""What ``depx align`` did, for people and for scripts."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..extract.store.atomic import read_json
from ..features.words import Timing
from .manifest import NAME
from .plan import Lack
from .timing import UNTIMED


@dataclass(frozen=True, kw_only=True)
class AlignSummary:
    """What was done."""

    dataset: Path
    key: str
    sessions: int
    rows: int
    """Rows of ``words/``, masked ones among them."""
    rows_masked: int
    """Rows of speakers that were not chosen."""
    frames: int
    """Rows of ``frames/``."""
    timing: dict[str, int]
    """Chosen words by timing method; ``untimed`` words are rows without a frame."""
    by_session: Mapping[str, Mapping[str, float | None]]
    """Session -> its counts; see `depx.align.counts`."""
    exclusions: tuple[Lack, ...] = ()
    up_to_date: bool = False
    """Nothing was written: the training set was whole and made from the same content."""
    mended: tuple[str, ...] = ()
    """Files that were damaged and are written again; all others were up to date."""
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some sessions were left out though nobody asked for it."""
        return 1 if any(not lack.on_request for lack in self.exclusions) else 0

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {**asdict(self), "dataset": str(self.dataset), "exit_code": self.exit_code}

    def next_command(self) -> str | None:
        """Give the command that goes on from here; None after a dry run, or without labels."""
        if self.dry_run or read_json(self.dataset / NAME)["target"] is None:
            return None
        return f"depx train cmg-vs {shlex.quote(str(self.dataset))} -o RUN"

    def lines(self, *, detailed: bool) -> list[str]:
        """Say it to a person; `detailed` adds a line a session, and the words by timing method."""
        count = f"{self.sessions} session{'s' * (self.sessions != 1)}"
        if self.dry_run:
            lines = [f"{count} would be aligned -> {self.dataset}"]
        elif self.mended:
            lines = [f"{count} up to date, mended {', '.join(self.mended)} -> {self.dataset}"]
        elif self.up_to_date:
            lines = [f"{count} up to date -> {self.dataset}"]
        else:
            what = "window" if self._windows else "word"
            lines = [
                f"{count}, {self.rows} {what} rows"
                + (f" ({self.rows_masked} masked)" if self.rows_masked else "")
                + f", {self.frames} frame rows -> {self.dataset}"
            ]
        if self.exclusions:
            lines[0] += f" ({len(self.exclusions)} left out)"
        if detailed:
            lines += [_session(name, counts) for name, counts in self.by_session.items()]
        if detailed and not self._windows:
            lines.append("words: " + ", ".join(f"{n} {how}" for how, n in self.timing.items()))
        go_on = self.next_command()
        return [*lines, f"Next: {go_on}"] if go_on else lines

    @property
    def _windows(self) -> bool:
        return any(counts["windows"] for counts in self.by_session.values())


def _session(name: str, counts: Mapping[str, float | None]) -> str:
    """Say in a line what the rows of a session are and how its words were timed."""
    line = f"{name}: {counts['rows']} rows, {counts['rows_masked']} masked"
    if counts["windows"]:
        return f"{line}; {counts['windows']} windows"
    timed = ", ".join(f"{counts[f'words_{how}']} {how}" for how in (*Timing, UNTIMED))
    median = counts["confidence_median"]
    confidence = "not judged" if median is None else f"{median:.2f} in the median"
    return f"{line}; words: {timed}; confidence {confidence}"
