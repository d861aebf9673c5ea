"""Each word gets the best of its times, or none; none is lost."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.align.timing import choose
from depx.errors import AlignmentError
from depx.features.words import Timing, WordTime

NAN = float("nan")


def row(word: int, method: Timing, start_s: float = 0.0, stop_s: float = 1.0) -> WordTime:
    return WordTime(word=word, method=method, start_s=start_s, stop_s=stop_s, confidence=0.5)


rows = st.lists(
    st.builds(
        row,
        word=st.integers(0, 5),
        method=st.sampled_from(Timing),
        start_s=st.sampled_from([0.0, 2.0, NAN]),
        stop_s=st.sampled_from([1.0, 3.0, NAN]),
    ),
    unique_by=lambda r: (r.word, r.method),
)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(times: list[WordTime], random: Random) -> None:
    shuffled = random.sample(times, len(times))
    straight, other = choose(6, times), choose(6, shuffled)
    assert straight.method_W == other.method_W
    np.testing.assert_array_equal(straight.start_s_W, other.start_s_W)


@given(rows)
def test_auto_takes_the_best_usable_method_word_by_word(times: list[WordTime]) -> None:
    chosen = choose(6, times)
    for word in range(6):
        usable = [t.method for t in times if t.word == word and t.start_s <= t.stop_s]
        expected = next((method for method in Timing if method in usable), None)
        assert chosen.method_W[word] is expected
        assert np.isnan(chosen.start_s_W[word]) == (expected is None)


@given(rows, st.sampled_from(Timing))
def test_a_named_method_admits_no_other(times: list[WordTime], method: Timing) -> None:
    assert set(choose(6, times, method.value).method_W) <= {method, None}


@given(rows)
def test_counts_add_up_to_the_words(times: list[WordTime]) -> None:
    assert sum(choose(6, times).counts(range(6)).values()) == 6


def test_a_row_of_a_word_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AlignmentError, match=r"word 6, expected 0\.\.5"):
        choose(6, [row(6, Timing.GIVEN)])


def test_two_rows_of_a_word_by_one_method_are_an_error() -> None:
    with pytest.raises(AlignmentError, match="word 1 has two rows by given"):
        choose(6, [row(1, Timing.GIVEN), row(1, Timing.GIVEN)])
