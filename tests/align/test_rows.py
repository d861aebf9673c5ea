"""Rows are the words of all, masked or not; pauses are the silences that are heard before words."""

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
    voiced: list[tuple[float, float]] | None = None,
) -> Rows:
    """Make rows of words, each speaker's in one turn."""
    words = [
        Word(
            text="x",
            raw="x",
            kind=Kind.WORD,
            speaker=role.value,
            role=role,
            turn=list(Role).index(role),
        )
        for role, _, _ in spoken
    ]
    times = [
        WordTime(word=w, method=Timing.GIVEN, start_s=start, stop_s=stop, confidence=1.0)
        for w, (_, start, stop) in enumerate(spoken)
        if start is not None and stop is not None
    ]
    voiced_R2 = None if voiced is None else np.array(voiced).reshape(-1, 2)
    return rows_of(words, choose(len(words), times), roles, pauses_s, voiced_R2)


def pauses(found: Rows) -> list[tuple[float, float]]:
    pairs = zip(found.start_s_R.tolist(), found.stop_s_R.tolist(), strict=True)
    return [pair for pair, is_pause in zip(pairs, found.is_pause_R, strict=True) if is_pause]


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
    found = rows([(P, 0, 1), (P, 3, 4), (ASK, 5, 6), (ASK, 8, 9)], pauses_s=0.5)
    assert found.index_R.tolist() == [0, NO_INDEX, 1, 2, NO_INDEX, 3]
    assert found.is_pause_R.tolist() == [index == NO_INDEX for index in found.index_R]
    assert found.masked_R.tolist() == [False, False, False, True, True, True]


def test_a_long_silence_becomes_a_row_and_a_short_one_does_not() -> None:
    found = rows([(P, 0, 1), (P, 1.5, 2), (P, 4, 5)], pauses_s=0.5)
    assert found.index_R.tolist() == [0, 1, NO_INDEX, 2]
    assert pauses(found) == [(2, 4)]
    assert found.words[2].kind is Kind.PAUSE
    assert found.words[2].text == ""
    assert found.timing == (Timing.GIVEN,) * 4


def test_a_pause_begins_where_the_last_voice_ends_whoever_spoke() -> None:
    voiced = [(0.0, 1.1), (2.0, 6.0), (8.9, 10.0)]
    mine = [(P, 0, 1), (P, 9, 10)]
    expected = [(6.0, 8.9)]
    assert pauses(rows(mine, pauses_s=0.5, voiced=voiced)) == expected
    for asked in ([(ASK, 2, 6)], [(ASK, 2, 3), (ASK, 4, 5)], [(ASK, None, None)]):
        found = rows([mine[0], *asked, mine[1]], pauses_s=0.5, voiced=voiced)
        own = found.is_pause_R & ~found.masked_R
        assert list(zip(found.start_s_R[own], found.stop_s_R[own], strict=True)) == expected


def test_the_silence_before_an_answer_is_a_pause_and_the_first_word_has_one() -> None:
    found = rows([(ASK, 0, 2), (P, 4, 5)], pauses_s=0.5, voiced=[(0.0, 2.1), (4.0, 5.0)])
    assert pauses(found) == [(2.1, 4.0)]
    assert found.masked_R.tolist() == [True, False, False]


def test_voice_between_two_words_is_no_silence_and_a_click_is_no_voice() -> None:
    spoken = [(P, 0, 1), (P, 4, 5)]
    assert pauses(rows(spoken, pauses_s=2.0, voiced=[(0, 1), (2, 3), (4, 5)])) == []
    assert pauses(rows(spoken, pauses_s=2.0, voiced=[(0, 1), (2, 2.05), (4, 5)])) == [(1, 4)]


def test_where_nothing_is_known_of_voice_no_pause_lies_between_turns() -> None:
    assert pauses(rows([(P, 0, 1), (U, 9, 10)], pauses_s=0.5)) == []


def test_a_silence_around_a_word_without_times_is_no_pause() -> None:
    for voiced in (None, [(0.0, 1.0), (9.0, 10.0)]):
        said = [(P, 0, 1), (P, None, None), (P, 9, 10)]
        assert pauses(rows(said, pauses_s=0.5, voiced=voiced)) == []


def test_a_word_that_outlasts_the_next_leaves_no_pause_under_itself() -> None:
    assert NO_INDEX not in rows([(P, 0, 6), (P, 1, 2), (P, 6, 7)], pauses_s=0.5).index_R


def test_without_a_word_of_the_chosen_role_all_rows_are_masked() -> None:
    assert rows([(ASK, 0, 1)]).masked_R.all()
