"""What a training step of CMG-VS costs: beside bare matrix products, and beside the alternation.

Sixteen sessions of 256 words, 49 visual and 74 acoustic columns, 384 (MiniLM) or 768 (BERT) of
text.  On one CPU thread: CPU-seconds a sample, of joint steps, alternating steps, and the products
of a joint step alone, taken in turns, for the machine is noisy.  The products are those that a step
was seen to ask for, with their shapes; of the fused attention the two of a forward pass and the
four that its gradient needs.  On a GPU: milliseconds a step, and the share of what one large
product in bfloat16 reaches there.  Operations are counted in `tests/train/test_cmgvs_flops.py`.

Run it with ``-s`` to see the figures.  No bound is asserted on seconds.
"""

# B = sessions of a batch

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from depx.train.batches import Ragged, whole_batches
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.steps import Alternate, Joint
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task
from depx.train.tensors import Batch, Resident

WORDS, SAMPLES, ROUNDS = 256, 16, 7
LARGE, STEPS = 8192, 20  # width of the GPU's large product; steps that are timed there at once
TARGETS = "targets: joint <= 0.1 CPU-s a sample and <= 1.5 x its products"

Product = tuple[int, int, int, int]
"""How many at once, rows, inner width, columns."""


def columns(text: int) -> dict[str, int]:
    return {"text": text, "acoustic": 74, "vision": 49}


def batch(text: int, device: str) -> Batch:
    rng = np.random.default_rng(0)
    rows = WORDS * SAMPLES
    widths = columns(text)
    sessions = Ragged(
        vectors={p: rng.standard_normal((rows, c)).astype(np.float32) for p, c in widths.items()},
        offsets_S1=np.arange(0, rows + 1, WORDS),
        y_S=rng.random(SAMPLES).astype(np.float32),
        case_S=np.arange(SAMPLES),
        participant_S=np.arange(SAMPLES),
        names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in widths.items()},
    )
    (crops,) = whole_batches(sessions, size=SAMPLES)
    return Resident(sessions, torch.device(device)).gather(crops)


def step_of(kind: type[Joint] | type[Alternate], one: Batch, text: int) -> Callable[[], object]:
    torch.manual_seed(0)
    settings, widths, device = CmgVs(), columns(text), one.y_B.device
    every_V = torch.ones(widths["vision"], dtype=torch.bool, device=device)
    step = kind(
        settings,
        Task("score"),
        Learner(Recogniser(settings, widths).to(device), settings, 10_000),
        Learner(Synthesiser(settings, widths).to(device), settings, 10_000),
        SecondStream(shuffled=False, synthetic_V=every_V),
    )
    return lambda: step(one, beta=1e-2, aug=1.0)


class Seen(TorchDispatchMode):
    """Keeps the shapes of all matrix products in its block."""

    def __init__(self) -> None:
        super().__init__()
        self.products: Counter[Product] = Counter()

    def __torch_dispatch__(
        self, function: Any, _types: Any, arguments: Any = (), named: Any = None
    ) -> Any:
        name = function.overloadpacket.__name__
        if name in ("mm", "bmm", "addmm"):
            left, right = arguments[1:3] if name == "addmm" else arguments[:2]
            many = left.shape[0] if name == "bmm" else 1
            self.products[(many, *left.shape[-2:], right.shape[-1])] += 1
        elif "flash_attention_for_cpu" in name:
            backward = "backward" in name
            query, key = arguments[1:3] if backward else arguments[:2]
            (sessions, heads, asking, width), answering = query.shape, key.shape[2]
            self.products[(sessions * heads, asking, width, answering)] += 1
            self.products[(sessions * heads, asking, answering, width)] += 1
            if backward:
                self.products[(sessions * heads, answering, asking, width)] += 2
        return function(*arguments, **(named or {}))


def bare(products: Counter[Product]) -> Callable[[], None]:
    """Make nothing but these products, into memory that is there."""
    made = []
    for (many, rows, inner, wide), times in products.items():
        left, right = torch.randn(many, rows, inner), torch.randn(many, inner, wide)
        if many == 1:
            left, right = left[0], right[0]
        made.append((left, right, left @ right, times))

    def run() -> None:
        for left, right, out, times in made:
            for _ in range(times):
                torch.matmul(left, right, out=out)

    return run


def cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) / SAMPLES


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("text", [384, 768])
def test_cpu_seconds_a_sample(text: int, one_thread: None) -> None:
    one = batch(text, "cpu")
    joint, alternate = step_of(Joint, one, text), step_of(Alternate, one, text)
    with Seen() as seen:
        joint()
    gflop = sum(2 * n * np.prod(rest) for (*rest,), n in seen.products.items()) / SAMPLES / 1e9
    each = {"joint": joint, "alternate": alternate, "products": bare(seen.products)}
    for work in each.values():
        work()
    rounds = [{name: cpu_s(work) for name, work in each.items()} for _ in range(ROUNDS)]
    print(f"\ntext {text}: {gflop:.2f} GFLOP a sample, attention included; {TARGETS}")
    for name in each:
        seconds = [found[name] for found in rounds]
        ratio = statistics.median(found[name] / found["products"] for found in rounds)
        print(
            f"  {name:9s} {statistics.median(seconds):.4f} CPU-s a sample "
            f"(least {min(seconds):.4f}), {ratio:.2f} x the products"
        )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("text", [384, 768])
def test_gpu_milliseconds_a_step(text: int) -> None:
    with Seen() as seen:  # the same products, counted where the attention is seen
        step_of(Joint, batch(text, "cpu"), text)()
    flop = float(sum(2 * n * np.prod(rest) for (*rest,), n in seen.products.items()))
    large = torch.randn(LARGE, LARGE, device="cuda", dtype=torch.bfloat16)
    peak = 2 * LARGE**3 / gpu_s(lambda: large @ large)
    one = batch(text, "cuda")
    for kind in (Joint, Alternate):
        seconds = gpu_s(step_of(kind, one, text))
        print(f"\ntext {text}: {kind.__name__} {1e3 * seconds:.2f} ms a step of {SAMPLES}")
        if kind is Joint:
            print(f"  {flop / seconds / peak:.1%} of a large product's {peak / 1e12:.0f} TFLOP/s")


def gpu_s(work: Callable[[], object]) -> float:
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    before = time.perf_counter()
    for _ in range(STEPS):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - before) / STEPS
