"""A fit that was saved predicts its own test fold as its record has it."""

# S = sessions, N = words or frames of all sessions, K = cases, P = participants, I = items

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.align.dataset import Target
from depx.train.batches import Ragged, case_means
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.mccl.config import Mccl
from depx.train.model import Model
from depx.train.parts import prepare_fold
from depx.train.predicting.saved import saved_fit
from depx.train.unit import Unit, model_path
from depx.train.unit_run import run_unit as run_kept_unit

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
OPEN = Target(name="mood", kind="score", min=None, max=None, positive_rule="")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
run_unit = partial(run_kept_unit, tell=print, checkpoint_s=None)


def holds(corpus: Corpus, model: Model, target: Target, place: Path) -> dict[str, Any]:
    """Fit, then predict the test sessions by what was saved alone, from raw columns."""
    names = sorted(set(corpus.participants))
    unit = Unit(fold=1, seed=3, test=tuple(names[:4]), device="cpu", key="k")
    record = run_unit(corpus, unit, model, target, place)
    path = model_path(place, unit)
    fit = saved_fit(path, record, list(corpus.vectors))
    test = sessions_of(corpus, corpus.of(unit.test))
    ragged = fit.standardised(test)
    fold = prepare_fold(corpus, unit, model, target)
    for part, value_NC in fold.test.vectors.items():
        np.testing.assert_array_equal(ragged.vectors[part], value_NC)
    judged = model.predict(path, ragged, kind=target.kind, seed=fit.draws_from, device="cpu")
    low, high = fit.scale if target.kind == "score" else (0.0, 1.0)
    _, out_K = case_means(judged.out_S, ragged.case_S)
    recorded = record["predictions"]
    close(low + out_K * (high - low), [one["y_hat"] for one in recorded])
    p_S = judged.out_S if target.kind == "class" else judged.p_S
    expected = [one["p"] for one in recorded]
    if p_S is None:
        assert expected == [None] * len(recorded)
    else:
        close(case_means(p_S, ragged.case_S)[1], expected)
    if judged.answer_SI is not None:
        answer_KI = np.stack([case_means(a, ragged.case_S)[1] for a in judged.answer_SI.T], axis=1)
        close(answer_KI, [one["answers_hat"] for one in recorded])
    assert fit.seen.isdisjoint(unit.test)
    return {"judged": judged, "ragged": ragged, "fit": fit}


def close(got: Any, expected: Any) -> None:
    """Hold that predictions are those of the record, but for the order in which sums are made."""
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


def sessions_of(corpus: Corpus, chosen_S: Any) -> Corpus:
    """Keep some sessions, without any label."""
    parts = [np.arange(*corpus.offsets_S1[s : s + 2]) for s in chosen_S]
    rows_N = np.concatenate(parts)
    return replace(
        corpus,
        sessions=tuple(corpus.sessions[s] for s in chosen_S),
        cases=tuple(corpus.cases[s] for s in chosen_S),
        participants=tuple(corpus.participants[s] for s in chosen_S),
        y_S=np.full(len(chosen_S), np.nan),
        offsets_S1=np.cumsum([0, *(len(part) for part in parts)]),
        vectors={part: value_NC[rows_N] for part, value_NC in corpus.vectors.items()},
        time_s_N=None if corpus.time_s_N is None else corpus.time_s_N[rows_N],
        items=None,
        answer_SI=None,
    )


def without_a_face(corpus: Corpus) -> Corpus:
    """Take the vision of every third session away."""
    vision_NC = corpus.vectors["vision"].copy()
    for s in range(0, len(corpus.sessions), 3):
        vision_NC[corpus.offsets_S1[s] : corpus.offsets_S1[s + 1]] = np.nan
    return replace(corpus, vectors={**corpus.vectors, "vision": vision_NC})


