"""Faces through a video: who is who from frame to frame, and who is new.

A face is followed from its landmarks: the crop around them shows where it is in the next frame.
The detector looks when no face is followed, when a shot begins, when a face no longer looks like
itself, and every `LOOK_S` for others.  An identity ends where the likeness breaks off (another
person in the same place) and at the end of a shot; a face that comes back to its place within the
shot, and looks like itself, is the same one.  Nobody is recognised: the same person in two shots
is two identities.
"""

# V = 478 mesh vertices, P = pixels of a likeness

import math
from dataclasses import dataclass

import numpy as np

from ...types import F32, F64, U8, Seconds
from .crop import Region, around, box, cut_out, patch, to_picture
from .detector import Detection, Detector
from .mesh import MeshModel
from .shots import Shots

LOOK_S, LOOK_FRAMES = 0.5, 12  # others are looked for as often as the longer of both: a look
CALM = 10  # costs as much as two meshes; half as often after so many that met nobody new
NEW_SCORE = 0.5  # of the detector, to believe in a new face; letters and clouds reach 0.4 to 0.6
NEW_PRESENCE = 0.9  # of the mesh model, for a new face; faces have 0.99 and more
FACES = 8  # followed at a time at most, the surest
LOST = 32  # lost faces that may come back, the latest; letters and leaves may look like many

# Inner products of likenesses, measured on eleven real clips: one face at 25 frames a second .71 to
# 1, at 5 frames from .46, at 2 from .22; ten changes of speaker in the same place .13 to .79.
SAME = 0.85  # across the end of a shot it takes this much to be the same
STRANGER, QUICK_S = 0.6, 0.06  # within a shot, what is less alike after so short a time is another
STRANGER_LATER = 0.3  # after a longer time the place has to tell
AWAY_S = 5.0  # who comes back later than this has to be as alike as from frame to frame
LOOK_AGAIN = 0.85  # within a shot, the crop may have slipped: the detector is asked

WOBBLE_STEP = 8  # every so many vertices tell how still the mesh holds
SAME_PLACE = 0.5  # overlap of boxes (IoU) above which two faces are one
NEAR = 1.0  # sizes of the face within which a lost face may come back
GROWN = 1.6  # times larger or smaller that it may come back


@dataclass(eq=False, slots=True)
class Seen:
    """A face in a frame."""

    face_id: int
    mesh_V3: F64
    """(V, 3) px in the picture: x right, y down, z away from the camera relative to the face."""
    crop: U8
    """The upright crop around the mesh."""
    region: Region
    """Where the crop lies."""
    presence: float
    """0.5..1, of the mesh model."""
    score: float
    """0..1, of the detector at its last look; 0 if it did not see the face."""
    wobble: float
    """How far the vertices moved against each other since the frame before, in face sizes."""


@dataclass(eq=False, kw_only=True, slots=True)
class Sight:
    """What was seen in a frame."""

    faces: list[Seen]
    shot: bool
    """Whether a shot begins here."""


@dataclass(frozen=True, eq=False, slots=True)
class _Find:
    """A face in a picture, not yet anybody's."""

    mesh_V3: F64
    crop: U8
    region: Region
    fitting: Region
    """Where the crop would lie around this mesh; the face of the next frame is looked for there."""
    presence: float
    likeness_P: F32


@dataclass(eq=False, slots=True)
class _Person:
    """Somebody who is followed, or was lost in this shot."""

    face_id: int
    last: _Find
    last_s: Seconds
    score: float

    def is_like(self, found: _Find, time_s: Seconds, *, shot: bool = False) -> bool:
        """Say whether a face may be this person's, seen last some time ago."""
        away_s = time_s - self.last_s
        at_once_or_late = away_s <= QUICK_S or away_s > AWAY_S
        least = SAME if shot else STRANGER if at_once_or_late else STRANGER_LATER
        return _alike(found, self.last) >= least


