"""Small corpora for the promises of the engine, and ways to run depx as its user does."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

TRANSCRIPT = (
    "start_time\tstop_time\tspeaker\tvalue\n"
    "0.1\t0.9\tEllie\thow are you\n"
    "1.0\t1.9\tParticipant\thello there again\n"
)


class Depx:
    """Runs commands of depx in processes of their own."""

    def start(
        self, *arguments: object, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "depx", *map(str, arguments)],
            cwd="/",
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self,
        *arguments: object,
        expected: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command to its end; give all that it said."""
        child = self.start(*arguments, environment=environment)
        said = "".join(child.communicate(timeout=600))
        assert child.returncode in expected, said
        return said


@pytest.fixture
def depx() -> Depx:
    """Give what runs commands."""
    return Depx()


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Read all files of a place but its logs, which hold what differs from run to run."""

    def read(place: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(place)): path.read_bytes()
            for path in sorted(place.rglob("*"))
            if path.is_file() and not path.match("log*.jsonl")
        }

    return read


@pytest.fixture
def touched() -> Callable[[Path], dict[str, tuple[int, int, int]]]:
    """Say of each file and folder of a place, but its logs, which it is and when it changed."""

    def look(place: Path) -> dict[str, tuple[int, int, int]]:
        return {
            str(path.relative_to(place)): (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns)
            for path in sorted(place.rglob("*"))
            if not path.match("log*.jsonl")
            for stat in [path.stat()]
        }

    return look


@pytest.fixture
def corpus(tmp_path: Path, write_video: Callable[..., Path]) -> Path:
    """Write three sessions: all parts, sound and transcript, sound alone; and labels."""
    root = tmp_path / "corpus"
    for n, name in enumerate(("all", "heard", "sound")):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(n).normal(0, 0.1, 32_000)
        soundfile.write(root / name / "a.wav", noise, 16_000)
        if name != "sound":
            (root / name / "t.csv").write_text(TRANSCRIPT)
    write_video(root / "all" / "v.mkv", sound_s=1.0)
    return root


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Write a label table for the corpus."""
    path = tmp_path / "labels.csv"
    path.write_text("session,phq8\nall,3\nheard,14\nsound,8\n")
    return path
