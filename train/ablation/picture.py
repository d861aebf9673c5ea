"""The paper's figure: cases as the recogniser represents them, without and with synthesis."""

# S = sessions, K = cases, D = width of a representation

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...align.dataset import Dataset
from ...extract.store.atomic import replacing
from ...features.types import F64, Bool
from ..batches import case_means
from ..model import Model
from ..parts import prepare_fold
from ..plan import plan
from ..protocol import Protocol
from ..unit import model_path

LEAST = 4  # cases, below which neighbours mean nothing
PERPLEXITY = 30.0  # of t-SNE (van der Maaten & Hinton, 2008): neighbours that count
SIZE, DPI = (4.6, 4.2), 110
RING, PAGE = "#d1495b", "white"


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """Cases as one fit represents them."""

    case_KD: F64
    y_K: F64
    tested_K: Bool
    """Cases of the test fold, which the fit has not seen."""


def represented_by(
    run: Path, dataset: Dataset, model: Model, *, protocol: Protocol, seeds: int, device: str
) -> Shown:
    """Represent every case by the first fit of a run: the training part too."""
    planned = plan(
        dataset, model, protocol=protocol, seeds=seeds, device=device, report=lambda _line: None
    )
    unit = planned.units[0]
    fold = prepare_fold(planned.corpus, unit, planned.model, planned.target)
    parts = [part for part in (fold.training, fold.validation, fold.test) if part is not None]
    label = dict(zip(planned.corpus.cases, planned.corpus.y_S, strict=True))
    rows, y, tested = [], [], []
    for part in parts:
        represented_SD = planned.model.represent(model_path(run, unit), part)
        means = [case_means(one_S.astype(np.float64), part.case_S) for one_S in represented_SD.T]
        rows.append(np.stack([mean_K for _, mean_K in means], axis=1))
        y += [label[fold.cases[k]] for k in means[0][0]]
        tested += [part is fold.test] * len(means[0][0])
    return Shown(
        case_KD=np.concatenate(rows),
        y_K=np.array(y, dtype=np.float64),
        tested_K=np.array(tested, dtype=np.bool_),
    )


def draw(path: Path, panels: Mapping[str, Shown], target: str) -> bool:
    """Draw t-SNE of each panel, one colour scale for all; False where there are too few cases."""
    if any(len(one.y_K) < LEAST for one in panels.values()):
        return False
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(SIZE[0] * len(panels), SIZE[1]), dpi=DPI, facecolor=PAGE, layout="constrained"
    )
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    ends = [
        min(one.y_K.min() for one in panels.values()),
        max(one.y_K.max() for one in panels.values()),
    ]
    for axis, (title, one) in zip(axes, panels.items(), strict=True):
        x_K, y_K = _embedded(one.case_KD).T
        edges = [RING if tested else "none" for tested in one.tested_K]
        dots = axis.scatter(
            x_K, y_K, c=one.y_K, cmap="viridis", vmin=ends[0], vmax=ends[1],
            s=42, edgecolors=edges, linewidths=1.6,
        )  # fmt: skip
        axis.set(title=title, xticks=[], yticks=[])
        axis.spines[:].set_color("#cccccc")
    figure.colorbar(dots, ax=list(axes), label=target, shrink=0.85)
    with replacing(path) as written, written.open("wb") as stream:
        canvas.print_png(stream, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return True


def _embedded(case_KD: F64) -> F64:
    """Lay cases out in a plane, neighbours beside each other."""
    from sklearn.manifold import TSNE

    spread_D = case_KD.std(axis=0)
    standard_KD = (case_KD - case_KD.mean(axis=0)) / np.where(spread_D > 0, spread_D, 1.0)
    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(case_KD) - 1) / 3.0),
        init="pca",
        method="exact",  # the same for any number of threads
        random_state=0,
    )
    plane_K2: F64 = tsne.fit_transform(standard_KD)
    return plane_K2
