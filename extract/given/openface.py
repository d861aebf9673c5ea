"""OpenFace 2.x output as the facial track: its columns under its names, a row a frame.

Reads what ``FeatureExtraction`` and ``FaceLandmarkVidMulti`` write, in all the shapes in which it
is passed around: 2.2 (714 columns), 2017's 431 columns, E-DAIC's 53, with or without leading
spaces, columns in any order or cut out.  ``timestamp`` becomes the track's time (see `clock`),
``success`` its ``valid``.  OpenFace prints values for lost faces too; here they are NaN, but
``confidence``.  Columns that the file lacks are absent, only ``gaze_angle`` is computed from the
gaze vectors.  ``eye_lmk_*`` and ``p_*`` are not read, and counted.  Nothing is calibrated anew: the
action units are OpenFace's own.

References
----------
Baltrusaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018; its wiki, page
"Output Format".
"""

# R = rows of the file, F = frames, C = columns

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from ...errors import TrackError
from ...features.columns import FACE, LANDMARKS_2D, Column, names
from ...features.types import F64, I64, Bool
from ..picture import Film
from .base import Format, Reading
from .clock import times
from .rows import Frames, Rows, one_row_a_frame
from .spooled import long_track
from .table import NumberTable, header_of

JUDGES = frozenset({"success", "confidence"})
MEASURES = frozenset(
    column.name for column in FACE if column.group in ("gaze", "pose", "au_r", "au_c")
)
"""One of these, or all landmarks: DAIC-WOZ's gaze tables call other things ``x_0``, ``y_0``."""
LANDMARKS = frozenset(column.name for column in LANDMARKS_2D)
VECTORS = tuple(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz")
ANGLES = ("gaze_angle_x", "gaze_angle_y")
OUTER_EYES = ("x_36", "y_36", "x_45", "y_45")  # outer corners, iBUG-68
KEPT = frozenset({"confidence"})  # it tells of a lost face too
MOST_FRAMES = 2**31 - 1  # a frame number beyond is damage: it is over a year of 60 Hz
OFTEN = 0.5  # share of frames with a face below which the user is warned, as in features/face


def matches(head: str) -> bool:
    """Tell OpenFace's output by its header line."""
    names = set(header_of(head)[0])
    return bool(names & JUDGES) and bool(names & MEASURES or names >= LANDMARKS)


def read(path: Path, film: Film | None, scratch: Callable[[], IO[bytes]]) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, or there are no times to be had.
    """
    table = NumberTable.open(path)
    marks = _marks(table)
    cut = table.cut
    frames = one_row_a_frame(marks.rows, path.name)
    stamp_F = None if marks.stamp_R is None else _stamps(marks.stamp_R, frames)
    placed = times(frames.number_F, stamp_F, film, path.name, step=frames.step)
    columns = _columns(table.header)
    values = _values(table, columns)
    track = long_track(values, columns, KEPT, frames, placed, scratch)
    known = {column.name for column in FACE} | {"frame", "timestamp", "success"}
    counts = {**frames.counts, "rows_cut": cut, "times_moved": placed.moved}
    figures = {
        "frames": track.rows,
        "frames_valid": int(frames.valid_F.sum()),
        "share_valid": round(float(frames.valid_F.mean()), 6),
        **counts,
        "columns_not_read": len(set(table.header) - known),
    }
    facts: dict[str, float | int | str] = {"time_source": placed.source}
    if film is not None:
        facts |= {
            "frames_listed": int(film.listed_s.size),
            "video_start_s": round(film.start_s, 6),
        }
    warnings = (*placed.warnings, *_warnings(path.name, counts, frames.valid_F, table.header))
    return Reading(track=track, quality=figures, facts=facts, warnings=warnings)


FORMAT = Format(
    name="openface",
    label="OpenFace",
    track="face",
    version="1",
    licence="OpenFace: academic, non-commercial licence",
    libraries={"numpy": "BSD-3-Clause", "pyarrow": "Apache-2.0"},
    matches=matches,
    read=read,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Marks:
    """The columns by which rows are chosen and placed."""

    rows: Rows
    stamp_R: F64 | None
    """Seconds; None where the file has no such column."""


def _marks(table: NumberTable) -> _Marks:
    """Read the columns by which rows are chosen, the whole file's."""
    size_of = OUTER_EYES if set(OUTER_EYES) <= set(table.header) else ("pose_Tz",)
    wanted = ("frame", "timestamp", "success", "confidence", "face_id", *size_of)
    names = [name for name in wanted if name in table.header]
    blocks = [value_RC for _, value_RC in table.blocks(names)]
    if not blocks or not sum(map(len, blocks)):
        raise TrackError(f"{table.path.name}: holds no row below its header; write it anew")
    mark = dict(zip(names, np.concatenate(blocks).T, strict=True))
    stamp_R = mark.get("timestamp")
    count = len(mark[names[0]])
    seen_R = mark["success"] > 0.5 if "success" in mark else mark["confidence"] > 0  # not where NaN
    rows = Rows(
        frame_R=_frame_numbers(mark, count, table.path.name),
        seen_R=seen_R,
        face_R=np.nan_to_num(mark.get("face_id", np.zeros(count)), nan=-1).astype(np.int64),
        size_R=_sizes(mark, count),
    )
    return _Marks(rows=rows, stamp_R=stamp_R)


def _frame_numbers(mark: Mapping[str, F64], count: int, name: str) -> I64:
    """Find the frame of each row; without numbers by its time, or as the rows come."""
    if "frame" in mark:
        frame_R = mark["frame"]
        whole = (frame_R >= 0) & (frame_R <= MOST_FRAMES) & (frame_R == np.floor(frame_R))
        if not whole.all():
            row = int(np.argmin(whole)) + 2  # the header is row 1
            raise TrackError(
                f"{name}: 'frame' of row {row} is no whole number from 0; mend or write it anew"
            )
        return frame_R.astype(np.int64)
    if "timestamp" in mark and "face_id" in mark:
        _, rank_R = np.unique(mark["timestamp"], return_inverse=True)
        return np.asarray(rank_R, dtype=np.int64) + 1
    return np.arange(1, count + 1)


def _sizes(mark: Mapping[str, F64], count: int) -> F64:
    """Measure faces: distance of the outer corners of the eyes in px, else nearness in 1/mm."""
    if OUTER_EYES[0] in mark:
        right_x, right_y, left_x, left_y = (mark[name] for name in OUTER_EYES)
        return np.hypot(left_x - right_x, left_y - right_y)
    if "pose_Tz" in mark:
        return 1 / np.maximum(mark["pose_Tz"], 1.0)
    return np.ones(count)


def _stamps(stamp_R: F64, frames: Frames) -> F64:
    """Give each frame its row's time; one that the file leaves out lies between its neighbours."""
    there = frames.row_F >= 0
    stamp_G = stamp_R[frames.row_F[there]]
    return np.interp(frames.number_F, frames.number_F[there], stamp_G)


def _columns(header: Sequence[str]) -> tuple[Column, ...]:
    """List the columns of the track, in canonical order; tiers speak of geometry, and go."""
    names = set(header)
    if names >= set(VECTORS):
        names |= set(ANGLES)
    return tuple(replace(column, tier="") for column in FACE if column.name in names)


def _values(table: NumberTable, columns: Sequence[Column]) -> Iterator[tuple[int, F64]]:
    """Read the columns of the track, all rows of the file, whatever its own order."""
    wanted = names(columns)
    computed = [name for name in ANGLES if name in wanted and name not in table.header]
    read = [name for name in wanted if name not in computed]
    for first, value_RC in table.blocks(read):
        block = dict(zip(read, value_RC.T, strict=True))
        if computed:
            block |= _angles(block)
        yield first, np.stack([block[name] for name in wanted], axis=1)


def _angles(block: Mapping[str, F64]) -> dict[str, F64]:
    """Compute OpenFace 2's ``gaze_angle`` from the vectors of both eyes, in radians."""
    x, y, z = (block[f"gaze_0_{axis}"] + block[f"gaze_1_{axis}"] for axis in "xyz")
    return dict(zip(ANGLES, (np.arctan2(x, -z), np.arctan2(y, -z)), strict=True))


def _warnings(
    name: str, counts: Mapping[str, int], valid_F: Bool, header: Sequence[str]
) -> tuple[str, ...]:
    """Say what the user should look at: one line counts all that was found in the rows."""
    told = {
        "rows_cut": "last row broken off, left out",
        "rows_duplicate": "more of the same frame and face, the first counts",
        "rows_out_of_order": "out of order, put back",
        "rows_of_other_faces": "of other faces, left out",
        "frames_left_out": "of missing frames, given a row without a face",
        "times_moved": "of times that do not increase, moved",
    }
    found = [f"{counts[what]} {why}" for what, why in told.items() if counts[what]]
    lines = [f"{name}: rows mended: {'; '.join(found)}"] if found else []
    if "success" not in header:
        lines.append(f"{name} has no success column, so rows of a confidence above 0 count")
    if valid_F.mean() < OFTEN:
        lines.append(
            f"{name}: a face in {valid_F.sum()} of {valid_F.size} frames, expected at least half; "
            "check the video that it was made from"
        )
    return tuple(lines)
