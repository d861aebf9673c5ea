"""What ``depx align`` writes of the face, MCCL reads, trains on, and takes apart."""

# T = frames, N = rows of all sessions

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.summary import AlignSummary
from depx.errors import StoreError, TrainingError
from depx.features.columns import LANDMARKS_3D, POSE, names
from depx.features.track import Track
from depx.status import look
from depx.train.ablation.run import ablate
from depx.train.cases import Corpus
from depx.train.mccl.config import Mccl
from depx.train.mccl.frames import CUES, cells, read_frames
from depx.train.mccl.landmarks import frontal, without_the_person
from depx.train.run import TrainSettings, train
from depx.train.told import last_told
from depx.verify import check

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]

LABELS = "session,phq8\n" + "".join(f"s{s},{3 * s}\n" for s in range(1, 7)) + "gone,4\nblind,5\n"
FEW: dict[str, Any] = {"patch": 2, "width": 8, "layers": 1, "epochs": 2, "validation": 0.0}


def with_landmarks(face: Track, seed: int) -> Track:
    points_FC = 50 * np.random.default_rng(seed).standard_normal((face.rows, len(LANDMARKS_3D)))
    points_FC[~face.valid_F] = np.nan
    return replace(
        face,
        columns=(*face.columns, *LANDMARKS_3D),
        value_FC=np.concatenate([face.value_FC, points_FC.astype(np.float32)], axis=1),
    )


@pytest.fixture
def made(shelf: Any, run: Run, labels: Write, tmp_path: Path) -> Path:
    """Six people; the face of "gone" is away in all of its turns, "blind" has none."""
    for s in range(1, 7):
        tables = shelf.whole(seed=s)
        shelf.session(f"s{s}", {**tables, "face": with_landmarks(tables["face"], s)})
    away = shelf.face(seed=9, lost=slice(60, 240))  # from the participant's first turn on
    shelf.session("gone", {**shelf.whole(seed=9), "face": with_landmarks(away, 9)})
    shelf.session("blind", {k: v for k, v in shelf.whole(seed=8).items() if k != "face"})
    run(shelf.path, tmp_path / "d", labels=labels(LABELS))
    return tmp_path / "d"


def read(place: Path, cues: tuple[str, ...] = tuple(CUES), **how: Any) -> Corpus:
    dataset = Dataset.open(place)
    assert dataset.target is not None
    chosen = {"cell": 2, "landmarks": "raw", "turns": "participant", **how}
    return read_frames(dataset, dataset.target, {cue: cue for cue in cues}, **chosen)


def test_rows_are_the_cells_in_which_the_participant_speaks(made: Path) -> None:
    corpus = read(made)
    assert corpus.sessions == tuple(f"s{s}" for s in range(1, 7))
    assert corpus.left_out == {
        "no face": ("blind",),
        "no face in a turn of the participant": ("gone",),
    }
    assert (corpus.rows, corpus.rate_hz) == ("frames", 3.0)
    assert corpus.time_s_N is not None
    table = pd.read_parquet(made / "frames")
    for s, session in enumerate(corpus.sessions):
        rows = slice(*corpus.offsets_S1[s : s + 2])
        own = table[table.session == session].reset_index(drop=True)
        expected = []  # cell by cell, as a person would
        for first in range(0, len(own), 2):
            cell = own[first : first + 2]
            if (cell.role == "participant").any():
                expected += [*cell.index, *range(len(own), first + 2)]
        assert len(expected) == rows.stop - rows.start
        for n, t in enumerate(expected, rows.start):
            there = t < len(own) and own.role[t] == "participant" and own.valid[t]
            pose_C = corpus.vectors["pose"][n]
            assert np.isnan(pose_C).all() == (not there)
            if there:
                np.testing.assert_array_equal(pose_C, own.loc[t, list(names(POSE))])
            assert corpus.time_s_N[n] == pytest.approx((t + 0.5) / 3.0)


