"""``depx train --backend dask``: the same bytes as here, whoever dies."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from depx.errors import ClusterError, FitError
from depx.train.cases import Corpus
from depx.train.cluster import fits_on_cluster

pytest.importorskip("distributed", reason="pip install 'depx[distributed]'")
pytestmark = pytest.mark.slow

SMALL = ["width=16", "heads=2", "layers=1", "latent_width=3", "synth=two-stage", "epochs=4"]
SMALL += ["aug_ramp=0"]
LONG_S = 240.0


@pytest.fixture
def data(corpus: Callable[..., Corpus], dataset: Callable[..., Path]) -> Path:
    return dataset(corpus(9, words=(4, 7)))


@pytest.fixture
def address() -> Iterator[str]:
    """Start a scheduler without workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def worker(address: str, tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "dask", "worker", address, "--nthreads", "1"]
        words += ["--no-dashboard", "--local-directory", str(tmp_path / "dask")]
        begun.append(
            subprocess.Popen(
                words,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
        return begun[-1]

    yield start
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def line(data: Path, place: Path, *more: object) -> list[str]:
    words = [sys.executable, "-m", "depx", "train", "cmg-vs", data, "-o", place, "--folds", 3]
    words += ["--device", "cpu", "--checkpoint-every", 0, *more]
    return [*map(str, words), *(word for value in SMALL for word in ("--set", value))]


def content(place: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.iterdir())
        if path.name != "log.jsonl"
    }


def test_workers_make_what_this_machine_makes_also_where_one_is_killed(
    data: Path, tmp_path: Path, address: str, worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    subprocess.run([*line(data, tmp_path / "here"), "-q"], check=True, timeout=LONG_S)
    first, _ = worker(), worker()
    place = tmp_path / "there"
    asked = line(data, place, "--backend", "dask", "--scheduler", address)
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + LONG_S
    while not list(place.glob(".checkpoint-*")) and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    _, said = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, said
    assert content(place) == content(tmp_path / "here")


def test_a_scheduler_without_workers_is_told_in_one_line(
    data: Path, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = line(data, tmp_path / "run", "--backend", "dask", "--scheduler", address)
    done = subprocess.run(asked, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "has no worker; start some" in done.stderr


def test_a_worker_of_another_version_is_told() -> None:
    from depx.train.cluster import _check

    class Lean:
        place = Path("/")

    with pytest.raises(FitError, match=r"has numpy .*, expected 0\.1"):
        _check(Lean(), {"numpy": "0.1"})  # type: ignore[arg-type]
    Lean.place = Path("/no/such/place")
    with pytest.raises(FitError, match="sees no /no/such/place"):
        _check(Lean(), {})  # type: ignore[arg-type]


def test_no_scheduler_is_told() -> None:
    with pytest.raises(ClusterError, match="no dask scheduler"):
        next(fits_on_cluster(None, [], "tcp://127.0.0.1:9", print))  # type: ignore[arg-type]
