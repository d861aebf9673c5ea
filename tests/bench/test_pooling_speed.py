"""Pooling 15 minutes of face and sound under 2,000 words, against the loop that everybody writes.

Run it with ``-s`` to see the figures.  The bound is loose: cores of CI machines are noisy.
"""

import time
from collections.abc import Callable

import numpy as np

from depx.align.pool import Samples, pool
from depx.features.track import owned_intervals
from depx.features.types import F64

MINUTES, WORDS = 15, 2000
TRACKS = ((30.0, 50), (100.0, 74))  # Hz, columns: a face, COVAREP
LEAST = 10  # times faster than the loop


def track(rate_hz: float, columns: int) -> Samples:
    time_s = np.arange(int(MINUTES * 60 * rate_hz)) / rate_hz
    start_s_F, stop_s_F = owned_intervals(time_s, rate_hz)
    rng = np.random.default_rng(0)
    return Samples(
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=rng.normal(size=(time_s.size, columns)).astype(np.float32),
        weight_F=np.ones(time_s.size),
    )


def loop(samples: Samples, start_s_W: F64, stop_s_W: F64) -> F64:
    """Compare every frame with every word, a word at a time."""
    pooled = []
    for start_s, stop_s in zip(start_s_W, stop_s_W, strict=True):
        overlap_F = np.minimum(samples.stop_s_F, stop_s) - np.maximum(samples.start_s_F, start_s)
        rows = np.flatnonzero(overlap_F > 0)
        total, weight = np.zeros(samples.value_FC.shape[1]), 0.0
        for row in rows:
            total += overlap_F[row] * samples.value_FC[row].astype(np.float64)
            weight += overlap_F[row]
        pooled.append(total / weight)
    return np.array(pooled)


def seconds(work: Callable[[], object], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def test_pooling_is_an_order_of_magnitude_faster_than_the_loop_and_equal_to_it() -> None:
    samples = [track(*shape) for shape in TRACKS]
    rng = np.random.default_rng(1)
    start_s_W = np.sort(rng.uniform(0, MINUTES * 60 - 1, WORDS))
    stop_s_W = start_s_W + rng.uniform(0.05, 0.6, WORDS)
    for one in samples:
        fast = pool(one, start_s_W, stop_s_W).value["mean"]
        np.testing.assert_allclose(fast, loop(one, start_s_W, stop_s_W), rtol=1e-5, atol=1e-6)
    slow_s = seconds(lambda: [loop(one, start_s_W, stop_s_W) for one in samples], 1)
    fast_s = seconds(lambda: [pool(one, start_s_W, stop_s_W) for one in samples], 5)
    all_s = seconds(
        lambda: [pool(one, start_s_W, stop_s_W, ("mean", "std", "max")) for one in samples], 5
    )
    print(f"loop {slow_s:.3f} s, mean {fast_s:.3f} s, mean+std+max {all_s:.3f} s")
    assert slow_s > LEAST * fast_s
