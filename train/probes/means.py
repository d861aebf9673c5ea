"""What probes read of the words: means and spreads of their vectors over a session.

A linear model of such functionals is what a network of sequences must beat.  The words are read
once, shard by shard, and a session is reduced before the next shard is read.
"""

# S = sessions, W = words of a session, C = columns

from collections.abc import Mapping, Sequence

import numpy as np

from ...align.dataset import Dataset
from ...features.types import F32, F64

FACE, VECTORS = "face", "vectors"


def kinds(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Sort the modalities of a training set: ``text``, ``acoustic``, ``face``; empty where none."""
    found: dict[str, list[str]] = {"text": [], "acoustic": [], "face": []}
    for described in dataset.manifest["modalities"]:
        name = described["name"]
        of_text = described["kind"] == VECTORS
        found["face" if name == FACE else "text" if of_text else "acoustic"].append(name)
    return {kind: tuple(names) for kind, names in found.items()}


def functionals(dataset: Dataset, sessions: Sequence[str]) -> dict[str, F64 | str]:
    """Describe each session by its words.

    Parameters
    ----------
    dataset : Dataset
    sessions : sequence of str
        In the order of the result.

    Returns
    -------
    dict of ``text``, ``acoustic``, ``face`` to float64 array of shape (S, C), or str
        Means over the words, of acoustics and face also standard deviations; NaN where a column
        was not measured in the session.  Or why there is nothing to read.
    """
    chosen = kinds(dataset)
    wanted = [name for names in chosen.values() for name in names]
    means_SC = {name: _blank(dataset, name, sessions) for name in wanted}
    spreads_SC = {name: _blank(dataset, name, sessions) for name in wanted}
    place = {session: s for s, session in enumerate(sessions)}
    for some in _by_shard(dataset, sessions):
        words = dataset.words(wanted, some)
        for number, session in enumerate(some):
            rows = slice(int(words.offsets_S1[number]), int(words.offsets_S1[number + 1]))
            for name in wanted:
                moments = moments_of(words.vectors[name][rows])
                means_SC[name][place[session]], spreads_SC[name][place[session]] = moments
    return {
        kind: _joined(kind, names, means_SC, spreads_SC if kind != "text" else {})
        for kind, names in chosen.items()
    }


def moments_of(value_WC: F32) -> tuple[F64, F64]:
    """Measure mean and standard deviation (over n) of what was measured of each column.

    Returns
    -------
    mean_C, sd_C : float64 arrays of shape (C,)
        NaN where nothing was.
    """
    seen_WC = np.isfinite(value_WC)
    count_C = seen_WC.sum(axis=0).astype(np.float64)
    count_C[count_C == 0] = np.nan
    mean_C = np.where(seen_WC, value_WC, 0.0).sum(axis=0, dtype=np.float64) / count_C
    apart_WC = np.where(seen_WC, value_WC - mean_C, 0.0)
    return mean_C, np.sqrt((apart_WC**2).sum(axis=0) / count_C)


def _joined(
    kind: str, names: Sequence[str], means_SC: Mapping[str, F64], spreads_SC: Mapping[str, F64]
) -> F64 | str:
    if not names:
        return f"the training set has no modality of {kind}"
    joined_SC = np.concatenate(
        [of[name] for of in (means_SC, spreads_SC) for name in names if name in of], axis=1
    )
    if not np.isfinite(joined_SC).any():
        return f"no word of a labelled session has a vector of {kind}"
    return joined_SC


def _blank(dataset: Dataset, modality: str, sessions: Sequence[str]) -> F64:
    return np.full((len(sessions), dataset.modalities[modality].width), np.nan)


def _by_shard(dataset: Dataset, sessions: Sequence[str]) -> list[list[str]]:
    """Part the sessions by the file that their words lie in."""
    groups = dataset.shards.groups("words")
    found: dict[str, list[str]] = {}
    for session in sessions:
        if session in groups:
            found.setdefault(groups[session].path, []).append(session)
    return list(found.values())