class Follower:
    """Sees picture after picture of one video; `close` it."""

    def __init__(self) -> None:
        self._detector, self._model, self._shots = Detector(), MeshModel(), Shots()
        self._followed: list[_Person] = []
        self._lost: list[_Person] = []
        self._ids = 0
        self._frame, self._next_look, self._next_look_s = 0, 0, -np.inf
        self._calm = 0  # looks in a row that met nobody new
        self._size = (0, 0)

    def see(self, image: U8, time_s: Seconds) -> Sight:
        """Find the faces of the next picture (height, width, 3) blue, green, red."""
        shot = self._shots.begins(image)
        if image.shape[:2] != self._size:  # pixels of another size say nothing about places
            self._followed, self._lost = [], []
            self._size = (image.shape[0], image.shape[1])
        looking = _Look(self._detector, image, time_s)
        before, self._followed = self._followed, []
        if shot:
            self._lost = []
        seen = [self._follow(person, looking, shot=shot) for person in before]
        faces = _one_a_place([face for face in seen if face is not None])
        kept = {face.face_id for face in faces}
        self._followed = [person for person in before if person.face_id in kept]
        if not shot:
            gone = [person for person in before if person.face_id not in kept]
            self._lost = [*self._lost, *gone][-LOST:]
        due = self._frame >= self._next_look and time_s >= self._next_look_s
        if shot or due or not faces or looking.has_looked:
            met = self._meet(looking, faces, closely=due)
            faces += met
            if due:
                self._wait(time_s, calm=not (shot or met) and len(faces) > 0)
            for person, face in zip(self._followed, faces, strict=True):
                face.score = person.score = looking.score_of(face.mesh_V3)
        self._frame += 1
        return Sight(faces=faces, shot=shot)

    def close(self) -> None:
        """Give back what the models hold."""
        self._detector.close()
        self._model.close()

    def _follow(self, person: _Person, looking: "_Look", *, shot: bool) -> Seen | None:
        """Find somebody of the frame before in this one; None if lost, or replaced by another."""
        found = self._find(looking.image, person.last.fitting)
        if shot or found is None or _alike(found, person.last) < LOOK_AGAIN:
            again = looking.nearest(person.last.mesh_V3)
            found = self._find_twice(looking.image, again) if again is not None else found
        if found is None or not person.is_like(found, looking.time_s, shot=shot):
            return None
        return _seen(person, found, looking.time_s)

    def _wait(self, time_s: Seconds, *, calm: bool) -> None:
        """Set when others are looked for again."""
        self._calm = self._calm + 1 if calm else 0
        often = 1 if self._calm < CALM else 2
        self._next_look = self._frame + often * LOOK_FRAMES
        self._next_look_s = time_s + often * LOOK_S

    def _meet(self, looking: "_Look", faces: list[Seen], *, closely: bool) -> list[Seen]:
        """Find the faces that are not followed yet, whether they come back or are new.

        Looks `closely` only where the whole picture shows nobody at all.
        """
        met = self._meet_among(looking.detections(), looking, faces)
        if closely and not faces and not met:
            met = self._meet_among(looking.closely(), looking, faces)
        return met

    def _meet_among(
        self, detections: list[Detection], looking: "_Look", faces: list[Seen]
    ) -> list[Seen]:
        """Find those of the detected faces, the surest first, that are not followed yet."""
        met: list[Seen] = []
        for detection in detections:
            taken = [face.mesh_V3 for face in (*faces, *met)]
            if len(taken) == FACES or detection.score < NEW_SCORE:
                break
            if any(_holds(mesh, detection) for mesh in taken):
                continue
            found = self._find_twice(looking.image, detection)
            if found is None or found.presence < NEW_PRESENCE:
                continue
            if any(overlap(found.mesh_V3, mesh) > SAME_PLACE for mesh in taken):
                continue
            person = self._back(found, looking.time_s) or self._new(found, looking.time_s)
            met.append(_seen(person, found, looking.time_s))
            self._followed.append(person)
        return met

    def _back(self, found: _Find, time_s: Seconds) -> _Person | None:
        """Say who has come back: the most alike of those lost near here in this shot."""
        near = [person for person in self._lost if _near(found, person.last)]
        best = max(near, key=lambda person: _alike(found, person.last), default=None)
        if best is None or not best.is_like(found, time_s):
            return None
        self._lost.remove(best)
        return best

    def _new(self, found: _Find, time_s: Seconds) -> _Person:
        self._ids += 1
        return _Person(face_id=self._ids - 1, last=found, last_s=time_s, score=0.0)

    def _find_twice(self, image: U8, detection: Detection) -> _Find | None:
        """Find the mesh where the detector points, then once more in a crop that fits it."""
        found = self._find(image, detection.region())
        return self._find(image, found.fitting) if found is not None else None

    def _find(self, image: U8, region: Region) -> _Find | None:
        crop = cut_out(image, region)
        mesh = self._model.look(crop)
        if mesh is None:
            return None
        mesh_V3 = to_picture(mesh.vertex_V3, region)
        fitting = around(mesh_V3)
        if not fitting.side_px > 0:
            return None
        likeness_P = patch(crop, region, fitting)
        return _Find(mesh_V3, crop, region, fitting, mesh.presence, likeness_P)


