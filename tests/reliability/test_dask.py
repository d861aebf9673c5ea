"""depx on a dask cluster: a scheduler and two workers with nannies, as processes on loopback."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.extract.cluster import office
from depx.extract.run import discover, made_from
from depx.extract.settings import parse
from depx.extract.store.lock import locked
from depx.extract.store.log import Hashes, Log
from depx.extract.workplace import Workplace

pytest.importorskip("distributed", reason="pip install 'depx[distributed]'")

TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"
TRACKS = ("--tracks", "words,vad")
PRELOAD = """
import os, signal
from depx.extract.cluster import office

class Deadly(office.Errand):
    def run(self, session, patience_s):
        if session.id == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        if session.id == "odd":
            raise LookupError("of another kind than any that is known")
        return super().run(session, patience_s)

def dask_setup(_worker):  # once, however often this file is read
    office.Errand = Deadly
"""
OTHER_NUMPY = """
from depx.extract.cluster import office

def dask_setup(_worker):
    versions = office.versions()
    office.versions = lambda: versions | {"numpy": "0.1"}
"""


class Cluster:
    """A scheduler and workers, as the commands of dask start them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._begin(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show",
            "--dashboard-address", "127.0.0.1:0",
            "--scheduler-file", str(folder / "scheduler.json"),
        )  # fmt: skip
        wait_for((folder / "scheduler.json").is_file)
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]

    def worker(self, *, preload: str = "", threads: int = 1) -> subprocess.Popen[bytes]:
        program = self.folder / f"preload{len(self._begun)}.py"
        program.write_text(preload)
        return self._begin(
            "worker", self.address, "--nthreads", str(threads), "--no-dashboard",
            "--local-directory", str(self.folder), "--preload", str(program),
        )  # fmt: skip

    def _begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd="/", stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._begun.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self._begun):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    begun = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        begun.worker(preload=PRELOAD)
        begun.worker(preload=PRELOAD)
        yield begun
    finally:
        begun.close()


@pytest.fixture
def lone_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """One without workers, for what ends it."""
    (tmp_path / "cluster").mkdir()
    begun = Cluster(tmp_path / "cluster")
    try:
        yield begun
    finally:
        begun.close()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six small sessions."""
    return write_sessions(tmp_path_factory.mktemp("corpus"), 6, 2.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> dict[str, bytes]:
    """What a local run makes of them."""
    store = tmp_path_factory.mktemp("whole") / "F"
    subprocess.run(extract(corpus, store, "-j", "2", "-q"), cwd="/", check=True)
    return contents(store)


def write_sessions(root: Path, count: int, seconds: float) -> Path:
    for number in range(count):
        folder = root / f"s{number}"
        folder.mkdir(parents=True)
        noise = np.random.default_rng(number).normal(0, 0.1, round(16_000 * seconds))
        soundfile.write(folder / "a.wav", noise, 16_000)
        (folder / "t.csv").write_text(TRANSCRIPT)
    return root


def extract(corpus: Path, store: Path, *more: str, cluster: Cluster | None = None) -> list[str]:
    command = [sys.executable, "-m", "depx", "extract", str(corpus), "-o", str(store), *TRACKS]
    if cluster is not None:
        command += ["--backend", "dask", "--scheduler", cluster.address]
    return [*command, *more]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=400)


def begin(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def contents(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and not path.name.startswith("log")
    }


def holders(store: Path) -> dict[str, int]:
    """Sessions that are at work, with the process that holds each one's lock."""
    found = {}
    for path in store.glob("*/.lock"):
        with contextlib.suppress(OSError, ValueError):
            found[path.parent.name] = int(json.loads(path.read_text())["pid"])
    return found


