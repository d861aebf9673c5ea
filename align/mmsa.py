"""What MMSA's trainers get of a training set: which modalities, how long, how gaps are filled."""

from dataclasses import dataclass

from ..errors import TrainingError, UsageError
from .dataset import Dataset
from .padded import Fill

PARTS = ("text", "audio", "vision")
AUDIO = ("covarep", "egemaps", "mfcc", "logmel", "compare", "egemaps_turns")
"""Acoustic modalities in the order of preference: MOSEI's are COVAREP's 74."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mmsa:
    """What ``--set mmsa.NAME=VALUE`` chooses.

    Raises
    ------
    UsageError
        If a length is not positive.
    """

    length: int | None = None
    """Words that a session is padded or cut to; none is the longest session's."""
    frames: int | None = None
    """Steps that unaligned vision is padded or cut to; none is the longest session's."""
    text: str | None = None
    """Modality of the text; none is the first that has a vector a word."""
    audio: str | None = None
    """Modality of the sound; none is the first of covarep, egemaps, mfcc, ... that the set has."""
    vision: str = "face"
    """Modality of the picture."""
    fill: Fill = "mean"
    """What stands where nothing was measured: the column's mean over train, zero, or NaN."""
    seed: int = 0
    """Deals the participants, 60 : 20 : 20, where the set has no splits of its own."""
    tokenizer: str | None = None
    """Folder of the model that MMSA tunes (its `pretrained`); none has bert-base-uncased's."""

    def __post_init__(self) -> None:
        for name, value in (("length", self.length), ("frames", self.frames)):
            if value is not None and value < 1:
                raise UsageError(f"--set mmsa.{name}: got {value}, expected > 0 or none")


def modalities_of(dataset: Dataset, settings: Mmsa) -> dict[str, str]:
    """Choose a modality for each part.

    Raises
    ------
    TrainingError
        If the set lacks one.
    """
    kinds = {described["name"]: described["kind"] for described in dataset.manifest["modalities"]}
    there = {
        "text": settings.text or next((m for m in kinds if kinds[m] == "vectors"), None),
        "audio": settings.audio or next((m for m in AUDIO if m in kinds), None),
        "vision": settings.vision,
    }
    chosen = {}
    for part, name in there.items():
        if name is None or name not in kinds:
            raise TrainingError(
                f"{dataset.path}: MMSA reads text, audio and vision, but there is no "
                f"{name or part}; the set has {', '.join(kinds)}; choose with --set mmsa.{part}="
            )
        chosen[part] = name
    return chosen
