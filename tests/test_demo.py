"""The main job on a corpus whose truth is known: features against what was rendered."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``depx demo DIR`` in a folder whose name has a space, as a user would run it."""
    folder = tmp_path_factory.mktemp("demo") / "my demo"
    done = subprocess.run(
        [sys.executable, "-m", "depx", "demo", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    return folder


@pytest.fixture(scope="module")
def truth(demo: Path) -> dict[str, Any]:
    return json.loads((demo / "truth.json").read_text())["sessions"]


def distance(face: pd.DataFrame, first: int, second: int) -> np.ndarray:
    """Distance of two landmarks in the camera's frame, in mm."""
    return np.sqrt(sum((face[f"{a}_{first}"] - face[f"{a}_{second}"]) ** 2 for a in "XYZ"))


def eye_opening(face: pd.DataFrame) -> np.ndarray:
    return (distance(face, 37, 41) + distance(face, 44, 46)) / 2


MEASURED: dict[str, tuple[Callable[[pd.DataFrame], Any], str, float]] = {
    "pose_Ry": (lambda face: face["pose_Ry"], "yaw_rad", 0.90),
    "pose_Rx": (lambda face: face["pose_Rx"], "pitch_rad", 0.80),
    "pose_Rz": (lambda face: face["pose_Rz"], "roll_rad", 0.95),
    "eye opening": (lambda face: -eye_opening(face), "blink", 0.95),
    "AU45_r": (lambda face: face["AU45_r"], "blink", 0.95),
    "mouth opening": (lambda face: distance(face, 62, 66), "mouth", 0.95),
    "AU25_r": (lambda face: face["AU25_r"], "mouth", 0.95),
    "AU26_r": (lambda face: face["AU26_r"], "mouth", 0.90),
}
"""Feature -> how it is measured, what was rendered, the least correlation over all sessions."""


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_measured_is_what_was_rendered(
    demo: Path, truth: dict[str, Any], name: str
) -> None:
    measure, rendered, least = MEASURED[name]
    pairs = []
    for session, told in truth.items():
        face = pd.read_parquet(demo / "store" / session / "face.parquet")
        got, want = np.asarray(measure(face)), np.asarray(told["frames"][rendered])
        pairs.append(np.stack([got - got.mean(), want - want.mean()]))
    got, want = np.concatenate(pairs, axis=1)
    assert np.corrcoef(got, want)[0, 1] > least


def test_every_frame_has_a_face_at_its_time(demo: Path, truth: dict[str, Any]) -> None:
    for session, told in truth.items():
        face = pd.read_parquet(demo / "store" / session / "face.parquet")
        np.testing.assert_allclose(face["time_s"], told["frames"]["time_s"], atol=2e-3)
        assert face["valid"].all()


def test_every_word_of_the_transcript_comes_in_order(demo: Path, truth: dict[str, Any]) -> None:
    for session, told in truth.items():
        words = pd.read_parquet(demo / "store" / session / "words.parquet")
        said = " ".join(turn["text"] for turn in told["turns"]).lower().split()
        assert words["text"].str.lower().tolist() == said


def test_words_lie_within_what_was_spoken(demo: Path, truth: dict[str, Any]) -> None:
    rows = pq.read_table(demo / "dataset" / "words").to_pandas()
    assert set(rows[~rows["masked"]]["role"]) == {"participant"}
    rows = rows[~rows["masked"]]
    for session, told in truth.items():
        spans = [
            (t["start_s"], t["stop_s"]) for t in told["turns"] if t["speaker"] == "Participant"
        ]
        for word in rows[rows["session"] == session].itertuples():
            assert any(a - 0.1 <= word.start_s < word.stop_s <= b + 0.1 for a, b in spans)


def test_the_mouth_is_more_open_inside_words(demo: Path) -> None:
    rows = pq.read_table(demo / "dataset" / "words").to_pandas()
    for session, words in rows[~rows["masked"]].groupby("session"):
        face = pd.read_parquet(demo / "store" / str(session) / "face.parquet")
        opening, time_s = distance(face, 62, 66), face["time_s"].to_numpy()
        inside = np.zeros(time_s.size, dtype=bool)
        for word in words.itertuples():
            inside |= (time_s >= word.start_s) & (time_s < word.stop_s)
        assert opening[inside].mean() > opening[~inside].mean()


def test_the_training_set_explains_itself(demo: Path) -> None:
    dataset = Dataset.open(demo / "dataset")
    assert dataset.target is not None
    assert (dataset.target.name, dataset.target.min, dataset.target.max) == ("demo_score", 0, 24)
    assert {name: m.width for name, m in dataset.modalities.items()} == {
        "face": 49,
        "covarep": 74,
        "egemaps": 25,
        "egemaps_turns": 88,
        "bert": 384,
    }
    assert dataset.sessions()["participant"].nunique() == 8


def test_every_case_is_predicted_once_by_a_model_that_never_saw_its_participant(
    demo: Path,
) -> None:
    rows = pd.read_parquet(demo / "run" / "predictions.parquet")
    assert len(rows) == 12
    assert rows["y_hat"].notna().all()
    assert (rows.groupby("participant")["fold"].nunique() == 1).all()


def test_what_is_printed_shows_the_commands_and_where_things_lie(demo: Path) -> None:
    said = (demo / "said.txt").read_text()
    for expected in ("$ depx extract", "$ depx align", "$ depx train cmg-vs", "CCC", "Next"):
        assert expected in said
    assert "Traceback" not in said
    assert "Warning" not in said


def test_running_the_demo_again_changes_nothing(demo: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {
            str(path.relative_to(demo)): path.read_bytes()
            for path in demo.rglob("*")
            if path.is_file() and path.name not in ("log.jsonl", "said.txt")
        }

    before = contents()
    subprocess.run(
        [sys.executable, "-m", "depx", "demo", str(demo)], check=True, capture_output=True, cwd="/"
    )
    assert contents() == before
