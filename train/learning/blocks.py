"""The parts that networks are made of: embedding, attention, pre-norm layers.

Attention is torch's scaled dot product with a boolean mask of what may be looked at.  The attention
weights are not dropped: the residual branches are, and the fused CPU kernel then applies.
"""

# B = sessions, W = words, Q = asking tokens, K = answering tokens, C = columns, D = width,
# H = heads, P = width of a head

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .dropout import Residual

PERIOD = 10_000.0  # longest wavelength over 2 pi, in words (Vaswani et al., 2017, section 3.5)


def positions(words: int, width: int, device: torch.device) -> Tensor:
    """Encode the places of `words` words as sines and cosines, (W, D)."""
    place_W1 = torch.arange(words, device=device, dtype=torch.float32)[:, None]
    step = torch.arange(0, width, 2, device=device, dtype=torch.float32)
    angle = place_W1 * torch.exp(step * (-math.log(PERIOD) / width))
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Embed(nn.Module):
    """Turn the measured columns of a word into a token that knows its place.

    NaN means "not measured".  Such an element enters as 0, which is the training mean.  With `told`
    the token is also moved along a learned direction by the share of the word's columns that are
    NaN: the model can tell "average" from "unknown", and an absent modality is one known token.
    """

    def __init__(self, columns: int, width: int, *, told: bool) -> None:
        super().__init__()
        self.project = nn.Linear(columns, width)
        self.missing_D = nn.Parameter(torch.randn(width) * 0.02) if told else None

    def forward(self, value_BWC: Tensor) -> Tensor:
        """Embed standardised columns (B, W, C) as tokens (B, W, D)."""
        token_BWD = self.project(value_BWC.nan_to_num(nan=0.0))
        place_WD = positions(value_BWC.shape[1], token_BWD.shape[-1], token_BWD.device)
        if self.missing_D is None:
            return token_BWD + place_WD  # type: ignore[no-any-return]
        share_BW1 = lost_of(value_BWC).mean(dim=-1, keepdim=True)
        return torch.addcmul(token_BWD + place_WD, share_BW1, self.missing_D)

    def readable(self, value_BWC: Tensor, keep_BW: Tensor) -> Tensor:
        """Say which words (B, W) may be looked at: no padding and, unless told, measured."""
        return keep_BW if self.missing_D is not None else seen_of(value_BWC, keep_BW)


def seen_of(value_BWC: Tensor, keep_BW: Tensor) -> Tensor:
    """Say which words (B, W) are no padding and have a column that was measured."""
    return keep_BW & (lost_of(value_BWC).sum(dim=-1) < value_BWC.shape[-1])


def lost_of(value_BWC: Tensor) -> Tensor:
    """Give 1 where an element was not measured, else 0: numbers, which the CPU counts quickly.

    `isnan` and a count of its booleans take five times as long there.
    """
    return (value_BWC.detach() * 0.0).nan_to_num_(nan=1.0)


