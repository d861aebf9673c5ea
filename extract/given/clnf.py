"""CLNF's text files as the facial track: five files of DAIC-WOZ, one track under OpenFace's names.

CLNF (OpenFace's first version) writes action units, landmarks in px, landmarks in mm, gaze and pose
into a file each.  A file is told by its header.  Rows are put together by their frame number (see
`joined`): a frame that a file leaves out is NaN in its columns, a file that is not there costs its
columns alone.  A frame that any file calls lost is lost: all but its ``confidence`` is NaN.

CLNF rates 14 action units and tells the presence of 6; negative intensities occur, and stay.  Its
gaze relative to the head has columns of its own, ``gaze_h0_x`` to ``gaze_h1_z``; ``gaze_angle`` is
computed as for OpenFace.  A gaze vector of zeros has no direction, and is NaN.

Times are those of ``timestamp`` (see `clock`), printed with six digits: from 1000 s on they are
rounded to 10 ms, and stay so.

References
----------
Baltrusaitis, Robinson, Morency, "Constrained local neural fields for robust facial landmark
detection in the wild", ICCVW 2013.  Gratch et al., "The Distress Analysis Interview Corpus of human
and computer interviews", LREC 2014.
"""

# F = frames

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import TrackError
from ...features.columns import FACE_ALL
from ...features.face import summary
from .base import READERS, Beside, Format, Reading, lacking, mended, of_text
from .clnf_file import KINDS, ClnfFile, kind_of
from .clock import Times, times
from .gather import split_by_words
from .joined import Joined, join
from .spooled import Shelf, shelved
from .table import header_of, told

CONFIDENCE = "confidence"
WORDS = tuple(kind.casefold() for kind in KINDS)
IN_A_FILE = {
    "rows_cut": "last row broken off, left out",
    "rows_duplicate": "more of the same frame, the first counts",
    "rows_out_of_order": "out of order, put back",
    "rows_without_success": "of an empty success, taken for lost",
    "cells_infinite": "infinite cells, made NaN",
    "gaze_vectors_of_zeros": "gaze vectors of zeros, made NaN",
    "frames_missing": "of frames missing that other files have, made NaN",
}
BETWEEN_FILES = {
    "frames_left_out": "of missing frames, given a row without a face",
    "frames_in_dispute": "lost in one file and not in another, taken for lost",
    "frames_of_two_times": "of different times in two files, the first counts",
    "frames_untimed": "without a time, placed between their neighbours",
    "times_moved": "of times that do not increase, moved",
}


def matches(head: str, name: str) -> bool:
    """Tell one of CLNF's tables by its header line."""
    return kind_of(header_of(head)[0], called=promises(name.casefold())) is not None


def promises(name: str) -> bool:
    """Say whether a file of this name ought to be one of CLNF's tables."""
    return "clnf" in name and "hog" not in name


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return (
        "not a header with success or confidence and CLNF's units, landmarks, gaze or pose "
        f"(got {told(head)})"
    )


def member(stem: str) -> tuple[str, str]:
    """Say of a file's name, lower case, which set of files it belongs to, and as which part."""
    return split_by_words(stem, WORDS)


def read(path: Path, beside: Beside) -> Reading:
    """Read a set of files; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, a file has no row, two files hold the same, or there are no times
        to be had.
    """
    files = [ClnfFile.read(one, beside.scratch) for one in (path, *beside.more)]
    _refuse_twins(files)
    joined = join([file.marks for file in files], path.name)
    layout = joined.layout
    placed = times(layout.number_F, joined.stamp_F, beside.film, path.name, step=layout.step)
    there = {name for file in files for name in file.columns}
    held = {CONFIDENCE: joined.confidence_F} if np.isfinite(joined.confidence_F).any() else {}
    columns = tuple(replace(one, tier="") for one in FACE_ALL if one.name in there | set(held))
    track = shelved(
        [
            (file.columns, Shelf(spool=file.spool, slot_F=slot_F))
            for file, slot_F in zip(files, joined.slots, strict=True)
        ],
        columns,
        joined.valid_F,
        placed,
        held,
    )
    summed_up = _summary(joined, placed)
    in_files = [
        {**file.counts, **found} for file, found in zip(files, joined.of_files, strict=True)
    ]
    between = {**joined.counts, "times_moved": placed.moved}
    warnings = [*placed.warnings]
    for file, counts in zip(files, in_files, strict=True):
        warnings += mended(file.path.name, counts, IN_A_FILE)
    warnings += mended(_called(files), between, BETWEEN_FILES)
    warnings += (f"{path.name}: {line}" for line in summed_up.warnings(None))
    return Reading(
        track=track,
        quality={
            **summed_up.figures(),
            **{what: sum(counts[what] for counts in in_files) for what in in_files[0]},
            **between,
            "rows_by_kind": {
                file.kind: counts["rows"] for file, counts in zip(files, in_files, strict=True)
            },
        },
        facts={"time_source": placed.source},
        warnings=tuple(warnings),
    )


FORMAT = Format(
    name="clnf",
    label="CLNF",
    track="face",
    version="1",
    licence="OpenFace: academic, non-commercial licence",
    libraries=READERS,
    filmed=True,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=(),
    read=read,
    rank=1,  # OpenFace's own table is the newer program's
    member=member,
)


def _refuse_twins(files: Sequence[ClnfFile]) -> None:
    first: dict[str, str] = {}
    for file in files:
        if file.kind in first:
            raise TrackError(
                f"{file.path.name}: holds {file.kind}, as {first[file.kind]} does; take one of "
                "them away"
            )
        first[file.kind] = file.path.name


def _called(files: Sequence[ClnfFile]) -> str:
    more = len(files) - 1
    return f"{files[0].path.name}{f' and {more} more' if more else ''}"


def _summary(joined: Joined, placed: Times) -> summary.Rows:
    """Give what the track is summed up from, as for one that is measured here."""
    valid_F = joined.valid_F
    return summary.Rows(
        time_F=placed.time_s,
        rate_hz=placed.rate_hz,
        face_id_F=np.where(valid_F, 0, -1),
        n_faces_F=valid_F.astype(np.int64),
        shot_F=None,
        quality_F={CONFIDENCE: np.where(valid_F, joined.confidence_F, np.nan).astype(np.float32)},
    )
