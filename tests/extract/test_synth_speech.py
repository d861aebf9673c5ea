"""The sound of a demo session: who speaks when."""

# N = samples

import numpy as np
import pytest

from depx.extract.synth.speech import (
    INTERVIEWER,
    PARTICIPANT,
    RATE_HZ,
    ROOM,
    Spoken,
    Voice,
    load_clips,
    speak,
    speaking,
)
from depx.features.types import F32

SCRIPT = ((INTERVIEWER, "0880"), (PARTICIPANT, "0930"))
PLAIN = {INTERVIEWER: Voice(speed=1.0, gain=0.5), PARTICIPANT: Voice(speed=1.0, gain=1.0)}


def spoken(
    voices: dict[str, Voice] = PLAIN, pauses_s: tuple[float, ...] = (0.3, 0.4, 0.3)
) -> Spoken:
    return speak(SCRIPT, voices, pauses_s, np.random.default_rng(0), frame_s=0.04)


def window(y_N: F32, start_s: float, stop_s: float) -> F32:
    return y_N[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)]


def test_a_clips_words_are_its_text_in_order() -> None:
    for clip in load_clips().values():
        assert " ".join(word for word, *_ in clip.words) == clip.text
        times = [t for _, start_s, stop_s, _ in clip.words for t in (start_s, stop_s)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= clip.y_N.size / RATE_HZ


@pytest.mark.parametrize("line", [0, 1])
def test_words_are_heard_when_they_are_said_to_be(line: int) -> None:
    found = spoken()
    name, gain = SCRIPT[line][1], PLAIN[SCRIPT[line][0]].gain
    for (_, start_s, stop_s), (_, from_s, to_s, _) in zip(
        found.lines[line].said.words, load_clips()[name].words, strict=True
    ):
        heard = window(found.y_N, start_s, stop_s)
        read = gain * window(load_clips()[name].y_N, from_s, to_s)
        n = min(heard.size, read.size)
        assert np.abs(heard[:n] - read[:n]).max() < 6 * ROOM


def test_a_faster_voice_keeps_the_pauses_and_shortens_the_words() -> None:
    fast = spoken({**PLAIN, PARTICIPANT: Voice(speed=1.05, gain=1.0)})
    first, second = (line.said for line in fast.lines)
    plain = spoken().lines[1].said
    assert second.start_s - first.stop_s == pytest.approx(0.4, abs=1e-3)
    assert second.stop_s - second.start_s == pytest.approx((plain.stop_s - plain.start_s) / 1.05)


def test_between_turns_only_the_room_is_heard() -> None:
    found = spoken()
    first, second = (line.said for line in found.lines)
    pause = window(found.y_N, first.stop_s + 0.06, second.start_s - 0.06)
    assert pause.std() == pytest.approx(ROOM, rel=0.2)


def test_the_participants_voice_is_silent_while_others_speak() -> None:
    found = spoken()
    first, second = (line.said for line in found.lines)
    assert not window(found.participant_N, 0, first.stop_s).any()
    assert window(found.participant_N, second.start_s, second.stop_s).std() > 0.02


def test_the_sound_lasts_a_whole_number_of_frames() -> None:
    assert spoken().y_N.size % round(0.04 * RATE_HZ) == 0


def test_speaking_is_true_in_the_speakers_own_turns_only() -> None:
    found = spoken()
    first, second = (line.said for line in found.lines)
    time_s = np.array([first.start_s, first.stop_s, second.start_s, second.stop_s - 1e-6])
    np.testing.assert_array_equal(speaking(found.lines, INTERVIEWER, time_s), [1, 0, 0, 0])
    np.testing.assert_array_equal(speaking(found.lines, PARTICIPANT, time_s), [0, 0, 1, 1])
