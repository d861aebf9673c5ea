"""What a person sees of a run on stderr: lines as they come, and how far it is.

On a terminal the state of the run stands below the lines and is renewed (`board`).  Elsewhere, as
in the log file of a job, a line now and then says it (`Steady`).  A terminal that goes away, or a
pipe that nobody reads, costs what would have been printed and nothing else.
"""

import os
import threading
from collections.abc import Callable
from typing import Protocol, TextIO

from ...features.types import Seconds
from .amounts import plain

STEADY_S: Seconds = 60.0  # between lines that say how far a run is
NOT_MOVABLE = frozenset({"", "dumb", "unknown"})  # values of TERM whose cursor cannot go up


class Screen:
    """A stream that may go away; what it cannot encode is replaced."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "ascii"
        self.gone = False
        """Whether nobody is there any more."""

    def write(self, text: str) -> int:
        """Write, if anybody is there."""
        if not self.gone:
            try:
                fitting = text.encode(self.encoding, "replace").decode(self.encoding)
                self._stream.write(fitting)
            except (OSError, ValueError):  # the latter of a stream that is closed
                self.gone = True
        return len(text)

    def flush(self) -> None:
        """Have it shown."""
        if not self.gone:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self.gone = True

    def line(self, text: str) -> None:
        """Write a line, and have it shown."""
        self.write(f"{plain(text)}\n")
        self.flush()

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Give its descriptor."""
        return self._stream.fileno()

    @property
    def movable(self) -> bool:
        """Whether it is a terminal on which what stands there can be renewed."""
        return self.isatty() and os.environ.get("TERM", "") not in NOT_MOVABLE


class Display(Protocol):
    """Shows lines, and while a run goes on how far it is."""

    def begin(self) -> None:
        """Show from now on how far it is."""
        ...

    def say(self, line: str) -> None:
        """Show a line."""
        ...

    def end(self) -> None:
        """Show it no longer; all lines are out afterwards."""
        ...


class Steady:
    """Lines; with `facts`, one every `every_s` seconds that says how far a run is."""

    def __init__(
        self,
        screen: Screen,
        facts: Callable[[], list[str]] | None = None,
        every_s: Seconds = STEADY_S,
    ) -> None:
        self._screen, self._facts, self._every_s = screen, facts, every_s
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Say it from now on."""
        if self._facts is not None:
            self._over.clear()
            self._thread = threading.Thread(target=self._go_on, args=(self._facts,), daemon=True)
            self._thread.start()

    def say(self, line: str) -> None:
        """Print a line."""
        self._screen.line(line)

    def end(self) -> None:
        """Say it no longer."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _go_on(self, facts: Callable[[], list[str]]) -> None:
        while not self._over.wait(self._every_s):
            self.say(", ".join(facts()))
