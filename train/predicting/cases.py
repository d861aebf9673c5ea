"""What all fits of a run say of cases, brought together: mean, spread, and what to beware of.

A fit that has seen a participant knows the label, so its prediction of that person is no test:
`y_hat_unseen` is of the fits that have not, and so are the interval, the call and what is said of
the scale.  Somebody is known by the participant's id and by the recording itself, which may come
under another id.  How far the fits differ says how much the prediction
hangs on who trained them; how wide the error is says the run's own conformal interval.
"""

# N = words (or frames) of all sessions, S = sessions, K = cases, M = fits, C = columns

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ...align.dataset import Dataset
from ...errors import TrainingError
from ...features.types import F64, I64
from ..batches import Ragged, case_means
from ..besides import ITEM
from ..cases import Corpus
from ..guard import files_of, fingerprints
from ..judging.conformal import around
from ..said import called
from .saved import SavedFit, SavedRun

Row: TypeAlias = dict[str, Any]

NOTE = "research use, no diagnosis"
FAR = 5.0  # sd (or the robust scale that stands for it) from the training mean: chance is 6e-7
MEASURED = "measured_"


@dataclass(frozen=True, eq=False)
class Said:
    """What one fit says of the cases."""

    y_hat_K: F64
    """In units of the target; a class: probability."""
    p_K: F64 | None
    answer_IK: Mapping[str, F64]
    far_K: F64
    """Share of the measured elements that lie beyond `FAR`; NaN where nothing was measured."""
    measured_K: Mapping[str, F64]
    """Part of the model -> share of its elements that was measured."""


def predict_cases(
    run: SavedRun,
    corpus: Corpus,
    labels: Mapping[str, float | None],
    known_as: Mapping[str, str],
    *,
    device: str,
) -> list[Row]:
    """Predict cases by all fits.

    Parameters
    ----------
    run : SavedRun
    corpus : Corpus
        The sessions, as `Model.read` reads them without a target.
    labels : mapping of case to label
        None or absent where nobody knows it.
    known_as : mapping of session to participant
        See `recorded_as`.
    device : cpu or cuda

    Returns
    -------
    list of dict
        A row a case, sorted by case; None where something is undefined.
    """
    cases, case_S = np.unique(np.array(corpus.cases), return_inverse=True)
    said = [_said(run, fit, corpus, case_S.astype(np.int64), device) for fit in run.fits]
    y_hat_MK = np.stack([one.y_hat_K for one in said])
    low, high = _ends(run)
    known = _people(corpus, known_as)
    rows: list[Row] = []
    for k, case in enumerate(cases):
        own = np.flatnonzero(case_S == k)
        participant = corpus.participants[own[0]]
        unseen_M = np.array([known[participant].isdisjoint(fit.seen) for fit in run.fits])
        y_hat_M = y_hat_MK[:, k]
        unseen = _mean(y_hat_M[unseen_M])
        ends = (None, None) if unseen is None else around(unseen, run.half_width, run.target)
        rows.append(
            {
                "case": str(case),
                "participant": participant,
                "sessions": ";".join(corpus.sessions[s] for s in own),
                "y_hat": float(y_hat_M.mean()),
                "y_hat_sd": _sd(y_hat_M),
                "y_hat_min": float(y_hat_M.min()),
                "y_hat_max": float(y_hat_M.max()),
                "models": len(said),
                "seen_in_training": not unseen_M.all(),
                "y_hat_unseen": unseen,
                "y_hat_unseen_sd": _sd(y_hat_M[unseen_M]),
                "models_unseen": int(unseen_M.sum()),
                "y_hat_low": ends[0],
                "y_hat_high": ends[1],
                "p": _over([one.p_K for one, new in zip(said, unseen_M, strict=True) if new], k),
                "positive": _positive(run, unseen),
                "y": labels.get(str(case)),
                "off_scale": None if unseen is None else not low <= unseen <= high,
                "out_of_range": _over([one.far_K for one in said], k),
                "rows": int(np.diff(corpus.offsets_S1)[own].sum()),
                "out_of_length": _is_odd(run, np.diff(corpus.offsets_S1)[own]),
                **{
                    f"{MEASURED}{part}": _over([one.measured_K.get(part) for one in said], k)
                    for part in run.parts
                },
                **{
                    f"{ITEM}{name}": _over([one.answer_IK[name] for one in said], k)
                    for name in said[0].answer_IK
                },
                "note": NOTE,
            }
        )
    return rows


def recorded_as(run: SavedRun, corpus: Corpus, dataset: Dataset) -> dict[str, str]:
    """Name, by session, the participant of the run whose recording it is, where it is one's.

    It is where what was measured is the same to the byte, or a file that was measured.
    """
    known = run.about.get("recordings", {})
    made, files = fingerprints(corpus), files_of(dataset)
    found = {}
    for session in corpus.sessions:
        owners = {known[one] for one in (made[session], *files[session]) if one in known}
        if owners:
            found[session] = min(owners)
    return found


