"""InfoNCE in one product is the formula of both directions, written as loops."""

# B = windows, E = width

import math

import pytest
import torch
from torch import Tensor

from depx.train.mccl.contrast import info_nce

TAU = 0.09
EVERYONE = torch.arange(6)


def views(count: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    made = torch.randn(2, count, 5, generator=torch.Generator().manual_seed(seed))
    return made[0], made[1]


def by_loops(one_BE: Tensor, other_BE: Tensor, who_B: Tensor, usable_B: Tensor) -> float:
    """-log of e^(positive) over itself and the other participants, both ways, averaged."""
    total, count = 0.0, 0
    for i in range(len(who_B)):
        if not usable_B[i]:
            continue
        for asks, answers in ((one_BE, other_BE), (other_BE, one_BE)):

            def score(j: int, asks: Tensor = asks, answers: Tensor = answers, i: int = i) -> float:
                cosine = torch.cosine_similarity(asks[i], answers[j], dim=0)
                return math.exp(float(cosine) / TAU)

            others = [
                j for j in range(len(who_B)) if usable_B[j] and (j == i or who_B[j] != who_B[i])
            ]
            total += -math.log(score(i) / sum(score(j) for j in others))
            count += 1
    return total / count if count else 0.0


@pytest.mark.parametrize(
    ("who", "usable"),
    [
        ([0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]),
        ([0, 0, 1, 1, 2, 3], [1, 1, 1, 1, 1, 1]),
        ([0, 0, 1, 1, 2, 3], [1, 0, 1, 1, 0, 1]),
        ([7, 7, 7, 7, 7, 7], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_it_is_the_formula_of_both_directions(who: list[int], usable: list[int]) -> None:
    one_BE, other_BE = views()
    who_B, usable_B = torch.tensor(who), torch.tensor(usable, dtype=torch.bool)
    found = info_nce(one_BE, other_BE, who_B, usable_B, tau=TAU)
    assert float(found) == pytest.approx(by_loops(one_BE, other_BE, who_B, usable_B), rel=1e-5)


def test_windows_of_one_participant_do_not_push_each_other_apart() -> None:
    one_BE, other_BE = views(2)
    one_BE.requires_grad_(True)
    usable_B = torch.ones(2, dtype=torch.bool)
    same, apart = torch.tensor([3, 3]), torch.tensor([3, 4])
    loss = info_nce(one_BE, other_BE, same, usable_B, tau=TAU)
    assert loss.item() == 0.0
    assert (torch.autograd.grad(loss, one_BE)[0] == 0).all()
    loss = info_nce(one_BE, other_BE, apart, usable_B, tau=TAU)
    assert (torch.autograd.grad(loss, one_BE)[0] != 0).any()


def test_a_batch_of_one_has_nothing_to_contrast() -> None:
    one_BE, other_BE = views(1)
    assert float(info_nce(one_BE, other_BE, EVERYONE[:1], EVERYONE[:1] == 0, tau=TAU)) == 0.0


def test_an_unusable_window_moves_nothing_and_gets_no_gradient() -> None:
    one_BE, other_BE = views()
    usable_B = torch.tensor([True, True, False, True, True, False])
    shaken_BE = other_BE.clone()
    shaken_BE[~usable_B] = 50.0
    found = [
        float(info_nce(one_BE, some, EVERYONE, usable_B, tau=TAU)) for some in (other_BE, shaken_BE)
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-7)
    one_BE.requires_grad_(True)
    info_nce(one_BE, other_BE, EVERYONE, usable_B, tau=TAU).backward()
    assert one_BE.grad is not None
    assert (one_BE.grad[~usable_B] == 0).all()
    assert (one_BE.grad[usable_B].abs().sum(dim=1) > 0).all()


def test_nobody_usable_is_nothing() -> None:
    one_BE, other_BE = views()
    nobody = torch.zeros(6, dtype=torch.bool)
    assert float(info_nce(one_BE, other_BE, EVERYONE, nobody, tau=TAU)) == 0.0
