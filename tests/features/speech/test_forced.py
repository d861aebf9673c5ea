"""Forced alignment on real speech: where words are, what is refused, and what moves nothing."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from depx.errors import NothingToMeasure, UsageError
from depx.features.extractor import Inputs, Measured, Sound
from depx.features.speech.activity import SPEECH
from depx.features.speech.belongs import BELONGS
from depx.features.speech.finding import PAD_S
from depx.features.speech.forced import Forced
from depx.features.track import Track, window_centres
from depx.features.words import NO_TIME, Kind, Role, Timing, WordTime


@pytest.fixture(scope="module")
def whole(read_sentences: Any) -> Measured:
    """The read sentences, aligned turn by turn."""
    measured: Measured = read_sentences.align(read_sentences.as_turns())
    return measured


def silence() -> Track:
    """A minute in which nobody speaks."""
    return Track(
        time_s=window_centres(2000, hop_s=0.03, first_s=0.015),
        value_FC=np.zeros((2000, 1), np.float32),
        columns=(SPEECH,),
        valid_F=np.ones(2000, np.bool_),
        rate_hz=1 / 0.03,
    )


def rows_of(measured: Measured, words: range) -> list[WordTime]:
    return [row for row in measured.table if row.word in words]


def test_words_lie_where_hands_have_labelled_them(hand_labelled: Any) -> None:
    measured = hand_labelled.align(hand_labelled.as_turns())
    assert len(measured.table) == len(hand_labelled.truth())
    median_s, most_s = np.percentile(hand_labelled.errors_s(measured), [50, 90])
    assert median_s <= 0.020
    assert most_s <= 0.060


def test_a_text_without_times_is_found_in_the_whole_recording(hand_labelled: Any) -> None:
    measured = hand_labelled.align(hand_labelled.as_turns(timed=False))
    median_s, most_s = np.percentile(hand_labelled.errors_s(measured), [50, 90])
    assert (median_s, most_s) <= (0.020, 0.060)


def test_a_turns_loose_bounds_do_not_loosen_its_words(read_sentences: Any) -> None:
    tight = read_sentences.align(read_sentences.as_turns(0.0))
    loose = read_sentences.align(read_sentences.as_turns(0.15))
    moved_s = [abs(a.start_s - b.start_s) for a, b in zip(tight.table, loose.table, strict=True)]
    assert np.percentile(moved_s, 90) <= 0.04


def test_every_word_has_a_row_and_the_words_of_a_turn_keep_their_order(
    read_sentences: Any, whole: Measured
) -> None:
    assert [row.word for row in whole.table] == list(range(len(read_sentences.truth())))
    assert {row.method for row in whole.table} == {Timing.FORCED}
    assert all(0 < row.confidence <= 1 for row in whole.table)
    for turn, words in enumerate(read_sentences.turns):
        first = sum(map(len, read_sentences.turns[:turn]))
        rows = rows_of(whole, range(first, first + len(words)))
        assert all(a.start_s < a.stop_s <= b.start_s for a, b in pairwise(rows))
        assert rows[0].start_s >= words[0][1] - 0.1 - PAD_S - 0.011  # a frame
        assert rows[-1].stop_s <= words[-1][2] + 0.1 + PAD_S + 0.011


def test_neither_order_nor_what_others_say_moves_a_turns_words(
    read_sentences: Any, whole: Measured
) -> None:
    turns = read_sentences.as_turns()
    alone = read_sentences.align(turns[2:3])
    asked = read_sentences.said(
        0, ["completely", "different", "1985"], 0.0, 7.0, role=Role.INTERVIEWER
    )
    changed = read_sentences.align((asked, *turns[:0:-1]))
    first = sum(len(turn.words) for turn in turns[:2])
    times = [(r.start_s, r.stop_s) for r in rows_of(whole, range(first, first + 6))]
    assert [(r.start_s, r.stop_s) for r in alone.table] == times
    behind = 3 + sum(len(turn.words) for turn in turns[:2:-1])
    assert [(r.start_s, r.stop_s) for r in rows_of(changed, range(behind, behind + 6))] == times


def test_the_same_command_gives_the_same_rows(read_sentences: Any, whole: Measured) -> None:
    assert read_sentences.align(read_sentences.as_turns()).table == whole.table


def test_words_that_nobody_said_have_no_rows_or_no_confidence(read_sentences: Any) -> None:
    turns = read_sentences.as_turns()
    foreign = read_sentences.said(
        0, ["we", "had", "terrible", "weather", "in", "chicago"], turns[0].start_s, turns[0].stop_s
    )
    measured = read_sentences.align((foreign, *turns[1:]))
    rows = rows_of(measured, range(6))
    assert measured.quality["turns_failed"] == (0 if rows else 1)
    assert all(row.confidence < 0.2 for row in rows)
    others = [row.confidence for row in measured.table if row.word >= 6]
    assert np.median(others) > 0.6


def test_a_transcript_of_another_recording_is_flagged_and_refused(read_sentences: Any) -> None:
    turns = read_sentences.as_turns()
    for shift in (3, 5, 7):
        rotated = [
            replace(turn, words=other.words)
            for turn, other in zip(turns, (*turns[shift:], *turns[:shift]), strict=True)
        ]
        measured = read_sentences.align(rotated)
        assert measured.quality["transcript_foreign"] is True
        assert measured.quality["transcript_comparisons_won"] < BELONGS
        assert "seems to belong to another recording" in measured.warnings[0]
        assert not any(row.confidence > 0 for row in measured.table)


def test_a_foreign_text_without_times_is_flagged_and_refused(read_sentences: Any) -> None:
    turns = read_sentences.as_turns(timed=False)
    backwards = [
        replace(turn, words=other.words[::-1])
        for turn, other in zip(turns, turns[::-1], strict=True)
    ]
    measured = read_sentences.align(backwards)
    assert measured.quality["transcript_foreign"] is True
    assert "seems to belong to another recording" in measured.warnings[0]
    assert not any(row.confidence > 0 for row in measured.table)
    true = read_sentences.align(turns)
    assert true.quality["transcript_foreign"] is False
    assert np.median([row.confidence for row in true.table]) > 0.5


def test_what_the_interviewer_says_refuses_no_word_of_the_participant(
    read_sentences: Any,
) -> None:
    turns = read_sentences.as_turns()
    asked = [
        replace(
            read_sentences.said(
                t, [word.text for word in other.words], turn.start_s, turn.stop_s,
                role=Role.INTERVIEWER,
            ),
        )
        for t, (turn, other) in enumerate(zip(turns, (*turns[5:], *turns[:5]), strict=True))
    ]  # fmt: skip
    alone, beside = read_sentences.align(turns), read_sentences.align([*turns, *asked])
    count = len(read_sentences.truth())
    assert [row for row in beside.table if row.word < count] == list(alone.table)


def test_in_silence_no_transcript_is_judged(read_sentences: Any) -> None:
    measured = read_sentences.align(read_sentences.as_turns(), silence())
    assert "are voiced for 0% of their time" in measured.warnings[0]


def test_a_turn_of_known_start_alone_ends_where_the_next_one_starts(read_sentences: Any) -> None:
    turns = [replace(turn, stop_s=NO_TIME) for turn in read_sentences.as_turns()]
    measured = read_sentences.align(turns)
    assert np.percentile(read_sentences.errors_s(measured), 90) < 0.1


def test_the_transcript_of_the_recording_is_not_flagged(whole: Measured) -> None:
    assert whole.quality["transcript_foreign"] is False
    assert whole.warnings == ()


def test_laughter_lies_between_the_words_around_it(read_sentences: Any) -> None:
    turns = read_sentences.as_turns()
    texts = [word.text for word in turns[1].words]
    kinds = [Kind.WORD] * 3 + [Kind.EVENT] + [Kind.WORD] * 3
    turn = read_sentences.said(
        0, [*texts[:3], "laughter", *texts[3:]], turns[1].start_s, turns[1].stop_s, kinds=kinds
    )
    rows = read_sentences.align([turn]).table
    assert [row.word for row in rows] == list(range(7))
    assert rows[2].stop_s <= rows[3].start_s <= rows[3].stop_s <= rows[4].start_s
    assert math.isnan(rows[3].confidence)


def test_a_filler_that_was_not_said_does_not_cost_the_turn(read_sentences: Any) -> None:
    turns = read_sentences.as_turns()
    texts = [word.text for word in turns[1].words]
    kinds = [Kind.FILLER, Kind.WORD, Kind.WORD, Kind.FILLER, Kind.FILLER, *[Kind.WORD] * 4]
    turn = read_sentences.said(
        0,
        ["mm-hmm", *texts[:2], "uh-huh", "mhm", *texts[2:]],
        turns[1].start_s,
        turns[1].stop_s,
        kinds=kinds,
    )
    measured = read_sentences.align([turn])
    assert len(measured.table) == 9
    assert measured.quality["turns_failed"] == 0


def test_turns_beyond_the_recording_or_without_words_have_no_rows(read_sentences: Any) -> None:
    beyond = read_sentences.said(0, ["hello", "there"], 500.0, 502.0)
    silent = read_sentences.said(1, ["laughter"], 1.0, 2.0, kinds=[Kind.EVENT])
    tiny = read_sentences.said(2, ["hello"], 3.0, 3.01)
    unknown = read_sentences.said(3, ["hello"], 9.0, NO_TIME)
    measured = read_sentences.align([beyond, silent, tiny, unknown])
    assert not {0, 1, 2} & {row.word for row in measured.table}
    assert measured.quality["turns_without_speech"] == 1


def test_a_removed_stretch_of_sound_breaks_nothing(read_sentences: Any) -> None:
    y_N = read_sentences.y_N.copy()
    y_N[16_000:48_000] = 0.0
    measured = Forced()(Inputs(sound=Sound(y_N, 0.0), turns=read_sentences.as_turns()))
    assert all(math.isfinite(row.start_s + row.stop_s) for row in measured.table)


def test_words_in_silence_are_refused(read_sentences: Any) -> None:
    measured = read_sentences.align(read_sentences.as_turns(), silence())
    assert measured.quality["words_refused"] == len(measured.table) > 0


def test_another_language_is_not_aligned_and_says_what_happens_instead() -> None:
    with pytest.raises(NothingToMeasure, match="English only, got --language de; words keep"):
        Forced(language="de")(Inputs())


def test_a_region_is_no_other_language() -> None:
    assert Forced(language="en-GB").language == "en"
    with pytest.raises(UsageError, match="expected"):
        Forced(language="e")


def test_the_clock_of_the_sound_is_the_clock_of_the_words(read_sentences: Any) -> None:
    turns = read_sentences.as_turns()[:3]
    later = [
        replace(turn, start_s=turn.start_s + 1.52, stop_s=turn.stop_s + 1.52) for turn in turns
    ]
    moved = Forced()(Inputs(sound=Sound(read_sentences.y_N, 1.52), turns=tuple(later)))
    still = read_sentences.align(turns)
    for a, b in zip(still.table, moved.table, strict=True):
        assert b.start_s == pytest.approx(a.start_s + 1.52, abs=0.0101)
