"""A run whose sessions, labels or settings changed says so, is not mixed, and is redone if forced.

Text is all there is in these sessions.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.errors import StoreError
from depx.extract.store.atomic import read_json
from depx.train.checkpoint import Keeper, Resumable
from depx.train.cli import settings_of
from depx.train.run import train

pytestmark = pytest.mark.slow

SET = ("synth=none", "width=16", "heads=2", "layers=1", "epochs=2", "validation=0")
SCALE = ("target.min=0", "target.max=24")
Lines = list[str]
Do = Callable[..., Lines]


class Killed(BaseException):
    """The process ends here; nothing of depx catches it."""


def extracted(folder: Path) -> None:
    run = [
        sys.executable,
        "-m",
        "depx",
        "extract",
        "sessions",
        "-o",
        "store",
        "--tracks",
        "word_times,bert",
    ]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write four sessions with a transcript each, a table of labels, and the store of them."""
    folder = tmp_path_factory.mktemp("recorded")
    rows = ["session,participant,mood"]
    for i in range(4):
        text = "what a happy sunny day" if i % 2 else "so tired and so alone"
        session = folder / "sessions" / f"s{i}"
        session.mkdir(parents=True)
        (session / "transcript.tsv").write_text(
            f"start_time\tstop_time\tspeaker\tvalue\n0.0\t3.0\tParticipant\t{text}\n"
        )
        rows.append(f"s{i},q{i},{18 if i % 2 else 4}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    extracted(folder)
    return folder


@pytest.fixture
def recorded(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def do(recorded: Path) -> Do:
    """Train from the store; give the lines that were said."""

    def run(name: str = "run", *more: str, **options: Any) -> Lines:
        said: Lines = []
        settings = settings_of(
            "cmg-vs",
            values=(*SET, *SCALE, *more),
            labels=recorded / "labels.csv",
            target="mood",
            **{"folds": 2, "probes": False, "device": "cpu", "checkpoint_s": 0.0, **options},
        )
        store, place = recorded / "store", recorded / name
        train([store], place, settings, report=said.append, tell=lambda _: None)
        return said

    return run


TOLD = {"metrics.json", "report.html", "MODEL_CARD.md", "run.json"}
"""What says how many trainings were judged on the same cases: here one more."""


def content(place: Path) -> dict[str, str]:
    """Hash what lies in a run and its training set, but the logs."""
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def change_label(recorded: Path) -> None:
    table = recorded / "labels.csv"
    table.write_text(table.read_text().replace("s1,q1,18", "s1,q1,17"))


def change_transcript(recorded: Path) -> None:
    path = recorded / "sessions" / "s1" / "transcript.tsv"
    path.write_text(path.read_text().replace("sunny", "cloudy"))
    extracted(recorded)


@pytest.mark.parametrize("change", [change_label, change_transcript])
def test_a_finished_run_of_other_labels_or_words_stays_until_it_is_forced(
    recorded: Path, do: Do, change: Callable[[Path], None]
) -> None:
    do()
    before = content(recorded / "run")
    assert do()[-1].endswith("up to date")
    assert content(recorded / "run") == before
    change(recorded)
    with pytest.raises(StoreError, match=r"another training set.*or --force to replace it"):
        do()
    assert content(recorded / "run") == before
    do(force=True)
    do("fresh")
    forced, fresh = (content(recorded / name) for name in ("run", "fresh"))
    assert {name for name in fresh if forced[name] != fresh[name]} == TOLD
    metrics = [read_json(recorded / name / "metrics.json") for name in ("run", "fresh")]
    assert [one["counts"].pop("test_scored") for one in metrics] == [2, 1]
    assert metrics[0] == metrics[1]
    assert content(recorded / "run")["metrics.json"] != before["metrics.json"]


def test_a_finished_run_of_another_parameter_says_which_one_differs(recorded: Path, do: Do) -> None:
    do()
    before = content(recorded / "run")
    with pytest.raises(StoreError, match=r"differs in lr; .* or --force to replace it"):
        do("run", "lr=0.01")
    assert content(recorded / "run") == before


def test_an_unfinished_run_takes_no_fit_and_no_checkpoint_of_other_labels(
    recorded: Path, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, calls = Keeper.keep, []

    def keep_and_die(keeper: Keeper, fit: Resumable) -> None:
        keep(keeper, fit)
        calls.append(1)
        if len(calls) == 3:  # in the second fit
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "keep", keep_and_die)
        with pytest.raises(Killed):
            do()
    assert (recorded / "run" / "fold0-seed0.json").is_file()
    assert list((recorded / "run").glob(".checkpoint-fold1-seed0*"))
    change_label(recorded)
    said = do()
    assert any("of another run were removed" in line for line in said)
    assert not any("there already" in line or "goes on" in line for line in said)
    do("fresh")
    assert content(recorded / "run") == content(recorded / "fresh")
