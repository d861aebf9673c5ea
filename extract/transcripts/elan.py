"""ELAN annotations (``.eaf``): tiers with participants, in time or subdividing one another.

Who speaks is a tier's PARTICIPANT, else its parent's, else what its name tells (`tiers.py`).  A
tier below another one holds words if its labels, joined, are its parent's; translations and
glosses are left out and counted.  A time slot without a value leaves its bound unknown: ELAN draws
such bounds evenly, and nobody set them.

(pympi-ling, the library for this, fails on files without a schema's address, expands entities, and
gives parts of an utterance its whole time.)  Entities are refused: the files come from strangers.

References
----------
Max Planck Institute for Psycholinguistics, "ELAN annotation format", version 3.0, 2017.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import NO_TIME, Utterance
from .base import WORD_TIMED, Format
from .faults import Faults
from .grouping import Token, is_silence
from .tiers import Holds, Tier, letters_of, name_tells, tier_of, utterances_in
from .times import time_of

_HEAD = re.compile(r"\s*(?:<[?!].*?)?<ANNOTATION_DOCUMENT[\s>]", flags=re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # names an encoding that is decoded already
_SLOTS_PER_S = 1000  # time slots count milliseconds


@dataclass(frozen=True, slots=True)
class _Label:
    """An annotation, and the one that it belongs to."""

    span: Token
    parent: str | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """A tier as the file has it."""

    name: str
    participant: str | None
    parent: str | None
    constraint: str
    labels: Mapping[str, _Label]


def matches(head: str) -> bool:
    """Tell ELAN's XML by its root."""
    return _HEAD.match(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the tiers that hold speech.

    Raises
    ------
    TranscriptError
        If it is no XML, or declares entities.
    """
    document = _document(text)
    slots = {
        slot.get("TIME_SLOT_ID"): _slot(slot.get("TIME_VALUE"))
        for slot in document.iter("TIME_SLOT")
    }
    offsets = [medium.get("TIME_ORIGIN", "0") for medium in document.iter("MEDIA_DESCRIPTOR")]
    faults.add("media_offset", times=sum(offset not in ("", "0") for offset in offsets))
    constraints = {
        kind.get("LINGUISTIC_TYPE_ID"): kind.get("CONSTRAINTS") or ""
        for kind in document.iter("LINGUISTIC_TYPE")
    }
    raw = [
        _Raw(
            name=tier.get("TIER_ID", ""),
            participant=(tier.get("PARTICIPANT") or "").strip() or None,
            parent=tier.get("PARENT_REF"),
            constraint=constraints.get(tier.get("LINGUISTIC_TYPE_REF"), ""),
            labels=_labels(tier, slots),
        )
        for tier in document.iter("TIER")
    ]
    return utterances_in(_tiers(raw, faults), faults)


FORMAT = Format(name="ELAN annotation", rank=WORD_TIMED + 3, matches=matches, parse=parse)


def _document(text: str) -> Element:
    if "<!ENTITY" in text:
        raise TranscriptError(
            "declares XML entities, which ELAN never does; save it with ELAN anew"
        )
    try:
        document = ElementTree.fromstring(_DECLARATION.sub("", text))
    except ElementTree.ParseError as error:
        line, column = error.position
        raise TranscriptError(
            f"is no valid XML at line {line}, column {column + 1}; was it written to its end?"
        ) from None
    return document


def _slot(value: str | None) -> Seconds:
    return time_of(value, _SLOTS_PER_S)


def _labels(tier: Element, slots: Mapping[str | None, Seconds]) -> dict[str, _Label]:
    labels: dict[str, _Label] = {}
    for annotation in tier.iter():
        if annotation.tag not in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
            continue
        start_s = slots.get(annotation.get("TIME_SLOT_REF1"), NO_TIME)
        stop_s = slots.get(annotation.get("TIME_SLOT_REF2"), NO_TIME)
        text = " ".join((annotation.findtext("ANNOTATION_VALUE") or "").split())
        key = annotation.get("ANNOTATION_ID", f"#{len(labels)}")
        labels[key] = _Label((text, start_s, stop_s), annotation.get("ANNOTATION_REF"))
    return labels


def _tiers(all_tiers: Sequence[_Raw], faults: Faults) -> list[Tier]:
    """Say what each tier holds and whose it is."""
    raw = {tier.name: tier for tier in all_tiers}
    tiers: list[Tier] = []
    tops: dict[str, list[_Raw]] = {}
    for tier in all_tiers:
        above = raw.get(tier.parent or "")
        speaker = _speaker(tier, raw)
        if above is not None:
            tiers.append(_below(tier, above, speaker, raw))
        elif tier.participant is None or name_tells(tier.name)[1] is not None:
            tiers.append(tier_of(tier.name, _spans(tier, raw), speaker))
        else:
            tops.setdefault(tier.participant, []).append(tier)
    for speaker, own in tops.items():  # speech and gestures, say, under names of the user's own
        speech = max(
            own, key=lambda tier: sum(len(text.split()) for text, _, _ in _spans(tier, raw))
        )
        tiers.append(tier_of(speech.name, _spans(speech, raw), speaker))
        beside = [tier for tier in own if tier is not speech and tier.labels]
        faults.add("tiers_doubtful", times=len(beside))
    for number, made in enumerate(tiers, start=1):
        if made.holds is not Holds.OTHER:
            untimed = [at for at, span in enumerate(made.spans, start=1) if _untimed(span)]
            where = f"annotation {untimed[0]} of tier {number}" if untimed else ""
            faults.add("rows_untimed", where, times=len(untimed))
    return tiers


def _untimed(span: Token) -> bool:
    text, start_s, stop_s = span
    return math.isnan(start_s + stop_s) and not is_silence(text)


def _below(tier: _Raw, above: _Raw, speaker: str | None, raw: Mapping[str, _Raw]) -> Tier:
    """Say what a tier holds that belongs to another one."""
    told = name_tells(tier.name)[1]
    spans = _spans(tier, raw)
    numbered = name_tells(above.name)[1] is Holds.OTHER or all(
        is_silence(label.span[0]) for label in above.labels.values()
    )
    in_time = tier.constraint in ("Time_Subdivision", "Included_In")
    if told is Holds.OTHER:
        holds = Holds.OTHER
    elif numbered:  # the one above holds the numbers of the utterances, or nothing
        holds = told or Holds.SPEECH
        spans = spans if in_time else _joined(tier, raw)
    elif in_time and (told is Holds.WORDS or _subdivides(tier, above)):
        holds = Holds.WORDS
    else:
        holds = Holds.OTHER  # words without times, which the one above has too, or a translation
    return tier_of(tier.name, spans, speaker, holds)


def _speaker(tier: _Raw, raw: Mapping[str, _Raw]) -> str | None:
    """Find who speaks in a tier; None where its name has to tell."""
    seen: set[str] = set()
    names: list[str | None] = []
    at: _Raw | None = tier
    while at is not None and at.name not in seen:
        if at.participant is not None:
            return at.participant
        seen.add(at.name)
        names.append(name_tells(at.name)[0])
        at = raw.get(at.parent or "")
    return names[-1]


def _spans(tier: _Raw, raw: Mapping[str, _Raw]) -> list[Token]:
    """Give the labels of a tier, untimed ones with the times of those that they belong to."""
    spans: list[Token] = []
    for label in tier.labels.values():
        text, start_s, stop_s = label.span
        if label.parent is not None:
            start_s, stop_s = _bounds(label, tier, raw)
        spans.append((text, start_s, stop_s))
    return spans


def _bounds(label: _Label, tier: _Raw, raw: Mapping[str, _Raw]) -> tuple[Seconds, Seconds]:
    """Climb to the annotation that has times."""
    for _ in raw:  # no more steps than tiers, though they belong to each other in a circle
        above = raw.get(tier.parent or "")
        if label.parent is None or above is None or label.parent not in above.labels:
            break
        label, tier = above.labels[label.parent], above
    return label.span[1], label.span[2]


def _joined(tier: _Raw, raw: Mapping[str, _Raw]) -> list[Token]:
    """Join the labels that belong to the same annotation, whose time they divide unsaid."""
    joined: dict[str | None, Token] = {}
    for label, span in zip(tier.labels.values(), _spans(tier, raw), strict=True):
        before = joined.get(label.parent)
        text = span[0] if before is None else f"{before[0]} {span[0]}"
        joined[label.parent] = (text, span[1], span[2])
    return list(joined.values())


def _subdivides(tier: _Raw, above: _Raw) -> bool:
    """Say whether the labels of a tier, joined, are those of the one above."""
    parts, whole = (
        letters_of("".join(label.span[0] for label in one.labels.values())) for one in (tier, above)
    )
    return parts == whole
