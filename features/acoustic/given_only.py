"""Tracks that only files of other programs hold: nothing here measures them.

They stand among the extractors so that they are named, keyed, chosen and recorded like all tracks.
A session without such a file simply has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...errors import NothingToMeasure
from ..columns import Column
from ..extractor import Inputs, Measured, Takes

FORMANTS = tuple(Column(f"F{i}", "Hz", "formant") for i in range(1, 6))


@dataclass(frozen=True, kw_only=True, slots=True)
class _GivenOnly:
    """What such tracks share."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "given"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {}

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No model."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure nothing.

        Raises
        ------
        NothingToMeasure
            Always.
        """
        raise NothingToMeasure(f"{self.name}: comes from files of other programs only")


@dataclass(frozen=True, kw_only=True, slots=True)
class Formant(_GivenOnly):
    """Frequencies of the first five formants, from DAIC-WOZ's ``_FORMANT.csv`` only."""

    name: ClassVar[str] = "formant"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpensmileMfcc(_GivenOnly):
    """MFCCs, their deltas and accelerations, from E-DAIC's openSMILE ``_mfcc.csv`` only."""

    name: ClassVar[str] = "opensmile_mfcc"
