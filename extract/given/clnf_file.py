"""One of the text files that CLNF writes, read in one pass: its marks are held, its values spooled.

What a file is, its header says: action units, landmarks in px, landmarks in mm, gaze or pose.
"""

# R = rows of the file, C = columns read

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ...errors import TrackError
from ...features.columns import AU_C, AU_R, LANDMARKS
from ...features.spool import Spool
from ...features.types import F64, Bool
from .joined import Marks
from .openface import ANGLES, JUDGES, VECTORS, gaze_angles
from .rows import frame_numbers
from .table import NumberTable, told

UNMEASURED_R = frozenset({"07", "23", "45"})  # action units without an intensity
MEASURED_C = ("04", "12", "15", "23", "28", "45")
EYES = ("0", "1", "h0", "h1")
KINDS: Mapping[str, Mapping[str, str]] = {
    "AUs": {
        **{f"AU{au}_r": f"AU{au}_r" for au in AU_R if au not in UNMEASURED_R},
        **{f"AU{au}_c": f"AU{au}_c" for au in AU_C if au in MEASURED_C},
    },
    "features": {f"{a}{point}": f"{a}_{point}" for a in "xy" for point in range(LANDMARKS)},
    "features3D": {f"{a}{point}": f"{a}_{point}" for a in "XYZ" for point in range(LANDMARKS)},
    "gaze": {f"{a}_{eye}": f"gaze_{eye}_{a}" for eye in EYES for a in "xyz"},
    "pose": {f"{what}{a}": f"pose_{what}{a}" for what in "TR" for a in "xyz"},
}
"""Kind of a file, as its name has it -> its columns, with their names in the track."""
DOCUMENTED = {a.upper(): f"pose_T{a}" for a in "xyz"}
"""What the corpus's documentation calls ``Tx``, ``Ty``, ``Tz``."""
TELLING: Mapping[str, frozenset[str]] = {
    "features": frozenset({"x0", "y0", "x67", "y67"}),
    "features3D": frozenset({"X0", "Y0", "Z0", "X67", "Y67", "Z67"}),
    "gaze": frozenset({"x_0", "y_0", "z_0", "x_1", "y_1", "z_1"}),
    "pose": frozenset({"Rx", "Ry", "Rz"}),
}
"""A header with these has this kind.  Action units are OpenFace's, too, under the same names."""
MARKS = ("frame", "timestamp", "confidence", "success")


def kind_of(header: Sequence[str], *, called: bool) -> str | None:
    """Say which of the `KINDS` a header has; None if it has none of them.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    called : bool
        Whether the file's name says that it is CLNF's; else a header of action units must be
        exactly CLNF's.
    """
    there = set(header)
    if not there & JUDGES:
        return None
    kind = next((kind for kind, telling in TELLING.items() if there >= telling), None)
    if kind is not None:
        return kind
    units = set(KINDS["AUs"])
    exact = there - {*MARKS, ""} == units
    return "AUs" if exact or (called and there & units) else None


@dataclass(frozen=True, eq=False, kw_only=True)
class ClnfFile:
    """A file that has been read; infinite cells and empty ones are NaN."""

    path: Path
    kind: str
    columns: tuple[str, ...]
    """Names in the track; those of `spool`."""
    spool: Spool
    marks: Marks
    """Times and confidence are NaN throughout where the file has no such column."""
    counts: Mapping[str, int]
    """What was found, by name."""

    @classmethod
    def read(cls, path: Path, scratch: Callable[[], IO[bytes]]) -> "ClnfFile":
        """Read a file.

        Raises
        ------
        TrackError
            If it is none of CLNF's, a cell is no number, or the file has no row.
        """
        table = NumberTable.open(path)
        kind = kind_of(table.header, called=True)
        if kind is None:
            held = told(table.separator.join(table.header))
            raise TrackError(f"{path.name}: is none of CLNF's tables (got {held}); write it anew")
        names = {**KINDS[kind], **(DOCUMENTED if kind == "pose" else {})}
        read = [name for name in names if name in table.header]
        marked = [name for name in MARKS if name in table.header]
        columns = tuple(names[name] for name in read)
        is_angled = set(columns) >= set(VECTORS)
        spool = Spool(scratch(), len(columns) + len(ANGLES) * is_angled)
        mark_blocks: list[F64] = []
        zeros = 0
        for _, block_RC in table.blocks([*read, *marked]):
            mark_blocks.append(block_RC[:, len(read) :].copy())  # a view would hold the block
            value_RC = block_RC[:, : len(read)]
            if kind == "gaze":
                seen_R = _seen(dict(zip(marked, mark_blocks[-1].T, strict=True)))
                zeros += _without_zeros(value_RC, columns, seen_R)
            if is_angled:
                angles = gaze_angles(dict(zip(columns, value_RC.T, strict=True)))
                value_RC = np.column_stack([value_RC, *angles.values()])
            spool.append(value_RC.astype(np.float32))
        if spool.rows == 0:
            raise TrackError(f"{path.name}: holds no row below its header; write it anew")
        mark = dict(zip(marked, np.concatenate(mark_blocks).T, strict=True))
        nothing_R = np.full(spool.rows, np.nan)
        success_R = mark.get("success")
        return cls(
            path=path,
            kind=kind,
            columns=columns + ANGLES * is_angled,
            spool=spool,
            marks=Marks(
                frame_R=frame_numbers(mark, spool.rows, path.name),
                seen_R=_seen(mark),
                stamp_R=mark.get("timestamp", nothing_R),
                confidence_R=mark.get("confidence", nothing_R),
            ),
            counts={
                "rows": spool.rows,
                "rows_cut": table.cut,
                "rows_without_success": 0 if success_R is None else int(np.isnan(success_R).sum()),
                "cells_nan": table.nan,
                "cells_infinite": sum(table.infinite.values()),
                "gaze_vectors_of_zeros": zeros,
                "columns_not_read": len(set(table.header) - set(names) - {*MARKS, ""}),
            },
        )


def _seen(mark: Mapping[str, F64]) -> Bool:
    """Say which rows show the person; not those whose mark is NaN."""
    return mark["success"] > 0.5 if "success" in mark else mark["confidence"] > 0


def _without_zeros(value_RC: F64, columns: Sequence[str], seen_R: Bool) -> int:
    """Make gaze vectors of zeros NaN, in place, and count those of rows that show the person."""
    zeros = 0
    for eye in EYES:
        place_3 = [columns.index(name) for a in "xyz" if (name := f"gaze_{eye}_{a}") in columns]
        if place_3:
            none_R = (value_RC[:, place_3] == 0).all(axis=1)
            value_RC[np.ix_(none_R, place_3)] = np.nan
            zeros += int((none_R & seen_R).sum())
    return zeros
