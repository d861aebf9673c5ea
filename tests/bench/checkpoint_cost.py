"""What a checkpoint of CMG-VS costs beside an epoch: run it, it is no test.

    python tests/bench/checkpoint_cost.py [--sessions 80] [--words 2000] [--epochs 2]

A fit with the model's own settings on noise (MiniLM 384, COVAREP 74, OpenFace 49 columns) keeps a
checkpoint after every epoch.  Printed are CPU seconds and seconds of both, the size of the file,
and what the default pace, which rests a hundred times as long as a checkpoint took, makes of it.
80 sessions of 2,000 words are a training fold of DAIC-WOZ.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from depx.train.batches import Ragged
from depx.train.checkpoint import SHARE, SHORT_S, Keeper, Resumable
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.fit import fit

COLUMNS = {"text": 384, "acoustic": 74, "vision": 49}

Clock = tuple[float, float]  # CPU seconds, seconds


def sessions_of(count: int, words: int) -> Ragged:
    rng = np.random.default_rng(0)
    rows = count * words
    return Ragged(
        vectors={p: rng.standard_normal((rows, c), dtype=np.float32) for p, c in COLUMNS.items()},
        offsets_S1=np.arange(0, rows + 1, words),
        y_S=rng.random(count).astype(np.float32),
        case_S=np.arange(count),
        participant_S=np.arange(count),
        names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in COLUMNS.items()},
    )


class Timed(Keeper):
    """Notes when it was called and when it was done."""

    def keep(self, fit: Resumable) -> None:
        self.calls: list[tuple[Clock, Clock]]
        before = now()
        super().keep(fit)
        self.calls = [*getattr(self, "calls", []), (before, now())]


def now() -> Clock:
    return time.process_time(), time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("sessions", 80), ("words", 2000), ("epochs", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    training, test = sessions_of(asked.sessions, asked.words), sessions_of(1, 10)
    with tempfile.TemporaryDirectory() as folder:
        keeper = Timed(Path(folder) / "checkpoint", {}, every_s=0.0, tell=print)
        began = now()
        settings = CmgVs(epochs=asked.epochs)
        fit(settings, training, None, test, kind="score", seed=0, device="cpu", keeper=keeper)
        size = keeper.path.stat().st_size
    starts = [began, *(after for _, after in keeper.calls)]
    for start, (before, after) in zip(starts, keeper.calls, strict=False):
        epoch = [b - a for a, b in zip(start, before, strict=True)]
        cost = [b - a for a, b in zip(before, after, strict=True)]
        print(
            f"epoch {epoch[0]:.2f} CPU-s, {epoch[1]:.2f} s; checkpoint {cost[0]:.3f} CPU-s, "
            f"{cost[1]:.3f} s, {size / 1e6:.1f} MB: {cost[0] / epoch[0]:.2%} of an epoch's CPU; "
            f"at the default pace one in {max(SHORT_S, cost[1] / SHARE):.0f} s"
        )
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
