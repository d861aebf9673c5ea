"""In which order [CLS] reads the modalities: what it changes, and what it must not."""

# B = sessions

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.tensors import Batch

ORDERS = ["tav", "atv", "tva", "avt", "vta", "vat"]


def made(settings: CmgVs, columns: dict[str, int]) -> Recogniser:
    torch.manual_seed(0)
    return Recogniser(settings, columns).eval()


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_is_one_reader_after_the_other(
    order: str, tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    recogniser, one = made(tiny(cls_order=order), columns), batch(5, 9, 7)
    cls_B1D: Tensor = recogniser.cls_D.expand(3, 1, -1)
    for letter in order:
        part = {"t": "text", "a": "acoustic", "v": "vision"}[letter]
        encoded = recogniser.readers[part].encode(one.vectors[part], one.keep_BW)
        cls_B1D = recogniser.readers[part](cls_B1D, encoded)
    by_hand_B = recogniser.head(recogniser.norm(cls_B1D))[:, 0, 0]
    torch.testing.assert_close(recogniser(one).raw_B, by_hand_B, rtol=0, atol=0)


@pytest.mark.parametrize("order", ORDERS[1:])
def test_the_order_changes_neither_weights_nor_what_a_lone_part_says(
    order: str, tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    usual, other = made(tiny(), columns), made(tiny(cls_order=order), columns)
    for (name, mine), (its_name, its) in zip(
        usual.state_dict().items(), other.state_dict().items(), strict=True
    ):
        assert name == its_name
        assert torch.equal(mine, its)
    one = batch(5, 9, 7)
    assert not torch.equal(usual(one).raw_B, other(one).raw_B)
    for part in columns:
        alone, only = {part: columns[part]}, replace(one, vectors={part: one.vectors[part]})
        its_B = made(tiny(cls_order=order), alone)(only).raw_B
        assert torch.equal(made(tiny(), alone)(only).raw_B, its_B)


@pytest.mark.parametrize("order", ORDERS)
def test_what_was_heard_serves_any_vision(
    order: str, tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    recogniser, one, other = made(tiny(cls_order=order), columns), batch(5, 9, 7), batch(5, 9, 7)
    other.vectors["vision"].add_(1.0)  # type: ignore[index]
    heard = recogniser.listen(one)
    torch.testing.assert_close(
        recogniser.judge(heard, other.vectors["vision"]).raw_B, recogniser(other).raw_B
    )
    chosen_B = torch.tensor([True, False, True])
    torch.testing.assert_close(
        recogniser.judge(heard.only(chosen_B), one.vectors["vision"][chosen_B]).raw_B,
        recogniser(one).raw_B[chosen_B],
    )
