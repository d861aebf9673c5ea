"""Windows of interviews: those that an epoch trains on, and those that a case is judged by.

A training example is a case: so many of its windows, one after the other in the batch.  An epoch
shows about the whole of every interview once, by as many windows as that takes, at random places
spread over it; a case of several sessions mixes the windows of all.
"""

# S = sessions, K = cases, B = windows of a batch, R = windows of all sessions, G = examples,
# Y = windows an example

import numpy as np

from ...features.types import I64
from ..batches import JITTER, Crops, Ragged, cut


def count_batches(sessions: Ragged, *, window: int, together: int, size: int) -> int:
    """Count the batches of an epoch; they are as many in every one."""
    _, place_S = np.unique(sessions.case_S, return_inverse=True)
    windows_K = np.bincount(place_S, weights=_windows_of(sessions, window))
    return int(-(-(-(-windows_K // together)).sum() * together // size))


def examples(
    sessions: Ragged, *, window: int, grid: int, together: int, size: int, rng: np.random.Generator
) -> list[Crops]:
    """Cut one epoch.

    Parameters
    ----------
    window : int > 0
        Frames a window at most; a multiple of `grid`, as all lengths are.
    grid : int > 0
        Windows begin at multiples of so many frames.
    together : int > 0
        Windows an example; where a case's do not divide, some of them are shown twice.
    size : int > 0
        Windows a batch, at most about.

    Returns
    -------
    list of Crops
        Examples of like length, `together` windows each; cases weigh alike.
    """
    session_R, first_R = _spread(sessions, window, grid, rng)
    case_R = sessions.case_S[session_R]
    chosen_GY, weight_G = [], []
    for case in np.unique(case_R):
        own = rng.permutation(np.flatnonzero(case_R == case))
        count = -(-own.size // together)
        chosen_GY.append(np.resize(own, (count, together)))
        weight_G += [1.0 / count] * count
    index_GY = np.concatenate(chosen_GY)
    words_R = np.minimum(sessions.lengths[session_R], window)
    blurred_G = words_R[index_GY].max(axis=1) * rng.uniform(
        1 - JITTER, 1 + JITTER, size=len(index_GY)
    )
    order = np.argsort(blurred_G, kind="stable")
    batches = -(-index_GY.size // size)
    weight_G1 = np.array(weight_G, dtype=np.float32)
    found = []
    for some_G in np.array_split(order, batches):
        own_B = index_GY[some_G].reshape(-1)
        found.append(
            Crops(
                session_R[own_B],
                first_R[own_B],
                words_R[own_B],
                np.repeat(weight_G1[some_G], together),
            )
        )
    return [found[b] for b in rng.permutation(len(found))]


def judged(sessions: Ragged, *, window: int, grid: int, size: int) -> list[Crops]:
    """Cut all that is judged: short sessions whole, long ones in windows that overlap by half."""
    short_S = np.flatnonzero(sessions.lengths <= window)
    crops = Crops(short_S, sessions.offsets_S1[short_S], sessions.lengths[short_S])
    if short_S.size < sessions.sessions:
        long = _overlapping(sessions, window, grid)
        crops = Crops(
            np.concatenate([crops.session_B, long.session_B]),
            np.concatenate([crops.first_B, long.first_B]),
            np.concatenate([crops.words_B, long.words_B]),
        )
    return cut(crops.only(np.argsort(crops.words_B, kind="stable")), size)


def _overlapping(sessions: Ragged, window: int, grid: int) -> Crops:
    """Spread windows evenly over the sessions longer than one, each shared by half or more.

    None is flush with the end while the one before it is not far: the end of an interview would
    count twice in a mean over windows.
    """
    session_R, first_R = [], []
    for s in np.flatnonzero(sessions.lengths > window):
        slack = int(sessions.lengths[s] - window) // grid
        count = -(-slack * grid // max(window // 2, grid)) + 1
        place_R = np.linspace(0, slack, count).round().astype(np.int64)
        first_R.append(sessions.offsets_S1[s] + grid * place_R)
        session_R.append(np.full(count, s))
    first = np.concatenate(first_R)
    return Crops(np.concatenate(session_R), first, np.full_like(first, window))


def _windows_of(sessions: Ragged, window: int) -> I64:
    """Count the windows that show all of each session (S,)."""
    return -(-sessions.lengths // window)


def _spread(sessions: Ragged, window: int, grid: int, rng: np.random.Generator) -> tuple[I64, I64]:
    """Place the windows of each session: one at random within each of as many equal parts."""
    count_S = _windows_of(sessions, window)
    session_R = np.repeat(np.arange(sessions.sessions), count_S)
    number_R = np.arange(session_R.size) - np.repeat(np.cumsum(count_S) - count_S, count_S)
    places_S = np.maximum(sessions.lengths - window, 0) // grid + 1
    share_R = (number_R + rng.random(session_R.size)) / count_S[session_R]
    place_R = np.minimum((share_R * places_S[session_R]).astype(np.int64), places_S[session_R] - 1)
    return session_R, sessions.offsets_S1[session_R] + place_R * grid
