"""The patch encoder of MCCL: a few frames of a cue are a token, a small Transformer reads them.

This stands where the paper has a ResNet-18 (`resnet`): interviews are few, and what a cue does over
minutes is told by far fewer numbers.  Cues have projections of their own, which both modules share,
and within a module they share all else.
"""

# B = windows, X = windows or segments, U = cues, P = patches, C = columns, D = width,
# Z = windows or segments, times cues

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..learning.blocks import SelfLayer, positions
from .config import Mccl
from .cues import Cues, cut


@dataclass(frozen=True, eq=False, slots=True)
class Patches:
    """Windows as tokens, a patch of frames each."""

    token_BPUD: Tensor
    seen_BPU: Tensor
    """Whether the cue was measured in any frame of the patch; false in padding."""
    patches_B: Tensor
    """Patches of each window, padding not counted."""


class Patcher(nn.Module):
    """Turn frames into patches; a multiple of `patch` of them."""

    def __init__(self, settings: Mccl, columns: Mapping[str, int]) -> None:
        super().__init__()
        self.patch = settings.patch
        self.project = nn.ModuleDict(
            {c: nn.Linear(self.patch * count, settings.width) for c, count in columns.items()}
        )

    def forward(self, cues: Cues) -> Patches:
        """Project each patch of each cue."""
        windows, count, frames = cues.seen_BUT.shape
        patches = frames // self.patch
        seen_BUP = cues.seen_BUT.reshape(windows, count, patches, self.patch).any(dim=-1)
        tokens = [
            self.project[cue](value_BTC.reshape(windows, patches, -1))
            for cue, value_BTC in cues.value.items()
        ]
        return Patches(
            torch.stack(tokens, dim=2), seen_BUP.transpose(1, 2), cues.frames_B // self.patch
        )


class PatchEncoder(nn.Module):
    """Turn each cue of a window into one token."""

    def __init__(self, settings: Mccl) -> None:
        super().__init__()
        self.width = settings.width
        shape = (self.width, settings.heads, settings.feed_forward, settings.dropout)
        self.layers = nn.ModuleList(SelfLayer(*shape) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(self.width)

    def forward(self, given: Patches, segments: int = 1) -> tuple[Tensor, Tensor]:
        """Encode windows, or each of their segments by itself.

        Returns
        -------
        token_XUD, seen_XU
            A token a cue, the mean over the patches that were seen; and whether any was; the
            segments of a window after each other.
        """
        token_XPUD, seen_XPU = given.token_BPUD, given.seen_BPU
        if segments > 1:
            token_XPUD, within_XP = cut(token_XPUD, given.patches_B, segments)
            seen_XPU = cut(seen_XPU, given.patches_B, segments)[0] & within_XP[..., None]
        windows, patches, count = seen_XPU.shape
        token_XPUD = token_XPUD + positions(patches, self.width, token_XPUD.device)[:, None]
        token_ZPD = token_XPUD.transpose(1, 2).flatten(0, 1)
        seen_ZP = seen_XPU.transpose(1, 2).flatten(0, 1)
        for layer in self.layers:
            token_ZPD = layer(token_ZPD, seen_ZP)
        share_ZP = seen_ZP / seen_ZP.sum(dim=-1, keepdim=True).clamp(min=1)
        mean_ZD = torch.einsum("zpd,zp->zd", self.norm(token_ZPD), share_ZP)
        return mean_ZD.reshape(windows, count, -1), seen_XPU.any(dim=1)
