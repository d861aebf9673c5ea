"""What ``depx align`` did, for people and for scripts."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .plan import Lack


@dataclass(frozen=True, kw_only=True)
class AlignSummary:
    """What was done."""

    dataset: Path
    key: str
    sessions: int
    rows: int
    """Rows of ``words/``."""
    frames: int
    """Rows of ``frames/``."""
    timing: dict[str, int]
    """Words by timing method; ``untimed`` words are rows without a frame."""
    exclusions: tuple[Lack, ...] = ()
    up_to_date: bool = False
    """Nothing was written: the training set was whole and made from the same content."""
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some sessions were left out."""
        return 1 if self.exclusions else 0

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {**asdict(self), "dataset": str(self.dataset), "exit_code": self.exit_code}

    def lines(self, *, detailed: bool) -> list[str]:
        """Say it to a person; `detailed` adds the words by timing method."""
        if self.dry_run:
            lines = [f"{self.sessions} sessions would be aligned -> {self.dataset}"]
        elif self.up_to_date:
            lines = [f"{self.sessions} sessions are up to date -> {self.dataset}"]
        else:
            lines = [
                f"{self.sessions} sessions, {self.rows} word rows, {self.frames} frame rows "
                f"-> {self.dataset}"
            ]
        if self.exclusions:
            lines[0] += f" ({len(self.exclusions)} left out)"
        if detailed:
            lines.append("words: " + ", ".join(f"{n} {how}" for how, n in self.timing.items()))
        return lines
