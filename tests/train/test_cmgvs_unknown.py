"""What was not measured: by default it moves nothing, on request the model is told of it."""

# B = sessions, W = words, C = columns

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.blocks import seen_of
from depx.train.tensors import Batch

NAN = float("nan")


@pytest.fixture
def made(tiny: Callable[..., CmgVs], columns: dict[str, int]) -> Callable[..., Recogniser]:
    def make(**settings: object) -> Recogniser:
        torch.manual_seed(0)
        return Recogniser(tiny(**settings), columns).eval()

    return make


def without(batch: Batch, part: str, where: object = ...) -> Batch:
    value_BWC = batch.vectors[part].clone()
    value_BWC[where] = NAN  # type: ignore[index]
    return replace(batch, vectors={**batch.vectors, part: value_BWC})


def shaken(network: nn.Module, lost_BW: Tensor) -> None:
    """Change whatever the words that were lost are embedded as."""

    def shake(_module: nn.Module, _given: object, token_BWD: Tensor) -> Tensor:
        return token_BWD + lost_BW[..., None] * torch.linspace(-9.0, 9.0, token_BWD.shape[-1])

    network.register_forward_hook(shake)


def test_a_word_is_seen_if_it_is_no_padding_and_any_column_was_measured() -> None:
    value_BWC = torch.tensor([[[0.0, -9.0], [NAN, 0.0], [NAN, NAN], [1.0, 1.0]]])
    keep_BW = torch.tensor([[True, True, True, False]])
    assert seen_of(value_BWC, keep_BW).tolist() == [[True, True, False, False]]
    assert not seen_of(value_BWC[..., :0], keep_BW).any()  # no column was ever measured


@pytest.mark.parametrize("part", ["text", "acoustic", "vision"])
@pytest.mark.parametrize("order", ["tav", "vat"])
def test_a_modality_of_which_nothing_was_measured_is_not_read(
    part: str, order: str, made: Callable[..., Recogniser], batch: Callable[..., Batch]
) -> None:
    recogniser = made(cls_order=order)
    one = without(batch(5, 9, 7, nan=0.0), part, 1)
    cls_B1D: Tensor = recogniser.cls_D.expand(1, 1, -1)
    for letter in order:
        read = {"t": "text", "a": "acoustic", "v": "vision"}[letter]
        if read != part:
            keep_BW = one.keep_BW[1:2]
            encoded = recogniser.readers[read].encode(one.vectors[read][1:2], keep_BW)
            cls_B1D = recogniser.readers[read](cls_B1D, encoded)
    alone = recogniser.head(recogniser.norm(cls_B1D))[0, 0, 0]
    torch.testing.assert_close(recogniser(one).raw_B[1], alone)
    assert recogniser(one).raw_B.isfinite().all()


@pytest.mark.parametrize("part", ["text", "acoustic", "vision"])
def test_a_word_of_which_nothing_was_measured_is_looked_at_by_nobody(
    part: str, made: Callable[..., Recogniser], batch: Callable[..., Batch]
) -> None:
    one = batch(5, 9, 7, nan=0.0)
    lost_BW = torch.zeros_like(one.keep_BW)
    lost_BW[:, 1:3] = True
    one = without(one, part, lost_BW)
    recogniser, told = made(), made(unknown="told")
    before, before_told = recogniser(one).raw_B, told(one).raw_B
    for network in (recogniser, told):
        shaken(network.readers[part].embed, lost_BW)
    assert torch.equal(recogniser(one).raw_B, before)
    assert not torch.equal(told(one).raw_B, before_told)


def test_a_lost_word_of_the_context_shapes_no_synthetic_face(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    torch.manual_seed(0)
    synthesiser, one = Synthesiser(tiny(), columns).eval(), batch(5, 9, 7, nan=0.0)
    lost_BW = torch.zeros_like(one.keep_BW)
    lost_BW[:, 1:3] = True
    one = without(without(one, "text", lost_BW), "vision", lost_BW)

    def synthetic() -> Tensor:
        torch.manual_seed(1)
        return synthesiser(one).vision_BWV

    before_BWV = synthetic()
    for embed in (synthesiser.context_embed["text"], synthesiser.vision_embed):
        shaken(embed, lost_BW)
    assert torch.equal(synthetic(), before_BWV)
    told = Synthesiser(tiny(unknown="told"), columns).eval()
    torch.manual_seed(1)
    before_BWV = told(one).vision_BWV
    shaken(told.context_embed["text"], lost_BW)
    torch.manual_seed(1)
    assert not torch.equal(told(one).vision_BWV, before_BWV)


def test_an_absent_column_counts_as_average_unless_the_model_is_told(
    made: Callable[..., Recogniser], batch: Callable[..., Batch]
) -> None:
    one = batch(5, 9, 7, nan=0.0)
    absent = without(one, "vision", (..., 2))
    average_BWC = one.vectors["vision"].clone()
    average_BWC[..., 2] = 0.0
    average = replace(one, vectors={**one.vectors, "vision": average_BWC})
    assert torch.equal(made()(absent).raw_B, made()(average).raw_B)
    told = made(unknown="told")
    assert not torch.equal(told(absent).raw_B, told(average).raw_B)


@pytest.mark.parametrize("unknown", ["masked", "told"])
def test_a_session_of_which_nothing_at_all_was_measured_is_a_number(
    unknown: str,
    tiny: Callable[..., CmgVs],
    columns: dict[str, int],
    made: Callable[..., Recogniser],
    batch: Callable[..., Batch],
) -> None:
    one = batch(5, 9, 7)
    for part in columns:
        one = without(one, part, 0)
    recogniser = made(unknown=unknown)
    out_B = recogniser(one).raw_B
    synthesiser = Synthesiser(tiny(unknown=unknown), columns)
    synthetic_BWV = synthesiser(one).vision_BWV
    assert out_B.isfinite().all()
    assert synthetic_BWV.isfinite().all()
    (out_B.sum() + synthetic_BWV.sum()).backward()
    for network in (recogniser, synthesiser):
        for parameter in network.parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all()
