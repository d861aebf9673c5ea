"""``depx train`` killed, interrupted and robbed of its workers from outside: nothing is lost.

``DEPX_KILLS=30`` kills each way of running that often; a landing does it three times.
"""

# A "change" is a file that appeared in the run or was replaced: a checkpoint, a record, a model.

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from depx.train.cases import Corpus
from depx.train.cli import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for workers in /proc"),
]

KILLS = int(os.environ.get("DEPX_KILLS", "3"))
FOLDS = 3
MOST = 8  # changes that a run lives to see before it is killed
SMALL = ["width=16", "heads=2", "layers=1", "latent_width=3", "batch=4", "synth=two-stage"]
LONG_S = 300.0  # no run here takes as long, on a busy machine either: what does, hangs


class Run:
    """One command, in a process group of its own."""

    def __init__(self, place: Path, line: list[str]) -> None:
        self.place = place
        self._robbed: set[int] = set()
        self._process = subprocess.Popen(
            line,
            cwd=place.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONG_S
        while not reached():
            assert self._process.poll() is None, "ended before it was to be struck"
            assert time.monotonic() < deadline, "hangs"
            time.sleep(0.003)

    def wait_for_changes(self, count: int) -> None:
        seen: set[tuple[str, int, int]] = set()
        seen.update(_files(self.place))
        before = len(seen)

        def reached() -> bool:
            seen.update(_files(self.place))
            return len(seen) >= before + count

        self.wait_for(reached)

    def strike(self, number: int, *, group: bool = False) -> None:
        if group:
            os.killpg(self._process.pid, number)
        else:
            os.kill(self._process.pid, number)

    def end(self) -> tuple[int, str]:
        """Wait for the exit code and what was said, then for the last process of the group."""
        _, said = self._process.communicate(timeout=LONG_S)
        deadline = time.monotonic() + LONG_S
        while self._members():
            assert time.monotonic() < deadline, "left processes behind"
            time.sleep(0.01)
        return self._process.returncode, said

    def rob(self) -> None:
        """Kill a process that fits: a child of the server, which is a child of the command."""
        others = {self._process.pid, *self._robbed}
        workers: list[int] = []

        def found() -> bool:
            members = self._members().items()
            workers[:] = [pid for pid, parent in members if others.isdisjoint((pid, parent))]
            return bool(workers)

        self.wait_for(found)
        os.kill(workers[0], signal.SIGKILL)
        self._robbed.add(workers[0])

    def rob_server(self) -> None:
        """Kill the server that processes are forked from; those at work go on, or are missed."""
        for pid, parent in self._members().items():
            if (
                parent == self._process.pid
                and b"forkserver" in (Path("/proc") / str(pid) / "cmdline").read_bytes()
            ):
                os.kill(pid, signal.SIGKILL)

    def _members(self) -> dict[int, int]:
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:  # it ended
                    continue
                if int(stat[2]) == self._process.pid and stat[0] != "Z":
                    found[int(entry.name)] = int(stat[1])
        return found


def _files(place: Path) -> set[tuple[str, int, int]]:
    found = set()
    for path in place.glob("*"):
        try:
            stat = path.stat()
        except OSError:  # it was replaced
            continue
        if path.name not in (".lock", "log.jsonl") and not path.name.endswith(".tmp"):
            found.add((path.name, stat.st_ino, stat.st_mtime_ns))
    return found


def content(place: Path) -> dict[str, bytes]:
    """Give all files but the log, hidden ones too."""
    return {
        path.name: path.read_bytes()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != "log.jsonl"
    }


def leftovers(place: Path) -> list[str]:
    """Name what only a running command may keep there; a place where nothing was made is gone."""
    return [p.name for p in place.glob("*") if p.name.endswith(".tmp") or p.name == ".lock"]


@pytest.fixture
def data(corpus: Callable[..., Corpus], dataset: Callable[..., Path]) -> Path:
    """Plant a training set."""
    return dataset(corpus(9, words=(4, 7)))


def arguments(data: Path, place: Path, *, jobs: int = 1, epochs: int = 6) -> list[str]:
    options = [
        "--no-probes",
        "--device",
        "cpu",
        "--folds",
        FOLDS,
        "--epochs",
        epochs,
        "--jobs",
        jobs,
    ]
    options += [word for value in SMALL for word in ("--set", value)]
    return list(map(str, ["cmg-vs", data, "-o", place, "--checkpoint-every", 0, *options]))


def start(data: Path, place: Path, **options: int) -> Run:
    line = [sys.executable, "-m", "depx", "train", *arguments(data, place, **options)]
    return Run(place, line)


def straight(data: Path, place: Path, **options: int) -> dict[str, bytes]:
    """Give the content of a run that nobody disturbs."""
    CliRunner().invoke(train, arguments(data, place, **options), catch_exceptions=False)
    return content(place)


def whole(run: Run) -> str:
    """Let a run end well; give what it said."""
    code, said = run.end()
    assert code == 0, said
    return said


@pytest.mark.parametrize("jobs", [1, 2])
def test_kill_9_at_any_moment_then_the_same_command_the_same_bytes(
    data: Path, tmp_path: Path, jobs: int
) -> None:
    moments = random.Random(jobs)
    epochs = KILLS * (MOST + 2) // FOLDS  # in two stages: twice as many changes as kills wait for
    place = tmp_path / "killed"
    resumed = 0
    for _ in range(KILLS):
        run = start(data, place, jobs=jobs, epochs=epochs)
        run.wait_for_changes(moments.randint(1, MOST))
        time.sleep(moments.random() * 0.03)
        run.strike(signal.SIGKILL)
        code, said = run.end()
        assert code == -signal.SIGKILL
        assert not (place / "run.json").exists()
        resumed += said.count("goes on after epoch")
    said = whole(start(data, place, jobs=jobs, epochs=epochs))
    assert resumed + said.count("goes on after epoch") >= KILLS // 2
    assert leftovers(place) == []
    assert content(place) == straight(data, tmp_path / "straight", epochs=epochs)


@pytest.mark.parametrize(
    ("number", "jobs", "group"),
    [(signal.SIGINT, 1, True), (signal.SIGINT, 2, True), (signal.SIGTERM, 2, False)],
    ids=["ctrl-c", "ctrl-c with workers", "sigterm with workers"],
)
def test_an_interrupted_training_says_how_to_go_on_and_leaves_its_checkpoint_alone(
    data: Path, tmp_path: Path, number: signal.Signals, jobs: int, group: bool
) -> None:
    place = tmp_path / "run"
    run = start(data, place, jobs=jobs, epochs=500)
    run.wait_for(lambda: any(place.glob(".checkpoint-*.safetensors")))
    run.strike(number, group=group)
    code, said = run.end()
    assert code == 130
    assert said.splitlines()[-1].endswith("run the same command again to go on from here")
    assert "Traceback" not in said
    assert leftovers(place) == []
    assert {path.name[:12] for path in place.iterdir()} - {"log.jsonl"} == {".checkpoint-"}


def test_a_worker_killed_from_outside_costs_no_run(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "robbed"
    run = start(data, place, jobs=2)
    run.wait_for(lambda: any(place.glob(".checkpoint-*.safetensors")))
    run.rob()
    said = whole(run)
    assert said.count("was killed (SIGKILL); it is tried once more, alone") == 1
    assert leftovers(place) == []
    assert content(place) == straight(data, tmp_path / "straight")


def test_a_killed_server_of_processes_costs_no_run(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "robbed"
    run = start(data, place, jobs=2)
    run.wait_for(lambda: any(place.glob(".checkpoint-*.safetensors")))
    run.rob_server()
    whole(run)
    assert leftovers(place) == []
    assert content(place) == straight(data, tmp_path / "straight")


def test_fits_whose_workers_are_killed_twice_end_in_one_line(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "robbed"
    run = start(data, place, jobs=2, epochs=500)
    for _ in range(2 * FOLDS):
        run.rob()
    code, said = run.end()
    assert code == 1
    last = said.splitlines()[-1]
    assert "processes of fits ended twice" in last
    assert all(f"fold{fold}-seed0 was killed (SIGKILL)" in last for fold in range(FOLDS))
    assert "Traceback" not in said
    assert leftovers(place) == []
