"""Settings that every model has in common: how long, how fast and on what it learns."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...errors import UsageError
from ...features.parameters import parameters, recorded

Loss: TypeAlias = Literal["mse", "ccc", "mse+ccc", "huber"]
"""Of a score: mean squared error, 1 - CCC of the batch, their sum, or Huber's."""

LARGEST = 1e6  # of any setting: JSON knows no infinity


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """The part of a model's settings that `depx.train.learning` reads."""

    normalise: Literal["standard", "robust"] = "standard"
    """Mean and sd of each column, or median and interquartile range."""
    class_weight: float = 0.0
    """Weight of a head for the class beside that of a score; 0: no such head."""
    epochs: int = 60
    """Passes over the training sessions at most."""
    patience: int = 15
    """Epochs without a better inner validation before training stops."""
    validation: float = 0.2
    """Share of the training participants that chooses the epoch; 0: the last epoch is taken."""
    batch: int = 16
    """Sessions a step."""
    lr: float = 1e-4
    """Peak learning rate of AdamW."""
    weight_decay: float = 1e-2
    """Weight decay of AdamW."""
    warmup: float = 0.05
    """Share of the steps over which the learning rate rises; then it falls along a cosine."""
    clip: float = 1.0
    """Largest norm of the gradient of each network."""
    ema: float = 0.99
    """Decay of the averaged weights that are judged and saved."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What the networks multiply in; ``auto``: bfloat16 by autocast on CUDA, float32 on the CPU,
    where bfloat16 does not pay at this size.  Weights, outputs and losses are float32."""

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "batch"):
            self.require(name, low=1)
        self.require("weight_decay", low=0)
        self.require("class_weight", low=0, high=1e6)
        self.require("warmup", low=0, high=1)
        self.require("validation", low=0, high=0.5)
        self.require("ema", low=0, high=0.99999)
        self.require("lr", low=1e-9, high=1)
        self.require("clip", low=1e-9)

    def require(self, name: str, *, low: float, high: float = LARGEST) -> None:
        """Refuse a setting beyond its range.

        Raises
        ------
        UsageError
            If it is.
        """
        value = getattr(self, name)
        if not low <= value <= high:
            raise UsageError(f"{name}={value}: expected {low:g} to {high:g}")

    def require_heads(self, width: int, heads: int) -> None:
        """Refuse a width that heads, and the sines and cosines of positions, do not divide.

        Raises
        ------
        UsageError
            If it is not a multiple of twice the heads.
        """
        if width % (2 * heads):
            raise UsageError(
                f"width={width}, heads={heads}: expected a width that is a multiple of twice the "
                "heads"
            )

    def settings(self) -> dict[str, object]:
        """List the settings by name, as ``run.json`` has them: the model's own first."""
        found = recorded(self)
        return {one.name: found[one.name] for one in parameters(type(self))}
