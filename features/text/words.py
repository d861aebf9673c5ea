"""The ``words`` track: utterances of a transcript into turns of tokens, with speakers and roles.

A turn is an utterance that holds a token.  Its order is the transcript's: times that run backwards
or overlap are kept and counted.  Times of words are the transcript's own; none is made here.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

from ...errors import NothingToMeasure, TranscriptError
from ..extractor import Inputs, Measured, Takes
from ..language import code
from ..parameters import PRIVATE
from ..types import Seconds
from ..words import NO_TIME, Kind, Role, Turn, Utterance, Word, ambiguous, roles, words_of
from .disorder import disorder, warnings
from .tokens import Token, tokenise


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Tokens, roles and given times of everything that a transcript holds."""

    participant: str | None = field(default=None, metadata=PRIVATE)
    """Name of the participant in the transcript; None takes names that say their role."""
    language: str = "en"
    """Language of the words: "er" is a filler in English, and "he" in German."""

    name: ClassVar[str] = "words"
    version: ClassVar[str] = "2"
    takes: ClassVar[Takes] = "transcript"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        object.__setattr__(self, "language", code(self.language))

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file shapes tokens."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Turn the utterances of a session into turns.

        Raises
        ------
        NothingToMeasure
            If the session has no transcript.
        TranscriptError
            If no word was said, `participant` names nobody, or several speakers may be it.
        """
        if inputs.utterances is None:
            raise NothingToMeasure("words: the session has no transcript")
        speakers = [utterance.speaker for utterance in inputs.utterances]
        named = self.participant if any(speakers) else None  # nobody to choose among
        role_of = roles(speakers, named)
        if named is not None and Role.PARTICIPANT not in role_of.values():
            raise TranscriptError(_nobody_has_that_name(role_of))
        if ambiguous(role_of):
            raise TranscriptError(
                f"transcript: {len(role_of)} speakers, and no name says who is the participant; "
                "--participant NAME does"
            )
        turns = turns_of(inputs.utterances, role_of, self.language)
        if not any(word.kind is Kind.WORD for word in words_of(turns)):
            raise TranscriptError(
                f"transcript: no word in {len(inputs.utterances)} utterances; expected at least one"
            )
        contradictions, first = disorder(inputs.utterances)
        reading = inputs.reading
        return Measured(
            table=turns,
            quality={
                "format": reading.format,
                **_quality(inputs.utterances, turns),
                **contradictions,
                "faults": dict(reading.faults),
                **({"corrections": dict(reading.corrections)} if reading.corrections else {}),
            },
            warnings=(
                *(
                    _without_speaker(turns)
                    or _warnings(role_of, asked=self.participant is not None)
                ),
                *reading.warnings,
                *warnings(contradictions, first),
            ),
        )


def turns_of(
    utterances: Sequence[Utterance], role_of: Mapping[str | None, Role], language: str = "en"
) -> tuple[Turn, ...]:
    """Tokenise utterances; those without a token are left out."""
    turns: list[Turn] = []
    for utterance in utterances:
        index = len(turns)
        speaker = utterance.speaker or ""
        role = role_of[utterance.speaker]
        words = tuple(
            Word(
                text=token.text,
                raw=token.raw,
                kind=token.kind,
                speaker=speaker,
                role=role,
                turn=index,
                start_s=start_s,
                stop_s=stop_s,
            )
            for token, start_s, stop_s in timed_tokens(utterance, language)
        )
        if words:
            turns.append(
                Turn(
                    index=index,
                    speaker=speaker,
                    role=role,
                    start_s=utterance.start_s,
                    stop_s=utterance.stop_s,
                    words=words,
                )
            )
    return tuple(turns)


def timed_tokens(
    utterance: Utterance, language: str = "en"
) -> list[tuple[Token, Seconds, Seconds]]:
    """Tokenise an utterance and carry the times of its words over to the tokens.

    A token that spans several timed words takes their bounds; tokens that share one take parts of
    its time by their letters.

    Returns
    -------
    list of (Token, start, stop)
        NaN where the transcript gives no time.
    """
    if not utterance.words:
        return [(token, NO_TIME, NO_TIME) for token in tokenise(utterance.text, language)]
    text = " ".join(word for word, _, _ in utterance.words)
    first = [0, *accumulate(len(word) + 1 for word, _, _ in utterance.words)]
    timed: list[tuple[Token, Seconds, Seconds]] = []
    for token in tokenise(text, language):
        v = bisect_right(first, token.start) - 1
        w = bisect_left(first, token.stop) - 1
        start_s = _within(utterance.words[v], token.start - first[v])
        stop_s = _within(utterance.words[w], token.stop - first[w])
        timed.append((token, start_s, stop_s))
    return timed


def _within(word: tuple[str, Seconds, Seconds], letters: int) -> Seconds:
    """Say when a timed word has come to its given letter."""
    text, start_s, stop_s = word
    share = letters / len(text)
    return stop_s if share == 1 else start_s + share * (stop_s - start_s)


def _quality(utterances: Sequence[Utterance], turns: Sequence[Turn]) -> dict[str, int]:
    words = words_of(turns)
    kinds = Counter(word.kind for word in words)
    roles_of_turns = Counter(turn.role for turn in turns)
    roles_of_words = Counter(word.role for word in words)
    quality = {
        "utterances": len(utterances),
        "turns": len(turns),
        "turns_without_words": len(utterances) - len(turns),
        "turns_untimed": sum(math.isnan(turn.stop_s - turn.start_s) for turn in turns),
        "words": len(words),
        "words_timed": sum(not math.isnan(word.stop_s - word.start_s) for word in words),
        "speakers": len({turn.speaker for turn in turns}),
        "utterances_without_speaker": len(_unnamed(turns)),
    }
    quality |= {f"words_{kind}": kinds[kind] for kind in (Kind.WORD, Kind.FILLER, Kind.EVENT)}
    quality |= {f"turns_{role}": roles_of_turns[role] for role in Role}
    quality |= {f"words_{role}": roles_of_words[role] for role in Role}
    return quality


def _unnamed(turns: Sequence[Turn]) -> list[Turn]:
    """Find the turns without a speaker among others that have one."""
    unnamed = [turn for turn in turns if not turn.speaker]
    return unnamed if len(unnamed) < len(turns) else []


def _without_speaker(turns: Sequence[Turn]) -> tuple[str, ...]:
    unnamed = _unnamed(turns)
    if not unnamed:
        return ()
    whose = "the interviewer" if unnamed[0].role is Role.INTERVIEWER else "the participant"
    return (
        f"transcript: {len(unnamed)} of {len(turns)} utterances have no speaker, others have one: "
        f"treated as {whose}'s; write their speaker into the transcript",
    )


def _nobody_has_that_name(role_of: Mapping[str | None, Role]) -> str:
    return (
        f"transcript: --participant names none of the {len(role_of)} speakers; "
        "expected a name as the transcript spells it"
    )


def _warnings(role_of: Mapping[str | None, Role], *, asked: bool) -> tuple[str, ...]:
    unknown = [speaker for speaker, role in role_of.items() if role is Role.UNKNOWN]
    if unknown:
        if unknown == [None] and not asked:
            return ("transcript: no speaker is named: all words are treated as the participant's",)
        who = "no speaker is named" if unknown == [None] else "one speaker without a telling name"
    elif Role.PARTICIPANT not in role_of.values():
        return (
            "transcript: every speaker is an interviewer, so there are no words of a participant; "
            "--participant NAME says who it is",
        )
    else:
        return ()
    remedy = "so --participant chooses nobody" if asked else "--participant NAME says who it is"
    return (f"transcript: {who}: treated as the participant; {remedy}",)
