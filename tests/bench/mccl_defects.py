"""What each defect of MCCL's public pipeline costs, and what it claims: run it, it is no test.

    python tests/bench/mccl_defects.py DATASET [--folds 3] [--seeds 5] [--epochs 12] [-o DIR]

DATASET has a planted signal: ``depx synth daic-woz --signal face-only``, extracted and aligned.
Each defect is applied alone to an otherwise clean training, then all of them together; last, labels
are permuted, so that nothing can be learnt.  Folds, inner validations, initial weights and
windows are the same with and without a defect, so differences are paired by seed.  CCC and RMSE are
of the epoch that the inner validation chose; *claimed* are those of the epoch that was best on the
reported set itself, fold by fold: the defect that costs nothing and flatters all.  Predictions are
pooled over the folds; intervals are Student's, over seeds, not over people.
*Contrast alone* is the paper's way: no label trains the network, and trees read its embeddings.

The network is small and frames are thinned, so that a fit takes seconds.  DIR/fits.jsonl has a line
a defect and seed, and an interrupted bench goes on there; DIR/table.md is what is printed.
"""

# N = rows read, M = rows of all turns, S = sessions, C = columns, K = cases, E = epochs, Q = seeds

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import click
import numpy as np
import pytest
import torch
from torch import nn

import depx.train.mccl.fit as fitting
import depx.train.mccl.network as networks
from depx.align.dataset import Dataset, Target
from depx.extract.store.atomic import replacing
from depx.features.types import F32, F64, Bool
from depx.train.batches import Crops, Ragged, cut
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.folds import deal
from depx.train.intervals import over_seeds
from depx.train.learning.course import Judgement, by_validation
from depx.train.mccl.config import Mccl
from depx.train.metrics import concordance
from depx.train.parts import Fold, prepare_fold
from depx.train.tensors import Resident
from depx.train.unit import Unit
from depx.train.weighted import Predictions, Statistic, ccc, rmse

SMALL = {"width": 32, "layers": 1, "batch": 8, "lr": 3e-3}
THINNED = 3  # of so many frames one is read, for speed: 1 Hz of 3
HEADS = """\
| defect | seeds | CCC | RMSE | less without it | CCC claimed | RMSE claimed | less CCC |
|---|---|---|---|---|---|---|---|"""
BOUNDED = "{0.value:+.3f} ({0.low:+.3f} to {0.high:+.3f})"
POINTS = ("landmarks", "gaze")
SCALED = (*POINTS, "au")

Predict: TypeAlias = Callable[[Ragged, Resident], F64]
Line: TypeAlias = dict[str, Any]
"""Of ``fits.jsonl``: the fits of all folds with one defect and seed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading:
    """What the model reads, and all frames of the same sessions, which no defect changes."""

    corpus: Corpus
    everybody: Corpus


@dataclass(frozen=True, kw_only=True)
class Defect:
    """What is done otherwise."""

    name: str
    reading: Callable[[Reading], Reading] = lambda reading: reading
    fold: Callable[[Fold], Fold] = lambda fold: fold
    patches: tuple[tuple[object, str, object], ...] = ()
    """What stands in the product while it fits: module, name, value."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    permuted: bool = False
    """Whether labels are dealt to cases at random, anew with each seed."""
    beside: str = "none"
    """The pipeline that it is compared with."""


def zero_rotation(reading: Reading) -> Reading:
    """Overwrite the head's rotation by 0: the public pipeline writes one slice twice."""
    pose_NC = reading.corpus.vectors["pose"].copy()
    pose_NC[:, np.char.startswith(reading.corpus.names["pose"], "pose_R")] *= 0.0  # NaN stays
    return _with(reading, {"pose": pose_NC})


def pose_in_millimetres(fold: Fold) -> Fold:
    """Leave the pose as measured: the public pipeline has it in mm beside cues in 0..1."""
    return as_measured(fold, ("pose",))


def min_max(reading: Reading, cues: tuple[str, ...] = SCALED) -> Reading:
    """Scale each axis to 0..1 in each session: failed frames, which are 0 there, count as frames.

    Axes: x, y and z of landmarks, a column of gaze, an action unit; a scaled pose is overwritten.
    """
    lost_N, scaled = lost(reading), {}
    for cue in cues:
        scaled[cue] = value_NC = reading.corpus.vectors[cue].copy()
        value_NC[lost_N] = 0.0
        columns = value_NC.shape[1]
        axes = np.split(np.arange(columns), 3 if cue == "landmarks" else columns)
        for rows in _sessions(reading.corpus):
            for axis in axes:
                low, high = np.nanmin(value_NC[rows, axis]), np.nanmax(value_NC[rows, axis])
                value_NC[rows, axis] = (value_NC[rows, axis] - low) / max(high - low, 1e-9)
    return _with(reading, scaled)


