"""One ear for all that happens in a command, and who is told of it.

A terminal gets lines and a picture of the run, a job's log file lines, a program events.  A
`Watch` is called from several threads.  What can fail outside of depx (a terminal that goes away, a
full disk) ends no run; any other error in telling is a bug, and raises.
"""

import copy
import sys
import threading
import time
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ...errors import DepxError
from ...features.types import Seconds
from .board import Board
from .event_file import EventFile
from .lines import Teller, measured
from .pace import Pace
from .screen import Display, Screen, Steady
from .states import state_of

if TYPE_CHECKING:
    from ..session_run import Outcome

INTERRUPTED = 130


class Watch:
    """Tells of a command while it runs; used in a ``with``."""

    def __init__(
        self,
        command: str,
        *,
        quiet: bool = False,
        verbose: bool = False,
        log_json: str | None = None,
        named: Collection[str] = (),
    ) -> None:
        """Begin.

        Parameters
        ----------
        command : str
            Its name, for the events.
        quiet : bool
            Whether to say failures and warnings only, and not how far the run is.
        verbose : bool
            Whether to say each track, with its cost.
        log_json : str or None
            File for events; ``-`` is stdout.
        named : collection of str
            Tracks that the user asked for; see `Teller`.

        Raises
        ------
        OSError
            If the file cannot be opened.
        """
        self.quiet, self.verbose = quiet, verbose
        self._began = time.monotonic()
        self._change = threading.RLock()
        self._pace = Pace(total=0, jobs=1)
        screen = Screen(sys.stderr)
        self._display: Display = (
            Board(screen, self._snapshot)
            if screen.movable and not quiet
            else Steady(screen, None if quiet else self._facts)
        )
        self._tell = Teller(self._display.say, named, quiet=quiet)
        self._events = EventFile(log_json, command, self._display.say) if log_json else None
        self._failures: set[tuple[str, str]] = set()
        self._done: Mapping[str, object] | None = None

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._display.end()
        with self._change:
            self._tell.finish()
            if isinstance(error, KeyboardInterrupt) and self._pace.total:
                self._display.say(f"stopped at {self._pace.counted()}")
            if self._events:
                seconds = round(time.monotonic() - self._began, 3)
                self._events.write("done", seconds=seconds, **(self._done or _ended_by(error)))
                self._events.close()

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event of a place's log."""
        now = time.monotonic()
        with self._change:
            if self._events:
                self._events.hear(event)
            match event["event"]:
                case "extract":
                    self._pace = Pace(total=event["sessions"], jobs=event["jobs"])
                    self._display.begin()
                case "session_begun":
                    self._pace.begin(event["session"], now)
                case "unit_begun" | "progress":
                    self._pace.move(event)
                case "track" if self.verbose and not self.quiet:
                    self._display.say(measured(event))
                case "failure":
                    self._fail(event["session"], event["track"], event["reason"], event["error"])
                case "fits_begun" if event["fits"]:
                    self._pace = Pace(total=event["fits"], jobs=event["jobs"], what="fit")
                    self._display.begin()
                case "epoch":
                    self._pace.learn(event, now)
                case "fit":
                    self._pace.fitted(event["fit"], now)
                case "fitted":
                    self._pace = Pace(total=0, jobs=1)
        if event["event"] in ("extracted", "fitted"):
            self._display.end()

    def outcome(self, outcome: "Outcome") -> None:
        """Take what became of a session."""
        with self._change:
            self._pace.end(
                outcome.session,
                outcome.seconds,
                failed=bool(outcome.failures),
                warnings=len(outcome.warnings),
            )
            self._tell(outcome)
            if not self._events:
                return
            for track, reason in outcome.failures.items():
                self._fail(outcome.session, track, reason)
            for text in outcome.warnings:
                self._events.write("warning", session=outcome.session, text=text)
            self._events.write(
                "session",
                session=outcome.session,
                state=state_of(outcome),
                seconds=round(outcome.seconds, 3),
                made=dict(outcome.made),
                kept=list(outcome.kept),
                absent=dict(outcome.absent),
                failures=dict(outcome.failures),
            )

    def notice(self, line: str) -> None:
        """Take a line for a person."""
        with self._change:
            if not self.quiet:
                self._display.say(line)
            if self._events:
                self._events.write("notice", text=line)

    def done(self, exit_code: int, **facts: object) -> None:
        """Take how the command ended."""
        self._done = {"exit_code": exit_code, **facts}

    def _fail(self, session: str, track: str, reason: str, error: str | None = None) -> None:
        """Pass a failure on, once: some are heard of at once, others with the session's outcome."""
        if self._events and (session, track) not in self._failures:
            self._failures.add((session, track))
            self._events.write("failure", session=session, track=track, error=error, reason=reason)

    def _snapshot(self) -> tuple[Pace, Seconds]:
        with self._change:
            return copy.deepcopy(self._pace), time.monotonic()

    def _facts(self) -> list[str]:
        pace, now = self._snapshot()
        return pace.facts(now)


def _ended_by(error: BaseException | None) -> dict[str, object]:
    """Say with what code a command ends that an error ended, and why."""
    if isinstance(error, DepxError):
        return {
            "exit_code": error.exit_code,
            "error": type(error).__name__,
            "reason": str(error),
        }
    if isinstance(error, KeyboardInterrupt):
        return {
            "exit_code": INTERRUPTED,
            "error": "Interrupted",
            "reason": "interrupted; run the same command again to go on from here",
        }
    return {"exit_code": DepxError.exit_code, "error": type(error).__name__, "reason": ""}
