"""Curves of detection: the areas under what is drawn are the figures in ``metrics.json``."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from depx.train.report.detection import precision, roc


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
