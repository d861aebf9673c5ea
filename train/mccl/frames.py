"""The facial cues of a training set's labelled sessions, frame by frame, as MCCL reads them.

Four cues from the ``frames/`` view, at its rate: 3-D landmarks, head pose, gaze, action units.
The clock is cut into cells of a few frames.  A cell without any frame of the participant's turns is
left out; inside a cell, frames of others, and those in which the face was lost, are NaN.  So no
patch of frames straddles a hole in time.
"""

# T = frames of a session, N = of all sessions, S = sessions, C = columns

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ...align.dataset import Dataset, Target
from ...errors import TrainingError
from ...features.columns import ACTION_UNITS_R, GAZE, LANDMARKS_3D, POSE
from ...features.columns import names as names_of
from ...features.types import F32, F64, I64, Bool
from ...features.words import Role
from ..cases import NO_LABEL, Corpus, assemble, labelled
from .landmarks import frontal, without_the_person

CUES: Mapping[str, tuple[str, ...]] = {
    "landmarks": names_of(LANDMARKS_3D),
    "pose": names_of(POSE),
    "gaze": names_of(GAZE),
    "au": names_of(ACTION_UNITS_R),
}
"""Cue -> its columns, in the paper's order."""
WHOLE = ("landmarks",)  # a cue that is nothing without all of its columns
VIEW = "frames"
NO_FACE, NOBODY = "no face", "no face in a turn of the participant"

Landmarks = Literal["shape", "expression", "raw"]
Turns = Literal["participant", "all"]


def cues_of(dataset: Dataset) -> tuple[str, ...]:
    """List the cues of which a training set has columns.

    Raises
    ------
    TrainingError
        If it was aligned without frames.
    """
    if VIEW not in dataset.shards.views():
        raise TrainingError(
            f"{dataset.path}: has no frames of a face, which mccl reads; expected the view "
            f"{VIEW}: extract the face, and depx align --views words,{VIEW}"
        )
    there = {column["name"] for column in dataset.manifest[VIEW]["columns"]}
    return tuple(
        cue
        for cue, columns in CUES.items()
        if (there.issuperset(columns) if cue in WHOLE else not there.isdisjoint(columns))
    )


def read_frames(
    dataset: Dataset,
    target: Target | None,
    cues: Mapping[str, str],
    *,
    cell: int,
    landmarks: Landmarks,
    turns: Turns,
) -> Corpus:
    """Read the cues of the labelled sessions of a training set.

    Parameters
    ----------
    target : Target or None
        None reads all sessions, and no label.
    cues : mapping
        Its keys are the cues to read.
    cell : int > 0
        Frames a cell; every session has a multiple of it.
    landmarks : shape, expression or raw
        What becomes of the points' coordinates; see `Mccl.landmarks`.
    turns : participant or all
        Whose turns are read.

    Raises
    ------
    TrainingError
        If no labelled session has a face, a label is outside the target's scale, or the sessions
        of a case disagree in label or participant.
    """
    there = {column["name"] for column in dataset.manifest[VIEW]["columns"]}
    rate_hz = float(dataset.manifest[VIEW]["rate_hz"])
    names = {cue: tuple(name for name in CUES[cue] if name in there) for cue in cues}
    table, unlabelled = labelled(dataset, target)
    parts: dict[str, list[F32]] = {cue: [] for cue in cues}
    times: list[F64] = []
    left_out: dict[str, list[str]] = {NO_LABEL: list(unlabelled), NO_FACE: [], NOBODY: []}
    for session in table["session"]:
        wanted = ["time_s", "valid", "role", *(name for of in names.values() for name in of)]
        read = dataset.session(session, wanted, view=VIEW)
        valid_T = np.asarray(read["valid"], dtype=np.bool_)
        theirs_T = np.ones_like(valid_T)
        if turns == "participant":
            theirs_T = np.asarray(read["role"] == Role.PARTICIPANT.value, dtype=np.bool_)
        if not (valid_T & theirs_T).any():
            left_out[NOBODY if valid_T.any() else NO_FACE].append(session)
            continue
        row_N, kept_N = cells(theirs_T, cell)
        times.append(read["time_s"][0] + row_N / rate_hz)  # also of rows beyond the last frame
        for cue, columns in names.items():
            value_TC = np.stack([read[name] for name in columns], axis=1).astype(np.float32)
            value_TC[~valid_T] = np.nan
            if cue == "landmarks" and landmarks != "raw":
                value_TC = frontal(value_TC)
            value_NC = value_TC[np.minimum(row_N, valid_T.size - 1)]
            value_NC[~kept_N] = np.nan
            if cue == "landmarks" and landmarks == "expression":
                value_NC = without_the_person(value_NC)
            parts[cue].append(value_NC)
    if not times:
        raise TrainingError(_nobody(dataset, target, left_out))
    gone = {session for sessions in left_out.values() for session in sessions}
    return assemble(
        table[~table["session"].isin(gone)],
        target,
        vectors={cue: np.concatenate(of_cue) for cue, of_cue in parts.items()},
        names=names,
        offsets_S1=np.cumsum([0, *(time_N.size for time_N in times)], dtype=np.int64),
        left_out=left_out,
        rows=VIEW,
        rate_hz=rate_hz,
        time_s_N=np.concatenate(times),
    )


def cells(theirs_T: Bool, cell: int) -> tuple[I64, Bool]:
    """Keep the cells in which any frame is chosen.

    Returns
    -------
    row_N : int64 array
        Frame number of each row that stays, in order; the last cell may reach beyond the end.
    kept_N : bool array
        Whether the row is a chosen frame; the others hold no measurement.
    """
    count = -(-theirs_T.size // cell)
    padded = np.zeros(count * cell, dtype=np.bool_)
    padded[: theirs_T.size] = theirs_T
    stays = padded.reshape(count, cell).any(axis=1)
    row_N = np.arange(count * cell).reshape(count, cell)[stays].reshape(-1)
    return row_N, padded[row_N]


def _nobody(dataset: Dataset, target: Target | None, left_out: Mapping[str, list[str]]) -> str:
    counts = ", ".join(f"{len(some)} {why}" for why, some in left_out.items() if some)
    remedy = "extract the face"
    if target is not None:
        remedy += f", and align with labels of {target.name}"
    if left_out[NOBODY]:
        remedy = "--set turns=all reads the frames of all turns"
    return f"{dataset.path}: no session can be read ({counts or 'there is none'}); {remedy}"
