"""A transformer encoder from a local folder: words and windows in, a vector a word out.

Each word is turned into pieces once; windows are put together from pieces, with the marks that the
model's own tokeniser sets at their ends.  Nothing is fetched, no code of the model's folder is run,
and only safetensors are read.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ...errors import ModelMissing
from ..types import F32, I64
from .batches import batched, fed
from .windows import Window

POSITIONS = 512  # what BERT was trained on; a model may have fewer
MESSAGE = 200  # characters of a message of transformers that are passed on

Pieces: TypeAlias = tuple[int, ...]
"""Indices into the vocabulary of a model."""

# B = windows of a batch, T = pieces, D = width, W = words, V = borders of words,
# K = words that a window keeps


class Encoder:
    """A model held open.

    Parameters
    ----------
    folder : Path
        Model in transformers' layout.
    dtype : {"float32", "bfloat16"}
        Arithmetic.
    device : {"cpu", "cuda"}

    Raises
    ------
    ModelMissing
        If the folder holds no encoder or no tokeniser that transformers can load.
    """

    limit: int
    """Pieces that a window holds, without the marks at its ends."""
    width: int
    """Numbers in a vector."""
    unknown: int | None
    """The piece that stands for what the vocabulary does not have."""

    def __init__(self, folder: Path, dtype: str = "float32", device: str = "cpu") -> None:
        self._tokenizer, self._model = _loaded(folder)
        self._model.to(device)
        self._device, self._half = device, dtype == "bfloat16"
        self._front, self._back = _marks(self._tokenizer, folder)
        config = self._model.config
        positions = config.max_position_embeddings - _offset(self._model)
        most = min(POSITIONS, self._tokenizer.model_max_length, positions)
        self.limit = most - len(self._front) - len(self._back)
        self.width = config.hidden_size
        self.unknown = self._tokenizer.unk_token_id

    def pieces(self, words: Sequence[str]) -> list[Pieces]:
        """Give the pieces of each word; none where the tokeniser drops it.

        A word of more than `limit` pieces is cut there.
        """
        distinct = list(dict.fromkeys(words))
        if not distinct:
            return []
        encoded = self._tokenizer(
            [[word] for word in distinct],
            is_split_into_words=True,
            add_special_tokens=False,
            verbose=False,
        )
        pieces_of = {
            word: tuple(ids[: self.limit])
            for word, ids in zip(distinct, encoded["input_ids"], strict=True)
        }
        return [pieces_of[word] for word in words]

    def vectors(
        self, words: Sequence[Pieces], windows: Sequence[Window], pooling: str
    ) -> tuple[F32, int]:
        """Encode the windows and pool the pieces of each word where its window keeps it.

        Windows of the same pieces are computed once.  Batches hold what is shown, by its length and
        then its pieces, so the order in which it was said shapes no vector.

        Parameters
        ----------
        words : sequence of W tuples of int
            Pieces of the words of one role.
        windows : sequence of Window
            What they keep partitions the words.
        pooling : {"mean", "first", "last", "max"}
            Over the pieces of a word.

        Returns
        -------
        value_WD : float32 array of shape (W, D)
            NaN where a word has no piece.
        fed : int
            What the model computed on: pieces, marks and padding.
        """
        import torch

        value_WD = np.full((len(words), self.width), np.nan, dtype=np.float32)
        before_V = np.cumsum([0, *map(len, words)])
        places: dict[Pieces, list[Window]] = {}
        for window in windows:
            shown = tuple(chain.from_iterable(words[window.first : window.last]))
            if shown:
                places.setdefault(shown, []).append(window)
        order = sorted(places, key=lambda shown: (len(shown), shown))
        lengths = [len(self._front) + len(shown) + len(self._back) for shown in order]
        # One context around all: it keeps the weights that it has cast.
        with (
            torch.inference_mode(),
            torch.autocast(self._device, torch.bfloat16, enabled=self._half),
        ):
            for batch in batched(lengths):
                for shown, hidden_TD in zip(order[batch], self._hidden(order[batch]), strict=True):
                    spoken_TD = hidden_TD[len(self._front) : len(self._front) + len(shown)]
                    for window in places[shown]:
                        _pool_into(value_WD, window, spoken_TD, before_V, pooling)
        return value_WD, fed(lengths)

    def _hidden(self, batch: Sequence[Pieces]) -> F32:
        """Run the model on windows, the longest last: hidden states (B, T, D)."""
        import torch

        marked = [(*self._front, *shown, *self._back) for shown in batch]
        length = len(marked[-1])
        pad = self._tokenizer.pad_token_id or 0
        ids_BT = torch.tensor([[*one, *[pad] * (length - len(one))] for one in marked])
        mask_BT = torch.tensor([[1] * len(one) + [0] * (length - len(one)) for one in marked])
        encoded = self._model(
            input_ids=ids_BT.to(self._device), attention_mask=mask_BT.to(self._device)
        )
        hidden_BTD: F32 = encoded.last_hidden_state.to("cpu", torch.float32).numpy()
        return hidden_BTD


def _loaded(folder: Path) -> tuple[Any, Any]:
    """Load the tokeniser and the model of a folder."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    # A bar takes a semaphore that outlives the process.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        # Byte-level tokenisers need the prefix to take words one by one; others ignore it.
        tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True, **local)
        model, found = AutoModel.from_pretrained(
            folder,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are told of below
            **local,
        )
    except (ImportError, KeyError, OSError, TypeError, ValueError, SafetensorError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:MESSAGE]}"
        if any(folder.glob("*.model")) and not (folder / "tokenizer.json").is_file():
            # Newer ones want protobuf 5, mediapipe wants 4.
            reason = (
                "it has a SentencePiece model and no tokenizer.json; add one, or "
                f"pip install sentencepiece==0.2.0 ({reason})"
            )
        raise ModelMissing(f"the text model {folder} cannot be loaded: {reason}") from error
    model.pooler = None  # of no use here
    unfit = {*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])}
    unfit = {name for name in unfit if not name.startswith("pooler.")}
    if unfit:  # transformers has drawn them at random
        raise ModelMissing(
            f"the weights of {folder} lack {len(unfit)} of the model's parameters, or hold "
            f"them in another shape, such as {min(unfit)}; expected what its config.json describes"
        )
    return tokenizer, model.eval()


