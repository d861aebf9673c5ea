"""What a training step of MCCL costs, with the patch encoder and with the paper's ResNet-18.

A step of 32 windows of 1,260 frames (seven minutes at 3 Hz), as the public code takes them, with
68 landmarks in 3-D, 6 columns of head pose, 8 of gaze and 17 action units.  On one CPU thread:
CPU-seconds a step; operations by torch's counter; on a GPU, milliseconds a step.  The public code's
figures (68.5 GFLOP and .674 CPU-s a sample, 21.6 CPU-s a step) are beside them.

Run it with ``-s`` to see the figures.  No bound is asserted on seconds; operations do not depend on
the machine, and are bounded in `tests/train/test_mccl_flops.py`.
"""

# B = windows of a batch

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from depx.train.batches import Ragged, whole_batches
from depx.train.learning.heads import Start
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task
from depx.train.mccl.config import Mccl
from depx.train.mccl.fit import Step
from depx.train.mccl.frames import CUES
from depx.train.mccl.network import Network
from depx.train.tensors import Resident

FRAMES, WINDOWS = 1260, 32
STEPS = 20  # timed at once on a GPU
PUBLIC = "public code: 68.5 GFLOP a sample, 21.6 CPU-s a step; target: <= 1 and <= 0.5"


def step_of(settings: Mccl, windows: int, device: str) -> Callable[[], object]:
    """Make a step, the gathering of its batch included."""
    rng = np.random.default_rng(0)
    rows = FRAMES * windows
    shapes = {cue: (rows, len(names)) for cue, names in CUES.items()}
    sessions = Ragged(
        vectors={c: rng.standard_normal(shape).astype(np.float32) for c, shape in shapes.items()},
        offsets_S1=np.arange(0, rows + 1, FRAMES),
        y_S=rng.random(windows).astype(np.float32),
        case_S=np.arange(windows),
        participant_S=np.arange(windows),
        names=CUES,
        positive_S=rng.integers(0, 2, windows).astype(np.float32),
        rate_hz=3.0,
    )
    (crops,) = whole_batches(sessions, size=windows)
    resident = Resident(sessions, torch.device(device))
    torch.manual_seed(0)
    network = Network(settings, {c: len(n) for c, n in CUES.items()}, Start(class_logit=0.0))
    learner = Learner(network.to(device), settings, 10_000)
    step = Step(settings, Task("score", settings.loss, settings.class_weight), learner)
    return lambda: step(resident.gather(crops))


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("encoder", "windows", "rounds"), [("patch", 32, 7), ("resnet18", 4, 2)])
def test_cpu_seconds_a_step(encoder: str, windows: int, rounds: int, one_thread: None) -> None:
    step = step_of(Mccl(encoder=encoder), windows, "cpu")  # type: ignore[arg-type]
    with FlopCounterMode(display=False) as counter:
        step()
    gflop = counter.get_total_flops() / windows / 1e9
    seconds = []
    for _ in range(rounds):
        before = time.process_time()
        step()
        seconds.append((time.process_time() - before) * WINDOWS / windows)
    print(
        f"\n{encoder}: {gflop:.2f} GFLOP a sample, {statistics.median(seconds):.2f} CPU-s a step "
        f"of {WINDOWS} (least {min(seconds):.2f}); {PUBLIC}"
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("encoder", ["patch", "resnet18"])
def test_gpu_milliseconds_a_step(encoder: str) -> None:
    step = step_of(Mccl(encoder=encoder), WINDOWS, "cuda")  # type: ignore[arg-type]
    for _ in range(3):
        step()
    torch.cuda.synchronize()
    before = time.perf_counter()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    print(f"\n{encoder}: {1e3 * (time.perf_counter() - before) / STEPS:.2f} ms a step of {WINDOWS}")
