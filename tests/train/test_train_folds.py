"""Folds: nobody in two, nobody left out, scores spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.errors import TrainingError
from depx.train.folds import deal, split_inner


def scores(count: int, seed: int = 0) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {f"p{i:03d}": float(rng.integers(0, 25)) for i in range(count)}


@given(st.integers(2, 40), st.integers(2, 8), st.integers(0, 5))
def test_every_participant_is_in_exactly_one_fold(count: int, folds: int, seed: int) -> None:
    if count < folds:
        with pytest.raises(TrainingError, match="lower --folds"):
            deal(scores(count), folds, seed)
        return
    members = deal(scores(count), folds, seed)
    assert sorted(name for fold in members for name in fold) == sorted(scores(count))
    assert max(map(len, members)) - min(map(len, members)) <= 1


def test_folds_do_not_depend_on_the_order_of_the_participants() -> None:
    forward = scores(23)
    backward = dict(reversed(forward.items()))
    assert deal(forward, 5, 3) == deal(backward, 5, 3)


def test_another_seed_deals_other_folds() -> None:
    assert deal(scores(23), 5, 0) != deal(scores(23), 5, 1)


def test_every_fold_has_its_share_of_low_and_high_scores() -> None:
    score_of = {f"p{i:03d}": float(i) for i in range(100)}
    for seed in range(5):
        for fold in deal(score_of, 5, seed):
            per_quarter = np.bincount([int(score_of[name] // 25) for name in fold], minlength=4)
            assert (per_quarter >= 4).all()
            assert (per_quarter <= 6).all()


def test_positives_of_a_class_are_spread_evenly() -> None:
    score_of = {f"p{i:03d}": float(i % 10 < 3) for i in range(50)}
    for fold in deal(score_of, 5, 0):
        assert sum(score_of[name] for name in fold) == 3


def test_the_inner_validation_is_split_from_those_it_is_given() -> None:
    training, validation = split_inner(scores(20), 0.2, 0)
    assert set(training) | set(validation) == set(scores(20))
    assert not set(training) & set(validation)
    assert len(validation) == 4


def test_without_an_inner_validation_all_train() -> None:
    assert split_inner(scores(5), 0.0, 0) == (tuple(sorted(scores(5))), ())


@pytest.mark.parametrize("count", range(4, 30))
def test_both_sides_of_the_inner_split_have_at_least_two(count: int) -> None:
    assert min(map(len, split_inner(scores(count), 0.2, 1))) >= 2


def test_three_participants_are_too_few_to_train_and_validate() -> None:
    with pytest.raises(TrainingError, match="validation=0"):
        split_inner(scores(3), 0.2, 0)
