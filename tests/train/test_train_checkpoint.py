"""The checkpoint's file: what is written is what is read, and no changed byte passes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from depx.train import chance, checkpoint
from depx.train.checkpoint import Keeper, Row, State, sweep_checkpoints


class Counting:
    """A training that is nothing but its state."""

    def __init__(self, epochs: int = 0) -> None:
        self.curve: list[Row] = [{"stage": "task", "epoch": n + 1} for n in range(epochs)]
        self.inner: State = {
            "of.a.layer": torch.arange(6.0).reshape(2, 3).T,
            "step": torch.tensor(3.0),
            "none": {},
        }
        self.best: tuple[float, ...] | None = (0.1 + 0.2, -1e-17)

    def state(self) -> State:
        return {"inner": self.inner, "best": self.best, "curve": self.curve}

    def restore(self, state: State) -> None:
        self.inner, self.best, self.curve = state["inner"], state["best"], state["curve"]


Lines = list[str]


@pytest.fixture
def lines() -> Lines:
    return []


@pytest.fixture
def make(tmp_path: Path, lines: Lines) -> Callable[..., Keeper]:
    def keeper(every_s: float | None = 0.0, **identity: Any) -> Keeper:
        named = {"run": "k", "fold": 1, **identity}
        return Keeper(tmp_path / "c", named, every_s=every_s, tell=lines.append)

    return keeper


def test_what_is_kept_comes_back_to_the_bit(make: Callable[..., Keeper], lines: Lines) -> None:
    before, after = Counting(7), Counting()
    make().keep(before)
    make().resume(after)
    assert lines == ["goes on after epoch 7"]
    assert after.curve == before.curve
    assert tuple(after.best or ()) == before.best
    assert after.inner.keys() == before.inner.keys()
    for name in ("of.a.layer", "step"):
        assert torch.equal(after.inner[name], before.inner[name])
        assert after.inner[name].dtype == before.inner[name].dtype


def test_the_file_is_safetensors_with_one_entry_of_json(
    make: Callable[..., Keeper], tmp_path: Path
) -> None:
    make().keep(Counting(2))
    with safe_open(tmp_path / "c", "np") as file:
        assert sorted(file.keys()) == ["inner/of.a.layer", "inner/step"]
        (entry,) = file.metadata().values()
    assert json.loads(entry)["fit"] == {"run": "k", "fold": 1, "schema": checkpoint.SCHEMA}


def test_the_same_state_is_the_same_bytes(make: Callable[..., Keeper], tmp_path: Path) -> None:
    make().keep(Counting(2))
    first = (tmp_path / "c").read_bytes()
    make().keep(Counting(2))
    assert (tmp_path / "c").read_bytes() == first


def test_no_changed_byte_passes_wherever_it_stands(
    make: Callable[..., Keeper], tmp_path: Path, lines: Lines
) -> None:
    make().keep(Counting(1))
    kept = (tmp_path / "c").read_bytes()
    for at in range(len(kept)):
        changed = bytearray(kept)
        changed[at] ^= 1 << at % 8
        (tmp_path / "c").write_bytes(changed)
        fresh = Counting()
        make().resume(fresh)
        assert fresh.curve == [], at
        assert not (tmp_path / "c").exists()
    assert set(lines) == {"its checkpoint is damaged and is not used"}


def test_no_beginning_of_a_file_passes(make: Callable[..., Keeper], tmp_path: Path) -> None:
    make().keep(Counting(1))
    kept = (tmp_path / "c").read_bytes()
    for length in range(0, len(kept), 7):
        (tmp_path / "c").write_bytes(kept[:length])
        fresh = Counting()
        make().resume(fresh)
        assert fresh.curve == [], length


@pytest.mark.parametrize("other", [{"run": "another"}, {"fold": 2}, {"seed": 0}])
def test_a_checkpoint_of_another_fit_is_removed_unused(
    make: Callable[..., Keeper], tmp_path: Path, lines: Lines, other: dict[str, object]
) -> None:
    make(**other).keep(Counting(1))
    fresh = Counting()
    make().resume(fresh)
    assert fresh.curve == []
    assert lines == ["its checkpoint is of another run and is not used"]
    assert not (tmp_path / "c").exists()


def test_checkpoints_are_at_least_so_many_seconds_apart(
    make: Callable[..., Keeper], tmp_path: Path
) -> None:
    keeper = make(every_s=3600.0)
    keeper.keep(Counting(1))
    assert not (tmp_path / "c").exists()


def test_on_a_slow_disk_checkpoints_are_rare(
    make: Callable[..., Keeper], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Counting):
        def state(self) -> State:
            time.sleep(0.6)
            return super().state()

    monkeypatch.setattr(checkpoint, "SHORT_S", 0.0)
    keeper = make(every_s=None)
    keeper.keep(Slow(1))  # took 0.6 s, so the next is due in a minute
    first = (tmp_path / "c").read_bytes()
    keeper.keep(Slow(2))
    assert (tmp_path / "c").read_bytes() == first


def test_a_disk_that_is_full_is_told_once_and_the_checkpoint_before_stays(
    make: Callable[..., Keeper], tmp_path: Path, lines: Lines
) -> None:
    make().keep(Counting(1))
    keeper = make()
    (tmp_path / "gone").mkdir()
    keeper.path = tmp_path / "gone" / "deeper" / "c"  # a folder that is not there, for a full disk
    keeper.keep(Counting(2))
    keeper.keep(Counting(3))
    assert len(lines) == 1
    assert lines[0].startswith("no checkpoint, No such file or directory: training goes on")
    fresh = Counting()
    make().resume(fresh)
    assert len(fresh.curve) == 1


def test_only_the_named_checkpoints_outlive_a_sweep(tmp_path: Path) -> None:
    for name in ("fold0-seed0", "fold1-seed0"):
        checkpoint.checkpoint_path(tmp_path, name).touch()
    sweep_checkpoints(tmp_path, keep=["fold1-seed0"])
    assert [path.name for path in tmp_path.iterdir()] == [".checkpoint-fold1-seed0.safetensors"]


def test_generators_go_on_where_they_stood() -> None:
    rng, other = np.random.default_rng(3), np.random.default_rng(4)
    device = torch.device("cpu")
    with torch.random.fork_rng(devices=[]):
        rng.random(5, dtype=np.float32)  # an odd number of halves of a word
        torch.randn(3)  # a normal is kept for the next call
        state = json.loads(json.dumps(chance.state_of(rng, device)))
        expected = rng.random(3), rng.integers(0, 9, 5), torch.randn(4), torch.rand(2)
        torch.manual_seed(99)
        chance.restore(state, other)
        found = other.random(3), other.integers(0, 9, 5), torch.randn(4), torch.rand(2)
    for one, two in zip(expected, found, strict=True):
        assert (one == two).all()
