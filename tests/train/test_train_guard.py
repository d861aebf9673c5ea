"""The guard: nobody on two sides, no recording under two names, no normaliser that saw the test."""

# S = sessions

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from depx.align.dataset import Target
from depx.errors import TrainingError
from depx.train.batches import select
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.folds import deal
from depx.train.guard import check_splits, check_twins, fingerprints
from depx.train.mccl.config import Mccl
from depx.train.parts import prepare_fold
from depx.train.protocol import Split
from depx.train.run import TrainSettings, train
from depx.train.unit import Unit

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
Make = Callable[..., Corpus]


def split(training: str, test: str, validation: str | None = None, **where: int) -> Split:
    return Split(
        repeat=where.get("repeat", 0),
        fold=where.get("fold", 0),
        training=tuple(training),
        validation=None if validation is None else tuple(validation),
        test=tuple(test),
    )


@pytest.mark.parametrize(
    ("torn", "sides"),
    [
        (split("abc", "cd"), "c in both training and test"),
        (split("ab", "cd", "bx"), "b in both training and validation"),
        (split("ab", "cd", "xd"), "d in both validation and test"),
    ],
)
def test_a_participant_on_two_sides_of_a_split_is_named(torn: Split, sides: str) -> None:
    check_splits([split("ab", "cd", "ef")])
    with pytest.raises(TrainingError, match=f"fold 0 of repeat 0: {sides}"):
        check_splits([split("ab", "cd"), torn])


def test_everybody_is_tested_once_a_repeat() -> None:
    whole = [split("ab", "cd"), split("cd", "ab", fold=1)]
    again = [
        split("ac", "bd", fold=2, repeat=1),
        split("bd", "ac", fold=3, repeat=1),
    ]
    check_splits([*whole, *again], "abcd")
    with pytest.raises(TrainingError, match="repeat 1: a, c tested 0 times"):
        check_splits([*whole, again[0]], "abcd")
    with pytest.raises(TrainingError, match="repeat 0: a, b, c, d tested 2 times"):
        check_splits([*whole, *whole], "abcd")
    with pytest.raises(TrainingError, match="repeat 0: d tested 1 times"):
        check_splits(whole, "abc")
    check_splits(whole[:1])  # an official split tests some only


def doubled(corpus: Corpus, source: int, copy: int, parts: tuple[str, ...]) -> Corpus:
    """Put the rows of one session in place of another's, in some parts; both have as many rows."""
    rows = [slice(*corpus.offsets_S1[s : s + 2]) for s in (source, copy)]
    vectors = {part: value_NC.copy() for part, value_NC in corpus.vectors.items()}
    for part in parts:
        vectors[part][rows[1]] = vectors[part][rows[0]]
    return replace(corpus, vectors=vectors)


