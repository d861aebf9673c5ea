"""How many operations a step of MCCL takes a sample, and how large it is: no load moves that.

`torch.utils.flop_counter` does not see into the fused CPU attention, so it is counted with the
plain kernel.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from depx.train.batches import Ragged, whole_batches
from depx.train.learning.heads import Start
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task
from depx.train.mccl.config import Mccl
from depx.train.mccl.fit import Step
from depx.train.mccl.frames import CUES
from depx.train.mccl.network import Network
from depx.train.tensors import Batch, Resident

FRAMES = 1260  # seven minutes at 3 Hz, as the public code reads them
PUBLIC_GFLOP, PUBLIC_PARAMETERS = 68.5, 23.6e6


def batch_of(windows: int) -> Batch:
    rng = np.random.default_rng(0)
    rows = FRAMES * windows
    sessions = Ragged(
        vectors={
            cue: rng.standard_normal((rows, len(names))).astype(np.float32)
            for cue, names in CUES.items()
        },
        offsets_S1=np.arange(0, rows + 1, FRAMES),
        y_S=rng.random(windows).astype(np.float32),
        case_S=np.arange(windows),
        participant_S=np.arange(windows),
        names=CUES,
        rate_hz=3.0,
    )
    (crops,) = whole_batches(sessions, size=windows)
    return Resident(sessions, torch.device("cpu")).gather(crops)


def network(settings: Mccl) -> Network:
    return Network(settings, {cue: len(names) for cue, names in CUES.items()}, Start())


def gflop(settings: Mccl, windows: int) -> float:
    step: Callable[[Batch], object] = Step(
        settings, Task("score", settings.loss), Learner(network(settings), settings, 100)
    )
    batch = batch_of(windows)
    with FlopCounterMode(display=False) as counted, sdpa_kernel(SDPBackend.MATH):
        step(batch)
    return float(counted.get_total_flops()) / windows / 1e9


def test_a_sample_takes_less_than_one_gflop_attention_included() -> None:
    assert 0.5 < gflop(Mccl(), 4) < 1.0  # found: 0.62


@pytest.mark.slow
def test_with_resnet18_it_is_as_large_as_the_public_code_says() -> None:
    settings = Mccl(encoder="resnet18")
    assert abs(gflop(settings, 1) / PUBLIC_GFLOP - 1) < 0.1  # found: 73.7
    count = sum(parameter.numel() for parameter in network(settings).parameters())
    assert abs(count / PUBLIC_PARAMETERS - 1) < 0.05  # found: 23.4 million
