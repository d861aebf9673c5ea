"""What an ablation is made of: tables of arms, each a few settings that differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train the model."""

    name: str
    """Of its folder, and in the tables."""
    about: str
    """What it is, for a reader who knows the model."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Which settings differ from those of the ablation."""
    published: float | None = None
    """F1 that the paper reports for it; None where it does not."""
    control: bool = False
    """Whether it is one that the paper lacks: if it does as well, the claim does not hold."""
    needs: tuple[str, ...] = ()
    """Parts of the model that must be measured, or the arm would be another one."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Arms that answer one question; the first is what the others are compared with."""

    name: str
    question: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """Tables that share their first arm."""

    name: str
    paper: str
    """Whose ablation it is, and whose figures stand beside ours, where the arms have any."""
    tables: tuple[Table, ...]
    drawn: Mapping[str, str] = field(default_factory=dict)
    """Arm -> title of its panel in the picture of representations."""

    @property
    def reference(self) -> Arm:
        """The arm that all others are compared with."""
        return self.tables[0].arms[0]

    def arms(self) -> Iterator[Arm]:
        """Every arm once, in the order of the tables."""
        named = {arm.name: arm for table in self.tables for arm in table.arms}
        yield from named.values()

    def changed(self) -> frozenset[str]:
        """Name the settings that its arms set."""
        return frozenset(name for arm in self.arms() for name in arm.settings)
