"""The statistics of a recording: whose voice they are taken from, and in how many pieces."""

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pytest

from depx.features.acoustic.covarep import pieces
from depx.features.acoustic.covarep.voice import Voice, everywhere, listen, within
from depx.features.extractor import Sound
from depx.features.types import F64

RATE = 16_000


def heard(x_N: F64, **options: Any) -> Voice:
    sound = Sound(x_N.astype(np.float32), 0.0)
    return listen(sound, options.pop("inside", everywhere), TemporaryFile, **options)


def test_pieces_cover_a_sound_once_and_begin_where_all_grids_meet() -> None:
    x_N = np.arange(100_000, dtype=np.float32)
    for rate_hz in (8_000, 11_025, 16_000, 44_100, 48_000):
        span = pieces.Span(piece_s=0.5, context_s=0.3)
        found = list(pieces.pieces(x_N, rate_hz, span))
        assert [piece.start for piece in found[1:]] == [piece.stop for piece in found[:-1]]
        assert (found[0].start, found[-1].stop) == (0, x_N.size)
        for piece in found:
            np.testing.assert_array_equal(piece.x_N, x_N[piece.first :][: piece.x_N.size])
            for seconds in (0.005, 0.010):
                assert piece.first % pieces.hop(rate_hz, seconds) == 0
            assert piece.first * 16_000 % rate_hz == 0
            assert piece.start - piece.first >= min(piece.start, span.context_s * rate_hz)
            end = piece.first + piece.x_N.size
            assert end - piece.stop >= min(x_N.size - piece.stop, span.context_s * rate_hz)


def test_spans_of_time_may_overlap_and_come_in_any_order() -> None:
    sound = Sound(np.zeros(RATE, np.float32), start_s=8.0)
    inside = within([(8.5, 8.75), (8.0, 8.125), (8.0625, 8.25)], sound)
    sample = np.arange(RATE)
    expected = (sample < RATE // 4) | ((sample >= RATE // 2) & (sample < 3 * RATE // 4))
    np.testing.assert_array_equal(inside(sample), expected)


def test_the_statistics_are_those_of_the_participants_turns(
    speak: Callable[..., Any],
) -> None:
    low, high = speak(f0_hz=100.0).x_N, speak(f0_hz=230.0, seconds=3.0).x_N
    both = np.concatenate([low, high])
    spans = within([(0.0, 1.5)], Sound(both, 0.0))
    mine, all_ = heard(both, inside=spans), heard(both)
    alone = heard(low)
    assert mine.f0_hz == pytest.approx(100, abs=1)
    assert all_.f0_hz == pytest.approx(230, abs=2)
    assert (mine.f0_range, mine.polarity) == (alone.f0_range, alone.polarity)
    assert mine.ratio == pytest.approx(alone.ratio, abs=0.02)
    assert all_.f0_range[0] > 100, "a range around the other voice leaves this one out"


def test_pieces_give_the_statistics_of_the_whole(
    speak: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    x_N = np.concatenate([speak(f0_hz=f0, seconds=2.0).x_N for f0 in (95, 120, 150, 118, 90, 131)])
    whole = heard(x_N, as_coded=True)
    monkeypatch.setattr(pieces, "AS_CODED", pieces.Span(piece_s=2.5, context_s=1.5))
    cut = heard(x_N, as_coded=True)
    for name in ("polarity", "f0_range", "threshold", "f0_hz"):
        assert getattr(cut, name) == getattr(whole, name)
    np.testing.assert_array_equal(cut.centre_F, whole.centre_F)
    np.testing.assert_array_equal(cut.f0_F, whole.f0_F)
    np.testing.assert_array_equal(cut.voiced_F, whole.voiced_F)
    assert cut.ratio == pytest.approx(whole.ratio, abs=1e-3)
    rows = whole.residual.read(0, x_N.size), cut.residual.read(0, x_N.size)
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6 * np.abs(rows[0]).max())


def test_a_knock_moves_neither_closures_nor_polarity(speak: Callable[..., Any]) -> None:
    x_N = np.concatenate([speak(f0_hz=f0, rd=1.5, seconds=2.0).x_N for f0 in (110, 140, 120)])
    knocked_N = x_N.copy()
    knocked_N[20_000:20_080] -= 0.9 * np.exp(-np.arange(80) / 15)
    clean, knocked = heard(x_N), heard(knocked_N)
    assert knocked.ratio == pytest.approx(clean.ratio, abs=0.02)
    assert knocked.polarity == clean.polarity == 1
    as_coded = heard(knocked_N, as_coded=True)
    assert abs(as_coded.ratio - clean.ratio) > 0.1, "or the knock proves nothing"


def test_a_sudden_start_moves_no_closure(speak: Callable[..., Any]) -> None:
    x_N = speak(f0_hz=180.0, rd=1.8, seconds=3.0).x_N
    late_N = np.concatenate([np.zeros(160), x_N + 0.2])
    assert heard(late_N).ratio == pytest.approx(heard(x_N).ratio, abs=0.02)


@pytest.mark.parametrize("samples", [0, 1, 50, 1598])
def test_a_sound_without_a_frame_has_no_voice(samples: int) -> None:
    found = heard(np.random.default_rng(0).normal(size=samples) * 0.1)
    assert found.centre_F.size == 0
    assert np.isnan(found.f0_hz)
    assert np.isnan(found.ratio)
