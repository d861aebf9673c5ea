"""What rounding must not do: bring a sample under a word, or give a single one a slope."""

import numpy as np
import pytest

from depx.align.moments import STATISTICS, Statistic
from depx.align.pool import pool
from depx.align.samples import Samples
from depx.features.track import owned_intervals

SLOPE: tuple[Statistic, ...] = ("mean", "slope")


def test_a_sample_that_touches_a_word_by_rounding_alone_is_not_under_it() -> None:
    time_s = 0.005 + np.arange(400) / 100
    start_s_F, stop_s_F = owned_intervals(time_s, 100.0)
    samples = Samples(
        time_s_F=time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=np.arange(400, dtype=np.float32)[:, None],
        weight_F=np.ones(400),
    )
    start_s_W = np.arange(10, 390, 7) / 100
    found = pool([samples], start_s_W, start_s_W + 0.07, width=1, statistics=STATISTICS).pooled(
        STATISTICS
    )
    first = np.round(start_s_W * 100)
    np.testing.assert_array_equal(found.value["first"][:, 0], first)
    np.testing.assert_array_equal(found.value["min"][:, 0], first)
    np.testing.assert_array_equal(found.value["max"][:, 0], first + 6)
    np.testing.assert_array_equal(found.n_frames_W, 7)


@pytest.mark.parametrize("seed", range(20))
def test_a_word_with_a_single_known_sample_has_no_slope(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time_s = np.sort(rng.uniform(0, 2000, 40))
    start_s_F, stop_s_F = owned_intervals(time_s, None)
    value_FC = np.full((40, 1), np.nan, dtype=np.float32)
    value_FC[rng.integers(40)] = rng.normal() * 100
    samples = Samples(
        time_s_F=time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=value_FC,
        weight_F=rng.uniform(0.1, 1, 40),
    )
    found = pool([samples], np.zeros(1), np.full(1, 2000.0), width=1, statistics=SLOPE).pooled(
        SLOPE
    )
    assert np.isfinite(found.value["mean"]).all()
    assert np.isnan(found.value["slope"]).all()
