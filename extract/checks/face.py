"""Whether the face is found, whose it is, and whether it can be seen well enough."""

# F = frames, C = columns, S = spans

import numpy as np

from ...features.track import Track
from ...features.types import F64, Bool, Seconds
from .base import Check, Measured, Stretch, counted
from .seen import Seen, column
from .spans import MOST, longest, rows_apart, worst

SHORTEST_S = 1.0  # a face lost for less is a blink of the tracker
WORD_S = 0.2  # a gap that hides a short word
FROZEN_S = 2.0  # a window in which even who sits still breathes
STILL = 0.005
"""Of the face's height: what keeps within it does not move.

A frame that is repeated for ever still moves by .001, as the tracker starts from the face before;
on seven clips and three sessions of the demo no face kept within less than .018 for 2 s.
"""
TURNED_RAD = np.pi / 6  # beyond 30 degrees OpenFace's and others' action units get worse
WATCHED = ("x_30", "y_30", "x_8", "y_8", "x_57", "y_57")  # the nose's tip, the chin, the lower lip
NOSE_TO_CHIN = 2.7  # the face is so many times as high: thirds from the hair line to the chin
READ = ("face_id", "n_faces", "face_px", "pose_Ry", *WATCHED)


def _face(seen: Seen) -> Track | str:
    """Read what is looked at, once; or say why there is nothing."""
    if not seen.has("face"):
        return seen.lacks("face")
    track = seen.columns("face", READ)
    return track if track.rows else "no frame"


def _nothing(why: str) -> Measured:
    return Measured(value=None, about=why)


def _minutes(face: Track) -> float:
    start_s_F, stop_s_F = face.owned()
    return max(float(stop_s_F[-1] - start_s_F[0]) / 60, 1e-9)


def _lost(face: Track) -> F64:
    return rows_apart(~face.valid_F, *face.owned())


