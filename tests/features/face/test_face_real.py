"""The facial track of real recordings, against OpenFace's output for the same frames."""

# F = frames

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from depx.extract.picture import open_film
from depx.features.columns import FACE, names
from depx.features.extractor import Frame, Inputs, Measured, Picture
from depx.features.face.extractor import Face
from depx.features.track import LongTrack, Track
from depx.features.types import F64

INDEX = {name: c for c, name in enumerate(names(FACE))}


@cache
def measure(path: Path, *, first: int | None = None, mirrored: bool = False) -> Measured:
    def frames() -> Iterator[Frame]:
        for count, frame in enumerate(open_film(path).frames()):
            if count == first:
                return
            image = np.ascontiguousarray(frame.image[:, ::-1]) if mirrored else frame.image
            yield Frame(frame.time_s, image)

    return Face()(Inputs(picture=Picture(frames=frames, rate_hz=25.0)))


def track_of(measured: Measured) -> Track:
    assert isinstance(measured.table, LongTrack)
    return measured.table.whole()


def openface(path: Path) -> dict[str, F64]:
    with path.open(newline="") as lines:
        reader = csv.reader(lines, skipinitialspace=True)
        header = next(reader)
        rows = np.array([[float(cell) for cell in row] for row in reader])
    return dict(zip(header, rows.T, strict=True))


@pytest.fixture(scope="module", params=["clip03.avi", "webcam_light.wmv"])
def pair(
    request: pytest.FixtureRequest, real_data: Path
) -> tuple[str, dict[str, F64], dict[str, F64]]:
    """Columns of a clip by depx and by OpenFace, over the frames in which both saw the face."""
    clip = real_data / "openface" / request.param
    track = track_of(measure(clip))
    theirs = openface(clip.with_suffix(".csv"))
    rows = min(track.rows, theirs["frame"].size)
    both_F = track.valid_F[:rows] & (theirs["confidence"][:rows] > 0.8)
    ours = {name: track.value_FC[:rows, c][both_F].astype(float) for name, c in INDEX.items()}
    return request.param, ours, {name: value[:rows][both_F] for name, value in theirs.items()}


def r(a_F: F64, b_F: F64) -> float:
    seen_F = np.isfinite(a_F) & np.isfinite(b_F)  # a gaze that cannot be seen is NaN
    return float(np.corrcoef(a_F[seen_F], b_F[seen_F])[0, 1])


def test_pose_has_openface_s_signs_scale_and_zero(
    pair: tuple[str, dict[str, F64], dict[str, F64]],
) -> None:
    clip, ours, theirs = pair
    # measured: T .99 or better; Rx .93 .93, Rz .96 .98; Ry .99, but .61 on a head that hardly turns
    least = {"pose_Tx": 0.97, "pose_Ty": 0.95, "pose_Tz": 0.95, "pose_Rx": 0.85, "pose_Rz": 0.9}
    least["pose_Ry"] = 0.95 if clip == "clip03.avi" else 0.45
    for name, bound in least.items():
        assert r(ours[name], theirs[name]) > bound, name
    assert np.median(ours["pose_Tz"] / theirs["pose_Tz"]) == pytest.approx(1, abs=0.1)
    for name in ("pose_Rx", "pose_Ry", "pose_Rz"):  # measured: 7.3 degrees in one yaw, else < 3
        assert abs(np.degrees(np.median(ours[name] - theirs[name]))) < 10, name


def test_gaze_has_openface_s_signs(pair: tuple[str, dict[str, F64], dict[str, F64]]) -> None:
    clip, ours, theirs = pair
    if clip == "webcam_light.wmv":  # eyes of 34 px
        for eye in (0, 1):
            assert r(ours[f"gaze_{eye}_x"], theirs[f"gaze_{eye}_x"]) > 0.45
            assert r(ours[f"gaze_{eye}_y"], theirs[f"gaze_{eye}_y"]) > 0.35
    assert np.nanmedian(ours["gaze_0_z"]) < -0.8  # towards the camera


def test_landmarks_lie_on_openface_s(pair: tuple[str, dict[str, F64], dict[str, F64]]) -> None:
    _, ours, theirs = pair
    eyes_px = np.hypot(theirs["x_36"] - theirs["x_45"], theirs["y_36"] - theirs["y_45"])
    for first, bound in ((17, 0.07), (0, 0.08)):  # measured: .05 and .03, .05 and .04
        off_px = [
            np.hypot(ours[f"x_{p}"] - theirs[f"x_{p}"], ours[f"y_{p}"] - theirs[f"y_{p}"])
            for p in range(first, 68)
        ]
        assert np.median(np.mean(off_px, axis=0) / eyes_px) < bound


