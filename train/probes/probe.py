"""The probes of a training set: each predicts the test cases of a run's splits from one thing.

    probed = probe(dataset, corpus, target, splits, ("age_band",))
    probed = probed.refitted("permuted", records, target)  # of fits on `transforms.permuted_labels`
    probed = probed.lacking("shuffled_vision", "the model reads no face")

A case has the mean of its sessions, and one prediction a repeat of the folds.
"""

# S = sessions, K = cases, C = columns

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from ...align.dataset import Dataset, Target
from ...features.types import F64, I64
from ..cases import Corpus
from ..protocol import Split
from ..results import prediction_rows
from .clues import duration, group, interviewer_amount, interviewer_text, origin
from .means import functionals
from .ridge import predict
from .transforms import PERMUTED, SHUFFLED

Row: TypeAlias = dict[str, Any]

CONSTANT, ORIGIN = "constant", "origin"
ABOUT = {
    CONSTANT: "mean label of the fold's training and validation cases",
    "group": "ridge on who somebody is: gender and other groups",
    "duration": "ridge on how long the session took, words said, words a minute",
    "interviewer_amount": "ridge on how many words and seconds the interviewer took",
    "interviewer_text": "ridge on the mean text vector of the interviewer's words",
    "ridge_text": "ridge on the mean text vector of the participant's words",
    "ridge_acoustic": "ridge on functionals: mean and sd over words of the acoustics",
    "ridge_face": "ridge on functionals: mean and sd over words of the face",
    ORIGIN: "ridge on where the tracks come from: given, computed or absent, and the corpus",
    SHUFFLED: "the model, fitted and tested with the face of somebody else",
    PERMUTED: "the model, on labels dealt anew: among those who train, and among those tested",
}
"""Probe -> what it reads, in the order of tables."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Probed:
    """What the probes say of the cases, and which of them there are not."""

    rows: tuple[Row, ...] = ()
    """Of ``probes.parquet``: probe, case, participant, repeat, fold, seed (None where all seeds
    share it), y, positive (None: nobody knows), y_hat."""
    left_out: Mapping[str, str]
    """Probe -> why it cannot be."""

    def refitted(self, name: str, records: Sequence[Mapping[str, Any]], target: Target) -> "Probed":
        """Add a probe that is the model itself, fitted on changed data.

        Parameters
        ----------
        name : str
            ``shuffled_vision`` or ``permuted``.
        records : sequence of mapping
            Of its fits; fewer seeds or repeats than the model has are enough.
        """
        wanted = ("case", "participant", "repeat", "fold", "seed", "y", "positive", "y_hat")
        added = (
            {"probe": name, **{c: row[c] for c in wanted}}
            for row in prediction_rows(records, target)
        )
        return replace(self, rows=(*self.rows, *added))

    def lacking(self, name: str, why: str) -> "Probed":
        """Say why a probe is not there."""
        return replace(self, left_out={**self.left_out, name: why})


def probe(
    dataset: Dataset,
    corpus: Corpus,
    target: Target,
    splits: Sequence[Split],
    groups: Sequence[str] = (),
) -> Probed:
    """Let every probe that needs no model predict.

    Parameters
    ----------
    dataset : Dataset
        Whose ``sessions.parquet`` and words are read, of the sessions of `corpus` only.
    corpus : Corpus
        Says which sessions, cases, participants and labels.
    target : Target
    splits : sequence of Split
        Of the run; nobody that one tests shapes what predicts there.
    groups : sequence of str
        Columns of ``sessions.parquet`` to read beside the gender.

    Raises
    ------
    TrainingError
        If there is no such group.
    """
    table = dataset.sessions().set_index("session").loc[[*corpus.sessions]]
    of_words = functionals(dataset, corpus.sessions)
    clues: dict[str, F64 | str] = {
        "group": group(table, groups),
        "duration": duration(table),
        "interviewer_amount": interviewer_amount(table),
        "interviewer_text": interviewer_text(table),
        **{f"ridge_{kind}": value for kind, value in of_words.items()},
        ORIGIN: origin(table),
    }
    cases, first_K, case_S = np.unique(
        np.array(corpus.cases), return_index=True, return_inverse=True
    )
    owners = [corpus.participants[s] for s in first_K]
    y_K = corpus.y_S[first_K]
    truth_S = corpus.truth(target)
    positive_K = np.full(y_K.size, np.nan) if truth_S is None else truth_S[first_K]
    rows: list[Row] = []
    for name, read in clues.items():
        if isinstance(read, str):
            continue
        case_KC = case_means(read, case_S)
        for split, which_K, y_hat_K in predict(case_KC, y_K, owners, splits, target.kind):
            rows += [
                {
                    "probe": name,
                    "case": str(cases[k]),
                    "participant": owners[k],
                    "repeat": split.repeat,
                    "fold": split.fold,
                    "seed": None,
                    "y": float(y_K[k]),
                    "positive": None if np.isnan(positive_K[k]) else bool(positive_K[k]),
                    "y_hat": float(y_hat),
                }
                for k, y_hat in zip(which_K.tolist(), y_hat_K, strict=True)
            ]
    return Probed(
        rows=tuple(rows),
        left_out={name: why for name, why in clues.items() if isinstance(why, str)},
    )


def case_means(value_SC: F64, case_S: I64) -> F64:
    """Average what is known of the sessions of each case.

    Returns
    -------
    float64 array of shape (K, C)
        NaN where nothing is.
    """
    seen_SC = np.isfinite(value_SC)
    sum_KC = np.zeros((int(case_S.max()) + 1, value_SC.shape[1]))
    count_KC = np.zeros_like(sum_KC)
    np.add.at(sum_KC, case_S, np.where(seen_SC, value_SC, 0.0))
    np.add.at(count_KC, case_S, seen_SC)
    return np.divide(sum_KC, count_KC, out=np.full_like(sum_KC, np.nan), where=count_KC > 0)