def nan_to_minimum(reading: Reading) -> Reading:
    """Fill lost frames with the smallest number of the cue in the session, and believe them."""
    lost_N, filled = lost(reading), {}
    for cue, value_NC in reading.corpus.vectors.items():
        filled[cue] = value_NC.copy()
        for rows in _sessions(reading.corpus):
            own_NC = filled[cue][rows]  # a view
            own_NC[lost_N[rows]] = np.nanmin(own_NC)
    return _with(reading, filled)


def first_seven_minutes(reading: Reading) -> Reading:
    """Read seven minutes from the start of the recording on, the interviewer's turns included."""
    every, time_s_M = reading.everybody, _clock(reading.everybody)
    kept_M = time_s_M < 7 * 60.0
    count_S = np.add.reduceat(kept_M, every.offsets_S1[:-1], dtype=np.int64)
    corpus = replace(
        every,
        vectors={cue: value_MC[kept_M] for cue, value_MC in every.vectors.items()},
        offsets_S1=np.concatenate([[0], np.cumsum(count_S)]),
        time_s_N=time_s_M[kept_M],
    )
    return replace(reading, corpus=corpus)


def frozen_projector() -> nn.Sequential:
    """Make a projector that stays as it began: in the public pipeline no optimiser has it."""
    made = _projector()
    for layer in made:
        for name, parameter in list(layer.named_parameters()):
            delattr(layer, name)
            layer.register_buffer(name, parameter.detach())
    return made


def unshuffled(sessions: Ragged, *, size: int, **cutting: Any) -> list[Crops]:
    """Deal windows in the order of the sessions: the public pipeline never shuffles."""
    columns = zip(*map(astuple, _examples(sessions, size=size, **cutting)), strict=True)
    crops = Crops(*map(np.concatenate, columns))
    return cut(crops.only(np.lexsort((crops.first_B, crops.session_B))), size)


def lost(reading: Reading) -> Bool:
    """Tell in which rows (N,) the face was lost; others' frames in a cell are NaN, but not lost."""
    there, every = reading.corpus, reading.everybody
    time_s_N, time_s_M = _clock(there), _clock(every)
    lost_M = np.isnan(every.vectors["pose"]).all(axis=1)
    rows_of = dict(zip(every.sessions, _sessions(every), strict=True))
    found = []
    for name, rows in zip(there.sessions, _sessions(there), strict=True):
        place_N = np.searchsorted(time_s_M[rows_of[name]], time_s_N[rows])
        found.append(lost_M[rows_of[name]][place_N])
    return np.concatenate(found)


def permuted(corpus: Corpus, seed: int) -> Corpus:
    """Deal the labels of the cases anew."""
    label = dict(zip(corpus.cases, corpus.y_S.tolist(), strict=True))
    dealt = np.random.default_rng(seed).permutation(list(label.values()))
    anew = dict(zip(label, dealt.tolist(), strict=True))
    return replace(corpus, y_S=np.array([anew[case] for case in corpus.cases]))


def _with(reading: Reading, changed: dict[str, F32]) -> Reading:
    vectors = {**reading.corpus.vectors, **changed}
    return replace(reading, corpus=replace(reading.corpus, vectors=vectors))


def _clock(corpus: Corpus) -> F64:
    assert corpus.time_s_N is not None  # frames have one
    return corpus.time_s_N


def _sessions(corpus: Corpus) -> list[slice]:
    return [slice(*edges) for edges in pairwise(corpus.offsets_S1.tolist())]


def as_measured(fold: Fold, cues: tuple[str, ...]) -> Fold:
    """Undo the standardisation of cues; what it bounded stays so."""
    parts: dict[str, Any] = {}
    for name in ("training", "validation", "test"):
        part: Ragged = getattr(fold, name)
        vectors = dict(part.vectors)
        for cue in cues:
            one = fold.normalisers[cue]
            vectors[cue] = part.vectors[cue] * one.scale_K + one.centre_K
        parts[name] = replace(part, vectors=vectors)
    return replace(fold, **parts)


