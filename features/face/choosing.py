"""Whose face fills the row of a frame, where a picture shows several.

The participant is who is seen longest and largest, or whom the user points out.  A lone face fills
its row whoever it is; its ``face_id`` says so.  Somebody who is lost for a moment is still in the
picture: such a frame is a lost row, not one for the next best face.
"""

# G = sightings (a face in a frame) in the order of frames, F = frames, P = persons (face_id)

from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ..types import F64, I64, Bool

MOMENT_S = 2.0  # an absence that a person comes back from within this is one in the picture
SURE_SCORE = 0.7  # a detector score that no letter, cloud or wallpaper reached in real clips
SURE_S = 0.5  # unsure faces that are gone again after less are none
WAYS = ("left", "right", "largest")


@dataclass(frozen=True, eq=False, kw_only=True)
class Sightings:
    """Every face of every frame."""

    frame_G: I64
    """Not decreasing."""
    face_id_G: I64
    middle_G2: F64
    """Middle of the face in the picture, px; NaN is unknown."""
    size_G: F64
    """Longer side of the face's box, px; NaN is unknown."""
    score_G: F64
    """Of the detector, at its last look."""
    picture_px: tuple[int, int]
    """Width and height of the picture."""

    def of(self, keep_G: Bool) -> "Sightings":
        """Keep some of them."""
        return Sightings(
            frame_G=self.frame_G[keep_G],
            face_id_G=self.face_id_G[keep_G],
            middle_G2=self.middle_G2[keep_G],
            size_G=self.size_G[keep_G],
            score_G=self.score_G[keep_G],
            picture_px=self.picture_px,
        )


def checked(choose: str | None) -> str | None:
    """Check the wording of a choice.

    Raises
    ------
    UsageError
        If it is none of `WAYS` and no point.
    """
    if choose is not None and choose not in WAYS and point_of(choose) is None:
        raise UsageError(
            f"face.choose: expected {', '.join(WAYS)} or X,Y (px, or shares of width and height "
            f"as in 0.3,0.5), got {choose!r}"
        )
    return choose


def believed(seen: Sightings, time_F: F64) -> Bool:
    """Say which sightings (G,) are of faces: surely detected once, or there for a while.

    In a video shorter than that, a face that is there throughout is one.
    """
    while_s = min(SURE_S, float(time_F[-1] - time_F[0])) if time_F.size else SURE_S
    believed_G = np.zeros(seen.face_id_G.size, dtype=np.bool_)
    for face_id in np.unique(seen.face_id_G):
        of_G = seen.face_id_G == face_id
        frames = seen.frame_G[of_G]
        stays_s = time_F[frames[-1]] - time_F[frames[0]]
        believed_G |= of_G & ((seen.score_G[of_G].max() >= SURE_SCORE) | (stays_s >= while_s))
    return believed_G


def people(seen: Sightings) -> list[dict[str, int]]:
    """Describe everybody who was seen, so that a user can tell whom to choose.

    Returns
    -------
    list of dict
        ``face_id``, ``frames``, medians of ``x_px``, ``y_px`` (middle) and ``size_px``.
    """
    described = []
    for face_id in np.unique(seen.face_id_G):
        of_G = seen.face_id_G == face_id
        x_px, y_px = np.median(seen.middle_G2[of_G], axis=0)
        size_px = np.median(seen.size_G[of_G])
        described.append(
            {
                "face_id": int(face_id),
                "frames": int(of_G.sum()),
                **{"x_px": round(float(x_px)), "y_px": round(float(y_px))},
                "size_px": round(float(size_px)),
            }
        )
    return described


def fill(seen: Sightings, time_F: F64, choose: str | None) -> I64:
    """Choose the sighting that fills each row.

    Parameters
    ----------
    seen : Sightings
    time_F : float64 array of shape (F,), seconds
    choose : one of `WAYS`, a point, or None for the longest x largest

    Returns
    -------
    int64 array of shape (F,)
        Index into the sightings; -1 where nobody fills the row.
    """
    row_F = np.full(time_F.size, -1, dtype=np.int64)
    if seen.frame_G.size == 0:
        return row_F
    person_P, person_G = np.unique(seen.face_id_G, return_inverse=True)
    worth_P = np.array([_worth(seen, person_G == p, choose) for p in range(person_P.size)])
    rank_P = np.argsort(np.argsort(-worth_P, kind="stable"))  # ties: who came first
    best_F = np.full(time_F.size, person_P.size, dtype=np.int64)
    np.minimum.at(best_F, seen.frame_G, rank_P[person_G])
    if person_P.size > 1:
        for p in range(person_P.size):
            for first, stop in _moments(seen.frame_G[person_G == p], time_F):
                best_F[first:stop] = np.minimum(best_F[first:stop], rank_P[p])
    fills_G = rank_P[person_G] == best_F[seen.frame_G]
    row_F[seen.frame_G[fills_G]] = np.flatnonzero(fills_G)
    return row_F


def point_of(choose: str | None) -> tuple[float, float] | None:
    """Read a point; None if the choice is none."""
    try:
        across, down = (float(part) for part in (choose or "").split(","))
    except ValueError:
        return None
    return (across, down) if 0 <= across < np.inf and 0 <= down < np.inf else None


def in_shares(choose: str | None) -> bool:
    """Say whether a choice is a point in shares of the picture, whose size must then be known."""
    point = point_of(choose)
    return point is not None and max(point) <= 1


def _worth(seen: Sightings, of_G: Bool, choose: str | None) -> float:
    """Say how much a person is wanted; more is better, NaN (size or place unknown) is last."""
    size = _middle_of(seen.size_G[of_G])
    across, down = (_middle_of(seen.middle_G2[of_G, axis]) for axis in (0, 1))
    if choose is None:
        return size * float(of_G.sum())
    if choose == "largest":
        return size
    if choose in ("left", "right"):
        return across * (-1 if choose == "left" else 1)
    point = point_of(choose) or (0.0, 0.0)
    if in_shares(choose):
        point = (point[0] * seen.picture_px[0], point[1] * seen.picture_px[1])
    return -float(np.hypot(across - point[0], down - point[1]))


def _moments(frame_N: I64, time_F: F64) -> list[tuple[int, int]]:
    """List the short absences of a person as ranges of frames."""
    away = np.flatnonzero((np.diff(frame_N) > 1) & (np.diff(time_F[frame_N]) <= MOMENT_S))
    return [(int(frame_N[k]) + 1, int(frame_N[k + 1])) for k in away]


def _middle_of(value_N: F64) -> float:
    """Give the median of what is known; NaN where nothing is."""
    known = value_N[np.isfinite(value_N)]
    return float(np.median(known)) if known.size else float("nan")
