"""Vectors of the words of many sessions as flat ragged arrays, and the batches cut from them.

What is said of words here holds for frames too, where a model reads those.
Everything stays in memory; a batch is a list of crops of similar length, so that little is padded.
No tensor library is needed here: `tensors.py` brings a batch to the device.
"""

# N = words of all sessions, S = sessions, B = sessions of a batch, C = columns, I = items

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..features.types import F32, F64, I64
from .items import Items

JITTER = 0.1  # share by which lengths are blurred before sorting, so that batches differ by epoch


@dataclass(frozen=True, eq=False, kw_only=True)
class Ragged:
    """Standardised vectors of the words (or frames) of sessions, one after the other."""

    vectors: Mapping[str, F32]
    """Part of the model (``text``, ``acoustic``, ``vision``) -> (N, C); NaN = not measured."""
    offsets_S1: I64
    """(S + 1,); the words of session ``s`` are rows ``offsets[s]:offsets[s + 1]``, at least one."""
    y_S: F32
    """Target scaled to 0..1; NaN where it must not be known (the test fold)."""
    case_S: I64
    """(S,) number of the case that each session belongs to."""
    participant_S: I64
    """(S,) number of the participant whose session it is."""
    names: Mapping[str, tuple[str, ...]]
    """Part of the model -> names of its C columns."""
    positive_S: F32 | None = None
    """(S,) whether each session's case is positive by the label rule: 1, 0, NaN where nobody knows;
    None where there is no rule.  For those who learn a class beside a score."""
    items: Items | None = None
    """Items whose answers are learnt beside the target."""
    level_SI: F32 | None = None
    """(S, I) their answers, counted from the lowest; NaN where unknown."""
    rate_hz: float | None = None
    """Rows a second, where they are frames at a steady rate."""
    time_s_N: F64 | None = None
    """(N,) centre of each row on its session's clock, where they are."""

    def blind(self) -> "Ragged":
        """Forget every label: what is tested must not be known."""
        return replace(
            self,
            y_S=np.full_like(self.y_S, np.nan),
            positive_S=None if self.positive_S is None else np.full_like(self.positive_S, np.nan),
            level_SI=None if self.level_SI is None else np.full_like(self.level_SI, np.nan),
        )

    @property
    def weights(self) -> F32:
        """(S,) weight in the loss: 1 / number of sessions of the case; cases count alike."""
        return (1.0 / np.bincount(self.case_S)[self.case_S]).astype(np.float32)

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return int(self.y_S.size)

    @property
    def lengths(self) -> I64:
        """(S,) words of each session."""
        return np.diff(self.offsets_S1)


@dataclass(frozen=True, eq=False, slots=True)
class Crops:
    """One batch: which sessions, from which row on, how many words."""

    session_B: I64
    first_B: I64
    words_B: I64
    weight_B: F32 | None = None
    """In the loss; None: that of the session."""

    def only(self, chosen_B: I64) -> "Crops":
        """Keep the crops `chosen_B` (indices), in that order."""
        return Crops(
            self.session_B[chosen_B],
            self.first_B[chosen_B],
            self.words_B[chosen_B],
            None if self.weight_B is None else self.weight_B[chosen_B],
        )


def select(ragged: Ragged, chosen_S: I64) -> Ragged:
    """Keep the sessions `chosen_S` (indices), in that order."""
    words_S = ragged.lengths[chosen_S]
    rows_N = rows(ragged.offsets_S1[chosen_S], words_S)
    return replace(
        ragged,
        vectors={part: value_NC[rows_N] for part, value_NC in ragged.vectors.items()},
        offsets_S1=np.concatenate([[0], np.cumsum(words_S)]).astype(np.int64),
        y_S=ragged.y_S[chosen_S],
        case_S=ragged.case_S[chosen_S],
        participant_S=ragged.participant_S[chosen_S],
        positive_S=None if ragged.positive_S is None else ragged.positive_S[chosen_S],
        level_SI=None if ragged.level_SI is None else ragged.level_SI[chosen_S],
        time_s_N=None if ragged.time_s_N is None else ragged.time_s_N[rows_N],
    )


def case_means(value_S: F64, case_S: I64) -> tuple[I64, F64]:
    """Average the values of the sessions of each case.

    Returns
    -------
    case_K, mean_K
        The distinct cases, ascending, and the mean of each.
    """
    case_K, place_S = np.unique(case_S, return_inverse=True)
    return case_K, np.bincount(place_S, weights=value_S) / np.bincount(place_S)


def rows(first_B: I64, words_B: I64) -> I64:
    """List the rows of consecutive stretches that start at `first_B` and are `words_B` long."""
    before_B = np.concatenate([[0], np.cumsum(words_B)[:-1]]).astype(np.int64)
    return np.arange(int(words_B.sum()), dtype=np.int64) + np.repeat(first_B - before_B, words_B)


def training_batches(
    ragged: Ragged, *, size: int, crop: int, rng: np.random.Generator
) -> list[Crops]:
    """Cut one epoch: every session once, a random contiguous crop of at most `crop` words.

    Sessions are sorted by blurred length, cut into batches of `size`, and the batches shuffled:
    padding stays a few per cent and no two epochs have the same batches.
    """
    words_S = np.minimum(ragged.lengths, crop)
    slack_S = ragged.lengths - words_S
    first_S = ragged.offsets_S1[:-1] + rng.integers(0, slack_S + 1)
    blurred_S = words_S * rng.uniform(1 - JITTER, 1 + JITTER, size=words_S.size)
    crops = Crops(np.arange(words_S.size), first_S, words_S)
    batches = cut(crops.only(np.argsort(blurred_S, kind="stable")), size)
    return [batches[b] for b in rng.permutation(len(batches))]


def whole_batches(ragged: Ragged, *, size: int) -> list[Crops]:
    """Cut every session whole, sorted by length: the batches of an evaluation."""
    crops = Crops(np.arange(ragged.sessions), ragged.offsets_S1[:-1], ragged.lengths)
    return cut(crops.only(np.argsort(ragged.lengths, kind="stable")), size)


def cut(crops: Crops, size: int) -> list[Crops]:
    """Cut crops, in their order, into batches of about one size, at most `size`."""
    place_B = np.arange(crops.session_B.size)
    return [crops.only(some) for some in np.array_split(place_B, -(-place_B.size // size))]
