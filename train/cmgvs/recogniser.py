"""Dual-stream recogniser of CMG-VS: one set of weights reads real and synthetic vision.

Each modality has its own encoder; a learnable [CLS] then reads text, acoustics and vision one after
the other.  Vision comes last because it alone differs between the streams: what [CLS] heard is
computed once for both (a quarter of the work saved).
"""

# B = sessions, W = words, V = visual columns, D = width

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..tensors import Batch
from .blocks import CrossLayer, Embed, SelfLayer
from .config import CmgVs
from .precision import multiplying


class Reader(nn.Module):
    """Encode one modality, then let [CLS] read it."""

    def __init__(self, settings: CmgVs, columns: int) -> None:
        super().__init__()
        width = settings.width
        shape = (width, settings.heads, settings.feed_forward, settings.dropout)
        self.precision = settings.precision
        self.embed = Embed(columns, width)
        self.encoder = nn.ModuleList(SelfLayer(*shape) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.read = CrossLayer(*shape)

    def forward(self, cls_B1D: Tensor, value_BWC: Tensor, keep_BW: Tensor) -> Tensor:
        """Update [CLS] (B, 1, D) by the words of the modality."""
        with multiplying(self.precision, value_BWC.device):
            token_BWD = self.embed(value_BWC)
            for layer in self.encoder:
                token_BWD = layer(token_BWD, keep_BW)
            return self.read(cls_B1D, self.norm(token_BWD), keep_BW).float()  # type: ignore[no-any-return]


class Recogniser(nn.Module):
    """Score of a session; `columns` counts those of each part, `start` is the first prediction."""

    def __init__(self, settings: CmgVs, columns: Mapping[str, int], start: float = 0.0) -> None:
        super().__init__()
        self.readers = nn.ModuleDict({p: Reader(settings, c) for p, c in columns.items()})
        self.cls_D = nn.Parameter(torch.randn(settings.width) * 0.02)
        self.norm = nn.LayerNorm(settings.width)
        self.head = nn.Linear(settings.width, 1)
        # Predictions begin around the training mean: training starts at the constant that it
        # must beat, and a short one does not spend its steps on the intercept.
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.constant_(self.head.bias, start)

    def listen(self, batch: Batch) -> Tensor:
        """[CLS] (B, 1, D) after text and acoustics: what both streams share."""
        cls_B1D = self.cls_D.expand(batch.keep_BW.shape[0], 1, -1)
        for part in self.readers:
            if part != "vision":
                cls_B1D = self.readers[part](cls_B1D, batch.vectors[part], batch.keep_BW)
        return cls_B1D

    def judge(self, heard_B1D: Tensor, vision_BWV: Tensor | None, keep_BW: Tensor) -> Tensor:
        """Raw output (B,) after vision: the scaled score, or the logit of the positive class."""
        cls_B1D = heard_B1D
        if vision_BWV is not None:
            cls_B1D = self.readers["vision"](heard_B1D, vision_BWV, keep_BW)
        return self.head(self.norm(cls_B1D))[:, 0, 0]  # type: ignore[no-any-return]

    def forward(self, batch: Batch) -> Tensor:
        """Raw output (B,) on the real vision, where the training set has any."""
        return self.judge(self.listen(batch), batch.vectors.get("vision"), batch.keep_BW)
