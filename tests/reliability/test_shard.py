"""Shards: the sessions of a run dealt to several, by hand or by Slurm, on one store."""

import itertools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from depx.errors import UsageError
from depx.extract.run import extract
from depx.extract.settings import parse as settings
from depx.extract.shard import Shard, parse, slurm_tasks

ROOT = Path(__file__).resolve().parents[2]
ARRAY = {
    "SLURM_ARRAY_TASK_MIN": "1",
    "SLURM_ARRAY_TASK_MAX": "8",
    "SLURM_ARRAY_TASK_STEP": "1",
    "SLURM_ARRAY_TASK_COUNT": "8",
    "SLURM_NTASKS": "1",
}
TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """Seven sessions with a transcript each."""
    for number in range(7):
        folder = tmp_path / "sessions" / f"s{number}"
        folder.mkdir(parents=True)
        (folder / "t.csv").write_text(TRANSCRIPT.replace("again", f"again {'so ' * number}"))
    return tmp_path / "sessions"


def contents(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and not path.name.startswith("log")
    }


def test_the_parts_are_disjoint_complete_and_of_one_size_but_for_one() -> None:
    sessions = [SimpleNamespace(id=f"{number:02d}") for number in range(17)]
    for count in (1, 2, 5, 17, 20):
        parts = [Shard(index=i, count=count).of(sessions) for i in range(1, count + 1)]
        dealt = sorted((one for part in parts for one in part), key=lambda one: one.id)
        assert dealt == sessions
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_order_in_which_sessions_are_found_does_not_matter() -> None:
    sessions = [SimpleNamespace(id=name) for name in "dbeac"]
    assert [one.id for one in Shard(index=1, count=2).of(sessions)] == ["a", "c", "e"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0/4", "counted from 1"),
        ("5/4", "I from 1 to N"),
        ("1/0", "I from 1 to N"),
        ("4", "expected I/N"),
        ("-1/4", "expected I/N"),
        ("a/b", "expected I/N"),
    ],
)
def test_what_is_no_part_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse(text, {})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "3"}, (3, 8)),
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0",
                  "SLURM_ARRAY_TASK_MAX": "7"}, (1, 8)),
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "20", "SLURM_ARRAY_TASK_MIN": "10",
                  "SLURM_ARRAY_TASK_MAX": "30", "SLURM_ARRAY_TASK_STEP": "10",
                  "SLURM_ARRAY_TASK_COUNT": "3"}, (2, 3)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"}, (1, 4)),
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "2", "SLURM_PROCID": "1", "SLURM_NTASKS": "2",
                  "SLURM_STEP_NUM_TASKS": "2"}, (4, 16)),
    ],
)  # fmt: skip
def test_a_task_of_slurm_knows_its_part(
    environment: Mapping[str, str], expected: tuple[int, int]
) -> None:
    shard = parse("slurm", environment)
    assert (shard.index, shard.count) == expected


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({}, "--array=1-N"),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, "batch script"),
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "2",
                  "SLURM_ARRAY_TASK_MIN": "3"}, "not evenly spaced"),
        (ARRAY, "SLURM_ARRAY_TASK_ID"),
        (ARRAY | {"SLURM_ARRAY_TASK_ID": "three"}, "expected a number"),
    ],
)  # fmt: skip
def test_variables_of_slurm_that_would_drop_sessions_are_refused(
    environment: Mapping[str, str], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        parse("slurm", environment)


def test_tasks_are_counted_over_array_and_step() -> None:
    assert slurm_tasks({}) == 1
    assert slurm_tasks(ARRAY | {"SLURM_STEP_NUM_TASKS": "2"}) == 16
    assert slurm_tasks({"SLURM_NTASKS": "4"}) == 1


def test_three_parts_in_any_order_give_the_bytes_of_one_run(sessions: Path, tmp_path: Path) -> None:
    def run(store: Path, shard: Shard | None) -> int:
        lines: list[str] = []
        chosen = settings(("words",), {}, shard=shard)
        summary = extract([sessions], store, chosen, lambda _outcome: None, lines.append)
        if shard is not None:
            told = f"shard {shard.index} of 3: {len(summary.outcomes)} of 7 sessions"
            assert told in lines
            assert (store / f"log-{shard.index}of3.jsonl").is_file()
        return len(summary.outcomes)

    run(tmp_path / "whole", None)
    for number, order in enumerate(itertools.permutations((1, 2, 3))):
        store = tmp_path / f"parts{number}"
        assert sum(run(store, Shard(index=index, count=3)) for index in order) == 7
        assert contents(store) == contents(tmp_path / "whole")
        if number == 2:  # each part has been first and last by then
            break
    summary = extract([sessions], store, settings(("words",), {}), lambda _o: None, lambda _l: None)
    assert not any(outcome.made for outcome in summary.outcomes)


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "depx", *map(str, arguments)]


@pytest.mark.slow
def test_four_parts_that_begin_at_once_on_an_empty_store_give_the_bytes_of_one_run(
    tmp_path: Path,
) -> None:
    corpus = tmp_path / "corpus"  # one with labels, which all four write
    subprocess.run(
        _command("synth", "d-vlog", corpus, "--sessions", 6),
        cwd="/", check=True, capture_output=True,
    )  # fmt: skip
    parts = [
        subprocess.Popen(
            _command("extract", corpus, "-o", tmp_path / "F", "--shard", f"{index}/4"),
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(1, 5)
    ]
    said = [part.communicate(timeout=300)[1] for part in parts]
    assert [part.returncode for part in parts] == [0, 0, 0, 0], said
    subprocess.run(_command("extract", corpus, "-o", tmp_path / "G", "-q"), cwd="/", check=True)
    assert "labels.parquet" in contents(tmp_path / "F")
    assert contents(tmp_path / "F") == contents(tmp_path / "G")


@pytest.mark.slow
def test_the_slurm_script_does_the_part_of_its_task(sessions: Path, tmp_path: Path) -> None:
    fake = tmp_path / "depx"
    fake.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m depx "$@"\n')
    fake.chmod(0o755)
    given = {
        "DEPX": str(fake),
        "DEPX_SESSIONS": str(sessions),
        "DEPX_STORE": str(tmp_path / "F"),
        "DEPX_OPTIONS": "--tracks words",
    }
    done = subprocess.run(
        ["bash", str(ROOT / "docker" / "slurm.sbatch")],
        env={**os.environ, **given, **ARRAY, "SLURM_ARRAY_TASK_ID": "2"},
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "shard 2 of 8: 1 of 7 sessions" in done.stderr
    assert [path.name for path in (tmp_path / "F").iterdir() if path.is_dir()] == ["s1"]


def test_a_run_of_several_slurm_tasks_without_shard_says_so(sessions: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        _command("extract", sessions, "-o", tmp_path / "F", "--tracks", "words", "--dry-run"),
        env={**os.environ, **ARRAY, "SLURM_ARRAY_TASK_ID": "2"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Slurm runs 8 tasks of this" in done.stderr


def test_the_compose_file_shares_the_folders_and_has_no_way_out() -> None:
    document = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    services = document["services"]
    assert set(services) == {"scheduler", "worker", "extract"}
    assert document["networks"]["cluster"]["internal"] is True
    assert all(service["networks"] == ["cluster"] for service in services.values())
    assert services["worker"]["volumes"] == services["extract"]["volumes"]
    assert services["worker"]["image"] == services["extract"]["image"]
    arguments = services["extract"]["build"]["args"]
    assert all(f"ARG {name}" in (ROOT / "docker" / "Dockerfile").read_text() for name in arguments)
