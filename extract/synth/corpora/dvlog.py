"""A synthetic D-Vlog: two arrays a video at 1 Hz, and ``labels.csv``; no sound, no words.

``ID_acoustic.npy`` is (T, 25), openSMILE's eGeMAPS; ``ID_visual.npy`` is (T, 136), x and y of 68
points in pixels, zeros where no face was found.  In every seventh video the two differ in length.

References
----------
Yoon et al., "D-Vlog: multimodal vlog dataset for depression detection", AAAI 2022.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....features.acoustic.egemaps import COLUMNS, F0
from ....features.columns import names
from ....features.types import F64, Seconds
from .face import AWAY_MM, CORNERS, MIRRORED, POINTS_L3, project
from .labels import split
from .opensmile import AMPLITUDES, LOWEST_HZ, MEANS
from .order import Files, Order, Unit, lasting, once
from .prosody import smooth
from .recording import VARIES
from .signal import FACE, SOUND, Person, stream

FIRST_NUMBER = 5000
DEFAULT_S: tuple[Seconds, Seconds] = (60.0, 240.0)
SHARES = (647, 102, 212)
FOLDS = {"train": "train", "dev": "valid", "test": "test"}
DEPRESSED = -0.2  # severity from which a video counts as one: 58 % of them
SHORTER_S = 2  # by how much the sound's array is shorter in every seventh video
LOST = 0.05  # of the seconds no face was found


def units(order: Order) -> list[Unit]:
    """List the videos."""
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + order.sessions)
    dealt = split(numbers, SHARES, order.seed)
    return [
        Unit(
            id=str(number - FIRST_NUMBER),
            number=number,
            folder=str(number - FIRST_NUMBER) if order.layout == "nested" else "",
            split=FOLDS[dealt[number]],
        )
        for number in numbers
    ]


def files(order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
    """Make a video's two arrays."""
    person = order.person(unit.number)
    seconds = _seconds(order, person)
    heard = seconds - (SHORTER_S if int(unit.id) % 7 == 6 else 0)
    acoustic = _acoustic(person, stream(order.seed, unit.number, SOUND), heard)
    visual = _visual(person, stream(order.seed, unit.number, FACE), seconds)
    told = {
        "person": person.planted(),
        "duration_s": seconds,
        "acoustic_rows": heard,
        "depressed": int(person.severity > DEPRESSED),
        "split": unit.split,
    }
    return {
        f"{unit.id}_acoustic.npy": once(_packed(acoustic)),
        f"{unit.id}_visual.npy": once(_packed(visual)),
    }, told


def tables(order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
    """Write ``labels.csv``."""
    lines = ["index,label,duration,gender,fold"]
    for unit in units:
        person = order.person(unit.number)
        label = "depression" if person.severity > DEPRESSED else "normal"
        seconds, gender = _seconds(order, person), "f" if person.female else "m"
        lines.append(f"{unit.id},{label},{seconds + 0.4:.1f},{gender},{unit.split}")
    return {"labels.csv": ("\n".join(lines) + "\n").encode()}


def _seconds(order: Order, person: Person) -> int:
    low_s, high_s = DEFAULT_S
    if order.minutes is not None:
        low_s, high_s = (60 * order.minutes * (1 + sign) for sign in (-VARIES, VARIES))
    return max(int(lasting(person, order.seed, low_s, high_s)), SHORTER_S + 1)


def _acoustic(person: Person, chance: np.random.Generator, rows: int) -> F64:
    columns = []
    for name in names(COLUMNS):
        mean, spread = MEANS.get(name, AMPLITUDES if "amplitude" in name else (5.0, 12.0))
        if name == F0:
            mean, spread = 12 * np.log2(person.f0_hz / LOWEST_HZ), person.f0_sd_semitones
        columns.append(mean + spread * smooth(chance, (rows,), 0.3))
    return np.stack(columns, axis=1)


def _visual(person: Person, chance: np.random.Generator, rows: int) -> F64:
    """Move the 68 points: the head sways, the corners of the mouth rise with AU12."""
    point_TL3 = np.repeat(POINTS_L3[None], rows, axis=0)
    unit_T = np.maximum(person.au12 + 0.45 * smooth(chance, (rows,), 0.5), 0)
    (left, *_), shift = CORNERS["12"]
    point_TL3[:, left] += np.multiply.outer(unit_T, shift)
    point_TL3[:, MIRRORED[left]] += np.multiply.outer(unit_T, shift) * (-1, 1, 1)
    yaw_T = person.sway_rad * smooth(chance, (rows,), 0.6)
    turned_TL3 = point_TL3.copy()
    turned_TL3[..., 0] += yaw_T[:, None] * point_TL3[..., 2]
    turned_TL3[..., 2] -= yaw_T[:, None] * point_TL3[..., 0]
    place_T3 = smooth(chance, (3, rows), 0.9).T * (20.0, 12.0, 30.0) + (0.0, 10.0, AWAY_MM)
    placed = (turned_TL3 + place_T3[:, None]).transpose(2, 0, 1)
    visual_TP = np.stack(project(*placed), axis=-1).reshape(rows, -1)
    visual_TP[chance.random(rows) < LOST] = 0
    return np.asarray(visual_TP, dtype=np.float64)


def _packed(array: F64) -> bytes:
    packed = io.BytesIO()
    np.save(packed, array, allow_pickle=False)
    return packed.getvalue()
