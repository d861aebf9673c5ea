"""The weights of a network as a fit saved them."""

from pathlib import Path

from torch import Tensor

HEADS = "heads."  # what is learnt beside the target: not needed to represent a case


def saved_weights(path: Path, network: str) -> dict[str, Tensor]:
    """Read the weights of a network by its name in `Training.learners`, but those of its heads."""
    from safetensors.torch import load

    prefix = f"{network}."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in load(path.read_bytes()).items()
        if name.startswith(prefix) and not name.startswith(prefix + HEADS)
    }
