"""The weights of a network as a fit saved them, and which heads they are of."""

# I = items, T = their thresholds (levels - 1)

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .heads import Start

HEADS = "heads."  # what is learnt beside the target


def saved_weights(path: Path, network: str) -> dict[str, Tensor]:
    """Read the weights of a network by its name in `Training.learners`."""
    from safetensors.torch import load

    prefix = f"{network}."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in load(path.read_bytes()).items()
        if name.startswith(prefix)
    }


def saved_start(weights: Mapping[str, Tensor]) -> Start:
    """Say which heads a network needs to take these weights; what it starts from is overwritten."""
    items = weights.get(f"{HEADS}items.gap_IT")
    return Start(
        class_logit=0.0 if f"{HEADS}positive.weight" in weights else None,
        above_IT=None if items is None else torch.zeros(items.shape[0], items.shape[1] + 1),
    )
