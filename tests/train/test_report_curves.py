"""Curves: the areas under those of detection are the figures in ``metrics.json``; many fits."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from depx.train.report.curves import MOST_FITS, curves
from depx.train.report.detection import precision, roc
from depx.train.report.finished import Finished


@pytest.mark.parametrize("levels", [3, 12, 1000])
def test_the_area_under_the_curve_is_the_auroc_ties_or_not(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _ in range(50):
        positive = rng.random(25) < 0.4
        positive[:2] = True, False
        said = rng.integers(levels, size=25) + 3.0 * positive
        coming, leaving = roc(positive, said)
        area = ((leaving[:-1] + coming[1:]) / 2).mean()
        assert area == pytest.approx(roc_auc_score(positive, said))
        assert leaving[-1] == 1.0
        assert coming[0] == 0.0


def test_the_curve_goes_through_the_points_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    positive, said = rng.random(30) < 0.5, rng.integers(8, size=30).astype(float)
    coming, leaving = roc(positive, said)
    for rate, found in zip(*roc_curve(positive, said, drop_intermediate=False)[:2], strict=True):
        at = round(rate * (~positive).sum())
        assert coming[at] - 1e-12 <= found <= leaving[at] + 1e-12


@pytest.mark.parametrize("levels", [3, 12, 1000])
def test_the_area_under_precision_and_recall_is_the_average_precision(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _ in range(50):
        positive = rng.random(25) < 0.4
        positive[:2] = True, False
        said = rng.integers(levels, size=25) + 3.0 * positive
        area = precision(positive, said).mean()
        assert area == pytest.approx(average_precision_score(positive, said))


def test_of_many_fits_the_first_are_drawn_and_it_says_so() -> None:
    records = [
        {
            **{"fold": fold, "seed": 0, "epoch": 2},
            "curve": [{"stage": "task", "epoch": e, "task": 1.0 / e} for e in (1, 2, 3)],
        }
        for fold in range(MOST_FITS + 5)
    ]
    run = Finished(
        about={}, metrics={}, table=pd.DataFrame(), records=records, tuning=[], attention=b""
    )
    (figure,) = curves(run)
    assert f"the first {MOST_FITS} of {MOST_FITS + 5}" in figure.about
    assert len(figure.table.rows) == 3 * MOST_FITS
    assert figure.table.rows[:3] == [
        ("fold0-seed0", 1, 1.0, False),
        ("fold0-seed0", 2, 0.5, True),
        ("fold0-seed0", 3, 1.0 / 3, False),
    ]