class Attention(nn.Module):
    """Pre-norm multi-head attention of tokens over themselves, or over a context."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.answer = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, token_BQD: Tensor, keep_BK: Tensor, context_BKD: Tensor | None = None
    ) -> Tensor:
        """Mix for each token what is kept (`keep_BK` true) of the context, or of the tokens.

        Where nothing is kept all is mixed, so that the result is a number; nobody must use it.
        """
        keep_BK = keep_BK | ~keep_BK.any(dim=1, keepdim=True)
        query_BQD = self.norm(token_BQD)
        if context_BKD is not None and token_BQD.shape[1] == 1:
            return self.out(self._read_by_one(query_BQD, context_BKD, keep_BK))  # type: ignore[no-any-return]
        key_BKD, value_BKD = self.answer(query_BQD if context_BKD is None else context_BKD).chunk(
            2, dim=-1
        )
        mixed_BHQD = functional.scaled_dot_product_attention(
            self._split(self.ask(query_BQD)),
            self._split(key_BKD),
            self._split(value_BKD),
            attn_mask=keep_BK[:, None, None, :],
        )
        return self.out(mixed_BHQD.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _read_by_one(self, query_B1D: Tensor, context_BKD: Tensor, keep_BK: Tensor) -> Tensor:
        """Let one token ask: what would be done to K answers is done to its question and answer.

        The heads are the asking tokens of one attention over the context as it is: q (W x) is
        (W' q) x, and the sum of weighted V x is V of the weighted sum.  The bias of the keys adds
        the same to all scores of a head, and so nothing.
        """
        heads, width = self.heads, query_B1D.shape[-1]
        to_key_HPD, to_value_HPD = self.answer.weight.view(2, heads, -1, width)
        query_BHP = self.ask(query_B1D).view(-1, heads, width // heads)
        question_BHD = torch.einsum("bhp,hpd->bhd", query_BHP, to_key_HPD)
        mixed_BHD = functional.scaled_dot_product_attention(
            question_BHD[:, None],
            context_BKD[:, None],
            context_BKD[:, None],
            attn_mask=keep_BK[:, None, None, :],
            scale=(width // heads) ** -0.5,
        )[:, 0]
        value_BHP = torch.einsum("bhd,hpd->bhp", mixed_BHD, to_value_HPD)
        return value_BHP.flatten(1)[:, None] + self.answer.bias[width:]

    def _split(self, token_BQD: Tensor) -> Tensor:
        return token_BQD.view(*token_BQD.shape[:2], self.heads, -1).transpose(1, 2)


class FeedForward(nn.Sequential):
    """Pre-norm feed-forward part, each token for itself."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__(
            nn.LayerNorm(width),
            nn.Linear(width, times * width),
            nn.GELU(),
            nn.Linear(times * width, width),
        )


class SelfLayer(nn.Module):
    """Self-attention, then feed-forward: a layer of an intra-modal encoder."""

    def __init__(self, width: int, heads: int, times: int, dropout: float) -> None:
        super().__init__()
        self.own = Attention(width, heads)
        self.feed_forward = FeedForward(width, times)
        self.add = Residual(dropout)

    def forward(self, token_BWD: Tensor, keep_BW: Tensor) -> Tensor:
        """Refine tokens (B, W, D) by the kept ones among them."""
        token_BWD = self.add(token_BWD, self.own(token_BWD, keep_BW))
        return self.add(token_BWD, self.feed_forward(token_BWD))  # type: ignore[no-any-return]


class CrossLayer(nn.Module):
    """Cross-attention to a context, then feed-forward: how [CLS] reads a modality."""

    def __init__(self, width: int, heads: int, times: int, dropout: float) -> None:
        super().__init__()
        self.cross = Attention(width, heads)
        self.feed_forward = FeedForward(width, times)
        self.add = Residual(dropout)

    def forward(self, token_BQD: Tensor, context_BKD: Tensor, keep_BK: Tensor) -> Tensor:
        """Refine tokens (B, Q, D) by the kept tokens of the context (B, K, D).

        A session of which nothing is kept passes as it came.
        """
        read_BQD = self.add(token_BQD, self.cross(token_BQD, keep_BK, context_BKD))
        read_BQD = self.add(read_BQD, self.feed_forward(read_BQD))
        return torch.where(keep_BK.any(dim=1)[:, None, None], read_BQD, token_BQD)


class GuidedLayer(nn.Module):
    """Self-attention, cross-attention to a context, feed-forward: a layer of the synthesiser."""

    def __init__(self, width: int, heads: int, times: int, dropout: float) -> None:
        super().__init__()
        self.own = Attention(width, heads)
        self.read = CrossLayer(width, heads, times, dropout)
        self.add = Residual(dropout)

    def forward(
        self, token_BWD: Tensor, keep_BW: Tensor, context_BKD: Tensor, keep_BK: Tensor
    ) -> Tensor:
        """Refine tokens (B, W, D) by the kept ones among them, then by the context."""
        token_BWD = self.add(token_BWD, self.own(token_BWD, keep_BW))
        return self.read(token_BWD, context_BKD, keep_BK)  # type: ignore[no-any-return]
