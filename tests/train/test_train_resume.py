"""A fit that was cut short after any epoch goes on there, to the same bytes."""

import hashlib
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from depx.align.dataset import Target
from depx.errors import TrainingError
from depx.train.cases import Corpus
from depx.train.checkpoint import Epoch, Keeper, Resumable
from depx.train.cmgvs import fit as loop
from depx.train.cmgvs.config import CmgVs
from depx.train.run import TrainSettings, train
from depx.train.unit import Unit
from depx.train.unit_run import run_unit

pytestmark = pytest.mark.slow

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
EPOCHS = 3

Arm = dict[str, Any]
ARMS: dict[str, tuple[Target, Arm]] = {
    "alternate": (SCORE, {}),
    "joint optimisation": (SCORE, {"optimise": "joint", "validation": 0.0}),
    "two-stage": (SCORE, {"synth": "two-stage"}),
    "two-stage without validation": (SCORE, {"synth": "two-stage", "validation": 0.0}),
    "none": (SCORE, {"synth": "none"}),
    "mix of sources": (SCORE, {"aug_source": "mix", "condition": "t"}),
    "class": (CLASS, {}),
    "class without validation": (CLASS, {"validation": 0.0}),
    "class head and items": (SCORE, {"class_weight": 0.1, "item_weight": 0.1}),
}


class Killed(BaseException):
    """The process ends here; nothing of depx catches it."""


@contextmanager
def killed_after(epochs: int) -> Iterator[None]:
    """End the block's training at the end of its n-th epoch, after what is kept is kept."""
    done = 0
    keep = Keeper.keep

    def keep_and_die(keeper: Keeper, fit: Resumable) -> None:
        nonlocal done
        keep(keeper, fit)
        done += 1
        if done == epochs:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "keep", keep_and_die)
        with pytest.raises(Killed):
            yield


