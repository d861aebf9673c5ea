"""DAIC-WOZ's ``_CLNF_hog.bin`` as the track `hog`: 4464 numbers a frame of the aligned face.

The file is binary, little-endian, 17,872 bytes a frame: columns, rows and channels of the histogram
(12, 12, 31) as integers, whether the face was tracked, and the numbers.  It is mapped, not read,
and comes a few hundred frames at a time; a file of half an hour costs no memory.  A last frame that
breaks off is left out and counted; a frame of another shape is damage.

The file tells no times: they are those of the CLNF table beside it (see `frame_clock`).

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014,
and its documentation.  Felzenszwalb et al., "Object detection with discriminatively trained
part-based models", IEEE TPAMI 32(9), 2010.
"""

# F = frames

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...errors import TrackError
from ...features.given_only import HOG
from ...features.track import LongTrack, Track
from ...features.types import Bool
from ..heads import Head
from .base import READERS, Beside, Format, Reading, mended
from .frame_clock import frame_times

SHAPE = (12, 12, 31)  # columns, rows, channels
RECORD = np.dtype([("shape", "<i4", 3), ("valid", "<f4"), ("value", "<f4", len(HOG))])
PART = 448  # frames that are mapped at a time: 8 MB
TOLD = {
    "rows_cut": "last frame broken off, left out",
    "cells_infinite": "infinite numbers, made NaN",
    "frames_beyond": "frames behind the last of the table, at its median step",
    "times_moved": "of times that do not increase, moved",
}


def matches(head: Head, _name: str) -> bool:
    """Tell the file by the shape that each frame begins with."""
    return _shape_at_start(head) == SHAPE


def promises(name: str) -> bool:
    """Say whether a file of this name ought to hold HOG."""
    return "hog" in name and name.endswith(".bin")


def lacks(head: Head) -> str:
    """Say what a head holds instead."""
    shape = _shape_at_start(head)
    expected = " x ".join(map(str, SHAPE))
    if shape is None:
        return f"not frames of HOG, {expected} (got {len(head.raw)} bytes)"
    return f"not frames of HOG, {expected} (got {' x '.join(map(str, shape))})"


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If it holds no whole frame, a frame has another shape, or nothing tells the times.
    """
    size = path.stat().st_size
    frames, over = divmod(size, RECORD.itemsize)
    if not frames:
        raise TrackError(
            f"{path.name}: holds no whole frame: got {size} bytes, expected a multiple of "
            f"{RECORD.itemsize}; copy it anew"
        )
    valid_F, infinite = _checked(path, frames)
    placed, beyond = frame_times(frames, beside, path.name, may_differ=True)

    def parts() -> Iterator[Track]:
        for first in range(0, frames, PART):
            block = _mapped(path, first, min(PART, frames - first))
            part = slice(first, first + block.size)
            value_FC = block["value"].astype(np.float32)
            value_FC[~np.isfinite(value_FC)] = np.nan
            value_FC[~valid_F[part]] = np.nan
            yield Track(
                time_s=placed.time_s[part],
                value_FC=value_FC,
                columns=HOG,
                valid_F=valid_F[part],
                rate_hz=placed.rate_hz,
            )

    counts = {
        "rows_cut": int(over > 0),
        "cells_infinite": infinite,
        "frames_beyond": beyond,
        "times_moved": placed.moved,
    }
    figures = {"frames": frames, "frames_valid": int(valid_F.sum())}
    warnings = (*placed.warnings, *mended(path.name, counts, TOLD))
    if not valid_F.any():
        warnings += (f"{path.name}: no frame holds a face; replace the file",)
    return Reading(
        track=LongTrack(rows=frames, columns=HOG, rate_hz=placed.rate_hz, parts=parts),
        quality={**figures, "bytes_over": over, **counts},
        facts={"time_source": placed.source},
        warnings=warnings,
    )


FORMAT = Format(
    name="clnf_hog",
    label="CLNF HOG",
    track="hog",
    version="1",
    licence="OpenFace: academic, non-commercial licence",
    libraries=READERS,
    filmed=True,
    matches=matches,
    promises=promises,
    lacks=lacks,
    honours=(),
    read=read,
    timed_by="face",
)


def _shape_at_start(head: Head) -> tuple[int, ...] | None:
    numbers = np.frombuffer(head.raw[:12], "<i4") if len(head.raw) >= 12 else None
    return None if numbers is None else tuple(int(number) for number in numbers)


def _mapped(path: Path, first: int, count: int) -> npt.NDArray[np.void]:
    """Map some frames; a map of the whole file would count as memory of the process."""
    return np.memmap(path, RECORD, "r", offset=first * RECORD.itemsize, shape=(count,))


def _checked(path: Path, frames: int) -> tuple[Bool, int]:
    """Check the shape of every frame; say where a face was tracked, and count what is infinite."""
    valid_F = np.empty(frames, dtype=np.bool_)
    infinite = 0
    for first in range(0, frames, PART):
        block = _mapped(path, first, min(PART, frames - first))
        fits_F = (block["shape"] == SHAPE).all(axis=1)
        if not fits_F.all():
            wrong = int(np.argmin(fits_F))
            got = " x ".join(str(number) for number in block["shape"][wrong])
            raise TrackError(
                f"{path.name}: frame {first + wrong + 1} is {got}, expected "
                f"{' x '.join(map(str, SHAPE))}; the file is damaged there; copy it anew"
            )
        valid_F[first : first + block.size] = block["valid"] > 0
        infinite += int(np.isinf(block["value"]).sum())
    return valid_F, infinite
