"""What nested cross-validation costs: CPU seconds on a corpus of the size of DAIC-WOZ.

    python tests/bench/protocol_cost.py cmg-vs|mccl [--fit|--whole] [--jobs N] [--set NAME=VALUE]

189 participants of random vectors that lean a little on their score: 300 to 1,600 words with 384 of
text, 74 of acoustics, 49 of the face; or 500 to 2,900 frames with all cues.  A thread a fit.  A fit
of one outer fold is done with one epoch and with three: the difference is the cost of epochs, the
rest that of starting and of predicting; what nested runs cost at most follows from counting their
fits, each with all epochs that the settings allow.  With `--fit` one outer fold is fitted with one
seed, with early stopping; with `--whole` as `depx train --tune` does it: every point of the grid on
every inner fold, then the fold itself.
"""

# N = rows of all sessions, C = columns

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed

from depx.align.dataset import Target
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.cli import settings_of
from depx.train.folds import deal
from depx.train.mccl.frames import CUES
from depx.train.model import Model
from depx.train.parts import prepare_fold
from depx.train.people import People
from depx.train.protocol import Split
from depx.train.tuning import INNER, points, tuning_units
from depx.train.unit import Unit

PEOPLE = 189
WORDS = {"text": 384, "acoustic": 74, "vision": 49}
TARGET = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
FIVE = 5
LEAN = 0.01  # sd by which every column moves with a point of the score


def corpus(of_frames: bool) -> Corpus:
    """Make as many people as DAIC-WOZ has."""
    rng = np.random.default_rng(0)
    low, high = (500, 2_900) if of_frames else (300, 1_600)
    lengths = rng.integers(low, high, size=PEOPLE) // 10 * 10
    widths = {cue: len(names) for cue, names in CUES.items()} if of_frames else WORDS
    names = tuple(f"p{n:03d}" for n in range(PEOPLE))
    y_S = rng.integers(0, 25, size=PEOPLE).astype(np.float64)
    rows = int(lengths.sum())
    shift_N1 = (LEAN * np.repeat(y_S, lengths)).astype(np.float32)[:, None]
    return Corpus(
        sessions=names,
        cases=names,
        participants=names,
        y_S=y_S,
        offsets_S1=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        vectors={
            part: rng.standard_normal((rows, width), dtype=np.float32) + shift_N1
            for part, width in widths.items()
        },
        names={part: tuple(f"{part}{c}" for c in range(w)) for part, w in widths.items()},
        left_out={},
        rows="frames" if of_frames else "words",
        rate_hz=3.0 if of_frames else None,
        time_s_N=np.arange(rows) / 3.0 if of_frames else None,
    )


def fit_s(people: Corpus, unit: Unit, model: Model) -> tuple[float, int]:
    """Do a fit; give its CPU seconds and its epochs."""
    torch.set_num_threads(1)
    model = model.varied(unit.changes)
    fold = prepare_fold(people, unit, model, TARGET)
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder) / "kept", {}, every_s=float("inf"), tell=lambda _told: None)
        began = time.process_time()
        fitted = model.fit(
            fold.training, fold.validation, fold.test,
            kind="score", seed=0, device="cpu", keeper=keeper,
        )  # fmt: skip
    return time.process_time() - began, len(fitted.curve)


def main() -> None:
    """Measure, and say what nested runs cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=["cmg-vs", "mccl"])
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--set", dest="values", action="append", default=[])
    asked = parser.parse_args()
    model = settings_of(asked.model, values=tuple(asked.values)).model
    people = corpus(asked.model == "mccl")
    test = deal(people.scores(), FIVE, 0)[0]
    outer = Unit(fold=0, seed=0, test=test, device="cpu", key="k")
    tried, most = len(points(model.grid)), int(str(model.settings()["epochs"]))
    if asked.fit:
        spent_s, count = fit_s(people, outer, model)
        print(f"one outer fold, one seed: {spent_s / 60:.1f} CPU-min, {count} of {most} epochs")
        return
    if asked.whole:
        training = tuple(sorted(set(people.participants) - set(test)))
        split = Split(repeat=0, fold=0, training=training, validation=None, test=test)
        nobody = People(splits={}, groups={}, gender=dict.fromkeys(people.participants, ""))
        units = tuning_units(split, people, nobody, model.grid, INNER, device="cpu", key="k")
        began = time.monotonic()
        done = Parallel(asked.jobs)(delayed(fit_s)(people, u, model) for u in [*units, outer])
        spent_s, epochs = sum(one for one, _ in done), [count for _, count in done]
        print(
            f"one outer fold, one seed, {INNER} inner folds x {tried} points: {len(done)} fits, "
            f"{spent_s / 60:.0f} CPU-min, {(time.monotonic() - began) / 60:.0f} min with "
            f"{asked.jobs} jobs; epochs {min(epochs)} to {max(epochs)}, mean {np.mean(epochs):.0f}"
        )
        return
    (one_s, _), (three_s, _) = (
        fit_s(people, outer, model.varied({"epochs": epochs})) for epochs in (1, 3)
    )
    epoch_s = (three_s - one_s) / 2
    whole_s = one_s + (most - 1) * epoch_s
    fits = FIVE * FIVE * tried + FIVE * FIVE
    print(f"epoch {epoch_s:.1f} CPU-s, start and predictions {one_s - epoch_s:.1f}")
    print(f"a fit of {most} epochs: {whole_s / 60:.1f} CPU-min")
    print(
        f"{FIVE} outer x {FIVE} inner folds x {tried} points, then {FIVE} seeds: {fits} fits, "
        f"{fits * whole_s / 3600:.0f} CPU-h at most"
    )


if __name__ == "__main__":
    main()
