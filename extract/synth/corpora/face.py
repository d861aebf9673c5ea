"""How the invented face moves: action units, head, eyes and 68 points, a column a video frame.

Action units are slow noise around the person's own means; the mouth opens with the voice, the lids
close in blinks, and where the face follows what is said AU12 rises with bright sentences and with
the pitch.  The points are the neutral head's, moved by the units and turned by the head.  Frames in
which the tracker "fails" come in bursts and are blanked by whoever writes them.
"""

# F = video frames, A = action units, L = 68 landmarks

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....features.columns import AU_C, AU_R
from ....features.face.head.canonical import HEAD
from ....features.face.head.landmarks import landmarks
from ....features.types import F32, F64, Bool, Seconds
from .interview import Interview
from .prosody import RATE_HZ, Voices, smooth
from .signal import FACE, Person, stream

RATES_FPS = (30.0, 30.31, 26.0, 32.5)
RATE_SHARES = (0.9, 0.04, 0.03, 0.03)
"""Rates that real sessions imply; nine of ten have 30."""
LOST = 0.05  # share of frames in which the tracker fails
LOST_F = 15.0  # mean length of such a burst
FOCAL_PX, CENTRE_PX = 500.0, (320.0, 240.0)
AWAY_MM = 620.0

MEANS = dict(
    zip(AU_R, (0.3, 0.2, 0.5, 0.1, 0.6, 0.5, 0.1, 0.4, 0.9, 0.6, 0.2, 0.4, 0.2, 0.2, 0.5, 0.4, 0.2),
        strict=True)
)  # fmt: skip
SPREAD = 0.45  # standard deviation of a unit around its mean
KEEP = 0.97  # of a unit's noise from frame to frame
MOOD_AU12, RISE_AU12 = 0.35, 0.15  # a bright sentence; a standard deviation of pitch
OPEN_AU25, OPEN_AU26 = 1.6, 1.0  # the loudest voice
PRESENT = 1.0  # a unit of this intensity is present
BLINK_S, BLINKS_PER_S, BLINK_AU45 = 0.2, 0.3, 2.0

POINTS_L3 = landmarks(HEAD[None])[0]
"""mm: the neutral points in the head's own frame."""
MOVES: Mapping[str, tuple[tuple[int, ...], tuple[float, float, float]]] = {
    "01": ((20, 21, 22, 23), (0.0, -1.5, 0.0)),
    "02": ((17, 18, 25, 26), (0.0, -1.5, 0.0)),
    "04": (tuple(range(17, 27)), (0.0, 1.0, 0.0)),
    "25": ((56, 57, 58, 65, 66, 67), (0.0, 1.5, 0.0)),
    "26": ((6, 7, 8, 9, 10, 56, 57, 58, 65, 66, 67), (0.0, 2.5, 0.5)),
    "45": ((37, 38, 43, 44), (0.0, 2.0, 0.0)),
}
"""Unit -> points that it moves, and how far one of it does, mm (right, down, away)."""
CORNERS = {"12": ((48, 60), (-1.5, -1.2, 0.8)), "20": ((48, 60), (-1.2, 0.3, 0.3))}
"""Units that move the corners of the mouth apart: the image's left one; the other is its mirror."""
MIRRORED = {48: 54, 60: 64}


@dataclass(frozen=True, eq=False)
class Face:
    """A session's face, frame by frame."""

    time_s: F64
    fps: float
    success_F: Bool
    confidence_F: F32
    intensity: Mapping[str, F32]
    """Unit -> (F,), may be a little below 0 as OpenFace 1 has it."""
    present: Mapping[str, Bool]
    turn_F3: F64
    """Pitch, yaw, roll, rad."""
    place_F3: F64
    """mm, camera at 0: right, down, away."""
    gaze_head_F6: F32
    """Unit vectors of both eyes, in the head's frame."""

    def rotations(self) -> F64:
        """Give R = Rx Ry Rz of each frame: (F, 3, 3)."""
        (sx, sy, sz), (cx, cy, cz) = np.sin(self.turn_F3).T, np.cos(self.turn_F3).T
        row_x = [cy * cz, -cy * sz, sy]
        row_y = [cx * sz + sx * sy * cz, cx * cz - sx * sy * sz, -sx * cy]
        row_z = [sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy]
        return np.stack([np.stack(row, axis=-1) for row in (row_x, row_y, row_z)], axis=1)

    def gaze(self) -> F32:
        """Turn the gaze into the camera's frame: (F, 6)."""
        eyes_FE3 = self.gaze_head_F6.reshape(-1, 2, 3)
        turned = np.einsum("fij,fej->fei", self.rotations(), eyes_FE3)
        return np.asarray(turned.reshape(-1, 6), dtype=np.float32)

    def points(self, jitter: np.random.Generator) -> tuple[F32, F32, F32]:
        """Give X, Y and Z of the 68 points in the camera's frame: each (L, F), mm."""
        frames = self.time_s.size
        moved = [np.repeat(POINTS_L3[:, i : i + 1], frames, axis=1) for i in range(3)]
        for unit, (points, shift) in (*MOVES.items(), *CORNERS.items()):
            intensity_F = np.maximum(self.intensity[unit], 0)
            for point in points:
                for i in np.flatnonzero(shift):
                    moved[i][point] += shift[i] * intensity_F
                    if unit in CORNERS:
                        side = -1 if i == 0 else 1
                        moved[i][MIRRORED[point]] += side * shift[i] * intensity_F
        x, y, z = (axis.astype(np.float32) for axis in moved)
        turn = self.rotations().astype(np.float32)
        place = self.place_F3.astype(np.float32)
        found = []
        for i in range(3):
            axis_LF = turn[:, i, 0] * x + turn[:, i, 1] * y + turn[:, i, 2] * z + place[:, i]
            noise = jitter.standard_normal((len(x), frames), dtype=np.float32)
            found.append(axis_LF + np.float32(0.15) * noise)
        return found[0], found[1], found[2]


