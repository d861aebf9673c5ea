"""kill -9 at random moments, again and again; the same command then gives the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("DEPX_KILLS", "6"))
"""How often a run is killed; ``make fuzz`` asks for 30."""
SEED = int(os.environ.get("DEPX_SEED", "0"))

# Forked after the imports, so that kills strike the work and not the start of Python.
KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from depx.align import run as _run
from depx.align.settings import AlignSettings

store, dataset, labels, trials, seed, longest_s = sys.argv[1:]
rng, early = random.Random(int(seed)), 0
for _ in range(int(trials)):
    child = os.fork()
    if child == 0:
        settings = AlignSettings(labels=Path(labels), shard_mb=1e-6, force=True)
        _run.align([Path(store)], Path(dataset), settings, lambda line: None)
        os._exit(0)
    time.sleep(rng.uniform(0, float(longest_s)))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    early += os.WIFSIGNALED(status)
print(early)
"""


def test_extract_killed_at_random_moments_ends_with_the_bytes_of_one_that_was_not(
    depx: Any, corpus: Path, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    began = time.monotonic()
    depx("extract", corpus, "-o", tmp_path / "whole", "-j", 2)
    longest_s = time.monotonic() - began
    rng, killed = random.Random(SEED), 0
    for _ in range(KILLS):
        child = depx.start("extract", corpus, "-o", tmp_path / "killed", "-j", 2)
        time.sleep(rng.uniform(0.1, 0.6) * longest_s)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        killed += child.returncode == -signal.SIGKILL
    assert killed
    depx("extract", corpus, "-o", tmp_path / "killed", "-j", 2)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_a_new_store_killed_each_time_is_finished_by_the_next_run(
    depx: Any, corpus: Path, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    depx("extract", corpus, "-o", tmp_path / "whole", "--tracks", "words,vad")
    rng = random.Random(SEED)
    for n in range(max(2, KILLS // 3)):
        store = tmp_path / f"killed{n}"
        child = depx.start("extract", corpus, "-o", store, "--tracks", "words,vad")
        deadline = time.monotonic() + 60
        while not store.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 2))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        depx("extract", corpus, "-o", store, "--tracks", "words,vad")
        assert contents(store) == contents(tmp_path / "whole")


def test_align_killed_at_random_moments_ends_with_the_bytes_of_one_that_was_not(
    depx: Any,
    corpus: Path,
    labels: Path,
    tmp_path: Path,
    contents: Callable[[Path], dict[str, bytes]],
) -> None:
    store = tmp_path / "store"
    depx("extract", corpus, "-o", store, "--tracks", "words,word_times,egemaps")
    options = ("--labels", labels, "--shard-mb", 1e-6)
    began = time.monotonic()
    depx("align", store, "-o", tmp_path / "whole", *options, expected=(1,))  # one has no transcript
    longest_s = time.monotonic() - began
    told = (store, tmp_path / "killed", labels, 5 * KILLS, SEED, 0.3 * longest_s)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, told)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert int(killed.stdout) > KILLS
    depx("align", store, "-o", tmp_path / "killed", *options, expected=(1,))
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