def content(place: Path) -> dict[str, str]:
    """Hash all files but the log, hidden ones too."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != "log.jsonl"
    }


def checkpoints(place: Path) -> list[str]:
    return sorted(path.name for path in place.glob(".checkpoint-*"))


Lines = list[str]
Fit = Callable[..., Lines]


@pytest.fixture
def one(
    corpus: Callable[..., Corpus], answered: Callable[..., Corpus], tiny: Callable[..., CmgVs]
) -> Fit:
    """Do one fit, or what is left of it; give the lines that it said."""

    def do(place: Path, target: Target = SCORE, every_s: float | None = 0.0, **arm: Any) -> Lines:
        whole = answered(corpus(10, words=(4, 7), target=target))
        test = tuple(sorted(whole.participants)[:3])
        unit = Unit(fold=0, seed=0, test=test, device="cpu", key=arm.pop("key", "k"))
        model = tiny(**{"dropout": 0.1, "epochs": EPOCHS, "batch": 3, "lr": 3e-3, **arm})
        place.mkdir(exist_ok=True)
        told: list[str | Epoch] = []
        run_unit(whole, unit, model, target, place, tell=told.append, checkpoint_s=every_s)
        return [line for line in told if isinstance(line, str)]

    return do


@pytest.mark.parametrize("name", ARMS)
def test_a_fit_killed_after_any_epoch_ends_with_the_same_bytes(
    one: Fit, tmp_path: Path, name: str
) -> None:
    target, arm = ARMS[name]
    one(tmp_path / "straight", target, **arm)
    straight = content(tmp_path / "straight")
    place = tmp_path / "killed"
    stages = 2 if arm.get("synth") == "two-stage" else 1
    for _ in range(stages * EPOCHS):  # one epoch at a time, each in a training of its own
        with killed_after(1):
            one(place, target, **arm)
    said = one(place, target, **arm)
    assert said == [f"goes on after epoch {EPOCHS}"]
    assert content(place) == straight


@pytest.mark.parametrize("after", [1, EPOCHS, EPOCHS + 1, 2 * EPOCHS])
def test_a_resumed_fit_trains_only_the_epochs_that_are_left(
    one: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with killed_after(after):
        one(tmp_path, synth="two-stage")
    trained = []
    batches = loop.training_batches
    monkeypatch.setattr(
        loop, "training_batches", lambda *a, **b: trained.append(1) or batches(*a, **b)
    )
    said = one(tmp_path, synth="two-stage")
    assert len(trained) == 2 * EPOCHS - after
    epoch = f"{after} of stage elbo" if after <= EPOCHS else after - EPOCHS
    assert said == [f"goes on after epoch {epoch}"]


def test_a_fit_that_stops_early_stops_there_after_a_kill_as_well(one: Fit, tmp_path: Path) -> None:
    arm = {"epochs": 30, "patience": 3, "lr": 3e-2}
    one(tmp_path / "straight", **arm)
    record = json.loads((tmp_path / "straight" / "fold0-seed0.json").read_text())
    epochs = len(record["curve"])
    assert epochs < 30
    with killed_after(epochs - 1):
        one(tmp_path / "killed", **arm)
    assert one(tmp_path / "killed", **arm) == [f"goes on after epoch {epochs - 1}"]
    assert content(tmp_path / "killed") == content(tmp_path / "straight")


def test_how_often_is_kept_changes_no_byte_and_a_whole_fit_leaves_no_checkpoint(
    one: Fit, tmp_path: Path
) -> None:
    for every_s in (None, 0.0, 0.01):
        one(tmp_path / str(every_s), every_s=every_s)
    assert content(tmp_path / "None") == content(tmp_path / "0.0") == content(tmp_path / "0.01")
    assert list(content(tmp_path / "0.0")) == ["fold0-seed0.json", "model-fold0-seed0.safetensors"]


def test_a_checkpoint_of_another_run_is_not_used(one: Fit, tmp_path: Path) -> None:
    one(tmp_path / "straight")
    with killed_after(2):
        one(tmp_path / "killed", key="another")
    assert one(tmp_path / "killed") == ["its checkpoint is of another run and is not used"]
    assert content(tmp_path / "killed") == content(tmp_path / "straight")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_checkpoint_is_not_used(one: Fit, tmp_path: Path, damage: str) -> None:
    one(tmp_path / "straight")
    place = tmp_path / "killed"
    with killed_after(2):
        one(place)
    (path,) = place.glob(".checkpoint-*")
    kept = path.read_bytes()
    half = len(kept) // 2
    flipped = kept[:half] + bytes([kept[half] ^ 1]) + kept[half + 1 :]
    path.write_bytes({"cut": kept[:-1], "flipped": flipped, "empty": b""}[damage])
    assert one(place) == ["its checkpoint is damaged and is not used"]
    assert content(place) == content(tmp_path / "straight")


def test_a_disk_that_takes_no_checkpoint_costs_the_checkpoint_alone(
    one: Fit, tmp_path: Path
) -> None:
    one(tmp_path / "straight")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    model = (tmp_path / "straight" / "model-fold0-seed0.safetensors").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * model, hard))  # a checkpoint has five such
    try:
        said = one(tmp_path / "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (line,) = said
    assert line.startswith("no checkpoint, File too large: training goes on")
    assert content(tmp_path / "full") == content(tmp_path / "straight")


Run = Callable[..., Lines]


@pytest.fixture
def run(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tiny: Callable[..., CmgVs]
) -> Run:
    """Do a run of two fits, or what is left of it; give the lines that it said."""
    data = dataset(corpus(8, words=(4, 7)))

    def do(place: Path, **options: Any) -> Lines:
        said: Lines = []
        arm = {"dropout": 0.1, "epochs": EPOCHS, **options.pop("arm", {})}
        settings = TrainSettings(
            probes=False, model=tiny(**arm), folds=2, checkpoint_s=0.0, **options
        )
        train([data], place, settings, report=said.append, tell=lambda _: None)
        return said

    return do


def test_a_run_says_where_a_fit_goes_on(run: Run, tmp_path: Path) -> None:
    run(tmp_path / "straight")
    with killed_after(EPOCHS + 2):
        run(tmp_path / "killed")
    said = run(tmp_path / "killed")
    assert said[1:3] == [
        "1 of 2 fits are there already",
        "fold 2/2 seed 0: goes on after epoch 2",
    ]
    assert content(tmp_path / "killed") == content(tmp_path / "straight")


def test_a_forced_run_starts_anew(run: Run, tmp_path: Path) -> None:
    with killed_after(3):
        run(tmp_path)
    assert checkpoints(tmp_path) == [".checkpoint-fold0-seed0.safetensors"]
    assert not any("goes on" in line for line in run(tmp_path, force=True))
    assert checkpoints(tmp_path) == []


def test_checkpoints_of_an_unfinished_run_of_other_settings_are_not_used(
    run: Run, tmp_path: Path
) -> None:
    run(tmp_path / "straight")
    with killed_after(EPOCHS + 2):
        run(tmp_path / "killed", arm={"beta": 0.5}, seeds=2)
    said = run(tmp_path / "killed")
    assert not any("goes on" in line for line in said)
    assert content(tmp_path / "killed") == content(tmp_path / "straight")


def test_a_checkpoint_that_outlived_its_fit_is_removed(run: Run, tmp_path: Path) -> None:
    with killed_after(EPOCHS + 1):
        run(tmp_path)
    stray = tmp_path / ".checkpoint-fold0-seed0.safetensors"
    stray.write_bytes(b"of the fit that is whole: killed before this went")
    run(tmp_path)
    assert checkpoints(tmp_path) == []


@pytest.mark.parametrize("name", ["model-fold0-seed0.safetensors", "fold0-seed0.json"])
def test_a_fit_with_a_changed_byte_is_done_again(run: Run, tmp_path: Path, name: str) -> None:
    run(tmp_path)
    whole = content(tmp_path)
    (tmp_path / "run.json").unlink()
    path = tmp_path / name
    changed = bytearray(path.read_bytes())
    changed[-40] ^= 1
    path.write_bytes(changed)
    assert "1 of 2 fits are there already" in run(tmp_path)
    assert content(tmp_path) == whole


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_fit_cannot_do_is_one_error_in_a_process_of_its_own_as_well(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    jobs: int,
) -> None:
    few = dataset(corpus(6, words=(4, 7)))
    settings = TrainSettings(probes=False, model=tiny(), folds=2, jobs=jobs)
    place = tmp_path / "run"
    with pytest.raises(TrainingError, match="a fold has 3 labelled participants to train on"):
        train([few], place, settings, report=print, tell=print)
    assert not place.exists()
