"""What the heads say before they have learnt: the base rates of the training part, cases alike.

Training then starts at the constants that it must beat.
"""

# S = sessions, I = items, T = thresholds (levels - 1)

import math

import numpy as np
import torch
from torch import Tensor

from ...errors import TrainingError
from ...features.types import F32
from ..batches import Ragged
from ..model import Kind
from .heads import Start, thresholds_passed

PROBABILITY = 1e-6  # nearest to 0 and 1 that a probability comes in a logarithm
HALF = 0.5  # a case added on either side of each threshold: no share is 0 or 1 (Haldane's rule)


def start_of(training: Ragged, kind: Kind, *, class_head: bool, items: bool = False) -> Start:
    """Choose the heads and where they start.

    Raises
    ------
    TrainingError
        If no session of the training part knows the class, or an item, that is to be learnt.
    """
    raw = float(np.average(training.y_S, weights=training.weights))
    return Start(
        raw=raw if kind == "score" else _logit(raw),
        class_logit=_class_logit(training) if class_head else None,
        above_IT=_above(training) if items else None,
    )


def _class_logit(training: Ragged) -> float:
    positive_S = training.positive_S
    if positive_S is None or np.isnan(positive_S).all():
        raise TrainingError(
            "class_weight: nobody knows the class of any session of a training part, expected "
            "some; use fewer --folds, or leave class_weight out"
        )
    known_S = ~np.isnan(positive_S)
    return _logit(float(np.average(positive_S[known_S], weights=training.weights[known_S])))


def _above(training: Ragged) -> Tensor:
    """Logits (I, T) of an answer above each threshold."""
    items, level_SI = training.items, training.level_SI
    if items is None or level_SI is None:
        raise TrainingError("item_weight: the training part has no items, expected some")
    for name, level_S in zip(items.names, level_SI.T, strict=True):
        if np.isnan(level_S).all():
            raise TrainingError(
                f"items: no session of a training part has a {name}, expected some; use fewer "
                "--folds, or leave it out of --set items="
            )
    passed_SIT = thresholds_passed(torch.from_numpy(level_SI), items.thresholds).numpy()
    return torch.from_numpy(_smoothed_logits(passed_SIT, training.weights))


def _smoothed_logits(passed_SIT: F32, weight_S: F32) -> F32:
    weight_SIT = weight_S[:, None, None] * ~np.isnan(passed_SIT)
    above_IT = (weight_SIT * np.nan_to_num(passed_SIT)).sum(axis=0)
    logit_IT = np.log(above_IT + HALF) - np.log(weight_SIT.sum(axis=0) - above_IT + HALF)
    return np.asarray(logit_IT, dtype=np.float32)


def _logit(share: float) -> float:
    share = min(max(share, PROBABILITY), 1.0 - PROBABILITY)
    return math.log(share / (1.0 - share))
