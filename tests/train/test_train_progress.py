"""Each epoch of each fit is told as it is done, in this process or another."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from depx.train.cases import Corpus
from depx.train.cli import train as command
from depx.train.cmgvs.config import CmgVs
from depx.train.run import TrainSettings, train


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_epoch_is_told_between_the_beginning_and_the_end_of_the_fits(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    jobs: int,
) -> None:
    place, heard = tmp_path / "run", list[Any]()

    def again() -> list[Any]:
        heard.clear()
        settings = TrainSettings(probes=False, model=tiny(synth="two-stage"), folds=3, jobs=jobs)
        train(
            [data], place, settings, report=lambda _: None, tell=lambda _: None, hear=heard.append
        )
        return [event["event"] for event in heard]

    data = dataset(corpus(9))
    names = again()
    assert (names[0], names[-1]) == ("fits_begun", "fitted")
    assert (heard[0]["fits"], heard[0]["jobs"]) == (3, jobs)
    assert names.count("fit") == 3
    for fold in range(3):
        record = json.loads((place / f"fold{fold}-seed0.json").read_text())
        about = {"event", "at", "fit", "of"}
        told = [
            {name: value for name, value in event.items() if name not in about}
            for event in heard
            if event["event"] == "epoch" and event["fit"] == f"fold {fold + 1}/3 seed 0"
        ]
        assert told == record["curve"]
        assert len(told) == 6
    assert again() == []  # it was whole


def test_a_script_can_follow_the_epochs(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path
) -> None:
    small = ("width=16", "heads=2", "layers=1", "epochs=2")
    options = [word for value in small for word in ("--set", value)]
    events, place = tmp_path / "events.jsonl", tmp_path / "run"
    asked = ["cmg-vs", dataset(corpus(8)), "-o", place, "--folds", 2, "--no-probes"]
    asked += ["--log-json", events]
    done = CliRunner().invoke(command, [*map(str, asked), *options], catch_exceptions=False)
    assert done.exit_code == 0
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    epochs = [line for line in lines if line["event"] == "epoch"]
    assert [(line["fit"], line["epoch"], line["of"]) for line in epochs] == [
        (f"fold {fold}/2 seed 0", epoch, 2) for fold in (1, 2) for epoch in (1, 2)
    ]
    assert all(line["command"] == "train" and line["task"] > 0 for line in epochs)
