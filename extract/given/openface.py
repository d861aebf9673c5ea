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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import TrackError
from ...features.columns import FACE, LANDMARKS_2D, Column, names
from ...features.face import summary
from ...features.types import F64, I64
from .base import READERS, Beside, Format, Reading, lacking, mended, of_text
from .boxes import boxes_of, no_boxes
from .clock import Times, times
from .rows import Frames, Layout, Rows, frame_numbers, lay_out, one_row_a_frame
from .spooled import long_track
from .table import NumberTable, header_of, told

JUDGES = frozenset({"success", "confidence"})
MEASURES = frozenset(
    column.name for column in FACE if column.group in ("gaze", "pose", "au_r", "au_c")
)
"""One of these, or all landmarks: DAIC-WOZ's gaze tables call other things ``x_0``, ``y_0``."""
LANDMARKS = frozenset(column.name for column in LANDMARKS_2D)
VECTORS = tuple(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz")
ANGLES = ("gaze_angle_x", "gaze_angle_y")
KEPT = frozenset({"confidence"})  # it tells of a lost face too


def matches(head: str, _name: str) -> bool:
    """Tell OpenFace's output by its header line."""
    names = set(header_of(head)[0])
    return bool(names & JUDGES) and bool(names & MEASURES or names >= LANDMARKS)


def promises(name: str) -> bool:
    """Say whether a file of this name ought to be OpenFace's; bags of words are not."""
    return "openface" in name and "bovw" not in name


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return (
        "not a header with success or confidence and OpenFace's gaze, pose, units or landmarks "
        f"(got {told(head)})"
    )


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, there are no times to be had, or the file
        cannot tell whom ``choose`` means.
    """
    film, wanted = beside.film, beside.parameters.get("choose")
    choose = None if wanted is None else str(wanted)
    table = NumberTable.open(path)
    marks = _marks(table)
    layout = lay_out(marks.rows, path.name)
    stamp_F = None if marks.stamp_R is None else _stamps(marks.stamp_R, layout)
    placed = times(layout.number_F, stamp_F, film, path.name, step=layout.step)
    count = marks.rows.frame_R.size
    several = marks.rows.faces() > 1
    boxes = boxes_of(table, count, film, choose) if several else no_boxes(count)
    frames = one_row_a_frame(marks.rows, layout, boxes, placed.time_s, choose)
    columns = _columns(table.header)
    values = _values(table, columns)
    track = long_track(values, columns, KEPT, frames, placed, beside.scratch)
    known = {column.name for column in FACE} | {"frame", "timestamp", "success"}
    counts = {
        **frames.counts,
        "rows_cut": table.cut,
        "rows_without_success": marks.unsaid,
        "cells_infinite": sum(table.infinite.values()),
        "times_moved": placed.moved,
    }
    summed_up = _summary(marks, frames, placed)
    figures = {
        **summed_up.figures(),
        **counts,
        "columns_not_read": len(set(table.header) - known),
    }
    facts: dict[str, float | int | str] = {"time_source": placed.source}
    if film is not None:
        facts |= {
            "frames_listed": int(film.listed_s.size),
            "video_start_s": round(film.start_s, 6),
        }
    warnings = (
        *placed.warnings,
        *_warnings(path.name, counts, table.header),
        *(f"{path.name}: {line}" for line in summed_up.warnings(choose)),
    )
    return Reading(track=track, quality=figures, facts=facts, warnings=warnings)


FORMAT = Format(
    name="openface",
    label="OpenFace",
    track="face",
    version="3",
    licence="OpenFace: academic, non-commercial licence",
    libraries=READERS,
    filmed=True,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=("choose",),
    read=read,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Marks:
    """The columns by which rows are chosen and placed."""

    rows: Rows
    stamp_R: F64 | None
    """Seconds; None where the file has no such column."""
    quality_R: Mapping[str, F64]
    """Columns that the track is summed up from, as far as the file has them."""
    unsaid: int
    """Rows whose success is empty."""


def _marks(table: NumberTable) -> _Marks:
    """Read the columns by which rows are chosen, the whole file's."""
    wanted = ("frame", "timestamp", "success", "face_id", *summary.MEDIANS)
    names = [name for name in wanted if name in table.header]
    blocks = [value_RC for _, value_RC in table.blocks(names)]
    if not blocks or not sum(map(len, blocks)):
        raise TrackError(f"{table.path.name}: holds no row below its header; write it anew")
    mark = dict(zip(names, np.concatenate(blocks).T, strict=True))
    stamp_R = mark.get("timestamp")
    count = len(mark[names[0]])
    seen_R = mark["success"] > 0.5 if "success" in mark else mark["confidence"] > 0  # not where NaN
    rows = Rows(
        frame_R=frame_numbers(mark, count, table.path.name),
        seen_R=seen_R,
        face_R=_face_numbers(mark.get("face_id", np.zeros(count))),
    )
    return _Marks(
        rows=rows,
        stamp_R=stamp_R,
        quality_R={name: mark[name] for name in summary.MEDIANS if name in mark},
        unsaid=int(np.isnan(mark["success"]).sum()) if "success" in mark else 0,
    )


def _face_numbers(face_R: F64) -> I64:
    """Count the faces from 0; all that have no number, or none from 0, are one further face."""
    numbered_R = face_R >= 0
    further = face_R[numbered_R].max(initial=-1.0) + 1
    return np.where(numbered_R, face_R, further).astype(np.int64)


def _stamps(stamp_R: F64, layout: Layout) -> F64:
    """Give each frame its row's time; one that the file leaves out lies between its neighbours."""
    frame_N, row_N = layout.first_row()
    return np.interp(layout.number_F, layout.number_F[frame_N], stamp_R[row_N])


def _summary(marks: _Marks, frames: Frames, placed: Times) -> summary.Rows:
    """Give what the track is summed up from, as for one that is measured here."""
    row_F, valid_F = frames.row_F, frames.valid_F
    return summary.Rows(
        time_F=placed.time_s,
        rate_hz=placed.rate_hz,
        face_id_F=np.where(valid_F, marks.rows.face_R[row_F], -1),
        n_faces_F=frames.n_faces_F,
        shot_F=None,
        quality_F={
            name: np.where(valid_F, value_R[row_F], np.nan).astype(np.float32)
            for name, value_R in marks.quality_R.items()
        },
    )


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
            block |= gaze_angles(block)
        yield first, np.stack([block[name] for name in wanted], axis=1)


def gaze_angles(block: Mapping[str, F64]) -> dict[str, F64]:
    """Compute OpenFace 2's ``gaze_angle`` from the vectors of both eyes, in radians."""
    x, y, z = (block[f"gaze_0_{axis}"] + block[f"gaze_1_{axis}"] for axis in "xyz")
    return dict(zip(ANGLES, (np.arctan2(x, -z), np.arctan2(y, -z)), strict=True))


def _warnings(name: str, counts: Mapping[str, int], header: Sequence[str]) -> tuple[str, ...]:
    """Say what the user should look at: one line counts all that was found in the rows."""
    told = {
        "rows_cut": "last row broken off, left out",
        "rows_duplicate": "more of the same frame and face, the first counts",
        "rows_out_of_order": "out of order, put back",
        "rows_without_success": "of an empty success, taken for lost",
        "cells_infinite": "infinite cells, made NaN",
        "rows_of_other_faces": "of other faces, left out",
        "frames_left_out": "of missing frames, given a row without a face",
        "times_moved": "of times that do not increase, moved",
    }
    lines = list(mended(name, counts, told))
    if "success" not in header:
        lines.append(f"{name} has no success column, so rows of a confidence above 0 count")
    return tuple(lines)