def _people(corpus: Corpus, known_as: Mapping[str, str]) -> dict[str, set[str]]:
    """Gather under whose names each participant may have trained: any recording tells of all."""
    found: dict[str, set[str]] = {}
    for session, participant in zip(corpus.sessions, corpus.participants, strict=True):
        names = found.setdefault(participant, {participant})
        names.add(known_as.get(session, participant))
    return found


def labels_of(dataset: Dataset, target: str) -> dict[str, float | None]:
    """Give the labels of cases, as far as a training set has a column of the target's name.

    Raises
    ------
    TrainingError
        If the sessions of a case differ.
    """
    from pandas.api.types import is_numeric_dtype

    table = dataset.sessions()
    if target not in table or not is_numeric_dtype(table[target]):
        return {}
    found: dict[str, float | None] = {}
    for case, y in zip(table["case"], table[target], strict=True):
        label = None if np.isnan(y) else float(y)
        if found.setdefault(case, label) != label:
            raise TrainingError(
                f"case {case}: its sessions differ in {target}; a label belongs to one case"
            )
    return found


def _said(run: SavedRun, fit: SavedFit, corpus: Corpus, case_S: I64, device: str) -> Said:
    sessions = fit.standardised(corpus)
    judged = run.judge(fit, sessions, device)
    _, out_K = case_means(judged.out_S, case_S)
    low, high = fit.scale
    answers = [] if judged.answer_SI is None else list(judged.answer_SI.T)
    names = () if sessions.items is None else sessions.items.names
    counts = {part: _counts(value_NC, sessions) for part, value_NC in sessions.vectors.items()}
    far_S = np.sum([far_S for far_S, _, _ in counts.values()], axis=0)
    seen_S = np.sum([seen_S for _, seen_S, _ in counts.values()], axis=0)
    return Said(
        y_hat_K=out_K if run.target.kind == "class" else low + out_K * (high - low),
        p_K=_probability(run, judged.p_S, out_K, case_S),
        answer_IK={
            name: case_means(answer_S, case_S)[1]
            for name, answer_S in zip(names, answers, strict=True)
        }
        if answers
        else {},
        far_K=_share(far_S, seen_S, case_S),
        measured_K={part: _share(seen, all_, case_S) for part, (_, seen, all_) in counts.items()},
    )


def _probability(run: SavedRun, p_S: F64 | None, out_K: F64, case_S: I64) -> F64 | None:
    if run.target.kind == "class":
        return out_K
    return None if p_S is None else case_means(p_S, case_S)[1]


def _counts(value_NC: Any, sessions: Ragged) -> tuple[F64, F64, F64]:
    """Count elements of each session: those far off, those that were measured, all of them."""
    first_S = sessions.offsets_S1[:-1]
    far_N = (np.abs(value_NC) > FAR).sum(axis=1)  # NaN is not
    seen_N = np.isfinite(value_NC).sum(axis=1)
    all_S = sessions.lengths * value_NC.shape[1]
    return (
        np.add.reduceat(far_N, first_S).astype(np.float64),
        np.add.reduceat(seen_N, first_S).astype(np.float64),
        all_S.astype(np.float64),
    )


def _share(some_S: F64, all_S: F64, case_S: I64) -> F64:
    """Divide counts, the sessions of a case together; NaN where there is nothing to divide by."""
    some_K = np.bincount(case_S, weights=some_S)
    all_K = np.bincount(case_S, weights=all_S)
    return np.divide(some_K, all_K, out=np.full_like(some_K, np.nan), where=all_K > 0)


def _over(of_fits: list[F64 | None], k: int) -> float | None:
    """Average what the fits say of a case; those that say nothing of it are left out."""
    known = [float(one_K[k]) for one_K in of_fits if one_K is not None and not np.isnan(one_K[k])]
    return float(np.mean(known)) if known else None


def _positive(run: SavedRun, unseen: float | None) -> bool | None:
    """Call a case by the run's rule; None where there is no rule, or nothing to call it by."""
    has_rule = run.target.kind == "class" or bool(run.target.positive_rule)
    if unseen is None or not has_rule:
        return None
    return bool(called(np.array([unseen]), run.target)[0])


def _sd(value_M: F64) -> float | None:
    return float(value_M.std(ddof=1)) if value_M.size > 1 else None


def _mean(value_M: F64) -> float | None:
    return float(value_M.mean()) if value_M.size else None


def _ends(run: SavedRun) -> tuple[float, float]:
    """Give the ends of the scale: the target's own, else the widest of a training part."""
    if run.target.kind == "class":
        return 0.0, 1.0
    if run.target.min is not None and run.target.max is not None:
        return run.target.min, run.target.max
    return min(fit.scale[0] for fit in run.fits), max(fit.scale[1] for fit in run.fits)


def _is_odd(run: SavedRun, rows_S: I64) -> bool:
    """Say whether a session is shorter or longer than any that was trained on."""
    shortest, longest = run.about["rows_a_session"]
    return bool((rows_S < shortest).any() or (rows_S > longest).any())
