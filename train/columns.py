"""What describes a word in a part of a model: its means, and on request how it varied and was seen.

``std`` appends, for each column ``AU12_r``, how far the samples under a word lie apart, as
``AU12_r_std``.  Only samples have it: an embedding is one vector a word, and the numbers of a turn
are one row a turn, so that `depx align --pool mean,std` writes them as they are, and so they stay
here.  ``valid`` appends one column a part, the share of the word that was measured.
"""

# N = words of all sessions, C = columns

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ..align.dataset import Dataset, WordArrays
from ..errors import TrainingError
from ..features.types import F32

MEAN, STD, VALID = "mean", "std", "valid"


def pooled(inputs: Collection[str]) -> tuple[str, ...]:
    """Name the statistics that ``depx align`` must pool for some inputs."""
    return (MEAN, STD) if STD in inputs else (MEAN,)


def spread_columns(
    dataset: Dataset, modalities: Collection[str], inputs: Sequence[str]
) -> dict[str, str]:
    """Name the vector columns with the spreads of the modalities that have one.

    Returns
    -------
    dict of modality to column
        ``face`` -> ``face_std``; empty where `inputs` asks for no ``std``.

    Raises
    ------
    TrainingError
        If a modality of samples was pooled without its spread, or none is of samples.
    """
    if STD not in inputs:
        return {}
    asked = f"{dataset.path}: inputs={'+'.join(inputs)}"
    kinds = {described["name"]: described["kind"] for described in dataset.manifest["modalities"]}
    columns = {name: f"{name}_{STD}" for name in modalities if kinds[name] == "samples"}
    if not columns:
        raise TrainingError(
            f"{asked}: no samples lie under a word in {' and '.join(modalities)}, so there is no "
            "spread; leave std out"
        )
    owners = dataset.owners()
    lacking = [name for name, column in columns.items() if column not in owners]
    if lacking:
        raise TrainingError(
            f"{asked}: no spread of {' and '.join(lacking)}, expected the vector columns "
            f"{', '.join(columns[name] for name in lacking)}; align again with depx align "
            "--pool mean,std, or leave std out"
        )
    return columns


def described(
    dataset: Dataset,
    words: WordArrays,
    modality: str,
    inputs: Sequence[str],
    spreads: Mapping[str, str],
) -> tuple[F32, tuple[str, ...]]:
    """Lay the inputs of a modality side by side.

    Parameters
    ----------
    words : WordArrays
        With the columns that `spreads` names.
    inputs : sequence of str
        ``mean``, and any of ``std``, ``valid``.
    spreads : mapping of modality to vector column
        See `spread_columns`.

    Returns
    -------
    value_NC, names
        As measured, NaN = not measured, and the names of the C columns.
    """
    about = dataset.modalities[modality]
    names = about.names or tuple(f"{modality}_{c}" for c in range(about.width))
    blocks, labels = [words.vectors[modality]], list(names)
    if modality in spreads:
        blocks.append(words.more[spreads[modality]])
        labels += [f"{name}_{STD}" for name in names]
    if VALID in inputs:
        share_N = words.valid[modality]
        # 0 is "not measured" like all else of the word: a session without video must stay without
        blocks.append(np.where(share_N > 0, share_N, np.float32(np.nan))[:, None])
        labels.append(VALID)
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1), tuple(labels)
