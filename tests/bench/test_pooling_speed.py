"""Pooling 15 minutes of face and sound under 2,000 words, against a pass over all frames a word.

Two loops stand for what is written elsewhere, both with numpy and no loop over frames.  ``mask``
compares every frame with the word, and averages those that overlap by their overlap.  ``sdk`` does
the comparison as CMU-MultimodalSDK does it (mmdatasdk/dataset/dataset.py, __intersect_and_copy):
on a copy of all intervals, start negated, both ends compared at once, ``all`` along an axis of two.

Run it with ``-s`` to see the figures; the bounds are loose, for cores of CI machines are noisy.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from depx.align.moments import STATISTICS, Statistic
from depx.align.pool import pool
from depx.align.samples import Samples
from depx.features.track import owned_intervals
from depx.features.types import F32, F64

MINUTES, WORDS = 15, 2000
TRACKS = ((30.0, 50), (100.0, 74))  # Hz, columns: a face, COVAREP
LEAST = {"mask": 10, "sdk": 100}  # times faster, for means; measured: 40 and 450
SHARE = 10  # the slowest loop does every tenth word, and its time is multiplied
EPSILON = 1e-6  # of the SDK, in seconds


def track(rate_hz: float, columns: int) -> Samples:
    time_s = np.arange(int(MINUTES * 60 * rate_hz)) / rate_hz
    start_s_F, stop_s_F = owned_intervals(time_s, rate_hz)
    rng = np.random.default_rng(0)
    return Samples(
        time_s_F=time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=rng.normal(size=(time_s.size, columns)).astype(np.float32),
        weight_F=np.ones(time_s.size),
    )


def mask(samples: Samples, start_s_W: F64, stop_s_W: F64) -> F64:
    """Compare every frame with every word, a word at a time."""
    pooled = []
    for start_s, stop_s in zip(start_s_W, stop_s_W, strict=True):
        under_F = (samples.stop_s_F > start_s) & (samples.start_s_F < stop_s)
        overlap_s = np.minimum(samples.stop_s_F[under_F], stop_s) - np.maximum(
            samples.start_s_F[under_F], start_s
        )
        value_FC = samples.value_FC[under_F]
        pooled.append((overlap_s[:, None] * value_FC).sum(axis=0) / overlap_s.sum())
    return np.array(pooled)


def sdk(samples: Samples, start_s_W: F64, stop_s_W: F64) -> F64:
    """Find the frames of each word as the SDK does, then average them as `mask` does."""
    interval_F2 = np.stack([samples.start_s_F, samples.stop_s_F], axis=1)
    pooled = []
    for word in zip(start_s_W, stop_s_W, strict=True):
        start_s, stop_s = word
        turned = np.array([-stop_s, start_s])
        copied_F2 = interval_F2.copy()
        copied_F2[:, 0] = -copied_F2[:, 0]
        under_F = np.all((copied_F2 - turned) > -EPSILON, axis=1)
        found_F2 = interval_F2[under_F]
        overlap_s = np.minimum(found_F2[:, 1], stop_s) - np.maximum(found_F2[:, 0], start_s)
        longer = np.where(overlap_s > EPSILON)
        pooled.append(
            np.average(samples.value_FC[under_F][longer], axis=0, weights=overlap_s[longer])
        )
    return np.array(pooled)


def seconds(work: Callable[[], object]) -> float:
    """CPU time: neither loop waits, but other processes do not stand still."""
    began = time.process_time()
    work()
    return time.process_time() - began


def test_pooling_is_far_faster_than_a_pass_over_all_frames_a_word_and_equal_to_it() -> None:
    samples = [track(*shape) for shape in TRACKS]
    rng = np.random.default_rng(1)
    start_s_W = np.sort(rng.uniform(0, MINUTES * 60 - 1, WORDS))
    stop_s_W = start_s_W + rng.uniform(0.05, 0.6, WORDS)

    def pooled(one: Samples, which: tuple[Statistic, ...]) -> dict[Statistic, F32]:
        width = one.value_FC.shape[1]
        moments = pool([one], start_s_W, stop_s_W, width=width, statistics=which)
        return moments.pooled(which).value

    some_W = slice(None, None, SHARE)
    for one in samples:
        expected = mask(one, start_s_W, stop_s_W)
        np.testing.assert_allclose(pooled(one, ("mean",))["mean"], expected, 1e-5, 1e-6)
        as_sdk = sdk(one, start_s_W[some_W], stop_s_W[some_W])
        np.testing.assert_allclose(as_sdk, expected[some_W], 1e-5, 1e-6)
    took: dict[str, list[float]] = {"mask": [], "sdk": [], "mean": [], "all": []}
    for _ in range(3):  # in turn: the machine's speed drifts
        took["mask"].append(seconds(lambda: [mask(one, start_s_W, stop_s_W) for one in samples]))
        took["sdk"].append(
            SHARE
            * seconds(lambda: [sdk(one, start_s_W[some_W], stop_s_W[some_W]) for one in samples])
        )
        for _ in range(3):
            took["mean"].append(seconds(lambda: [pooled(one, ("mean",)) for one in samples]))
        took["all"].append(seconds(lambda: [pooled(one, STATISTICS) for one in samples]))
    middle = {name: statistics.median(times) for name, times in took.items()}
    print(
        *(f"{name} {took_s:.4f} s" for name, took_s in middle.items()),
        *(
            f"{slow}/{fast} {middle[slow] / middle[fast]:.0f}"
            for slow in LEAST
            for fast in ("mean", "all")
        ),
        sep=", ",
    )
    for slow, least in LEAST.items():
        assert middle[slow] > least * middle["mean"]
