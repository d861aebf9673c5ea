"""Processes of a run, stopped or killed from outside: the run goes on, and names what it lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

SESSIONS = 12

pytestmark = pytest.mark.slow


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    for number in range(SESSIONS):
        folder = tmp_path / "S" / f"s{number:02}"
        folder.mkdir(parents=True)
        noise = np.random.default_rng(number).normal(0, 0.1, 32_000)
        soundfile.write(folder / "a.wav", noise, 16_000)
    return tmp_path / "S"


def processes(of: int, word: str = "") -> Iterator[int]:
    """List the children of a process whose command line holds a word."""
    for place in Path("/proc").iterdir():
        try:
            if (
                place.name.isdigit()
                and int((place / "stat").read_text().rpartition(")")[2].split()[1]) == of
                and word in (place / "cmdline").read_text()
            ):
                yield int(place.name)
        except OSError:  # it has ended meanwhile
            continue


def workers(of: int) -> list[int]:
    """List the workers; what a library runs as it is loaded (ldconfig, ...) is none."""
    return [
        child for server in processes(of, "forkserver") for child in processes(server, "forkserver")
    ]


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def begin(sessions: Path, *more: str) -> subprocess.Popen[str]:
    asked = [sessions, "-o", sessions.parent / "F", "--tracks", "vad", "-j", "2", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "depx", "extract", *map(str, asked)],
        cwd="/",
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(command: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a command; give its exit code and what it said."""
    _, said = command.communicate(timeout=300)
    return command.returncode, said


def failures(sessions: Path) -> dict[str, str]:
    return {
        path.parent.name: one["reason"]
        for path in (sessions.parent / "F").glob("*/session.json")
        for one in json.loads(path.read_text())["failures"].values()
    }


def done(sessions: Path) -> int:
    return len(list((sessions.parent / "F").glob("*/vad.parquet")))


def test_the_server_that_forks_the_workers_is_begun_anew(sessions: Path) -> None:
    command = begin(sessions)
    killed: set[int] = set()
    for rows in (1, 4):
        wait_for(lambda rows=rows: done(sessions) >= rows or command.poll() is not None)
        for server in set(processes(command.pid, "forkserver")) - killed:
            os.kill(server, signal.SIGKILL)
            killed.add(server)
    code, said = finish(command)
    assert len(killed) == 2
    assert "Traceback" not in said
    lost = failures(sessions)
    assert code == (1 if lost else 0), said
    assert done(sessions) == SESSIONS - len(lost)
    assert all(name in said for name in lost)
    if lost:  # a worker that was just being begun
        assert finish(begin(sessions))[0] == 0
    assert done(sessions) == SESSIONS


def test_a_killed_tracker_of_resources_costs_nothing(sessions: Path) -> None:
    command = begin(sessions)
    wait_for(lambda: done(sessions) >= 1)
    for tracker in processes(command.pid, "resource_tracker"):
        os.kill(tracker, signal.SIGKILL)
    code, said = finish(command)
    assert code == 0, said
    assert done(sessions) == SESSIONS


def test_a_worker_that_stands_still_meets_the_limit_of_wall_time(sessions: Path) -> None:
    command = begin(sessions, "--set", "limits.wall_s=20")
    wait_for(lambda: workers(command.pid))
    stopped = workers(command.pid)[:1]
    for child in stopped:
        os.kill(child, signal.SIGSTOP)
    code, said = finish(command)
    assert code == 1, said
    (reason,) = failures(sessions).values()
    assert "took longer than limits.wall_s=20; raise it" in reason
    assert done(sessions) == SESSIONS - 1
    wait_for(lambda: not Path(f"/proc/{stopped[0]}").exists())
    assert finish(begin(sessions))[0] == 0
    assert done(sessions) == SESSIONS


def test_a_killed_worker_costs_its_session_alone(sessions: Path) -> None:
    command = begin(sessions)
    wait_for(lambda: workers(command.pid))
    os.kill(workers(command.pid)[0], signal.SIGKILL)
    code, said = finish(command)
    lost = failures(sessions)
    assert code == (1 if lost else 0), said  # it may have been done already
    assert all("was killed, most likely for want of memory" in why for why in lost.values())
    assert len(lost) <= 1
    assert done(sessions) == SESSIONS - len(lost)


def test_no_process_outlives_a_command_that_is_killed(sessions: Path) -> None:
    command = begin(sessions)
    wait_for(lambda: done(sessions) >= 1)
    family = [*processes(command.pid), *workers(command.pid)]
    assert len(family) >= 2
    command.kill()
    command.communicate()
    wait_for(lambda: not [one for one in family if _lives(one)])


def _lives(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[
            0
        ] != "Z"
    except OSError:
        return False
