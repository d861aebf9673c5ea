"""Stores and session folders are brought to what a run was trained on, then predicted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from depx.align.settings import AlignSettings
from depx.errors import AlignmentError, UsageError
from depx.extract.store.atomic import write_sealed
from depx.train.cases import Corpus
from depx.train.inputs import Prepared, Wanted
from depx.train.predicting.inputs import dataset_of
from depx.train.predicting.run import Predictions, PredictSettings, predict
from depx.train.predicting.saved import SavedRun, open_run

Trained = Callable[..., Path]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """Collect what is asked of the stages before, which then do nothing."""
    found: list[Wanted] = []

    def prepare(_inputs: object, place: Path, wanted: Wanted, **_hooks: Any) -> Prepared:
        found.append(wanted)
        return Prepared(dataset=place, exit_code=0)

    monkeypatch.setattr("depx.train.predicting.inputs.prepare", prepare)
    return found


def sought(path: Path, run: SavedRun, **values: str) -> Prepared:
    return dataset_of(
        [path], path / "work", run, values=values, jobs=2, report=print, tell=print, hear=None
    )


def test_a_store_is_aligned_as_the_training_set_was_and_needs_no_labels(
    trained: Trained, asked: list[Wanted], tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    marker = {"place": "store", "schema": 1, "corpus": "folder"}
    write_sealed(tmp_path / "store" / "depx.json", marker)
    run = open_run(trained())
    run.about["made"]["align"] |= {"timing": "forced", "pool": ["mean", "std"], "pauses_s": 0.5}
    sought(tmp_path / "store", run)
    (wanted,) = asked
    settings = AlignSettings(**wanted.aligned)
    assert (settings.timing, settings.pool, settings.pauses_s) == ("forced", ("mean", "std"), 0.5)
    assert settings.views == ("words", "frames")
    assert (wanted.target, wanted.labels, wanted.splits, wanted.values) == ("", None, "none", {})


def test_session_folders_are_extracted_with_the_parameters_of_the_run_but_for_names(
    trained: Trained, asked: list[Wanted], tmp_path: Path
) -> None:
    (tmp_path / "sessions").mkdir()
    run = open_run(trained())
    sought(tmp_path / "sessions", run)
    sought(tmp_path / "sessions", run, **{"bert.window": "utterance", "face.choose": "left"})
    assert asked[0].values == {
        "bert.window": "session",
        "bert.dtype": "float32",
        "words.language": "en",
    }
    assert asked[1].values is not None
    assert asked[1].values["bert.window"] == "utterance"
    assert asked[1].values["face.choose"] == "left"
    assert asked[0].prefer_given  # the run's face was
    assert set(asked[0].tracks) == {"words", "bert", "egemaps", "face"}
    computed = run.about["made"]["tracks"]["face"][0]
    computed["origin"] = "computed"
    sought(tmp_path / "sessions", run)
    assert not asked[2].prefer_given


def test_a_training_set_is_taken_as_it_is(
    trained: Trained, asked: list[Wanted], tmp_path: Path
) -> None:
    run = open_run(trained())
    assert sought(tmp_path / "training", run) == Prepared(
        dataset=tmp_path / "training", exit_code=0
    )
    with pytest.raises(UsageError, match=r"--set face\.choose"):
        sought(tmp_path / "training", run, **{"face.choose": "left"})
    assert asked == []


@pytest.mark.parametrize("on_request", [True, False])
def test_who_is_not_in_a_training_set_is_told_by_the_exit_code_as_in_a_store(
    on_request: bool,
    trained: Trained,
    corpus: Callable[..., Corpus],
    made: Callable[..., Path],
    tmp_path: Path,
) -> None:
    lost = {"session": "s", "reason": "no transcript", "on_request": on_request}
    new = made(corpus(4, seed=7), "new", exclusions=[lost])
    done = predict(
        trained(), [new], tmp_path / "p.csv", PredictSettings(), report=print, tell=print
    )
    assert done.left_out == {"s": "no transcript"}
    assert done.exit_code == (0 if on_request else 1)


def test_the_folder_of_work_is_no_place_of_its_own(trained: Trained, tmp_path: Path) -> None:
    run = trained()
    with pytest.raises(UsageError, match="is a run; expected a folder of its own"):
        predict(
            *(run, [tmp_path / "training"], tmp_path / "p.csv", PredictSettings(work=run)),
            report=print,
            tell=print,
        )


def transcripts(folder: Path, count: int, *, broken: str = "") -> Path:
    """Write sessions that have a transcript alone, one of them without an utterance."""
    for i in range(count):
        session = folder / f"s{i}"
        session.mkdir(parents=True)
        lines = ["start_time\tstop_time\tspeaker\tvalue"]
        for k in range(0 if session.name == broken else 3):
            text = "what a happy sunny day" if i % 2 else "so tired and so alone"
            lines.append(f"{4 * k}.0\t{4 * k + 3}.0\tParticipant\t{text}")
        (session / "transcript.tsv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.slow
def test_session_folders_are_predicted_and_a_broken_one_stops_nobody(tmp_path: Path) -> None:
    from depx.train.cli import settings_of
    from depx.train.run import train

    labels = tmp_path / "labels.csv"
    rows = [f"s{i},q{i},{18 if i % 2 else 4}" for i in range(8)]
    labels.write_text("\n".join(["session,participant,mood", *rows]) + "\n")
    scale = ("target.min=0", "target.max=24", "target.positive_rule=>=10")
    settings = settings_of(
        "cmg-vs",
        values=("synth=none", "lr=1e-3", "epochs=15", *scale),
        labels=labels,
        target="mood",
        folds=2,
        device="cpu",
    )
    run = tmp_path / "run"
    train([transcripts(tmp_path / "S", 8)], run, settings, report=print, tell=lambda _: None)
    new = transcripts(tmp_path / "new", 3, broken="s2")
    lines: list[str] = []

    def predicted(folder: Path) -> Predictions:
        settings = PredictSettings(device="cpu")
        return predict(
            run, [folder], tmp_path / "p.csv", settings, report=lines.append, tell=lambda _: None
        )

    done = predicted(new)
    assert done.exit_code == 1
    assert "TranscriptError" in done.left_out["s2"]
    table = pd.read_csv(tmp_path / "p.csv").set_index("case")
    assert table.loc["s1", "y_hat"] > table.loc["s0", "y_hat"]
    assert any("is told by participant id only" in line for line in lines)  # it reads text alone
    with pytest.raises(AlignmentError, match=r"none of 1 sessions can be aligned") as refused:
        predicted(new / "s2")
    said = "\n".join([*lines, str(refused.value)])
    assert "--labels" not in said
    assert ".p.csv." not in said  # the temporary folder
    assert {path.name for path in tmp_path.iterdir()} == {"S", "labels.csv", "new", "p.csv", "run"}
