"""The same inputs and settings give the same bytes, and a second run does and touches nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Contents = Callable[[Path], dict[str, bytes]]

# Folders are listed in another order than the disk has them, whatever lists them.
SHUFFLED = """
import os, random
listdir, scandir = os.listdir, os.scandir

def shuffled(entries):
    entries = sorted(entries, key=str, reverse=True)
    random.Random(7).shuffle(entries)
    return entries

class Scanned:
    def __init__(self, entries):
        self.entries = iter(entries)
    def __iter__(self):
        return self.entries
    def __next__(self):
        return next(self.entries)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def close(self):
        pass

def scan(*arguments):
    with scandir(*arguments) as entries:
        found = list(entries)
    return Scanned(sorted(found, key=lambda one: hash_of(one.name)))

def hash_of(name):
    return random.Random(str(name)).random()

os.listdir = lambda *arguments: shuffled(listdir(*arguments))
os.scandir = scan
"""


def everything(
    depx: Any, corpus: Path, labels: Path, place: Path, *jobs: object, **environment: str
) -> None:
    """Run extract, align and a tiny training."""
    extract = ("extract", corpus, "-o", place / "store", *jobs)
    depx(*extract, environment=environment)
    depx(
        *("align", place / "store", "-o", place / "dataset", "--labels", labels),
        expected=(1,),  # one session has no transcript
        environment=environment,
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "C.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "12345"},
        {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "COLUMNS": "20", "HOME": "/nowhere"},
    ],
    ids=["plain-locale", "utf8-locale", "threads"],
)
def test_locale_time_zone_hash_seed_threads_and_listing_order_change_no_byte(
    depx: Any,
    corpus: Path,
    labels: Path,
    tmp_path: Path,
    contents: Contents,
    environment: dict[str, str],
) -> None:
    everything(depx, corpus, labels, tmp_path / "plain")
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SHUFFLED)
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    elsewhere = {**environment, "PYTHONPATH": path}
    everything(depx, corpus, labels, tmp_path / "other", "-j", 2, **elsewhere)
    assert contents(tmp_path / "other") == contents(tmp_path / "plain")


def test_a_second_run_does_no_work_and_touches_nothing(
    depx: Any,
    corpus: Path,
    labels: Path,
    tmp_path: Path,
    touched: Callable[[Path], dict[str, tuple[int, int, int]]],
) -> None:
    everything(depx, corpus, labels, tmp_path)
    for place in (tmp_path / "store", tmp_path / "dataset"):
        before = touched(place)
        everything(depx, corpus, labels, tmp_path)
        assert touched(place) == before
    log = (tmp_path / "store" / "log.jsonl").read_text()
    assert log.count('"event": "unit"') == len(
        {line.partition('"session"')[2] for line in log.splitlines() if '"event": "unit"' in line}
    )


def test_two_runs_at_once_do_the_work_once_and_disturb_nothing(
    depx: Any, corpus: Path, tmp_path: Path, contents: Contents
) -> None:
    depx("extract", corpus, "-o", tmp_path / "whole")
    arguments = ("extract", corpus, "-o", tmp_path / "shared")
    runs = [depx.start(*arguments) for _ in range(3)]
    said = ["".join(run.communicate(timeout=600)) for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert set(codes) <= {0, 75}, said
    for code, text in zip((run.returncode for run in runs), said, strict=True):
        assert ("locked" in text) == (code == 75)
    if codes[-1] == 75:
        depx(*arguments)
    assert contents(tmp_path / "shared") == contents(tmp_path / "whole")


def test_a_run_that_was_stopped_for_a_minute_does_not_write_over_the_one_that_took_over(
    depx: Any, corpus: Path, tmp_path: Path, contents: Contents
) -> None:
    import signal

    depx("extract", corpus, "-o", tmp_path / "whole", "--tracks", "covarep,vad")
    store = tmp_path / "shared"
    arguments = ("extract", corpus, "-o", store, "--tracks", "covarep,vad")
    first = depx.start(*arguments)
    deadline = time.monotonic() + 120
    while not (locks := list(store.glob("*/.lock"))):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    first.send_signal(signal.SIGSTOP)
    for lock in locks:  # as old as if the first run had stood still for two minutes
        old = lock.stat().st_mtime - 120
        os.utime(lock, (old, old))
    depx(*arguments)
    after = contents(store)
    first.send_signal(signal.SIGCONT)
    said = "".join(first.communicate(timeout=600))
    assert first.returncode in (0, 75), said
    assert contents(store) == after == contents(tmp_path / "whole")
