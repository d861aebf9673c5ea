"""The facial track: a picture stream into OpenFace's columns, a row a frame.

Frames stream through in batches; what stays is the row.  One face is followed, the one that
FaceMesh finds in the full frame; its number is 0, and the neutral face that its action units are
measured from is the session's.
"""

# F = frames, C = columns, A = action units

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ...errors import MediaError, NothingToMeasure, UsageError
from ..columns import FACE
from ..extractor import Inputs, Measured, Takes
from ..track import Track, strictly_increasing
from ..types import F32, F64, I64, Bool
from .action_units import distances, neutral_face, unit_columns
from .gaze import gaze_columns
from .landmarks import landmark_columns
from .mesh import Meshes, meshes, model_files
from .pose import camera_of, heads
from .visibility import visibility_columns

GOOD_CONFIDENCE = 0.8  # what users of OpenFace ask for in practice
FRONTAL_RAD = float(np.radians(20.0))  # turned further, foreshortening passes for movement
ENOUGH = 0.5  # share of frames with a face below which the user is warned
INDEX = {column.name: c for c, column in enumerate(FACE)}
PLACES = {g: [c for c, col in enumerate(FACE) if col.group == g] for g in {c.group for c in FACE}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """Landmarks, head pose, gaze and action units of the face, under OpenFace 2.2's names."""

    focal: float | None = None
    """Focal length of the camera in px; none takes the one that OpenFace 2.2 assumes for the size
    of the picture (500 px at 640 x 480)."""
    au_tier: Literal["A", "B", "C"] = "C"
    """Worst tier of action units to give: geometry sees A well, B partly, C hardly (`columns.TIER`,
    measured against OpenFace); those of worse tiers are NaN."""

    name: ClassVar[str] = "face"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "picture"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "mediapipe": "Apache-2.0",
        "opencv-contrib-python": "Apache-2.0",
        "numpy": "BSD-3-Clause",
    }

    def __post_init__(self) -> None:
        if self.focal is not None and not 0 < self.focal < np.inf:
            raise UsageError(f"face.focal: expected px > 0, got {self.focal}")

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Find the models inside mediapipe; see `mesh.model_files`."""
        return model_files()

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure every frame; see `Track` for shapes.

        Raises
        ------
        NothingToMeasure
            If the session has no picture.
        MediaError
            If the picture has no frame.
        ModelMissing
            If mediapipe is not the version that works offline.
        """
        if inputs.picture is None:
            raise NothingToMeasure("face: the session holds no picture")
        parts = [self._batch(batch) for batch in meshes(inputs.picture.frames())]
        if not parts:
            raise MediaError("face: the picture has no frame; convert the video to H.264 mp4")
        passed_s = inputs.picture.settle(np.concatenate([part.time_s for part in parts]))
        time_s, moved = strictly_increasing(passed_s)
        found_F = np.concatenate([part.found_F for part in parts])
        value_FC = np.concatenate([part.value_FC for part in parts])
        neutral_frames = self._add_action_units(
            value_FC, np.concatenate([part.distance_FA for part in parts]), found_F
        )
        track = Track(
            time_s=time_s,
            value_FC=value_FC,
            columns=FACE,
            valid_F=found_F,
            rate_hz=inputs.picture.rate_hz,
        )
        quality = {**_quality(track), "times_moved": moved, "neutral_frames": neutral_frames}
        return Measured(table=track, quality=quality, warnings=_warnings(found_F))

    def _batch(self, batch: Meshes) -> "_Part":
        """Measure a batch, all but the action units, whose neutral face is not known yet."""
        found = np.flatnonzero(batch.found_F)
        mesh_FV3 = batch.mesh_FV3[found]
        camera = camera_of(batch.width_px, batch.height_px, self.focal)
        faces = heads(mesh_FV3, camera)
        confidence_F, face_px, eye_px = visibility_columns(mesh_FV3, faces, camera).T
        face_id_F = np.zeros(len(found))  # one face is looked for
        measured = {
            "quality": np.stack([face_id_F, confidence_F, face_px, eye_px], axis=1),
            "gaze": gaze_columns(mesh_FV3, faces, camera),
            "pose": np.concatenate([faces.translation_F3, faces.angle_rad()], axis=1),
            "landmarks_2d": landmark_columns(mesh_FV3[..., :2]),
            "landmarks_3d": landmark_columns(faces.point_FV3),
        }
        value_FC = np.full((len(batch.found_F), len(FACE)), np.nan, dtype=np.float32)
        for group, columns in measured.items():
            value_FC[found[:, None], PLACES[group]] = columns
        distance_FA = distances(faces.in_head_frame())
        return _Part(
            time_s=batch.time_s,
            found_F=batch.found_F,
            value_FC=value_FC,
            distance_FA=_scatter(distance_FA, found, len(batch.found_F)),
        )

    def _add_action_units(self, value_FC: F32, distance_FA: F64, found_F: Bool) -> int:
        """Write the action units into their columns; say how many frames told the neutral face."""
        turn_F = np.hypot(value_FC[:, INDEX["pose_Rx"]], value_FC[:, INDEX["pose_Ry"]])
        good_F = _neutral_frames(value_FC[:, INDEX["confidence"]], turn_F, found_F)
        neutral_A = neutral_face(distance_FA, good_F)
        intensity_FA, presence_FA = unit_columns(distance_FA, neutral_A)
        value_FC[:, PLACES["au_r"]] = intensity_FA
        value_FC[:, PLACES["au_c"]] = presence_FA
        value_FC[:, [c for c, column in enumerate(FACE) if column.tier > self.au_tier]] = np.nan
        return int(good_F.sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class _Part:
    """What stays of a batch."""

    time_s: F64
    found_F: Bool
    value_FC: F32
    distance_FA: F64


def _neutral_frames(confidence_F: F32, turn_F: F32, found_F: Bool) -> Bool:
    """Choose the frames that tell the neutral face: well seen, and turned little for this head."""
    sure_F = confidence_F >= GOOD_CONFIDENCE
    if not sure_F.any():
        return found_F
    return sure_F & (turn_F <= max(FRONTAL_RAD, float(np.median(turn_F[sure_F]))))


def _scatter(value_GA: F64, rows_G: I64, count: int) -> F64:
    value_FA = np.full((count, value_GA.shape[1]), np.nan)
    value_FA[rows_G] = value_GA
    return value_FA


def _quality(track: Track) -> dict[str, float | int]:
    """Sum up the track in figures; medians only where there is a face."""
    valid_F = track.valid_F
    figures: dict[str, float | int] = {
        "frames": track.rows,
        "frames_valid": int(valid_F.sum()),
        "share_valid": round(float(valid_F.mean()), 6),
        "largest_gap_s": round(_largest_gap_s(track), 6),
    }
    for name in ("confidence", "face_px", "eye_px") if valid_F.any() else ():
        figures[f"{name}_median"] = round(float(np.median(track.value_FC[valid_F, INDEX[name]])), 3)
    return figures


def _largest_gap_s(track: Track) -> float:
    """Longest time owned by consecutive frames without a face."""
    start_s, stop_s = track.owned()
    edge = np.flatnonzero(np.diff(np.concatenate([[True], track.valid_F, [True]]).astype(int)))
    first, last = edge[::2], edge[1::2] - 1
    return float((stop_s[last] - start_s[first]).max()) if first.size else 0.0


def _warnings(found_F: Bool) -> tuple[str, ...]:
    if found_F.mean() >= ENOUGH:
        return ()
    return (
        f"a face in {found_F.sum()} of {found_F.size} frames, expected at least half; "
        "check that it is upright and turned to the camera; crop the video to a small one",
    )
