"""A terminal for real: commands run under a pseudo-terminal, and what stands on its screen."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])")


class Glass:
    """The screen of a terminal: what characters and the few sequences that rich uses make of it."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines: list[list[str]] = [[]]
        self.row = self.column = 0
        self.cursor = True
        self.seen: list[str] = []
        """Every line that ever was complete on it."""
        self._rest = ""

    def feed(self, text: str) -> None:
        text, at = self._rest + text, 0
        self._rest = ""
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if found is None:
                    self._rest = text[at:]
                    return
                self._obey(found[1], found[2])
                at = found.end()
                continue
            self._put(text[at])
            at += 1

    def _put(self, one: str) -> None:
        if one == "\r":
            self.column = 0
        elif one == "\n":
            self.seen.append(self._line(self.row))
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append([])
        else:
            if self.column == self.columns:
                self._put("\n")
                self.column = 0
            line = self.lines[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = one
            self.column += 1

    def _obey(self, parameters: str, what: str) -> None:
        count = int(parameters) if parameters.isdigit() else 1
        if what == "A":
            self.row = max(0, self.row - count)
        elif what == "K":
            self.seen.append(self._line(self.row))
            keep = 0 if parameters == "2" else self.column
            del self.lines[self.row][keep:]
        elif parameters == "?25":
            self.cursor = what == "h"
        else:
            assert what == "m", f"the screen does not know {parameters}{what}"

    def _line(self, row: int) -> str:
        return "".join(self.lines[row]).rstrip()

    def text(self) -> str:
        return "\n".join(self._line(row) for row in range(len(self.lines))).rstrip()


@dataclass
class Shown:
    """A command that runs under a terminal."""

    process: subprocess.Popen[bytes]
    end: int
    glass: Glass
    raw: str = ""
    pictures: list[str] = field(default_factory=list)
    """What stood on the screen after each bit of output."""

    def read(self, until: Callable[["Shown"], bool] = lambda _: False, limit_s: float = 120) -> str:
        """Read what it writes, to its end or until something is so."""
        deadline, pending = time.monotonic() + limit_s, b""
        while not until(self):
            assert time.monotonic() < deadline, f"not within {limit_s} s:\n{self.glass.text()}"
            try:
                pending += os.read(self.end, 65_536)
            except OSError:  # EIO: all have closed it
                break
            text = pending.decode("utf-8", "ignore")
            pending = b"" if text.encode() == pending else pending
            if not pending:
                self.raw += text
                self.glass.feed(text)
                self.pictures.append(self.glass.text())
        return self.glass.text()

    def go_on(self) -> None:
        """Let a program that reads a line do so."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def resize(self, columns: int, rows: int = 24) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, size)
        self.glass.columns = columns


@pytest.fixture
def on_a_terminal() -> Iterator[Callable[..., Shown]]:
    """Start Python with stdout and stderr on a terminal of so many columns."""
    begun: list[Shown] = []

    def start(
        *arguments: object,
        columns: int = 80,
        rows: int = 24,
        pass_fds: Sequence[int] = (),
        **environment: str,
    ) -> Shown:
        here, there = pty.openpty()
        shown = Shown(None, here, Glass(columns))  # type: ignore[arg-type]
        shown.resize(columns, rows)
        fixed = {"TERM": "xterm", "LC_ALL": "C.UTF-8"}
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        shown.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=there,
            stderr=there,
            start_new_session=True,
            pass_fds=pass_fds,
            env={**kept, **fixed, **environment},
            cwd="/",
        )
        os.close(there)
        begun.append(shown)
        return shown

    yield start
    for shown in begun:
        if shown.process.poll() is None:
            shown.process.send_signal(signal.SIGKILL)
        shown.process.wait()
        os.close(shown.end)
        assert shown.process.stdin is not None
        shown.process.stdin.close()


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """Three sessions of sound: two that are whole, one that is none."""
    root = tmp_path / "S"
    for number, name in enumerate(("one", "three", "two")):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(number).normal(0, 0.1, 32_000)
        soundfile.write(root / name / "a.wav", noise, 16_000)
    (root / "three" / "a.wav").write_text("no sound")
    return root
