"""A terminal that closes ends a run as Ctrl-C does: code 130, though nobody can be told so."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OWN = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal of its own session
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
"""
HANGS = """
import time
from depx import cli
@cli.root.command()
def wait():
    print("begun", flush=True)
    try:
        time.sleep(60)
    finally:
        print("swept", flush=True)  # as the foot of the screen is; without a terminal it fails
cli.main(["wait"])
"""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(theirs)


def test_a_closed_terminal_ends_a_run_with_130(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    run = subprocess.Popen(
        [sys.executable, "-c", OWN + HANGS],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=Path(__file__).parents[3],
    )
    said = b""
    while b"begun" not in said:
        said += os.read(ours, 1024)
    os.close(ours)
    assert run.wait(timeout=60) == 130
