"""A synthetic DAIC-WOZ: ten files a session (eleven with HOG), split tables of AVEC 2017.

Rows of the transcript tell of oddities as the real ones do (`interview.EVENTS`); from id 364 on the
agent's rows read ``uniqueid (text)``.  `known_errors` are planted in the sessions of those numbers.

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014;
the corpus' documentation (AVEC 2017).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ....features.types import F32, Seconds
from . import clnf, known_errors, labels
from .covarep import covarep, formant
from .interview import ELLIE, SCRUBBED, SYNC, Row
from .order import Content, Files, Order, Unit, once
from .recording import Recording
from .signal import FILES, stream
from .voice import RATE_HZ, sound, wav

DEFAULT_S: tuple[Seconds, Seconds] = (60.0, 180.0)
FIRST_NUMBER = 900
SHARES = (107, 35, 47)
ITEMS = ("NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure", "Concentrating",
         "Moving")  # fmt: skip
TOLD_HEADER = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender," + ",".join(
    f"PHQ8_{item}" for item in ITEMS
)
FIRST_WITH_IDS = 364
MARKERS = ("<sync>", "<synch>", "[sync]", "[synch]", "[syncing]", "[synching]", "<sync.")


def units(order: Order) -> list[Unit]:
    """List the sessions."""
    numbers = (
        known_errors.daic_numbers(order.sessions)
        if order.daic_ids
        else list(range(FIRST_NUMBER, FIRST_NUMBER + order.sessions))
    )
    held = labels.EMPTY_SLEEP | labels.WRONG_BINARY
    dealt = labels.split(numbers, SHARES, order.seed, held=held)
    return [_unit(order.layout, number, dealt[number]) for number in numbers]


def _unit(layout: str, number: int, split: str) -> Unit:
    name = f"{number}_P"
    folder = {"bare": name, "nested": f"{name}/{name}", "zip": name if number % 2 == 0 else ""}
    return Unit(
        id=str(number),
        number=number,
        folder=folder[layout],
        archive=f"{name}.zip" if layout == "zip" else "",
        junk=layout != "bare",
        split=split,
    )


def files(order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
    """Make a session's files."""
    recording = Recording(order, unit.number, DEFAULT_S)
    person, voices, face = recording.person, recording.voices, recording.face
    number, seed = unit.number, order.seed

    @cache
    def points() -> tuple[F32, F32, F32]:
        return face.points(stream(seed, number, FILES))

    made: dict[str, Content] = {
        "AUDIO.wav": lambda: (wav(sound(seed, person, voices), RATE_HZ),),
        "TRANSCRIPT.csv": once(transcript(number, recording.interview.rows)),
        "COVAREP.csv": lambda: covarep(voices, stream(seed, number, FILES, 1)),
        "FORMANT.csv": lambda: formant(
            voices, stream(seed, number, FILES, 2), female=person.female
        ),
        "CLNF_AUs.txt": lambda: clnf.action_units(face),
        "CLNF_features.txt": lambda: clnf.features(face, points()),
        "CLNF_features3D.txt": lambda: clnf.features3d(face, points()),
        "CLNF_gaze.txt": lambda: clnf.gaze(face, ind=number % 2 == 0),
        "CLNF_pose.txt": lambda: clnf.pose(face),
    }
    if order.heavy:
        made["CLNF_hog.bin"] = lambda: clnf.hog(face, stream(seed, number, FILES, 3))
    answers = labels.items(seed, person, len(ITEMS))
    told = recording.told() | {"phq8": sum(answers), "split": unit.split}
    return {f"{number}_{name}": content for name, content in made.items()}, told


def transcript(number: int, rows: Iterable[Row]) -> bytes:
    """Write ``_TRANSCRIPT.csv``: tabs, three decimals, a blank line in every third session."""
    early_s = known_errors.EARLY_TRANSCRIPT_S.get(number, 0.0)
    lines = ["start_time\tstop_time\tspeaker\tvalue"]
    for row in rows:
        if row.speaker == ELLIE and number in known_errors.WITHOUT_ELLIE:
            continue
        start_s, stop_s = row.start_s - early_s, row.stop_s - early_s
        lines.append(f"{start_s:.3f}\t{stop_s:.3f}\t{row.speaker}\t{value(number, row)}")
    if number % 3 == 0:
        lines.insert(min(6, len(lines)), "")
    return ("\n".join(lines) + "\n").encode()


def value(number: int, row: Row) -> str:
    """Write what a row says as the corpus' transcribers did."""
    if row.speaker == ELLIE:
        return f"{_unique_id(row.text)} ({row.text})" if number >= FIRST_WITH_IDS else row.text
    last = row.text.split()[-1]
    written = {
        "laughter": "<laughter>" if number % 4 == 0 else "[laughter]",
        "unintelligible": "xxx" if number % 3 else "xxxx",
        "cut": f"{row.text} <{last[:4]}>",
        "null": "null",
        "quote": f'"{row.text}',
        "empty": "",
        SCRUBBED: "scrubbed_entry",
        SYNC: MARKERS[number % len(MARKERS)],
    }
    return written.get(row.event, row.text)


def _unique_id(text: str) -> str:
    words = text.replace("'", "").split()
    return "_".join(words[:3]) + str(1 + len(text) % 4)


def answers_of(order: Order, number: int) -> tuple[list[int], int]:
    """Give a session's items and its binary as released."""
    answers = labels.items(order.seed, order.person(number), len(ITEMS))
    binary = int(sum(answers) >= labels.CUT_OFF and number not in labels.WRONG_BINARY)
    return answers, binary


def tables(order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
    """Write the split tables; the dev split has no newline at its end."""
    told: dict[str, list[str]] = {part: [] for part in labels.PARTS}
    full = ["Participant_ID,PHQ_Binary,PHQ_Score,Gender"]
    for unit in units:
        answers, binary = answers_of(order, unit.number)
        gender = int(not order.person(unit.number).female)
        cells = [str(a) for a in answers]
        if unit.number in labels.EMPTY_SLEEP:
            cells[ITEMS.index("Sleep")] = ""
        row = (unit.id, str(binary), str(sum(answers)), str(gender), *cells)
        told[unit.split].append(f"{unit.id},{gender}" if unit.split == "test" else ",".join(row))
        if unit.split == "test":
            full += [",,,", f"{unit.id},{binary},{sum(answers)},{gender}"]
    return {
        "train_split_Depression_AVEC2017.csv": _lines([TOLD_HEADER, *told["train"]]),
        "dev_split_Depression_AVEC2017.csv": _lines([TOLD_HEADER, *told["dev"]])[:-1],
        "test_split_Depression_AVEC2017.csv": _lines(["participant_ID,Gender", *told["test"]]),
        "full_test_split.csv": _lines(full),
    }


def _lines(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
