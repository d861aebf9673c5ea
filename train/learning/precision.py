"""In what precision networks multiply: float32, or bfloat16 by autocast.

Only what lies between the embedding and the last layer norm is cast: the weights, their averages,
the outputs (score, posterior, synthetic vision) and all losses are float32, and so is what says
which elements were measured.
"""

from typing import Literal, TypeAlias

import torch

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]


def multiplying(precision: Precision, device: torch.device) -> torch.autocast:
    """Give the context in which a network's forward pass multiplies; see `Learning.precision`."""
    half = precision == "bfloat16" or (precision == "auto" and device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16, enabled=half)
