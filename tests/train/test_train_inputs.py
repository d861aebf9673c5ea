"""From what the user points at to a training set; and the whole way from session folders."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from depx.align.settings import AlignSettings
from depx.errors import TrainingError, UsageError
from depx.extract.store.atomic import write_sealed
from depx.train.cases import Corpus
from depx.train.cli import settings_of
from depx.train.inputs import Wanted, prepare
from depx.train.run import TrainSummary, train

PLAIN = Wanted()


def silent(_: object) -> None:
    return None


@pytest.fixture
def store(tmp_path: Path) -> Path:
    place = tmp_path / "store"
    place.mkdir()
    write_sealed(place / "depx.json", {"place": "store", "schema": 1, "corpus": "folder"})
    return place


def test_a_training_set_is_taken_as_it_is(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path
) -> None:
    data = dataset(corpus(4))
    prepared = prepare([data], tmp_path / "run", PLAIN, report=silent, tell=silent)
    assert prepared.dataset == data
    assert prepared.exit_code == 0
    assert not (tmp_path / "run").exists()


def test_a_store_cannot_follow_the_parameters_of_an_extractor(store: Path, tmp_path: Path) -> None:
    wanted = Wanted(values={"face.choose": "left"})
    with pytest.raises(UsageError, match=r"face\.choose"):
        prepare([store], tmp_path / "run", wanted, report=silent, tell=silent)


@pytest.mark.parametrize(
    ("inputs", "expected"), [("mean+valid", ("mean",)), ("mean+std", ("mean", "std"))]
)
def test_a_store_is_pooled_as_the_model_reads_it(
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inputs: str,
    expected: tuple[str, ...],
) -> None:
    asked: list[AlignSettings] = []

    def align(_stores: object, place: Path, settings: AlignSettings, _report: object) -> object:
        asked.append(settings)
        return SimpleNamespace(dataset=place, exit_code=0)

    monkeypatch.setattr("depx.align.run.align", align)
    wanted = settings_of("cmg-vs", values=(f"inputs={inputs}",)).wanted
    prepare([store], tmp_path / "run", wanted, report=silent, tell=silent)
    assert [settings.pool for settings in asked] == [expected]


def test_a_store_beside_something_else_is_refused(store: Path, tmp_path: Path) -> None:
    (tmp_path / "sessions").mkdir()
    with pytest.raises(UsageError, match=r"expected one DATASET, STORE\.\.\. or SESSIONS"):
        prepare([store, tmp_path / "sessions"], tmp_path / "run", PLAIN, report=silent, tell=silent)
    with pytest.raises(UsageError, match="is named 2 times"):
        prepare([store, store], tmp_path / "run", PLAIN, report=silent, tell=silent)


def test_too_few_participants_are_told_before_anything_is_measured(tmp_path: Path) -> None:
    sessions = write_sessions(tmp_path)
    wanted = Wanted(labels=tmp_path / "labels.csv", target="mood", participants=9)
    too_few = "8 participants for 9 folds; lower --folds to 8, or add labelled sessions"
    with pytest.raises(TrainingError, match=too_few):
        prepare([sessions], tmp_path / "run", wanted, report=silent, tell=silent)
    assert not (tmp_path / "run").exists()


def write_sessions(folder: Path) -> Path:
    """Eight transcripts, half of them glad, and a table of labels; text is all there is."""
    rows = ["session,participant,mood"]
    for i in range(8):
        glad = i % 2
        lines = ["start_time\tstop_time\tspeaker\tvalue"]
        for k in range(3):
            text = "what a happy sunny day" if glad else "so tired and so alone"
            lines.append(f"{4 * k}.0\t{4 * k + 3}.0\tParticipant\t{text}")
        session = folder / "sessions" / f"s{i}"
        session.mkdir(parents=True)
        (session / "transcript.tsv").write_text("\n".join(lines) + "\n")
        rows.append(f"s{i},q{i},{18 if glad else 4}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder / "sessions"


@pytest.mark.slow
def test_session_folders_are_extracted_aligned_and_trained(tmp_path: Path) -> None:
    sessions = write_sessions(tmp_path)
    scale = ("target.min=0", "target.max=24", "target.positive_rule=>=10")
    settings = settings_of(
        "cmg-vs",
        values=("synth=none", "lr=1e-3", "epochs=15", *scale),
        labels=tmp_path / "labels.csv",
        target="mood",
        folds=2,
        device="cpu",
    )

    def run(lines: list[str]) -> TrainSummary:
        return train([sessions], tmp_path / "run", settings, report=lines.append, tell=silent)

    first = run([])
    assert first.exit_code == 0
    assert first.metrics["counts"]["participants"] == 8
    assert first.metrics["model"]["mean"]["skill"] > 0.5
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["modalities"] == {"text": "bert"}
    assert document["target"]["max"] == 24
    lines: list[str] = []
    assert run(lines).up_to_date
    assert lines[-1].endswith("up to date")
