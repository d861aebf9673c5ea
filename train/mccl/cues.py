"""The cues of a batch as the networks read them: numbers without NaN, and what was seen.

An element that was not measured counts as 0, the training centre; a frame of which nothing was
measured is not seen, and no token is made of frames that nobody saw.
"""

# B = windows, T = frames, C = columns, U = cues, J = segments, P = steps of a window (frames or
# patches), F = steps of a segment, X = windows times segments

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
    """Cue -> (B, T, C), 0 where not measured.  What padding holds means nothing."""
    seen_BUT: Tensor
    """Whether the cue was measured in the frame at all; false in padding."""
    frames_B: Tensor
    """Frames of each window, padding not counted."""


def cues_of(batch: Batch) -> Cues:
    """Take the cues of a batch."""
    seen = [seen_of(value_BTC, batch.keep_BW) for value_BTC in batch.vectors.values()]
    value = {cue: value_BTC.nan_to_num(nan=0.0) for cue, value_BTC in batch.vectors.items()}
    return Cues(value, torch.stack(seen, dim=1), batch.keep_BW.sum(dim=1))


def cut(step_BPD: Tensor, steps_B: Tensor, segments: int) -> tuple[Tensor, Tensor]:
    """Cut each window into segments of as many steps, to one.

    Parameters
    ----------
    step_BPD : Tensor of shape (B, P, ...)
        Steps of windows, padded.
    steps_B : Tensor
        How many each window has.
    segments : int > 0

    Returns
    -------
    step_XFD, within_XF
        The segments of each window after each other, (B * J, F, ...), and which of their steps
        there are; a window of fewer steps than segments has segments without any.
    """
    edge_J1 = torch.arange(segments + 1, device=steps_B.device)
    edge_BJ1 = steps_B[:, None] * edge_J1 // segments
    first_BJ, count_BJ = edge_BJ1[:, :-1], edge_BJ1.diff(dim=1)
    place_F = torch.arange(int(count_BJ.max()), device=steps_B.device)
    within_BJF = place_F < count_BJ[..., None]
    step_BJF = torch.where(within_BJF, first_BJ[..., None] + place_F, 0)
    window_B11 = torch.arange(steps_B.shape[0], device=steps_B.device)[:, None, None]
    return step_BPD[window_B11, step_BJF].flatten(0, 1), within_BJF.flatten(0, 1)
