"""Pose, gaze and landmarks of real faces, from FaceMesh's own meshes, against OpenFace's output."""

# F = frames, V = 478 mesh vertices, L = landmarks

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from depx.features.columns import EYE_LANDMARKS, names
from depx.features.face.head.eyes import eye_landmark_columns
from depx.features.face.head.gaze import gaze_columns, gaze_quality
from depx.features.face.head.landmarks import landmarks
from depx.features.face.head.pose import Camera, Heads, camera_of, heads
from depx.features.types import F64

# FaceMesh itself calls a protobuf function that will go.
pytestmark = pytest.mark.filterwarnings("ignore:SymbolDatabase.GetPrototype:UserWarning")


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip:
    """A clip's meshes where FaceMesh and OpenFace both are sure, and what OpenFace said there."""

    mesh_FV3: F64
    camera: Camera
    faces: Heads
    openface: dict[str, F64]

    def gaze(self) -> tuple[F64, F64]:
        gaze_F8 = gaze_columns(self.mesh_FV3, self.faces, self.camera)
        return gaze_F8, gaze_quality(self.mesh_FV3, self.faces, self.camera, gaze_F8)

    def stacked(self, prefixes: str, count: int) -> F64:
        return np.stack(
            [np.stack([self.openface[f"{a}_{p}"] for p in range(count)], 1) for a in prefixes], 2
        )

    def gaze_error_deg(self, quality_F: F64) -> F64:
        """Distance from OpenFace's angles but for a constant, which the surest frames tell."""
        mean = {a: self.openface[f"gaze_0_{a}"] + self.openface[f"gaze_1_{a}"] for a in "xyz"}
        theirs_F2 = np.stack([np.arctan2(mean[a], -mean["z"]) for a in "xy"], axis=1)
        off_deg = np.degrees(self.gaze()[0][:, 6:] - theirs_F2)
        sure_F = quality_F >= np.median(quality_F)
        error_deg: F64 = np.linalg.norm(off_deg - np.nanmedian(off_deg[sure_F], axis=0), axis=1)
        return error_deg


@cache
def meshes(path: Path, flip: bool, first: int | None) -> tuple[F64, Camera]:
    from mediapipe.python.solutions.face_mesh import FaceMesh

    capture = cv2.VideoCapture(str(path))
    rows: list[F64] = []
    with FaceMesh(static_image_mode=False, refine_landmarks=True) as model:
        while len(rows) != first and (decoded := capture.read())[0]:
            image = cv2.cvtColor(decoded[1], cv2.COLOR_BGR2RGB)
            image = np.ascontiguousarray(image[:, ::-1]) if flip else image
            height, width = image.shape[:2]
            found = model.process(image).multi_face_landmarks
            face = [(p.x, p.y, p.z) for p in found[0].landmark] if found else [(np.nan,) * 3] * 478
            rows.append(np.array(face) * (width, height, width))
    return np.stack(rows), camera_of(width, height, None)


@pytest.fixture(scope="module")
def clip(real_data: Path) -> Callable[[str], Clip]:
    def read(name: str) -> Clip:
        path = real_data / "openface" / name
        mesh_FV3, camera = meshes(path, flip=False, first=None)
        with path.with_suffix(".csv").open(newline="") as lines:
            reader = csv.reader(lines, skipinitialspace=True)
            header = next(reader)
            theirs = np.array([[float(cell) for cell in row] for row in reader])
        rows = min(len(mesh_FV3), len(theirs))
        sure_F = np.isfinite(mesh_FV3[:rows, 0, 0])
        sure_F &= theirs[:rows, header.index("confidence")] > 0.8
        mesh_FV3 = mesh_FV3[:rows][sure_F]
        return Clip(
            mesh_FV3=mesh_FV3,
            camera=camera,
            faces=heads(mesh_FV3, camera),
            openface=dict(zip(header, theirs[:rows][sure_F].T, strict=True)),
        )

    return read


CLIPS = ["clip02.avi", "clip03.avi", "webcam_light.wmv"]


def test_the_gaze_of_large_eyes_follows_openface_s(clip: Callable[[str], Clip]) -> None:
    webcam = clip("webcam_light.wmv")  # eyes of 34 px; measured: r .96 .56, bias -1.4 -0.7 degrees
    gaze_F8, quality_F = webcam.gaze()
    mean = {a: webcam.openface[f"gaze_0_{a}"] + webcam.openface[f"gaze_1_{a}"] for a in "xyz"}
    for column, axis, least in ((6, "x", 0.9), (7, "y", 0.4)):
        theirs_F = np.arctan2(mean[axis], -mean["z"])
        assert np.corrcoef(gaze_F8[:, column], theirs_F)[0, 1] > least
        assert abs(np.degrees(np.median(gaze_F8[:, column] - theirs_F))) < 5
    assert np.median(quality_F) > 0.6  # measured .85