_projector, _examples = networks.projector, fitting.examples
FROZEN = (networks, "projector", frozen_projector)
UNSHUFFLED = (fitting, "examples", unshuffled)
IN_0_TO_1 = partial(as_measured, cues=SCALED)
ALONE = "none: contrast alone"
CONTRAST: dict[str, Any] = {"settings": {"paper_mode": True}, "beside": ALONE}
DEFECTS = (
    Defect(name="none"),
    Defect(name="zero rotation", reading=zero_rotation),
    Defect(name="pose in mm", fold=pose_in_millimetres),
    Defect(name="min-max with failed frames", reading=min_max, fold=IN_0_TO_1),
    Defect(
        name="min-max but of action units",
        reading=partial(min_max, cues=POINTS),
        fold=partial(as_measured, cues=POINTS),
    ),
    Defect(name="NaN to the minimum", reading=nan_to_minimum),
    Defect(name="first seven minutes", reading=first_seven_minutes),
    Defect(name="frozen projector", patches=(FROZEN,)),
    Defect(name="unshuffled", patches=(UNSHUFFLED,)),
    Defect(
        name="all of them",  # min-max leaves NaN of the pose alone to fill
        reading=lambda all_: zero_rotation(nan_to_minimum(min_max(first_seven_minutes(all_)))),
        fold=lambda fold: IN_0_TO_1(pose_in_millimetres(fold)),
        patches=(FROZEN, UNSHUFFLED),
    ),
    Defect(name="labels permuted", permuted=True),
    Defect(name=ALONE, **CONTRAST),
    Defect(name="contrast alone, frozen projector", patches=(FROZEN,), **CONTRAST),
    Defect(name="contrast alone, labels permuted", permuted=True, **CONTRAST),
)


def fit_folds(
    reading: Reading, defect: Defect, settings: Mccl, target: Target, *, folds: int, seed: int
) -> Line:
    """Fit every fold with one defect and seed."""
    began_s = time.process_time()
    settings, reading = settings.varied(defect.settings), defect.reading(reading)
    corpus = permuted(reading.corpus, seed) if defect.permuted else reading.corpus
    label = dict(zip(corpus.cases, corpus.y_S.tolist(), strict=True))
    fits = []
    for number, test in enumerate(deal(corpus.scores(), folds, seed=0)):
        unit = Unit(fold=number, seed=seed, test=test, device="cpu", key="bench")
        fold = defect.fold(prepare_fold(corpus, unit, settings, target))
        with pytest.MonkeyPatch.context() as patch:
            for module, name, value in defect.patches:
                patch.setattr(module, name, value)
            told_ES, chosen = fit_fold(fold, settings, folds * seed + number, patch)
        low, high = fold.scale
        case_K, first_K = np.unique(fold.test.case_S, return_index=True)  # sessions say the same
        y_K = [label[fold.cases[case]] for case in case_K]
        y_hat_EK = (low + (high - low) * told_ES[:, first_K]).round(4)
        fits.append({"y": y_K, "y_hat": y_hat_EK.tolist(), "chosen": chosen})
    cpu_s = round(time.process_time() - began_s, 1)
    return {"defect": defect.name, "seed": seed, "fits": fits, "cpu_s": cpu_s}


def fit_fold(fold: Fold, settings: Mccl, seed: int, patch: pytest.MonkeyPatch) -> tuple[F64, int]:
    """Fit; give what each epoch says of the test sessions, and which the inner validation chose."""
    told: list[F64] = []

    def watched(predict: Predict, *judging: Any) -> Callable[[], Judgement]:
        chosen, tested = by_validation(predict, *judging), Resident(fold.test, torch.device("cpu"))
        assert chosen is not None

        def judged() -> Judgement:
            told.append(predict(fold.test, tested))  # draws nothing: the training stays as it is
            return chosen()

        return judged

    patch.setattr(fitting, "by_validation", watched)
    keeper = Keeper(Path("none"), {}, every_s=math.inf, tell=lambda _: None)
    fitted = settings.fit(
        fold.training, fold.validation, fold.test,
        kind="score", seed=seed, device="cpu", keeper=keeper,
    )  # fmt: skip
    np.testing.assert_array_equal(fitted.out_S, told[fitted.epoch - 1])
    return np.stack(told), fitted.epoch - 1


def best_on_reported(fit: Line) -> int:
    """Choose the epoch by the people whose figure is reported: as the public pipeline does."""
    y_K = np.array(fit["y"])
    ccc_E = [concordance(y_K, np.array(y_hat_K)) or 0.0 for y_hat_K in fit["y_hat"]]
    return int(np.argmax(ccc_E))


