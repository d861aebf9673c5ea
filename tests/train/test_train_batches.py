"""Ragged sessions, their standardisation and their batches."""

# N = words of all sessions, C = columns

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch

from depx.train.batches import (
    Ragged,
    case_means,
    rows,
    select,
    training_batches,
    whole_batches,
)
from depx.train.normalise import BOUND, fit_normaliser
from depx.train.tensors import Resident


def test_rows_are_the_ranges_one_after_the_other() -> None:
    found = rows(np.array([5, 0, 9]), np.array([2, 3, 1]))
    assert found.tolist() == [5, 6, 0, 1, 2, 9]


def test_select_keeps_the_words_of_the_chosen_sessions(ragged: Callable[..., Ragged]) -> None:
    whole = ragged(3, 5, 2, 4)
    some = select(whole, np.array([3, 1]))
    assert some.lengths.tolist() == [4, 5]
    np.testing.assert_array_equal(some.vectors["text"][:4], whole.vectors["text"][10:])
    np.testing.assert_array_equal(some.vectors["text"][4:], whole.vectors["text"][3:8])
    assert some.y_S.tolist() == whole.y_S[[3, 1]].tolist()


def test_an_epoch_takes_every_session_once_and_no_word_beyond_it(
    ragged: Callable[..., Ragged],
) -> None:
    sessions = ragged(*range(1, 40))
    batches = training_batches(sessions, size=8, crop=20, rng=np.random.default_rng(0))
    taken = np.concatenate([crops.session_B for crops in batches])
    assert sorted(taken) == list(range(39))
    for crops in batches:
        first_B, last_B = crops.first_B, crops.first_B + crops.words_B
        assert (crops.words_B == np.minimum(sessions.lengths[crops.session_B], 20)).all()
        assert (first_B >= sessions.offsets_S1[crops.session_B]).all()
        assert (last_B <= sessions.offsets_S1[crops.session_B + 1]).all()


def test_crops_move_from_epoch_to_epoch(ragged: Callable[..., Ragged]) -> None:
    sessions, rng = ragged(100), np.random.default_rng(0)
    first = {
        int(training_batches(sessions, size=1, crop=10, rng=rng)[0].first_B[0]) for _ in range(50)
    }
    assert len(first) > 20
    assert min(first) >= 0
    assert max(first) <= 90


def test_little_is_padded_where_lengths_vary_as_in_interviews() -> None:
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(6.6, 0.6, 190).astype(int), 20, 4000)
    sessions = Ragged(
        vectors={},
        offsets_S1=np.concatenate([[0], np.cumsum(lengths)]),
        y_S=np.zeros(190, np.float32),
        case_S=np.arange(190),
        participant_S=np.arange(190),
        names={},
    )
    batches = training_batches(sessions, size=16, crop=1024, rng=rng)
    padded = sum(crops.words_B.max() * crops.words_B.size for crops in batches)
    assert padded / sum(crops.words_B.sum() for crops in batches) < 1.12


def test_an_evaluation_reads_every_word(ragged: Callable[..., Ragged]) -> None:
    sessions = ragged(3, 1500, 7)
    found = sum(int(crops.words_B.sum()) for crops in whole_batches(sessions, size=2))
    assert found == 1510


def test_a_gathered_batch_holds_the_words_of_its_crops(ragged: Callable[..., Ragged]) -> None:
    sessions = ragged(3, 6)
    (crops,) = whole_batches(sessions, size=2)
    batch = Resident(sessions, torch.device("cpu")).gather(crops)
    assert batch.keep_BW.sum(dim=1).tolist() == [3, 6]
    found = batch.vectors["vision"][batch.keep_BW].numpy()
    np.testing.assert_array_equal(found, sessions.vectors["vision"])


def test_sessions_of_a_case_share_its_weight_and_its_prediction() -> None:
    sessions = Ragged(
        vectors={},
        offsets_S1=np.arange(4),
        y_S=np.zeros(3, np.float32),
        case_S=np.array([7, 2, 7]),
        participant_S=np.array([0, 1, 0]),
        names={},
    )
    assert sessions.weights.tolist() == [0.5, 1.0, 0.5]
    case_K, mean_K = case_means(np.array([1.0, 5.0, 2.0]), sessions.case_S)
    assert case_K.tolist() == [2, 7]
    assert mean_K.tolist() == [5.0, 1.5]


@pytest.mark.parametrize("how", ["standard", "robust"])
def test_standardised_columns_have_centre_zero_and_scale_one(
    how: Literal["standard", "robust"],
) -> None:
    rng = np.random.default_rng(0)
    value_NC = rng.normal([100.0, -3.0], [20.0, 0.01], (20_000, 2)).astype(np.float32)
    value_NC[::7, 0] = np.nan
    out_NC = fit_normaliser(value_NC, how)(value_NC)
    np.testing.assert_allclose(np.nanmean(out_NC, axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(np.nanstd(out_NC, axis=0), 1.0, atol=0.02)
    np.testing.assert_array_equal(np.isnan(out_NC), np.isnan(value_NC))


def test_a_column_that_was_never_measured_is_left_out() -> None:
    value_NC = np.array([[1.0, np.nan, 4.0], [2.0, np.nan, 6.0]], dtype=np.float32)
    one = fit_normaliser(value_NC, "standard")
    assert one.kept_K.tolist() == [0, 2]
    assert one(np.ones((1, 3), np.float32)).shape == (1, 2)


def test_a_column_that_never_varies_becomes_zero() -> None:
    value_NC = np.full((5, 1), 0.1, dtype=np.float32)
    assert fit_normaliser(value_NC, "standard")(value_NC).tolist() == [[0.0]] * 5


def test_outliers_are_bounded_and_infinities_are_not_measured() -> None:
    one = fit_normaliser(np.array([[-1.0], [1.0]], dtype=np.float32), "standard")
    out = one(np.array([[1e6], [-1e6], [np.inf], [np.nan]], dtype=np.float32))[:, 0]
    assert out[:2].tolist() == [BOUND, -BOUND]
    assert np.isnan(out[2:]).all()


def test_rare_action_units_survive_the_robust_scale() -> None:
    value_NC = (np.arange(100) % 10 == 0).astype(np.float32)[:, None]
    one = fit_normaliser(value_NC, "robust")
    assert one.scale_K[0] == pytest.approx(value_NC.std())
