"""Runs with probes: fits of their own, asked for later or not at all, and no reason to fit anew."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.errors import TrainingError
from depx.extract.store.atomic import read_json
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.probes.probe import ABOUT
from depx.train.run import TrainSettings, TrainSummary, train
from depx.train.unit import Unit


@pytest.fixture
def do(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> Callable[..., tuple[TrainSummary, list[str]]]:
    more = {"gender": ["female", "male"] * 6, "site": ["x", "x", "y"] * 4}
    data = dataset(corpus(12), more=more)

    def run(**settings: Any) -> tuple[TrainSummary, list[str]]:
        lines: list[str] = []
        settings = {"model": tiny(epochs=2, lr=1e-2), "folds": 2, "seeds": 2, **settings}
        done = train(
            [data],
            tmp_path / "run",
            TrainSettings(**settings),
            report=lines.append,
            tell=lambda _outcome: None,
        )
        return done, lines

    return run


def fitted(lines: list[str]) -> list[str]:
    return [line for line in lines if ": epoch " in line]


def test_every_probe_is_judged_beside_the_model_or_says_why_not(
    do: Callable[..., tuple[TrainSummary, list[str]]], tmp_path: Path
) -> None:
    done, lines = do()
    assert set(done.metrics["probes"]) == set(ABOUT)
    assert len(fitted(lines)) == 2 * 2 + 2 * 2  # the run's own, and both probes with one seed
    rows = pd.read_parquet(tmp_path / "run" / "probes.parquet")
    for name, one in done.metrics["probes"].items():
        of_probe = rows[rows["probe"] == name]
        if name != "constant":
            assert ("left_out" in one) == of_probe.empty
        if "left_out" not in one:
            assert one["low"]["ccc"] <= one["mean"]["ccc"] <= one["high"]["ccc"]
    assert done.metrics["probes"]["duration"]["left_out"]  # this training set has no durations
    dealt = rows[rows["probe"] == "permuted"].set_index("case")["y"]
    truth = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    truth = truth[truth["seed"] == 0].set_index("case")["y"]
    assert sorted(dealt) == sorted(truth)
    assert (dealt.loc[truth.index] != truth).any()


def test_probes_and_groups_that_are_asked_for_later_fit_nothing_of_the_run_anew(
    do: Callable[..., tuple[TrainSummary, list[str]]], tmp_path: Path
) -> None:
    first, lines = do(probes=False)
    assert len(fitted(lines)) == 4
    assert "probes" not in first.metrics
    assert not (tmp_path / "run" / "probes.parquet").exists()
    later, lines = do(groups=("site",))
    assert len(fitted(lines)) == 4  # of the probes
    assert later.metrics["model"] == first.metrics["model"]
    assert set(later.metrics["groups"]) == {"gender", "site"}
    fewer, lines = do(probes=False, groups=("site",))
    assert fewer.up_to_date
    assert "probes" in fewer.metrics  # nothing takes away what was judged
    back, lines = do(probes=False)
    assert not fitted(lines)
    assert set(back.metrics["groups"]) == {"gender"}
    assert "probes" in back.metrics


def test_a_probe_that_cannot_be_fitted_costs_no_run(
    do: Callable[..., tuple[TrainSummary, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def refused(corpus: Corpus, unit: Unit) -> Corpus:
        if unit.variant == "permuted":
            raise TrainingError("nobody can deal these labels")
        return corpus

    monkeypatch.setattr("depx.train.fits.altered", refused)
    done, lines = do()
    assert "fold 1/2 seed 0 (permuted): cannot be fitted: nobody can deal these labels" in lines
    assert done.metrics["probes"]["permuted"]["left_out"] == "nobody can deal these labels"
    assert do()[0].up_to_date


def test_a_model_that_sees_no_face_has_no_probe_with_another_face(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(8), parts={"text", "acoustic"})
    settings = TrainSettings(model=tiny(synth="none", epochs=1), folds=2)
    run = tmp_path / "run"
    done = train([data], run, settings, report=print, tell=lambda _outcome: None)
    assert done.metrics["probes"]["shuffled_vision"]["left_out"] == "the model sees no face"


def test_fits_of_probes_see_what_they_should(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    # The face alone says the score: with somebody else's, the model is lost.
    made = corpus(24, signal=0.0, words=(10, 14))
    shift_N = np.repeat(made.y_S - 12.0, np.diff(made.offsets_S1)).astype("f4")
    vectors = {**made.vectors, "vision": made.vectors["vision"] + shift_N[:, None]}
    data = dataset(replace(made, vectors=vectors))
    model = tiny(synth="none", epochs=20, lr=1e-2, batch=4)
    settings = TrainSettings(model=model, folds=3)
    done = train([data], tmp_path / "run", settings, report=print, tell=lambda _outcome: None)
    assert done.metrics["model"]["mean"]["ccc"] > 0.6
    probes = done.metrics["probes"]
    assert probes["shuffled_vision"]["difference"]["low"] > 0
    assert probes["permuted"]["difference"]["low"] > 0
    assert not probes["permuted"]["near"]
    assert probes["ridge_face"]["mean"]["ccc"] > 0.6
    record = read_json(tmp_path / "run" / "fold0-seed0-permuted.json")
    assert record["model"] is None
    assert not list((tmp_path / "run").glob("model-*permuted*"))
