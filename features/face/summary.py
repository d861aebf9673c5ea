"""The facial track in figures, for ``session.json``, and what the user is warned of.

Gaps and changes of identity are listed, so that nobody has to search the table for them.
"""

# F = frames, N = runs

from dataclasses import dataclass

import numpy as np

from ..track import owned_intervals
from ..types import F32, F64, I64, Bool

ENOUGH = 0.5  # share of frames with a face below which the user is warned
LISTED = 100  # gaps and identities that are listed; the counts hold all
MEDIANS = ("confidence", "face_px", "eye_px", "blur", "brightness", "gaze_quality")


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What is summed up: a value a row of the track."""

    time_F: F64
    rate_hz: float | None
    face_id_F: I64
    """-1 where nobody fills the row."""
    n_faces_F: I64
    """Faces seen in the frame and believed; 0 where there is none."""
    shot_F: Bool | None
    """First frames of shots but the first; None where nobody looked for them."""
    quality_F: dict[str, F32]
    """Columns of `MEDIANS`, those that there are; NaN in lost rows."""

    def figures(self) -> dict[str, object]:
        """Sum up the track; medians only where there is a face."""
        valid_F = self.face_id_F >= 0
        gaps, people = self._gaps(valid_F), self._people()
        figures: dict[str, object] = {
            "frames": int(valid_F.size),
            "frames_valid": int(valid_F.sum()),
            "share_valid": round(float(valid_F.mean()), 6),
            "frames_of_several_faces": int((self.n_faces_F > 1).sum()),
            "faces_at_most": int(self.n_faces_F.max()),
            **({} if self.shot_F is None else {"shots": int(self.shot_F.sum()) + 1}),
            "identities": len(people),
            "identity": people[:LISTED],
            "identity_jumps": len(self._jumps()),
            "jump_s": [round(float(self.time_F[f]), 6) for f in self._jumps()[:LISTED]],
            "gaps": len(gaps),
            "gap": gaps[:LISTED],
            "largest_gap_s": round(max((stop - start for start, stop in gaps), default=0.0), 6),
        }
        for name in MEDIANS:
            value_N = self.quality_F[name][valid_F] if name in self.quality_F else np.zeros(0)
            known_N = value_N[np.isfinite(value_N)]
            if known_N.size:
                figures[f"{name}_median"] = round(float(np.median(known_N)), 3)
        return figures

    def warnings(self, choose: str | None) -> tuple[str, ...]:
        """Say what the user had better look at; one line each."""
        valid_F = self.face_id_F >= 0
        lines = []
        if valid_F.mean() < ENOUGH:
            lines.append(
                f"a face in {valid_F.sum()} of {valid_F.size} frames, expected at least half; "
                "check that it is upright, lit and turned to the camera"
            )
        several = int((self.n_faces_F > 1).sum())
        if several and choose is None:
            lines.append(
                f"several faces in {several} of {valid_F.size} frames; took who is seen longest "
                "and largest; --set face.choose=left|right|largest|X,Y takes another"
            )
        people = len(self._people())
        if people > 1:
            lines.append(
                f"{people} identities follow one another in the rows; face_id tells them apart"
            )
        return tuple(lines)

    def _gaps(self, valid_F: Bool) -> list[tuple[float, float]]:
        """List when there was no face, seconds from and to, by the time that rows own."""
        start_s, stop_s = owned_intervals(self.time_F, self.rate_hz)
        return [
            (round(float(start_s[first]), 6), round(float(stop_s[last]), 6))
            for first, last in _runs(~valid_F)
        ]

    def _people(self) -> list[dict[str, object]]:
        """List who fills rows, in order of appearance."""
        found: list[dict[str, object]] = []
        for face_id in np.unique(self.face_id_F[self.face_id_F >= 0]):
            frame_N = np.flatnonzero(self.face_id_F == face_id)
            found.append(
                {
                    "face_id": int(face_id),
                    "frames": int(frame_N.size),
                    "first_s": round(float(self.time_F[frame_N[0]]), 6),
                    "last_s": round(float(self.time_F[frame_N[-1]]), 6),
                }
            )
        return found

    def _jumps(self) -> I64:
        """List the rows that another person fills than the last one filled."""
        filled_N = np.flatnonzero(self.face_id_F >= 0)
        jumps: I64 = filled_N[1:][np.diff(self.face_id_F[filled_N]) != 0]
        return jumps


def _runs(is_F: Bool) -> list[tuple[int, int]]:
    """List the runs of true as first and last index."""
    edge = np.flatnonzero(np.diff(np.concatenate([[False], is_F, [False]]).astype(np.int8)))
    return [(int(first), int(stop) - 1) for first, stop in zip(edge[::2], edge[1::2], strict=True)]
