"""Samples as rows of a steady rate: as they are where they are steady, else a grid that says so."""

import numpy as np
import pytest

from depx.align.bids.grid import NOTHING, grid_of
from depx.features.track import owned_intervals


def test_steady_samples_are_the_rows() -> None:
    grid = grid_of(0.005 + np.arange(500) / 100, 100.0)
    assert (grid.rate_hz, grid.start_s) == (100.0, 0.005)
    assert grid.sample_R.tolist() == list(range(500))
    assert (grid.left_out, grid.repeated, grid.empty) == (0, 0, 0)


def test_times_that_are_rounded_are_steady() -> None:
    time_s_F = np.round(np.arange(900) / 30, 2)  # 0.00 0.03 0.07 0.10
    grid = grid_of(time_s_F, 30.0)
    assert grid.sample_R.tolist() == list(range(900))


def test_a_nominal_rate_that_is_a_little_wrong_drops_nothing() -> None:
    time_s_F = np.arange(54_000) / 29.97  # half an hour, said to be of 30 Hz
    grid = grid_of(time_s_F, 30.0)
    assert grid.rate_hz == pytest.approx(29.97)
    assert grid.sample_R.tolist() == list(range(54_000))


def test_a_gap_is_rows_of_nothing() -> None:
    time_s_F = np.concatenate([np.arange(30), 90 + np.arange(30)]) / 30
    grid = grid_of(time_s_F, 30.0)
    assert grid.sample_R.size == 120
    assert np.flatnonzero(grid.sample_R == NOTHING).size == grid.empty == pytest.approx(60, abs=1)
    assert (grid.left_out, grid.repeated) == (0, pytest.approx(0, abs=1))


def test_each_row_holds_the_sample_that_owns_its_instant() -> None:
    chance = np.random.default_rng(0)
    time_s_F = np.cumsum(chance.uniform(0.002, 0.08, size=700))
    grid = grid_of(time_s_F, 25.0)
    start_s_F, stop_s_F = owned_intervals(time_s_F, 25.0)
    assert (np.diff(grid.sample_R[grid.sample_R != NOTHING]) >= 0).all()
    for row, sample in enumerate(grid.sample_R):
        instant_s = time_s_F[0] + row / 25.0
        owners = np.flatnonzero((start_s_F <= instant_s) & (instant_s < stop_s_F))
        assert owners.tolist() == ([] if sample == NOTHING else [sample])
    held = np.unique(grid.sample_R[grid.sample_R != NOTHING]).size
    assert grid.left_out == 700 - held > 0
    assert grid.repeated == (grid.sample_R != NOTHING).sum() - held > 0


@pytest.mark.parametrize("rate_hz", [None, 30.0])
def test_one_sample_is_one_row(rate_hz: float | None) -> None:
    grid = grid_of(np.array([2.5]), rate_hz)
    assert grid.sample_R.tolist() == [0]
    assert grid.rate_hz > 0
