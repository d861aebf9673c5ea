"""Rows are the words of the chosen roles; pauses lie within one side's speech."""

import numpy as np

from depx.align.rows import NO_INDEX, Rows, rows_of
from depx.align.settings import SPOKEN
from depx.align.timing import choose
from depx.features.words import Kind, Role, Timing, Word, WordTime

PARTICIPANT = SPOKEN["participant"]


def rows(
    spoken: list[tuple[Role, float | None, float | None]],
    roles: frozenset[Role] = PARTICIPANT,
    pauses_s: float | None = None,
    methods: list[Timing] | None = None,
) -> Rows:
    words = [
        Word(text="x", raw="x", kind=Kind.WORD, speaker=role.value, role=role, turn=w)
        for w, (role, _, _) in enumerate(spoken)
    ]
    methods = methods or [Timing.GIVEN] * len(words)
    times = [
        WordTime(word=w, method=methods[w], start_s=start, stop_s=stop, confidence=1.0)
        for w, (_, start, stop) in enumerate(spoken)
        if start is not None and stop is not None
    ]
    return rows_of(words, choose(len(words), times), roles, pauses_s)


P, ASK, U = Role.PARTICIPANT, Role.INTERVIEWER, Role.UNKNOWN


def test_words_keep_their_index_in_the_session_and_the_others_are_masked() -> None:
    found = rows([(ASK, 0, 1), (P, 1, 2), (U, 2, 3), (ASK, 3, 4), (P, None, None)])
    assert found.index_R.tolist() == [0, 1, 2, 3, 4]
    assert found.masked_R.tolist() == [True, False, False, True, False]
    assert found.spoken == [1, 2, 4]
    assert np.isnan(found.start_s_R).tolist() == [False, False, False, False, True]


def test_of_both_speakers_none_is_masked() -> None:
    assert not rows([(ASK, 0, 1), (P, 1, 2), (U, 2, 3)], SPOKEN["both"]).masked_R.any()


def test_a_pause_of_the_interviewer_is_a_masked_row_in_its_place() -> None:
    found = rows([(P, 0, 1), (P, 3, 4), (ASK, 5, 6), (ASK, 8, 9), (P, 12, 13)], pauses_s=0.5)
    assert found.index_R.tolist() == [0, NO_INDEX, 1, 2, NO_INDEX, 3, 4]
    assert found.is_pause_R.tolist() == [index == NO_INDEX for index in found.index_R]
    assert found.masked_R.tolist() == [False, False, False, True, True, True, False]


def test_a_long_silence_becomes_a_row_and_a_short_one_does_not() -> None:
    found = rows([(P, 0, 1), (P, 1.5, 2), (P, 4, 5)], pauses_s=0.5)
    assert found.index_R.tolist() == [0, 1, NO_INDEX, 2]
    assert (found.start_s_R[2], found.stop_s_R[2]) == (2, 4)
    assert found.words[2].kind is Kind.PAUSE
    assert found.words[2].text == ""


def test_a_silence_while_the_interviewer_talks_is_no_pause() -> None:
    assert NO_INDEX not in rows([(P, 0, 1), (ASK, 2, 3), (P, 9, 10)], pauses_s=0.5).index_R


def test_interviewers_times_change_no_row_of_the_participant() -> None:
    near = rows([(P, 0, 1), (ASK, 2, 3), (P, 9, 10), (P, 12, 13)], pauses_s=0.5)
    far = rows([(P, 0, 1), (ASK, 2, 8), (P, 9, 10), (P, 12, 13)], pauses_s=0.5)
    mine = ~near.masked_R
    assert near.index_R.tolist() == far.index_R.tolist()
    np.testing.assert_array_equal(near.start_s_R[mine], far.start_s_R[~far.masked_R])


def test_a_silence_around_a_word_without_times_is_no_pause() -> None:
    assert NO_INDEX not in rows([(P, 0, 1), (P, None, None), (P, 9, 10)], pauses_s=0.5).index_R


def test_a_word_that_outlasts_the_next_leaves_no_pause_under_itself() -> None:
    assert NO_INDEX not in rows([(P, 0, 6), (P, 1, 2), (P, 6, 7)], pauses_s=0.5).index_R


def test_a_pause_is_timed_as_well_as_the_worse_of_its_neighbours() -> None:
    found = rows([(P, 0, 1), (P, 5, 6)], pauses_s=1.0, methods=[Timing.PROPORTIONAL, Timing.GIVEN])
    assert found.timing == (Timing.PROPORTIONAL, Timing.PROPORTIONAL, Timing.GIVEN)


def test_without_a_word_of_the_chosen_role_all_rows_are_masked() -> None:
    assert rows([(ASK, 0, 1)]).masked_R.all()