def pooled(lines: list[Line], choose: Callable[[Line], int]) -> Predictions:
    """Pool the folds of each seed; cases are sorted by label, for permuted ones have no other."""
    y_hat_QK = []
    for line in lines:
        y_K = np.concatenate([fit["y"] for fit in line["fits"]])
        y_hat_K = np.concatenate([fit["y_hat"][choose(fit)] for fit in line["fits"]])
        y_hat_QK.append(y_hat_K[np.argsort(y_K, kind="stable")])
    return Predictions(
        y_K=np.sort(y_K),
        y_hat_QK=np.stack(y_hat_QK),
        positive_K=np.full(y_K.size, np.nan),
        called_QK=np.zeros((len(lines), y_K.size), dtype=np.bool_),
    )


def table(lines: list[Line]) -> Iterator[str]:
    """Lay out a row a defect, of the seeds that it and the pipeline beside it have."""
    of: dict[str, dict[int, Line]] = {defect.name: {} for defect in DEFECTS}
    for line in lines:
        of[line["defect"]][line["seed"]] = line
    yield HEADS
    for defect in DEFECTS:
        seeds = sorted(of[defect.name].keys() & of[defect.beside].keys())
        if not seeds:  # not fitted yet
            continue
        own = [of[defect.name][seed] for seed in seeds]
        beside = pooled([of[defect.beside][seed] for seed in seeds], itemgetter("chosen"))
        honest, claimed = pooled(own, itemgetter("chosen")), pooled(own, best_on_reported)
        less = "" if defect.name == defect.beside else apart(honest, beside)
        yield (
            f"| {defect.name} | {len(seeds)} | {mean(honest, ccc):.3f} | {mean(honest, rmse):.2f} "
            f"| {less} | {mean(claimed, ccc):.3f} | {mean(claimed, rmse):.2f} "
            f"| {apart(claimed, honest)} |"
        )


def mean(run: Predictions, statistic: Statistic) -> float:
    """Average a metric over the seeds."""
    return float(statistic(run, np.ones((1, run.y_K.size))).mean())


def apart(run: Predictions, other: Predictions) -> str:
    """Write by how much the CCC of `run` is above that of `other`, with its interval."""
    one = over_seeds(run, other, ccc)
    return f"{one.value:+.3f}" if one.low is None else BOUNDED.format(one)


def read(dataset: Dataset, target: Target, turns: str) -> Corpus:
    """Read cells of frames, of which a patch is left when they are thinned."""
    model = Mccl().varied({"turns": turns, "patch": THINNED * Mccl().patch})
    corpus = model.read(dataset, target, model.modalities(model.available(dataset, target)))
    assert corpus.rate_hz is not None  # frames have one
    return replace(
        corpus,
        vectors={cue: value_NC[::THINNED] for cue, value_NC in corpus.vectors.items()},
        offsets_S1=corpus.offsets_S1 // THINNED,
        rate_hz=corpus.rate_hz / THINNED,
        time_s_N=_clock(corpus)[::THINNED],
    )


@click.command()
@click.argument("dataset", type=click.Path(exists=True, path_type=Path))
@click.option("--folds", default=3, show_default=True)
@click.option("--seeds", default=5, show_default=True)
@click.option("--epochs", default=12, show_default=True)
@click.option("-o", "place", default=Path("mccl-defects"), type=click.Path(path_type=Path))
def main(dataset: Path, folds: int, seeds: int, epochs: int, place: Path) -> None:
    """Apply each defect; print what it costs."""
    torch.set_num_threads(1)
    opened = Dataset.open(dataset)
    target = opened.target
    if target is None or target.kind != "score":
        raise click.UsageError(f"{dataset}: expected a training set with a score")
    settings = Mccl().varied({**SMALL, "epochs": epochs, "patience": epochs})
    of = dict(dataset=opened.key, folds=folds, thinned=THINNED, settings=settings.settings())
    place.mkdir(parents=True, exist_ok=True)
    path = place / "fits.jsonl"
    lines = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    done = {(line["defect"], line["seed"]) for line in lines if line["of"] == of}
    reading = Reading(
        corpus=read(opened, target, "participant"), everybody=read(opened, target, "all")
    )
    for seed in range(seeds):
        for defect in DEFECTS:
            if (defect.name, seed) not in done:
                fits = fit_folds(reading, defect, settings, target, folds=folds, seed=seed)
                lines.append({"of": of, **fits})
                with replacing(path) as written:
                    written.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
                click.echo(f"seed {seed}, {defect.name}: {fits['cpu_s']:.0f} s CPU", err=True)
    own = [line for line in lines if line["of"] == of and line["seed"] < seeds]
    text = "\n".join(table(own))
    (place / "table.md").write_text(f"{text}\n")
    click.echo(f"{text}\n\n{sum(line['cpu_s'] for line in own) / 60:.0f} minutes of CPU")


if __name__ == "__main__":
    main()
