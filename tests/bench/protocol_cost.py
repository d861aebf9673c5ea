"""What nested cross-validation costs: CPU seconds on a corpus of the size of DAIC-WOZ.

    python tests/bench/protocol_cost.py cmg-vs|mccl [--set NAME=VALUE ...]

189 participants of random vectors (their content does not change the cost): 300 to 1,600 words with
384 of text, 74 of acoustics, 49 of the face; or 500 to 2,900 frames with all cues.  One thread.  A
fit of one outer fold is done with one epoch and with three; the difference is the cost of epochs,
the rest that of starting and of predicting.  What a nested run costs follows from counting its
fits, each with the epochs that the settings allow at most: early stopping makes it less.
"""

# N = rows of all sessions, C = columns

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from depx.align.dataset import Target
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.cli import settings_of
from depx.train.folds import deal
from depx.train.mccl.frames import CUES
from depx.train.parts import prepare_fold
from depx.train.tuning import points
from depx.train.unit import Unit

PEOPLE = 189
WORDS = {"text": 384, "acoustic": 74, "vision": 49}
TARGET = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
OUTER = INNER = SEEDS = 5


def corpus(of_frames: bool) -> Corpus:
    """Make as many people as DAIC-WOZ has, of random vectors."""
    rng = np.random.default_rng(0)
    low, high = (500, 2_900) if of_frames else (300, 1_600)
    lengths = rng.integers(low, high, size=PEOPLE) // 10 * 10
    widths = {cue: len(names) for cue, names in CUES.items()} if of_frames else WORDS
    names = tuple(f"p{n:03d}" for n in range(PEOPLE))
    rows = int(lengths.sum())
    return Corpus(
        sessions=names,
        cases=names,
        participants=names,
        y_S=rng.integers(0, 25, size=PEOPLE).astype(np.float64),
        offsets_S1=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        vectors={p: rng.standard_normal((rows, w), dtype=np.float32) for p, w in widths.items()},
        names={part: tuple(f"{part}{c}" for c in range(w)) for part, w in widths.items()},
        left_out={},
        rows="frames" if of_frames else "words",
        rate_hz=3.0 if of_frames else None,
        time_s_N=np.arange(rows) / 3.0 if of_frames else None,
    )


def main() -> None:
    """Measure, and say what a nested run costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=["cmg-vs", "mccl"])
    parser.add_argument("--set", dest="values", action="append", default=[])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = settings_of(asked.model, values=tuple(asked.values)).model
    people = corpus(asked.model == "mccl")
    unit = Unit(fold=0, seed=0, test=deal(people.scores(), OUTER, 0)[0], device="cpu", key="k")
    fold = prepare_fold(people, unit, model, TARGET)
    spent_s = {}
    with tempfile.TemporaryDirectory() as folder:
        for epochs in (1, 3):
            keeper = Keeper(
                Path(folder) / "kept", {}, every_s=float("inf"), tell=lambda _told: None
            )
            began = time.process_time()
            model.varied({"epochs": epochs}).fit(
                fold.training, fold.validation, fold.test,
                kind="score", seed=0, device="cpu", keeper=keeper,
            )  # fmt: skip
            spent_s[epochs] = time.process_time() - began
    epoch_s = (spent_s[3] - spent_s[1]) / 2
    most = int(model.settings()["epochs"])
    fit_s = spent_s[1] - epoch_s + most * epoch_s
    tried = len(points(model.grid))
    fits = {"inner": OUTER * INNER * tried, "outer": OUTER * SEEDS}
    print(f"epoch {epoch_s:.1f} CPU-s, start and predictions {spent_s[1] - epoch_s:.1f}")
    print(f"a fit of {most} epochs: {fit_s / 60:.1f} CPU-min")
    one = (INNER * tried + 1) * fit_s / 3600
    print(f"one outer fold, one seed, {INNER} inner folds x {tried} points: {one:.1f} CPU-h")
    print(
        f"{OUTER} outer x {INNER} inner folds x {tried} points, then {SEEDS} seeds: "
        f"{sum(fits.values())} fits, {sum(fits.values()) * fit_s / 3600:.0f} CPU-h"
    )


if __name__ == "__main__":
    main()
