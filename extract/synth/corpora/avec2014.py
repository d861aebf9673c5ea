"""A synthetic AVEC 2014: two videos a recording date, and the BDI-II of each date in a file.

The face and the voice are those of the demo (a photograph in motion, read sentences in English):
what lies here is raw video that every step of depx can work on.  Somebody comes twice (``203_1``,
``203_2``) in every third case.  Only the face is planted: with its habit, the mouth opens wider and
the head sways further; that holds for every signal but ``none``, ``speech-only`` and ``text-only``.

References
----------
Valstar et al., "AVEC 2014: 3D dimensional affect and depression recognition challenge", AVEC 2014.
"""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..media import write_video
from ..motion import FPS, Manner, move
from ..speech import PARTICIPANT, RATE_HZ, Voice, load_clips, speak
from ..warp import render
from .labels import split
from .order import Files, Order, Unit
from .signal import ANSWERS, FACE, Person, stream

FIRST_NUMBER = 203
SHARES = (50, 50, 50)
FOLDERS = {"train": "Training", "dev": "Development", "test": "Testing"}
TASKS = ("Freeform", "Northwind")
CLIP_S = 5.0  # about, with its pause
BDI_MEAN, BDI_SPREAD, BDI_MOST = 13.0, 11.0, 63
DATE_NOISE = 0.35  # how far severity moves between two dates, in standard deviations


def units(order: Order) -> list[Unit]:
    """List the recording dates; a person's dates lie in one part."""
    dates = [date for k in range(order.sessions) for date in _dates(k)][: order.sessions]
    numbers = list(dict.fromkeys(number for number, _ in dates))
    dealt = split(numbers, SHARES, order.seed)
    return [
        Unit(
            id=f"{number}_{date}",
            number=number,
            folder=FOLDERS[dealt[number]] if order.layout == "split" else "",
            split=dealt[number],
            told={"date": date},
        )
        for number, date in dates
    ]


def _dates(k: int) -> list[tuple[int, int]]:
    number = FIRST_NUMBER + k
    return [(number, date) for date in ((1, 2) if k % 3 == 0 else (1,))]


def files(order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
    """Make both videos of a date."""
    person = order.person(unit.number)
    named = "{task}/{id}_{task}_video.mp4" if order.layout == "split" else "{id}_{task}_video.mp4"

    made = {
        named.format(task=task, id=unit.id): partial(_video, order, person, task, unit.told["date"])
        for task in TASKS
    }
    told = {"person": person.planted(), "bdi2": bdi(order, unit), "split": unit.split}
    return made, told


def bdi(order: Order, unit: Unit) -> int:
    """Give the BDI-II of a date."""
    person, date = order.person(unit.number), int(unit.told["date"])
    wobble, noise = stream(order.seed, unit.number, ANSWERS, date).standard_normal(2)
    severity = person.severity + DATE_NOISE * wobble * (date - 1)
    return int(np.clip(round(BDI_MEAN + BDI_SPREAD * (severity + 0.4 * noise)), 0, BDI_MOST))


def tables(order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
    """Write a file a date with one number, no header."""
    return {
        f"{unit.folder or 'label'}/DepressionLabels/{unit.id}_Depression.csv": (
            f"{bdi(order, unit)}\n".encode()
        )
        for unit in units
    }


def _video(order: Order, person: Person, task: str, date: int) -> Iterator[bytes]:
    chance = stream(order.seed, person.number, FACE, 10 * date + TASKS.index(task))
    names = sorted(load_clips())
    count = max(1, round(60 * (order.minutes or 0) / CLIP_S))
    script = [(PARTICIPANT, names[int(chance.integers(len(names)))]) for _ in range(count)]
    pauses_s = [0.3, *(max(0.2, person.pause_s) for _ in script[1:]), 0.3]
    voice = Voice(speed=1.0 + 0.02 * (person.number % 4), gain=0.9)
    spoken = speak(script, {PARTICIPANT: voice}, pauses_s, chance, frame_s=1 / FPS)
    manner = Manner(
        sway_rad=float(np.clip(0.055 * np.exp(0.3 * person.face), 0.02, 0.1)),
        blinks_per_min=18.0,
        mouth=float(np.clip(0.65 + 0.12 * person.face, 0.25, 1.0)),
    )
    motion = move(spoken, manner, chance)
    with tempfile.TemporaryDirectory() as folder:  # MP4 needs a file that it can go back in
        path = Path(folder) / "video.mp4"
        write_video(path, map(render, motion.moments()), FPS, spoken.y_N, RATE_HZ)
        yield path.read_bytes()
