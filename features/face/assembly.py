"""Sightings into the rows of the track: whose face, and with which action units.

Two passes over the spool, a part at a time: the first gathers what the neutral faces and the
summary need, the second makes the rows.
"""

# F = frames, C = columns, M = measures of the action units, U = columns of the action units

from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from ..columns import Column
from ..spool import Spool
from ..track import LongTrack, Track
from ..types import F32, F64, I64, Bool
from .choosing import believed, fill, people
from .sightings import Watched
from .summary import LISTED, MEDIANS, Rows
from .units.units import MEASURES, unit_columns

PART = 3072  # rows held at a time: 5 MB; fewer would swell the footer of the table
GOOD_CONFIDENCE = 0.8  # what users of OpenFace ask for in practice
FRONTAL_RAD = float(np.radians(20.0))  # turned further, foreshortening passes for movement
UNIT_GROUPS = ("au_r", "au_c", "au_side")
NOSE = ("x_30", "y_30")  # its tip
LOOKS = (*MEDIANS, "pose_Rx", "pose_Ry", *NOSE)  # columns that the first pass gathers
ELSEWHERE = 0.25  # heights of the face between the noses of two tables that show two people


class Assembly:
    """The track in the making."""

    def __init__(
        self,
        *,
        watched: Watched,
        time_F: F64,
        rate_hz: float,
        columns: Sequence[Column],
        choose: str | None,
        scratch: Callable[[], IO[bytes]] = TemporaryFile,
    ) -> None:
        self.time_F, self.rate_hz, self.columns = time_F, rate_hz, tuple(columns)
        self._shot_F, self._spool = watched.shot_F, watched.spool
        seen, kept_G = watched.seen, believed(watched.seen, time_F)
        kept = seen.of(kept_G)
        chosen_F = fill(kept, time_F, choose)
        filled_F = chosen_F >= 0
        self._row_F = chosen_F.copy()  # row of the spool that fills each frame, -1: nobody does
        self._row_F[filled_F] = np.flatnonzero(kept_G)[chosen_F[filled_F]]
        self.face_id_F = chosen_F.copy()
        self.face_id_F[filled_F] = seen.face_id_G[self._row_F[filled_F]]
        self._n_faces_F = np.bincount(seen.frame_G[kept_G], minlength=time_F.size)
        place = {column.name: c for c, column in enumerate(self.columns)}
        self._n_faces = place["n_faces"]
        self._unit_columns = [c for c, col in enumerate(self.columns) if col.group in UNIT_GROUPS]
        measure_FM, self._look_FL = self._gather([place[name] for name in LOOKS])
        good_F = self._tells_neutral()
        unit_FU, counts = unit_columns(measure_FM, self.face_id_F, good_F, time_F)
        self._scratch, self._blank = scratch, list[int]()
        self._units = self._spooled_units(unit_FU)
        faces = people(kept) if self._n_faces_F.max(initial=0) > 1 else []
        self.counts = {
            "faces_seen": faces[:LISTED],
            "sightings_doubted": int((~kept_G).sum()),
            **counts,
        }

    def take_units(self, given: LongTrack | None) -> tuple[str, ...]:
        """Put the action units of another program's track in the place of our own.

        Rows are matched one by one where both tracks have as many, else by the nearest time within
        half a period.  What the other track lacks is NaN.

        Returns
        -------
        tuple of str
            What the user is warned of.
        """
        names = [self.columns[c].name for c in self._unit_columns]
        unit_FU = np.full((self.time_F.size, len(names)), np.nan, dtype=np.float32)
        if given is None:
            self._units = self._spooled_units(unit_FU)
            return (
                "face.aus_from=openface, but the session has no OpenFace table: its action units "
                "are NaN; put the CSV beside the video, or leave aus_from=geometry",
            )
        place = {column.name: c for c, column in enumerate(given.columns)}
        shared = [u for u, name in enumerate(names) if name in place]
        wanted = [place[names[u]] for u in shared]
        nose = [place[name] for name in NOSE if name in place]
        parts = [
            (part.time_s, part.value_FC[:, wanted], part.value_FC[:, nose])
            for part in given.parts()
        ]
        given_s, unit_GU, nose_GK = (np.concatenate(one) for one in zip(*parts, strict=True))
        from_F = _rows_at(given_s, self.time_F, 0.5 / self.rate_hz)
        matched_F = from_F >= 0
        for k, u in enumerate(shared):
            unit_FU[matched_F, u] = unit_GU[from_F[matched_F], k]
        self._units = self._spooled_units(unit_FU)
        unmatched = int((from_F < 0).sum())
        self.counts["units_without_a_given_row"] = unmatched
        lines = []
        if unmatched:
            lines.append(
                f"{unmatched} of {from_F.size} frames are without action units: the OpenFace table "
                f"has {given.rows} rows; check that it is of this video"
            )
        if len(nose) == len(NOSE) and self._off(nose_GK, from_F) > ELSEWHERE:
            lines.append(
                "the OpenFace table shows a face elsewhere in the picture: its action units may be "
                "somebody else's; check that it is of this video and this person"
            )
        return tuple(lines)

    def _off(self, nose_G2: F32, from_F: I64) -> float:
        """Say how far another table's nose lies from ours, median in heights of the face."""
        ours_F2 = self._look_FL[:, [LOOKS.index(name) for name in NOSE]]
        off_F = np.linalg.norm(ours_F2 - nose_G2[np.maximum(from_F, 0)], axis=1)
        share_F = off_F / self._look_FL[:, LOOKS.index("face_px")]
        known_F = (from_F >= 0) & np.isfinite(share_F)
        return float(np.median(share_F[known_F])) if known_F.any() else 0.0

    def blank(self, names: Sequence[str]) -> None:
        """Leave action units out: NaN throughout."""
        self._blank = [u for u, c in enumerate(self._unit_columns) if self.columns[c].name in names]

    def summary(self) -> Rows:
        """Give what the track is summed up from."""
        return Rows(
            time_F=self.time_F,
            rate_hz=self.rate_hz,
            face_id_F=self.face_id_F,
            n_faces_F=self._n_faces_F,
            shot_F=self._shot_F,
            quality_F={name: self._look_FL[:, LOOKS.index(name)] for name in MEDIANS},
        )

    def track(self) -> LongTrack:
        """Offer the rows, a part at a time."""
        return LongTrack(
            rows=self.time_F.size, columns=self.columns, rate_hz=self.rate_hz, parts=self._parts
        )

    def _parts(self) -> Iterator[Track]:
        width = len(self.columns)
        for first in range(0, self.time_F.size, PART):
            rows = slice(first, first + PART)
            valid_F = self.face_id_F[rows] >= 0
            # Column by column, as the table is written.
            value_FC = np.full((valid_F.size, width), np.nan, dtype=np.float32, order="F")
            value_FC[valid_F] = self._spooled(rows)[:, :width]
            value_FC[:, self._n_faces] = self._n_faces_F[rows]
            unit_FU = self._units.read(first, first + valid_F.size).copy()
            unit_FU[:, self._blank] = np.nan
            value_FC[:, self._unit_columns] = unit_FU
            value_FC[~valid_F] = np.nan
            yield Track(
                time_s=self.time_F[rows],
                value_FC=value_FC,
                columns=self.columns,
                valid_F=valid_F,
                rate_hz=self.rate_hz,
            )

    def _spooled_units(self, unit_FU: F32) -> Spool:
        """Put the action units away until the rows are written: 20 MB an hour."""
        spool = Spool(self._scratch(), unit_FU.shape[1])
        spool.append(unit_FU)
        return spool

    def _gather(self, look_columns: Sequence[int]) -> tuple[F32, F32]:
        """Gather the measures of the action units (F, M) and some columns (F, L)."""
        measure_FM = np.full((self.time_F.size, len(MEASURES)), np.nan, dtype=np.float32)
        look_FL = np.full((self.time_F.size, len(look_columns)), np.nan, dtype=np.float32)
        for first in range(0, self.time_F.size, PART):
            rows = slice(first, first + PART)
            filled_F = first + np.flatnonzero(self.face_id_F[rows] >= 0)
            value_NC = self._spooled(rows)
            measure_FM[filled_F] = value_NC[:, len(self.columns) :]
            look_FL[filled_F] = value_NC[:, list(look_columns)]
        return measure_FM, look_FL

    def _spooled(self, rows: slice) -> F32:
        """Read the sightings that fill some rows; lost rows are left out."""
        row_N = self._row_F[rows][self._row_F[rows] >= 0]
        if row_N.size == 0:
            return np.zeros((0, self._spool.width), dtype=np.float32)
        first = int(row_N[0])
        spooled_NC: F32 = self._spool.read(first, int(row_N[-1]) + 1)[row_N - first]
        return spooled_NC

    def _tells_neutral(self) -> Bool:
        """Choose the frames (F,) that tell neutral faces: well seen, turned little for this head.

        A person who is never seen well, or never from the front, is measured from what there is.
        """
        confidence_F = self._look_FL[:, LOOKS.index("confidence")]
        turn_F = np.hypot(*(self._look_FL[:, LOOKS.index(name)] for name in ("pose_Rx", "pose_Ry")))
        good_F = np.zeros(self.time_F.size, dtype=np.bool_)
        for face_id in np.unique(self.face_id_F[self.face_id_F >= 0]):
            of_F = self.face_id_F == face_id
            sure_F = of_F & (confidence_F >= GOOD_CONFIDENCE)
            if not sure_F.any():
                good_F |= of_F
                continue
            good_F |= sure_F & (turn_F <= max(FRONTAL_RAD, float(np.median(turn_F[sure_F]))))
        return good_F


def _rows_at(given_s: F64, time_F: F64, within_s: float) -> I64:
    """Give the row of another track for each of our times; -1 where it has none."""
    if given_s.size == time_F.size:
        return np.arange(time_F.size)
    if given_s.size == 0:
        return np.full(time_F.size, -1)
    after_F = np.clip(np.searchsorted(given_s, time_F), 1, max(given_s.size - 1, 1))
    before_F = after_F - 1
    after_F = np.minimum(after_F, given_s.size - 1)
    closer = np.abs(given_s[before_F] - time_F) <= np.abs(given_s[after_F] - time_F)
    nearest_F: I64 = np.where(closer, before_F, after_F)
    return np.where(np.abs(given_s[nearest_F] - time_F) <= within_s, nearest_F, -1)