def project(x: F32, y: F32, z: F32) -> tuple[F32, F32]:
    """Project points in mm to pixels."""
    return FOCAL_PX * x / z + CENTRE_PX[0], FOCAL_PX * y / z + CENTRE_PX[1]


def move(
    seed: int, person: Person, interview: Interview, voices: Voices, *, missing_s: Seconds = 0.0
) -> Face:
    """Move the face through an interview.

    Parameters
    ----------
    missing_s : float >= 0
        How much earlier than the sound the video ends.
    """
    chance = stream(seed, person.number, FACE)
    fps = float(chance.choice(RATES_FPS, p=RATE_SHARES))
    frames = int((interview.duration_s - missing_s) * fps)
    time_s = np.arange(frames) / fps
    at_F = np.minimum((time_s * RATE_HZ).astype(np.int64), voices.frames - 1)
    success_F = _success(chance, frames)
    if interview.interruption_s is not None:  # the participant turns away from the camera
        start_s, stop_s = interview.interruption_s
        away = (time_s >= start_s + 5) & (time_s < (start_s + stop_s) / 2)
        success_F &= ~away
    sure = 1 - chance.beta(1.3, 22, size=frames)
    unsure = chance.beta(1.2, 6, size=frames) * (chance.random(frames) < 0.5)
    intensity = _units(chance, person, voices, at_F, time_s)
    sway_F3 = smooth(chance, (3, frames), 0.985).T * (person.sway_rad * np.array([0.6, 1, 0.5]))
    drift_F3 = smooth(chance, (3, frames), 0.998).T * np.array([12.0, 8.0, 20.0])
    look = smooth(chance, (2, frames), 0.9) * 0.08
    present = {
        unit: (intensity[unit] if unit in intensity else np.zeros(frames))
        + 0.2 * chance.standard_normal(frames)
        > PRESENT
        for unit in AU_C
    }
    return Face(
        time_s=time_s,
        fps=fps,
        success_F=success_F,
        confidence_F=np.where(success_F, sure, unsure).astype(np.float32),
        intensity=intensity,
        present=present,
        turn_F3=sway_F3,
        place_F3=drift_F3 + np.array([0.0, 10.0, AWAY_MM]),
        gaze_head_F6=_gaze(look),
    )


def _units(
    chance: np.random.Generator, person: Person, voices: Voices, at_F: F64, time_s: F64
) -> dict[str, F32]:
    means = MEANS | {"12": person.au12, "06": person.au06}
    noise_AF = SPREAD * smooth(chance, (len(AU_R), at_F.size), KEEP)
    unit = {name: means[name] + noise_F for name, noise_F in zip(AU_R, noise_AF, strict=True)}
    talks = voices.participant
    loud_F = talks.level_F[at_F]
    unit["25"] += OPEN_AU25 * loud_F
    unit["26"] += OPEN_AU26 * loud_F
    if person.follows:
        said_F = talks.talking_F[at_F]
        unit["12"] += MOOD_AU12 * voices.mood_F[at_F]
        unit["12"] += RISE_AU12 * said_F * talks.rise_F[at_F]
        unit["06"] += 0.5 * MOOD_AU12 * voices.mood_F[at_F]
    blinks_s = np.cumsum(chance.gamma(4, 1 / (4 * BLINKS_PER_S), size=int(time_s.size / 30) + 8))
    last = np.searchsorted(blinks_s, time_s, side="right") - 1
    since_s = np.where(last >= 0, time_s - blinks_s[np.maximum(last, 0)], np.inf)
    unit["45"] += BLINK_AU45 * (since_s < BLINK_S)
    return {name: np.clip(value, -0.5, 5.0).astype(np.float32) for name, value in unit.items()}


def _success(chance: np.random.Generator, frames: int) -> Bool:
    """Let the tracker fail in bursts: a chain of two states with geometric stays."""
    pairs = int(frames / LOST_F) + 8
    kept = chance.geometric(LOST / (1 - LOST) / LOST_F, size=pairs)
    lost = chance.geometric(1 / LOST_F, size=pairs)
    stays = np.stack([kept, lost], axis=1).reshape(-1)
    seen = np.repeat(np.arange(stays.size) % 2 == 0, stays)
    return np.asarray(seen[:frames], dtype=np.bool_)


def _gaze(look: F64) -> F32:
    """Make unit vectors of both eyes, which converge on the camera, from two angles."""
    side, down = look
    eyes = []
    for converge in (0.05, -0.05):
        vector = np.stack([np.tan(side + converge), np.tan(down), -np.ones_like(side)], axis=1)
        eyes.append(vector / np.linalg.norm(vector, axis=1, keepdims=True))
    return np.asarray(np.concatenate(eyes, axis=1), dtype=np.float32)
