"""How the rendered face moves."""

import numpy as np
import pytest

from depx.extract.synth.motion import FPS, SINES, Manner, Motion, lids, move, opening
from depx.extract.synth.speech import (
    INTERVIEWER,
    PARTICIPANT,
    RATE_HZ,
    Spoken,
    Voice,
    speak,
    speaking,
)

MANNER = Manner(sway_rad=0.06, blinks_per_min=20.0, mouth=0.8)


def session(
    script: tuple[tuple[str, str], ...] = ((INTERVIEWER, "0880"), (PARTICIPANT, "0890")),
) -> Spoken:
    voice = Voice(speed=1.0, gain=1.0)
    pauses_s = [0.3] * (len(script) + 1)
    voices = {INTERVIEWER: voice, PARTICIPANT: voice}
    return speak(script, voices, pauses_s, np.random.default_rng(0), frame_s=1 / FPS)


def moved(spoken: Spoken, seed: int = 0, manner: Manner = MANNER) -> Motion:
    return move(spoken, manner, np.random.default_rng(seed))


def test_the_same_seed_moves_alike_and_another_does_not() -> None:
    spoken = session()
    np.testing.assert_array_equal(moved(spoken).yaw_rad, moved(spoken).yaw_rad)
    assert not np.array_equal(moved(spoken).yaw_rad, moved(spoken, seed=1).yaw_rad)


def test_the_mouth_moves_in_the_participants_turns_only() -> None:
    spoken = session()
    motion = moved(spoken)
    turn = speaking(spoken.lines, PARTICIPANT, np.arange(motion.mouth.size) / FPS)
    assert not motion.mouth[~turn].any()
    assert motion.mouth[turn].mean() > 0.2
    assert motion.mouth.max() <= MANNER.mouth


def test_the_mouth_follows_the_loudness_of_the_voice() -> None:
    spoken = session()
    time_s = np.arange(spoken.y_N.size * FPS // RATE_HZ) / FPS
    turn = speaking(spoken.lines, PARTICIPANT, time_s)
    mouth = opening(spoken.participant_N, time_s, turn)
    loud = [  # a slow reference
        np.sqrt((spoken.participant_N[max(n - 480, 0) : n + 480].astype(float) ** 2).mean())
        for n in np.round(time_s * RATE_HZ).astype(int)
    ]
    assert np.corrcoef(mouth[turn], np.array(loud)[turn])[0, 1] > 0.9


def test_the_mouth_opens_as_wide_for_a_soft_voice() -> None:
    spoken = session()
    time_s = np.arange(spoken.y_N.size * FPS // RATE_HZ) / FPS
    turn = speaking(spoken.lines, PARTICIPANT, time_s)
    soft = opening(np.float32(0.1) * spoken.participant_N, time_s, turn)
    np.testing.assert_allclose(soft, opening(spoken.participant_N, time_s, turn), atol=1e-5)


def test_lids_close_fully_within_a_blink_and_are_open_elsewhere() -> None:
    time_s = np.arange(0, 2, 0.005)
    closed = lids(time_s, [1.0])
    assert closed[(time_s > 1.1) & (time_s < 1.14)].min() == pytest.approx(1.0)
    assert not closed[(time_s < 1.0) | (time_s > 1.301)].any()
    assert ((closed >= 0) & (closed <= 1)).all()


def long_session(minutes: float) -> Spoken:
    line = session().lines[-1]
    return Spoken(
        np.zeros(round(minutes * 60 * RATE_HZ), dtype=np.float32),
        np.full(round(minutes * 60 * RATE_HZ), 0.1, dtype=np.float32),
        (line,),
    )


def test_blinks_come_at_the_rate_that_was_asked_for() -> None:
    blinks_s = moved(long_session(5)).blinks_s
    assert len(blinks_s) / 5 == pytest.approx(MANNER.blinks_per_min, rel=0.15)
    assert np.diff(blinks_s).min() >= 0.29


def test_the_head_sways_as_far_as_was_asked_for() -> None:
    motion = moved(long_session(5))
    assert motion.yaw_rad.std() == pytest.approx(MANNER.sway_rad, rel=0.1)
    assert np.abs(motion.yaw_rad).max() <= MANNER.sway_rad * np.sqrt(2 * SINES) + 1e-5
    assert motion.roll_rad.std() < motion.pitch_rad.std() < motion.yaw_rad.std()


def test_moments_are_the_frames_of_the_motion() -> None:
    motion = moved(session())
    moments = motion.moments()
    assert len(moments) == motion.mouth.size
    assert [m.pitch_rad for m in moments] == motion.pitch_rad.tolist()
