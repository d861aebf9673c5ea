"""The facial track as a whole, on frames of a real face: rows, validity, quality, model files."""

# F = frames

import importlib.metadata
import importlib.util
import itertools
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from depx.errors import DepxError, MediaError, ModelMissing, NothingToMeasure, UsageError
from depx.extract.synth.warp import Moment, render
from depx.features.columns import ACTION_UNITS_R, FACE, TIER, TIER_C, names
from depx.features.extractor import Frame, Inputs, Measured, Picture
from depx.features.face.extractor import Face
from depx.features.face.finding import graphs
from depx.features.face.finding.crop import SIDE_PX
from depx.features.face.finding.mesh import landmarks
from depx.features.face.head.canonical import VERTICES
from depx.features.face.sightings import BATCH
from depx.features.track import LongTrack, Track
from depx.features.types import F32, U8

INDEX = {name: c for c, name in enumerate(names(FACE))}
STILL = ("pose", "gaze", "landmarks_2d", "landmarks_3d")
"""Groups that a frame alone decides; action units depend on the person's other frames."""


@cache
def heads(frames: int) -> tuple[U8, ...]:
    """A real face that turns, blinks and speaks."""
    return tuple(
        render(
            Moment(
                yaw_rad=0.1 * np.sin(2.5 * time_s),
                pitch_rad=0.05 * np.sin(2 * time_s + 1),
                roll_rad=0.05 * np.sin(1.5 * time_s + 2),
                blink=float(abs(time_s % 1 - 0.5) < 0.1),
                mouth=max(0.0, np.sin(8 * time_s)),
            )
        )
        for time_s in (np.arange(frames) / 25).tolist()
    )


@cache
def nobody() -> U8:
    """The same picture with a grey square before the face."""
    image = heads(1)[0].copy()
    image[105:275, 120:270] = 128
    return image


def seen(pattern: str) -> list[U8]:
    """Frames with the face where the pattern has a 1, without it elsewhere."""
    return [heads(20)[f % 20] if p == "1" else nobody() for f, p in enumerate(pattern)]


def measure(
    images: Sequence[U8], *, time_s: Sequence[float] | None = None, face: Face | None = None
) -> Measured:
    clock_s = [f / 25 for f in range(len(images))] if time_s is None else time_s
    frames = [Frame(*pair) for pair in zip(clock_s, images, strict=True)]
    return (face or Face())(Inputs(picture=Picture(frames=lambda: iter(frames), rate_hz=25.0)))


def track_of(measured: Measured) -> Track:
    assert isinstance(measured.table, LongTrack)
    return measured.table.whole()


def column(track: Track, name: str) -> F32:
    return track.value_FC[:, INDEX[name]]


def test_every_frame_is_a_row_and_a_lost_face_is_a_row_of_nan() -> None:
    pattern = "111000111011"
    track = track_of(measure(seen(pattern)))
    assert track.rows == 12
    assert track.columns == FACE
    assert "".join(str(int(valid)) for valid in track.valid_F) == pattern
    assert np.isnan(track.value_FC[~track.valid_F]).all()
    assert np.isfinite(track.value_FC[track.valid_F][:, track.group(*STILL, "quality")]).all()
    assert set(column(track, "face_id")[track.valid_F]) == {0}


def test_two_runs_give_the_same_bytes() -> None:
    first, second = (track_of(measure(heads(20))) for _ in range(2))
    assert first.value_FC.tobytes() == second.value_FC.tobytes()
    assert first.valid_F.tobytes() == second.valid_F.tobytes()


def test_a_frame_is_measured_the_same_however_many_come_behind_it() -> None:
    images = list(itertools.islice(itertools.cycle(heads(20)), BATCH + 40))
    long, short = (track_of(measure(images[:frames])) for frames in (BATCH + 40, BATCH - 20))
    assert long.rows == BATCH + 40  # more than one batch
    places = long.group(*STILL, "quality")
    np.testing.assert_array_equal(long.value_FC[: short.rows][:, places], short.value_FC[:, places])


