"""A network as a fit saved it, and how it represents sessions."""

from pathlib import Path

import torch

from ...features.types import F32
from ..batches import Ragged
from ..learning.heads import Start
from ..learning.saved import saved_weights
from ..tensors import Resident
from .config import Mccl
from .network import Network
from .predictor import Predictor


def represent(settings: Mccl, path: Path, sessions: Ragged) -> F32:
    """Represent the case of sessions, standardised as its own were, by the weights in `path`."""
    columns = {cue: int(value_NC.shape[1]) for cue, value_NC in sessions.vectors.items()}
    network = Network(settings.varied({"encoder_weights": None}), columns, Start()).eval()
    network.load_state_dict(saved_weights(path, "network"))
    assert sessions.rate_hz is not None  # frames have one
    predictor = Predictor(
        settings=settings, kind="score", network=network, window=settings.window(sessions.rate_hz)
    )
    embedded = predictor.embed(sessions, Resident(sessions, torch.device("cpu")))
    represented_SD: F32 = embedded.case_KX.numpy()[embedded.place_S]
    return represented_SD
