"""One pass over a recording: some of its channels are mixed to one, resampled, and spooled."""

# K = channels, N = samples, S = spans

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from ..errors import MediaError
from ..features.acoustic.scrubbed import ZeroSpans
from ..features.spool import Spool
from ..features.types import F32, I64, Seconds
from .blanks import at_rate, blank_samples, runs_of, united
from .blocks import Blocks
from .picture import unreadable
from .riff import data_bytes, oddity_of_format


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Heard:
    """The samples of a pass, and what it found."""

    blocks: Blocks
    taken: tuple[int, ...]
    """Channels whose mean it is."""
    spool: Spool
    """The samples, of width 1, within [-1, 1]."""
    rate_hz: int
    blank_S2: I64
    """(S, 2) spans without a measurement; there the samples may be anything."""
    mean: float
    """Of the samples that are no blank: the constant part."""
    rms: float
    """Of the same samples about that mean."""
    no_numbers: int
    """Samples that are NaN or infinite, at the file's rate."""
    no_number_s: Seconds
    """Where the first of them lies on the session's clock."""
    header_bytes: tuple[int, int] | None
    """Sound that a wav's header states, and that it holds."""
    odd_format: str | None
    """What contradicts itself in that header, in one line."""

    @property
    def duration_s(self) -> Seconds:
        """How long it is."""
        return self.spool.rows / self.rate_hz

    @property
    def blank(self) -> int:
        """Samples without a measurement."""
        return blank_samples(self.blank_S2)


def hear(
    path: Path,
    scratch: Path,
    pick: Callable[[Blocks], tuple[int, ...]],
    *,
    rate_hz: int | None,
    listen: Callable[[F32], None] | None = None,
) -> Heard:
    """Decode the first sound stream of a file.

    Parameters
    ----------
    path : Path
    scratch : Path
        Folder on whose disk the samples lie while they are used.
    pick : callable
        Gives the channels to be mixed, once the first block is known.
    rate_hz : int or None
        Rate to bring them to; None keeps the file's.
    listen : callable or None
        Is given every block of all channels at the file's rate, (K, N).

    Raises
    ------
    MediaError
        If the file is no media file, its sound does not decode, or no sample is a number.
    NothingToMeasure
        If it holds no sound.
    """
    import soxr

    header_bytes, odd_format = _header(path)
    lies = header_bytes is not None and header_bytes[0] < header_bytes[1]
    blocks = Blocks(path, {"ignore_length": "1"} if lies else None)
    incoming = iter(blocks)
    first_KN = next(incoming)  # there is one, or `Blocks` has raised
    taken = pick(blocks)
    rate_hz = rate_hz or blocks.rate_hz
    mixer = _Mixer(blocks.rate_hz)
    spool = Spool(TemporaryFile(dir=scratch), 1)  # noqa: SIM115  (the spool closes it)
    sums = np.zeros(2)
    resampler = None
    if rate_hz != blocks.rate_hz:
        resampler = soxr.ResampleStream(blocks.rate_hz, rate_hz, 1, dtype="float32", quality="HQ")

    def keep(y_N: F32) -> None:
        y_N = np.clip(y_N, -1, 1)  # a resampled wave may reach beyond its samples
        sums[:] += y_N.sum(dtype=np.float64), np.square(y_N, dtype=np.float64).sum()
        spool.append(y_N[:, np.newaxis])

    for y_KN in chain((first_KN,), incoming):
        if listen is not None:
            listen(y_KN)
        mono_N = mixer.mix(y_KN[list(taken)])
        keep(resampler.resample_chunk(mono_N) if resampler else mono_N)
    if resampler:
        keep(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    if mixer.no_numbers == blocks.size:
        raise MediaError(
            f"{path}: all its {blocks.size} samples are NaN or infinite; expected numbers in "
            "-1 .. 1; replace the file"
        )
    if spool.rows == 0:
        raise MediaError(
            f"{path}: {blocks.size} samples at {blocks.rate_hz} Hz, too few for one at {rate_hz} "
            "Hz; replace the file"
        )
    blank_S2 = at_rate(mixer.blanks(blocks.holes), blocks.rate_hz, rate_hz, spool.rows)
    counted = max(spool.rows - blank_samples(blank_S2), 1)
    mean, square = (sums / counted).tolist()
    return Heard(
        blocks=blocks,
        taken=taken,
        spool=spool,
        rate_hz=rate_hz,
        blank_S2=blank_S2,
        mean=mean,
        rms=math.sqrt(max(square - mean**2, 0.0)),
        no_numbers=mixer.no_numbers,
        no_number_s=blocks.start_s + mixer.first_no_number / blocks.rate_hz,
        header_bytes=header_bytes,
        odd_format=odd_format,
    )


class _Mixer:
    """Takes the mean of channels, and notes where there is nothing in it to be measured."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.no_numbers = self.first_no_number = 0
        self._size = 0
        self._zeros = ZeroSpans(rate_hz)
        self._no_number: list[I64] = []

    def mix(self, y_KN: F32) -> F32:
        """Mix the next block to one channel; what is no number becomes zero and is noted."""
        y_N: F32 = y_KN.mean(axis=0)
        nan_N = np.isnan(y_N)
        if nan_N.any():
            runs_R2 = runs_of(nan_N) + self._size
            if not self.no_numbers:
                self.first_no_number = int(runs_R2[0, 0])
            self.no_numbers += int(nan_N.sum())
            self._no_number.append(runs_R2)
            y_N[nan_N] = 0  # the resampler would spread it
        self._zeros.add(y_N)
        self._size += y_N.size
        return y_N

    def blanks(self, holes: list[tuple[int, int]]) -> I64:
        """List what is no measurement, (S, 2); `holes` are the spans that did not decode."""
        holes_H2 = np.array(holes, dtype=np.int64).reshape(-1, 2)
        return united(self._zeros.found(), holes_H2, *self._no_number)


def _header(path: Path) -> tuple[tuple[int, int] | None, str | None]:
    try:
        return data_bytes(path), oddity_of_format(path)
    except OSError as error:
        raise unreadable(path, error) from error
