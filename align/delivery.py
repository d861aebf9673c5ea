"""What an export of a training set delivers: files, and lines on what was done to the data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..extract.store.foreign import Delivered, deliver
from .settings import SESSIONS
from .shards import TABLE

FILED_AS = {SESSIONS: "session_vectors", TABLE: "sessions"}
"""Names under which views leave, where they are not their own; ``sessions`` is the label table."""


@dataclass(eq=False, kw_only=True)
class Delivery:
    """Files on their way into a folder, each told as it comes."""

    out: Path
    force: bool
    tell: Callable[[str, Delivered], None]
    """Called with the name of each file, relative to `out`, and what became of it."""
    note: Callable[[str], None]
    """Called with a line for the user: what was cut, filled or left out."""
    files: dict[str, Delivered] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def file(self, name: str, write: Callable[[Path], int | None]) -> None:
        """Deliver one file; see `deliver`."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[name] = deliver(path, write, force=self.force)
        self.tell(name, self.files[name])

    def say(self, line: str) -> None:
        """Tell the user a line, and keep it for the summary."""
        self.notes.append(line)
        self.note(line)

    @property
    def exit_code(self) -> int:
        """0 all done; 1 a file was there and differed."""
        return int(any(done.failure is not None for done in self.files.values()))
