"""How loud a sound is, and the one gain that brings it to a wanted loudness.

Loudness is ITU-R BS.1770's, gated, by FFmpeg's ``ebur128``.  Nothing is normalised unless it is
asked for; then every sample gets the same gain, and never one that would clip.
"""

# N = samples

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..features.extractor import Samples
from ..features.types import F32, I64
from .blanks import blank_samples

GATE_LUFS = -70.0  # BS.1770: below, nothing counts; FFmpeg says so where there is nothing else
LEAST_LOUD_S = 0.4  # BS.1770: the block that it gates; less has no loudness
STRETCH = 1 << 16  # samples at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Loudness:
    """What `measure` finds; None where there is nothing to be measured."""

    rms_dbfs: float | None
    """Root mean square, in dB to full scale (a sine of full scale has -3); spans without a
    measurement left out."""
    lufs: float | None
    """Integrated loudness; None below -70 and for less than .4 s."""
    peak: float
    """Largest magnitude of a sample, 0 .. 1."""


def measure(y_N: Samples, rate_hz: int, blank_S2: I64) -> Loudness:
    """Measure a mono sound, a stretch at a time.

    Parameters
    ----------
    y_N : samples of shape (N,), in [-1, 1]
    rate_hz : int > 0
    blank_S2 : int64 array of shape (S, 2)
        Spans of exact zeros that are no part of the sound.
    """
    meter = _Meter(rate_hz)
    square = peak = 0.0
    for part_N in _stretches(y_N):
        square += float(np.square(part_N, dtype=np.float64).sum())
        peak = max(peak, float(np.abs(part_N).max()))
        meter.hear(part_N)
    heard = y_N.size - blank_samples(blank_S2)
    return Loudness(
        rms_dbfs=decibels(square / heard) if heard else None, lufs=meter.lufs(), peak=peak
    )


def gain_to(target_lufs: float, found: Loudness) -> tuple[float, tuple[str, ...]]:
    """Choose the gain that brings a sound to a loudness, at most one that does not clip it.

    Returns
    -------
    gain : float > 0
        A factor.
    warnings : tuple of str
        Why the target is not met, if it is not.
    """
    if found.lufs is None:
        return 1.0, (
            f"the sound is too quiet or too short for a loudness (got none above {GATE_LUFS:.0f} "
            "LUFS); audio.loudness_target did nothing; check the recording",
        )
    wanted_db = target_lufs - found.lufs
    most_db = -20 * math.log10(found.peak)
    if wanted_db <= most_db:
        return 10 ** (wanted_db / 20), ()
    return 1 / found.peak, (
        f"audio.loudness_target={target_lufs:g} asks for {wanted_db:+.1f} dB, which would clip the "
        f"sound; got {most_db:+.1f} dB, {found.lufs + most_db:.1f} LUFS; set it to "
        f"{math.floor(found.lufs + most_db)} or lower",
    )


def decibels(power: float) -> float | None:
    """Give a power in dB, rounded to .01; None for none."""
    return round(10 * math.log10(power), 2) if power > 0 else None


def _stretches(y_N: Samples) -> Iterator[F32]:
    for first in range(0, y_N.size, STRETCH):
        yield y_N[first : first + STRETCH]


class _Meter:
    """FFmpeg's ``ebur128`` for a mono sound that comes in stretches."""

    def __init__(self, rate_hz: int) -> None:
        from av.filter import Graph

        self._base, self._heard = Fraction(1, rate_hz), 0
        self._graph = Graph()
        source = self._graph.add_abuffer(
            sample_rate=rate_hz, format="flt", layout="mono", time_base=self._base
        )
        meter = self._graph.add("ebur128", "metadata=1:framelog=quiet")
        self._graph.link_nodes(source, meter, self._graph.add("abuffersink")).configure()
        self._lufs = GATE_LUFS

    def hear(self, y_N: F32) -> None:
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(y_N[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = (
            self._base.denominator,
            self._base,
            self._heard,
        )
        self._heard += y_N.size
        self._graph.push(frame)
        self._read()

    def _read(self) -> None:
        """Take what the filter lets out every 100 ms; the last word counts."""
        import av

        metered = None
        while True:
            try:
                metered = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
        if metered is not None:
            self._lufs = float(metered.metadata["lavfi.r128.I"])

    def lufs(self) -> float | None:
        """Give the loudness of all that was heard, in LUFS."""
        return round(self._lufs, 2) if self._lufs > GATE_LUFS else None
