"""Where a recording clipped: counted in the file's own samples, whatever the blocks."""

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.extract.clipping import Edge, row_of, shares
from depx.extract.sound import open_sound
from depx.features.acoustic.level import Level
from depx.features.extractor import Inputs, Measured
from depx.features.types import F32


def level(path: Path, tmp_path: Path, **options: object) -> Measured:
    return Level()(Inputs(sound=open_sound(path, tmp_path, **options).sound))


def clipped_by_hand(y_N: F32, rate_hz: int, least: float) -> list[float]:
    """The slow way: runs of three and more at either extreme, sample by sample."""
    rows = (y_N.size - 1) * 50 // rate_hz + 1
    flat, held = [0] * rows, [0] * rows
    for n in range(y_N.size):
        held[n * 50 // rate_hz] += 1
    for sign in (1, -1):
        edge = max((sign * y_N).max(), np.float32(least))
        n = 0
        for at_edge, run in groupby((sign * y_N == edge).tolist()):
            length = len(list(run))
            for k in range(n, n + length):
                flat[k * 50 // rate_hz] += at_edge and length >= 3
            n += length
    return [a / max(b, 1) for a, b in zip(flat, held, strict=True)]


@given(
    samples=st.lists(st.sampled_from([-1.0, -0.7, 0.0, 0.6, 0.9, 1.0]), min_size=1, max_size=400),
    cuts=st.lists(st.integers(0, 400), max_size=8),
    rate_hz=st.sampled_from([500, 1_000, 1_111, 2_205]),
    loudest=st.sampled_from([0.4, 0.9, 1.0]),
)
@settings(max_examples=300, deadline=None)
def test_blocks_of_any_length_count_as_the_slow_way_does(
    samples: list[float], cuts: list[int], rate_hz: int, loudest: float
) -> None:
    y_N = np.float32(loudest) * np.array(samples, np.float32)
    edges = [Edge(sign, 0.5, rate_hz) for sign in (1.0, -1.0)]
    for part_N in np.split(y_N, sorted(min(cut, y_N.size) for cut in cuts)):
        if part_N.size:
            for edge in edges:
                edge.add(part_N)
    by_hand = clipped_by_hand(y_N, rate_hz, 0.5)
    np.testing.assert_allclose(shares(edges, y_N.size), by_hand, rtol=1e-6)
    assert sum(edge.clipped for edge in edges) == pytest.approx(
        sum(share * np.count_nonzero(row_of(np.arange(y_N.size), rate_hz) == row)
            for row, share in enumerate(by_hand))
    )  # fmt: skip


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_a_stretch_that_clipped_is_found_where_it_lies(tmp_path: Path, rate_hz: int) -> None:
    t = np.arange(3 * rate_hz) / rate_hz
    gain = np.where((t >= 1) & (t < 1.5), 2.0, 0.3)
    wave = np.clip(gain * np.sin(2 * np.pi * 200 * t), -1, 1)
    soundfile.write(tmp_path / "a.wav", wave, rate_hz, subtype="PCM_16")
    measured = level(tmp_path / "a.wav", tmp_path)
    track = measured.table.whole()
    clipped_F = track.value_FC[:, 3]
    inside_F = (track.time_s > 1) & (track.time_s < 1.5)
    # |2 sin| >= 1 for two thirds of a period
    np.testing.assert_allclose(clipped_F[inside_F], 2 / 3, atol=0.06)
    assert not clipped_F[~inside_F].any()
    assert measured.quality["clipped_share"] == pytest.approx(0.5 / 3 * 2 / 3, rel=0.05)
    assert measured.quality["peak_dbfs"] == pytest.approx(0, abs=0.01)


def test_what_was_clipped_and_then_made_quieter_is_still_flat(tmp_path: Path) -> None:
    t = np.arange(32_000) / 16_000
    wave = 0.8 * np.clip(1.5 * np.sin(2 * np.pi * 200 * t), -1, 1)
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="PCM_16")
    quality = level(tmp_path / "a.wav", tmp_path).quality
    assert quality["clipped_share"] == pytest.approx(1 - 2 * np.arcsin(1 / 1.5) / np.pi, abs=0.02)
    assert quality["peak_dbfs"] == pytest.approx(20 * np.log10(0.8), abs=0.01)


def test_a_float_file_beyond_full_scale_says_by_how_much(tmp_path: Path) -> None:
    t = np.arange(32_000) / 16_000
    wave = (1.6 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="FLOAT")
    quality = level(tmp_path / "a.wav", tmp_path).quality
    assert quality["peak_dbfs"] == pytest.approx(20 * np.log10(1.6), abs=0.01)
    assert quality["clipped_share"] == pytest.approx((np.abs(wave) > 1).mean(), abs=1e-3)


def test_clipping_shows_before_channels_are_mixed(tmp_path: Path) -> None:
    t = np.arange(32_000) / 16_000
    left = np.clip(2 * np.sin(2 * np.pi * 200 * t), -1, 1)
    right = 0.2 * np.sin(2 * np.pi * 310 * t)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), 16_000, subtype="PCM_16")
    measured = level(tmp_path / "a.wav", tmp_path)
    assert measured.quality["clipped_share"] == pytest.approx(2 / 3, abs=0.02)
    assert measured.table.whole().value_FC[:, 1].max() < 0.7  # the mean does not reach full scale
    other = level(tmp_path / "a.wav", tmp_path, channel="right")
    assert other.quality["clipped_share"] == 0


def test_a_wave_that_touches_full_scale_once_a_period_is_not_clipped(tmp_path: Path) -> None:
    t = np.arange(32_000) / 16_000
    wave = np.sin(2 * np.pi * 1_000 * t)  # its top is one sample of sixteen
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="PCM_16")
    assert level(tmp_path / "a.wav", tmp_path).quality["clipped_share"] == 0


def test_samples_that_are_no_numbers_are_not_measured_and_hide_nothing(tmp_path: Path) -> None:
    t = np.arange(32_000) / 16_000
    wave = np.clip(2 * np.sin(2 * np.pi * 200 * t), -1, 1).astype(np.float32)
    wave[8_000:8_100] = np.nan
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="FLOAT")
    measured = level(tmp_path / "a.wav", tmp_path)
    track = measured.table.whole()
    assert 5 <= (~track.valid_F).sum() <= 8  # .1 s around them
    assert np.isnan(track.value_FC[~track.valid_F]).all()
    assert measured.quality["clipped_share"] == pytest.approx(2 / 3, abs=0.02)


def test_digital_silence_has_rows_and_no_peak(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000, subtype="PCM_16")
    measured = level(tmp_path / "a.wav", tmp_path)
    assert not measured.table.whole().valid_F.any()
    assert measured.quality["peak_dbfs"] is None
    assert measured.quality["silence_share"] == 1
    assert measured.quality["clipped_share"] == 0
