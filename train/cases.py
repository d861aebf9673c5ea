"""The labelled sessions of a training set as arrays: what folds are dealt and models fitted from.

A label belongs to a case, and a case to a participant.  Sessions that cannot take part are left
out, each with its reason.
"""

# N = words of all sessions, S = sessions, C = columns, I = items

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..align.dataset import Dataset, Target, WordArrays
from ..errors import TrainingError
from ..features.types import F32, F64, I64
from .columns import MEAN, described, spread_columns
from .items import Items, choose_items

NO_LABEL, NO_WORDS = "no label", "no words"


@dataclass(frozen=True, eq=False, kw_only=True)
class Corpus:
    """Labelled sessions with their word vectors, sorted by session."""

    sessions: tuple[str, ...]
    cases: tuple[str, ...]
    """The case of each session."""
    participants: tuple[str, ...]
    """The participant of each session."""
    y_S: F64
    """The label of each session's case, in units of the target."""
    offsets_S1: I64
    """(S + 1,) the words of session ``s`` are rows ``offsets[s]:offsets[s + 1]``."""
    vectors: Mapping[str, F32]
    """Part of the model -> (N, C) as measured; NaN = not measured."""
    names: Mapping[str, tuple[str, ...]]
    """Part of the model -> names of its columns."""
    left_out: Mapping[str, tuple[str, ...]]
    """Reason -> sessions that take no part."""
    positive_S: F64 | None = None
    """(S,) whether each session's case is positive as its corpus released it: 1, 0, NaN where
    nobody knows; None where the target's rule says it from the label."""
    items: Items | None = None
    """Items whose answers are learnt beside the target."""
    answer_SI: F64 | None = None
    """(S, I) what each session's case answered; NaN where unknown."""

    def truth(self, target: Target) -> F64 | None:
        """Tell whether each session's case truly is positive by the target's label rule.

        Returns
        -------
        float64 array of shape (S,), or None
            1 positive, 0 not, NaN where nobody knows; None where there is no rule.
        """
        if self.positive_S is not None:
            return self.positive_S
        return target.positive(self.y_S).astype(np.float64) if target.positive_rule else None

    def scores(self) -> dict[str, float]:
        """Mean label of each participant's cases, by which folds are stratified."""
        labels: dict[str, dict[str, float]] = {}
        for participant, case, y in zip(self.participants, self.cases, self.y_S, strict=True):
            labels.setdefault(participant, {})[case] = float(y)
        return {name: float(np.mean(list(of_case.values()))) for name, of_case in labels.items()}

    def without(self) -> dict[str, list[str]]:
        """Name, by part, the sessions of which nothing of it was measured, where there are any."""
        found = {}
        for part, value_NC in self.vectors.items():
            seen_N = np.isfinite(value_NC).any(axis=1)
            seen_S = np.logical_or.reduceat(seen_N, self.offsets_S1[:-1])
            lacking = [name for name, seen in zip(self.sessions, seen_S, strict=True) if not seen]
            if lacking:
                found[part] = lacking
        return found

    def of(self, participants: Sequence[str]) -> I64:
        """List the indices of the sessions of some participants."""
        wanted = frozenset(participants)
        return np.array([s for s, p in enumerate(self.participants) if p in wanted], dtype=np.int64)


def measured(dataset: Dataset, target: Target) -> tuple[str, ...]:
    """List the modalities that a labelled session measured: windows, for one, have no text."""
    table = dataset.sessions()
    table = table[table[target.name].notna()]
    return tuple(name for name in dataset.modalities if (table[f"{name}_share_valid"] > 0).any())


def read_corpus(
    dataset: Dataset,
    target: Target,
    parts: Mapping[str, str],
    items: str | None = None,
    inputs: Sequence[str] = (MEAN,),
) -> Corpus:
    """Read the labelled sessions of a training set.

    Parameters
    ----------
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
    table = dataset.sessions().sort_values("session")
    labelled = table[target.name].notna()
    words = dataset.words(
        list(parts.values()), list(table["session"][labelled]), more=list(spreads.values())
    )
    spoken = np.diff(words.offsets_S1) > 0
    kept = table[labelled][spoken]
    if kept.empty:
        raise TrainingError(
            f"{dataset.path}: none of {len(table)} sessions has both words and a {target.name}; "
            "align again with --labels and --target"
        )
    columns = {
        part: described(dataset, words, modality, inputs, spreads)
        for part, modality in parts.items()
    }
    chosen = None if items is None else choose_items(kept, target.name, items)
    corpus = Corpus(
        sessions=tuple(kept["session"]),
        cases=tuple(kept["case"]),
        participants=tuple(kept["participant"]),
        y_S=kept[target.name].to_numpy(dtype=np.float64),
        offsets_S1=_without_empty(words),
        vectors={part: value_NC for part, (value_NC, _) in columns.items()},
        names={part: names for part, (_, names) in columns.items()},
        left_out={
            reason: tuple(sessions)
            for reason, sessions in (
                (NO_LABEL, table["session"][~labelled]),
                (NO_WORDS, table["session"][labelled][~spoken]),
            )
            if len(sessions)
        },
        positive_S=target.truth(kept) if target.positive_by == "released" else None,
        items=chosen,
        answer_SI=None if chosen is None else kept[[*chosen.names]].to_numpy(dtype=np.float64),
    )
    check(corpus, target)
    return corpus


def check(corpus: Corpus, target: Target) -> None:
    """Refuse labels off the scale, and cases with two labels or two participants."""
    seen: dict[str, tuple[float, str]] = {}
    for session, case, participant, y in zip(
        corpus.sessions, corpus.cases, corpus.participants, corpus.y_S, strict=True
    ):
        low = -math.inf if target.min is None else target.min
        high = math.inf if target.max is None else target.max
        if not low <= y <= high or (target.kind == "class" and y not in (0.0, 1.0)):
            scale = "0 | 1" if target.kind == "class" else f"{low:g}..{high:g}"
            raise TrainingError(
                f"session {session}: {target.name} is {y:g}, expected {scale}; mend the label"
            )
        if seen.setdefault(case, (float(y), participant)) != (float(y), participant):
            raise TrainingError(
                f"case {case}: its sessions differ in {target.name} or participant; "
                "a label belongs to one case, a case to one participant"
            )
    if corpus.positive_S is not None:
        _check_one_a_case(corpus, str(target.released), corpus.positive_S)
    if corpus.items is not None and corpus.answer_SI is not None:
        for name, answer_S in zip(corpus.items.names, corpus.answer_SI.T, strict=True):
            _check_one_a_case(corpus, name, answer_S)


def _check_one_a_case(corpus: Corpus, name: str, label_S: F64) -> None:
    """Refuse a case whose sessions differ in a label; one unknown and one known differ."""
    seen: dict[str, str] = {}
    for case, label in zip(corpus.cases, label_S, strict=True):
        if seen.setdefault(case, str(label)) != str(label):
            raise TrainingError(
                f"case {case}: its sessions differ in {name}; a label belongs to one case"
            )


def _without_empty(words: WordArrays) -> I64:
    """Offsets of the sessions that have words; the others own no row."""
    offsets_S1: I64 = np.unique(words.offsets_S1)
    return offsets_S1
