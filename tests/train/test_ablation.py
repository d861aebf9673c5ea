"""An ablation: arms on the same folds and seeds, compared case by case, in one place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Target
from depx.clean import tidy
from depx.errors import StoreError, TrainingError, UsageError
from depx.extract.store.key import sha256_file
from depx.extract.store.log import events
from depx.status import look
from depx.train.ablation.compare import compare, over
from depx.train.ablation.run import ablate, ablation_of
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.metrics import concordance
from depx.train.place import check_place
from depx.train.run import TrainSettings
from depx.verify import check

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
VISION = ("AU12_r", "pose_Rx", "gaze_angle_x", "AU04_r")


def written(folder: Path, noise: float, seed: int) -> Path:
    """Predictions of 24 cases by three seeds, in no order."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "case": [f"c{k:02d}" for k in range(24)] * 3,
            "participant": [f"p{k // 2:02d}" for k in range(24)] * 3,
            "seed": np.repeat(range(3), 24),
            "repeat": 0,
            "y": [float(k) for k in range(24)] * 3,
        }
    )
    rows["positive"] = rows["y"] >= 10
    rows["y_hat"] = rows["y"] + noise * rng.standard_normal(72)
    rows.sample(frac=1.0, random_state=seed).to_parquet(folder / "predictions.parquet")
    return folder


def test_differences_are_paired_by_case_and_seed(tmp_path: Path) -> None:
    runs = {name: written(tmp_path / name, noise, 7) for name, noise in (("a", 2.0), ("b", 9.0))}
    found = compare(runs, SCORE)
    ccc = {}
    for name, run in runs.items():
        table = pd.read_parquet(run / "predictions.parquet")
        ccc[name] = [
            concordance(of["y"].to_numpy(), of["y_hat"].to_numpy())
            for _, of in table.groupby("seed")
        ]
    above = over(found, "b", "ccc").above
    assert above.value == pytest.approx(np.mean(np.subtract(ccc["b"], ccc["a"])))
    assert above.low < above.value < above.high < 0
    assert over(found, "a", "ccc").above is None
    assert over(found, "a", "ccc").own.value == pytest.approx(np.mean(ccc["a"]))
    assert over(found, "b", "rmse").above.low > 0
    assert over(found, "nobody", "ccc") is None


def test_settings_that_the_arms_change_are_refused() -> None:
    with pytest.raises(UsageError, match="--set synth: --ablation paper sets it arm by arm"):
        ablation_of(CmgVs(synth="none"), "paper")
    with pytest.raises(UsageError, match="there are: paper, synthesis, condition, columns"):
        ablation_of(CmgVs(), "everything")
    assert ablation_of(CmgVs(condition="t"), "synthesis").name == "synthesis"


@pytest.fixture
def ablated(tmp_path: Path, tiny: Callable[..., CmgVs]) -> Callable[..., Any]:
    def run(dataset: Path, name: str = "paper", place: str = "study", **options: Any) -> Any:
        lines: list[str] = options.pop("lines", [])
        settings = TrainSettings(probes=False, model=tiny(epochs=1), folds=2, seeds=2, **options)
        return ablate(
            [dataset],
            tmp_path / place,
            settings,
            name,
            report=lines.append,
            tell=lambda _outcome: None,
        )

    return run


def named(corpus: Corpus) -> Corpus:
    """Give the visual columns names of OpenFace."""
    from dataclasses import replace

    return replace(corpus, names={**corpus.names, "vision": VISION})