def test_columns_hold_what_their_names_say() -> None:
    track = track_of(measure(heads(20)))
    assert (column(track, "x_36") < column(track, "x_39")).all()  # the image's left eye comes first
    assert (column(track, "x_39") < column(track, "x_42")).all()
    assert (column(track, "y_8") > column(track, "y_57")).all()  # chin below mouth below nose
    assert (column(track, "y_57") > column(track, "y_30")).all()
    assert (column(track, "gaze_0_z") < -0.5).all()  # towards the camera
    assert np.isin(column(track, "n_faces"), 1).all()
    assert ((column(track, "confidence") > 0.9) & (column(track, "confidence") <= 1)).all()
    # The landmarks in space project onto those in the picture: 384 px, OpenFace's focal length.
    focal_px = (500 * 384 / 640 + 500 * 384 / 480) / 2
    for point in (8, 30, 36, 45):
        x_px = 192 + focal_px * column(track, f"X_{point}") / column(track, f"Z_{point}")
        np.testing.assert_allclose(x_px, column(track, f"x_{point}"), atol=8)


def test_an_opening_mouth_and_a_closing_eye_show_in_their_rows() -> None:
    track = track_of(measure(heads(50)))
    time_F = np.arange(50) / 25
    opening_F, closing_F = np.maximum(0, np.sin(8 * time_F)), abs(time_F % 1 - 0.5) < 0.1
    assert np.corrcoef(column(track, "AU25_r"), opening_F)[0, 1] > 0.9
    assert column(track, "AU45_r")[closing_F].min() > column(track, "AU45_r")[~closing_F].max()
    for name in ("AU25_r", "AU45_r"):
        assert column(track, name).min() >= 0
        assert column(track, name).max() <= 5


def test_equal_and_backward_times_are_moved_and_counted() -> None:
    measured = measure(heads(5), time_s=[0.0, 0.04, 0.04, 0.03, 0.12])
    assert track_of(measured).rows == 5
    assert track_of(measured).valid_F.all()
    assert (np.diff(track_of(measured).time_s) > 0).all()
    assert measured.quality["times_moved"] == 2


def test_quality_counts_frames_and_lists_gaps() -> None:
    measured = measure(seen("1110001100000111"))
    quality = measured.quality
    assert (quality["frames"], quality["frames_valid"]) == (16, 8)
    assert quality["share_valid"] == 0.5
    assert quality["gap"] == [pytest.approx((0.1, 0.22)), pytest.approx((0.3, 0.5))]
    assert quality["largest_gap_s"] == pytest.approx(5 / 25)
    assert quality["identities"] == 1
    assert measured.warnings == ()


@pytest.mark.parametrize(("pattern", "got"), [("0000", "0 of 4"), ("10000", "1 of 5")])
def test_few_frames_with_a_face_are_one_line_of_warning(pattern: str, got: str) -> None:
    measured = measure(seen(pattern))
    (line,) = measured.warnings
    assert got in line
    assert "\n" not in line
    assert track_of(measured).rows == len(pattern)


def test_a_worse_tier_than_asked_for_is_nan() -> None:
    every = track_of(measure(heads(20)))
    for asked in ("A", "B"):
        some = track_of(measure(heads(20), face=Face(au_tier=asked)))
        for c, column_ in enumerate(FACE):
            if column_.group not in ("au_r", "au_c", "au_side"):
                continue
            tiers = TIER_C if column_.group == "au_c" else TIER
            assert column_.tier == tiers[column_.name[2:4]]
            if column_.tier > asked:
                assert np.isnan(some.value_FC[:, c]).all()
            else:
                np.testing.assert_array_equal(some.value_FC[:, c], every.value_FC[:, c])


