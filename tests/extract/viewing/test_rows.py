"""Rows of the face by time: whatever stretch is asked for, from however long a table."""

import random
from typing import Any

import numpy as np
import pytest

from depx.extract.store.layout import ROW_GROUP
from depx.extract.store.reader import Store
from depx.extract.viewing.rows import LONGEST_S, FaceRows, face_rows, timed_words
from depx.features.words import Timing, WordTime


@pytest.fixture
def long(shelf: Any) -> tuple[FaceRows, Any]:
    """Ten minutes, in four row groups."""
    track = shelf.numbered_face(np.arange(15_000) / 25 + 1.5, lost=range(100, 200))
    assert track.rows > 3 * ROW_GROUP
    shelf.session("s", {"face": track})
    found = face_rows(Store.open(shelf.path).sessions()[0])
    assert found is not None
    return found, track


def read(found: FaceRows, start_s: float, stop_s: float) -> tuple[np.ndarray, np.ndarray]:
    data, width = found.between(start_s, stop_s), 1 + len(found.sent)
    rows = len(data) // (8 + 4 * width)
    time_s = np.frombuffer(data[: 8 * rows], "<f8")
    return time_s, np.frombuffer(data[8 * rows :], "<f4").reshape(rows, width)


def test_a_stretch_is_what_the_table_holds_of_it(long: tuple[FaceRows, Any]) -> None:
    found, track = long
    columns = [column.name for column in track.columns]
    places = [columns.index(name) for name in found.sent]
    chance = random.Random(2)
    starts = [0.0, 1.5, 1.5 + ROW_GROUP / 25, 590.0] + [chance.uniform(0, 610) for _ in range(12)]
    for start_s in starts:
        stop_s = start_s + chance.uniform(0, 40)
        time_s, sent = read(found, start_s, stop_s)
        here = (track.time_s >= start_s) & (track.time_s < stop_s)
        np.testing.assert_array_equal(time_s, track.time_s[here])
        np.testing.assert_array_equal(sent[:, 0], track.valid_F[here])
        np.testing.assert_array_equal(sent[:, 1:], track.value_FC[here][:, places])


def test_no_more_than_a_minute_is_sent(long: tuple[FaceRows, Any]) -> None:
    time_s, _ = read(long[0], 10.0, 1e9)
    assert time_s.size == LONGEST_S * 25


def test_beside_the_recording_there_is_nothing(long: tuple[FaceRows, Any]) -> None:
    found, _ = long
    assert found.between(-10, 0) == found.between(1e6, 2e6) == found.between(5, 5) == b""


def test_a_word_has_the_first_usable_of_its_times(shelf: Any) -> None:
    made = shelf.spoken(["a", "b", "c", "d"])

    def time(word: int, method: Timing, start_s: float, confidence: float = 0.5) -> WordTime:
        return WordTime(
            word=word, method=method, start_s=start_s, stop_s=start_s + 1, confidence=confidence
        )

    times = (
        *(time(0, Timing.PROPORTIONAL, 3.0), time(0, Timing.FORCED, 2.0)),
        *(time(1, Timing.FORCED, 5.0, 0.0), time(1, Timing.PROPORTIONAL, 1.0)),
        *(time(2, Timing.GIVEN, float("nan")), time(2, Timing.FORCED, 0.5)),
    )
    shelf.session("s", {"words": made["words"], "word_times": times})
    words = timed_words(Store.open(shelf.path).sessions()[0])
    assert [word[::2] for word in words] == [(0.5, "c"), (1.0, "b"), (2.0, "a")]
