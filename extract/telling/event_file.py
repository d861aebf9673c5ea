"""``--log-json FILE``: what happens in a command, a JSON object a line, as it happens.

Every event has ``at`` (UTC, ISO 8601), ``event`` and ``command``.  The events and what else they
have:

``begun``          ``depx``: its version
``extract``        ``sessions``: how many there are; ``jobs``, ``sources``, ``left_out``
``session_begun``  ``session``: its id
``unit_begun``     ``session``, ``takes`` (picture, sound, transcript, tracks, given), ``tracks``
``progress``       ``session``, ``takes``, ``track``; ``done_s`` of ``of_s`` seconds of the
                   recording, or null; at most one every 5 s a session
``track``          ``session``, ``track``, ``state`` (made, absent, failed), ``rows``, ``seconds``,
                   ``cpu_s``, ``peak_mb``: most resident memory meanwhile, libraries included
``unit``           ``session``, ``takes``, ``tracks``, ``exitcode``, ``cpu_s``, ``peak_mb``
``failure``        ``session``, ``track`` (``session`` is all of it), ``reason``, remedy included
``warning``        ``session``, ``text``
``session``        ``session``, ``state`` (done, up_to_date, failed, locked, left_out), ``seconds``,
                   ``made`` (track: rows), ``kept``, ``absent``, ``failures``
``extracted``      ``seconds``, ``sessions``
``fits_begun``     ``fits``: how many are missing; ``jobs``
``epoch``          ``fit``, ``stage``, ``epoch`` of ``of``, losses, inner validation
``fit``            ``fit``, ``unit``: the stem of its files; ``seconds``
``fitted``         ``fits``
``notice``         ``text``: what else a person is told
``done``           ``exit_code``, ``seconds``, ``next``: a command, ``counts`` of sessions; after an
                   error ``error``, ``reason``

None holds interview content: no word, no number of a track, nothing that a native library printed.
Names of files and sessions stand there as in ``session.json``.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from ...features.types import Seconds

STDOUT = "-"
OF_THE_LOG = frozenset(
    {
        *("extract", "session_begun", "unit_begun", "progress", "track", "unit", "extracted"),
        *("fits_begun", "epoch", "fit", "fitted"),
    }
)
"""Events of a place's log that are passed on; of sessions and failures `Watch` tells."""
PRIVATE = frozenset({"stderr", "traceback", "recipe"})
"""Facts that stay in the place's log: nobody knows what a library prints, and ``--participant`` may
be a name."""
PROGRESS_S: Seconds = 5.0  # between two events of progress of a session


class EventFile:
    """A file that takes events; one that cannot be written is given up."""

    def __init__(self, where: str, command: str, complain: Callable[[str], None]) -> None:
        """Begin.

        Parameters
        ----------
        where : str
            Path of a file to append to, or ``-`` for stdout.
        command : str
        complain : callable
            Takes a line if events cannot be written any more.

        Raises
        ------
        OSError
            If the file cannot be opened.
        """
        self._where, self._command, self._complain = where, command, complain
        target = os.dup(sys.stdout.fileno()) if where == STDOUT else where
        self._file: io.FileIO | None = io.FileIO(target, "ab")
        self._told: dict[str, float] = {}
        self.write("begun", depx=version("depx"))

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event of a place's log, if it is one to pass on."""
        name = event["event"]
        if name not in OF_THE_LOG or (name == "progress" and not self._is_time(event["session"])):
            return
        self._put(event)

    def write(self, event: str, **facts: object) -> None:
        """Take another event."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._put({"at": at, "event": event, **facts})

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put(self, event: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        facts = {name: fact for name, fact in event.items() if name not in PRIVATE}
        told = {"at": facts.pop("at"), "event": facts.pop("event"), "command": self._command}
        line = json.dumps({**told, **facts}, ensure_ascii=False, default=str) + "\n"
        raw = line.encode("utf-8", "backslashreplace")
        try:
            if self._file.write(raw) == len(raw):  # one call, so lines of several runs do not mix
                return
            what = "no room"
        except OSError as error:
            what = os.strerror(error.errno) if error.errno else type(error).__name__
        self.close()
        self._complain(f"--log-json {self._where}: {what}; no further events are written there")

    def _is_time(self, session: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(session, -PROGRESS_S) < PROGRESS_S:
            return False
        self._told[session] = now
        return True
