"""The labelled sessions of a training set as arrays: what folds are dealt and models fitted from.

A label belongs to a case, and a case to a participant.  Sessions that cannot take part are left
out, each with its reason.
"""

# N = rows (words or frames) of all sessions, S = sessions, C = columns, I = items

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..align.dataset import Dataset, Target
from ..errors import TrainingError
from ..features.types import F32, F64, I64
from .items import Items, choose_items

if TYPE_CHECKING:
    import pandas as pd

NO_LABEL = "no label"


@dataclass(frozen=True, eq=False, kw_only=True)
class Corpus:
    """Labelled sessions with the vectors of their words or frames, sorted by session."""

    sessions: tuple[str, ...]
    cases: tuple[str, ...]
    """The case of each session."""
    participants: tuple[str, ...]
    """The participant of each session."""
    y_S: F64
    """The label of each session's case, in units of the target."""
    offsets_S1: I64
    """(S + 1,) session ``s`` has the rows ``offsets[s]:offsets[s + 1]``."""
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
    rows: str = "words"
    """What a row is: ``words`` or ``frames``."""
    rate_hz: float | None = None
    """Rows a second, where they are steady."""
    time_s_N: F64 | None = None
    """(N,) centre of each row on its session's clock, where rows are steady."""

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


def labelled(dataset: Dataset, target: Target | None) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """Give the rows of the sessions that have a label, and name the sessions that have none.

    Without a target no label is asked for: all sessions are given.
    """
    table = dataset.sessions().sort_values("session")
    if target is None:
        return table, ()
    has_label = table[target.name].notna()
    return table[has_label], tuple(table["session"][~has_label])


def assemble(
    table: "pd.DataFrame",
    target: Target | None,
    *,
    vectors: Mapping[str, F32],
    names: Mapping[str, tuple[str, ...]],
    offsets_S1: I64,
    left_out: Mapping[str, Sequence[str]],
    items: str | None = None,
    rows: str = "words",
    rate_hz: float | None = None,
    time_s_N: F64 | None = None,
) -> Corpus:
    """Put together what was read of sessions and what their labels say.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``sessions.parquet``, those of the sessions that take part, sorted by session.
    target : Target or None
        None reads no label: every y is NaN.
    items : str or None
        Items whose answers are learnt, too, as `choose_items` takes them; None: none.
    vectors, names, offsets_S1, left_out, rows, rate_hz, time_s_N
        See `Corpus`; reasons without a session are left out.

    Raises
    ------
    TrainingError
        If a label is outside the target's scale, the sessions of a case disagree in label or
        participant, or the items are not there.
    """
    chosen = None if items is None or target is None else choose_items(table, target.name, items)
    y_S = np.full(len(table), np.nan)
    if target is not None:
        y_S = table[target.name].to_numpy(dtype=np.float64)
    corpus = Corpus(
        sessions=tuple(table["session"]),
        cases=tuple(table["case"]),
        participants=tuple(table["participant"]),
        y_S=y_S,
        offsets_S1=offsets_S1,
        vectors=vectors,
        names=names,
        left_out={why: tuple(sessions) for why, sessions in left_out.items() if len(sessions)},
        positive_S=target.truth(table) if target and target.positive_by == "released" else None,
        items=chosen,
        answer_SI=None if chosen is None else table[[*chosen.names]].to_numpy(dtype=np.float64),
        rows=rows,
        rate_hz=rate_hz,
        time_s_N=time_s_N,
    )
    check(corpus, target)
    return corpus


def check(corpus: Corpus, target: Target | None) -> None:
    """Refuse labels off the scale, and cases with two labels or two participants."""
    seen: dict[str, tuple[float | None, str]] = {}
    for session, case, participant, y in zip(
        corpus.sessions, corpus.cases, corpus.participants, corpus.y_S, strict=True
    ):
        if target is not None:
            _check_on_scale(session, float(y), target)
        label = None if target is None else float(y)
        if seen.setdefault(case, (label, participant)) != (label, participant):
            what = "participant" if target is None else f"{target.name} or participant"
            raise TrainingError(
                f"case {case}: its sessions differ in {what}; "
                "a label belongs to one case, a case to one participant"
            )
    if target is not None and corpus.positive_S is not None:
        _check_one_a_case(corpus, str(target.released), corpus.positive_S)
    if corpus.items is not None and corpus.answer_SI is not None:
        for name, answer_S in zip(corpus.items.names, corpus.answer_SI.T, strict=True):
            _check_one_a_case(corpus, name, answer_S)


def _check_on_scale(session: str, y: float, target: Target) -> None:
    """Refuse a label that is none of the target."""
    low = -math.inf if target.min is None else target.min
    high = math.inf if target.max is None else target.max
    if not low <= y <= high or (target.kind == "class" and y not in (0.0, 1.0)):
        scale = "0 | 1" if target.kind == "class" else f"{low:g}..{high:g}"
        raise TrainingError(
            f"session {session}: {target.name} is {y:g}, expected {scale}; mend the label"
        )


def _check_one_a_case(corpus: Corpus, name: str, label_S: F64) -> None:
    """Refuse a case whose sessions differ in a label; one unknown and one known differ."""
    seen: dict[str, str] = {}
    for case, label in zip(corpus.cases, label_S, strict=True):
        if seen.setdefault(case, str(label)) != str(label):
            raise TrainingError(
                f"case {case}: its sessions differ in {name}; a label belongs to one case"
            )
