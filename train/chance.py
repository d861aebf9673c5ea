"""The generators that a fit draws from: numpy's for the batches, torch's for the rest.

They can be fixed for a block, and written down as JSON and brought back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def reproducible(seed: int, device: torch.device) -> Iterator[None]:
    """Fix the seed and one native thread for the block; leave the process as it was."""
    threads = torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if cuda else []):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        # cuBLAS is deterministic only under an environment variable that must be set at its start.
        torch.use_deterministic_algorithms(not cuda)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


def _bytes(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8)
