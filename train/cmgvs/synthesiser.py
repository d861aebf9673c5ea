"""Conditional visual synthesiser of CMG-VS: a CVAE that imagines the face under words.

P(f_v | f_a, f_t): in the posterior the visual words ask and the context [f_a, f_t] answers; the
decoder is symmetric and turns a latent a word, conditioned on the same context, into visual
columns.  The prior is N(0, I).  A word without any measured visual column has no posterior: its
latent is drawn from the prior, which is also what a session without video gets.  With
``latent=global`` a crop has one latent for all its words.
"""

# B = sessions, W = words, K = context tokens (W a modality), V = visual columns, D = width,
# Z = latent width, L = latents (W, or 1 where it is global), M = modalities of the context

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..learning.blocks import Embed, GuidedLayer, positions, seen_of
from ..learning.precision import multiplying
from ..tensors import Batch
from .config import CmgVs

LOG_VARIANCE = (-8.0, 8.0)  # sigma within e**-4..e**4: exp() stays finite in float32 and bfloat16


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """What synthesis is conditioned on: embedded words of the modalities, one after the other."""

    token_BKD: Tensor
    keep_BK: Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Synthetic:
    """What the synthesiser makes of a batch."""

    vision_BWV: Tensor
    """f'_v of the augmented stream, every element present."""
    rebuilt_BWV: Tensor
    """Decoded posterior sample, which L_consis compares with the real vision."""
    mean_BLZ: Tensor
    log_variance_BLZ: Tensor
    seen_BL: Tensor
    """Latents that have a posterior: of a word that is no padding and of which at least one visual
    column was measured; of a crop with such a word."""


class Synthesiser(nn.Module):
    """CVAE over the visual words; `columns` says how many columns each part has."""

    def __init__(self, settings: CmgVs, columns: Mapping[str, int]) -> None:
        super().__init__()
        width = settings.width
        shape = (width, settings.heads, settings.feed_forward, settings.dropout)
        self.precision = settings.precision
        self.source = settings.aug_source
        self.parts = settings.context
        told = settings.unknown == "told"
        self.context_embed = nn.ModuleDict(
            {p: Embed(columns[p], width, told=told) for p in self.parts}
        )
        self.modality_MD = nn.Parameter(torch.randn(len(self.parts), width) * 0.02)
        self.context_norm = nn.LayerNorm(width)
        self.vision_embed = Embed(columns["vision"], width, told=told)
        self.encoder = nn.ModuleList(GuidedLayer(*shape) for _ in range(settings.layers))
        self.to_posterior = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * settings.latent_width)
        )
        self.is_global, self.latent_width = settings.latent == "global", settings.latent_width
        self.from_latent = nn.Linear(settings.latent_width, width)
        self.decoder = nn.ModuleList(GuidedLayer(*shape) for _ in range(settings.layers))
        self.to_vision = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, columns["vision"]))

    def context(self, batch: Batch) -> Context:
        """Concatenate the conditioning modalities along time, each with its own embedding."""
        with multiplying(self.precision, batch.keep_BW.device):
            tokens = [
                self.context_embed[part](batch.vectors[part]) + self.modality_MD[m]
                for m, part in enumerate(self.parts)
            ]
        readable = [
            self.context_embed[part].readable(batch.vectors[part], batch.keep_BW)  # type: ignore[operator]
            for part in self.parts
        ]
        return Context(
            token_BKD=self.context_norm(torch.cat(tokens, dim=1)),
            keep_BK=torch.cat(readable, dim=1),
        )

    def encode(
        self, vision_BWV: Tensor, keep_BW: Tensor, context: Context
    ) -> tuple[Tensor, Tensor]:
        """Posterior q(z | vision, context): mean and log-variance, each (B, L, Z)."""
        readable_BW = self.vision_embed.readable(vision_BWV, keep_BW)
        with multiplying(self.precision, keep_BW.device):
            token_BWD = self.vision_embed(vision_BWV)
            for layer in self.encoder:
                token_BWD = layer(token_BWD, readable_BW, context.token_BKD, context.keep_BK)
        token_BLD = self._pooled(token_BWD.float(), seen_of(vision_BWV, keep_BW))
        mean_BLZ, log_variance_BLZ = self.to_posterior(token_BLD).chunk(2, dim=-1)
        return mean_BLZ, log_variance_BLZ.clamp(*LOG_VARIANCE)

    def _pooled(self, token_BWD: Tensor, seen_BW: Tensor) -> Tensor:
        """One token a latent: each word's own, or the mean of those that were seen."""
        if not self.is_global:
            return token_BWD
        weight_BW1 = seen_BW[..., None].to(token_BWD.dtype)
        count_B11 = weight_BW1.sum(dim=1, keepdim=True).clamp(min=1)
        return (token_BWD * weight_BW1).sum(dim=1, keepdim=True) / count_B11

    def decode(self, latent_BLZ: Tensor, keep_BW: Tensor, context: Context) -> Tensor:
        """Visual columns (B, W, V), standardised, of latents (B, L, Z) in their context."""
        token_BWD = self.from_latent(latent_BLZ)
        token_BWD = token_BWD + positions(keep_BW.shape[1], token_BWD.shape[-1], keep_BW.device)
        with multiplying(self.precision, keep_BW.device):
            for layer in self.decoder:
                token_BWD = layer(token_BWD, keep_BW, context.token_BKD, context.keep_BK)
        return self.to_vision(token_BWD.float())  # type: ignore[no-any-return]

    def forward(self, batch: Batch) -> Synthetic:
        """Synthesise the vision of a batch, from the latent that `aug_source` names."""
        vision_BWV, keep_BW = batch.vectors["vision"], batch.keep_BW
        seen_BL = seen_of(vision_BWV, keep_BW)
        if self.is_global:
            seen_BL = seen_BL.any(dim=1, keepdim=True)
        context = self.context(batch)
        mean_BLZ, log_variance_BLZ = self.encode(vision_BWV, keep_BW, context)
        noise_BLZ = torch.randn_like(mean_BLZ)
        sample_BLZ = mean_BLZ + (0.5 * log_variance_BLZ).exp() * noise_BLZ
        latent_BLZ = torch.where(seen_BL[..., None], sample_BLZ, noise_BLZ)
        rebuilt_BWV = self.decode(latent_BLZ, keep_BW, context)
        synthetic_BWV = rebuilt_BWV
        if self.source != "posterior":
            synthetic_BWV = self.decode(torch.randn_like(mean_BLZ), keep_BW, context)
        if self.source == "mix":
            coin_B11 = torch.rand(keep_BW.shape[0], 1, 1, device=keep_BW.device) < 0.5
            synthetic_BWV = torch.where(coin_B11, rebuilt_BWV, synthetic_BWV)
        return Synthetic(
            vision_BWV=synthetic_BWV,
            rebuilt_BWV=rebuilt_BWV,
            mean_BLZ=mean_BLZ,
            log_variance_BLZ=log_variance_BLZ,
            seen_BL=seen_BL,
        )

    def imagine(self, batch: Batch, noise_WZ: Tensor) -> Tensor:
        """Vision (B, W, V) of the prior's latent: what a session without video has.

        Parameters
        ----------
        batch : Batch
        noise_WZ : Tensor
            Standard normal, the same for every session, so that none depends on those beside it;
            at least as many words as the batch has.
        """
        words = 1 if self.is_global else batch.keep_BW.shape[1]
        latent_BLZ = noise_WZ[:words].expand(batch.keep_BW.shape[0], -1, -1)
        return self.decode(latent_BLZ, batch.keep_BW, self.context(batch))
