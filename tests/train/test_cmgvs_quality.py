"""How real synthetic vision looks: each figure beside a naive loop, and where it must be 0 or 1."""

# N = words, V = columns, K = draws

import itertools

import numpy as np
import pytest
from scipy.linalg import sqrtm

from depx.train.cmgvs.quality import autocorrelation, diversity, frechet, quality

OFFSETS = np.array([0, 40, 41, 100])


def walk(seed: int, *, keep: float = 0.9) -> np.ndarray:
    rng = np.random.default_rng(seed)
    value_NV = np.zeros((100, 3), dtype=np.float32)
    for n in range(1, 100):
        value_NV[n] = keep * value_NV[n - 1] + rng.standard_normal(3)
    return value_NV


def of(rows: list[dict[str, object]], source: str, column: str) -> dict[str, object]:
    (row,) = [row for row in rows if (row["source"], row["column"]) == (source, column)]
    return row


def test_the_face_itself_is_perfect_and_varies_as_much_as_it_does() -> None:
    real_NV = walk(0)
    real_NV[7, 1] = np.nan
    rng = np.random.default_rng(1)
    draws_KNV = real_NV[rng.integers(0, 100, size=(40, 100))]  # any word's face for any word
    filled_NV = np.nan_to_num(real_NV)
    rows = quality(real_NV, {"prior": filled_NV}, np.nan_to_num(draws_KNV), OFFSETS, list("abc"))
    for column in "abc":
        row = of(rows, "prior", column)
        assert row["l1"] == row["wasserstein"] == 0.0
        assert row["autocorrelation"] == pytest.approx(row["autocorrelation_real"], abs=0.02)
        assert row["diversity"] == pytest.approx(1.0, abs=0.05)
    assert of(rows, "prior", "all")["frechet"] == pytest.approx(0.0, abs=1e-9)


def test_an_average_face_is_told_from_a_real_one() -> None:
    real_NV = walk(0)
    flat_NV, draws_KNV = np.zeros_like(real_NV), np.zeros((4, 100, 3), np.float32)
    made = {"posterior": flat_NV, "prior": flat_NV}
    rows = quality(real_NV, made, draws_KNV, OFFSETS, list("abc"))
    row = of(rows, "prior", "a")
    assert row["l1"] == row["l1_of_mean"]
    assert row["diversity"] == 0.0
    assert row["autocorrelation"] is None
    assert of(rows, "posterior", "a")["diversity"] is None  # nobody drew it
    assert of(rows, "prior", "all")["frechet"] > 1.0


def test_a_column_that_never_varies_has_nothing_to_be_like() -> None:
    real_NV = walk(0)
    real_NV[:, 1] = 0.0
    rows = quality(real_NV, {"prior": walk(1)}, walk(2)[None], OFFSETS, list("abc"))
    assert of(rows, "prior", "b") == {"source": "prior", "column": "b"}
    assert of(rows, "prior", "a")["l1"] > 0


def test_autocorrelation_crosses_no_session_and_no_gap() -> None:
    value_N = walk(3)[:, 0]
    seen_N = np.ones(100, dtype=np.bool_)
    seen_N[[5, 60, 61]] = False
    above = below = 0.0
    for first, last in itertools.pairwise(OFFSETS):
        inside = [n for n in range(first, last) if seen_N[n]]
        mean = np.mean([float(value_N[n]) for n in inside])
        for n in range(first, last - 1):
            if seen_N[n] and seen_N[n + 1]:
                one, other = value_N[n] - mean, value_N[n + 1] - mean
                above += one * other
                below += (one**2 + other**2) / 2
    assert autocorrelation(value_N, seen_N, OFFSETS) == pytest.approx(above / below, rel=1e-6)
    broken_N = np.where(seen_N, value_N, np.float32(np.nan))
    assert autocorrelation(broken_N, seen_N, OFFSETS) == pytest.approx(above / below, rel=1e-6)


def test_diversity_is_the_mean_over_pairs() -> None:
    rng = np.random.default_rng(0)
    draws_KM, real_M = rng.standard_normal((5, 30)), 3.0 * rng.standard_normal(30)
    pairs = itertools.combinations
    apart = np.mean([abs(draws_KM[i] - draws_KM[j]).mean() for i, j in pairs(range(5), 2)])
    spread = np.mean([abs(one - other) for one, other in pairs(real_M, 2)])
    assert diversity(draws_KM.astype("f4"), real_M) == pytest.approx(apart / spread, rel=1e-5)
    assert diversity(draws_KM[:1].astype("f4"), real_M) is None
    assert diversity(draws_KM.astype("f4"), np.ones(30)) is None


def test_frechet_is_the_formula() -> None:
    rng = np.random.default_rng(0)
    one_NV, other_NV = (
        rng.standard_normal((200, 4)),
        rng.standard_normal((150, 4)) @ np.diag([1.0, 2.0, 0.5, 1.0]) + [1.0, 0.0, 0.0, 0.0],
    )
    c1, c2 = np.cov(one_NV.T, bias=True), np.cov(other_NV.T, bias=True)
    formula = np.sum((one_NV.mean(0) - other_NV.mean(0)) ** 2) + np.trace(
        c1 + c2 - 2 * sqrtm(c1 @ c2).real
    )
    assert frechet(one_NV.astype("f4"), other_NV.astype("f4")) == pytest.approx(formula, rel=1e-4)
