"""The contract of an extractor: what it is given, what it gives back.

An extractor is a frozen dataclass in one file of its own (its fields are its parameters, each with
unit and source), a line in `registry.py`, and a test.  It declares what it takes and which tracks
it consumes; the engine reads the media, keeps the keys and writes the tables.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, ClassVar, Literal, Protocol, TypeAlias

from .track import LongTrack, Track
from .types import F32, F64, U8, Seconds
from .words import Reading, Turn, TurnTable, Utterance, WordTime, WordVectors

Takes: TypeAlias = Literal["picture", "sound", "transcript", "tracks", "given"]
"""What an extractor needs decoded; ``tracks`` is nothing but other tracks, ``given`` nothing that
could be measured: a file of another program holds the track, or the session has none."""

SOUND_RATE_HZ = 16_000
"""Every sound reaches an extractor at this rate, mono, finite, float32, within [-1, 1]."""
LEVEL_HZ = 50
"""Rows of the level of a sound, a second: short enough for a syllable."""


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One picture of a video."""

    time_s: Seconds
    """Presentation time on the session's clock; not yet made strictly increasing."""
    image: U8
    """(height, width, 3) blue, green, red, upright; valid until the next frame is asked for."""


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A video as a stream of frames; decoding starts anew each time `frames` is called."""

    frames: Callable[[], Iterator[Frame]]
    rate_hz: float
    """Nominal rate."""
    settle: Callable[[F64], F64] = lambda time_s: time_s
    """Gives the final times of all frames of a pass; (F,) -> (F,) seconds, not yet increasing."""


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Recorded:
    """What only the samples as the file has them tell: before mixing, resampling and all else."""

    clipped_F: F32
    """(F,) share of the samples of each row of 1 / `LEVEL_HZ` s that stand, three or more side by
    side, at the recording's extreme; of the worst of the channels that are heard."""
    clipped: int
    """Samples that do so, or lie beyond full scale, in the whole file."""
    samples: int
    """Samples of the whole file, of one channel."""
    peak: float
    """Largest magnitude; above 1 only in a file of floats."""
    offset: float
    """Constant part of what is heard."""


class Samples(Protocol):
    """Samples of a sound, read a stretch at a time; an array of shape (N,) is one too."""

    @property
    def size(self) -> int:
        """N, the number of samples."""
        ...

    def __getitem__(self, stretch: slice, /) -> F32:
        """Read a stretch."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Sound:
    """The sound of a session; backed by a file, so that its length costs no memory."""

    y_N: Samples
    start_s: Seconds
    """Time of the first sample on the session's clock."""
    rate_hz: int = SOUND_RATE_HZ
    """Samples per second; another one only in `Inputs.original`."""
    recorded: Recorded | None = None
    """What the file's own samples tell; None where there is no file."""


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Inputs:
    """What a unit lays before its extractors; None or absent where the session has none."""

    picture: Picture | None = None
    sound: Sound | None = None
    original: Callable[[], Sound] | None = None
    """Opens one channel of the sound at the file's own rate, for ``covarep.compat``."""
    utterances: tuple[Utterance, ...] | None = None
    reading: Reading = field(default_factory=Reading)
    """What was found while the utterances were read."""
    turns: tuple[Turn, ...] | None = None
    """The `words` track, read back."""
    tracks: Mapping[str, Track] = field(default_factory=dict)
    """Consumed tracks of samples (``vad``), read back."""
    word_times: tuple[WordTime, ...] = ()
    """The consumed track of word times (``forced``), read back."""
    given: LongTrack | None = None
    """The extractor's own track as another program left it beside the inputs, where it asks for
    it (``face.aus_from=openface``)."""
    scratch: Callable[[], IO[bytes]] = TemporaryFile
    """Opens a nameless file for what is too long to be held."""


Table: TypeAlias = (
    Track | LongTrack | TurnTable | tuple[Turn, ...] | tuple[WordTime, ...] | WordVectors
)


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Measured:
    """What an extractor yields."""

    table: Table
    quality: Mapping[str, object] = field(default_factory=dict)
    """Counts and figures about the result, by name, as JSON has them; a function of the inputs
    only."""
    warnings: tuple[str, ...] = ()
    """One line each, for the user: what, got, expected, remedy; no interview content."""


class Extractor(Protocol):
    """What every extractor has."""

    name: ClassVar[str]
    """Name of its track, its file and its ``--set`` parameters."""
    version: ClassVar[str]
    """Raised whenever the numbers change."""
    takes: ClassVar[Takes]
    """What it needs decoded; extractors that take the same run in one unit."""
    consumes: ClassVar[tuple[str, ...]]
    """Tracks that must be there before it runs."""
    consults: ClassVar[tuple[str, ...]]
    """Tracks that it uses where the session has them."""
    libraries: ClassVar[Mapping[str, str]]
    """Distribution name -> licence, of the libraries that shape the numbers."""

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Model files that shape the numbers: name -> (path, licence); raises `ModelMissing`."""
        ...

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure."""
        ...
