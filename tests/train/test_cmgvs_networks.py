"""The networks of CMG-VS: what attention may see, what NaN and padding may do."""

# B = sessions, W = words, K = tokens, D = width, H = heads

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.blocks import Attention, Embed, positions
from depx.train.tensors import Batch


def naive_attention(layer: Attention, token_BWD: Tensor, keep_BW: Tensor) -> Tensor:
    """Every head and every word by itself, from the formula."""
    query_BWD = layer.norm(token_BWD)
    q_BWD = layer.ask(query_BWD)
    k_BWD, v_BWD = layer.answer(query_BWD).chunk(2, dim=-1)
    width = q_BWD.shape[-1] // layer.heads
    mixed_BWD = torch.zeros_like(q_BWD)
    for b in range(token_BWD.shape[0]):
        seen = [w for w in range(token_BWD.shape[1]) if keep_BW[b, w]]
        for h in range(layer.heads):
            head = slice(h * width, (h + 1) * width)
            for w in range(token_BWD.shape[1]):
                score = torch.stack([q_BWD[b, w, head] @ k_BWD[b, k, head] for k in seen])
                weight = torch.softmax(score / math.sqrt(width), dim=0)
                mixed_BWD[b, w, head] = weight @ v_BWD[b, seen, head]
    out_BWD: Tensor = layer.out(mixed_BWD)
    return out_BWD


def test_attention_is_the_softmax_over_the_words_that_are_kept() -> None:
    torch.manual_seed(0)
    layer = Attention(width=8, heads=2).eval()
    token_BWD = torch.randn(2, 5, 8)
    keep_BW = torch.tensor([[True] * 5, [True, True, True, False, False]])
    torch.testing.assert_close(
        layer(token_BWD, keep_BW), naive_attention(layer, token_BWD, keep_BW)
    )


def test_positions_differ_from_word_to_word_and_have_unit_sines() -> None:
    place_WD = positions(50, 16, torch.device("cpu"))
    assert torch.allclose(place_WD[:, :8] ** 2 + place_WD[:, 8:] ** 2, torch.ones(50, 8), atol=1e-5)
    assert torch.pdist(place_WD).min() > 0.05


def test_an_unmeasured_element_is_not_the_same_as_an_average_one() -> None:
    torch.manual_seed(0)
    embed = Embed(3, 8, told=True)
    average = embed(torch.zeros(1, 2, 3))
    unknown = embed(torch.tensor([[[0.0, float("nan"), 0.0], [float("nan")] * 3]]))
    moved = unknown - average
    torch.testing.assert_close(moved[0, 0] * 3, moved[0, 1])
    assert moved.abs().max() > 0


@pytest.fixture
def synthesiser(tiny: Callable[..., CmgVs], columns: dict[str, int]) -> Synthesiser:
    torch.manual_seed(1)
    return Synthesiser(tiny(layers=2), columns).eval()


@pytest.fixture
def recogniser(tiny: Callable[..., CmgVs], columns: dict[str, int]) -> Recogniser:
    torch.manual_seed(2)
    return Recogniser(tiny(layers=2), columns).eval()


def with_padding(batch: Batch, value: float) -> Batch:
    """Overwrite what padding holds."""
    vectors = {
        part: value_BWC.masked_fill(~batch.keep_BW[..., None], value)
        for part, value_BWC in batch.vectors.items()
    }
    return replace(batch, vectors=vectors)


def test_padded_words_do_not_move_the_posterior(
    synthesiser: Synthesiser, batch: Callable[..., Batch]
) -> None:
    plain = batch(4, 9)
    found = []
    for one in (plain, with_padding(plain, 1e3), with_padding(plain, float("nan"))):
        context = synthesiser.context(one)
        mean, log_variance = synthesiser.encode(one.vectors["vision"], one.keep_BW, context)
        rebuilt = synthesiser.decode(mean, one.keep_BW, context)
        found.append([t[one.keep_BW] for t in (mean, log_variance, rebuilt)])
    for other in found[1:]:
        torch.testing.assert_close(found[0], other)


def test_padded_words_do_not_move_a_prediction(
    recogniser: Recogniser, batch: Callable[..., Batch]
) -> None:
    plain = batch(4, 9)
    padded = with_padding(plain, 1e3)
    torch.testing.assert_close(recogniser(plain).raw_B, recogniser(padded).raw_B)


def test_a_session_is_predicted_alike_alone_and_beside_a_longer_one(
    recogniser: Recogniser, batch: Callable[..., Batch]
) -> None:
    both = batch(4, 9)
    alone = replace(
        both,
        vectors={part: value_BWC[:1, :4] for part, value_BWC in both.vectors.items()},
        keep_BW=both.keep_BW[:1, :4],
    )
    torch.testing.assert_close(recogniser(both).raw_B[:1], recogniser(alone).raw_B)


