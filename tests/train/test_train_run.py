"""A whole run: same bytes however it is run, resumed, refused where it would destroy or mislead."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from safetensors import safe_open

from depx.align.dataset import Target
from depx.errors import StoreError, TrainingError, UsageError
from depx.train.cases import Corpus
from depx.train.cli import train as command
from depx.train.cmgvs.config import CmgVs
from depx.train.inputs import Wanted
from depx.train.run import TrainSettings, TrainSummary, train

CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
SMALL = ["width=16", "heads=2", "layers=1", "latent_width=3", "epochs=2"]

Lines = list[str]


def run(
    dataset: Path, place: Path, model: CmgVs, lines: Lines | None = None, **options: Any
) -> TrainSummary:
    said: Lines = [] if lines is None else lines
    settings = TrainSettings(probes=False, model=model, **({"folds": 2} | options))
    return train([dataset], place, settings, report=said.append, tell=lambda _: None)


def content(place: Path) -> dict[str, str]:
    """Hash all files of a run but its log."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != "log.jsonl"
    }


def command_line(*arguments: object) -> list[str]:
    small = [word for value in SMALL for word in ("--set", value)]
    return ["cmg-vs", *map(str, arguments), "--folds", "2", "--no-probes", *small]


def test_a_run_holds_all_that_repeats_and_judges_it(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    place = tmp_path / "run"
    summary = run(dataset(corpus(9)), place, tiny(), seeds=2)
    document = json.loads((place / "run.json").read_text())
    assert set(document["files"]) | {"run.json"} == set(content(place))
    for name, file in document["files"].items():
        assert content(place)[name] == file["sha256"]
    assert document["config"]["layers"] == 1
    assert document["modalities"] == {"text": "bert", "acoustic": "egemaps", "vision": "face"}
    folds = document["protocol"]["folds"]
    assert sorted(name for fold in folds for name in fold) == sorted(corpus(9).participants)
    assert summary.metrics == json.loads((place / "metrics.json").read_text())
    assert "not a diagnostic device" in (place / "MODEL_CARD.md").read_text()


def test_predictions_have_a_row_a_case_fold_and_seed_each_tested_once_a_seed(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = corpus(9, sessions_a_case=2)
    run(dataset(whole), tmp_path / "run", tiny(), folds=3, seeds=2)
    table = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pandas()
    assert len(table) == 9 * 2
    assert (table.groupby(["seed", "case"]).size() == 1).all()
    folds_of = table.groupby("participant")["fold"].nunique()
    assert (folds_of == 1).all()
    label = dict(zip(whole.cases, whole.y_S, strict=True))
    assert table["y"].tolist() == [label[case] for case in table["case"]]
    assert table["p"].isna().all()


def test_metrics_stand_beside_those_of_a_constant(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    metrics = run(dataset(corpus(9)), tmp_path / "run", tiny(), folds=3).metrics
    table = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pandas()
    for name, column in (("model", "y_hat"), ("constant", "constant")):
        rmse = np.sqrt(np.mean((table["y"] - table[column]) ** 2))
        assert metrics[name]["mean"]["rmse"] == pytest.approx(rmse)
    for _, fold in table.groupby("fold"):
        others = table[~table["participant"].isin(fold["participant"])]
        assert fold["constant"].to_numpy() == pytest.approx(others["y"].mean())
    assert metrics["counts"]["positives"] == (table["y"] >= 10).sum()


def test_jobs_do_not_change_a_byte(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(8))
    model = tiny(dropout=0.1)
    run(data, tmp_path / "one", model, jobs=1)
    run(data, tmp_path / "two", model, jobs=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_another_seed_gives_other_weights_on_the_same_folds(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    run(dataset(corpus(8)), tmp_path / "run", tiny(), seeds=2)
    found = content(tmp_path / "run")
    assert found["model-fold0-seed0.safetensors"] != found["model-fold0-seed1.safetensors"]
    table = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pandas()
    assert (table.groupby("case")["fold"].nunique() == 1).all()


def test_a_whole_run_is_not_done_again(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data, place = dataset(corpus(8)), tmp_path / "run"
    first = run(data, place, tiny(aug_ramp=1))
    times = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    lines: Lines = []
    again = run(data, place, tiny(aug_ramp=1), lines)
    assert again.up_to_date
    assert again.metrics == first.metrics
    assert lines == [f"{place}: up to date"]
    assert times == {path: path.stat().st_mtime_ns for path in place.iterdir()}


def test_a_fit_that_was_cut_short_is_done_again_to_the_same_bytes(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data, place = dataset(corpus(8)), tmp_path / "run"
    run(data, place, tiny(aug_ramp=1))
    whole = content(place)
    for name in ("run.json", "metrics.json", "fold1-seed0.json"):
        (place / name).unlink()
    (place / ".metrics.json.999.tmp").write_text("half")
    lines: Lines = []
    run(data, place, tiny(aug_ramp=1), lines)
    assert lines[0] == "1 of 2 fits are there already"
    assert content(place) == whole


def test_fits_of_an_unfinished_run_of_other_settings_are_not_taken(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data, place = dataset(corpus(8)), tmp_path / "run"
    run(data, place, tiny(epochs=1))
    (place / "run.json").unlink()
    run(data, place, tiny(epochs=2))
    run(data, tmp_path / "fresh", tiny(epochs=2))
    assert content(place) == content(tmp_path / "fresh")


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path
) -> None:
    data = dataset(corpus(8))
    script = "import sys; from depx.train.cli import train; train(sys.argv[1:])"
    places = [tmp_path / "straight", tmp_path / "killed"]
    lines = [command_line(data, "-o", place, "--seeds", 3, "--device", "cpu") for place in places]
    start = [sys.executable, "-c", script]
    subprocess.run([*start, *lines[0]], check=True, capture_output=True)
    child = subprocess.Popen(
        [*start, *lines[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (places[1] / "fold0-seed0.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not (places[1] / "run.json").exists()
    subprocess.run([*start, *lines[1]], check=True, capture_output=True)
    assert content(places[0]) == content(places[1])


def test_a_run_of_other_settings_is_not_overwritten_unless_forced(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data, place = dataset(corpus(8)), tmp_path / "run"
    run(data, place, tiny())
    before = content(place)
    with pytest.raises(StoreError, match="differs in layers"):
        run(data, place, tiny(layers=2))
    assert content(place) == before
    run(data, place, tiny(layers=2), force=True)
    assert content(place) != before
    run(data, place, tiny(), force=True)
    assert content(place) == before


def test_a_folder_of_something_else_is_refused(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(8))
    with pytest.raises(StoreError, match="is a dataset"):
        run(data, data, tiny())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(StoreError, match="neither empty nor a run"):
        run(data, tmp_path / "mine", tiny())


def test_sessions_without_a_label_or_a_word_are_left_out_and_counted(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = corpus(10)
    lengths = np.diff(whole.offsets_S1)
    y_S = whole.y_S.copy()
    y_S[3] = np.nan
    kept_N = np.repeat(np.arange(10) != 5, lengths)
    lengths[5] = 0
    holed = replace(
        whole,
        y_S=y_S,
        offsets_S1=np.concatenate([[0], np.cumsum(lengths)]),
        vectors={part: value_NC[kept_N] for part, value_NC in whole.vectors.items()},
    )
    lines: Lines = []
    lost = {"session": "s010", "reason": "no transcript", "on_request": False}
    run(dataset(holed, exclusions=[lost]), tmp_path / "run", tiny(), lines)
    assert "1 session left out: no label: s003" in lines
    assert "1 session left out: no words: s005" in lines
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["sessions_left_out"] == {
        "not in the training set: no transcript": ["s010"],
        "no label": ["s003"],
        "no words": ["s005"],
    }
    html = (tmp_path / "run" / "report.html").read_text()
    assert "1 session: not in the training set: no transcript" in html
    table = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pandas()
    assert len(table) == 8
    # the words of the others are still their own: every label stands with its case
    label = dict(zip(whole.cases, whole.y_S, strict=True))
    assert table["y"].tolist() == [label[case] for case in table["case"]]


def test_a_case_of_two_labels_is_refused(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = corpus(8)
    torn = replace(whole, cases=("one", "one", *whole.cases[2:]))
    with pytest.raises(TrainingError, match="case one"):
        run(dataset(torn), tmp_path / "run", tiny())


def test_a_training_set_without_labels_is_refused(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    with pytest.raises(TrainingError, match="--labels"):
        run(dataset(corpus(8), None), tmp_path / "run", tiny())


def test_more_folds_than_participants_are_refused_with_both_numbers(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    with pytest.raises(
        TrainingError, match="4 labelled participants for 5 folds; lower --folds to 4"
    ):
        run(dataset(corpus(4)), tmp_path / "run", tiny(), folds=5)


def test_class_metrics_are_those_of_the_probability(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(10, target=CLASS), CLASS)
    metrics = run(data, tmp_path / "run", tiny(epochs=8, lr=3e-3)).metrics
    table = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pandas()
    called = table["p"] >= 0.5
    hits = (called & (table["y"] == 1)).sum()
    assert metrics["model"]["mean"]["recall_positive"] == pytest.approx(hits / 5)


def test_models_are_safetensors_that_name_their_columns(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    run(dataset(corpus(8)), tmp_path / "run", tiny())
    with safe_open(tmp_path / "run" / "model-fold0-seed0.safetensors", "np") as model:
        about = json.loads(model.metadata()["depx"])
        assert about["columns"]["vision"] == ["vision0", "vision1", "vision2", "vision3"]
        assert model.get_tensor("normaliser.vision.centre").shape == (4,)
        names = list(model.keys())
        assert {name.partition(".")[0] for name in names} == {
            "recogniser",
            "synthesiser",
            "normaliser",
        }


def test_the_command_line_ends_with_metric_model_and_constant(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path
) -> None:
    line = command_line(dataset(corpus(8)), "-o", tmp_path / "run")
    done = CliRunner().invoke(command, line, catch_exceptions=False)
    assert done.exit_code == 0
    assert "fold 2/2 seed 0" in done.stderr
    titles = [row.split()[0] for row in done.stdout.splitlines()]
    assert titles[:4] == ["metric", "CCC", "Pearson", "RMSE"]
    assert str(tmp_path / "run") in done.stdout
    as_json = CliRunner().invoke(command, [*line, "--json", "--quiet"], catch_exceptions=False)
    assert json.loads(as_json.stdout)["counts"]["cases"] == 8
    assert as_json.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch", "x", "-o", "y"], "there are: cmg-vs"),
        (["cmg-vs"], "INPUT"),
        (["cmg-vs", "x", "-o", "y", "--set", "synth=both"], "joint|two-stage|none"),
        (["cmg-vs", "x", "-o", "y", "--folds", "1"], "--folds 1"),
        (["cmg-vs", "x", "-o", "y", "--epochs", "0"], "epochs=0"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error_and_writes_nothing(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, [*arguments, *([] if "-o" in arguments else ["z"])])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wanted",
    [Wanted(labels=Path("t.csv")), Wanted(target="phq9"), Wanted(values={"face.choose": "left"})],
)
def test_options_that_a_training_set_cannot_follow_are_refused(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    wanted: Wanted,
) -> None:
    with pytest.raises(UsageError):
        run(dataset(corpus(8)), tmp_path / "run", tiny(), wanted=wanted)


def test_the_parameters_of_a_model_are_listed() -> None:
    done = CliRunner().invoke(command, ["cmg-vs", "--list"], catch_exceptions=False)
    assert "synth=joint [joint|two-stage|none|noise|shuffled]" in done.output
