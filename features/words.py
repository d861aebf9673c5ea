"""Word and Turn: what was said, by whom, in which role.

A word's own times are NaN where the transcript gives none; the turn's then bound it.  Which times a
training set uses is chosen later, from `WordTime` rows.  No transcript format is known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .columns import Column
from .types import F32, Bool, Seconds

NO_TIME: Seconds = float("nan")
"""The time of a word or turn whose transcript gives none."""


class Role(StrEnum):
    """Who speaks.  `UNKNOWN` is treated as the participant, with one warning and a count."""

    PARTICIPANT = "participant"
    INTERVIEWER = "interviewer"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a token is: a word, a filled pause, a marked event (laughter), a silent pause.

    A window is a stretch of fixed length that stands where words would, without a transcript.
    """

    WORD = "word"
    FILLER = "filler"
    EVENT = "event"
    PAUSE = "pause"
    WINDOW = "window"


class Timing(StrEnum):
    """How a word got its times, best first."""

    GIVEN = "given"
    FORCED = "forced"
    PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One token of a transcript."""

    text: str
    """Cleaned; what the text model reads."""
    raw: str
    """As the transcript has it."""
    kind: Kind
    speaker: str
    role: Role
    turn: int
    """Index of its turn in the session."""
    start_s: Seconds = NO_TIME
    stop_s: Seconds = NO_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Consecutive words of one speaker that the transcript bounds together."""

    index: int
    speaker: str
    role: Role
    start_s: Seconds
    stop_s: Seconds
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A line of a transcript as its format gives it, before tokens and roles."""

    start_s: Seconds
    stop_s: Seconds
    speaker: str | None
    """None where the format has no speaker."""
    text: str
    words: tuple[tuple[str, Seconds, Seconds], ...] = ()
    """Token, start, stop; only where the format times words.  NaN where one token has no times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a transcript found besides its utterances."""

    format: str | None = None
    """Name of the file's format."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """What was wrong with the file or left out, by kind."""
    corrections: Mapping[str, object] = field(default_factory=dict)
    """What was mended of the known errors of its corpus, counted; empty where nothing is known."""
    warnings: tuple[str, ...] = ()
    """One line each, for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTime:
    """One method's times for one word."""

    word: int
    """Index of the word in the session."""
    method: Timing
    start_s: Seconds
    stop_s: Seconds
    confidence: float
    """0..1; NaN where the method has no judgement."""


@dataclass(frozen=True, eq=False, kw_only=True)
class WordVectors:
    """A vector a word: the output of a text model.  W = words of the session, D = width."""

    value_WD: F32
    """NaN in the rows of words that have no vector (events, pauses)."""
    valid_W: Bool


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnTable:
    """Named numbers a turn: functionals of its sound.  T = turns of the session, C = columns."""

    turns: tuple[Turn, ...]
    """All of the session, in order."""
    value_TC: F32
    """NaN where a turn was not measured."""
    columns: tuple[Column, ...]
    valid_T: Bool


def words_of(turns: Iterable[Turn]) -> tuple[Word, ...]:
    """List the words of turns in order; an index into it is a word's index in the session."""
    return tuple(word for turn in turns for word in turn.words)


# Names that say their role, lower case, in English, German and Chinese.  Ellie: the virtual
# interviewer of DAIC-WOZ.
PARTICIPANT_NAMES = frozenset(
    {"participant", "patient", "subject", "interviewee", "client"}
    | {"patientin", "proband", "probandin", "teilnehmer", "teilnehmerin", "klient", "klientin"}
    | {"患者", "病人", "被试"}
)
INTERVIEWER_NAMES = frozenset(
    {"ellie", "interviewer", "therapist", "clinician", "doctor", "experimenter", "agent"}
    | {"interviewerin", "therapeut", "therapeutin", "arzt", "ärztin", "versuchsleiter"}
    | {"versuchsleiterin", "医生", "主试"}
)


def roles(speakers: Sequence[str | None], participant: str | None = None) -> dict[str | None, Role]:
    """Tell each speaker's role from the names.

    A name that says its role gives it.  When `participant` is named, every other speaker is an
    interviewer.  Where one speaker is known to be the participant and nothing is known of the
    others, they are interviewers too: whoever is not the participant must not shape the features.
    Where none is, one speaker without a telling name (or no speaker at all) stays unknown; several
    are ambiguous, see `ambiguous`.

    Parameters
    ----------
    speakers : sequence of str or None
        Distinct or repeated names; None where the transcript has no speaker.
    participant : str or None
        Name that the user gave as the participant's, compared without regard to case.

    Returns
    -------
    dict of speaker to Role
    """
    distinct = list(dict.fromkeys(speakers))
    found: dict[str | None, Role] = {}
    for speaker in distinct:
        name = (speaker or "").strip().casefold()
        if participant is not None:
            mine = name == participant.strip().casefold()
            found[speaker] = Role.PARTICIPANT if mine else Role.INTERVIEWER
        elif name in PARTICIPANT_NAMES:
            found[speaker] = Role.PARTICIPANT
        elif name in INTERVIEWER_NAMES:
            found[speaker] = Role.INTERVIEWER
        else:
            found[speaker] = Role.UNKNOWN
    if Role.PARTICIPANT in found.values():
        for speaker, role in found.items():
            if role is Role.UNKNOWN:
                found[speaker] = Role.INTERVIEWER
    return found


def ambiguous(role_of: Mapping[str | None, Role]) -> bool:
    """Say whether several speakers may be the participant: taking all would train on others."""
    return sum(role is Role.UNKNOWN for role in role_of.values()) > 1