@pytest.mark.parametrize("part", ["text", "acoustic", "vision"])
def test_every_modality_and_its_order_move_the_prediction(
    recogniser: Recogniser, batch: Callable[..., Batch], part: str
) -> None:
    plain = batch(6, 6)
    before = recogniser(plain).raw_B
    turned = {**plain.vectors, part: plain.vectors[part].flip(1)}
    assert (recogniser(replace(plain, vectors=turned)).raw_B - before).abs().min() > 1e-7


def test_a_word_without_vision_takes_its_latent_from_the_prior(
    synthesiser: Synthesiser, batch: Callable[..., Batch]
) -> None:
    plain = batch(5, 5)
    blind = plain.vectors["vision"].clone()
    blind[0] = float("nan")
    torch.manual_seed(0)
    made = synthesiser(replace(plain, vectors={**plain.vectors, "vision": blind}))
    assert not made.seen_BL[0].any()
    assert made.seen_BL[1].all()
    torch.manual_seed(0)
    latent = torch.randn(made.mean_BLZ.shape)
    imagined = synthesiser.decode(latent, plain.keep_BW, synthesiser.context(plain))
    torch.testing.assert_close(made.vision_BWV[0], imagined[0])
    assert (made.vision_BWV[1] - imagined[1]).abs().max() > 1e-3


def test_a_global_latent_is_one_for_all_words_and_padding_does_not_move_it(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    torch.manual_seed(1)
    network = Synthesiser(tiny(latent="global"), columns).eval()
    plain = batch(4, 9)
    found = []
    for one in (plain, with_padding(plain, 1e3), with_padding(plain, float("nan"))):
        torch.manual_seed(0)
        made = network(one)
        assert made.mean_BLZ.shape == (2, 1, 3)
        assert made.seen_BL.shape == (2, 1)
        found.append([made.mean_BLZ, made.log_variance_BLZ, made.vision_BWV[one.keep_BW]])
    for other in found[1:]:
        torch.testing.assert_close(found[0], other)
    moved = plain.vectors["vision"].clone()
    moved[0, 1] += 5.0
    torch.manual_seed(0)
    changed = network(replace(plain, vectors={**plain.vectors, "vision": moved}))
    assert not torch.allclose(changed.mean_BLZ[0], found[0][0][0])
    torch.testing.assert_close(changed.mean_BLZ[1], found[0][0][1])


@pytest.mark.parametrize(("condition", "deaf"), [("t", "acoustic"), ("a", "text")])
def test_synthesis_ignores_what_it_is_not_conditioned_on(
    tiny: Callable[..., CmgVs],
    columns: dict[str, int],
    batch: Callable[..., Batch],
    condition: str,
    deaf: str,
) -> None:
    network = Synthesiser(tiny(condition=condition), columns).eval()
    plain = batch(5, 7)
    changed = replace(plain, vectors={**plain.vectors, deaf: plain.vectors[deaf] + 1.0})
    made = []
    for one in (plain, changed):
        torch.manual_seed(0)
        made.append(network(one).vision_BWV)
    assert torch.equal(*made)


def test_the_prior_stream_does_not_look_at_the_face(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    network = Synthesiser(tiny(aug_source="prior"), columns).eval()
    plain = batch(5, 7)
    changed = replace(plain, vectors={**plain.vectors, "vision": plain.vectors["vision"] + 1.0})
    made = []
    for one in (plain, changed):
        torch.manual_seed(0)
        made.append(network(one))
    assert torch.equal(made[0].vision_BWV, made[1].vision_BWV)
    assert not torch.equal(made[0].rebuilt_BWV, made[1].rebuilt_BWV)


def test_the_mixed_stream_takes_each_session_whole_from_one_source(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    torch.manual_seed(3)
    made = Synthesiser(tiny(aug_source="mix"), columns).eval()(batch(*[5] * 12))
    same_BWV = made.vision_BWV == made.rebuilt_BWV
    from_posterior_B = same_BWV.all(dim=(1, 2))
    assert 0 < from_posterior_B.sum() < 12
    assert not same_BWV[~from_posterior_B].any()


def test_one_asking_token_hears_what_it_would_hear_beside_another() -> None:
    torch.manual_seed(0)
    attention = Attention(16, 2)
    token, context = torch.randn(3, 1, 16), torch.randn(3, 7, 16)
    keep = torch.arange(7) < torch.tensor([[7], [4], [1]])
    alone = attention(token, keep, context)
    beside = attention(token.expand(-1, 2, -1), keep, context)[:, :1]  # each for itself
    torch.testing.assert_close(alone, beside)
    parameters = list(attention.parameters())
    torch.testing.assert_close(
        torch.autograd.grad(alone.square().sum(), parameters),
        torch.autograd.grad(beside.square().sum(), parameters),
    )
