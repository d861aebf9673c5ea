"""Words as the pieces that a BERT is fed: ids, mask and segment of each, for trainers that tune it.

The tokeniser is read from ``tokenizer.json`` alone; no model is loaded and nothing is fetched.
"""

# N = sessions, L = pieces

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import ModelMissing
from ..features.text.folder import model_folder
from ..features.types import I64

POSITIONS = 512  # of bert-base; no longer input is taken


class Pieces(NamedTuple):
    """The texts of sessions."""

    id_N3L: I64
    """Ids, mask (1 where there is a piece) and segment (0); 0 behind the end of a text."""
    cut: int
    """Sessions longer than `POSITIONS`."""
    left_out: int
    """Pieces beyond them."""


def pieces_of(texts: Sequence[Sequence[str]], folder: str | None) -> Pieces:
    """Cut the words of each session into pieces, between the marks of the model.

    Parameters
    ----------
    texts : sequence of sequences of str
        The words of each session.
    folder : str or None
        Where ``tokenizer.json`` lies; None is the embedded model, whose vocabulary is
        bert-base-uncased's.

    Raises
    ------
    ModelMissing
        If there is no such file.
    """
    from tokenizers import Tokenizer

    path = (model_folder(None) if folder is None else Path(folder)) / "tokenizer.json"
    if not path.is_file():
        raise ModelMissing(f"{path}: is not there; give the folder that holds tokenizer.json")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=POSITIONS)
    marks = tokenizer.num_special_tokens_to_add(is_pair=False)
    encoded = [tokenizer.encode(list(words), is_pretokenized=True) for words in texts]
    longest = max((len(one.ids) for one in encoded), default=0)
    id_N3L = np.zeros((len(encoded), 3, longest), dtype=np.int64)
    for n, one in enumerate(encoded):
        id_N3L[n, 0, : len(one.ids)] = one.ids
        id_N3L[n, 1, : len(one.ids)] = one.attention_mask
        id_N3L[n, 2, : len(one.ids)] = one.type_ids
    beyond = [sum(len(part.ids) - marks for part in one.overflowing) for one in encoded]
    return Pieces(id_N3L, cut=sum(many > 0 for many in beyond), left_out=sum(beyond))