class _Look:
    """What the detector says of one picture; it is asked once, and only if need be."""

    def __init__(self, detector: Detector, image: U8, time_s: Seconds) -> None:
        self.image, self.time_s = image, time_s
        self._detector = detector
        self._found: list[Detection] | None = None

    @property
    def has_looked(self) -> bool:
        return self._found is not None

    def detections(self) -> list[Detection]:
        """List the faces, the surest first."""
        if self._found is None:
            self._found = self._detector.look(self.image)
        return self._found

    def closely(self) -> list[Detection]:
        """Look into tiles as well, where smaller faces are found."""
        self._found = self._detector.look_closely(self.image)
        return self._found

    def nearest(self, mesh_V3: F64) -> Detection | None:
        """Give the detection nearest to where a face was, if it is near."""
        middle_2, size_px = _middle_and_size(mesh_V3)
        away = [
            (float(np.hypot(one.x_px - middle_2[0], one.y_px - middle_2[1])), k)
            for k, one in enumerate(self.detections())
        ]
        distance_px, k = min(away, default=(np.inf, -1))
        return self.detections()[k] if distance_px <= NEAR * size_px else None

    def score_of(self, mesh_V3: F64) -> float:
        """Give the score of the surest detection on a face; 0 if there is none."""
        return max((one.score for one in self.detections() if _holds(mesh_V3, one)), default=0.0)


def overlap(a_V3: F64, b_V3: F64) -> float:
    """Give the overlap of the boxes of two meshes: intersection over union, 0..1."""
    a, b = box(a_V3), box(b_V3)
    shared = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    both = sum((one[2] - one[0]) * (one[3] - one[1]) for one in (a, b))
    return shared / (both - shared) if both > shared else 1.0


def _seen(person: _Person, found: _Find, time_s: Seconds) -> Seen:
    wobble = _wobble(person.last.mesh_V3, found.mesh_V3)
    person.last, person.last_s = found, time_s
    return Seen(
        face_id=person.face_id,
        mesh_V3=found.mesh_V3,
        crop=found.crop,
        region=found.region,
        presence=found.presence,
        score=person.score,
        wobble=wobble,
    )


def _one_a_place(faces: list[Seen]) -> list[Seen]:
    """Keep one of several that have slipped onto the same face: who was known first."""
    kept: list[Seen] = []
    for face in faces:
        if all(overlap(face.mesh_V3, other.mesh_V3) <= SAME_PLACE for other in kept):
            kept.append(face)
    return kept


def _alike(a: _Find, b: _Find) -> float:
    return float(a.likeness_P @ b.likeness_P)


def _middle_and_size(mesh_V3: F64) -> tuple[F64, float]:
    left, top, right, bottom = box(mesh_V3)
    return np.array([left + right, top + bottom]) / 2, max(right - left, bottom - top)


def _near(a: _Find, b: _Find) -> bool:
    (a_2, a_px), (b_2, b_px) = _middle_and_size(a.mesh_V3), _middle_and_size(b.mesh_V3)
    grown = max(a_px, b_px) / min(a_px, b_px)
    return grown <= GROWN and float(np.hypot(*(a_2 - b_2))) <= NEAR * max(a_px, b_px)


def _holds(mesh_V3: F64, detection: Detection) -> bool:
    """Say whether the middle of a detection lies on a face."""
    left, top, right, bottom = box(mesh_V3)
    return left <= detection.x_px <= right and top <= detection.y_px <= bottom


def _wobble(before_V3: F64, after_V3: F64) -> float:
    after_V2 = after_V3[::WOBBLE_STEP, :2]
    moved_V2 = after_V2 - before_V3[::WOBBLE_STEP, :2]
    moved_V2 -= moved_V2.sum(axis=0) / len(moved_V2)
    spread_V2 = after_V2 - after_V2.sum(axis=0) / len(after_V2)
    return math.sqrt(float(np.vdot(moved_V2, moved_V2) / np.vdot(spread_V2, spread_V2)))
