"""The ``bert`` track: a vector a word, by a BERT-like encoder that lies in a local folder.

A word's vector depends on what the model sees around it, so the window policy is part of the
feature: ``session`` shows the turns of *one role*, packed; ``utterance`` shows the turn alone.
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
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ...errors import NothingToMeasure, UsageError
from ..device import Device, settled
from ..extractor import Inputs, Measured, Takes
from ..language import code
from ..parameters import PLACE
from ..words import Kind, Role, Turn, WordVectors
from .encoder import Encoder
from .folder import MULTILINGUAL, identity, languages, model_folder, shaping_files
from .windows import least_context, session_windows, turn_windows

EMBEDDED_LICENCE = "Apache-2.0"
FOREIGN_LICENCE = "unknown (user's model)"
UNKNOWN_MOST = 0.05  # share of pieces that a model may not know before it is doubted

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
    """Arithmetic of the model; bfloat16 is good to two digits, and faster where it is built in."""
    device: Device = "auto"
    """Where the model computes; auto is CUDA where PyTorch can use it; the record says which."""
    language: str = "en"
    """What is spoken, as an ISO 639-1 code; shapes no number, but is held against the model's."""

    name: ClassVar[str] = "bert"
    version: ClassVar[str] = "2"
    takes: ClassVar[Takes] = "tracks"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "torch": "BSD-3-Clause",
        "transformers": "Apache-2.0",
        "tokenizers": "Apache-2.0",
        "numpy": "BSD-3-Clause",
    }

    def __post_init__(self) -> None:
        for key, value, known in (
            ("window", self.window, ("session", "utterance")),
            ("pooling", self.pooling, ("mean", "first", "last", "max")),
            ("dtype", self.dtype, ("float32", "bfloat16")),
            ("device", self.device, ("auto", "cpu", "cuda")),
        ):
            if value not in known:
                raise UsageError(f"bert.{key}: expected one of {', '.join(known)}; got {value}")
        # What the numbers come from is settled here, so that the key tells it.
        object.__setattr__(self, "device", settled(self.device, "bert.device"))
        object.__setattr__(self, "language", code(self.language))

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Every file of the model's folder that shapes the vectors."""
        licence = EMBEDDED_LICENCE if self.model is None else FOREIGN_LICENCE
        return {path.name: (path, licence) for path in shaping_files(model_folder(self.model))}

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
        folder = model_folder(self.model)
        encoder = Encoder(folder, self.dtype, self.device)
        count = sum(len(turn.words) for turn in inputs.turns)
        value_WD = np.full((count, encoder.width), np.nan, dtype=np.float32)
        counted = dict.fromkeys(("windows", "pieces", "pieces_fed", "pieces_unknown"), 0)
        contexts: list[int] = []
        for role in Role:  # one after the other: a batch, too, holds one role only
            rows, texts = spoken_by(role, inputs.turns)
            words = encoder.pieces([text for turn in texts for text in turn])
            counts = [len(pieces) for pieces in words]
            left = iter(counts)
            turns = [[next(left) for _ in turn] for turn in texts]
            if self.window == "session":
                windows = session_windows(turns, encoder.limit)
                least = least_context(windows, counts)
                contexts += [] if least is None else [least]
            else:
                windows = turn_windows(turns, encoder.limit)
            value_WD[rows], fed = encoder.vectors(words, windows, self.pooling)
            counted["windows"] += len(windows)
            counted["pieces"] += sum(counts)
            counted["pieces_fed"] += fed
            counted["pieces_unknown"] += sum(pieces.count(encoder.unknown) for pieces in words)
        valid_W = np.isfinite(value_WD).all(axis=1)
        share = counted["pieces_unknown"] / max(1, counted["pieces"])
        quality = {
            "model": identity(folder),
            "words": count,
            "words_without_vector": int(count - valid_W.sum()),
            "width": encoder.width,
            **counted,
            "pieces_unknown_share": round(share, 4),
            "context_least": min(contexts, default=None),
        }
        return Measured(
            table=WordVectors(value_WD=value_WD, valid_W=valid_W),
            quality=quality,
            warnings=(*self._foreign(folder), *_unknown(share)),
        )

    def _foreign(self, folder: Path) -> tuple[str, ...]:
        """Say that a model is for other languages than is spoken, if so."""
        known = languages(folder)
        if not known or known & {self.language, MULTILINGUAL}:
            return ()
        return (
            f"bert: the model is for {', '.join(sorted(known))}, the words are {self.language} "
            "(--language), so their vectors tell little; expected a model of that language or a "
            "multilingual one; --text-model FOLDER takes it",
        )


def _unknown(share: float) -> tuple[str, ...]:
    """Say that a model does not know the words, if so."""
    if share <= UNKNOWN_MOST:
        return ()
    return (
        f"bert: {100 * share:.1f} % of the pieces of the words are not in the model's vocabulary; "
        f"expected at most {100 * UNKNOWN_MOST:.0f} %: another language or script than the model's?"
        " --text-model FOLDER takes another model",
    )


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
