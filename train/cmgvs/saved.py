"""A recogniser as a fit saved it, and how it represents sessions."""

from pathlib import Path

import torch

from ...features.types import F32
from ..batches import Ragged
from ..learning.saved import saved_weights
from ..tensors import Resident
from .appraisal import represented
from .config import CmgVs
from .recogniser import Recogniser


def represent(settings: CmgVs, path: Path, sessions: Ragged) -> F32:
    """Represent sessions, standardised as its own were, by the weights in `path`: (S, D)."""
    columns = {part: int(value_NC.shape[1]) for part, value_NC in sessions.vectors.items()}
    recogniser = Recogniser(settings, settings.widths(columns)).eval()
    recogniser.load_state_dict(saved_weights(path, "recogniser"))
    return represented(settings, recogniser, sessions, Resident(sessions, torch.device("cpu")))
