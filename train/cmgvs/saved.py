"""A fit as it was saved: how it represents sessions, and what it predicts of them."""

from pathlib import Path

import torch

from ...features.types import F32
from ..batches import Ragged
from ..chance import reproducible
from ..learning.saved import saved_start, saved_weights
from ..model import Judged, Kind
from ..tensors import Resident
from .appraisal import represented
from .config import CmgVs
from .predictor import Predictor, answers
from .recogniser import Recogniser
from .streams import SecondStream, synthetic_columns
from .synthesiser import Synthesiser


def represent(settings: CmgVs, path: Path, sessions: Ragged) -> F32:
    """Represent sessions, standardised as its own were, by the weights in `path`: (S, D)."""
    recogniser = _recogniser(settings, path, sessions)
    return represented(settings, recogniser, sessions, Resident(sessions, torch.device("cpu")))


def predict(
    settings: CmgVs, path: Path, sessions: Ragged, *, kind: Kind, seed: int, device: str
) -> Judged:
    """Predict sessions, standardised as its own were, by the weights in `path`.

    Vision of which nothing was measured is imagined from the draws of `seed`, the fit's.
    """
    where = torch.device(device)
    with reproducible(seed, where):
        synthesiser = None
        if settings.synthesises:
            synthesiser = Synthesiser(settings, settings.widths(_columns(sessions)))
            synthesiser.load_state_dict(saved_weights(path, "synthesiser"))
            synthesiser = synthesiser.to(where).eval()
        predictor = Predictor(
            settings=settings,
            kind=kind,
            recogniser=_recogniser(settings, path, sessions).to(where),
            synthesiser=synthesiser,
            stream=SecondStream(
                shuffled=False,
                synthetic_V=synthetic_columns(settings, sessions.names.get("vision", ())).to(where),
            ),
            seed=seed,
        )
        predicted = predictor(sessions, Resident(sessions, where))
    return Judged(
        out_S=predicted.out_S,
        p_S=predicted.class_S,
        answer_SI=answers(predicted.above_SIT, sessions.items),
    )


def _recogniser(settings: CmgVs, path: Path, sessions: Ragged) -> Recogniser:
    weights = saved_weights(path, "recogniser")
    widths = settings.widths(_columns(sessions))
    recogniser = Recogniser(settings, widths, saved_start(weights)).eval()
    recogniser.load_state_dict(weights)
    return recogniser


def _columns(sessions: Ragged) -> dict[str, int]:
    return {part: int(value_NC.shape[1]) for part, value_NC in sessions.vectors.items()}
