"""A synthetic CMDC: subjects with twelve answers each, a clip and an untimed text an answer.

Patients (a third) have ids ``MDD01``, ``MDD02``, ..., the others ``HC01``, ...  The subjects of
``part1`` (six of ten, all patients among them) also have a table of the face beside each clip.  How
the corpus names and formats those is not public; they are OpenFace tables here, ``Q1.csv``.  In
every third subject one clip is called ``Q3-.wav`` and shares ``Q3.txt``.

References
----------
Zou et al., "Semi-structural interview-based Chinese multimodal depression corpus towards automatic
preliminary screening of depressive disorders", IEEE TAFFC 2022.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ....features.types import Seconds
from . import labels, mandarin
from .face import move
from .interview import PARTICIPANT, Interview, Row
from .openface import openface
from .order import Content, Files, Order, Unit, once
from .prosody import Voices, voices
from .signal import ANSWERS, SOUND, TALK, Person, stream
from .voice import RATE_HZ as RENDERED_HZ
from .voice import sound, wav

FIRST_NUMBER = 2000
QUESTIONS = 12
ANSWER_S: tuple[Seconds, Seconds] = (4.0, 9.0)
RATE_HZ, CHANNELS = 48_000, 2
RIGHT = 0.8  # how loud the right channel is, beside the left
CHARACTER_S = 0.22
QUIET_S = 0.6  # before the first and after the last sentence of a clip
PATIENT = 0.43  # severity from which a subject is a patient: one of three
FILMED = 45 / 78
ITEMS = 9


def units(order: Order) -> list[Unit]:
    """List the subjects."""
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + order.sessions)
    patient = {number: order.person(number).severity > PATIENT for number in numbers}
    filmed = max(sum(patient.values()), round(FILMED * order.sessions))
    counts = {"MDD": 0, "HC": 0}
    found: list[Unit] = []
    for number in sorted(numbers, key=lambda n: (not patient[n], n)):  # patients are filmed first
        group = "MDD" if patient[number] else "HC"
        counts[group] += 1
        name, part = f"{group}{counts[group]:02d}", 1 if len(found) < filmed else 2
        folder = {"nested": f"CMDC_EULA/part{part}/{name}", "bare": f"{group}/{name}"}
        told = {"filmed": part == 1}
        found.append(Unit(id=name, number=number, folder=folder[order.layout], told=told))
    return found


class Answer:
    """What a subject says to one question."""

    def __init__(self, order: Order, subject: Person, question: int) -> None:
        self.seed = order.seed
        # a clip has chance of its own; the habits are the subject's
        self.person = replace(subject, number=subject.number * 100 + question)
        chance = stream(self.seed, self.person.number, TALK)
        wanted_s = chance.uniform(*ANSWER_S)
        if order.minutes is not None:
            wanted_s = 60 * order.minutes / QUESTIONS
        self.said: list[Row] = []
        clock_s = QUIET_S
        while not self.said or clock_s < wanted_s - QUIET_S:
            text, mood = mandarin.answer(chance, subject.gloomy)
            stop_s = clock_s + CHARACTER_S * len(text)
            self.said.append(
                Row(
                    speaker=PARTICIPANT,
                    start_s=round(clock_s, 2),
                    stop_s=round(stop_s, 2),
                    text=text,
                    mood=mood,
                )
            )
            clock_s = stop_s + chance.gamma(4, subject.pause_s / 4)
        self.duration_s = round(self.said[-1].stop_s + QUIET_S, 2)

    @cached_property
    def talk(self) -> Interview:
        """Give the sentences with their times."""
        return Interview(duration_s=self.duration_s, begin_s=0.0, rows=tuple(self.said))

    @cached_property
    def voices(self) -> Voices:
        """Give the voice."""
        return voices(self.seed, self.person, self.talk)

    def film(self) -> Iterator[bytes]:
        """Write the table of the face."""
        return openface(move(self.seed, self.person, self.talk, self.voices))

    def clip(self) -> Iterator[bytes]:
        """Write the sound: 48 kHz, stereo, 16 bits."""
        import soxr

        pcm_N = np.concatenate(list(sound(self.seed, self.person, self.voices)))
        left_N = soxr.resample(pcm_N / 32_768, RENDERED_HZ, RATE_HZ)
        hiss_N = 1e-4 * stream(self.seed, self.person.number, SOUND, 2).standard_normal(left_N.size)
        both_NC = np.stack([left_N, RIGHT * left_N + hiss_N], axis=1)
        pcm_NC = np.rint(np.clip(both_NC, -1, 1) * 32_767).astype(np.int16)
        yield wav(iter([pcm_NC]), RATE_HZ, CHANNELS)


def files(order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
    """Make a subject's files."""
    subject = order.person(unit.number)
    made: dict[str, Content] = {}
    seconds = 0.0
    for question in range(1, QUESTIONS + 1):
        answer = Answer(order, subject, question)
        seconds += answer.duration_s
        dash = "-" if question == 3 and unit.number % 3 == 0 else ""
        made[f"Q{question}{dash}.wav"] = answer.clip
        made[f"Q{question}.txt"] = once("".join(row.text for row in answer.said).encode())
        if unit.told["filmed"]:
            made[f"Q{question}{dash}.csv"] = answer.film
    told = {
        "person": subject.planted(),
        "duration_s": round(seconds, 2),
        "phq9": sum(labels.items(order.seed, subject, ITEMS)),
        "filmed": unit.told["filmed"],
    }
    return made, told


def tables(order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
    """Write ``SubjectInfo.csv``; only patients have a HAMD-17."""
    items = ",".join(f"PHQ{i}" for i in range(1, ITEMS + 1))
    lines = [f"ID,Gender,Age,{items},PHQtotal,HAMD"]
    for unit in units:
        person = order.person(unit.number)
        answers = labels.items(order.seed, person, ITEMS)
        noise = stream(order.seed, unit.number, ANSWERS, 3).standard_normal()
        hamd = int(np.clip(round(14 + 5 * person.severity + 3 * noise), 0, 52))
        gender = "female" if person.female else "male"
        cells = (unit.id, gender, person.age, *answers, sum(answers))
        lines.append(",".join(map(str, (*cells, hamd if unit.id.startswith("MDD") else ""))))
    root = "CMDC_EULA/" if order.layout == "nested" else ""
    return {f"{root}SubjectInfo.csv": ("\n".join(lines) + "\n").encode()}