def _tracked(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    return Measured(
        value=float(face.valid_F.mean()),
        stretches=longest(_lost(face), "face lost", least_s=SHORTEST_S),
    )


def _longest_gap(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    lost_S2 = _lost(face)
    return Measured(
        value=float(np.max(lost_S2[:, 1] - lost_S2[:, 0], initial=0.0)),
        stretches=longest(lost_S2, "face lost", least_s=SHORTEST_S),
    )


def _gaps(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    lost_S2 = _lost(face)
    long_S2 = lost_S2[lost_S2[:, 1] - lost_S2[:, 0] >= WORD_S]
    # A recording of seconds would have dozens a minute for one.
    return Measured(
        value=len(long_S2) / max(_minutes(face), 1.0), stretches=_densest(long_S2, face)
    )


def _densest(spans_S2: F64, face: Track) -> tuple[Stretch, ...]:
    """Name the minutes that hold the most gaps, as far as the picture lasts."""
    start_s_F, stop_s_F = face.owned()
    first_s: Seconds = float(start_s_F[0])
    last_s: Seconds = float(stop_s_F[-1])
    minute_S = (spans_S2[:, 0] // 60).astype(np.int64)
    minutes_U, count_U = np.unique(minute_S, return_counts=True)
    return worst(
        (
            n,
            Stretch(
                start_s=max(60.0 * m, first_s),
                stop_s=min(60.0 * (m + 1), last_s),
                about=f"face lost {n} times",
            ),
        )
        for m, n in zip(minutes_U.tolist(), count_U.tolist(), strict=True)
        if n > 1
    )


def _jumps(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    id_F = column(face, "face_id")
    if id_F is None:
        return _nothing("the facial track has no face_id")
    filled_N = np.flatnonzero(face.valid_F & np.isfinite(id_F))
    jump_N = filled_N[1:][np.diff(id_F[filled_N]) != 0]
    return Measured(
        value=jump_N.size / max(_minutes(face), 1.0),
        about=counted(np.unique(id_F[filled_N]).size, "identity", "identities"),
        stretches=tuple(
            Stretch(
                start_s=float(face.time_s[before]),
                stop_s=float(face.time_s[jump]),
                about="another face fills the rows",
            )
            for before, jump in [
                (filled_N[np.searchsorted(filled_N, jump) - 1], jump) for jump in jump_N[:MOST]
            ]
        ),
    )


def _others(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    n_F = column(face, "n_faces")
    if n_F is None:
        return _nothing("the facial track does not say how many faces there were")
    several_F = n_F > 1
    return Measured(
        value=float(several_F.mean()),
        stretches=longest(
            rows_apart(several_F, *face.owned()), "several faces", least_s=SHORTEST_S
        ),
    )


def _turned(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    yaw_rad_F = column(face, "pose_Ry")
    if yaw_rad_F is None or not (face.valid_F & np.isfinite(yaw_rad_F)).any():
        return _nothing("no head pose")
    turned_F = face.valid_F & (np.abs(yaw_rad_F) > TURNED_RAD)
    return Measured(
        value=float(turned_F.sum() / (face.valid_F & np.isfinite(yaw_rad_F)).sum()),
        stretches=longest(rows_apart(turned_F, *face.owned()), "turned away", least_s=SHORTEST_S),
    )


def _size(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    px_F = column(face, "face_px")
    if px_F is None or not np.isfinite(px_F[face.valid_F]).any():
        return _nothing("the facial track does not say how large the face is")
    return Measured(value=float(np.nanmedian(px_F[face.valid_F])), about="median of the frames")


def _frozen(seen: Seen) -> Measured:
    face = _face(seen)
    if isinstance(face, str):
        return _nothing(face)
    frozen_F = still(face)
    if frozen_F is None:
        return _nothing("no landmarks, or no face")
    valid = int(face.valid_F.sum())
    return Measured(
        value=float(frozen_F.sum() / valid) if valid else None,
        about="" if valid else "no frame with a face",
        stretches=longest(rows_apart(frozen_F, *face.owned()), "picture stands still"),
    )


def still(face: Track) -> Bool | None:
    """Say which frames lie in a window of `FROZEN_S` in which the face keeps its place, (F,).

    None where the track has no landmarks to tell by.
    """
    named = [column(face, name) for name in WATCHED]
    place_CF = np.array([one for one in named if one is not None])
    if len(place_CF) < len(WATCHED) or not face.valid_F.any():
        return None
    px = _height_px(face, place_CF)
    size = max(2, round(FROZEN_S * (face.rate_hz or 1 / float(np.median(np.diff(face.time_s))))))
    frozen_F = np.zeros(face.rows, dtype=np.bool_)
    if face.rows < size or not px > 0:
        return frozen_F
    spread_W = np.zeros(face.rows - size + 1)  # W = windows, by their first frame
    for place_F in place_CF:
        place_WN = np.lib.stride_tricks.sliding_window_view(place_F, size)
        spread_W = np.maximum(spread_W, place_WN.max(axis=1) - place_WN.min(axis=1))
    whole_W = face.time_s[size - 1 :] - face.time_s[: spread_W.size] <= 1.5 * FROZEN_S
    still_W = whole_W & (spread_W <= STILL * px)  # not where a NaN is
    begun = np.zeros(face.rows + 1, dtype=np.int64)
    np.add.at(begun, np.flatnonzero(still_W), 1)
    np.add.at(begun, np.flatnonzero(still_W) + size, -1)
    inside_F: Bool = np.cumsum(begun[:-1]) > 0
    return inside_F


def _height_px(face: Track, place_CF: F64) -> float:
    """Give the height of the face, or what chin and nose tell of it."""
    px_F = column(face, "face_px")
    if px_F is None:
        nose_F2, chin_F2 = place_CF[:2].T, place_CF[2:4].T
        px_F = NOSE_TO_CHIN * np.linalg.norm(chin_F2 - nose_F2, axis=1)
    known_F = face.valid_F & np.isfinite(px_F)
    return float(np.median(px_F[known_F])) if known_F.any() else 0.0


CHECKS = (
    Check(
        name="face.tracked",
        title="Face tracked",
        unit="share",
        about="Share of the video's frames in which the participant's face was found; words under "
        "lost frames have no facial vector.",
        doubtful=0.9,
        bad=0.7,
        measure=_tracked,
    ),
    Check(
        name="face.longest_gap",
        title="Longest gap",
        unit="s",
        about="The longest time without a face. From 5 s on it hides whole sentences; from 60 s, a "
        "seventh of the 7 minutes that MCCL reads at a time.",
        doubtful=5.0,
        bad=60.0,
        measure=_longest_gap,
    ),
    Check(
        name="face.gaps",
        title="Gaps",
        unit="/min",
        about="Times a minute that the face is lost for .2 s or more, as long as a short word; of "
        "recordings under a minute: their number. Often lost, it was found unsurely in between.",
        doubtful=6.0,
        bad=20.0,
        measure=_gaps,
    ),
    Check(
        name="face.jumps",
        title="Identity jumps",
        unit="/min",
        about="Times a minute that another face fills the rows than before; of recordings under a "
        "minute: their number. After a cut it may be the same person, else the rows are somebody "
        "else's. Choose with face.choose.",
        doubtful=0.2,
        bad=2.0,
        measure=_jumps,
    ),
    Check(
        name="face.others",
        title="Several faces",
        unit="share",
        about="Share of the frames with more than one face: look whether the one that was taken is "
        "the participant's.",
        doubtful=0.02,
        bad=0.5,
        measure=_others,
    ),
    Check(
        name="face.turned",
        title="Turned away",
        unit="share",
        about="Share of the tracked frames with more than 30 degrees of yaw; there half of the "
        "face is foreshortened, and action units get worse.",
        doubtful=0.1,
        bad=0.4,
        measure=_turned,
    ),
    Check(
        name="face.size",
        title="Face height",
        unit="px",
        about="Median height of the face, hair line to chin. OpenFace and MediaPipe look at a face "
        "in 112 and 128 px: smaller ones are blown up, below half of that details are gone.",
        doubtful=112.0,
        bad=56.0,
        measure=_size,
    ),
    Check(
        name="face.frozen",
        title="Frozen",
        unit="share",
        about="Share of the tracked frames in 2 s and more in which nose, chin and lip keep within "
        "a two-hundredth of the face's height: the picture stood still, whatever was said.",
        doubtful=0.005,
        bad=0.1,
        measure=_frozen,
    ),
)
