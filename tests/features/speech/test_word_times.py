"""Times of words: given ones kept, gaps filled, turns divided by phones; order without overlap."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from depx.errors import NothingToMeasure
from depx.features.extractor import Inputs
from depx.features.speech.activity import SPEECH
from depx.features.speech.sharing import SHORTEST_WORD_S, between_neighbours, in_order, share
from depx.features.speech.word_times import WordTimes
from depx.features.track import Track, window_centres
from depx.features.words import NO_TIME, Kind, Role, Timing, Turn, Word, WordTime

UNTIMED = (NO_TIME, NO_TIME)


def turn(text: str, start_s: float, stop_s: float, times=None, index: int = 0) -> Turn:
    texts = text.split()
    return Turn(
        index=index,
        speaker="Participant",
        role=Role.PARTICIPANT,
        start_s=start_s,
        stop_s=stop_s,
        words=tuple(
            Word(
                text=word,
                raw=word,
                kind=Kind.EVENT if word == "laughter" else Kind.WORD,
                speaker="Participant",
                role=Role.PARTICIPANT,
                turn=index,
                start_s=own[0],
                stop_s=own[1],
            )
            for word, own in zip(texts, times or [UNTIMED] * len(texts), strict=True)
        ),
    )


def voice(*spans: tuple[float, float], seconds: float = 10.0) -> Track:
    time_s = window_centres(round(seconds / 0.030), hop_s=0.030, first_s=0.015)
    speech = np.zeros(time_s.size, dtype=np.float32)
    for start_s, stop_s in spans:
        speech[(time_s > start_s) & (time_s < stop_s)] = 1
    return Track(
        time_s=time_s,
        value_FC=speech[:, None],
        columns=(SPEECH,),
        valid_F=np.ones(time_s.size, dtype=bool),
        rate_hz=1 / 0.030,
    )


def measure(*turns: Turn, vad: Track | None = None):
    return WordTimes()(Inputs(turns=turns, tracks={"vad": vad} if vad is not None else {}))


def rows(measured, method: Timing) -> list[WordTime]:
    return [row for row in measured.table if row.method is method]


def test_the_words_of_a_turn_share_it_by_their_phones() -> None:
    found = rows(measure(turn("white again", 2.0, 2.7)), Timing.PROPORTIONAL)
    assert [(row.start_s, row.stop_s) for row in found] == [
        pytest.approx((2.0, 2.3)),
        pytest.approx((2.3, 2.7)),
    ]
    assert all(math.isnan(row.confidence) for row in found)


def test_where_voice_is_known_words_lie_in_it_and_pauses_are_nobodys() -> None:
    vad = voice((3.0, 3.3), (4.5, 4.89))  # 10 and 13 frames, for 3 and 4 phones
    first, second = rows(measure(turn("white again", 2.0, 6.0), vad=vad), Timing.PROPORTIONAL)
    assert (first.start_s, first.stop_s) == pytest.approx((3.0, 3.3))
    assert (second.start_s, second.stop_s) == pytest.approx((4.5, 4.89))


def test_a_turn_in_which_no_voice_was_found_keeps_its_bounds_and_is_counted() -> None:
    measured = measure(turn("white again", 2.0, 2.7), vad=voice((5.0, 6.0)))
    assert rows(measured, Timing.PROPORTIONAL)[0].start_s == 2.0
    assert measured.quality["turns_without_voice"] == 1


def test_voice_too_short_for_what_was_said_is_no_guide() -> None:
    vad = voice((2.0, 2.06))
    measured = measure(turn("white again and again", 2.0, 4.0), vad=vad)
    assert rows(measured, Timing.PROPORTIONAL)[-1].stop_s == pytest.approx(4.0)


def test_given_times_are_kept_as_they_are() -> None:
    times = [(1.0, 1.5), (1.5, 1.9)]
    found = rows(measure(turn("white again", 0.0, 3.0, times)), Timing.GIVEN)
    assert [(row.start_s, row.stop_s, row.confidence) for row in found] == [
        (1.0, 1.5, 1.0),
        (1.5, 1.9, 1.0),
    ]


def test_a_word_without_times_takes_its_share_between_its_neighbours() -> None:
    times = [(1.0, 1.5), UNTIMED, UNTIMED, (2.2, 2.6)]
    measured = measure(turn("so white again so", 0.0, 3.0, times))
    found = rows(measured, Timing.GIVEN)
    assert (found[1].start_s, found[1].stop_s) == pytest.approx((1.5, 1.8))
    assert (found[2].start_s, found[2].stop_s) == pytest.approx((1.8, 2.2))
    assert math.isnan(found[1].confidence)
    assert measured.quality["words_interpolated"] == 2


def test_at_the_ends_of_a_turn_its_bounds_are_the_neighbours() -> None:
    found = rows(measure(turn("5 so 6", 0.5, 3.0, [UNTIMED, (1, 2), UNTIMED])), Timing.GIVEN)
    assert [(row.start_s, row.stop_s) for row in found] == [(0.5, 1), (1, 2), (2, 3)]


def test_a_word_without_room_between_its_neighbours_is_only_proportional() -> None:
    measured = measure(turn("so 5 so", 0.0, 2.0, [(0, 1), UNTIMED, (1, 2)]))
    assert [row.word for row in rows(measured, Timing.GIVEN)] == [0, 2]
    assert [row.word for row in rows(measured, Timing.PROPORTIONAL)] == [0, 1, 2]


def test_given_times_that_run_backwards_are_counted_and_filled() -> None:
    measured = measure(turn("a b c", 0.0, 4.0, [(1, 2), (0.5, 0.9), (3, 4)]))
    assert measured.quality["words_given_out_of_order"] == 1
    assert [(r.start_s, r.stop_s) for r in rows(measured, Timing.GIVEN)] == [(1, 2), (2, 3), (3, 4)]


def test_a_turn_without_times_takes_those_of_its_words() -> None:
    measured = measure(turn("a b", NO_TIME, NO_TIME, [(1, 2), (2, 3)]))
    assert rows(measured, Timing.PROPORTIONAL)[-1].stop_s == pytest.approx(3)


@pytest.mark.parametrize("bounds", [UNTIMED, (2.0, 2.0), (3.0, 2.0)])
def test_words_of_a_turn_without_room_have_no_times_and_are_counted(bounds) -> None:
    measured = measure(turn("a b", *bounds), turn("c", 5.0, 6.0, index=1))
    assert [row.word for row in measured.table] == [2]
    assert measured.quality["words_untimed"] == 2


def test_an_event_takes_time_too() -> None:
    (_, laugh) = rows(measure(turn("white laughter", 0.0, 8.0)), Timing.PROPORTIONAL)
    assert laugh.stop_s - laugh.start_s == pytest.approx(5.0)


def test_a_session_without_words_has_no_times() -> None:
    with pytest.raises(NothingToMeasure):
        WordTimes()(Inputs())


def test_the_dictionary_is_named_with_its_licence() -> None:
    ((path, licence),) = WordTimes().models().values()
    assert path.is_file()
    assert licence == "BSD-2-Clause"


TIME = st.floats(0, 20, allow_nan=False)
TIMES = st.lists(st.one_of(st.just(UNTIMED), st.tuples(TIME, TIME)), min_size=1, max_size=12)


def well_formed(times) -> bool:
    found = [time for time in times if time is not None]
    return all(stop > start for start, stop in found) and all(
        later[0] >= earlier[1] for earlier, later in pairwise(found)
    )


@given(TIMES, TIME, TIME)
@example([(math.nan, math.nan), (9.299755787357592, 10.0)], 1.1078105632975612, 0.0)  # rounding
def test_whatever_a_transcript_gives_the_result_is_in_order_without_overlap(
    times, start_s: float, stop_s: float
) -> None:
    own = in_order(times)
    assert well_formed(own)
    assert well_formed(between_neighbours(own, [1] * len(own), (start_s, stop_s)))


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=30),
    st.lists(st.tuples(st.floats(0.03, 3), st.floats(0.01, 3)), min_size=1, max_size=8),
)
def test_shares_keep_order_and_cover_all_of_the_voice(weights, lengths) -> None:
    edges = np.cumsum(np.array(lengths).ravel())
    runs_R2 = edges.reshape(-1, 2)
    voiced_s = float((runs_R2[:, 1] - runs_R2[:, 0]).sum())
    assume(voiced_s >= 1.01 * SHORTEST_WORD_S * len(weights))  # else the words have no room
    found = share(weights, runs_R2)
    assert well_formed(found)
    assert found[0][0] == runs_R2[0, 0]
    assert found[-1][1] == pytest.approx(runs_R2[-1, 1])
    # Measured along the voice alone, each word lasts as long as its weight says, but for 15 ms.
    length_R = runs_R2[:, 1] - runs_R2[:, 0]
    along = [np.clip(np.array(word)[:, None] - runs_R2[:, 0], 0, length_R).sum(1) for word in found]
    fair_s = np.array(weights) / sum(weights) * length_R.sum()
    np.testing.assert_allclose(np.diff(along)[:, 0], fair_s, atol=2 * 0.015)


def test_real_words_lie_near_where_they_were_aligned(real_data: Path) -> None:
    """The reference is forced alignment; half a second of slack makes the bounds useless."""
    import soundfile

    from depx.extract.transcripts.registry import read
    from depx.features.extractor import Sound
    from depx.features.speech.activity import VoiceActivity
    from depx.features.text.words import Words
    from depx.features.words import words_of

    folder = real_data / "sessions" / "901_P"
    y_N, _ = soundfile.read(folder / "901_AUDIO.wav", dtype="float32")
    vad = VoiceActivity()(Inputs(sound=Sound(y_N, 0.0))).table
    utterances = read(folder / "901_whisperx.json").utterances
    words = words_of(Words()(Inputs(utterances=utterances)).table)
    turns = [
        turn(u.text, u.start_s - 0.5, u.stop_s + 0.5, index=i) for i, u in enumerate(utterances)
    ]

    def median_error_s(track: Track | None) -> float:
        found = rows(measure(*turns, vad=track), Timing.PROPORTIONAL)
        return float(np.median([abs(row.start_s - words[row.word].start_s) for row in found]))

    assert median_error_s(vad) < 0.15
    assert median_error_s(vad) < 0.7 * median_error_s(None)
