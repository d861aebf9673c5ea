"""What the second stream reads: whose columns, whose vision, how much noise."""

# B = sessions, W = words, V = visual columns

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from depx.errors import TrainingError
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.streams import Noise, SecondStream, of_others, synthetic_columns
from depx.train.tensors import Batch

NAMES = ("AU01_r", "pose_Tx", "gaze_0_x", "AU45_c")
DESCRIBED = ("AU01_r", "pose_Tx", "AU01_r_std", "pose_Tx_std", "gaze_0_x_std", "valid")
ALL_V = torch.ones(4, dtype=torch.bool)


@pytest.mark.parametrize(
    ("which", "expected"),
    [("all", [1, 1, 1, 1]), ("au", [1, 0, 0, 1]), ("pose_gaze", [0, 1, 1, 0])],
)
def test_columns_are_told_by_openface_s_names(
    tiny: Callable[..., CmgVs], batch: Callable[..., Batch], which: str, expected: list[int]
) -> None:
    synthetic_V = synthetic_columns(tiny(synth_columns=which), NAMES)
    assert synthetic_V.int().tolist() == expected
    one = batch(3, 5)
    made = torch.randn_like(one.vectors["vision"])
    mixed = SecondStream(shuffled=False, synthetic_V=synthetic_V)(one, made)
    assert torch.equal(mixed[..., synthetic_V], made[..., synthetic_V])
    real = one.vectors["vision"][..., ~synthetic_V]
    torch.testing.assert_close(mixed[..., ~synthetic_V], real, equal_nan=True)


@pytest.mark.parametrize(
    ("which", "expected"),
    [("all", [1, 1, 1, 1, 1, 0]), ("au", [1, 0, 1, 0, 0, 0]), ("pose_gaze", [0, 1, 0, 1, 1, 0])],
)
def test_a_spread_goes_with_its_column_and_the_share_measured_stays_real(
    tiny: Callable[..., CmgVs], which: str, expected: list[int]
) -> None:
    synthetic_V = synthetic_columns(tiny(synth_columns=which), DESCRIBED)
    assert synthetic_V.int().tolist() == expected


def test_a_group_that_nobody_measured_is_a_line(tiny: Callable[..., CmgVs]) -> None:
    with pytest.raises(TrainingError, match="synth_columns=au: none of the 2 visual columns"):
        synthetic_columns(tiny(synth_columns="au"), ("pose_Tx", "gaze_0_x"))


def test_shuffled_vision_is_always_another_participant_s(batch: Callable[..., Batch]) -> None:
    one = replace(batch(3, 4, 5, 6), participant_B=torch.tensor([0, 0, 1, 2]))
    words_B = one.keep_BW.sum(dim=1)
    made = torch.arange(4.0)[:, None, None].expand(4, 6, 4) * 100
    made = made + torch.arange(6.0)[None, :, None]  # whose it is, and which word
    seen = set()
    for _ in range(40):
        taken = of_others(one, made)
        for b in range(4):
            other = int(taken[b, 0, 0]) // 100
            assert one.participant_B[other] != one.participant_B[b]
            expected = 100.0 * other + torch.arange(6) % int(words_B[other])
            assert torch.equal(taken[b, :, 0], expected)
            seen.add((b, other))
    assert seen == {(0, 2), (0, 3), (1, 2), (1, 3), (2, 0), (2, 1), (2, 3), (3, 0), (3, 1), (3, 2)}


def test_who_is_alone_in_a_batch_is_unknown_and_not_himself(batch: Callable[..., Batch]) -> None:
    one = replace(batch(3, 4), participant_B=torch.tensor([5, 5]))
    assert of_others(one, torch.zeros_like(one.vectors["vision"])).isnan().all()


def test_noise_has_each_column_s_own_variance_and_keeps_what_was_not_measured(
    batch: Callable[..., Batch],
) -> None:
    torch.manual_seed(0)
    scale_V = torch.tensor([1.0, 0.1, 3.0, 0.0])
    vision = torch.randn(5000, 4) * scale_V + 7.0
    vision[torch.rand(5000, 4) < 0.2] = float("nan")
    noise = Noise.of(vision)
    torch.testing.assert_close(noise.scale_V, scale_V, rtol=0.05, atol=1e-5)
    one = batch(900, 1000)
    moved = noise(one) - one.vectors["vision"]
    assert torch.equal(moved.isnan(), one.vectors["vision"].isnan())
    spread = torch.stack([column[~column.isnan()].std() for column in moved.flatten(0, 1).T])
    torch.testing.assert_close(spread, scale_V, rtol=0.1, atol=1e-5)
