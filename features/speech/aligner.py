"""pocketsphinx held open: a stretch of sound and its words in, times of the words out.

An utterance leaves no trace on the next: features are set up anew, and every word is known to the
decoder before the first one is aligned.  The second search runs over phones instead of words: how
much better the sound is explained by *some* phones than by these words tells whether the words
were said at all.

References
----------
Huggins-Daines et al., "PocketSphinx", ICASSP 2006; version 5.1 by pip, model en-us (BSD-2-Clause).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..types import F32, Seconds
from .dictionary import models_folder
from .pronounce import Phones

HOP_S = 0.010  # of the decoder's frames
SHORTEST_N = 1_600  # samples, .1 s: less is no utterance to the decoder
FILLERS = {"fillprob": 0.1, "silprob": 0.1}
"""Noise and silence between words are likely (defaults: 1e-8, .005): what a neighbour says within a
turn's margins is taken for noise, not for part of the first word."""
NARROW = {"topn": 2}  # densities a frame; 4, the default, takes .15 longer and places no better
WIDE_BEAMS = {"beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80}  # defaults: 1e-48, 7e-29, 1e-48
LOOP = {"beam": 1e-6, "pbeam": 1e-6, "lw": 2.0, "allphone_ci": True, "ds": 3, "topn": 2}
"""Of the search over phones: rough and quick, since its score is a yardstick only."""

_VARIANT = re.compile(r"\(\d+\)$")
_NO_WORD = re.compile(r"[<\[(+].*[>\])+]|NULL")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word where it was found; seconds from the start of the stretch."""

    start_s: Seconds
    stop_s: Seconds


@dataclass(frozen=True, slots=True)
class Alignment:
    """The words of a stretch, and how well they fit."""

    words: tuple[Spoken, ...]
    score: float
    """Natural logarithm of the likelihood, as the decoder scales it; higher is better; NaN where it
    is too small to be told (more than an hour at once)."""


class Aligner:
    """A decoder that knows the words of a session.

    Parameters
    ----------
    phones : mapping of str to phones
        Every word that will be asked for -> its pronunciation.  What the dictionary has too is
        also tried in the dictionary's other pronunciations.
    """

    def __init__(self, phones: Mapping[str, Phones]) -> None:
        self._phones = phones

    def align(self, y_N: F32, words: Sequence[str], *, wide: bool = False) -> Alignment | None:
        """Find the words in a stretch of sound.

        Parameters
        ----------
        y_N : float32 array of shape (N,)
            Samples at 16 kHz.
        words : sequence of str
            In the order in which they were said; at least one.
        wide : bool
            Follow less likely paths too: slower, and finds what else is given up.

        Returns
        -------
        Alignment or None
            None where no path through the sound holds all words.
        """
        decoder, name_of = self._wide if wide else self._narrow
        if y_N.size < SHORTEST_N:
            return None
        wanted = [name_of[word] for word in words]
        try:
            decoder.set_align_text(" ".join(wanted))
            _hear(decoder, y_N)
            found = list(decoder.seg() or ())
            best = decoder.hyp()
        except RuntimeError:  # the decoder's word for "no path"
            return None
        spoken = [
            (_VARIANT.sub("", segment.word), segment.start_frame, segment.end_frame + 1)
            for segment in found
            if not _NO_WORD.fullmatch(segment.word)
        ]
        if [name for name, _, _ in spoken] != wanted or best is None:
            return None  # cut short
        return Alignment(
            words=tuple(Spoken(first * HOP_S, last * HOP_S) for _, first, last in spoken),
            score=_log(best.score),
        )

    def any_phones(self, y_N: F32) -> float:
        """Score a stretch of sound under any sequence of phones; NaN where there is none."""
        if y_N.size < SHORTEST_N:
            return math.nan
        try:
            _hear(self._loop, y_N)
            best = self._loop.hyp()
        except RuntimeError:
            return math.nan
        return math.nan if best is None else _log(best.score)

    @cached_property
    def _narrow(self) -> tuple[Any, dict[str, str]]:
        return self._decoder(NARROW)

    @cached_property
    def _wide(self) -> tuple[Any, dict[str, str]]:
        return self._decoder(WIDE_BEAMS)

    @cached_property
    def _loop(self) -> Any:
        from pocketsphinx import Decoder

        model = str(models_folder() / "en-us-phone.lm.bin")
        return Decoder(lm=None, dict=None, loglevel="FATAL", bestpath=False, allphone=model, **LOOP)

    def _decoder(self, search: Mapping[str, float]) -> tuple[Any, dict[str, str]]:
        """Open a decoder that knows all words, each under a name that it can take.

        `bestpath` searches the lattice once more, which crashed or cut short an utterance in three.
        """
        from pocketsphinx import Decoder

        decoder = Decoder(lm=None, loglevel="FATAL", bestpath=False, **FILLERS, **search)
        name_of: dict[str, str] = {}
        for word, phones in self._phones.items():
            known = decoder.lookup_word(word) if _is_plain(word) else None
            if known is not None and tuple(known.split()) == phones:
                name_of[word] = word
            else:
                name_of[word] = f"depx-{len(name_of)}"
                decoder.add_word(name_of[word], " ".join(phones), update=False)
        return decoder, name_of


def _hear(decoder: Any, y_N: F32) -> None:
    """Play a whole utterance to a decoder that has forgotten all others."""
    decoder.reinit_feat()
    pcm_N = np.clip(np.rint(y_N * 32_768.0), -32_768, 32_767).astype("<i2")
    decoder.start_utt()
    try:
        decoder.process_raw(pcm_N.tobytes(), full_utt=True)
    finally:
        decoder.end_utt()


def _log(likelihood: float) -> float:
    return math.log(likelihood) if likelihood > 0 else math.nan


def _is_plain(word: str) -> bool:
    return word.isascii() and not re.search(r"[\s()<>\[\]+]", word)
