"""Residual branches: what is dropped of them, how often, and what that does to gradients."""

import pytest
import torch
from torch import Tensor

from depx.train.cmgvs.config import CmgVs
from depx.train.learning.dropout import CHANCES, Residual

SHAPE = (8, 250, 131)  # an odd number of columns: the last 64 bits are not used up
ELEMENTS = 8 * 250 * 131


def kept_of(dropout: float, *, seed: int = 0) -> Tensor:
    """What becomes of a branch of ones beside tokens of zeros."""
    torch.manual_seed(seed)
    return Residual(dropout)(torch.zeros(SHAPE), torch.ones(SHAPE))


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
def test_an_element_is_dropped_or_grows_by_the_inverse_of_its_chance(dropout: float) -> None:
    chance = round((1.0 - dropout) * CHANCES) / CHANCES
    assert chance == pytest.approx(1.0 - dropout, abs=0.5 / CHANCES)
    kept = kept_of(dropout)
    torch.testing.assert_close(kept.unique(), torch.tensor([0.0, 1.0 / chance]))
    deviation = ((1.0 - chance) / chance / ELEMENTS) ** 0.5  # of the mean, about 1
    assert float(kept.double().mean()) == pytest.approx(1.0, abs=4.0 * deviation)


def test_elements_are_dropped_independently_of_their_neighbours() -> None:
    dropped = (kept_of(0.5).flatten() == 0.0).double() - 0.5
    for lag in (1, 2, 3, 4, 131, 250 * 131):
        correlation = float((dropped[lag:] * dropped[:-lag]).mean()) / 0.25
        assert abs(correlation) < 4.5 / (ELEMENTS - lag) ** 0.5, lag


def test_a_seed_drops_the_same_and_another_one_something_else() -> None:
    assert torch.equal(kept_of(0.1), kept_of(0.1))
    assert not torch.equal(kept_of(0.1), kept_of(0.1, seed=1))


@pytest.mark.parametrize(("dropout", "training"), [(0.0, True), (1e-6, True), (0.1, False)])
def test_nothing_is_dropped_without_a_share_or_out_of_training(
    dropout: float, training: bool
) -> None:
    token, branch = torch.randn(SHAPE), torch.randn(SHAPE)
    assert torch.equal(Residual(dropout).train(training)(token, branch), token + branch)


def test_the_largest_share_that_the_settings_allow_keeps_something() -> None:
    assert kept_of(CmgVs(dropout=0.9).dropout).count_nonzero() > 0.09 * ELEMENTS


def test_gradients_are_those_of_what_was_kept() -> None:
    def added(token: Tensor, branch: Tensor) -> Tensor:
        torch.manual_seed(3)
        return Residual(0.4)(token, branch)

    token, branch = (torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True) for _ in "tb")
    assert torch.autograd.gradcheck(added, (token, branch))


def test_a_branch_in_bfloat16_is_scaled_and_added_in_float32() -> None:
    token, branch = torch.zeros(SHAPE), torch.ones(SHAPE, dtype=torch.bfloat16, requires_grad=True)
    torch.manual_seed(0)
    added = Residual(0.1)(token, branch)
    assert torch.equal(added, kept_of(0.1))
    (gradient,) = torch.autograd.grad(added.sum(), branch)
    assert gradient.dtype == torch.bfloat16
    assert torch.equal(gradient == 0.0, added == 0.0)