def _marks(tokenizer: Any, folder: Path) -> tuple[Pieces, Pieces]:
    """Find what a tokeniser sets before and behind a text, as ``[CLS]`` and ``[SEP]``."""
    encoded = tokenizer([["a"]], is_split_into_words=True, return_special_tokens_mask=True)
    ids, is_mark = encoded["input_ids"][0], encoded["special_tokens_mask"][0]
    if all(is_mark):
        raise ModelMissing(f"the tokeniser of {folder} does not know the letter a")
    front = is_mark.index(0)
    back = is_mark[::-1].index(0)
    return tuple(ids[:front]), tuple(ids[len(ids) - back :])


def _offset(model: Any) -> int:
    """Count the positions that a model keeps for padding: RoBERTa numbers text from 2 on."""
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None)
        if name.endswith("position_embeddings") and padding is not None:
            return int(padding) + 1
    return 0


def _pool_into(value_WD: F32, window: Window, spoken_TD: F32, before_V: I64, pooling: str) -> None:
    """Write the vectors of the words that a window keeps; words without a piece are left alone."""
    counts = np.diff(before_V[window.keep_first : window.keep_last + 1])
    kept_K = window.keep_first + np.flatnonzero(counts)
    if kept_K.size == 0:
        return
    start_K = before_V[kept_K] - before_V[window.first]
    stop_K = before_V[kept_K + 1] - before_V[window.first]
    match pooling:
        case "mean":
            sum_KD = np.add.reduceat(spoken_TD[: stop_K[-1]], start_K)
            value_WD[kept_K] = sum_KD / (stop_K - start_K)[:, None].astype(np.float32)
        case "max":
            value_WD[kept_K] = np.maximum.reduceat(spoken_TD[: stop_K[-1]], start_K)
        case "first":
            value_WD[kept_K] = spoken_TD[start_K]
        case _:
            value_WD[kept_K] = spoken_TD[stop_K - 1]
