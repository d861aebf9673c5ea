"""Pooling agrees with a naive double loop in exact arithmetic, and loses no time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite, nan
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.align import moments as joining
from depx.align import pool as pooling
from depx.align.moments import STATISTICS, Pooled, Statistic
from depx.align.samples import Samples, samples_of
from depx.features.columns import Column
from depx.features.track import Track, owned_intervals
from depx.features.types import F64, I64

# Times on a grid of 1/64 s and values of few bits: exact fractions stay small, ties are common.
ticks = st.integers(0, 640)
value = st.one_of(st.just(float("nan")), st.integers(-1000, 1000).map(lambda n: n / 8))


@st.composite
def tracks(draw: st.DrawFn) -> Samples:
    times = sorted(draw(st.sets(ticks, min_size=1, max_size=25)))
    time_s = np.array(times) / 64
    rate = draw(st.sampled_from([None, 2.0, 8.0, 32.0]))
    start_s_F, stop_s_F = owned_intervals(time_s, rate)
    rows = len(times)
    cells = draw(st.lists(value, min_size=2 * rows, max_size=2 * rows))
    weight = draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=rows, max_size=rows))
    return Samples(
        time_s_F=time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=np.array(cells, dtype=np.float32).reshape(rows, 2),
        weight_F=np.array(weight),
    )


def pool(
    samples: Samples, start_s_W: F64, stop_s_W: F64, statistics: Sequence[Statistic] = ("mean",)
) -> Pooled:
    width = samples.value_FC.shape[1]
    moments = pooling.pool([samples], start_s_W, stop_s_W, width=width, statistics=statistics)
    return moments.pooled(statistics)


def samples_in(track: Track, names: tuple[str, ...]) -> Samples:
    return samples_of(track, names, *track.owned())


@st.composite
def any_words(draw: st.DrawFn) -> tuple[F64, F64]:
    """Words in any order: overlapping, backward, empty, without times."""
    time = st.one_of(ticks.map(lambda n: n / 64), st.just(float("nan")))
    words = draw(st.lists(st.tuples(time, time), max_size=12))
    return np.array([w[0] for w in words]), np.array([w[1] for w in words])


@dataclass(frozen=True)
class Exact:
    """One word, pooled by looping over all samples in exact arithmetic."""

    n_frames: int
    valid: float
    value: dict[Statistic, list[float]]


def naive(samples: Samples, start_s: float, stop_s: float) -> Exact:
    return naive_union(samples, np.array([start_s]), np.array([stop_s]))


def naive_union(samples: Samples, start_s_W: F64, stop_s_W: F64) -> Exact:
    """Pool the samples of several words, one word's after the other's."""
    columns = samples.value_FC.shape[1]
    n_frames, measured_s, lasting_s = 0, Fraction(0), Fraction(0)
    seen: list[list[Seen]] = [[] for _ in range(columns)]
    for start_s, stop_s in zip(start_s_W, stop_s_W, strict=True):
        if not stop_s > start_s:
            continue
        lasting_s += Fraction(stop_s) - Fraction(start_s)
        for f in range(samples.start_s_F.size):
            overlap_s = min(Fraction(samples.stop_s_F[f]), Fraction(stop_s)) - max(
                Fraction(samples.start_s_F[f]), Fraction(start_s)
            )
            if overlap_s <= 0:
                continue
            n_frames += 1
            weight = overlap_s * Fraction(samples.weight_F[f])
            known = [c for c in range(columns) if weight > 0 and isfinite(samples.value_FC[f, c])]
            measured_s += overlap_s if known else 0
            for c in known:
                x, t = samples.value_FC[f, c], samples.time_s_F[f]
                seen[c].append((weight, Fraction(float(x)), Fraction(float(t))))
    return Exact(
        n_frames=n_frames,
        valid=float(measured_s / lasting_s) if n_frames else 0.0,
        value={name: [describe(name, pairs) for pairs in seen] for name in STATISTICS},
    )


Seen = tuple[Fraction, Fraction, Fraction]  # weight, value, time


def describe(statistic: Statistic, pairs: list[Seen]) -> float:
    if not pairs:
        return nan
    values = [x for _, x, _ in pairs]
    if statistic == "mean":
        return float(mean(pairs, values))
    if statistic == "std":
        return float(mean(pairs, [(x - mean(pairs, values)) ** 2 for x in values])) ** 0.5
    if statistic == "slope":
        times = [t for _, _, t in pairs]
        late = [t - mean(pairs, times) for t in times]
        spread = mean(pairs, [t * t for t in late])
        return (
            float(mean(pairs, [t * x for t, x in zip(late, values, strict=True)]) / spread)
            if spread
            else nan
        )
    return float({"min": min(values), "max": max(values), "first": values[0]}[statistic])


def mean(pairs: list[Seen], values: list[Fraction]) -> Fraction:
    weights = [w for w, _, _ in pairs]
    return sum((w * v for w, v in zip(weights, values, strict=True)), Fraction(0)) / sum(weights)


@settings(deadline=None, max_examples=150)
@given(tracks(), any_words(), st.sets(st.integers(1, 24), max_size=3), st.sampled_from([3, 4096]))
def test_any_words_over_any_track_in_any_parts_pool_as_the_naive_double_loop(
    samples: Samples, words: tuple[F64, F64], cuts: set[int], rows: int
) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < samples.time_s_F.size), None]
    parts = [samples.rows(slice(a, b)) for a, b in pairwise(edges)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooling, "ROWS", rows)
        moments = pooling.pool(parts, *words, width=2, statistics=STATISTICS)
    pooled = moments.pooled(STATISTICS)
    for w, (start_s, stop_s) in enumerate(zip(*words, strict=True)):
        expected = naive(samples, start_s, stop_s)
        assert pooled.n_frames_W[w] == expected.n_frames
        assert pooled.valid_W[w] == pytest.approx(expected.valid, abs=1e-6)
        for name in STATISTICS:
            np.testing.assert_allclose(
                pooled.value[name][w], expected.value[name], rtol=1e-6, atol=1e-5, err_msg=name
            )


@settings(deadline=None, max_examples=100)
@given(tracks(), st.lists(ticks, min_size=2, max_size=8, unique=True))
def test_words_that_tile_a_stretch_share_out_its_measured_time(
    samples: Samples, cuts: list[int]
) -> None:
    edges = np.array(sorted(cuts)) / 64
    parts = pool(samples, edges[:-1], edges[1:])
    whole = pool(samples, edges[:1], edges[-1:])
    measured_s = (parts.valid_W * np.diff(edges)).sum()
    assert measured_s == pytest.approx(float(whole.valid_W[0]) * (edges[-1] - edges[0]), abs=1e-5)


@settings(deadline=None, max_examples=100)
@given(tracks(), st.lists(ticks, min_size=2, max_size=8, unique=True))
def test_the_weighted_values_of_tiling_words_sum_to_those_of_the_whole(
    samples: Samples, cuts: list[int]
) -> None:
    def sums(start_s: F64, stop_s: F64) -> F64:
        """Turn means back into sums, with the total weight per element from a naive loop."""
        means = pool(samples, start_s, stop_s).value["mean"].astype(np.float64)
        for w, (a, b) in enumerate(zip(start_s, stop_s, strict=True)):
            over = np.minimum(samples.stop_s_F, b) - np.maximum(samples.start_s_F, a)
            weight_F = np.maximum(over, 0) * samples.weight_F
            means[w] *= (weight_F[:, None] * np.isfinite(samples.value_FC)).sum(axis=0)
        total: F64 = np.nansum(means, axis=0)
        return total

    edges = np.array(sorted(cuts)) / 64
    np.testing.assert_allclose(
        sums(edges[:-1], edges[1:]), sums(edges[:1], edges[-1:]), rtol=1e-5, atol=1e-4
    )


@given(tracks(), any_words(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_the_order_of_words_changes_no_bit(
    samples: Samples, words: tuple[F64, F64], random: Random
) -> None:
    order = np.array(random.sample(range(words[0].size), words[0].size), dtype=np.int64)
    straight = pool(samples, *words, STATISTICS)
    shuffled = pool(samples, words[0][order], words[1][order], STATISTICS)
    assert same(shuffled, straight, order)


def same(left: Pooled, right: Pooled, order: I64) -> bool:
    return (
        all(left.value[s].tobytes() == right.value[s][order].tobytes() for s in STATISTICS)
        and left.n_frames_W.tobytes() == right.n_frames_W[order].tobytes()
        and left.valid_W.tobytes() == right.valid_W[order].tobytes()
    )


def regular(rows: int = 300, columns: int = 3, rate_hz: float = 30.0, seed: int = 0) -> Samples:
    time_s = np.arange(rows) / rate_hz
    start_s_F, stop_s_F = owned_intervals(time_s, rate_hz)
    rng = np.random.default_rng(seed)
    return Samples(
        time_s_F=time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=rng.normal(size=(rows, columns)).astype(np.float32),
        weight_F=rng.uniform(0.5, 1, rows),
    )


def test_the_size_of_blocks_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = regular()
    starts = np.random.default_rng(1).uniform(0, 10, 200)
    stops = starts + 0.4
    straight = pool(samples, starts, stops, STATISTICS)
    monkeypatch.setattr(pooling, "PAIRS", 7)
    assert same(pool(samples, starts, stops, STATISTICS), straight, np.arange(200))


def test_where_parts_begin_changes_a_result_by_rounding_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = regular()
    samples.value_FC[::7, 1] = np.nan
    starts = np.random.default_rng(1).uniform(0, 10, 50)
    straight = pool(samples, starts, starts + 3, STATISTICS)
    monkeypatch.setattr(pooling, "ROWS", 11)
    parted = pool(samples, starts, starts + 3, STATISTICS)
    for name in STATISTICS:
        np.testing.assert_allclose(parted.value[name], straight.value[name], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(parted.n_frames_W, straight.n_frames_W)


def test_the_slope_of_a_line_is_its_own_whatever_was_not_measured() -> None:
    time_s = np.arange(40) / 8
    value_FC = np.stack([3 * time_s - 1, 3 * time_s - 1], axis=1)
    value_FC[[2, 5, 6], 1] = np.nan
    track = track_of(time_s.tolist(), value_FC, ("x", "y"))
    pooled = pool(samples_in(track, ("x", "y")), np.array([0.3]), np.array([4.1]), ("slope",))
    np.testing.assert_allclose(pooled.value["slope"], 3.0, rtol=1e-6)


def test_one_measured_sample_has_no_slope() -> None:
    track = track_of([0.0, 1.0, 2.0], [[5.0], [np.nan], [7.0]])
    pooled = pool(samples_in(track, ("x",)), np.array([0.0]), np.array([1.4]), STATISTICS)
    assert np.isnan(pooled.value["slope"][0, 0])
    assert pooled.value["first"][0, 0] == pooled.value["min"][0, 0] == 5


@settings(deadline=None, max_examples=100)
@given(tracks(), any_words(), st.lists(st.integers(-1, 2), min_size=12, max_size=12))
def test_words_put_together_are_the_concatenation_of_their_samples(
    samples: Samples, words: tuple[F64, F64], units: list[int]
) -> None:
    unit_W = np.array(units[: words[0].size], dtype=np.int64)
    moments = pooling.pool([samples], *words, width=2, statistics=STATISTICS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "ROWS", 5)
        together = moments.by_unit(unit_W, 3).pooled(STATISTICS)
    for unit in range(3):
        mine = np.flatnonzero(unit_W == unit)
        expected = naive_union(samples, words[0][mine], words[1][mine])
        assert together.n_frames_W[unit] == expected.n_frames
        assert together.valid_W[unit] == pytest.approx(expected.valid, abs=1e-6)
        for name in STATISTICS:
            np.testing.assert_allclose(
                together.value[name][unit], expected.value[name], 1e-6, 1e-5, err_msg=name
            )


def test_a_small_spread_around_a_large_mean_survives() -> None:
    samples = regular(columns=1)
    noise = np.tile([-1.0, 1.0], 150).astype(np.float32)
    large = Samples(
        time_s_F=samples.time_s_F,
        start_s_F=samples.start_s_F,
        stop_s_F=samples.stop_s_F,
        value_FC=(1e7 + noise)[:, None].astype(np.float32),
        weight_F=np.ones(300),
    )
    std = pool(large, np.array([0.0]), np.array([9.0]), ("mean", "std")).value["std"]
    assert std[0, 0] == pytest.approx(1.0, rel=1e-4)


def test_scaling_every_confidence_changes_no_mean() -> None:
    samples = regular()
    half = Samples(
        time_s_F=samples.time_s_F,
        start_s_F=samples.start_s_F,
        stop_s_F=samples.stop_s_F,
        value_FC=samples.value_FC,
        weight_F=samples.weight_F / 2,
    )
    starts, stops = np.arange(9.0), np.arange(9.0) + 0.7
    full_mean = pool(samples, starts, stops).value["mean"]
    np.testing.assert_allclose(pool(half, starts, stops).value["mean"], full_mean, rtol=1e-6)


def test_a_word_between_two_samples_takes_each_by_its_overlap() -> None:
    track = track_of([0.0, 1.0, 2.0], [[0.0], [1.0], [4.0]])
    pooled = pool(samples_in(track, ("x",)), np.array([0.25]), np.array([1.75]))
    assert pooled.value["mean"][0, 0] == pytest.approx((0.25 * 0 + 1 * 1 + 0.25 * 4) / 1.5)
    assert pooled.n_frames_W[0] == 3
    assert pooled.valid_W[0] == 1


def test_a_word_that_only_touches_a_sample_has_none() -> None:
    track = track_of([0.0, 1.0], [[0.0], [1.0]])
    pooled = pool(samples_in(track, ("x",)), np.array([1.5, -2.0]), np.array([2.5, -0.5]))
    assert pooled.n_frames_W.tolist() == [0, 0]
    assert pooled.valid_W.tolist() == [0, 0]
    assert np.isnan(pooled.value["mean"]).all()


def test_a_lost_frame_counts_as_a_frame_and_as_unmeasured_time() -> None:
    track = track_of([0.0, 1.0], [[5.0], [np.nan]], valid=[True, False])
    pooled = pool(samples_in(track, ("x",)), np.array([0.0]), np.array([1.0]))
    assert pooled.n_frames_W[0] == 2
    assert pooled.valid_W[0] == 0.5
    assert pooled.value["mean"][0, 0] == 5


def test_what_stands_in_a_row_that_is_not_valid_weighs_nothing() -> None:
    track = track_of([0.0, 1.0], [[5.0], [7.0]], valid=[True, False])
    pooled = pool(samples_in(track, ("x",)), np.array([0.0]), np.array([1.0]), ("mean", "max"))
    assert pooled.value["mean"][0, 0] == pooled.value["max"][0, 0] == 5


def test_a_gap_in_the_recording_counts_as_unmeasured_time() -> None:
    track = track_of([0.0, 1.0, 9.0, 10.0], [[1.0]] * 4)
    pooled = pool(samples_in(track, ("x",)), np.array([0.0]), np.array([10.0]))
    # 0 owns 0.5 s of the word, 1 owns 0.5 + 0.75, 9 owns 0.75 + 0.5, 10 owns 0.5; nobody the rest
    assert pooled.valid_W[0] == pytest.approx((0.5 + 1.25 + 1.25 + 0.5) / 10)


def test_confidence_weighs_and_its_absence_or_nan_does_not() -> None:
    values = [[1.0, 0.2], [3.0, 0.6]]
    weighed = samples_in(track_of([0.0, 1.0], values, ("x", "confidence")), ("x",))
    mean = pool(weighed, np.array([-0.5]), np.array([1.5])).value["mean"][0, 0]
    assert mean == pytest.approx((0.2 * 1 + 0.6 * 3) / 0.8)
    unknown = samples_in(
        track_of([0.0, 1.0], [[1.0, np.nan], [3.0, np.nan]], ("x", "confidence")), ("x",)
    )
    assert pool(unknown, np.array([-0.5]), np.array([1.5])).value["mean"][0, 0] == 2


def test_a_word_that_is_half_voiced_has_the_pitch_of_its_voice() -> None:
    values = [[0.0, 0.0], [100.0, 4.0], [110.0, 2.0], [0.0, 0.0]]
    track = track_of([0.0, 1.0, 2.0, 3.0], values, ("f0", "level"))
    columns = (replace(track.columns[0], absent=0.0), track.columns[1])
    samples = samples_in(replace(track, columns=columns), ("level", "f0"))
    pooled = pool(samples, np.array([-0.5, 2.5]), np.array([3.5, 3.5]), ("mean", "std", "max"))
    np.testing.assert_array_equal(pooled.value["mean"], [[1.5, 105.0], [0.0, np.nan]])
    assert pooled.value["std"][0, 1] == 5
    assert pooled.valid_W.tolist() == [1, 1]
    assert track.value_FC[0, 0] == 0


def test_columns_come_in_the_order_asked_and_absent_ones_are_nan() -> None:
    track = track_of([0.0, 1.0], [[1.0, 2.0], [1.0, 2.0]], ("b", "a"))
    pooled = pool(samples_in(track, ("a", "none", "b")), np.array([0.0]), np.array([1.0]))
    np.testing.assert_array_equal(pooled.value["mean"], [[2.0, np.nan, 1.0]])
    assert pooled.valid_W[0] == 1


def test_a_track_without_a_row_leaves_every_word_empty() -> None:
    track = track_of([], np.empty((0, 1)))
    pooled = pool(samples_in(track, ("x",)), np.array([0.0]), np.array([1.0]), STATISTICS)
    assert pooled.n_frames_W.tolist() == [0]
    assert np.isnan(pooled.value["max"]).all()


def track_of(
    times: list[float],
    values: object,
    names: tuple[str, ...] = ("x",),
    valid: list[bool] | None = None,
) -> Track:
    assert all(a < b for a, b in pairwise(times))
    value_FC = np.array(values, dtype=np.float32)
    return Track(
        time_s=np.array(times, dtype=np.float64),
        value_FC=value_FC,
        columns=tuple(Column(name, "1") for name in names),
        valid_F=np.array([True] * len(times) if valid is None else valid, dtype=np.bool_),
        rate_hz=1.0,
    )
