"""A synthetic E-DAIC: twelve files a session, label tables of AVEC 2019 and of later releases.

A number is the same person, interview and score as in the synthetic DAIC-WOZ.  ``PHQ_Binary`` is
*not* the rule: about 7 % have a score from 10 to 16 and a binary of 0, as in the real tables.
Transcripts name no speaker; in every fourth session the agent's words are among them.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge", AVEC 2019.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ....features.types import F32, Seconds
from . import known_errors, labels, opensmile
from .interview import PARTICIPANT, SCRUBBED, SYNC, Row
from .matfile import matrix
from .openface import openface
from .order import Content, Files, Order, Unit, once
from .recording import Recording
from .signal import ANSWERS, FILES, TALK, Person, stream
from .voice import RATE_HZ, sound, wav

DEFAULT_S: tuple[Seconds, Seconds] = (60.0, 180.0)
FIRST_NUMBER, FIRST_AUTONOMOUS = 900, 600
SHARES = (163, 56, 56)
OF_DAIC_WOZ = 189 / 275  # share of sessions that DAIC-WOZ holds, too
NETWORKS = {"densenet201": 1920, "vgg16": 4096}
FRAME_NETWORKS = {"ResNet": 2048, "VGG": 4096}
STILL_F = 30  # the frame networks' output changes so rarely, which keeps the files small
LENIENT = (10, 16)  # scores of which a third has a released binary of 0
LENIENT_SHARE = 1 / 3
PTSD_CUT_OFF = 44
EMPTY_PTSD = 2  # cells of the test table

ITEMS = ("NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure", "Concentrating",
         "Moving")  # fmt: skip
LATER_ITEMS = (*ITEMS[:6], "Concentration", "Psychomotor")
PCL_C = ("Memories", "Dreams", "Reliving", "Upset", "Physical", "ThoughtAvoidance",
         "ActivityAvoidance", "TroubleRemembering", "NoInterest", "FeelDistant", "FeelNumb",
         "Future_Cut_Short", "Sleep", "Irritability", "Concentration", "HyperAlert",
         "Jumpy")  # fmt: skip
SPLIT_HEADER = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"
AVEC_NAMES = {"train": "training_{:03d}", "dev": "development_{:02d}", "test": "test_{:02d}"}


def units(order: Order) -> list[Unit]:
    """List the sessions."""
    numbers = list(range(FIRST_NUMBER, FIRST_NUMBER + order.sessions))
    if order.daic_ids:
        shared = known_errors.daic_numbers(round(order.sessions * OF_DAIC_WOZ))
        rest = order.sessions - len(shared)
        numbers = [*shared, *range(FIRST_AUTONOMOUS, FIRST_AUTONOMOUS + rest)]
    dealt = labels.split(numbers, SHARES, order.seed, test_last=True)
    return [_unit(order.layout, number, dealt[number]) for number in numbers]


def _unit(layout: str, number: int, split: str) -> Unit:
    name = f"{number}_P"
    folder = {
        "bare": f"data/{name}",
        "split": f"{split}/{name}",
        "nested": f"{name}/{name}",
        "zip": name,
    }
    return Unit(
        id=str(number),
        number=number,
        folder=folder[layout],
        archive=f"{name}.tar.gz" if layout == "zip" else "",
        junk=layout == "nested",
        split=split,
    )


def files(order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
    """Make a session's files."""
    recording = Recording(order, unit.number, DEFAULT_S)
    person, voices, face = recording.person, recording.voices, recording.face
    number, seed, duration_s = unit.number, order.seed, recording.interview.duration_s

    def chance(part: int) -> np.random.Generator:
        return stream(seed, number, FILES, 10 + part)

    def network(width: int, part: int) -> Iterator[bytes]:
        return matrix("feature", frames, width, _activations(frames, width, chance(part)))

    frames = int(face.time_s.size)
    audio, smile = f"{number}_AUDIO", "OpenSMILE2.3.0"
    made: dict[str, Content] = {
        "AUDIO.wav": lambda: (wav(sound(seed, person, voices), RATE_HZ),),
        "Transcript.csv": once(
            transcript(number, recording.interview.rows, duration_s, stream(seed, number, TALK, 1))
        ),
        "OpenFace2.1.0_Pose_gaze_AUs.csv": lambda: openface(face),
        f"{smile}_egemaps.csv": lambda: opensmile.egemaps(audio, voices, chance(0)),
        f"{smile}_mfcc.csv": lambda: opensmile.mfcc(audio, voices, chance(1)),
        "BoAW_openSMILE_2.3.0_eGeMAPS.csv": lambda: opensmile.bag_of_words(
            audio, duration_s, chance(2)
        ),
        "BoAW_openSMILE_2.3.0_MFCC.csv": lambda: opensmile.bag_of_words(
            audio, duration_s, chance(3)
        ),
        "BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv": lambda: opensmile.bag_of_words(
            audio, duration_s, chance(4)
        ),
        "densenet201.csv": lambda: opensmile.deep_spectrum(
            audio, NETWORKS["densenet201"], duration_s, chance(5)
        ),
        "vgg16.csv": lambda: opensmile.deep_spectrum(
            audio, NETWORKS["vgg16"], duration_s, chance(6)
        ),
        "CNN_ResNet.mat": lambda: network(FRAME_NETWORKS["ResNet"], 7),
        "CNN_VGG.mat": lambda: network(FRAME_NETWORKS["VGG"], 8),
    }
    own = ("AUDIO.wav", "Transcript.csv")
    told = recording.told() | {
        "phq8": sum(labels.items(seed, person, len(ITEMS))),
        "phq_binary_released": binary(order, number),
        "split": unit.split,
    }
    named = {
        f"{number}_{name}" if name in own else f"features/{number}_{name}": content
        for name, content in made.items()
    }
    return named, told