def test_a_participant_who_is_there_twice_under_two_names_stops_a_run(
    corpus: Make, dataset: Callable[..., Path], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(8, words=(9, 10))
    data = dataset(doubled(whole, 2, 6, tuple(whole.vectors)))
    settings = TrainSettings(model=tiny(), folds=2)
    with pytest.raises(
        TrainingError, match=r"sessions s002 and s006: .* --exclude one of them"
    ) as e:
        train([data], tmp_path / "run", settings, report=print, tell=print)
    for s in (2, 6):
        assert whole.participants[s] in str(e.value)


def test_unmeasured_elements_do_not_hide_a_twin(corpus: Make) -> None:
    whole = corpus(6, words=(9, 10))
    for part in whole.vectors:
        whole.vectors[part][::3, 0] = np.nan
    twins = doubled(whole, 1, 3, tuple(whole.vectors))
    other_nan = np.frombuffer(b"\x01\x00\xc0\x7f", dtype=np.float32)[0]  # a NaN of other bytes
    lost_N = np.isnan(twins.vectors["vision"][:, 0])
    lost_N[: twins.offsets_S1[3]] = False
    twins.vectors["vision"][lost_N, 0] = other_nan
    with pytest.raises(TrainingError, match="s001 and s003"):
        check_twins(twins)


def test_who_only_reads_the_same_passage_or_is_not_measured_is_no_twin(corpus: Make) -> None:
    whole = corpus(6, words=(9, 10))
    check_twins(doubled(whole, 1, 3, ("text",)))
    check_twins(doubled(whole, 1, 3, ("text", "vision")))
    only_text = replace(whole, vectors={"text": np.zeros_like(whole.vectors["text"])})
    check_twins(only_text)
    nothing = {part: np.full_like(value_NC, np.nan) for part, value_NC in whole.vectors.items()}
    check_twins(replace(whole, vectors=nothing))


def test_a_fingerprint_is_of_what_was_measured_whatever_else_is_there(corpus: Make) -> None:
    whole = corpus(5, words=(9, 12))
    expected = fingerprints(whole)
    assert len(set(expected.values())) == len(whole.sessions)
    assert check_twins(whole) == {
        expected[session]: who
        for session, who in zip(whole.sessions, whole.participants, strict=True)
    }
    rng = np.random.default_rng(0)
    order = {part: rng.permutation(len(names)) for part, names in whole.names.items()}
    mixed = replace(
        whole,
        vectors={part: whole.vectors[part][:, order[part]] for part in reversed(whole.vectors)},
        names={part: tuple(whole.names[part][c] for c in order[part]) for part in whole.names},
    )
    assert fingerprints(mixed) == expected
    blank_N1 = np.full((len(whole.vectors["text"]), 1), np.nan, dtype=np.float32)
    wider = replace(
        whole,
        vectors={
            **whole.vectors,
            "vision": np.hstack([blank_N1, whole.vectors["vision"]]),
            "other": blank_N1,
        },
        names={**whole.names, "vision": ("a", *whole.names["vision"]), "other": ("b",)},
    )
    assert fingerprints(wider) == expected
    swapped = {**whole.names, "vision": whole.names["vision"][::-1]}
    assert not set(fingerprints(replace(whole, names=swapped)).values()) & set(expected.values())


def test_sessions_of_one_participant_may_be_equal(corpus: Make) -> None:
    whole = corpus(4, words=(9, 10), sessions_a_case=2)
    check_twins(doubled(whole, 2, 3, tuple(whole.vectors)))
    with pytest.raises(TrainingError, match="s003 and s004"):
        check_twins(doubled(whole, 3, 4, tuple(whole.vectors)))


@pytest.mark.parametrize("how", ["standard", "robust"])
@pytest.mark.parametrize("others", ["everybody", "one more", "fewer"])
def test_a_normaliser_that_saw_others_than_the_training_part_is_refused(
    corpus: Make, monkeypatch: pytest.MonkeyPatch, how: str, others: str
) -> None:
    whole = corpus(40, words=(20, 40))
    model = Mccl(normalise=how)
    unit = Unit(fold=0, seed=0, test=deal(whole.scores(), 4, 0)[0], device="cpu", key="k")
    prepare_fold(whole, unit, model, SCORE)  # as it is, it passes
    chosen = {
        "everybody": lambda some_S: np.arange(40),
        "one more": lambda some_S: np.append(some_S, whole.of(unit.test)[:1]),
        "fewer": lambda some_S: some_S[1:],
    }[others]
    monkeypatch.setattr(
        "depx.train.parts.select", lambda ragged, some_S: select(ragged, chosen(some_S))
    )
    with pytest.raises(TrainingError, match="training participants alone; the normaliser saw"):
        prepare_fold(whole, unit, model, SCORE)


def test_a_column_that_only_others_measured_is_refused(
    corpus: Make, tiny: Callable[..., CmgVs], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corpus(12)
    test = deal(whole.scores(), 3, 0)[0]
    tested_N = np.repeat(np.isin(whole.participants, test), np.diff(whole.offsets_S1))
    whole.vectors["vision"][~tested_N, 1] = np.nan
    unit = Unit(fold=0, seed=0, test=test, device="cpu", key="k")
    prepared = partial(prepare_fold, whole, unit, tiny(), SCORE)
    assert "vision1" not in prepared().training.names["vision"]
    monkeypatch.setattr("depx.train.parts.select", lambda ragged, _: ragged)
    with pytest.raises(TrainingError, match="the normaliser saw others"):
        prepared()


def test_a_fit_whose_inner_split_tests_a_training_participant_is_refused(
    corpus: Make, tiny: Callable[..., CmgVs], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corpus(12)
    test = deal(whole.scores(), 3, 0)[0]
    unit = Unit(fold=0, seed=0, test=test, device="cpu", key="k")

    def leaky(scores: dict[str, float], share: float, seed: int) -> tuple[tuple[str, ...], ...]:
        return tuple(scores), test[:1]

    monkeypatch.setattr("depx.train.parts.split_inner", leaky)
    with pytest.raises(TrainingError, match=f"{test[0]} in both validation and test"):
        prepare_fold(whole, unit, tiny(), SCORE)
