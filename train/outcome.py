"""What a fit says of its test cases, as its record has it.

Sessions of a case are averaged, and scores are in units of the target; nothing is clipped.
"""

# S = sessions, K = cases of the test fold, I = items, D = width of a representation

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..align.dataset import Target
from ..features.types import F64, I64
from .batches import Ragged, case_means
from .cases import Corpus
from .metrics import separation
from .model import Fitted


def predictions(
    corpus: Corpus,
    fitted: Fitted,
    target: Target,
    case_S: I64,
    *,
    cases: Sequence[str],
    in_units: Callable[[F64], F64],
) -> list[dict[str, Any]]:
    """List the test cases in the order of their numbers.

    Parameters
    ----------
    corpus : Corpus
    fitted : Fitted
    target : Target
    case_S : (S,) of test sessions
        Number of each one's case.
    cases : sequence of str
        Name of each case number.
    in_units : callable
        Turns a model's predictions into units of the target.
    """
    case_K, out_K = case_means(fitted.out_S, case_S)
    y_hat_K = in_units(out_K)
    without = {
        part: in_units(case_means(out_S, case_S)[1]) for part, out_S in fitted.without.items()
    }
    p_K = out_K if target.kind == "class" else None
    if fitted.p_S is not None:
        _, p_K = case_means(fitted.p_S, case_S)
    label = dict(zip(corpus.cases, corpus.y_S, strict=True))
    participant = dict(zip(corpus.cases, corpus.participants, strict=True))
    positive = _positive(corpus, target)
    names = [cases[k] for k in case_K]
    answers = _answers(corpus, fitted, case_S, names)
    return [
        {
            "case": case,
            "participant": participant[case],
            "y": float(label[case]),
            "positive": positive.get(case),
            "y_hat": float(y_hat_K[k]),
            "p": None if p_K is None else float(p_K[k]),
            "y_hat_without": {part: float(of_part_K[k]) for part, of_part_K in without.items()},
            "groups": {},
            **(answers[k] if answers else {}),
        }
        for k, case in enumerate(names)
    ]


def validated(
    corpus: Corpus,
    fitted: Fitted,
    target: Target,
    validation: Ragged | None,
    *,
    cases: Sequence[str],
    in_units: Callable[[F64], F64],
) -> list[dict[str, Any]]:
    """List the cases that chose the epoch, like those that are tested; nothing where none did."""
    if validation is None or fitted.chosen_S is None:
        return []
    chosen = replace(
        fitted, out_S=fitted.chosen_S, p_S=fitted.chosen_p_S, without={}, answer_SI=None
    )
    return predictions(corpus, chosen, target, validation.case_S, cases=cases, in_units=in_units)


def looked(corpus: Corpus, fitted: Fitted, test_S: I64) -> list[dict[str, Any]]:
    """List where the model looked in each window of the test sessions (indices `test_S`)."""
    return [
        {
            **asdict(look),
            "session": corpus.sessions[test_S[look.session]],
            "case": corpus.cases[test_S[look.session]],
        }
        for look in fitted.looks
    ]


def separated(corpus: Corpus, fitted: Fitted, case_S: I64, *, cases: Sequence[str]) -> float | None:
    """Say whether test cases of like scores are represented alike; see `separation`."""
    parts = [case_means(one_S.astype(np.float64), case_S) for one_S in fitted.represented_SD.T]
    label = dict(zip(corpus.cases, corpus.y_S, strict=True))
    y_K = np.array([label[cases[k]] for k in parts[0][0]], dtype=np.float64)
    return separation(np.stack([mean_K for _, mean_K in parts], axis=1), y_K)


def _answers(
    corpus: Corpus, fitted: Fitted, case_S: I64, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Say what each test case answered to the items, and is expected to; nothing without items."""
    if fitted.answer_SI is None or corpus.answer_SI is None:
        return []
    expected_IK = [case_means(answer_S, case_S)[1] for answer_S in fitted.answer_SI.T]
    truth = dict(zip(corpus.cases, corpus.answer_SI.tolist(), strict=True))
    return [
        {
            "answers": [None if np.isnan(one) else one for one in truth[case]],
            "answers_hat": [float(of_item_K[k]) for of_item_K in expected_IK],
        }
        for k, case in enumerate(names)
    ]


def _positive(corpus: Corpus, target: Target) -> dict[str, bool]:
    """Tell who truly is positive, of the cases of which that is known."""
    truth_S = corpus.truth(target)
    if truth_S is None:
        return {}
    return {
        case: bool(positive)
        for case, positive in zip(corpus.cases, truth_S, strict=True)
        if not np.isnan(positive)
    }