def wait_for(condition: Callable[[], object], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_one_process(
    cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    done = run(extract(corpus, tmp_path / "F", cluster=cluster))
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "F") == whole
    log = [json.loads(line) for line in (tmp_path / "F" / "log.jsonl").read_text().splitlines()]
    assert {one["session"] for one in log if one["event"] == "session"} == {
        f"s{number}" for number in range(6)
    }
    again = run(extract(corpus, tmp_path / "F", cluster=cluster))
    assert again.stderr.count("2 up to date") == 6
    assert contents(tmp_path / "F") == whole


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_an_attempt_and_nothing_else(
    cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    store = tmp_path / "F"
    running = begin(extract(corpus, store, cluster=cluster))
    wait_for(lambda: holders(store))
    os.kill(next(iter(holders(store).values())), signal.SIGKILL)
    _, said = running.communicate(timeout=400)
    assert running.returncode == 0, said
    assert "was lost; another one goes on" in said
    assert contents(store) == whole


@pytest.mark.slow
def test_a_session_that_kills_three_workers_fails_and_the_others_are_done(
    cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    poisoned, store = tmp_path / "corpus", tmp_path / "F"
    write_sessions(poisoned, 2, 2.0)
    (poisoned / "s1").rename(poisoned / "poison")
    done = run(extract(poisoned, store, cluster=cluster))
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("poison: worker") == 3
    record = json.loads((store / "poison" / "session.json").read_text())
    assert "3 workers were lost" in record["failures"]["session"]["reason"]
    assert (store / "s0" / "vad.parquet").read_bytes() == whole["s0/vad.parquet"]
    assert holders(store) == {}


@pytest.mark.slow
def test_an_error_that_nobody_foresaw_ends_the_run_and_does_not_hang(
    cluster: Cluster, tmp_path: Path
) -> None:
    write_sessions(tmp_path / "corpus", 5, 2.0)
    (tmp_path / "corpus" / "s0").rename(tmp_path / "corpus" / "odd")
    done = run(extract(tmp_path / "corpus", tmp_path / "F", cluster=cluster))
    assert done.returncode == 1
    assert "LookupError" in done.stderr
    wait_for(lambda: not holders(tmp_path / "F"), 60)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_gives_the_locks_back_and_says_how_to_go_on(
    cluster: Cluster, corpus: Path, tmp_path: Path, number: signal.Signals
) -> None:
    store = tmp_path / "F"
    running = begin(extract(corpus, store, cluster=cluster))
    wait_for(lambda: holders(store))
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "run the same command again" in said
    assert "lost" not in said
    wait_for(lambda: not holders(store), 60)
    assert not list(store.rglob(".*"))


@pytest.mark.slow
def test_workers_stop_when_the_coordinator_is_killed_and_the_next_run_goes_on(
    cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    store = tmp_path / "F"
    running = begin(extract(corpus, store, cluster=cluster))
    wait_for(lambda: holders(store))
    running.kill()
    running.communicate()
    wait_for(lambda: not holders(store), 60)  # given back: the workers live
    assert len(contents(store)) < len(whole)
    done = run(extract(corpus, store, cluster=cluster))
    assert done.returncode == 0, done.stderr
    left = [name for name in contents(store) if name not in whole]
    assert [name for name in left if not name.startswith(".cluster.")] == []
    assert {name: there for name, there in contents(store).items() if name in whole} == whole


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_in_a_line_and_what_is_done_stays(
    lone_cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    lone_cluster.worker()
    store = tmp_path / "F"
    running = begin(extract(corpus, store, cluster=lone_cluster))
    wait_for(lambda: list(store.glob("*/vad.parquet")))
    lone_cluster.scheduler.kill()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 3, said
    *_, last = said.splitlines()
    assert lone_cluster.address in last
    assert "the scheduler was lost" in last
    assert "Traceback" not in said
    wait_for(lambda: not holders(store), 100)
    done = run(extract(corpus, store, "-j", "2"))
    assert done.returncode == 0
    assert contents(store) == whole


@pytest.mark.slow
def test_a_worker_of_other_versions_is_left_out_and_named(
    lone_cluster: Cluster, corpus: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    lone_cluster.worker(preload=OTHER_NUMPY)
    refused = run(extract(corpus, tmp_path / "F", cluster=lone_cluster))
    assert refused.returncode == 3
    assert "has numpy 0.1, expected" in refused.stderr
    assert "none of its 1 workers can be used" in refused.stderr
    lone_cluster.worker(threads=2)
    done = run(extract(corpus, tmp_path / "F", cluster=lone_cluster))
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "F") == whole


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1", "tpc://127.0.0.1:9"])
def test_where_no_scheduler_is_a_line_says_so(corpus: Path, tmp_path: Path, address: str) -> None:
    more = ("--backend", "dask", "--scheduler", address)
    done = run(extract(corpus, tmp_path / "F", *more))
    assert done.returncode == 3
    assert f"{address}: no dask scheduler to be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_dask_a_line_says_what_to_install(corpus: Path, tmp_path: Path) -> None:
    program = "import sys; sys.modules['distributed'] = None; from depx.cli import main; main()"
    more = ("--backend", "dask", "--scheduler", "tcp://127.0.0.1:9")
    command = [sys.executable, "-c", program, *extract(corpus, tmp_path / "F", *more)[3:]]
    done = run(command)
    assert done.returncode == 3
    assert "pip install 'depx[distributed]'" in done.stderr


@pytest.mark.parametrize("more", [("--backend", "dask"), ("--scheduler", "tcp://127.0.0.1:9")])
def test_backend_and_scheduler_go_together(
    corpus: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    done = run(extract(corpus, tmp_path / "F", *more))
    assert done.returncode == 2
    assert "go together" in done.stderr


def test_a_second_attempt_waits_for_the_lock_of_the_first_and_a_first_does_not(
    corpus: Path, tmp_path: Path
) -> None:
    chosen = parse(("words",), {})
    session = discover([corpus], tmp_path, chosen, lambda _line: None).sessions[0]
    log = Log(tmp_path)
    hashes = Hashes(log)
    place = Workplace(tmp_path, chosen, made_from(chosen, hashes), log, hashes)
    errand = office.Errand(place)
    (tmp_path / session.id).mkdir()
    with ExitStack() as held:
        held.enter_context(locked(tmp_path / session.id))
        assert errand.run(session, 0.0).locked is not None
        end = threading.Timer(1.5, held.close)
        end.start()
        assert errand.run(session, 60.0).made == {"words": 3}
        end.join()


def test_a_worker_that_does_not_see_the_store_says_which(tmp_path: Path) -> None:
    commission = office.Commission(
        run="1",
        store=tmp_path,
        mark=tmp_path / ".cluster.1.tmp",
        settings=parse(("words",), {}),
        sources={},
    )
    said = office.take_up(commission)
    assert said is not None
    assert str(tmp_path) in said
    assert "under the same path" in said


def test_ctrl_c_while_no_scheduler_answers_ends_at_once(corpus: Path, tmp_path: Path) -> None:
    more = ("--backend", "dask", "--scheduler", "tcp://127.0.0.1:9")
    running = begin(extract(corpus, tmp_path / "F", *more))
    wait_for((tmp_path / "F" / "log.jsonl").is_file)
    time.sleep(0.5)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert time.monotonic() - began < 6  # of the 8 s that it would wait
    assert "Traceback" not in said
