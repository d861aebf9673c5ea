"""Windows: every word is kept once, where it has the most context, and turns stay whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.features.text.windows import Window, session_windows, turn_windows

TURNS = st.lists(st.lists(st.integers(0, 4), max_size=12), max_size=12)
LIMIT = st.integers(3, 30)


def positions(turns: list[list[int]]) -> list[int]:
    before = [0]
    for turn in turns:
        for count in turn:
            before.append(before[-1] + count)
    return before


def context(window: Window, word: int, before: list[int]) -> int:
    """Pieces on the poorer side of a word in a window."""
    left = before[word] - before[window.first]
    right = before[window.last] - before[word + 1]
    return min(left, right)


@given(TURNS, LIMIT)
def test_every_word_is_kept_once_by_a_window_that_sees_it(turns, limit) -> None:
    for windows in (session_windows(turns, limit), turn_windows(turns, limit)):
        kept = [word for w in windows for word in range(w.keep_first, w.keep_last)]
        assert kept == list(range(sum(map(len, turns))))
        assert all(w.first <= w.keep_first <= w.keep_last <= w.last for w in windows)


@given(TURNS, LIMIT)
def test_each_word_is_kept_where_it_is_most_central(turns, limit) -> None:
    before = positions(turns)
    windows = session_windows(turns, limit)
    for window in windows:
        for word in range(window.keep_first, window.keep_last):
            seen = [w for w in windows if w.first <= word < w.last]
            assert context(window, word, before) == max(context(w, word, before) for w in seen)


@given(TURNS, LIMIT)
def test_no_window_exceeds_its_limit_but_for_a_single_word(turns, limit) -> None:
    before = positions(turns)
    for window in session_windows(turns, limit):
        pieces = before[window.last] - before[window.first]
        assert pieces <= limit or window.last - window.first == 1


@given(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), max_size=20), st.just(12))
def test_turns_that_fit_are_never_cut(turns, limit) -> None:
    ends = {0}
    for turn in turns:
        ends.add(max(ends) + len(turn))
    for window in session_windows(turns, limit):
        assert {window.first, window.last} <= ends


def test_an_interview_that_fits_is_one_window() -> None:
    assert session_windows([[1] * 5, [2] * 5], 15) == (Window(0, 10, 0, 10),)


def test_neighbouring_windows_share_half_of_what_they_see() -> None:
    windows = session_windows([[1]] * 100, 20)
    assert [(w.first, w.last) for w in windows][:3] == [(0, 20), (10, 30), (20, 40)]
    assert [(w.keep_first, w.keep_last) for w in windows][:3] == [(0, 15), (15, 25), (25, 35)]


def test_a_turn_longer_than_a_window_is_cut_between_words() -> None:
    windows = session_windows([[1], [1] * 100, [1]], 20)
    assert len(windows) > 5
    assert windows[-1].last == 102


def test_windows_by_turn_see_no_other_turn() -> None:
    assert turn_windows([[1, 2], [], [3]], 10) == (Window(0, 2, 0, 2), Window(2, 3, 2, 3))


@pytest.mark.parametrize("turns", [[], [[]], [[], []]])
def test_a_role_that_says_nothing_has_no_window(turns) -> None:
    assert session_windows(turns, 10) == ()
    assert turn_windows(turns, 10) == ()
