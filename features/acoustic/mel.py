"""Log power in mel bands, every 10 ms: what `logmel` gives and `mfcc` starts from.

Row ``i`` is centred at ``10 i + 20`` ms, as openSMILE's rows are; its Hann window lies wholly
within the sound, so nothing is padded or mirrored at the ends.  Decibels are relative to a power of
1, with a floor of -100: neither depends on the rest of the recording (librosa's ``top_db`` and
``ref=np.max`` do), so a sound 20 dB fainter is 20 dB lower, and a chunk equals the whole.

The filters are librosa's; frames and sums are made here, since ``librosa.feature`` compiles for
6 to 18 s the first time it is touched, for nothing that is needed.

References
----------
Slaney, "Auditory toolbox", Interval Research technical report 1998-010: mel scale and filters of
equal area.  McFee et al., "librosa", SciPy 2015.
"""

# F = rows, N = samples of a window, K = bins of the spectrum, B = bands

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import UsageError
from ..extractor import SOUND_RATE_HZ, Samples
from ..types import F64, Seconds
from .refusals import refuse_no_numbers
from .rows import Grid

HOP_N = round(0.010 * SOUND_RATE_HZ)
FIRST_N = round(0.020 * SOUND_RATE_HZ)  # centre of the first row
SHORTEST_S: Seconds = 2 / SOUND_RATE_HZ
LONGEST_S: Seconds = 2 * FIRST_N / SOUND_RATE_HZ
FLOOR = 1e-10  # power of digital silence, librosa's: -100 dB
CHUNK_ROWS = 3_000  # 30 s: some 50 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class Mel:
    """How sound becomes bands; fields as those of `LogMel`."""

    bands: int
    window_s: Seconds
    fft: int
    low_hz: float
    high_hz: float

    def checked(self, track: str) -> "Mel":
        """Refuse what no filter can be made of.

        Raises
        ------
        UsageError
            If a parameter of `track` is out of range.
        """
        for name, good, expected in (
            ("bands", self.bands >= 1, "at least 1"),
            (
                "window_s",
                SHORTEST_S <= self.window_s <= LONGEST_S,
                f"{SHORTEST_S} to {LONGEST_S} s",
            ),
            ("fft", self.fft >= self.window_n, f"at least the window, {self.window_n}"),
            ("low_hz", 0 <= self.low_hz < self.high_hz, "from 0 to less than high_hz"),
            ("high_hz", self.high_hz <= SOUND_RATE_HZ / 2, f"at most {SOUND_RATE_HZ // 2}"),
        ):
            if not good:
                raise UsageError(f"{track}.{name}: expected {expected}, got {getattr(self, name)}")
        return self

    @property
    def window_n(self) -> int:
        """Samples of the window."""
        return round(self.window_s * SOUND_RATE_HZ)

    @property
    def grid(self) -> Grid:
        """Where the rows lie."""
        return Grid(first_n=FIRST_N, hop_n=HOP_N, reach_n=self.window_n // 2)

    @property
    def least_n(self) -> int:
        """Samples up to the end of the first row's window."""
        return FIRST_N - self.window_n // 2 + self.window_n

    def rows(self, samples: int) -> int:
        """Say how many rows that many samples have."""
        return max(0, (samples - self.least_n) // HOP_N + 1)


def levels(y_N: Samples, mel: Mel, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[F64]:
    """Measure the level in each band, in decibels relative to a power of 1.

    Parameters
    ----------
    y_N : samples of shape (N,), N >= `Mel.least_n`
        At `SOUND_RATE_HZ`, within -1 .. 1.
    mel : Mel
    chunk_rows : int > 0
        Rows measured at a time; the result does not depend on it.

    Yields
    ------
    float64 array of shape (F, B)
        At least -100.

    Raises
    ------
    SignalError
        If a sample is not finite.
    UsageError
        If a band is too narrow to hold a bin of the spectrum.
    """
    from scipy.fft import rfft
    from scipy.signal import get_window

    rows = mel.rows(y_N.size)
    filters_BK = _filters(mel)
    window_N = get_window("hann", mel.window_n)
    before = FIRST_N - mel.window_n // 2
    for first in range(0, rows, chunk_rows):
        count = min(chunk_rows, rows - first)
        start = first * HOP_N + before
        part_N = y_N[start : start + (count - 1) * HOP_N + mel.window_n]
        refuse_no_numbers(part_N)
        frame_FN = np.lib.stride_tricks.sliding_window_view(
            part_N.astype(np.float64), mel.window_n
        )[::HOP_N]
        spectrum_FK = rfft(frame_FN * window_N, mel.fft)
        power_FK = spectrum_FK.real**2 + spectrum_FK.imag**2
        # sparse: each sum has its own few terms, in the same order however many rows there are
        level_FB = 10 * np.log10(np.maximum((filters_BK @ power_FK.T).T, FLOOR))
        yield level_FB


def _filters(mel: Mel) -> Any:
    """Make librosa's filters, a sparse matrix of shape (B, K)."""
    import warnings

    import librosa
    from scipy.sparse import csr_array

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of what is an error here
        filters_BK = librosa.filters.mel(
            sr=SOUND_RATE_HZ,
            n_fft=mel.fft,
            n_mels=mel.bands,
            fmin=mel.low_hz,
            fmax=mel.high_hz,
            dtype=np.float64,
        )
    empty = int((filters_BK.max(axis=1) <= 0).sum())
    if empty:
        raise UsageError(
            f"mel filters: {empty} of {mel.bands} bands hold no bin of a {mel.fft}-point spectrum; "
            "take fewer bands or a higher fft"
        )
    return csr_array(filters_BK)
