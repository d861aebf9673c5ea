"""A transformer encoder from a local folder: words and windows in, a vector a word out.

Nothing is fetched, no code of the model's folder is run, and only safetensors are read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ModelMissing
from ..types import F32
from .windows import Window

POSITIONS = 512  # what BERT was trained on; a model may have fewer
BATCH = 32  # windows at a time; more is no faster on a CPU

# B = windows of a batch, T = pieces, P = pieces of a word, D = width, W = words


class Encoder:
    """A model held open.

    Parameters
    ----------
    folder : Path
        Model in transformers' layout.
    dtype : {"float32", "bfloat16"}
        Arithmetic.

    Raises
    ------
    ModelMissing
        If the folder holds no encoder or no tokeniser that transformers can load.
    """

    limit: int
    """Pieces that a window holds, without the marks at its ends."""
    width: int
    """Numbers in a vector."""

    def __init__(self, folder: Path, dtype: str) -> None:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        # A bar takes a semaphore that outlives the process.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        local = {"local_files_only": True, "trust_remote_code": False}
        try:
            # Byte-level tokenisers need the prefix to take words one by one; others ignore it.
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                folder, add_prefix_space=True, **local
            )
            self._model: Any = AutoModel.from_pretrained(
                folder,
                use_safetensors=True,
                dtype=torch.float32,
                attn_implementation="sdpa",
                **local,
            ).eval()
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise ModelMissing(f"bert: {folder} cannot be loaded: {reason}") from error
        config = self._model.config
        most = (POSITIONS, self._tokenizer.model_max_length, config.max_position_embeddings)
        self._most = min(most)
        self.limit = self._most - self._tokenizer.num_special_tokens_to_add()
        self.width = config.hidden_size
        self._half = dtype == "bfloat16"

    def pieces(self, texts: Sequence[Sequence[str]]) -> list[list[int]]:
        """Count the pieces of each word, turn by turn; 0 where the tokeniser drops a word."""
        words = [text for turn in texts for text in turn]
        count_W = np.zeros(len(words), dtype=np.int64)
        if words:
            encoded = self._tokenizer(
                words, is_split_into_words=True, add_special_tokens=False, verbose=False
            )
            np.add.at(count_W, encoded.word_ids(), 1)
        counts = iter(count_W.tolist())
        return [[next(counts) for _ in turn] for turn in texts]

    def vectors(self, words: Sequence[str], windows: Sequence[Window], pooling: str) -> F32:
        """Encode the windows and pool the pieces of each word where its window keeps it.

        Parameters
        ----------
        words : sequence of W str
            Words of one role.
        windows : sequence of Window
            What they keep partitions the words.
        pooling : {"mean", "first", "last", "max"}
            Over the pieces of a word.

        Returns
        -------
        float32 array of shape (W, D)
            NaN where a word has no piece.
        """
        value_WD = np.full((len(words), self.width), np.nan, dtype=np.float32)
        # By length, so that short windows are not padded to the longest.
        order = sorted(windows, key=lambda window: (window.last - window.first, window.first))
        for i in range(0, len(order), BATCH):
            batch = order[i : i + BATCH]
            hidden_BTD, word_ids = self._encode([words[w.first : w.last] for w in batch])
            for window, hidden_TD, ids in zip(batch, hidden_BTD, word_ids, strict=True):
                _pool_into(value_WD, window, hidden_TD, ids, pooling)
        return value_WD

    def _encode(self, texts: Sequence[Sequence[str]]) -> tuple[F32, list[list[int | None]]]:
        """Run the model on a batch: hidden states (B, T, D), and the word of each piece."""
        import torch

        encoded = self._tokenizer(
            [list(words) for words in texts],
            is_split_into_words=True,
            padding=True,
            truncation=True,  # cuts a single word of more than `limit` pieces, nothing else
            max_length=self._most,
            return_tensors="pt",
        )
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            hidden_BTD = self._model(**encoded).last_hidden_state
        ids = [encoded.word_ids(b) for b in range(len(texts))]
        return hidden_BTD.to(torch.float32).numpy(), ids


def _pool_into(
    value_WD: F32, window: Window, hidden_TD: F32, ids: Sequence[int | None], pooling: str
) -> None:
    """Write the vectors of the words that a window keeps."""
    places: dict[int, list[int]] = {}
    for t, word in enumerate(ids):
        if word is not None and window.keep_first <= window.first + word < window.keep_last:
            places.setdefault(window.first + word, []).append(t)
    for w, at in places.items():
        piece_PD = hidden_TD[at]
        match pooling:
            case "mean":
                value_WD[w] = piece_PD.mean(axis=0)
            case "max":
                value_WD[w] = piece_PD.max(axis=0)
            case "first":
                value_WD[w] = piece_PD[0]
            case _:
                value_WD[w] = piece_PD[-1]
