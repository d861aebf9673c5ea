"""What a training step of CMG-VS costs a sample at 256 words, on one CPU thread.

Target: at most 4 GFLOP and 0.1 CPU-seconds a sample for the joint step.  FLOPs do not depend on the
machine and are asserted, as `torch.utils.flop_counter` counts them: it does not see into the fused
CPU attention, so the products inside attention are counted apart, with the plain kernel.  Seconds
are only measured: ``pytest tests/bench/test_cmgvs_speed.py``.
"""

# B = sessions of a batch

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from depx.train.batches import Ragged, whole_batches
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.objective import Task
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.schedule import Learner
from depx.train.cmgvs.steps import Alternate, Joint
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.tensors import Batch, Resident

WORDS, SAMPLES = 256, 8
COLUMNS = {"text": 384, "acoustic": 74, "vision": 49}  # MiniLM, COVAREP, OpenFace
GFLOP = 4.0
ATTENTION_GFLOP = 2.1  # 12 attentions over W and 4 over 2 W words, forward and backward


@pytest.fixture
def batch() -> Batch:
    rng = np.random.default_rng(0)
    rows = WORDS * SAMPLES
    sessions = Ragged(
        vectors={p: rng.standard_normal((rows, c)).astype(np.float32) for p, c in COLUMNS.items()},
        offsets_S1=np.arange(0, rows + 1, WORDS),
        y_S=rng.random(SAMPLES).astype(np.float32),
        case_S=np.arange(SAMPLES),
        participant_S=np.arange(SAMPLES),
        names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in COLUMNS.items()},
    )
    (crops,) = whole_batches(sessions, size=SAMPLES)
    return Resident(sessions, torch.device("cpu")).gather(crops)


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def step_of(kind: type[Joint] | type[Alternate]) -> Joint | Alternate:
    torch.manual_seed(0)
    settings = CmgVs()
    return kind(
        settings,
        Task("score"),
        Learner(Recogniser(settings, COLUMNS), settings, 100),
        Learner(Synthesiser(settings, COLUMNS), settings, 100),
        SecondStream(shuffled=False, synthetic_V=torch.ones(COLUMNS["vision"], dtype=torch.bool)),
    )


def gflop(batch: Batch) -> float:
    """Count a joint step; the alternation differs by one more reading of text and acoustics."""
    step = step_of(Joint)
    with FlopCounterMode(display=False) as counted:
        step(batch, beta=1e-2, aug=1.0)
    return float(counted.get_total_flops()) / SAMPLES / 1e9


def test_a_joint_step_stays_within_its_flops(batch: Batch) -> None:
    assert gflop(batch) < GFLOP


def test_the_products_inside_attention_stay_within_theirs(batch: Batch) -> None:
    fused = gflop(batch)
    with sdpa_kernel(SDPBackend.MATH):
        assert gflop(batch) - fused < ATTENTION_GFLOP


@pytest.mark.parametrize("kind", [Joint, Alternate])
def test_step_seconds(
    kind: type[Joint] | type[Alternate],
    batch: Batch,
    benchmark: BenchmarkFixture,
    one_thread: None,
) -> None:
    step = step_of(kind)
    benchmark.extra_info["samples a step"] = SAMPLES
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        step, args=(batch,), kwargs={"beta": 1e-2, "aug": 1.0}, rounds=3, warmup_rounds=1
    )
