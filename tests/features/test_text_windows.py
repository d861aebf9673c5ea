"""Windows: every word is kept once, where it has the most context, at a bounded cost."""

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from depx.features.text.batches import BUDGET, OVERHEAD, batched, fed
from depx.features.text.windows import Window, least_context, session_windows, turn_windows

TURNS = st.lists(st.lists(st.integers(0, 4), max_size=30), max_size=20)
ODD_TURNS = st.lists(st.lists(st.integers(0, 60), max_size=12), max_size=8)  # words of many pieces
LIMIT = st.integers(9, 60)
MARKS = 2  # what BERT sets around a window


@st.composite
def interviews(draw) -> list[list[int]]:
    """200 to 10,000 words of 1 to 6 pieces, in turns of 1 to 400 words."""
    words = draw(st.one_of(st.integers(200, 1_500), st.integers(200, 10_000)))
    random = Random(draw(st.integers(0, 2**32)))
    longest = draw(st.sampled_from([1, 8, 30, 150, 400]))
    most = draw(st.integers(1, 6))
    turns: list[list[int]] = []
    while words:
        length = min(words, random.randint(1, longest) if random.random() < 0.8 else longest)
        turns.append([random.randint(1, most) for _ in range(length)])
        words -= length
    return turns


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


def lengths(windows: tuple[Window, ...], turns: list[list[int]]) -> list[int]:
    before = positions(turns)
    return sorted(before[w.last] - before[w.first] + MARKS for w in windows)


@given(st.one_of(TURNS, ODD_TURNS), LIMIT)
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


@given(st.one_of(TURNS, ODD_TURNS), LIMIT)
def test_no_window_exceeds_its_limit_but_for_a_single_word(turns, limit) -> None:
    before = positions(turns)
    for windows in (session_windows(turns, limit), turn_windows(turns, limit)):
        for window in windows:
            pieces = before[window.last] - before[window.first]
            assert pieces <= limit or window.last - window.first == 1


@settings(max_examples=25)
@given(interviews())
def test_a_model_is_fed_at_most_1_3_pieces_a_piece_of_text(turns) -> None:
    windows = session_windows(turns, 510)
    assert fed(lengths(windows, turns)) <= 1.3 * sum(map(sum, turns))


@settings(max_examples=25)
@given(interviews())
def test_a_word_has_context_on_both_sides_wherever_windows_meet(turns) -> None:
    """Half of the reach of 56 pieces where a turn begins or ends there, less half a word."""
    windows = session_windows(turns, 510)
    least = least_context(windows, [count for turn in turns for count in turn])
    longest = max(map(max, turns))
    assert least is None or least >= 28 - longest
    if max(map(len, turns)) == 1:  # where every word is a turn, the outermost is taken
        assert least is None or least >= 56 - 1.5 * longest


@given(TURNS, LIMIT)
def test_the_least_context_is_that_of_the_worst_word(turns, limit) -> None:
    windows = session_windows(turns, limit)
    before = positions(turns)
    assume(len(windows) > 1)
    worst = []
    for window in windows:
        for word in range(window.keep_first, window.keep_last):
            left = before[word] - before[window.first] if window.first else limit
            inner = window.last < len(before) - 1
            right = before[window.last] - before[word + 1] if inner else limit
            worst.append(min(left, right))
    counts = [count for turn in turns for count in turn]
    assert least_context(windows, counts) == min(worst)


@given(st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=4), max_size=200), st.just(180))
def test_short_turns_are_never_cut(turns, limit) -> None:
    """Whoever speaks at most eight pieces at a time ends within half of the reach of 20."""
    ends = {0}
    for turn in turns:
        ends.add(max(ends) + len(turn))
    for window in session_windows(turns, limit):
        assert {window.first, window.last} <= ends


def test_an_interview_that_fits_is_one_window() -> None:
    assert session_windows([[1] * 5, [2] * 5], 15) == (Window(0, 10, 0, 10),)
    assert least_context(session_windows([[1] * 5, [2] * 5], 15), [1] * 5 + [2] * 5) is None


def test_neighbouring_windows_share_two_ninths_of_what_they_see() -> None:
    windows = session_windows([[1] * 74], 18)
    assert [(w.first, w.last) for w in windows] == [(14 * i, 14 * i + 18) for i in range(5)]
    kept = [(w.keep_first, w.keep_last) for w in windows]
    assert kept == [(0, 16), (16, 30), (30, 44), (44, 58), (58, 74)]


def test_windows_share_the_text_evenly() -> None:
    windows = session_windows([[1] * 75], 18)
    assert len(windows) == 6
    assert {w.last - w.first for w in windows} <= {15, 16}


def test_a_turn_longer_than_a_window_is_cut_between_words() -> None:
    windows = session_windows([[1], [1] * 100, [1]], 20)
    assert len(windows) > 5
    assert windows[-1].last == 102


def test_a_word_of_very_many_pieces_has_a_window_of_its_own() -> None:
    windows = session_windows([[1, 1, 30, 1]], 20)
    assert [(w.first, w.last) for w in windows] == [(0, 2), (2, 3), (3, 4)]
    assert session_windows([[1, 1, 15, 1]], 20) == (Window(0, 4, 0, 4),), "where it fits, it stays"


def test_windows_by_turn_see_no_other_turn() -> None:
    assert turn_windows([[1, 2], [], [3]], 10) == (Window(0, 2, 0, 2), Window(2, 3, 2, 3))


@given(TURNS, LIMIT, st.randoms(use_true_random=False))
def test_the_order_of_turns_shapes_no_window_of_a_turn(turns, limit, random) -> None:
    shuffled = random.sample(turns, len(turns))

    def shown(turns: list[list[int]]) -> list[tuple[list[int], int, int]]:
        counts = [count for turn in turns for count in turn]
        return sorted(
            (counts[w.first : w.last], w.keep_first - w.first, w.keep_last - w.first)
            for w in turn_windows(turns, limit)
        )

    assert shown(shuffled) == shown(turns)


@pytest.mark.parametrize("turns", [[], [[]], [[], []]])
def test_a_role_that_says_nothing_has_no_window(turns) -> None:
    assert session_windows(turns, 10) == ()
    assert turn_windows(turns, 10) == ()


@given(st.lists(st.integers(1, 600)).map(sorted))
def test_batches_hold_every_window_once_within_the_budget(lengths) -> None:
    slices = list(batched(lengths))
    assert [i for batch in slices for i in range(batch.start, batch.stop)] == [*range(len(lengths))]
    for batch in slices:
        held = lengths[batch]
        assert len(held) * held[-1] <= BUDGET or len(held) == 1


@given(st.lists(st.integers(1, 600)).map(sorted))
def test_padding_costs_less_than_further_batches_would(lengths) -> None:
    for batch in batched(lengths):
        held = lengths[batch]
        assert sum(held[-1] - length for length in held) <= OVERHEAD * len(set(held))
    assert fed(lengths) >= sum(lengths)


def test_turns_of_every_length_are_hardly_padded() -> None:
    spoken = sorted(1 + (7 * i) % 40 for i in range(600))
    assert fed(spoken) <= 1.05 * sum(spoken)
