"""The cues of a batch as the networks read them: numbers without NaN, and what was seen.

An element that was not measured counts as 0, the training centre; a frame of which nothing was
measured is not seen, and no token is made of frames that nobody saw.
"""

# B = windows, T = frames, C = columns, U = cues, P = patches, J = segments, F = frames a segment

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..learning.blocks import seen_of
from ..tensors import Batch


@dataclass(frozen=True, eq=False, slots=True)
class Cues:
    """Frames of windows, cue by cue."""

    value: Mapping[str, Tensor]
    """Cue -> (B, T, C), 0 where not measured."""
    seen_BUT: Tensor
    """Whether the cue was measured in the frame at all; false in padding."""


def cues_of(batch: Batch) -> Cues:
    """Take the cues of a batch."""
    seen = [seen_of(value_BTC, batch.keep_BW) for value_BTC in batch.vectors.values()]
    value = {
        cue: value_BTC.nan_to_num(nan=0.0) * batch.keep_BW[..., None]
        for cue, value_BTC in batch.vectors.items()
    }
    return Cues(value, torch.stack(seen, dim=1))


def segmented(cues: Cues, keep_BT: Tensor, segments: int, patch: int) -> Cues:
    """Cut each window into segments of as many whole patches, to one: (B, T) -> (B * J, F).

    Windows of fewer patches than segments have segments in which nothing was seen.
    """
    patches_B = keep_BT.sum(dim=1) // patch
    edge_J1 = torch.arange(segments + 1, device=keep_BT.device)
    edge_BJ1 = patches_B[:, None] * edge_J1 // segments * patch
    first_BJ, count_BJ = edge_BJ1[:, :-1], edge_BJ1.diff(dim=1)
    place_F = torch.arange(int(count_BJ.max()), device=keep_BT.device)
    within_BJF = place_F < count_BJ[..., None]
    frame_BJF = torch.where(within_BJF, first_BJ[..., None] + place_F, 0)
    window_B11 = torch.arange(keep_BT.shape[0], device=keep_BT.device)[:, None, None]
    value = {
        cue: (value_BTC[window_B11, frame_BJF] * within_BJF[..., None]).flatten(0, 1)
        for cue, value_BTC in cues.value.items()
    }
    seen_BJUF = cues.seen_BUT.transpose(1, 2)[window_B11, frame_BJF].transpose(2, 3)
    return Cues(value, (seen_BJUF & within_BJF[:, :, None]).flatten(0, 1))