def test_the_lower_the_quality_the_further_the_gaze_lies_from_openface_s(
    clip: Callable[[str], Clip],
) -> None:
    qualities, errors = [], []
    for name in CLIPS:
        quality_F = clip(name).gaze()[1]
        qualities.append(quality_F)
        errors.append(clip(name).gaze_error_deg(quality_F))
    quality_F, error_deg = np.concatenate(qualities), np.concatenate(errors)
    bins = [(0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 1.01)]
    medians = [
        float(np.nanmedian(error_deg[(quality_F >= low) & (quality_F < high)]))
        for low, high in bins
    ]
    assert (np.diff(medians) < 0).all(), medians
    assert medians[0] > 4 * medians[-1]  # measured 15, 5, 4, 2 degrees


@pytest.mark.parametrize("name", CLIPS)
def test_landmarks_lie_on_openface_s_in_the_picture_and_in_space(
    clip: Callable[[str], Clip], name: str
) -> None:
    found = clip(name)
    theirs_FL2, theirs_FL3 = found.stacked("xy", 68), found.stacked("XYZ", 68)
    eyes_F = np.linalg.norm(theirs_FL2[:, 36] - theirs_FL2[:, 45], axis=1)
    off_FL = np.linalg.norm(landmarks(found.mesh_FV3[..., :2]) - theirs_FL2, axis=2)
    assert np.median(off_FL.mean(axis=1) / eyes_F) < 0.055  # measured .037 .044 .026
    ours_FL3 = landmarks(found.faces.point_FV3)
    ours_FL3 = ours_FL3 - ours_FL3.mean(axis=1, keepdims=True)
    theirs_FL3 = theirs_FL3 - theirs_FL3.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(theirs_FL3) / np.linalg.norm(ours_FL3)
    assert scale == pytest.approx(1, abs=0.1)
    off_mm = np.linalg.norm(scale * ours_FL3 - theirs_FL3, axis=2).mean(axis=1)
    assert np.median(off_mm) < 10  # measured 7.1 6.6 8.2


@pytest.mark.parametrize("name", CLIPS)
def test_eye_landmarks_lie_on_openface_s_lids_and_the_iris_between_them(
    clip: Callable[[str], Clip], name: str
) -> None:
    found = clip(name)
    columns_FC = eye_landmark_columns(found.mesh_FV3, found.faces, found.camera)
    eye = dict(zip(names(EYE_LANDMARKS), columns_FC.T, strict=True))
    theirs_FL2 = found.stacked("xy", 68)
    eyes_F = np.linalg.norm(theirs_FL2[:, 36] - theirs_FL2[:, 45], axis=1)
    for first, ibug in ((8, 36), (36, 42)):  # 6 of the 12 points of a lid are iBUG's
        for step in range(6):
            ours_F2 = np.stack([eye[f"eye_lmk_{a}_{first + 2 * step}"] for a in "xy"], axis=1)
            off_F = np.linalg.norm(ours_F2 - theirs_FL2[:, ibug + step], axis=1) / eyes_F
            assert np.median(off_F) < 0.08, (first, step)  # measured .01-.065
        x = np.mean([eye[f"eye_lmk_x_{first - 8 + point}"] for point in range(8)], axis=0)
        inside_F = (x > eye[f"eye_lmk_x_{first}"]) & (x < eye[f"eye_lmk_x_{first + 6}"])
        assert inside_F.mean() > 0.85


def test_the_mirrored_clip_gives_the_mirrored_face(real_data: Path) -> None:
    path = real_data / "openface" / "webcam_light.wmv"
    sides = []
    for flip in (False, True):
        mesh_FV3, camera = meshes(path, flip=flip, first=60)
        faces = heads(mesh_FV3, camera)
        gaze_F8 = gaze_columns(mesh_FV3, faces, camera)
        sides.append((faces, gaze_F8, landmarks(mesh_FV3[..., :2])))
    (plain, gaze_F8, at_FL2), (mirror, mirror_F8, mirror_FL2) = sides
    off_deg = np.degrees(mirror.angle_rad() - plain.angle_rad() * (1, -1, -1))
    assert np.abs(np.median(off_deg, axis=0)).max() < 2
    off_mm = mirror.translation_F3 - plain.translation_F3 * (-1, 1, 1)
    assert np.abs(np.median(off_mm, axis=0)).max() < 0.02 * np.median(plain.translation_F3[:, 2])
    off_deg = np.degrees(mirror_F8[:, 6:] - gaze_F8[:, 6:] * (-1, 1))
    assert np.abs(np.median(off_deg, axis=0)).max() < 3
    off_deg = np.degrees(mirror_F8[:, [0, 3]] - gaze_F8[:, [3, 0]] * -1)  # the eyes change places
    assert np.abs(np.median(off_deg, axis=0)).max() < 4
    eyes_F = np.linalg.norm(at_FL2[:, 36] - at_FL2[:, 45], axis=1)
    for left, right in ((36, 45), (48, 54), (17, 26), (4, 12)):
        off_F = np.linalg.norm(mirror_FL2[:, left] * (-1, 1) + (640, 0) - at_FL2[:, right], axis=1)
        assert np.median(off_F / eyes_F) < 0.05
