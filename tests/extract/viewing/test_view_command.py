"""``depx view`` as it is run: one line with the address, Ctrl-C ends it, no trace is left."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def session(shelf: Any, write_video: Any) -> Any:
    video = write_video(shelf.media / "a.mkv", range(0, 8000, 40), sound_s=8.0)
    shelf.session("s", shelf.spoken(["one", "two"]), video=video, sound=video)
    return shelf


def command(shelf: Any, *more: str, name: str = "s") -> Sequence[str]:
    told = ("view", str(shelf.path), name, "--media", str(shelf.media), "--no-browser", *more)
    return (sys.executable, "-m", "depx", *told)


def start(shelf: Any, temporary: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(shelf, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_address_and_ends_when_asked(session: Any, tmp_path: Path, number: int) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = sorted(session.path.rglob("*"))
    running = start(session, temporary)
    assert running.stdout is not None
    line = running.stdout.readline()
    name, url, *rest = line.split()
    assert (name, " ".join(rest)) == ("s:", "(Ctrl-C ends)")
    with urllib.request.urlopen(url) as page:
        assert b"<h1>s</h1>" in page.read()
    request = urllib.request.Request(url + "sound.wav", headers={"Range": "bytes=0-"})
    with urllib.request.urlopen(request) as sound:  # one that is still being sent
        assert sound.read(4) == b"RIFF"
        running.send_signal(number)
        said, told = running.communicate(timeout=20)
    assert (running.returncode, said, told) == (0, "", "ended\n")
    assert sorted(session.path.rglob("*")) == before
    assert list(temporary.iterdir()) == []


def test_a_taken_port_is_one_line(session: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command(session, "--port", port), capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"--port {port}: cannot be served on" in done.stderr


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("other", 2, "no session 'other'"), ("../s", 2, "no session '../s'")],
)
def test_what_is_not_there_is_one_line(session: Any, name: str, code: int, said: str) -> None:
    done = subprocess.run(command(session, name=name), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_damaged_record_has_the_exit_code_of_damaged_files(session: Any) -> None:
    (session.path / "s" / "session.json").write_text("{")
    done = subprocess.run(command(session), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (4, "")
    assert "s: session.json is damaged" in done.stderr
    assert done.stderr.count("\n") == 1
