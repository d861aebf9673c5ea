"""Spans of exact zeros: found whole at any length, and the rows that touch one."""

import numpy as np
import pytest

from depx.features.acoustic import scrubbed
from depx.features.acoustic.scrubbed import in_spans, zero_spans
from depx.features.types import F32, I64

RATE = 16_000
LEAST = 1_600  # 100 ms


def sound(samples: int, *spans: tuple[int, int]) -> F32:
    """Make noise without a zero in it, but for the spans."""
    y_N = np.random.default_rng(0).uniform(0.1, 0.2, samples).astype(np.float32)
    y_N *= np.where(np.arange(samples) % 2, -1, 1)
    for first, stop in spans:
        y_N[first:stop] = 0
    return y_N


def naive_spans(y_N: F32, least: int) -> list[tuple[int, int]]:
    found, first = [], None
    for n, value in enumerate([*y_N.tolist(), 1.0]):
        if value == 0 and first is None:
            first = n
        elif value != 0 and first is not None:
            if n - first >= least:
                found.append((first, n))
            first = None
    return found


def test_runs_of_100_ms_are_spans_and_shorter_ones_are_not() -> None:
    y_N = sound(20_000, (100, 100 + LEAST), (5_000, 5_000 + LEAST - 1), (9_000, 15_000))
    np.testing.assert_array_equal(zero_spans(y_N, RATE), [(100, 1_700), (9_000, 15_000)])


def test_spans_at_the_ends_and_throughout_are_found() -> None:
    y_N = sound(10_000, (0, LEAST), (8_000, 10_000))
    np.testing.assert_array_equal(zero_spans(y_N, RATE), [(0, LEAST), (8_000, 10_000)])
    np.testing.assert_array_equal(zero_spans(np.zeros(5_000, np.float32), RATE), [(0, 5_000)])


def test_no_zeros_and_no_samples_give_no_span() -> None:
    assert zero_spans(sound(5_000), RATE).shape == (0, 2)
    assert zero_spans(np.zeros(0, np.float32), RATE).shape == (0, 2)


def test_a_nan_is_no_zero() -> None:
    y_N = sound(10_000, (1_000, 1_000 + LEAST))
    y_N[1_800] = np.nan
    assert zero_spans(y_N, RATE).shape == (0, 2)


@pytest.mark.parametrize("stretch", [1, 7, 900, LEAST, 4_096])
def test_the_length_of_a_stretch_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    rng = np.random.default_rng(stretch)
    borders = np.sort(rng.choice(60_000, 40, replace=False)).reshape(-1, 2)
    y_N = sound(60_000, *map(tuple, borders))
    monkeypatch.setattr(scrubbed, "STRETCH", stretch)
    found = zero_spans(y_N, RATE)
    assert list(map(tuple, found.tolist())) == naive_spans(y_N, LEAST)


@pytest.mark.parametrize("reach", [0, 0.5, 239.5, 3_000])
def test_a_row_is_in_a_span_when_any_sample_of_its_window_is(reach: float) -> None:
    spans: I64 = np.array([(500, 2_200), (2_300, 4_000), (9_000, 12_000)])
    scrubbed_N = np.zeros(20_000, dtype=bool)
    for first, stop in spans:
        scrubbed_N[first:stop] = True
    centre = np.random.default_rng(1).integers(4_000, 16_000, 400) + (reach % 1)
    windows = [
        scrubbed_N[max(0, int(np.ceil(c - reach))) : int(c + reach) + 1].any() for c in centre
    ]
    np.testing.assert_array_equal(in_spans(spans, centre, reach), windows)
    assert 0 < np.sum(windows) <= 400


def test_the_edges_of_a_span_count_to_the_sample() -> None:
    spans: I64 = np.array([(1_000, 3_000)])
    centres = np.array([989, 990, 3_009, 3_010])
    np.testing.assert_array_equal(in_spans(spans, centres, 10), [False, True, True, False])


def test_without_spans_no_row_is_in_one() -> None:
    assert not in_spans(np.empty((0, 2), np.int64), np.arange(5), 100).any()