def transcript(
    number: int, rows: Sequence[Row], duration_s: Seconds, chance: np.random.Generator
) -> bytes:
    """Write ``_Transcript.csv`` as a recogniser does that hears no speakers.

    By the session's number some rows are odd: an empty text (even numbers), a row before its
    predecessor (every third), a row past the end of the sound (every fifth).
    """
    heard = [
        row
        for row in rows
        if row.event not in (SCRUBBED, SYNC, "laughter", "unintelligible", "null")
        and (row.speaker == PARTICIPANT or number % 4 == 0)
    ]
    cells = []
    for i, row in enumerate(heard):
        text = "" if row.event == "empty" or (i == 3 and number % 2 == 0) else row.text
        cells.append((row.start_s, row.stop_s, _as_recognised(text)))
    if number % 3 == 0 and len(cells) > 2:
        cells[1], cells[2] = cells[2], cells[1]
    if number % 5 == 0:
        cells.append((duration_s + 0.5, duration_s + 1.1, "okay"))
    sure = chance.uniform(0.6, 0.98, size=len(cells))
    lines = ["Start_Time,End_Time,Text,Confidence"]
    for (start_s, stop_s, text), confidence in zip(cells, sure, strict=True):
        lines.append(f"{start_s:g},{stop_s:g},{text},{confidence:.9f}")
    return ("\n".join(lines) + "\n").encode()


def binary(order: Order, number: int) -> int:
    """Give the released ``PHQ_Binary``, which is 0 for some of the scores from 10 to 16."""
    person = order.person(number)
    score = sum(labels.items(order.seed, person, len(ITEMS)))
    low, high = LENIENT
    lenient = stream(order.seed, number, ANSWERS, 1).random() < LENIENT_SHARE
    return int(score >= labels.CUT_OFF and not (low <= score <= high and lenient))


def pcl_c(order: Order, person: Person) -> list[int]:
    """Answer the 17 items of PCL-C, 1 to 5, which go with the severity."""
    noise = stream(order.seed, person.number, ANSWERS, 2).standard_normal(len(PCL_C))
    latent = 2.0 + 0.8 * person.severity + 0.8 * noise
    return [int(a) for a in np.clip(np.rint(latent), 1, 5)]


def tables(order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
    """Write the six label tables."""
    parts: dict[str, list[str]] = {part: [SPLIT_HEADER] for part in labels.PARTS}
    items = ["Participant_ID," + ",".join(f"PHQ_8{i}" for i in ITEMS) + ",PHQ_8Total"]
    later = ["Participant,gender,age,split,Depression_severity,Depression_label,PTSD_severity,"
             "PTSD_label," + ",".join(
                 [f"PHQ8_{i}_{name}" for i, name in enumerate(LATER_ITEMS, 1)]
                 + [f"PCL-C_{i}_{name}" for i, name in enumerate(PCL_C, 1)])]  # fmt: skip
    mapped = [SPLIT_HEADER.replace("Participant_ID,", "Participant_ID,AVECParticipant_ID,")]
    empty = EMPTY_PTSD if len(units) >= 12 else 0
    for unit in units:
        person = order.person(unit.number)
        answers = labels.items(order.seed, person, len(ITEMS))
        ptsd = pcl_c(order, person)
        score, ptsd_binary = sum(answers), int(sum(ptsd) >= PTSD_CUT_OFF)
        gender, released = "female" if person.female else "male", binary(order, unit.number)
        ptsd_score = str(sum(ptsd))
        if unit.split == "test" and empty:
            ptsd_score, empty = "", empty - 1
        rest = f"{gender},{released},{score},{ptsd_binary},{ptsd_score}"
        parts[unit.split].append(f"{unit.id},{rest}")
        place = len(parts[unit.split]) - 1
        mapped.append(f"{unit.id},{AVEC_NAMES[unit.split].format(place)},{rest}")
        if unit.split != "test":
            items.append(",".join(map(str, (unit.id, *answers, score))))
        shown = "" if len(later) == 3 else gender  # one gender is blank
        row = (unit.id, shown, person.age, unit.split, score, released, sum(ptsd), ptsd_binary)
        later.append(",".join(map(str, (*row, *answers, *ptsd))))
    named = {f"{part}_split": lines for part, lines in parts.items()}
    named |= {"Detailed_PHQ8_Labels": items, "detailed_lables": later, "metadata_mapped": mapped}
    return {f"labels/{name}.csv": ("\n".join(x) + "\n").encode() for name, x in named.items()}


def _as_recognised(text: str) -> str:
    words = ["I" if word == "i" else word.replace("i'm", "I'm") for word in text.split()]
    return " ".join(words)


def _activations(frames: int, width: int, chance: np.random.Generator) -> Iterator[F32]:
    """Make a network's output, a column at a time: coarse, half of it zero, still for a second."""
    for _ in range(width):
        coarse = np.rint(chance.standard_normal(frames // STILL_F + 1, dtype=np.float32) * 4) / 4
        yield np.repeat(np.maximum(coarse, 0), STILL_F)[:frames].astype(np.float32)
