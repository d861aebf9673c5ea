"""A track of samples as a continuous recording: ``_recording-face_physio.tsv.gz`` and its sidecar.

No header and no time of day, as BIDS has it: the sidecar names the columns in order, the sampling
frequency and the time of the first row.  The first column is the sample's own time, the second says
whether it was measured.  Numbers are the shortest that give the same float32 again; what was not
measured is ``n/a``.  The track is read in parts: its length costs no memory but for its times.
"""

# P = samples of a part, R = rows, K = rows of a part

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...extract.store.reader import StoredSamples
from ...features.columns import Column, names
from ...features.track import Track
from ...features.types import I64
from .grid import NOTHING, Grid

if TYPE_CHECKING:
    import pyarrow as pa

TIME, VALID = "time_s", "valid"
NA = "n/a"
LEVEL = 6  # of gzip, its usual one: fixed, as the bytes are to be the same everywhere


def write_physio(samples: StoredSamples, grid: Grid, path: Path) -> int:
    """Write the rows of a track; give how many there are."""
    from pyarrow import csv as arrow_csv

    plain = arrow_csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    at_R = np.maximum.accumulate(np.maximum(grid.sample_R, 0))  # a gap goes with what is before it
    first = 0
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=LEVEL, fileobj=raw, mtime=0) as out,
    ):
        for part in samples.parts(names(samples.columns)):
            begin, end = np.searchsorted(at_R, [first, first + part.rows])
            if end > begin:
                table = _table(part, grid.sample_R[begin:end], first, samples.columns)
                arrow_csv.write_csv(table, out, plain)
            first += part.rows
    return int(grid.sample_R.size)


def sidecar(
    track: str,
    columns: Sequence[Column],
    grid: Grid,
    source: Mapping[str, Any],
    task: Mapping[str, str],
) -> dict[str, Any]:
    """Say what the rows of a recording are."""
    tool = ", ".join(f"{name} {version}" for name, version in source["libraries"].items())
    origin = "computed by depx" if source["origin"] == "computed" else "given with the recording"
    return {
        **task,
        "SamplingFrequency": grid.rate_hz,
        "StartTime": grid.start_s,
        "Columns": [TIME, VALID, *names(columns)],
        "Description": f"track {track}, {origin}",
        "SoftwareVersions": f"depx {source['extractor']} {source['version']}"
        + (f"; {tool}" if tool else ""),
        "SamplesLeftOut": grid.left_out,
        "RowsRepeated": grid.repeated,
        "RowsEmpty": grid.empty,
        TIME: {
            "Description": "Time of the sample on the clock of the session; n/a: no sample",
            "Units": "s",
        },
        VALID: {
            "Description": "1: measured; 0: not (a lost face), and all numbers are n/a",
            "Levels": {"0": "not measured", "1": "measured"},
        },
        **{column.name: _described(column) for column in columns},
    }


def _described(column: Column) -> dict[str, str]:
    tier = f", tier {column.tier}" if column.tier else ""
    about = f"{column.group or 'measure'} {column.name}{tier}"
    return {"Description": about, "Units": "arbitrary" if column.unit == "1" else column.unit}


def _table(part: Track, sample_K: I64, first: int, columns: Sequence[Column]) -> "pa.Table":
    """Spell the rows that samples of a part stand in."""
    import pyarrow as pa
    import pyarrow.compute as pc

    in_part_K = np.where(sample_K == NOTHING, 0, sample_K - first)
    gap = pa.array(sample_K == NOTHING)

    def spelt(values: "pa.Array") -> "pa.Array":
        known = pc.and_(pc.invert(gap), pc.is_finite(values))
        return pc.if_else(known, pc.cast(values, pa.string()), NA)

    valid = pa.array(part.valid_F[in_part_K].astype(np.int8))
    arrays = {
        TIME: spelt(pa.array(part.time_s[in_part_K])),
        VALID: pc.if_else(gap, NA, pc.cast(valid, pa.string())),
    }
    for c, column in enumerate(columns):
        arrays[column.name] = spelt(pa.array(part.value_FC[in_part_K, c]))
    return pa.table(arrays)
