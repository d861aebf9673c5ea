"""The generators that a fit draws from, as JSON: numpy's for the batches, torch's for the rest."""

from typing import Any

import numpy as np
import torch


def state_of(rng: np.random.Generator, device: torch.device) -> dict[str, Any]:
    """Say where the generators stand: numpy's, and torch's of the CPU and of the device."""
    state: dict[str, Any] = {
        "numpy": dict(rng.bit_generator.state),
        "cpu": torch.get_rng_state().numpy().tobytes().hex(),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state().numpy().tobytes().hex()
    return state


def restore(state: dict[str, Any], rng: np.random.Generator) -> None:
    """Bring the generators to where they stood."""
    rng.bit_generator.state = state["numpy"]
    torch.set_rng_state(_bytes(state["cpu"]))
    if "cuda" in state:
        torch.cuda.set_rng_state(_bytes(state["cuda"]))


def _bytes(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8)
