"""What takes too much costs its session, names the limit, and is done once that is raised.

Beside each bad session stands a good one, which is done in the same run.
"""

import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.errors import UsageError
from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.key import sha256_file

STUBBORN = """
import resource, signal
from depx.extract import worker
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
worker._limit(resource.RLIMIT_CPU, 1, grace=1)
while True:
    pass
"""


def sound(folder: Path, seconds: float = 1.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).normal(0, 0.1, round(16_000 * seconds))
    soundfile.write(folder / "a.wav", noise, 16_000)
    return folder / "a.wav"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """Two good sessions of sound, around the bad one."""
    for name in ("a-good", "z-good"):
        sound(tmp_path / "S" / name)
    (tmp_path / "S" / "bad").mkdir()
    return tmp_path / "S"


def run(sessions: Path, *tracks: str, jobs: int = 2, **limits: str) -> ExtractSummary:
    values = {f"limits.{name}": text for name, text in limits.items()}
    settings = parse(tracks, values, jobs=jobs)
    quiet = (lambda _outcome: None, lambda _line: None)
    return extract([sessions], sessions.parent / "F", settings, *quiet)


def the_bad_one(summary: ExtractSummary) -> Mapping[str, str]:
    """Check that the good sessions are done; give the failures of the other."""
    outcomes = {outcome.session: outcome for outcome in summary.outcomes}
    for name in ("a-good", "z-good"):
        assert not outcomes[name].failures
        assert "vad" in {*outcomes[name].made, *outcomes[name].kept}
    assert summary.exit_code == (1 if outcomes["bad"].failures else 0)
    return outcomes["bad"].failures


def png(side_px: int) -> bytes:
    """Write a black picture, which takes a thousandth of what it is when it is decoded."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    row, packed = bytes(1 + 3 * side_px), zlib.compressobj(9)
    data = b"".join(packed.compress(row) for _ in range(side_px)) + packed.flush()
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_a_picture_that_swells_names_the_limit_of_memory(sessions: Path) -> None:
    (sessions / "bad" / "v.mp4").write_bytes(png(7000))
    failures = the_bad_one(run(sessions, "vad", "face", memory_gb="0.3"))
    assert "limits.memory_gb" in failures["face"]
    assert "raise it with --set" in failures["face"]
    assert the_bad_one(run(sessions, "vad", "face", memory_gb="8")) == {}


def test_headers_that_claim_too_much_are_read_for_what_is_there(sessions: Path) -> None:
    data = bytearray(sound(sessions / "bad").read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFF0)  # 4 GB
    (sessions / "bad" / "a.wav").write_bytes(data)
    assert the_bad_one(run(sessions, "vad", memory_gb="0.5")) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"YUV4MPEG2 W100000 H100000 F25:1 C420jpeg\nFRAME\n" + bytes(4096),
        b"YUV4MPEG2 W32000 H32000 F25:1 C444\nFRAME\n" + bytes(4096),
        b"RIFF\xff\xff\xff\x7fWAVEfmt \xff\xff\xff\x7f" + bytes(4096),
        b"\0\0\0\x18ftypmp42" + bytes(12) + b"\xff\xff\xff\xffmoov" + bytes(4096),
        b"fLaC\0\xff\xff\xff" + bytes(4096),
        b"\x1aE\xdf\xa3\x01" + b"\xff" * 4096,
    ],
    ids=["100,000 px", "32,000 px", "wav", "mp4", "flac", "mkv"],
)
def test_absurd_sizes_are_refused_in_one_line(sessions: Path, content: bytes) -> None:
    (sessions / "bad" / "v.mp4").write_bytes(content)
    failures = the_bad_one(run(sessions, "vad", memory_gb="1"))
    assert "v.mp4" in failures["vad"]
    assert failures["vad"].isprintable()


@pytest.mark.slow
def test_a_unit_that_computes_too_long_names_the_limit_of_cpu_time(sessions: Path) -> None:
    sound(sessions / "bad", seconds=60)
    for name in ("a-good", "z-good"):
        sound(sessions / name, seconds=0.2)
    failures = the_bad_one(run(sessions, "vad", "covarep", cpu_s="2"))
    assert "limits.cpu_s=2; raise it or shorten the file" in failures["covarep"]
    assert the_bad_one(run(sessions, "vad", "covarep", cpu_s="600")) == {}


def test_what_ignores_that_limit_is_ended_by_the_kernel() -> None:
    done = subprocess.run([sys.executable, "-c", STUBBORN], timeout=120)
    assert done.returncode == -signal.SIGKILL


def test_too_many_open_files_name_the_limit(sessions: Path) -> None:
    sound(sessions / "bad")
    summary = run(sessions, "vad", open_files="7")
    assert summary.exit_code == 1
    for outcome in summary.outcomes:
        assert "limits.open_files allows; raise it with --set" in outcome.failures["vad"]
    assert the_bad_one(run(sessions, "vad")) == {}


@pytest.mark.parametrize("name", ["memory_gb", "cpu_s", "wall_s", "open_files"])
def test_limits_that_allow_nothing_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="limits: expected"):
        parse((), {f"limits.{name}": "-1"})


def test_the_command_itself_has_no_limit_of_its_units(sessions: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_NOFILE)
    sound(sessions / "bad")
    assert the_bad_one(run(sessions, "vad", memory_gb="1")) == {}
    after = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_NOFILE)
    assert after == before


def test_pipes_and_sockets_are_named_and_waited_on_by_nobody(sessions: Path) -> None:
    os.mkfifo(sessions / "bad" / "a.wav")
    os.mkfifo(sessions / "a-good" / "t.csv")
    (sessions / "z-good" / "v.mp4").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as plug:
        before = Path.cwd()
        os.chdir(sessions / "z-good")  # the address of a socket is short
        plug.bind("b.wav")
        os.chdir(before)
        found = {one.id: one for one in registry.find([sessions], Wishes(), "folder").sessions}
    assert "no regular file (a pipe" in found["bad"].others["a.wav"]
    assert "no regular file (a pipe" in found["a-good"].others["t.csv"]
    assert set(found["z-good"].others) == {"b.wav", "v.mp4"}
    failures = the_bad_one(run(sessions, "vad"))
    assert "holds nothing that is safe to read" in failures["session"]


def test_a_pipe_that_takes_a_files_place_later_is_not_waited_on(sessions: Path) -> None:
    os.mkfifo(sessions / "bad" / "a.wav")
    began = time.monotonic()
    with pytest.raises(OSError, match="no regular file"):
        sha256_file(sessions / "bad" / "a.wav")
    assert time.monotonic() - began < 30
