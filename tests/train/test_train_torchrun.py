"""``torchrun -m depx train``: one writer, one voice, the same bytes, and nobody left hanging."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from depx.train.cases import Corpus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="counts the processes in /proc"),
]

SMALL = ["width=16", "heads=2", "layers=1", "latent_width=3", "batch=3", "synth=two-stage"]
LONG_S = 240.0  # no run here takes as long, on a busy machine either: what does, hangs


@pytest.fixture
def data(corpus: Callable[..., Corpus], dataset: Callable[..., Path]) -> Path:
    return dataset(corpus(9, words=(4, 7)))


def line(data: Path, place: Path, *more: object, epochs: int = 3) -> list[str]:
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", 2]
    words += ["-m", "depx", "train", "cmg-vs", data, "-o", place, "--device", "cpu"]
    words += ["--no-probes", "--folds", 2, "--epochs", epochs, "--checkpoint-every", 0, *more]
    words += [word for value in SMALL for word in ("--set", value)]
    return [str(word) for word in words]


def start(words: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for the end; give the code, and what depx said to both streams."""
    out, err = process.communicate(timeout=LONG_S)
    told = [said for said in err.splitlines() if "torch/distributed/" not in said]
    return process.returncode, out, "\n".join(told)


def content(place: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != "log.jsonl"
    }


def wait_for_a_checkpoint(process: "subprocess.Popen[str]", place: Path) -> None:
    """Wait for one that was not there before."""
    before = {path.stat().st_ino for path in place.glob(".checkpoint-*")}
    while {path.stat().st_ino for path in place.glob(".checkpoint-*")} <= before:
        assert process.poll() is None, "ended before it was to be struck"
        time.sleep(0.003)


def test_two_ranks_write_one_run_say_it_once_and_do_it_again_to_the_same_bytes(
    data: Path, tmp_path: Path
) -> None:
    place = tmp_path / "run"
    code, out, err = ended(start(line(data, place)))
    assert code == 0, err
    assert out.count("metric   ") == out.count("Next: ") == 1
    assert err.count("fold 1/2 seed 0: epoch") == err.count("fold 2/2 seed 0: epoch") == 1
    assert "Traceback" not in err
    assert not any(path.name.startswith(".") for path in place.iterdir())
    log = [json.loads(said) for said in (place / "log.jsonl").read_text().splitlines()]
    assert [event["event"] for event in log].count("fit") == 2
    (told,) = [event for event in log if event["event"] == "train"]
    assert told["command"].startswith("torchrun --nproc-per-node 2 -m depx train cmg-vs ")
    assert json.loads((place / "run.json").read_text())["ranks"] == 2
    table = pq.read_table(place / "predictions.parquet").to_pandas()
    assert table["case"].nunique() == 9
    assert table["y_hat"].notna().all()

    whole = content(place)
    code, out, err = ended(start(line(data, place)))
    assert code == 0
    assert "up to date" in err
    assert err.count("seed 0") == 0
    assert content(place) == whole
    assert ended(start(line(data, tmp_path / "again")))[0] == 0
    assert content(tmp_path / "again") == whole


def test_a_rank_that_is_killed_ends_all_and_the_same_command_goes_on_to_the_same_bytes(
    data: Path, tmp_path: Path
) -> None:
    assert ended(start(line(data, tmp_path / "straight", epochs=20)))[0] == 0
    place = tmp_path / "killed"
    for victim in (0, 1):  # the leader, then one that follows
        process = start(line(data, place, epochs=20))
        wait_for_a_checkpoint(process, place)
        os.kill(_ranks(process.pid)[victim], signal.SIGKILL)
        code, _, err = ended(process)
        assert code == 1
        assert err.count("Traceback") == 1, err  # torchrun's own
        assert err.count("beside this one has ended") == (victim == 1)
    code, _, err = ended(start(line(data, place, epochs=20)))
    assert code == 0, err
    assert err.count("goes on after epoch") + err.count("are there already") >= 1
    assert content(place) == content(tmp_path / "straight")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_torchrun_says_so_once(
    data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    place = tmp_path / "run"
    process = start(line(data, place, epochs=500))
    wait_for_a_checkpoint(process, place)
    os.kill(process.pid, number)  # torchrun hands it on
    code, _, err = ended(process)
    assert code != 0
    assert err.count("run the same command again to go on") == 1
    assert err.count("Traceback") <= 1  # torchrun's own
    assert {path.name[:12] for path in place.iterdir()} == {"log.jsonl", ".checkpoint-"}


@pytest.mark.parametrize(
    ("more", "said", "code"),
    [
        (["--jobs", 2], "--jobs 2: torchrun trains each fit on all of its 2 processes", 2),
        (["--folds", 10], "10 folds", 3),
        (["--set", "beta=-1"], "beta=-1.0: expected", 2),
        (["--folding", 3], "No such option", 2),
    ],
    ids=["jobs", "plan", "settings", "option"],
)
def test_what_cannot_be_done_is_said_once_and_ends_all(
    data: Path, tmp_path: Path, more: list[object], said: str, code: int
) -> None:
    ending, _, err = ended(start(line(data, tmp_path / "run", *more)))
    assert ending == 1  # torchrun's own
    assert err.count(said) == 1
    assert f"exitcode  : {code} " in err  # of a process
    assert err.count("Traceback") == 1  # torchrun's own


def _ranks(torchrun: int) -> list[int]:
    """List the processes that torchrun started, by rank."""
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            surroundings = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):  # no process, or gone
            continue
        for one in surroundings:
            if parent == torchrun and one.startswith(b"RANK="):
                found[int(one[5:])] = int(entry.name)
    return [found[rank] for rank in sorted(found)]
