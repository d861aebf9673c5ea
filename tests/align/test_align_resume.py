"""A training set is whole or none, is made once, and is the same bytes whatever happened before."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.align.dataset import Dataset
from depx.align.moments import STATISTICS
from depx.align.settings import VIEWS
from depx.align.summary import AlignSummary
from depx.errors import (
    LockedError,
    StoreError,
)
from depx.extract.store.lock import locked

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def test_a_damaged_track_costs_its_session_alone_until_it_is_mended(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    table = filled / "s3" / "egemaps.parquet"
    whole = table.read_bytes()
    table.write_bytes(
        whole[: len(whole) // 2] + b"\0" * (len(whole) // 4) + whole[3 * len(whole) // 4 :]
    )
    summary, _ = run(filled, tmp_path / "d")
    assert {x.session for x in summary.exclusions} == {"s3", "untimed"}
    assert str(tmp_path) not in (tmp_path / "d" / "dataset.json").read_text()
    table.write_bytes(whole)
    mended, _ = run(filled, tmp_path / "d")
    assert {x.session for x in mended.exclusions} == {"untimed"}
    assert not mended.up_to_date
    assert len(Dataset.open(tmp_path / "d").sessions()) == 3


def test_the_same_content_is_not_written_again(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "d").rglob("*.*")}
    summary, _ = run(filled, tmp_path / "d")
    assert summary.up_to_date
    assert summary.exit_code == 1
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "d").rglob("*.*")} == before


def test_a_run_in_another_place_writes_the_same_bytes(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d", pool=STATISTICS, pauses_s=0.1, views=VIEWS)
    filled.rename(tmp_path / "moved")
    run(tmp_path / "moved", tmp_path / "e", pool=STATISTICS[::-1], pauses_s=0.1, views=VIEWS[::-1])
    assert contents(tmp_path / "d") == contents(tmp_path / "e")
    assert {Path(name).parts[0] for name in contents(tmp_path / "d")} > set(VIEWS)


def test_force_writes_the_same_bytes_again(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d")
    before = contents(tmp_path / "d")
    summary, _ = run(filled, tmp_path / "d", force=True)
    assert not summary.up_to_date
    assert contents(tmp_path / "d") == before


@pytest.mark.parametrize("lost", ["dataset.json", "sessions.parquet", "words/part-00000.parquet"])
def test_what_a_killed_run_left_is_written_to_the_same_bytes(
    run: Run, filled: Path, tmp_path: Path, lost: str
) -> None:
    run(filled, tmp_path / "d")
    before = contents(tmp_path / "d")
    (tmp_path / "d" / lost).unlink()
    (tmp_path / "d" / "words" / ".part-00000.parquet.1.tmp").write_bytes(b"half")
    (tmp_path / "d" / "words" / "part-00007.parquet").write_bytes(b"stale")
    run(filled, tmp_path / "d", force=lost == "dataset.json")
    assert contents(tmp_path / "d") == before


KILLED = """
import os, signal, sys
from pathlib import Path
from depx.align import run
from depx.align.settings import AlignSettings
aligned = []
original = run.align_session
def third(*arguments):
    aligned.append(1)
    if len(aligned) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments)
run.align_session = third
run.align([Path(sys.argv[1])], Path(sys.argv[2]), AlignSettings(shard_mb=1e-6), print)
"""


def test_a_run_killed_in_the_middle_is_no_training_set_and_the_next_one_is(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "straight", shard_mb=1e-6)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(filled), str(tmp_path / "d")], capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(StoreError, match="expected a dataset"):
        Dataset.open(tmp_path / "d")
    run(filled, tmp_path / "d", shard_mb=1e-6)
    assert contents(tmp_path / "d") == contents(tmp_path / "straight")


def test_fewer_sessions_leave_no_stale_shard(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d", shard_mb=1e-6)
    run(filled, tmp_path / "d", shard_mb=1e-6, only=("s2",))
    assert [p.name for p in (tmp_path / "d" / "words").iterdir()] == ["part-00000.parquet"]
    assert not (tmp_path / "d" / "frames").exists()


def test_a_view_that_is_no_longer_wanted_goes_and_what_is_not_ours_stays(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d", views=("words", "frames", "turns", "sessions"))
    (tmp_path / "d" / "turns" / "notes.txt").write_text("mine")
    summary, _ = run(filled, tmp_path / "d", views=("words",))
    assert not summary.up_to_date
    folders = sorted(p.name for p in (tmp_path / "d").iterdir() if p.is_dir())
    assert folders == ["turns", "words"]
    assert [p.name for p in (tmp_path / "d" / "turns").iterdir()] == ["notes.txt"]
    assert sorted(Dataset.open(tmp_path / "d").manifest["shards"]) == ["table", "words"]


def test_a_view_that_lost_a_shard_is_written_again(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d", views=("words", "turns"))
    before = contents(tmp_path / "d")
    (tmp_path / "d" / "turns" / "part-00000.parquet").unlink()
    summary, _ = run(filled, tmp_path / "d", views=("words", "turns"))
    assert not summary.up_to_date
    assert contents(tmp_path / "d") == before


@pytest.mark.parametrize(
    "change",
    [
        {"timing": "forced"},
        {"speakers": "both"},
        {"frame_rate_hz": 5.0},
        {"dtype": "float16"},
        {"views": ("words", "turns")},
        {"pool": ("mean", "slope")},
    ],
)
def test_every_option_that_shapes_bytes_shapes_the_key(
    run: Run, filled: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    before, _ = run(filled, tmp_path / "d")
    after, _ = run(filled, tmp_path / "d", **change)
    assert not after.up_to_date
    assert after.key != before.key


def test_labels_shape_the_key_and_their_file_does_not(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    table = labels("session,phq8\ns1,3\ns2,12\ns3,4\n")
    first, _ = run(filled, tmp_path / "d", labels=table)
    same, _ = run(
        filled, tmp_path / "d", labels=labels("session\tphq8\ns3\t4\ns2\t12\ns1\t3\n", "o.tsv")
    )
    assert same.up_to_date
    other, _ = run(filled, tmp_path / "d", labels=labels("session,phq8\ns1,3\ns2,12\ns3,5\n"))
    assert other.key != first.key


def test_a_dry_run_writes_nothing(run: Run, filled: Path, tmp_path: Path) -> None:
    summary, _ = run(filled, tmp_path / "d", dry_run=True)
    assert summary.sessions == 3
    assert not (tmp_path / "d").exists()


def test_a_folder_with_other_things_is_left_alone(run: Run, filled: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a store"):
        run(filled, filled)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(StoreError, match="neither empty nor a training set"):
        run(filled, tmp_path / "mine")


def test_a_training_set_that_another_run_writes_is_locked(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    with locked(tmp_path / "d"), pytest.raises(LockedError):
        run(filled, tmp_path / "d")
