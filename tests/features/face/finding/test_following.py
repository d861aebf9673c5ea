"""Identities, shots and lost faces on made scenes: the models see the demo's face, composited."""

# F = frames

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from depx.extract.synth.warp import Moment, render
from depx.features.columns import names
from depx.features.extractor import Frame, Inputs, Picture
from depx.features.face.extractor import Face
from depx.features.face.finding.detector import Detector
from depx.features.face.finding.following import NEW_SCORE, Follower, Sight
from depx.features.face.finding.shots import Shots
from depx.features.track import LongTrack, Track
from depx.features.types import F32, U8

FPS = 25


@cache
def heads(frames: int, phase: float = 0.0) -> tuple[U8, ...]:
    """A real face that turns, blinks and speaks, 320 x 320 px."""
    return tuple(
        render(
            Moment(
                yaw_rad=0.16 * np.sin(2.5 * time_s + phase),
                pitch_rad=0.05 * np.sin(2 * time_s + 1 + phase),
                roll_rad=0.05 * np.sin(1.5 * time_s + 2 + phase),
                blink=float(abs(time_s % 1 - 0.5) < 0.08),
                mouth=0.5 * abs(np.sin(8 * time_s + phase)),
            )
        )[10:330, 30:350]
        for time_s in (np.arange(frames) / FPS).tolist()
    )


@cache
def others(frames: int) -> tuple[U8, ...]:
    """Somebody else: the same photograph mirrored, with another face's proportions and colours."""
    return tuple(_other(image) for image in heads(frames, 1.0))


