"""The extractors, in the order of the data flow.  A new one is one file and one line here."""

from collections.abc import Iterable, Mapping

from .acoustic.compare import Compare
from .acoustic.covarep.extractor import Covarep
from .acoustic.egemaps import Egemaps
from .acoustic.egemaps_turns import EgemapsTurns
from .acoustic.given_only import (
    BoawEgemaps,
    BoawMfcc,
    DeepspectrumDensenet201,
    DeepspectrumVgg16,
    DvlogAcoustic,
    Formant,
    OpensmileMfcc,
)
from .acoustic.level import Level
from .acoustic.logmel import LogMel
from .acoustic.mfcc import Mfcc
from .extractor import Extractor
from .face.extractor import Face
from .given_only import BovwOpenface, CnnResnet, CnnVgg, DvlogVisual, Hog
from .speech.activity import VoiceActivity
from .speech.forced import Forced
from .speech.word_times import WordTimes
from .text.bert import Bert
from .text.words import Words

IN_ORDER: tuple[type[Extractor], ...] = (
    *(Words, VoiceActivity, Level, Forced, WordTimes, Face),
    *(Covarep, Egemaps, EgemapsTurns, Compare, Mfcc, LogMel, Bert),
    # from files of other programs only
    *(Formant, OpensmileMfcc, DvlogVisual, DvlogAcoustic),
    *(Hog, CnnResnet, CnnVgg, BovwOpenface),
    *(BoawEgemaps, BoawMfcc, DeepspectrumDensenet201, DeepspectrumVgg16),
)
EXTRACTORS: Mapping[str, type[Extractor]] = {extractor.name: extractor for extractor in IN_ORDER}

OPTIONAL = frozenset(
    extractor.name
    for extractor in (
        *(Compare, Mfcc, LogMel, Hog, CnnResnet, CnnVgg, BovwOpenface),
        *(BoawEgemaps, BoawMfcc, DeepspectrumDensenet201, DeepspectrumVgg16),
    )
)
"""Tracks that are made only when asked for by name."""


def with_prerequisites(tracks: Iterable[str]) -> tuple[str, ...]:
    """Add the tracks that the named ones consume or consult; in the order of the registry."""
    wanted: set[str] = set()
    waiting = list(tracks)
    while waiting:
        track = waiting.pop()
        if track not in wanted:
            wanted.add(track)
            waiting += [*EXTRACTORS[track].consumes, *EXTRACTORS[track].consults]
    return tuple(name for name in EXTRACTORS if name in wanted)
