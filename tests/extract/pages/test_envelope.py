"""Envelopes: the least and the greatest of each bin, and gaps that stay gaps."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from depx.extract.pages.envelope import envelope
from depx.features.types import F32, F64


def naive(time_s: F64, value: F32, step_s: float, bins: int, start_s: float) -> list[list[float]]:
    """Bin by bin, sample by sample."""
    edges = start_s + step_s * np.arange(bins + 1)
    ends = []
    for b in range(bins):
        inside = [
            float(v)
            for t, v in zip(time_s, value, strict=True)
            if edges[b] <= t < edges[b + 1] and np.isfinite(v)
        ]
        ends.append([min(inside), max(inside)] if inside else [np.nan, np.nan])
    return ends


VALUES = st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan")))


@given(
    samples=st.lists(st.tuples(st.floats(0.001, 2.0), VALUES), max_size=60),
    step_s=st.floats(0.05, 3.0),
    bins=st.integers(0, 30),
    start_s=st.floats(-2.0, 5.0),
)
def test_it_is_what_a_loop_over_bins_and_samples_finds(
    samples: list[tuple[float, float]], step_s: float, bins: int, start_s: float
) -> None:
    time_s = np.cumsum([step for step, _ in samples], dtype=np.float64)
    value = np.array([value for _, value in samples], dtype=np.float32)
    low, high = envelope(time_s, value, step_s=step_s, bins=bins, start_s=start_s)
    assert low.dtype == high.dtype == np.float32
    expected = np.array(naive(time_s, value, step_s, bins, start_s), np.float32).reshape(-1, 2)
    np.testing.assert_array_equal(np.stack([low, high], axis=1), expected)


def test_one_loud_sample_is_seen_at_every_step() -> None:
    value = np.zeros(30_000, np.float32)
    value[12_345] = 7.0
    for step_s in (0.1, 1.0, 30.0):
        bins = int(300 / step_s)
        low, high = envelope(np.arange(30_000) / 100, value, step_s=step_s, bins=bins)
        assert high[int(123.45 / step_s)] == 7.0
        assert (high == 7.0).sum() == 1
        assert (low == 0).all()


def test_infinite_samples_are_not_measured() -> None:
    value = np.array([np.inf, -np.inf, 1.0], np.float32)
    low, high = envelope(np.array([0.0, 1.0, 2.0]), value, step_s=1.0, bins=3)
    np.testing.assert_array_equal(low, [np.nan, np.nan, 1.0])
    np.testing.assert_array_equal(high, [np.nan, np.nan, 1.0])
