"""Rows of several files of the same frames, laid side by side by the numbers of the frames.

Each file may have lost other rows, or have them twice or in another order.  A frame is there if
any file has it, and shows the person if every file that has it says so; of marks that all files
have, the first file's that is a number counts.
"""

# R = rows of all files, K = kept rows, by frame, N = frames that a file has, F = all frames

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...features.types import F64, I64, Bool
from .clock import STANDING
from .rows import Layout, Rows, lay_out

SAME_S = 5e-4  # two times of a frame that are closer together are one, printed in two ways


@dataclass(frozen=True, eq=False, kw_only=True)
class Marks:
    """The columns of a file by which its rows are put together."""

    frame_R: I64
    """Number of the frame of each row."""
    seen_R: Bool
    """Whether the person was tracked."""
    stamp_R: F64
    """Seconds, or NaN."""
    confidence_R: F64
    """From 0 to 1, or NaN."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Joined:
    """The frames of some files."""

    layout: Layout
    slots: tuple[I64, ...]
    """For each file, which of its rows each of the F frames has; -1 where it has none."""
    valid_F: Bool
    stamp_F: F64 | None
    """Seconds; None where no file tells enough of them."""
    confidence_F: F64
    """NaN where no file tells it."""
    counts: Mapping[str, int]
    """What was found between the files, by name."""
    of_files: tuple[Mapping[str, int], ...]
    """What was found in each of them."""


def join(files: Sequence[Marks], name: str) -> Joined:
    """Lay the rows of files out along the frames.

    Parameters
    ----------
    files : sequence of Marks
        At least one, of at least one row each; the first goes first where they differ.
    name : str
        Of the first, for messages.

    Raises
    ------
    TrackError
        If the frame numbers leave out far more frames than there are.
    """
    sizes = [file.frame_R.size for file in files]
    rows = Rows(
        frame_R=np.concatenate([file.frame_R for file in files]),
        seen_R=np.concatenate([file.seen_R for file in files]),
        face_R=np.repeat(np.arange(len(files)), sizes),  # so of duplicates in a file one is kept
    )
    layout = lay_out(rows, name)
    frame_N, begin_N = np.unique(layout.frame_K, return_index=True)
    seen_K, file_K = rows.seen_R[layout.row_K], rows.face_R[layout.row_K]
    every_N = np.logical_and.reduceat(seen_K, begin_N)
    any_N = np.logical_or.reduceat(seen_K, begin_N)
    valid_F = np.zeros(layout.number_F.size, dtype=np.bool_)
    valid_F[frame_N] = every_N
    stamp_K = np.concatenate([file.stamp_R for file in files])[layout.row_K]
    confidence_K = np.concatenate([file.confidence_R for file in files])[layout.row_K]
    apart_N = np.fmax.reduceat(stamp_K, begin_N) - np.fmin.reduceat(stamp_K, begin_N)
    stamp_F = _first_known(stamp_K, layout)
    begins = np.cumsum([0, *sizes[:-1]])
    return Joined(
        layout=layout,
        slots=tuple(_slots(layout, file_K == f, int(begin)) for f, begin in enumerate(begins)),
        valid_F=valid_F,
        stamp_F=_between(stamp_F, layout),
        confidence_F=_first_known(confidence_K, layout),
        counts={
            "frames_left_out": layout.counts["frames_left_out"],
            "frames_in_dispute": int((any_N & ~every_N).sum()),
            "frames_of_two_times": int((apart_N > SAME_S).sum()),
            "frames_untimed": int(np.isnan(stamp_F[frame_N]).sum()),
        },
        of_files=tuple(
            {
                "rows_duplicate": file.frame_R.size - int((file_K == f).sum()),
                "rows_out_of_order": int((np.diff(file.frame_R) < 0).sum()),
                "frames_missing": frame_N.size - int((file_K == f).sum()),
            }
            for f, file in enumerate(files)
        ),
    )


def _slots(layout: Layout, here_K: Bool, begin: int) -> I64:
    """Say which row of a file each frame has; its rows begin at `begin` among those of all."""
    slot_F = np.full(layout.number_F.size, -1, dtype=np.int64)
    slot_F[layout.frame_K[here_K]] = layout.row_K[here_K] - begin
    return slot_F


def _first_known(value_K: F64, layout: Layout) -> F64:
    """Give each frame the first file's value that is a number; NaN where none has any."""
    known = np.flatnonzero(np.isfinite(value_K))
    frame_N, first_N = np.unique(layout.frame_K[known], return_index=True)
    value_F = np.full(layout.number_F.size, np.nan)
    value_F[frame_N] = value_K[known[first_N]]
    return value_F


def _between(stamp_F: F64, layout: Layout) -> F64 | None:
    """Place frames without a time between their neighbours; None if too many frames have none."""
    there = np.zeros(stamp_F.size, dtype=np.bool_)
    there[layout.frame_K] = True
    known_F = np.isfinite(stamp_F)
    if not known_F.any():
        return None
    if (there & ~known_F).sum() > STANDING * there.sum():
        return stamp_F
    return np.interp(layout.number_F, layout.number_F[known_F], stamp_F[known_F])
