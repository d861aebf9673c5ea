"""A fit as it was saved: how it represents sessions, and what it predicts of them."""

from pathlib import Path

import torch

from ...features.types import F32
from ..batches import Ragged
from ..chance import reproducible
from ..learning.saved import saved_start, saved_weights
from ..model import Judged, Kind
from ..tensors import Resident
from .config import Mccl
from .network import Network
from .predictor import Predictor
from .readout import saved_readout


def represent(settings: Mccl, path: Path, sessions: Ragged) -> F32:
    """Represent the case of sessions, standardised as its own were, by the weights in `path`."""
    predictor = _predictor(settings, path, sessions, "score", torch.device("cpu"))
    embedded = predictor.embed(sessions, Resident(sessions, torch.device("cpu")))
    represented_SD: F32 = embedded.case_KX.numpy()[embedded.place_S]
    return represented_SD


def predict(
    settings: Mccl, path: Path, sessions: Ragged, *, kind: Kind, seed: int, device: str
) -> Judged:
    """Predict sessions, standardised as its own were, by the weights in `path`."""
    from safetensors.numpy import load

    where = torch.device(device)
    with reproducible(seed, where):
        predictor = _predictor(settings, path, sessions, kind, where)
        readout = saved_readout(load(path.read_bytes()), kind)
        embedded = predictor.embed(sessions, Resident(sessions, where))
        predicted = predictor.read(embedded, readout)
    return Judged(out_S=predicted.out_S, p_S=predicted.class_S)


def _predictor(
    settings: Mccl, path: Path, sessions: Ragged, kind: Kind, where: torch.device
) -> Predictor:
    columns = {cue: int(value_NC.shape[1]) for cue, value_NC in sessions.vectors.items()}
    weights = saved_weights(path, "network")
    network = Network(settings.varied({"encoder_weights": None}), columns, saved_start(weights))
    network.load_state_dict(weights)
    assert sessions.rate_hz is not None  # frames have one
    return Predictor(
        settings=settings,
        kind=kind,
        network=network.to(where).eval(),
        window=settings.window(sessions.rate_hz),
    )
