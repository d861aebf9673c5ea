"""Ragged sessions on a device, and the padded batches that the networks read."""

# N = words of all sessions, S = sessions, B = sessions of a batch, W = words, C = columns,
# I = items

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .batches import Crops, Ragged


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Padded crops of sessions."""

    vectors: Mapping[str, Tensor]
    """Part of the model -> (B, W, C); NaN = not measured.  What padding holds means nothing."""
    keep_BW: Tensor
    """True for words, false for padding."""
    y_B: Tensor
    weight_B: Tensor
    participant_B: Tensor
    """Number of the participant."""
    positive_B: Tensor
    """Whether the case is positive: 1, 0, NaN where nobody knows."""
    level_BI: Tensor
    """Answers to the items, counted from 0; NaN where unknown; no column where none is learnt."""


class Resident:
    """Sessions whose vectors lie on the device, gathered there without a copy from the host."""

    def __init__(self, ragged: Ragged, device: torch.device) -> None:
        self.device = device
        self.vectors = {
            part: torch.as_tensor(value_NC, device=device)
            for part, value_NC in ragged.vectors.items()
        }
        self.y_S = torch.as_tensor(ragged.y_S, device=device)
        self.weight_S = torch.as_tensor(ragged.weights, device=device)
        self.participant_S = torch.as_tensor(ragged.participant_S, device=device)
        unknown_S0 = torch.empty((ragged.sessions, 0), device=device)
        self.positive_S = (
            torch.full_like(self.y_S, torch.nan)
            if ragged.positive_S is None
            else torch.as_tensor(ragged.positive_S, device=device)
        )
        self.level_SI = (
            unknown_S0
            if ragged.level_SI is None
            else torch.as_tensor(ragged.level_SI, device=device)
        )

    def gather(self, crops: Crops) -> Batch:
        """Lay the crops side by side, padded to the longest."""
        first_B = torch.as_tensor(crops.first_B, device=self.device)
        words_B = torch.as_tensor(crops.words_B, device=self.device)
        session_B = torch.as_tensor(crops.session_B, device=self.device)
        place_W = torch.arange(int(crops.words_B.max()), device=self.device)
        keep_BW = place_W < words_B[:, None]
        row_BW = torch.where(keep_BW, first_B[:, None] + place_W, first_B[:, None])
        return Batch(
            vectors={part: value_NC[row_BW] for part, value_NC in self.vectors.items()},
            keep_BW=keep_BW,
            y_B=self.y_S[session_B],
            weight_B=self.weight_S[session_B]
            if crops.weight_B is None
            else torch.as_tensor(crops.weight_B, device=self.device),
            participant_B=self.participant_S[session_B],
            positive_B=self.positive_S[session_B],
            level_BI=self.level_SI[session_B],
        )


def blank(batch: Batch, part: str) -> Batch:
    """Take a part away, as if nothing of it had been measured."""
    unknown_BWC = torch.full_like(batch.vectors[part], float("nan"))
    return replace(batch, vectors={**batch.vectors, part: unknown_BWC})
