"""Everything that is measured of every face of every frame, before it is known whose row it fills.

Frames stream through in batches; of each sighting the numbers go into a spool, and what is needed
to choose among them stays.  The action units are not here yet: they are measured from the person's
own neutral face, which is known when the last frame has been seen.
"""

# F = frames, G = sightings (a face in a frame), V = 478 mesh vertices, C = columns, M = measures

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from ..columns import Column
from ..extractor import Frame
from ..spool import Spool
from ..types import F32, F64, Bool
from .blendshapes import Blendshapes
from .choosing import Sightings
from .finding.crop import to_crop
from .finding.following import Follower, Seen
from .head.eyes import eye_landmark_columns
from .head.gaze import gaze_columns, gaze_quality
from .head.landmarks import landmark_columns
from .head.pose import camera_of, heads
from .units.texture import texture
from .units.units import MEASURES, measures
from .visibility import light, visibility_columns

NOTHING = np.zeros(0, dtype=np.float32)
BATCH = 64  # faces measured together: 0.7 MB of meshes fit the cache; results do not depend on it


@dataclass(frozen=True, eq=False, kw_only=True)
class Watched:
    """A video after its last frame."""

    time_F: F64
    """Presentation times as they came."""
    shot_F: Bool
    """Whether a shot begins with the frame."""
    seen: Sightings
    spool: Spool
    """A row a sighting: the columns, then the measures of the action units."""


@dataclass(frozen=True, eq=False, slots=True)
class _Glimpse:
    """What is kept of a sighting until its batch is full; not its picture."""

    frame: int
    face_id: int
    mesh_V3: F64
    seen_3: tuple[float, float, float]
    """Detector score, presence and wobble, as in `Seen`."""
    light: tuple[float, float]
    texture_T: F32
    blend_B: F32


class Watcher:
    """Watches a video from its first frame to its last."""

    def __init__(
        self,
        columns: Sequence[Column],
        file: IO[bytes],
        *,
        focal_px: float | None,
        blendshapes: Blendshapes | None,
    ) -> None:
        self.columns, self.focal_px, self.blendshapes = columns, focal_px, blendshapes
        self.spool = Spool(file, len(columns) + len(MEASURES))
        self._places = {
            group: [c for c, column in enumerate(columns) if column.group == group]
            for group in {column.group for column in columns}
        }
        self._kept: list[Sightings] = []

    def watch(self, frames: Iterable[Frame]) -> Watched:
        """See every frame."""
        time_F: list[float] = []
        shot_F: list[bool] = []
        size = (0, 0)
        waiting: list[_Glimpse] = []
        follower = Follower()
        try:
            for number, frame in enumerate(frames):
                height, width = frame.image.shape[:2]
                if (width, height) != size or len(waiting) >= BATCH:
                    self._measure(waiting, size)
                    waiting, size = [], (width, height)
                sight = follower.see(frame.image, frame.time_s)
                time_F.append(frame.time_s)
                shot_F.append(sight.shot)
                waiting += [self._glimpse(number, face, frame) for face in sight.faces]
            self._measure(waiting, size)
        finally:
            follower.close()
        return Watched(
            time_F=np.asarray(time_F, dtype=np.float64),
            shot_F=np.asarray(shot_F, dtype=np.bool_),
            seen=_joined(self._kept, size),
            spool=self.spool,
        )

    def _glimpse(self, number: int, face: Seen, frame: Frame) -> _Glimpse:
        """Take what needs the picture, which is gone with the next frame."""
        return _Glimpse(
            frame=number,
            face_id=face.face_id,
            mesh_V3=face.mesh_V3,
            seen_3=(face.score, face.presence, face.wobble),
            light=light(face.crop),
            texture_T=texture(face.crop, to_crop(face.mesh_V3, face.region)),
            blend_B=self.blendshapes.of(frame.image, face) if self.blendshapes else NOTHING,
        )

    def _measure(self, waiting: list[_Glimpse], size: tuple[int, int]) -> None:
        """Measure a batch of sightings in pictures of one size, and spool them."""
        if not waiting:
            return
        mesh_GV3 = np.stack([glimpse.mesh_V3 for glimpse in waiting])
        camera = camera_of(*size, self.focal_px)
        head_G = heads(mesh_GV3, camera)
        face_id_G = np.array([glimpse.face_id for glimpse in waiting])
        score_G, presence_G, wobble_G = np.array([glimpse.seen_3 for glimpse in waiting]).T
        visible_G3 = visibility_columns(mesh_GV3, head_G, camera, score_G, presence_G, wobble_G)
        light_G2 = np.array([glimpse.light for glimpse in waiting])
        unknown_G = np.full(len(waiting), np.nan)  # how many faces are to be believed
        gaze_G8 = gaze_columns(mesh_GV3, head_G, camera)
        sure_G = gaze_quality(mesh_GV3, head_G, camera, gaze_G8)
        measured = {
            "quality": np.column_stack([face_id_G, visible_G3, unknown_G, light_G2, sure_G]),
            "gaze": gaze_G8,
            "pose": np.concatenate([head_G.translation_F3, head_G.angle_rad()], axis=1),
            "landmarks_2d": landmark_columns(mesh_GV3[..., :2]),
            "landmarks_3d": landmark_columns(head_G.point_FV3),
            "blendshapes": np.stack([glimpse.blend_B for glimpse in waiting]),
        }
        if "eye_lmk" in self._places:
            measured["eye_lmk"] = eye_landmark_columns(mesh_GV3, head_G, camera)
        value_GC = np.full((len(waiting), self.spool.width), np.nan, dtype=np.float32)
        for group, columns in measured.items():
            if group in self._places:
                value_GC[:, self._places[group]] = columns
        texture_GT = np.stack([glimpse.texture_T for glimpse in waiting])
        value_GC[:, len(self.columns) :] = measures(head_G.in_head_frame(), texture_GT)
        self.spool.append(value_GC)
        low_G2, high_G2 = mesh_GV3[..., :2].min(axis=1), mesh_GV3[..., :2].max(axis=1)
        self._kept.append(
            Sightings(
                frame_G=np.array([glimpse.frame for glimpse in waiting]),
                face_id_G=face_id_G,
                middle_G2=(low_G2 + high_G2) / 2,
                size_G=(high_G2 - low_G2).max(axis=1),
                score_G=score_G,
                picture_px=size,
            )
        )


def _joined(parts: list[Sightings], size: tuple[int, int]) -> Sightings:
    return Sightings(
        frame_G=np.concatenate([np.zeros(0, dtype=np.int64), *(one.frame_G for one in parts)]),
        face_id_G=np.concatenate([np.zeros(0, dtype=np.int64), *(one.face_id_G for one in parts)]),
        middle_G2=np.concatenate([np.zeros((0, 2)), *(one.middle_G2 for one in parts)]),
        size_G=np.concatenate([np.zeros(0), *(one.size_G for one in parts)]),
        score_G=np.concatenate([np.zeros(0), *(one.score_G for one in parts)]),
        picture_px=size,
    )