def test_all_turns_are_every_frame(made: Path) -> None:
    corpus = read(made, turns="all")
    assert "gone" in corpus.sessions
    table = pd.read_parquet(made / "frames")
    of_first = table[table.session == "s1"]
    rows = slice(*corpus.offsets_S1[corpus.sessions.index("s1") :][:2])
    seen_N = np.isfinite(corpus.vectors["au"][rows]).all(axis=1)
    assert seen_N.sum() == of_first.valid.sum()
    assert rows.stop - rows.start == -(-len(of_first) // 2) * 2


def test_landmarks_are_laid_over_a_head_before_anything_else(made: Path) -> None:
    raw, shape, expression = (
        read(made, landmarks=how).vectors["landmarks"] for how in ("raw", "shape", "expression")
    )
    np.testing.assert_array_equal(frontal(raw), shape)
    offsets = read(made).offsets_S1
    first = slice(0, int(offsets[1]))
    np.testing.assert_array_equal(without_the_person(shape[first]), expression[first])


@pytest.mark.parametrize(
    ("chosen", "cell", "expected"),
    [
        ("0110100", 2, [0, 1, 2, 3, 4, 5]),
        ("0000001", 3, [6, 7, 8]),
        ("1000000", 7, [0, 1, 2, 3, 4, 5, 6]),
        ("0000000", 2, []),
    ],
)
def test_a_cell_stays_if_any_of_its_frames_is_chosen(
    chosen: str, cell: int, expected: list[int]
) -> None:
    theirs_T = np.array([one == "1" for one in chosen])
    row_N, kept_N = cells(theirs_T, cell)
    assert row_N.tolist() == expected
    assert kept_N.tolist() == [row < 7 and bool(theirs_T[row]) for row in expected]


def test_a_cue_that_a_set_lacks_is_told_and_the_others_are_read(
    shelf: Any, run: Run, labels: Write, tmp_path: Path
) -> None:
    for s in range(1, 5):
        shelf.session(f"s{s}", shelf.whole(seed=s))
    run(shelf.path, tmp_path / "d", labels=labels(LABELS))
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    available = Mccl().available(dataset, dataset.target)
    assert tuple(available) == ("pose", "gaze", "au")
    settings, line = Mccl().suited(available)
    assert line == "the training set has no landmarks: mccl reads the other cues"
    assert settings.modalities(available) == {"pose": "pose", "gaze": "gaze", "au": "au"}
    lines: list[str] = []
    trained = train(
        [tmp_path / "d"], tmp_path / "r",
        TrainSettings(probes=False, model=Mccl(**FEW), folds=2, device="cpu"),
        report=lines.append, tell=lambda _: None,
    )  # fmt: skip
    assert line in lines
    assert set(trained.metrics["drop_modality"]) == {"pose", "gaze", "au"}


def test_a_set_without_frames_names_what_mends_it(
    filled: Path, run: Run, labels: Write, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d", labels=labels("session,phq8\ns1,3\ns2,9\n"), views=("words",))
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    with pytest.raises(TrainingError, match=r"no frames of a face.*--views words,frames"):
        Mccl().available(dataset, dataset.target)


def test_nobody_with_a_face_in_their_turns_is_refused_with_the_remedy(
    shelf: Any, run: Run, labels: Write, tmp_path: Path
) -> None:
    for s in range(1, 3):
        away = shelf.face(seed=s, lost=slice(60, 240))
        shelf.session(f"s{s}", {**shelf.whole(seed=s), "face": away})
    run(shelf.path, tmp_path / "d", labels=labels(LABELS))
    with pytest.raises(TrainingError, match=r"2 no face in a turn.*--set turns=all"):
        read(tmp_path / "d", ("pose",))


def test_a_run_says_what_was_read_and_where_the_model_looked(made: Path, tmp_path: Path) -> None:
    settings = TrainSettings(probes=False, model=Mccl(**FEW), folds=2, seeds=2, device="cpu")
    train([made], tmp_path / "r", settings, report=print, tell=lambda _: None)
    card = (tmp_path / "r" / "MODEL_CARD.md").read_text()
    assert "# MCCL (multi-cue contrastive learning" in card
    assert "reads landmarks, pose, gaze, au" in card
    assert "6 sessions, " in card
    assert " frames" in card
    table = pd.read_csv(tmp_path / "r" / "attention.csv")
    assert set(table.cue) == set(CUES)
    assert set(table.segment.dropna()) == {1, 2, 3}
    assert set(table.seed) == {0, 1}
    parts = table[table.segment == 2].merge(
        table[table.segment.isna()], on=["seed", "fold", "session", "window_share", "cue"]
    )
    assert (parts.start_s_x >= parts.start_s_y).all()
    assert (parts.stop_s_x <= parts.stop_s_y).all()
    whole = table[table.segment.isna()].groupby(["seed", "fold", "session", "start_s"]).looked.sum()
    np.testing.assert_allclose(whole, 1.0, atol=1e-5)
    assert (tmp_path / "r" / "attention.png").read_bytes()[:4] == b"\x89PNG"
    about = json.loads((tmp_path / "r" / "run.json").read_text())
    assert {"attention.csv", "attention.png"} <= set(about["files"])
    assert not check(tmp_path / "r").damaged
    assert look(tmp_path / "r").exit_code == 0
    other = replace(settings, model=Mccl(**FEW, cues="pose"))
    with pytest.raises(StoreError, match="differs in modalities, cues"):
        train([made], tmp_path / "r", other, report=print, tell=lambda _: None)
    fresh = {name: (tmp_path / "r" / name).read_bytes() for name in about["files"]}
    for name in ("attention.csv", "attention.png", "predictions.parquet"):
        (tmp_path / "r" / name).unlink()  # made anew of the fits' records
    train([made], tmp_path / "r", settings, report=print, tell=lambda _: None)
    assert {name: (tmp_path / "r" / name).read_bytes() for name in about["files"]} == fresh
    told = last_told(tmp_path / "r")
    assert told is not None
    assert "cues" not in told.command  # what was refused mends nothing


@pytest.mark.slow
def test_the_papers_ablation_is_one_command(made: Path, tmp_path: Path) -> None:
    settings = TrainSettings(probes=False, model=Mccl(**FEW), folds=2, seeds=2, device="cpu")
    lines: list[str] = []
    study = ablate(
        [made], tmp_path / "study", settings, "paper", report=lines.append, tell=lambda _: None
    )
    assert study.exit_code == 0
    assert {row["arm"] for row in study.rows} == {
        *("full", "no-contrast", "no-cross", "no-temporal"),
        *(f"{how}-{cue}" for how in ("without", "only") for cue in CUES),
    }
    page = (tmp_path / "study" / "ABLATION.md").read_text()
    assert "MCCL (TCSVT 2025)" in page
    assert "| paper |" not in page
    assert "control" not in page
    assert "synthe" not in page
    assert not check(tmp_path / "study").damaged
