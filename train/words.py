"""The words of a training set's labelled sessions, as models of words read them."""

# N = words of all sessions, S = sessions, C = columns

from collections.abc import Mapping, Sequence

import numpy as np

from ..align.dataset import Dataset, Target, WordArrays
from ..errors import TrainingError
from ..features.types import I64
from .cases import NO_LABEL, Corpus, assemble, labelled
from .columns import MEAN, described, spread_columns

NO_WORDS = "no words"


def measured(dataset: Dataset, target: Target | None) -> tuple[str, ...]:
    """List the modalities that a labelled session measured: windows, for one, have no text.

    Without a target, those that any session measured.
    """
    table, _ = labelled(dataset, target)
    return tuple(name for name in dataset.modalities if (table[f"{name}_share_valid"] > 0).any())


def read_words(
    dataset: Dataset,
    target: Target | None,
    parts: Mapping[str, str],
    items: str | None = None,
    inputs: Sequence[str] = (MEAN,),
) -> Corpus:
    """Read the words of the labelled sessions of a training set.

    Parameters
    ----------
    target : Target or None
        None reads all sessions, and no label.
    parts : mapping of part to modality
        What the model reads, as its `modalities` chose.
    items : str or None
        Items whose answers are learnt, too, as `choose_items` takes them; None: none.
    inputs : sequence of str
        What describes a word: ``mean``, and any of ``std``, ``valid``; see `columns`.

    Raises
    ------
    TrainingError
        If no session is labelled, a label is outside the target's scale, the sessions of a case
        disagree in label or participant, or the items or inputs are not there.
    """
    spreads = spread_columns(dataset, tuple(parts.values()), inputs)
    table, unlabelled = labelled(dataset, target)
    words = dataset.words(list(parts.values()), list(table["session"]), more=list(spreads.values()))
    spoken = np.diff(words.offsets_S1) > 0
    if not spoken.any():
        of = f"{dataset.path}: none of {len(table) + len(unlabelled)} sessions has"
        if target is None:
            raise TrainingError(f"{of} words; extract with their transcripts, and align again")
        raise TrainingError(
            f"{of} both words and a {target.name}; align again with --labels and --target"
        )
    columns = {
        part: described(dataset, words, modality, inputs, spreads)
        for part, modality in parts.items()
    }
    return assemble(
        table[spoken],
        target,
        vectors={part: value_NC for part, (value_NC, _) in columns.items()},
        names={part: names for part, (_, names) in columns.items()},
        offsets_S1=_without_empty(words),
        left_out={NO_LABEL: unlabelled, NO_WORDS: tuple(table["session"][~spoken])},
        items=items,
    )


def _without_empty(words: WordArrays) -> I64:
    """Offsets of the sessions that have words; the others own no row."""
    offsets_S1: I64 = np.unique(words.offsets_S1)
    return offsets_S1