def test_a_longer_lens_moves_the_head_away_in_proportion() -> None:
    near, far = (
        column(track_of(measure(heads(5), face=Face(focal=focal))), "pose_Tz")
        for focal in (500.0, 1000.0)
    )
    np.testing.assert_allclose(far / near, 2, rtol=0.05)


@pytest.mark.parametrize("focal", [0.0, -3.0, float("nan"), float("inf")])
def test_a_focal_length_that_no_lens_has_is_refused(focal: float) -> None:
    with pytest.raises(UsageError, match=r"face\.focal"):
        Face(focal=focal)


def test_a_choice_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"face\.choose: expected left, right, largest or X,Y"):
        Face(choose="middle")


def test_a_session_without_picture_has_nothing_to_measure() -> None:
    with pytest.raises(NothingToMeasure):
        Face()(Inputs())


def test_a_picture_without_frames_is_an_error() -> None:
    with pytest.raises(MediaError, match="no frame"):
        measure([])


@pytest.mark.parametrize("size", [(120, 160), (1, 1), (2000, 3)])
def test_black_pictures_of_any_size_are_rows_without_a_face(size: tuple[int, int]) -> None:
    measured = measure([np.zeros((*size, 3), dtype=np.uint8)] * 5)
    assert track_of(measured).rows == 5
    assert not track_of(measured).valid_F.any()
    assert "0 of 5" in measured.warnings[0]


def test_column_names_are_those_of_openface() -> None:
    assert len(FACE) == len(set(names(FACE)))
    pose = [f"pose_{what}{axis}" for what in "TR" for axis in "xyz"]
    gaze = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"]
    points = [f"{axis}_{point}" for axis in ("x", "y", "X", "Y", "Z") for point in range(68)]
    units = [column_.name[2:4] for column_ in ACTION_UNITS_R]
    assert len(units) == 17
    intensities, presences = [f"AU{au}_r" for au in units], [f"AU{au}_c" for au in (*units, "28")]
    wanted = [*gaze, "gaze_angle_x", "gaze_angle_y", *pose, *points, *intensities, *presences]
    assert set(wanted) <= set(INDEX)


def test_the_models_are_those_inside_mediapipe() -> None:
    files = Face().models()
    assert set(files) == set(graphs.MODELS)
    assert all(path.stat().st_size > 100_000 for path, _ in files.values())
    assert {licence for _, licence in files.values()} == {"Apache-2.0"}


# What is installed is the one thing here that a test must pretend.


@pytest.mark.parametrize("version", ["0.10.35", "1.2.2"])
def test_a_mediapipe_that_phones_home_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    for attempt in (Face().models, lambda: measure(heads(1))):
        with pytest.raises(ModelMissing, match=version) as caught:
            attempt()
        assert "0.10.21" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_absent_mediapipe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing, match="got mediapipe none"):
        Face().models()


def test_a_missing_model_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("mediapipe", tmp_path / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(DepxError, match=r"face_landmark_with_attention\.tflite"):
        Face().models()


def test_finding_the_models_imports_neither_mediapipe_nor_cv2() -> None:
    code = (
        "import sys; from depx.features.face.extractor import Face; Face().models(); "
        "sys.exit(any(name in sys.modules for name in ('mediapipe', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_serialised_landmarks_are_read_as_their_attributes() -> None:
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    value_V3 = np.random.default_rng(1).normal(size=(VERTICES, 3)).astype(np.float32)
    value_V3[0] = 0.0  # a field that holds its default is written all the same
    message = NormalizedLandmarkList()
    for x, y, z in value_V3.tolist():
        message.landmark.add(x=x, y=y, z=z)
    read_V3 = landmarks(message.SerializeToString())
    slow = np.array([(point.x, point.y, point.z) for point in message.landmark])
    np.testing.assert_array_equal(read_V3, SIDE_PX * slow)


def test_too_few_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="buffer"):
        landmarks(b"\x0a\x0f" * 17)
