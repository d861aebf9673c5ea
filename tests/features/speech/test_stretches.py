"""Stretches: which words are placed together, and between which times."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from depx.features.speech.stretches import stretches, voiced_share
from depx.features.words import NO_TIME, Kind, Role, Turn, Word


def turn(index: int, start_s: float = NO_TIME, stop_s: float = NO_TIME, words: int = 2) -> Turn:
    said = tuple(
        Word(text="w", raw="w", kind=Kind.WORD, speaker="", role=Role.UNKNOWN, turn=index)
        for _ in range(words)
    )
    return Turn(
        index=index, speaker="", role=Role.UNKNOWN, start_s=start_s, stop_s=stop_s, words=said
    )


def test_a_timed_turn_stands_alone_and_untimed_ones_share_the_gap() -> None:
    found = stretches([turn(0, 1, 2), turn(1), turn(2), turn(3, 8, 9)], (0.0, 10.0))
    assert [(line.first, line.turns, line.bounds, line.timed) for line in found] == [
        (0, 1, (1, 2), True),
        (2, 2, (2, 8), False),
        (6, 1, (8, 9), True),
    ]


def test_a_text_without_times_reaches_from_end_to_end_of_the_recording() -> None:
    (line,) = stretches([turn(0), turn(1), turn(2)], (0.5, 10.0))
    assert (line.bounds, len(line.words), line.turns) == ((0.5, 10.0), 6, 3)


def test_where_neither_times_nor_recording_are_known_nothing_is_bounded() -> None:
    (line,) = stretches([turn(0)])
    assert math.isnan(line.bounds[0])


def test_turns_that_run_backwards_or_leave_no_room_are_not_bounded_by_themselves() -> None:
    found = stretches([turn(0, 1, 4), turn(1, 3, 2), turn(2, 4, 5)], (0.0, 10.0))
    assert math.isnan(found[1].bounds[0])
    assert not found[1].timed


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=12))
def test_stretches_hold_every_word_once_and_in_order(shape: list[tuple[bool, int]]) -> None:
    turns = [
        turn(t, *((2.0 * t, 2.0 * t + 1) if timed else (NO_TIME, NO_TIME)), words=words)
        for t, (timed, words) in enumerate(shape)
    ]
    found = stretches(turns, (0.0, 99.0))
    firsts = np.cumsum([0, *(len(line.words) for line in found)])
    assert [line.first for line in found] == firsts[:-1].tolist()
    assert firsts[-1] == sum(words for _, words in shape)
    assert sum(line.turns for line in found) == len(turns)


@given(
    st.lists(st.floats(0, 10), min_size=2, max_size=8, unique=True),
    st.floats(0, 10),
    st.floats(0.01, 5),
)
def test_the_voiced_share_is_what_a_fine_ruler_measures(
    edges: list[float], start_s: float, length_s: float
) -> None:
    edges = sorted(edges)[: len(edges) // 2 * 2]
    runs_R2 = np.array(edges).reshape(-1, 2)
    ruler_s = start_s + (np.arange(4000) + 0.5) / 4000 * length_s
    inside = ((ruler_s[:, None] > runs_R2[:, 0]) & (ruler_s[:, None] < runs_R2[:, 1])).any(axis=1)
    share = voiced_share(runs_R2, np.array([start_s]), np.array([start_s + length_s]))
    assert abs(share[0] - inside.mean()) < 0.01
