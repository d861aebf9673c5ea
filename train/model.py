"""What every model of depx is to the trainer: frozen settings that can fit one fold.

A new model is a folder, a line in `registry.py` and a test.
"""

# S = test sessions, I = items, D = width of their representation

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

from ..align.dataset import Dataset, Target
from ..features.types import F32, F64
from .ablation.arms import Ablation
from .batches import Ragged
from .cases import Corpus
from .checkpoint import Array, Keeper, Row
from .looks import Look

Kind: TypeAlias = Literal["score", "class"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Fitted:
    """What training on one fold yields."""

    out_S: F64
    """(S,) prediction of each test session: score scaled to 0..1, or probability of the class."""
    without: Mapping[str, F64]
    """Part of the model -> (S,) what is predicted where that part is not read."""
    represented_SD: F32
    """(S, D) what the last layer reads of each test session."""
    tensors: Mapping[str, Array]
    """Averaged weights of the chosen epoch, by name."""
    synthesis: Sequence[Row] = ()
    """How real what was synthesised looks, a row a ``source`` and ``column``; empty where the model
    synthesises nothing."""
    looks: Sequence[Look] = ()
    """Where the model looked, a row a window of a test session; empty where it does not say."""
    p_S: F64 | None = None
    """(S,) probability of the class, where it is learnt beside a score."""
    chosen_S: F64 | None = None
    """The same as `out_S` of the sessions that chose the epoch; None where there are none."""
    chosen_p_S: F64 | None = None
    """The same as `p_S` of them."""
    answer_SI: F64 | None = None
    """(S, I) expected answer to each item, where items are learnt."""
    epoch: int
    """The epoch whose weights were kept, from 1."""
    curve: Sequence[Row]
    """A row an epoch: its stage, training losses, inner validation; None where undefined."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """What a saved fit predicts of sessions."""

    out_S: F64
    """(S,) score scaled to 0..1, or probability of the class."""
    p_S: F64 | None = None
    """(S,) probability of the class, where it was learnt beside a score."""
    answer_SI: F64 | None = None
    """(S, I) expected answer to each item, where items were learnt."""


class Model(Protocol):
    """Settings of a model; a frozen dataclass whose fields are its ``--set`` names."""

    name: ClassVar[str]
    ablations: ClassVar[Mapping[str, Ablation]]
    """What ``--ablation`` may name."""
    grid: ClassVar[Mapping[str, tuple[Any, ...]]]
    """Settings that ``--tune`` chooses, each with the values that it tries."""

    @property
    def normalise(self) -> Literal["standard", "robust"]:
        """How columns are standardised."""
        ...

    @property
    def validation(self) -> float:
        """Share of the training participants that the model keeps for its inner choices."""
        ...

    @property
    def pool(self) -> tuple[str, ...]:
        """Statistics of a word's samples that the training set must hold."""
        ...

    def one_scale(self, part: str) -> bool:
        """Say whether the columns of a part are standardised by one common scale."""
        ...

    def check(self, target: Target) -> None:
        """Refuse a target that the settings cannot be trained on; raises `TrainingError`."""
        ...

    def settings(self) -> Mapping[str, object]:
        """List the settings by name, as ``run.json`` has them."""
        ...

    def available(self, dataset: Dataset, target: Target | None) -> Collection[str]:
        """List what a training set has of that which the model can read.

        With a target, that which its labelled sessions have; without one, any session.
        """
        ...

    def suited(self, available: Collection[str]) -> "tuple[Model, str | None]":
        """Adapt the settings to what a training set has; a line says so where they changed."""
        ...

    def modalities(self, available: Collection[str]) -> Mapping[str, str]:
        """Choose the modality for each part of the model; raises `TrainingError`."""
        ...

    def tracks(self, parts: Mapping[str, str]) -> Collection[str]:
        """Name the tracks of the store that the modalities of its parts are made of."""
        ...

    def imagines(self, part: str) -> bool:
        """Say whether the model makes up a part of which nothing was measured."""
        ...

    def read(self, dataset: Dataset, target: Target | None, parts: Mapping[str, str]) -> Corpus:
        """Read the labelled sessions of a training set, without a target all; no label then.

        Raises `TrainingError`.
        """
        ...

    def varied(self, settings: Mapping[str, Any]) -> "Model":
        """Change some settings."""
        ...

    def represent(self, path: Path, sessions: Ragged) -> F32:
        """Represent sessions (S, D) by the weights that a fit of these settings saved."""
        ...

    def predict(
        self, path: Path, sessions: Ragged, *, kind: Kind, seed: int, device: str
    ) -> Judged:
        """Predict sessions by all that a fit saved in `path`, as it predicted its test sessions.

        The sessions are standardised as the fit's own were, and have its columns; `seed` is the
        fit's, from which its model draws what it imagines.
        """
        ...

    def fit(
        self,
        training: Ragged,
        validation: Ragged | None,
        test: Ragged,
        *,
        kind: Kind,
        seed: int,
        device: str,
        keeper: Keeper,
    ) -> Fitted:
        """Train on the training sessions, choose on the validation sessions, predict the test.

        The keeper resumes the training before its first epoch, and keeps it after each.
        """
        ...
