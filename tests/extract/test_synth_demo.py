"""The demo corpus: whole, repeatable, true to what it says it rendered."""

# F = frames, P = landmarks

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.errors import StoreError, UsageError
from depx.extract.synth.cast import cast
from depx.extract.synth.demo import DemoCorpus, build
from depx.extract.synth.motion import FPS
from depx.extract.synth.speech import PARTICIPANT, RATE_HZ, speak
from depx.extract.transcripts.registry import read
from depx.features.types import F64

# mediapipe 0.10.21 calls what its protobuf deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:SymbolDatabase.GetPrototype:UserWarning")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> DemoCorpus:
    """Three sessions: sound in the video, in a WAV and in a FLAC; each transcript format once."""
    return build(tmp_path_factory.mktemp("demo") / "corpus", sessions=3)


@pytest.fixture(scope="module")
def truth(corpus: DemoCorpus) -> Any:
    return json.loads(corpus.truth.read_text())


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.parametrize("seed", range(5))
def test_sessions_last_8_to_12_seconds(seed: int) -> None:
    for scene in cast(12, seed):
        room = np.random.default_rng(0)
        spoken = speak(scene.script, scene.voices, scene.pauses_s, room, frame_s=1 / FPS)
        assert 8 <= spoken.y_N.size / RATE_HZ <= 12


@pytest.mark.parametrize("sessions", [8, 12, 30])
def test_at_least_eight_participants_appear_and_keep_their_group(sessions: int) -> None:
    scenes = cast(sessions, 0)
    groups: dict[str, set[str]] = {}
    for scene in scenes:
        groups.setdefault(scene.participant, set()).add(scene.group)
    assert len(groups) >= 8
    assert all(len(group) == 1 for group in groups.values())
    assert len({scene.id for scene in scenes}) == sessions


def test_some_participants_come_back() -> None:
    assert len({scene.participant for scene in cast(12, 0)}) < 12


def test_building_again_touches_nothing(corpus: DemoCorpus) -> None:
    before = {p: p.stat().st_mtime_ns for p in corpus.folder.rglob("*") if p.is_file()}
    build(corpus.folder, sessions=3)
    assert {p: p.stat().st_mtime_ns for p in corpus.folder.rglob("*") if p.is_file()} == before