@pytest.mark.parametrize(
    ("arm", "target"),
    [
        ({}, SCORE),
        ({"synth": "none"}, CLASS),
        ({"synth": "two-stage", "synth_columns": "all"}, SCORE),
        ({"synth": "shuffled", "latent": "global"}, CLASS),
        ({"synth": "noise", "unknown": "told"}, OPEN),
        ({"evaluate": "windows", "crop": 6, "cls_order": "vta"}, SCORE),
        ({"class_weight": 0.1, "condition": "t", "normalise": "robust"}, SCORE),
    ],
)
def test_cmgvs_predicts_as_its_record_says_also_faces_that_it_imagines(
    corpus: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    arm: dict[str, Any],
    target: Target,
) -> None:
    whole = without_a_face(corpus(12, target=target, sessions_a_case=2))
    holds(whole, tiny(epochs=2, lr=1e-2, **arm), target, tmp_path)


def test_cmgvs_expects_the_answers_that_its_record_has(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    model = tiny(epochs=2, class_weight=0.1, item_weight=0.1)
    found = holds(answered(corpus(12)), model, SCORE, tmp_path)
    assert found["judged"].answer_SI.shape == (4, 8)


@pytest.fixture
def filmed(filming: Callable[..., Ragged]) -> Callable[..., Corpus]:
    """Make participants with frames of their cues, two sessions each."""

    def make(target: Target, participants: int = 12) -> Corpus:
        made = filming(*([9, 14, 5, 20] * (participants // 2)))
        owner_S = np.repeat(np.arange(participants), 2)
        y_P = np.arange(participants, dtype=np.float64)
        y_P = y_P % 2 if target.kind == "class" else y_P
        return Corpus(
            sessions=tuple(f"s{s:03d}" for s in range(made.sessions)),
            cases=tuple(f"c{p:02d}" for p in owner_S),
            participants=tuple(f"p{p:02d}" for p in owner_S),
            y_S=y_P[owner_S],
            offsets_S1=made.offsets_S1,
            vectors={cue: 2.0 * value_NC + 7.0 for cue, value_NC in made.vectors.items()},
            names=made.names,
            left_out={},
            rows="frames",
            rate_hz=made.rate_hz,
            time_s_N=made.time_s_N,
        )

    return make


@pytest.mark.parametrize(
    ("arm", "target"),
    [
        ({}, SCORE),
        ({}, CLASS),
        ({"head": "ridge"}, SCORE),
        ({"head": "ridge"}, CLASS),
        ({"head": "trees"}, CLASS),
        ({"paper_mode": True}, OPEN),
        ({"aggregate": "attention", "windows": 2, "class_weight": 0.1}, SCORE),
        ({"modules": "cross", "window_s": 4.0}, SCORE),
    ],
)
def test_mccl_predicts_as_its_record_says_whatever_reads_its_embeddings(
    filmed: Callable[..., Corpus],
    small: Callable[..., Mccl],
    tmp_path: Path,
    arm: dict[str, Any],
    target: Target,
) -> None:
    holds(filmed(target), small(epochs=2, **arm), target, tmp_path)


def test_columns_are_found_by_name_and_what_is_absent_is_not_measured(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(12)
    found = holds(whole, tiny(epochs=1), SCORE, tmp_path)
    test = sessions_of(whole, whole.of(sorted(set(whole.participants))[:4]))
    turned = replace(
        test,
        vectors={part: value_NC[:, ::-1].copy() for part, value_NC in test.vectors.items()},
        names={part: names[::-1] for part, names in test.names.items()},
    )
    for part, value_NC in found["fit"].standardised(turned).vectors.items():
        np.testing.assert_array_equal(value_NC, found["ragged"].vectors[part])
    fewer = replace(
        test,
        vectors={"text": test.vectors["text"][:, 1:], "vision": test.vectors["vision"]},
        names={"text": test.names["text"][1:], "vision": test.names["vision"]},
    )
    ragged = found["fit"].standardised(fewer)
    assert list(ragged.vectors) == ["text", "acoustic", "vision"]
    assert np.isnan(ragged.vectors["text"][:, 0]).all()
    assert np.isnan(ragged.vectors["acoustic"]).all()
    np.testing.assert_array_equal(
        ragged.vectors["text"][:, 1:], found["ragged"].vectors["text"][:, 1:]
    )
