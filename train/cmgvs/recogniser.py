"""Dual-stream recogniser of CMG-VS: one set of weights reads real and synthetic vision.

Each modality has its own encoder; a learnable [CLS] then reads text, acoustics and vision one after
the other.  Vision alone differs between the streams, so text and acoustics are encoded once for
both (a quarter of the work saved); read last, as by default, it also leaves their reading shared.
What [CLS] is in the end represents the case, and every head says something of that.
"""

# B = sessions, W = words, V = visual columns, D = width

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..learning.blocks import CrossLayer, Embed, SelfLayer
from ..learning.heads import STD, Heads, Outputs, Start
from ..learning.precision import multiplying
from ..tensors import Batch
from .config import CmgVs


@dataclass(frozen=True, eq=False, slots=True)
class Heard:
    """What both streams share: all but vision and what [CLS] reads after it."""

    cls_B1D: Tensor
    """[CLS] when it comes to vision."""
    later: Mapping[str, "Encoded"]
    """Part -> what [CLS] reads after vision."""
    keep_BW: Tensor

    def only(self, chosen_B: Tensor) -> "Heard":
        """Keep some sessions of the batch."""
        later = {
            part: Encoded(encoded.token_BWD[chosen_B], encoded.readable_BW[chosen_B])
            for part, encoded in self.later.items()
        }
        return Heard(self.cls_B1D[chosen_B], later, self.keep_BW[chosen_B])


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """The words of a modality as [CLS] reads them."""

    token_BWD: Tensor
    readable_BW: Tensor


class Reader(nn.Module):
    """Encode one modality, then let [CLS] read it."""

    def __init__(self, settings: CmgVs, columns: int) -> None:
        super().__init__()
        width = settings.width
        shape = (width, settings.heads, settings.feed_forward, settings.dropout)
        self.precision = settings.precision
        self.embed = Embed(columns, width, told=settings.unknown == "told")
        self.encoder = nn.ModuleList(SelfLayer(*shape) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.read = CrossLayer(*shape)

    def encode(self, value_BWC: Tensor, keep_BW: Tensor) -> Encoded:
        """Turn the words of the modality into what [CLS] reads."""
        with multiplying(self.precision, value_BWC.device):
            token_BWD, readable_BW = self.embed(value_BWC), self.embed.readable(value_BWC, keep_BW)
            for layer in self.encoder:
                token_BWD = layer(token_BWD, readable_BW)
            return Encoded(self.norm(token_BWD), readable_BW)

    def forward(self, cls_B1D: Tensor, encoded: Encoded) -> Tensor:
        """Update [CLS] (B, 1, D) by the words of the modality."""
        with multiplying(self.precision, cls_B1D.device):
            read_B1D = self.read(cls_B1D, encoded.token_BWD, encoded.readable_BW)
        return read_B1D.float()  # type: ignore[no-any-return]


class Recogniser(nn.Module):
    """Reads a session; `columns` counts those of each part, `start` says what heads there are."""

    def __init__(
        self, settings: CmgVs, columns: Mapping[str, int], start: Start | None = None
    ) -> None:
        super().__init__()
        start = start or Start()
        self.readers = nn.ModuleDict({p: Reader(settings, c) for p, c in columns.items()})
        self.order = tuple(part for part in settings.reading if part in columns)
        self.cls_D = nn.Parameter(torch.randn(settings.width) * 0.02)
        self.norm = nn.LayerNorm(settings.width)
        self.head = nn.Linear(settings.width, 1)
        # Predictions begin around the training mean: training starts at the constant that it
        # must beat, and a short one does not spend its steps on the intercept.
        nn.init.normal_(self.head.weight, std=STD)
        nn.init.constant_(self.head.bias, start.raw)
        self.heads = Heads(settings.width, start)  # last: without any, nothing else is drawn

    def listen(self, batch: Batch) -> Heard:
        """Encode and read all that both streams share."""
        cls_B1D = self.cls_D.expand(batch.keep_BW.shape[0], 1, -1)
        at = self.order.index("vision") if "vision" in self.order else len(self.order)
        for part in self.order[:at]:
            cls_B1D = self.readers[part](
                cls_B1D, self._encoded(part, batch.vectors[part], batch.keep_BW)
            )
        later = {
            part: self._encoded(part, batch.vectors[part], batch.keep_BW)
            for part in self.order[at + 1 :]
        }
        return Heard(cls_B1D, later, batch.keep_BW)

    def represent(self, heard: Heard, vision_BWV: Tensor | None) -> Tensor:
        """Representation (B, D) of each session after everything was read, as the heads read it."""
        cls_B1D = heard.cls_B1D
        if vision_BWV is not None:
            encoded = self._encoded("vision", vision_BWV, heard.keep_BW)
            cls_B1D = self.readers["vision"](cls_B1D, encoded)
        for part, encoded in heard.later.items():
            cls_B1D = self.readers[part](cls_B1D, encoded)
        return self.norm(cls_B1D)[:, 0]  # type: ignore[no-any-return]

    def judge(self, heard: Heard, vision_BWV: Tensor | None) -> Outputs:
        """Raw outputs: the scaled score, or the logit of the class, and what other heads say."""
        case_BD = self.represent(heard, vision_BWV)
        return self.heads(self.head(case_BD)[:, 0], case_BD)  # type: ignore[no-any-return]

    def forward(self, batch: Batch) -> Outputs:
        """Raw outputs on the real vision, where the training set has any."""
        return self.judge(self.listen(batch), batch.vectors.get("vision"))

    def _encoded(self, part: str, value_BWC: Tensor, keep_BW: Tensor) -> Encoded:
        return self.readers[part].encode(value_BWC, keep_BW)  # type: ignore[operator, no-any-return]
