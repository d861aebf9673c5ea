"""Confidence of aligned words: what speaks for them raises it, what cannot be is refused."""

import math

import numpy as np

from depx.features.speech.finding import TRUST_IN, WIDE
from depx.features.speech.trust import REFUSED, confidence

LENGTH_S = np.array([0.3, 0.2, 0.4])
PHONES = (3, 2, 4)
VOICED = np.ones(3)


def test_words_that_fit_in_every_way_are_nearly_sure() -> None:
    assert (confidence(LENGTH_S, PHONES, VOICED, 0.15, 1.0) > 0.95).all()


def test_each_doubt_lowers_the_confidence() -> None:
    best = confidence(LENGTH_S, PHONES, VOICED, 0.1, 1.0)
    doubts = (
        confidence(LENGTH_S, PHONES, VOICED, -0.1, 1.0),
        confidence(LENGTH_S, PHONES, VOICED, 0.1, TRUST_IN[WIDE]),
        confidence(LENGTH_S, PHONES, VOICED / 2, 0.1, 1.0),
        confidence(LENGTH_S * 4, PHONES, VOICED, 0.1, 1.0),
    )
    for doubtful in doubts:
        assert (doubtful < best).all()
        assert (doubtful > REFUSED).all()


def test_only_the_word_that_is_drawn_out_loses() -> None:
    best = confidence(LENGTH_S, PHONES, VOICED, 0.1, 1.0)
    drawn = confidence(LENGTH_S * [1, 1, 5], PHONES, VOICED, 0.1, 1.0)
    assert (drawn[:2] == best[:2]).all()
    assert drawn[2] < best[2]


def test_a_turn_that_is_squeezed_or_lies_in_silence_is_refused() -> None:
    squeezed = confidence(np.full(3, 0.031) * PHONES, PHONES, VOICED, 0.1, 1.0)
    silent = confidence(LENGTH_S, PHONES, VOICED * 0.2, 0.1, 1.0)
    assert (squeezed == REFUSED).all()
    assert (silent == REFUSED).all()


def test_where_nothing_is_known_of_voice_or_fit_they_do_not_count() -> None:
    known = confidence(LENGTH_S, PHONES, VOICED, 9.0, 1.0)
    assert np.allclose(confidence(LENGTH_S, PHONES, None, math.nan, 1.0), known)
