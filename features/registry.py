"""The extractors, in the order of the data flow.  A new one is one file and one line here."""

from collections.abc import Iterable, Mapping

from .acoustic.egemaps import Egemaps
from .extractor import Extractor
from .face.extractor import Face
from .speech.activity import VoiceActivity
from .speech.word_times import WordTimes
from .text.bert import Bert
from .text.words import Words

EXTRACTORS: Mapping[str, type[Extractor]] = {
    extractor.name: extractor
    for extractor in (Words, VoiceActivity, WordTimes, Face, Egemaps, Bert)
}


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
