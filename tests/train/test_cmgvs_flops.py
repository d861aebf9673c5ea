"""How many operations a joint step takes a sample at 256 words: no load of the machine moves that.

`torch.utils.flop_counter` does not see into the fused CPU attention, so what is inside attention is
counted apart, with the plain kernel.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from depx.train.batches import Ragged, whole_batches
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.steps import Joint
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task
from depx.train.tensors import Resident

WORDS, SAMPLES = 256, 2
GFLOP = 4.0  # a sample; found: 3.2 with 384 columns of text, 3.3 with 768
ATTENTION_GFLOP = 2.1  # 12 attentions over W and 4 over 2 W words, forward and backward


@pytest.fixture(params=[384, 768], ids=["MiniLM", "BERT"])
def step(request: pytest.FixtureRequest) -> Callable[[], object]:
    """Make a joint step of the default settings on COVAREP, OpenFace and a text model."""
    columns = {"text": request.param, "acoustic": 74, "vision": 49}
    rng = np.random.default_rng(0)
    rows = WORDS * SAMPLES
    sessions = Ragged(
        vectors={p: rng.standard_normal((rows, c)).astype(np.float32) for p, c in columns.items()},
        offsets_S1=np.arange(0, rows + 1, WORDS),
        y_S=rng.random(SAMPLES).astype(np.float32),
        case_S=np.arange(SAMPLES),
        participant_S=np.arange(SAMPLES),
        names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in columns.items()},
    )
    (crops,) = whole_batches(sessions, size=SAMPLES)
    batch = Resident(sessions, torch.device("cpu")).gather(crops)
    settings = CmgVs()
    joint = Joint(
        settings,
        Task("score"),
        Learner(Recogniser(settings, columns), settings, 100),
        Learner(Synthesiser(settings, columns), settings, 100),
        SecondStream(shuffled=False, synthetic_V=torch.ones(49, dtype=torch.bool)),
    )
    return lambda: joint(batch, beta=1e-2, aug=1.0)


def gflop(step: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counted:
        step()
    return float(counted.get_total_flops()) / SAMPLES / 1e9


def test_a_joint_step_stays_within_its_flops(step: Callable[[], object]) -> None:
    assert 0.7 * GFLOP < gflop(step) < GFLOP


def test_the_products_inside_attention_stay_within_theirs(step: Callable[[], object]) -> None:
    fused = gflop(step)
    with sdpa_kernel(SDPBackend.MATH):
        assert gflop(step) - fused < ATTENTION_GFLOP
