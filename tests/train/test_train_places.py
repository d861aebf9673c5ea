"""A run as a place: a rotten byte is named and mended alone, and status says how far a run is."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.cli import main
from depx.extract.store.lock import locked
from depx.train.cases import Corpus

SMALL = ["width=16", "heads=2", "layers=1", "latent_width=3", "epochs=1"]


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def train(data: Path, place: Path, *more: object) -> int:
    small = [word for value in SMALL for word in ("--set", value)]
    line = ["train", "cmg-vs", data, "-o", place, "--folds", 2, "--device", "cpu", "-q"]
    line += ["--no-probes", *small]
    return depx(*line, *more)


def files(place: Path) -> dict[str, tuple[str, int, int]]:
    return {
        path.name: (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in sorted(place.iterdir())
        if path.name != "log.jsonl"
    }


@pytest.fixture
def places(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path
) -> tuple[Path, Path]:
    """A training set and a run on it."""
    data, place = dataset(corpus(8)), tmp_path / "run"
    assert train(data, place) == 0
    return data, place


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = depx(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_rotten_byte_in_any_file_of_a_run_is_named_and_mended_alone(
    places: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, place = places
    before = files(place)
    chance = np.random.default_rng(1)
    for name in before:
        content = bytearray((place / name).read_bytes())
        content[int(chance.integers(len(content)))] ^= 1 << int(chance.integers(8))
        (place / name).write_bytes(content)
        code, found = asked(capsys, "verify", place)
        assert (code, [one["file"] for one in found["damaged"]]) == (4, [str(place / name)])
        assert depx("status", place) == 1
        assert train(data, place) == 0
        now = files(place)
        assert {file: of[0] for file, of in now.items()} == {
            file: of[0] for file, of in before.items()
        }
        assert {file for file in now if now[file][1:] != before[file][1:]} == {name}
        before = now
    assert asked(capsys, "verify", place)[0] == 0


def test_a_whole_run_is_finished_and_nothing_is_written_by_asking(
    places: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, place = places
    before = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    code, found = asked(capsys, "status", place)
    assert (found["state"], found["fits"]) == (
        "finished", {"fold0-seed0": "done", "fold1-seed0": "done"},
    )  # fmt: skip
    assert found["inside"][0]["kind"] == "dataset"
    assert code == found["exit_code"] == 0
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == before


def test_an_unfinished_run_names_its_fits_and_the_command_that_goes_on(
    places: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, place = places
    whole = files(place)
    for name in ("run.json", "metrics.json", "fold1-seed0.json"):
        (place / name).unlink()
    (place / ".checkpoint-fold1-seed0.safetensors").write_bytes(b"half a fit")
    (place / ".checkpoint-fold0-seed0.safetensors").write_bytes(b"of a fit that is done")
    code, found = asked(capsys, "status", place)
    assert (code, found["state"]) == (1, "unfinished")
    assert found["fits"] == {"fold0-seed0": "done", "fold1-seed0": "checkpoint"}
    assert f"depx train cmg-vs {data} -o {place} --folds 2" in found["next"]
    assert "--set width=16" in found["next"]
    assert asked(capsys, "verify", place)[0] == 1
    with locked(place):
        assert asked(capsys, "verify", place)[0] == 75
        assert depx("clean", place) == 75
    code, found = asked(capsys, "clean", place)
    assert [Path(one["path"]).name for one in found["gone"]] == [
        ".checkpoint-fold0-seed0.safetensors"
    ]
    assert "its fit goes on from there; --checkpoints removes it" in found["notes"][0]
    assert depx("clean", place, "--checkpoints") == 0
    assert train(data, place) == 0
    assert {name: of[0] for name, of in files(place).items()} == {
        name: of[0] for name, of in whole.items()
    }


def test_a_run_is_stale_when_its_training_set_is_another(
    places: tuple[Path, Path],
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, place = places
    other = dataset(corpus(8, seed=1), name="other")
    data.rename(data.with_name("before"))
    other.rename(data)
    code, found = asked(capsys, "status", place)
    assert (code, found["state"]) == (1, "stale")
    assert "is another training set than the one that it was made from" in found["differences"][0]
    assert found["next"].startswith("choose another -o, or depx train ")
    assert found["next"].endswith(" --force")