def _other(image: U8) -> U8:
    side = image.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - np.float32(0.45)
    from_x, from_y = 0.45 + x * (1.15 + 0.5 * y), 0.45 + y * (0.85 + 0.5 * y)
    warped = cv2.remap(
        np.ascontiguousarray(image[:, ::-1]),
        (from_x * side).astype(np.float32),
        (from_y * side).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    darker = (warped / 255) ** 1.7 * 255 * (0.55, 0.7, 0.95)
    return darker.astype(np.uint8)


@cache
def room(width: int = 960, height: int = 540, *, restless: bool = False) -> U8:
    """A wall with a door and a picture; or blotches of colour in which one may see faces."""
    wall = np.full((height, width, 3), (165, 160, 150), dtype=np.uint8)
    if restless:
        noise = np.random.default_rng(3).integers(0, 255, (27, 48, 3)).astype(np.float32)
        blotches = cv2.GaussianBlur(noise, (0, 0), 1).clip(0, 255).astype(np.uint8)
        wide = cv2.resize(blotches, (960, 540), interpolation=cv2.INTER_CUBIC)
        return cv2.resize(wide, (width, height)).astype(np.uint8)
    cv2.rectangle(wall, (width // 9, height // 3), (width // 4, height), (80, 90, 120), -1)
    cv2.rectangle(
        wall, (7 * width // 9, height // 9), (8 * width // 9, height // 3), (220,) * 3, -1
    )
    return wall


def put(scene: U8, image: U8, x: int, y: int, side: int) -> U8:
    changed = scene.copy()
    changed[y : y + side, x : x + side] = cv2.resize(
        image, (side, side), interpolation=cv2.INTER_AREA
    )
    return changed


def blank(like: U8, grey: int) -> U8:
    return np.full_like(like, grey)


def sights(images: Sequence[U8], fps: float = FPS) -> list[Sight]:
    follower = Follower()
    try:
        return [follower.see(image, frame / fps) for frame, image in enumerate(images)]
    finally:
        follower.close()


def ids(images: Sequence[U8], fps: float = FPS) -> list[tuple[int, ...]]:
    """The identities in each frame."""
    return [tuple(sorted(face.face_id for face in sight.faces)) for sight in sights(images, fps)]


def shots(images: Sequence[U8]) -> list[int]:
    looking = Shots()
    return [frame for frame, image in enumerate(images) if looking.begins(image)]


def track(images: Sequence[U8], face: Face | None = None) -> Track:
    def frames() -> Iterator[Frame]:
        return (Frame(frame / FPS, image) for frame, image in enumerate(images))

    table = (face or Face())(Inputs(picture=Picture(frames=frames, rate_hz=float(FPS)))).table
    assert isinstance(table, LongTrack)
    return table.whole()


def column(of: Track, name: str) -> F32:
    return of.value_FC[:, names(of.columns).index(name)]


def test_one_person_in_one_shot_is_one_identity() -> None:
    assert ids(heads(40)) == [(0,)] * 40


def test_a_cut_to_another_face_in_the_same_place_ends_the_identity() -> None:
    images = [*heads(20), *others(40)[20:]]
    assert shots(images) == [20]
    assert ids(images) == [(0,)] * 20 + [(1,)] * 20


def test_another_face_in_the_same_place_of_a_still_room_is_another_identity() -> None:
    faces = (*heads(15), *others(30)[15:])
    assert ids([put(room(), face, 300, 100, 330) for face in faces]) == [(0,)] * 15 + [(1,)] * 15


def test_the_same_person_after_a_cut_to_another_scene_is_not_recognised() -> None:
    near = [put(room(), face, 20, 200, 300) for face in heads(30)]
    images = [*near[:10], *others(10), *near[20:]]
    assert ids(images) == [(0,)] * 10 + [(1,)] * 10 + [(2,)] * 10


@pytest.mark.parametrize("grey", [0, 255], ids=["black", "flash"])
@pytest.mark.parametrize("lasts", [1, 5])
def test_blank_pictures_end_no_identity(grey: int, lasts: int) -> None:
    images = list(heads(30))
    for frame in range(12, 12 + lasts):
        images[frame] = blank(images[frame], grey)
    assert shots(images) == []
    assert ids(images) == [(0,)] * 12 + [()] * lasts + [(0,)] * (18 - lasts)


def test_a_flash_that_leaves_something_to_see_is_no_shot() -> None:
    images = list(heads(20))
    white = blank(images[0], 255)
    images[10] = cv2.addWeighted(images[10], 0.25, white, 0.75, 0).astype(np.uint8)
    assert ids(images) == [(0,)] * 20


def test_a_fade_to_black_and_back_keeps_the_identity() -> None:
    light = abs(np.cos(np.linspace(0, np.pi, 40)))
    images = [(face * share).astype(np.uint8) for face, share in zip(heads(40), light, strict=True)]
    found = ids(images)
    assert set(found) <= {(0,), ()}
    assert found.count(()) < 6
    assert found[-1] == (0,)


def test_across_black_another_scene_is_another_shot() -> None:
    black = blank(heads(1)[0], 0)
    images = [*heads(10), black, black, *others(20)[10:]]
    assert shots(images) == [12]
    assert ids(images) == [(0,)] * 10 + [()] * 2 + [(1,)] * 10


def test_pictures_without_contrast_begin_no_shot() -> None:
    assert shots([blank(heads(1)[0], grey) for grey in (0, 255, 90, 0)]) == []
    assert shots([blank(heads(1)[0], 0), *heads(3)]) == []  # nothing came before


def test_light_that_goes_down_ends_no_identity() -> None:
    images = [
        face if f < 12 else (face * 0.35).astype(np.uint8) for f, face in enumerate(heads(24))
    ]
    assert ids(images) == [(0,)] * 24


def test_a_hand_over_the_face_loses_it_and_it_comes_back_as_itself() -> None:
    images = [put(room(), face, 300, 100, 330) for face in heads(35)]
    for image in images[15:23]:
        cv2.rectangle(image, (400, 150), (580, 420), (90, 120, 160), -1)
    assert ids(images) == [(0,)] * 15 + [()] * 8 + [(0,)] * 12


def test_a_face_that_comes_later_is_found_in_its_first_frame() -> None:
    empty = [room()] * 12
    assert ids([*empty, *(put(room(), face, 300, 100, 330) for face in heads(8))]) == (
        [()] * 12 + [(0,)] * 8
    )


def test_when_the_face_leaves_nothing_is_found_in_its_place() -> None:
    with_face = [put(room(), face, 300, 100, 330) for face in heads(10)]
    assert ids([*with_face, *[room()] * 20]) == [(0,)] * 10 + [()] * 20


def test_a_second_face_is_met_at_the_next_look_and_keeps_its_identity() -> None:
    alone = [put(room(), face, 40, 100, 330) for face in heads(40)]
    images = [
        put(image, other, 600, 150, 250) if frame >= 5 else image
        for frame, (image, other) in enumerate(zip(alone, others(40), strict=True))
    ]
    found = ids(images)
    met = found.index((0, 1))
    assert 5 <= met <= 5 + FPS // 2 + 1
    assert found == [(0,)] * met + [(0, 1)] * (40 - met)


def test_of_ten_faces_the_eight_surest_are_followed() -> None:
    image = blank(room(1000, 520), 160)
    for k in range(10):
        image = put(image, heads(1)[0], 200 * (k % 5), 220 * (k // 5) + 10, 140 + 6 * k)
    detector = Detector()
    score = [detection.score for detection in detector.look(image)]
    detector.close()
    assert len(score) == 10
    assert min(score) > NEW_SCORE  # had there been fewer, the last would be followed too
    for sight in sights([image] * 3):
        assert [face.score for face in sight.faces] == sorted(score, reverse=True)[:8]


def test_after_ten_calm_looks_others_are_looked_for_half_as_often_until_somebody_comes() -> None:
    fps, look, calm = 20.0, 12, 10  # at 20 frames a second, 12 last longer than half a second
    alone = put(room(), heads(1)[0], 20, 100, 330)
    two = put(alone, others(1)[0], 400, 150, 250)
    three = put(two, heads(1)[0], 680, 150, 250)
    first = look * calm  # the tenth look that met nobody new; the first of all met somebody
    images = [*[alone] * (first + 1), *[two] * (2 * look), *[three] * (look + 1)]
    assert shots(images) == []
    count = [len(found) for found in ids(images, fps)]
    assert count.index(2) == first + 2 * look
    assert count.index(3) == first + 3 * look
    hasty = [*[alone] * (first - look + 1), *[two] * look]
    assert [len(found) for found in ids(hasty, fps)].index(2) == first


def test_people_who_pass_each_other_keep_their_identities() -> None:
    images = [
        put(put(room(), face, 20 + 12 * f, 40, 200), other, 700 - 12 * f, 290, 200)
        for f, (face, other) in enumerate(zip(heads(36), others(36), strict=True))
    ]
    first, *_, last = (
        sorted(s.faces, key=lambda face: face.mesh_V3[:, 1].mean()) for s in sights(images)
    )
    assert [face.face_id for face in first] == [face.face_id for face in last]
    assert ids(images) == [(0, 1)] * 36


def test_a_face_that_moves_fast_is_followed() -> None:
    images = [put(room(), face, 20 + 20 * f, 100, 200) for f, face in enumerate(heads(30))]
    assert ids(images) == [(0,)] * 30


@pytest.mark.parametrize("turn", [cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE], ids=["180", "90"])
def test_a_face_that_lies_is_not_taken_for_an_upright_one(turn: int) -> None:
    lying = [np.ascontiguousarray(cv2.rotate(face, turn), np.uint8) for face in heads(13)]
    assert ids(lying) == [()] * 13


@pytest.mark.parametrize("width_px", [77, 54])  # 4 % and 2.8 % of the picture
def test_a_far_face_is_found_in_every_frame(width_px: int) -> None:
    side = round(width_px / 0.44)  # the face is 0.44 of the composited square
    images = [put(room(1920, 1080), face, 1200, 500, side) for face in heads(15)]
    seen = sights(images)
    assert [len(sight.faces) for sight in seen] == [1] * 15
    assert np.ptp(seen[0].faces[0].mesh_V3[:, 0]) == pytest.approx(width_px, rel=0.1)


def test_a_far_face_is_found_though_the_room_looks_like_another() -> None:
    images = [put(room(1920, 1080, restless=True), face, 1200, 500, 174) for face in heads(5)]
    detector = Detector()
    doubtful = detector.look(images[0])
    detector.close()
    assert doubtful  # which used to keep the detector from looking closely
    assert ids(images) == [(0,)] * 5


def test_pixels_of_another_size_are_looked_at_anew() -> None:
    small = [cv2.resize(face, (200, 200)).astype(np.uint8) for face in heads(20)[10:]]
    seen = sights([*heads(20)[:10], *small])
    assert [len(sight.faces) for sight in seen] == [1] * 20
    assert {face.face_id for sight in seen[:10] for face in sight.faces} == {0}


TWO = [
    ("left", 0.21),
    ("right", 0.76),
    ("largest", 0.21),
    ("700,300", 0.76),
    ("0.1,0.5", 0.21),
    (None, 0.21),
]


@pytest.mark.parametrize(("choose", "across"), TWO)
def test_the_row_is_of_the_face_that_was_asked_for(choose: str | None, across: float) -> None:
    images = [
        put(put(room(), face, 40, 100, 330), other, 600, 150, 250)
        for face, other in zip(heads(6), others(6), strict=True)
    ]
    rows = track(images, Face(choose=choose))
    assert rows.valid_F.all()
    np.testing.assert_allclose(column(rows, "x_30") / 960, across, atol=0.03)
    assert set(column(rows, "n_faces")) == {2}


@pytest.mark.parametrize("choose", ["left", "right", None])
def test_a_lone_face_fills_its_row_with_its_own_identity(choose: str | None) -> None:
    images = [
        put(room(), face, 40, 150, 300) if f < 15 else put(room(), other, 600, 150, 300)
        for f, (face, other) in enumerate(zip(heads(30), others(30), strict=True))
    ]
    rows = track(images, Face(choose=choose))
    assert rows.valid_F.all()
    assert column(rows, "face_id").tolist() == [0] * 15 + [1] * 15


LEFT_AND_RIGHT = {0: 16, 17: 26, 36: 45, 39: 42, 31: 35, 48: 54, 37: 44, 41: 46}


def test_a_mirrored_video_gives_the_mirrored_track() -> None:
    straight = track(heads(50))
    mirrored = track([np.ascontiguousarray(face[:, ::-1]) for face in heads(50)])
    assert mirrored.valid_F.all()
    for left, right in LEFT_AND_RIGHT.items():
        flipped_F = 320 - column(straight, f"x_{left}")
        np.testing.assert_allclose(column(mirrored, f"x_{right}"), flipped_F, atol=4)
        np.testing.assert_allclose(
            column(mirrored, f"y_{right}"), column(straight, f"y_{left}"), atol=4
        )
    for name, sign in (("Rx", 1), ("Ry", -1), ("Rz", -1)):
        ours, theirs = column(mirrored, f"pose_{name}"), sign * column(straight, f"pose_{name}")
        assert np.corrcoef(ours, theirs)[0, 1] > 0.9, name
        assert abs(np.degrees(np.median(ours - theirs))) < 2, name


def test_half_the_size_gives_the_same_angles_and_the_same_distance() -> None:
    whole = track(heads(25))
    half = track(
        [
            cv2.resize(f, (160, 160), interpolation=cv2.INTER_AREA).astype(np.uint8)
            for f in heads(25)
        ]
    )
    assert half.valid_F.all()
    assert set(column(half, "face_id")) == {0}
    for name in ("pose_Rx", "pose_Ry", "pose_Rz"):
        off_deg = np.degrees(column(half, name) - column(whole, name))
        assert np.percentile(abs(off_deg), 90) < 2, name
    # OpenFace's focal length shrinks with the picture, so the head stays where it is.
    np.testing.assert_allclose(column(half, "pose_Tz") / column(whole, "pose_Tz"), 1, atol=0.03)


def test_a_face_between_frames_without_one_is_the_same_in_the_same_frames() -> None:
    alone = track([put(room(), face, 300, 100, 330) for face in heads(10)])
    images = [room()] * 5 + [put(room(), face, 300, 100, 330) for face in heads(10)] + [room()] * 7
    between = track(images)
    assert np.flatnonzero(between.valid_F).tolist() == list(range(5, 15))
    assert np.isnan(between.value_FC[~between.valid_F]).all()
    places = between.group("landmarks_2d")
    np.testing.assert_allclose(
        between.value_FC[5:15][:, places], alone.value_FC[:, places], atol=0.5
    )


def _clip(path: Path) -> list[Sight]:
    capture = cv2.VideoCapture(str(path))
    follower, seen = Follower(), []
    while (decoded := capture.read())[0]:
        seen.append(follower.see(decoded[1].astype(np.uint8, copy=False), len(seen) / FPS))
    follower.close()
    return seen


@pytest.mark.slow
def test_ten_changes_of_speaker_are_ten_shots_and_eleven_identities(real_data: Path) -> None:
    seen = _clip(real_data / "sessions" / "901_P" / "901_VIDEO.mp4")
    assert [f for f, sight in enumerate(seen) if sight.shot] == list(range(75, 825, 75))
    assert [face.face_id for sight in seen for face in sight.faces] == np.repeat(
        np.arange(11), 75
    ).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["interview_room_far.mp4", "small_face.mkv", "webcam_1080p.mp4"])
def test_one_real_person_is_one_identity_in_every_frame(real_data: Path, name: str) -> None:
    seen = _clip(real_data / "video" / name)
    assert [[face.face_id for face in sight.faces] for sight in seen] == [[0]] * len(seen)