@pytest.fixture(scope="module")
def copies(
    corpus: DemoCorpus, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Two more of the first session: built elsewhere, and rebuilt after a kill."""
    fresh = build(tmp_path_factory.mktemp("fresh"), sessions=1)
    killed = tmp_path_factory.mktemp("killed")
    shutil.copytree(fresh.folder, killed, dirs_exist_ok=True)
    (killed / "truth.json").unlink()
    (killed / "sessions/demo-01/transcript.csv").unlink()
    (killed / "sessions/demo-01/.video.mp4.1.tmp").write_bytes(b"half")
    return contents(fresh.folder), contents(build(killed, sessions=1).folder)


def test_a_build_that_was_killed_ends_in_the_same_bytes(
    copies: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    fresh, resumed = copies
    assert resumed == fresh


def test_no_clock_time_and_no_machine_is_in_the_bytes(
    copies: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    for content in copies[0].values():
        assert b"creation_time" not in content
        assert os.fsencode(os.getcwd()) not in content


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("thesis")
    with pytest.raises(StoreError, match="neither empty nor a demo corpus"):
        build(tmp_path, sessions=1)
    assert (tmp_path / "README.txt").read_text() == "thesis"


def test_sessions_that_the_corpus_does_not_have_are_refused(corpus: DemoCorpus) -> None:
    with pytest.raises(StoreError, match="demo-02"):
        build(corpus.folder, sessions=1)


def test_no_session_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected 1 to 99 sessions"):
        build(tmp_path, sessions=0)


def test_labels_name_every_session_and_its_score(corpus: DemoCorpus, truth: dict[str, Any]) -> None:
    rows = list(csv.DictReader(corpus.labels.read_text().splitlines()))
    assert [row["session"] for row in rows] == list(corpus.sessions)
    for row in rows:
        told = truth["sessions"][row["session"]]
        assert (float(row["demo_score"]), row["participant"], row["group"]) == (
            told["demo_score"],
            told["participant"],
            told["group"],
        )
        assert 0 <= told["demo_score"] <= 24


def test_the_score_follows_from_the_frames(truth: dict[str, Any]) -> None:
    for told in truth["sessions"].values():
        frames = {name: np.array(values) for name, values in told["frames"].items()}
        angles = np.rad2deg([frames[f"{name}_rad"] for name in ("yaw", "pitch", "roll")])
        head_deg = np.sqrt(angles.var(axis=1).sum())
        turn = np.zeros(frames["mouth"].size, dtype=bool)
        for t in told["turns"]:
            if t["speaker"] == PARTICIPANT:
                turn |= (frames["time_s"] >= t["start_s"]) & (frames["time_s"] < t["stop_s"])
        mouth = frames["mouth"][turn].mean()
        blinks = len(told["blinks_s"]) / (turn.size / 25 / 60)
        lively = (
            0.25 * min(head_deg / 8, 1) + 0.6 * min(mouth / 0.6, 1) + 0.15 * min(blinks / 35, 1)
        )
        assert told["demo_score"] == pytest.approx(24 * (lively + told["noise"]), abs=0.06)


def test_transcripts_say_what_was_said_and_when(corpus: DemoCorpus, truth: dict[str, Any]) -> None:
    for session, told in truth["sessions"].items():
        said = read(corpus.sessions_folder / session / told["transcript"]).utterances
        assert [u.text.split() for u in said] == [t["text"].split() for t in told["turns"]]
        assert [u.speaker for u in said] == [t["speaker"] for t in told["turns"]]
        times = [[u.start_s, u.stop_s] for u in said]
        np.testing.assert_allclose(
            times, [[t["start_s"], t["stop_s"]] for t in told["turns"]], atol=1e-3
        )


def test_the_videos_frames_are_shown_when_the_truth_says(
    corpus: DemoCorpus, truth: dict[str, Any]
) -> None:
    import av

    for session, told in truth["sessions"].items():
        with av.open(str(corpus.sessions_folder / session / "video.mp4")) as video:
            shown_s = sorted(frame.time for frame in video.decode(video=0))
            silent = not video.streams.audio
        np.testing.assert_allclose(shown_s, told["frames"]["time_s"], atol=1e-6)
        assert silent == (told["sound"] != "video.mp4")


def test_sound_begins_with_the_pictures(corpus: DemoCorpus, truth: dict[str, Any]) -> None:
    import av
    import soundfile
    from scipy.signal import correlate

    for scene in cast(3, 0):
        path = corpus.sessions_folder / scene.id / truth["sessions"][scene.id]["sound"]
        if path.suffix == ".mp4":
            with av.open(str(path)) as video:
                heard_N = np.concatenate([f.to_ndarray()[0] for f in video.decode(audio=0)])
        else:
            heard_N, _ = soundfile.read(path, dtype="float32")
        chance = np.random.default_rng(scene.seed)
        meant_N = speak(scene.script, scene.voices, scene.pauses_s, chance, frame_s=1 / FPS).y_N
        lag = int(correlate(heard_N, meant_N, "full").argmax()) - (meant_N.size - 1)
        assert lag == 0
        assert heard_N.size >= meant_N.size


def test_nothing_suggests_that_anybody_is_ill(corpus: DemoCorpus) -> None:
    told = (corpus.folder / "README.txt").read_text() + corpus.labels.read_text()
    assert "synthetic" in told
    assert "no clinical measure" in told
    assert not any(word in told.lower() for word in ("depress", "patient", "phq", "disease"))


@pytest.fixture(scope="module")
def tracked(corpus: DemoCorpus, truth: dict[str, Any]) -> tuple[F64, dict[str, F64]]:
    """FaceMesh on the first session: landmarks (F, 478, 2), NaN where lost; what was rendered."""
    import cv2
    from mediapipe.python.solutions.face_mesh import FaceMesh

    session = corpus.sessions[0]
    video = cv2.VideoCapture(str(corpus.sessions_folder / session / "video.mp4"))
    rows = []
    with FaceMesh(refine_landmarks=True) as mesh:
        while True:
            read_one, image = video.read()
            if not read_one:
                break
            found = mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
            rows.append([(p.x, p.y) for p in found[0].landmark] if found else [(np.nan,) * 2] * 478)
    frames = {name: np.array(v) for name, v in truth["sessions"][session]["frames"].items()}
    return np.array(rows), frames


def span(landmark_FP2: F64, a: int, b: int) -> F64:
    return np.asarray(np.linalg.norm(landmark_FP2[:, a] - landmark_FP2[:, b], axis=1))


def test_facemesh_finds_the_face_in_every_frame(tracked: tuple[F64, dict[str, F64]]) -> None:
    landmark_FP2, frames = tracked
    assert landmark_FP2.shape[0] == frames["time_s"].size
    assert np.isfinite(landmark_FP2).all()


def test_facemesh_sees_the_blinks_and_the_mouth_that_were_rendered(
    tracked: tuple[F64, dict[str, F64]],
) -> None:
    landmark_FP2, frames = tracked
    eye = span(landmark_FP2, 159, 145) + span(landmark_FP2, 386, 374)
    mouth = span(landmark_FP2, 13, 14)
    assert np.corrcoef(eye, frames["blink"])[0, 1] < -0.93
    assert np.corrcoef(mouth, frames["mouth"])[0, 1] > 0.93


def test_facemesh_sees_the_head_turn_as_was_rendered(tracked: tuple[F64, dict[str, F64]]) -> None:
    landmark_FP2, frames = tracked
    line = landmark_FP2[:, 263] - landmark_FP2[:, 33]
    roll = np.arctan2(line[:, 1], line[:, 0])
    # The nose seen from between the eyes, along and across the line through them.
    nose = landmark_FP2[:, 4] - landmark_FP2[:, [33, 133, 362, 263]].mean(axis=1)
    along = nose[:, 0] * np.cos(roll) + nose[:, 1] * np.sin(roll)
    across = nose[:, 1] * np.cos(roll) - nose[:, 0] * np.sin(roll)
    assert np.corrcoef(along, frames["yaw_rad"])[0, 1] < -0.8
    assert np.corrcoef(across, frames["pitch_rad"])[0, 1] > 0.7
    assert np.corrcoef(roll, frames["roll_rad"])[0, 1] > 0.95
