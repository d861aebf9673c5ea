"""Tracks that only files of other programs hold: depx reads them, and never measures them.

A session without such a file simply has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..errors import NothingToMeasure
from .columns import numbered
from .extractor import Inputs, Measured, Takes

HOG = numbered("hog", 12 * 12 * 31)
"""Cells of the aligned face, 12 by 12, 31 channels each, as CLNF lays them out."""
CNN_RESNET = numbered("cnn_resnet", 2048)
CNN_VGG = numbered("cnn_vgg", 4096)
BOVW_OPENFACE = numbered("bovw_openface", 100)
DVLOG_VISUAL = numbered("dvlog_visual", 136)
"""68 landmarks in two dimensions; which number is which, nobody has published."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenOnly:
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
class Hog(GivenOnly):
    """Histograms of oriented gradients of the face, from DAIC-WOZ's ``_CLNF_hog.bin`` only."""

    name: ClassVar[str] = "hog"


@dataclass(frozen=True, kw_only=True, slots=True)
class CnnResnet(GivenOnly):
    """ResNet-50's activations a video frame, from E-DAIC's ``_CNN_ResNet.mat`` only."""

    name: ClassVar[str] = "cnn_resnet"


@dataclass(frozen=True, kw_only=True, slots=True)
class CnnVgg(GivenOnly):
    """VGG-16's activations a video frame, from E-DAIC's ``_CNN_VGG.mat`` only."""

    name: ClassVar[str] = "cnn_vgg"


@dataclass(frozen=True, kw_only=True, slots=True)
class BovwOpenface(GivenOnly):
    """Bags of visual words over 4 s, from E-DAIC's ``_BoVW_openFace`` file only."""

    name: ClassVar[str] = "bovw_openface"


@dataclass(frozen=True, kw_only=True, slots=True)
class DvlogVisual(GivenOnly):
    """Facial landmarks once a second, numbered, from D-Vlog's ``_visual.npy`` only."""

    name: ClassVar[str] = "dvlog_visual"