def hashes(place: Path) -> dict[str, str]:
    return {
        str(path.relative_to(place)): sha256_file(path)
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


@pytest.mark.slow
def test_the_papers_tables_are_one_command(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], ablated: Any, tmp_path: Path
) -> None:
    made = dataset(named(corpus()))
    lines: list[str] = []
    study = ablated(made, lines=lines)
    assert study.exit_code == 0
    assert study.left_out == {}
    arms = {row["arm"] for row in study.rows}
    assert len(arms) == 9
    page = (study.place / "ABLATION.md").read_text()
    for row in ("| two-stage | ", "| noise | ", "| condition-t | ", "| columns-pose-gaze | "):
        assert row in page
    for figure in (".860", ".841", ".825", ".851", ".845", ".857", ".837"):
        assert figure in page
    assert "synthesis: the paper's order is joint > two-stage > none; here by" in page
    assert (study.place / "representations.png").stat().st_size > 10_000
    table = pd.read_csv(study.place / "ablation.csv")
    joint = json.loads((study.place / "arms/joint/metrics.json").read_text())
    mine = table[(table["arm"] == "joint") & (table["metric"] == "ccc")]["value"].item()
    assert mine == pytest.approx(joint["model"]["mean"]["ccc"])
    assert look(study.place).exit_code == 0
    assert "finished: 9 of 9 arms done" in look(study.place).headline
    assert check(study.place).exit_code == 0
    assert tidy(study.place).gone == ()

    before = hashes(study.place)
    again: list[str] = []
    ablated(made, lines=again)
    assert f"{study.place}: up to date" in again
    assert not [line for line in again if line.startswith("fold ")]
    assert hashes(study.place) == before
    assert len(events(study.place, "study")) == 1
    with pytest.raises(StoreError, match="is a study, expected a run"):
        check_place(study.place)

    with pytest.raises(StoreError, match="holds the ablation paper, not synthesis"):
        ablated(made, "synthesis")
    card = (study.place / "arms/noise/MODEL_CARD.md").read_text()
    assert "- settings: `synth=noise width=16" in card
    (study.place / "arms/noise").rename(tmp_path / "lost")
    assert check(study.place).exit_code == 4
    assert "noise" in str(check(study.place).damaged[0].file)
    assert ("noise", "missing") in look(study.place).grids[0].rows
    assert look(study.place).exit_code == 1
    (tmp_path / "lost").rename(study.place / "arms/noise")
    (study.place / "arms/noise/metrics.json").write_text("{}")
    (study.place / "ablation.csv").write_text("arm\n")
    found = check(study.place)
    assert found.exit_code == 4
    assert {damage.file.name for damage in found.damaged} == {"metrics.json", "ablation.csv"}
    assert "--ablation paper" in str(found.damaged[0])
    assert "damaged" in look(study.place).headline
    ablated(made)
    assert hashes(study.place) == before


@pytest.mark.slow
def test_one_that_was_interrupted_goes_on_to_the_same_bytes(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], ablated: Any, tmp_path: Path
) -> None:
    made = dataset(named(corpus()))
    whole = ablated(made, "synthesis", "whole")

    class Stops(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            if line.startswith("arm 3 of"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ablated(made, "synthesis", lines=Stops())
    status = look(tmp_path / "study")
    assert "unfinished: 2 of 5 arms done" in status.headline
    assert status.exit_code == 1
    assert "--ablation synthesis" in (status.then or "")
    assert check(tmp_path / "study").exit_code == 1
    ablated(made, "synthesis")
    assert hashes(tmp_path / "study") == hashes(whole.place)


@pytest.mark.slow
def test_arms_that_cannot_be_trained_are_named_and_the_rest_goes_on(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], ablated: Any
) -> None:
    mute = dataset(corpus(), parts=("acoustic", "vision"))  # and no column is OpenFace's
    study = ablated(mute)
    assert study.exit_code == 1
    assert set(study.left_out) == {
        *("condition-t", "condition-a", "columns-au", "columns-pose-gaze"),
    }
    assert "the training set has no text" in study.left_out["condition-a"]
    page = (study.place / "ABLATION.md").read_text()
    assert "not trained: the training set has no text" in page
    assert look(study.place).headline.endswith("finished: 5 of 9 arms done")
    blind = dataset(corpus(), name="blind", parts=("acoustic", "text"))
    with pytest.raises(TrainingError, match="no vision"):
        ablated(blind, place="none")
    assert not (study.place.parent / "none").exists()
