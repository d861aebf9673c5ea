"""What pooling needs of a track: named columns, the time that each sample owns, and its weight.

A sample owns an interval (`features.track.owned_intervals`), which its neighbours bound: the
intervals of a track that is read in parts are those of the whole track.
"""

# F = samples of a track, C = pooled columns

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..extract.store.reader import StoredSamples
from ..features.track import Track
from ..features.types import F32, F64, I64

CONFIDENCE = "confidence"  # OpenFace's column: how sure the tracker is of the frame, 0..1


@dataclass(frozen=True, eq=False, kw_only=True)
class Samples:
    """Consecutive samples of a track."""

    time_s_F: F64
    start_s_F: F64
    stop_s_F: F64
    """Owned intervals, in seconds; sorted, half-open, disjoint."""
    value_FC: F32
    """What is not finite was not measured."""
    weight_F: F64
    """Confidence, at least 0; 1 where the track has none; 0 where nothing was measured."""

    def rows(self, rows: slice | I64) -> "Samples":
        """Take some samples, in order."""
        return Samples(
            time_s_F=self.time_s_F[rows],
            start_s_F=self.start_s_F[rows],
            stop_s_F=self.stop_s_F[rows],
            value_FC=self.value_FC[rows],
            weight_F=self.weight_F[rows],
        )


def stored_samples(stored: StoredSamples, names: Sequence[str]) -> Iterator[Samples]:
    """Read the named columns of a stored track a part at a time; see `samples_of`."""
    start_s_F, stop_s_F = stored.owned()
    first = 0
    for part in stored.parts((*names, CONFIDENCE)):
        rows = slice(first, first + part.rows)
        first = rows.stop
        yield samples_of(part, names, start_s_F[rows], stop_s_F[rows])


def samples_of(track: Track, names: Sequence[str], start_s_F: F64, stop_s_F: F64) -> Samples:
    """Lay the named columns of a track side by side, with the weight of each row.

    Parameters
    ----------
    track : Track
    names : sequence of str
        Columns in the order of the result; one that the track lacks is NaN throughout.
    start_s_F, stop_s_F : float64 arrays of shape (F,)
        What each sample owns, in seconds.

    Returns
    -------
    Samples
        Rows that are not valid have the weight 0.  A confidence that is NaN speaks for nothing and
        against nothing: the row weighs as in a track without confidence.  A value that stands for
        "not there" (`Column.absent`) is NaN: an F0 of 0 without voice is no pitch.
    """
    index = {column.name: c for c, column in enumerate(track.columns)}
    value_FC = np.full((track.rows, len(names)), np.nan, dtype=np.float32)
    here = [(to, index[name]) for to, name in enumerate(names) if name in index]
    if here:
        to_C, from_C = (list(side) for side in zip(*here, strict=True))
        value_FC[:, to_C] = track.value_FC[:, from_C]
        for to, c in here:
            if track.columns[c].absent is not None:
                value_FC[value_FC[:, to] == track.columns[c].absent, to] = np.nan
    weight_F = np.ones(track.rows)
    if CONFIDENCE in index:
        confidence_F = track.value_FC[:, index[CONFIDENCE]].astype(np.float64)
        weight_F = np.where(np.isnan(confidence_F), 1.0, np.maximum(confidence_F, 0.0))
    return Samples(
        time_s_F=track.time_s,
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=value_FC,
        weight_F=np.where(track.valid_F, weight_F, 0.0),
    )