def test_blinks_and_open_mouths_are_openface_s(
    pair: tuple[str, dict[str, F64], dict[str, F64]],
) -> None:
    _, ours, theirs = pair
    for au in ("AU45_r", "AU25_r"):
        assert r(ours[au], theirs[au]) > 0.5, au


def test_a_mirrored_clip_gives_the_mirrored_track(real_data: Path) -> None:
    clip = real_data / "openface" / "webcam_light.wmv"
    plain, mirror = (track_of(measure(clip, first=120, mirrored=m)) for m in (False, True))
    assert mirror.valid_F.all()

    def of(track: Track, name: str) -> F64:
        return track.value_FC[:, INDEX[name]].astype(np.float64)

    # measured: r .86 to .99; the median differs by 4 degrees in one gaze, else by less than 3
    for name, other, sign, off_deg in (
        ("pose_Rx", "pose_Rx", 1, 3),
        ("pose_Ry", "pose_Ry", -1, 3),
        ("pose_Rz", "pose_Rz", -1, 3),
        ("gaze_0_x", "gaze_1_x", -1, 6),
        ("gaze_1_x", "gaze_0_x", -1, 6),
        ("gaze_angle_x", "gaze_angle_x", -1, 5),
        ("gaze_angle_y", "gaze_angle_y", 1, 3),
    ):
        assert r(of(mirror, name), sign * of(plain, other)) > 0.8, name
        off_rad = np.nanmedian(of(mirror, name) - sign * of(plain, other))
        assert abs(np.degrees(off_rad)) < off_deg, name
    for name, other in (("AU12_r_left", "AU12_r_right"), ("AU45_r_left", "AU45_r_right")):
        assert r(of(mirror, name), of(plain, other)) > 0.9, name
        assert r(of(mirror, other), of(plain, name)) > 0.9, name
    for left, right in ((0, 16), (17, 26), (36, 45), (48, 54)):
        np.testing.assert_allclose(of(mirror, f"x_{left}"), 640 - of(plain, f"x_{right}"), atol=8)


def test_the_interview_shows_a_face_in_each_of_its_825_frames(real_data: Path) -> None:
    measured = measure(real_data / "sessions" / "901_P" / "901_VIDEO.mp4")
    track = track_of(measured)
    assert track.rows == 825
    assert track.valid_F.all()
    assert np.isfinite(track.value_FC[:, track.group("pose", "landmarks_2d", "quality")]).all()
    assert measured.quality["identities"] == 11  # its speaker changes ten times
    assert measured.quality["shots"] == 11
    assert measured.quality["largest_gap_s"] == 0
    (line,) = measured.warnings
    assert "11 identities follow one another" in line


def test_the_far_person_of_an_interview_room_is_found_in_each_frame(real_data: Path) -> None:
    measured = measure(real_data / "video" / "interview_room_far.mp4")
    assert measured.quality["frames_valid"] == 75
    assert measured.quality["identities"] == 1
    assert measured.warnings == ()


def test_when_the_face_leaves_the_rows_stay(real_data: Path) -> None:
    measured = measure(real_data / "video" / "variable_rate_face_then_none.mov")
    track = track_of(measured)
    assert track.rows == 169
    assert track.valid_F[:60].all()
    assert not track.valid_F[-60:].any()
    assert np.isnan(track.value_FC[~track.valid_F]).all()
    assert "of 169 frames" in measured.warnings[0]


def test_of_two_people_the_one_who_stays_is_the_participant(real_data: Path) -> None:
    clip = real_data / "openface" / "clip03.avi"
    measured = measure(clip)
    assert set(track_of(measured).value_FC[:, INDEX["face_id"]]) == {0}
    assert measured.quality["faces_at_most"] == 2
    assert "several faces in" in measured.warnings[0]


def test_a_lost_frame_in_a_real_clip_is_bridged_by_the_same_identity(real_data: Path) -> None:
    capture = cv2.VideoCapture(str(real_data / "openface" / "webcam_dark.wmv"))
    images = [capture.read()[1].astype(np.uint8) for _ in range(30)]
    for dropped in (np.zeros_like(images[0]), np.full_like(images[0], 255)):
        images[15] = dropped
        frames = [Frame(f / 25, image) for f, image in enumerate(images)]
        picture = Picture(frames=lambda frames=frames: iter(frames), rate_hz=25.0)
        measured = Face()(Inputs(picture=picture))
        assert np.flatnonzero(~track_of(measured).valid_F).tolist() == [15]
        assert measured.quality["identities"] == 1
