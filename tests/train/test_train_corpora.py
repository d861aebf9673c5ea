"""From the folder of a corpus to a judged model, with nothing said but its place."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

FIT = ("--folds", "2", "--epochs", "1", "--set", "validation=0", "--jobs", "2", "-q")
SCORE = {"daic-woz": "phq8", "e-daic": "phq8", "cmdc": "phq9"}


def depx(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "depx", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def planted(corpus: Path, score: str) -> dict[str, float]:
    units: dict[str, Any] = json.loads((corpus / "truth.json").read_text())["units"]
    return {unit: told[score] for unit, told in units.items()}


@pytest.mark.parametrize("name", ["daic-woz", "e-daic", "cmdc"])
def test_a_corpus_is_extracted_aligned_and_trained_by_one_command(
    name: str, tmp_path: Path
) -> None:
    corpus, run = tmp_path / "corpus", tmp_path / "run"
    length = () if name == "cmdc" else ("--minutes", 0.6)
    depx("synth", name, corpus, "--sessions", 6, *length)
    for answer in corpus.rglob("Q*.*"):  # two answers of twelve do
        if answer.stem not in ("Q1", "Q2"):
            answer.unlink()
    target = () if name != "cmdc" else ("--target", "phq9")
    depx("train", "cmg-vs", corpus, "-o", run, *target, *FIT)
    predictions = pd.read_parquet(run / "predictions.parquet")
    assert dict(zip(predictions.case, predictions.y, strict=True)) == planted(corpus, SCORE[name])
    people = {"cmdc": "cmdc-"}.get(name, "daic-")
    assert (predictions.participant == people + predictions.case).all()
    sessions = pd.read_parquet(run / "dataset" / "sessions.parquet")
    assert len(sessions) == (12 if name == "cmdc" else 6)
    assert set(sessions.corpus) == {name}
