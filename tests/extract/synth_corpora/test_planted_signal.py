"""What is planted can be found, as strongly as is said, and without a signal there is nothing."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from depx.extract.synth.corpora import labels
from depx.extract.synth.corpora.interview import PARTICIPANT
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.recording import Recording
from depx.extract.synth.corpora.signal import LOADING, PLANTED, draw
from depx.extract.synth.menu import SIGNALS

NUMBERS = range(900, 960)
MEASURES = ("au12", "f0_sd", "pause", "mood")
Measured = Callable[[str], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def measured(order: Callable[..., Order]) -> Measured:
    """Measure sixty sessions from what a reader sees: frames, F0, rows, scores."""

    @cache
    def measure(signal: str) -> dict[str, np.ndarray]:
        wanted = order("daic-woz", sessions=60, signal=signal)
        sessions = [one_session(Recording(wanted, n, (60.0, 180.0))) for n in NUMBERS]
        return {name: np.array([s[name] for s in sessions]) for name in sessions[0]}

    return measure


def one_session(session: Recording) -> dict[str, float]:
    face, voice, rows = session.face, session.voices.participant, session.interview.rows
    au12_F = face.intensity["12"]
    mood_F = session.voices.mood_F[(face.time_s * 100).astype(int)]
    pauses_s = [
        after.start_s - row.stop_s
        for row, after in pairwise(rows)
        if row.speaker == after.speaker == PARTICIPANT
    ]
    return {
        "au12": au12_F[face.success_F].mean(),
        "f0_sd": np.std(12 * np.log2(voice.f0_F[voice.voiced_F])),
        "pause": np.mean(pauses_s),
        "mood": np.mean([row.mood for row in rows if row.speaker == PARTICIPANT]),
        "follows": np.corrcoef(au12_F, mood_F)[0, 1],
        "score": sum(labels.items(0, session.person, 8)),
    }


def correlation(session: dict[str, np.ndarray], measure: str) -> float:
    return float(np.corrcoef(session[measure], session["score"])[0, 1])


@pytest.mark.parametrize(
    ("signal", "measure", "sign"),
    [
        ("face-from-speech", "au12", -1),
        ("face-from-speech", "f0_sd", -1),
        ("face-from-speech", "pause", 1),
        ("face-from-speech", "mood", -1),
        ("face-only", "au12", -1),
    ],
)
def test_a_planted_measure_goes_with_the_score_weakly(
    measured: Measured, signal: str, measure: str, sign: int
) -> None:
    # |r| of 60 independent pairs exceeds .25 once in 20
    assert 0.25 < sign * correlation(measured(signal), measure) < 0.75


@pytest.mark.parametrize("measure", MEASURES)
def test_without_a_signal_nothing_goes_with_the_score(measured: Measured, measure: str) -> None:
    assert abs(correlation(measured("none"), measure)) < 0.2


@pytest.mark.parametrize("measure", ["f0_sd", "pause", "mood"])
def test_face_only_leaves_voice_and_words_alone(measured: Measured, measure: str) -> None:
    assert abs(correlation(measured("face-only"), measure)) < 0.2


def test_the_face_can_be_told_from_speech_only_where_it_is_said_to(
    measured: Measured,
) -> None:
    follows, alone = measured("face-from-speech"), measured("face-only")
    assert np.corrcoef(follows["au12"], follows["f0_sd"])[0, 1] > 0.75
    assert abs(np.corrcoef(alone["au12"], alone["f0_sd"])[0, 1]) < 0.2
    assert follows["follows"].mean() > 0.25  # within a session, frame by frame
    assert abs(alone["follows"].mean()) < 0.05


@pytest.mark.parametrize("signal", SIGNALS)
def test_planted_habits_have_the_loading_that_is_documented(signal: str) -> None:
    people = [draw(1, number, signal) for number in range(4000)]
    severity = [person.severity for person in people]
    face, voice, words = (
        np.corrcoef(severity, values)[0, 1]
        for values in (
            [person.face for person in people],
            [person.f0_sd_semitones for person in people],
            [-np.log(person.gloomy / (1 - person.gloomy)) for person in people],
        )
    )
    follows = signal == "face-from-speech"
    for name, r in (("face", face), ("voice", voice), ("words", words)):
        planted = name in PLANTED[signal] or (name == "face" and follows)
        assert r == pytest.approx(-LOADING if planted else 0, abs=0.06)


def test_labels_do_not_depend_on_the_signal() -> None:
    scores = {
        signal: [sum(labels.items(0, draw(0, n, signal), 8)) for n in range(900, 950)]
        for signal in SIGNALS
    }
    assert len({tuple(values) for values in scores.values()}) == 1


def test_three_of_ten_score_ten_or_more() -> None:
    scores = np.array([sum(labels.items(3, draw(3, n, "none"), 8)) for n in range(1000, 3000)])
    assert 0.26 < (scores >= 10).mean() < 0.36
    assert scores.min() >= 0
    assert scores.max() <= 24
