"""Acoustic tracks that only files of other programs hold; see `features.given_only`."""

from dataclasses import dataclass
from typing import ClassVar

from ..columns import Column, numbered
from ..given_only import GivenOnly

FORMANTS = tuple(Column(f"F{i}", "Hz", "formant") for i in range(1, 6))
BOAW_EGEMAPS = numbered("boaw_egemaps", 100)
BOAW_MFCC = numbered("boaw_mfcc", 100)
DEEPSPECTRUM_DENSENET201 = numbered("deepspectrum_densenet201", 1920)
DEEPSPECTRUM_VGG16 = numbered("deepspectrum_vgg16", 4096)
DVLOG_ACOUSTIC = numbered("dvlog_acoustic", 25)
"""openSMILE's eGeMAPS descriptors; which number is which, nobody has published."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Formant(GivenOnly):
    """Frequencies of the first five formants, from DAIC-WOZ's ``_FORMANT.csv`` only."""

    name: ClassVar[str] = "formant"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpensmileMfcc(GivenOnly):
    """MFCCs, their deltas and accelerations, from E-DAIC's openSMILE ``_mfcc.csv`` only."""

    name: ClassVar[str] = "opensmile_mfcc"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoawEgemaps(GivenOnly):
    """Bags of audio words of eGeMAPS over 4 s, from E-DAIC's ``_BoAW_..._eGeMAPS.csv`` only."""

    name: ClassVar[str] = "boaw_egemaps"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoawMfcc(GivenOnly):
    """Bags of audio words of MFCCs over 4 s, from E-DAIC's ``_BoAW_..._MFCC.csv`` only."""

    name: ClassVar[str] = "boaw_mfcc"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeepspectrumDensenet201(GivenOnly):
    """DenseNet-201's activations on 4 s of spectrogram, from E-DAIC's ``_densenet201.csv`` only."""

    name: ClassVar[str] = "deepspectrum_densenet201"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeepspectrumVgg16(GivenOnly):
    """VGG-16's activations on 4 s of spectrogram, from E-DAIC's ``_vgg16.csv`` only."""

    name: ClassVar[str] = "deepspectrum_vgg16"


@dataclass(frozen=True, kw_only=True, slots=True)
class DvlogAcoustic(GivenOnly):
    """Acoustic descriptors once a second, numbered, from D-Vlog's ``_acoustic.npy`` only."""

    name: ClassVar[str] = "dvlog_acoustic"
