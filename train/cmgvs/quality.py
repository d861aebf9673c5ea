"""How real synthetic vision looks, apart from whether it helps: measured on test sessions.

Two sources are judged beside the measured face: the posterior (the face is rebuilt from itself
through the latent) and the prior (it is imagined from speech alone, as for a session without
video).  All figures are of standardised columns, so 1 is a standard deviation of the training part.
"""

# N = words of all sessions, V = visual columns, K = draws, S = sessions

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from ...features.types import F32, F64, I64, Bool
from ..checkpoint import Row

SOURCES = ("posterior", "prior")
SUMMARY = ("l1", "autocorrelation", "wasserstein", "diversity", "frechet")
MEANINGS = {
    "l1": "mean absolute difference from the measured face, in sd of the training part",
    "l1_of_mean": "the same of the training mean: what a synthesiser must beat",
    "autocorrelation": "from one word to the next, within sessions",
    "wasserstein": "distance between the distributions of a column, in sd of the training part",
    "diversity": "mean difference between two draws of the prior for one word, as a share of that "
    "between two measured words; 0: always the same face",
    "frechet": "Frechet distance between normal distributions of all columns together",
}


def quality(
    real_NV: F32,
    made: Mapping[str, F32],
    draws_KNV: F32,
    offsets_S1: I64,
    names: Sequence[str],
) -> list[Row]:
    """Compare synthetic vision with the measured one, a row a source and column.

    Parameters
    ----------
    real_NV : float32 array of shape (N, V)
        Standardised words of sessions, one after another; NaN = not measured.
    made : mapping of source to float32 array of shape (N, V)
    draws_KNV : float32 array of shape (K, N, V)
        Draws from the prior, each of all words.
    offsets_S1 : int64 array of shape (S + 1,)
    names : sequence of str
        Of the V columns.

    Returns
    -------
    list of rows
        ``source``, ``column``, and `MEANINGS` by name; ``column`` is ``all`` for the Frechet
        distance.  None where a figure is undefined: a lone draw, and all of a column that does not
        vary in the measured words, as there is nothing to be like.
    """
    from scipy.stats import wasserstein_distance

    rows: list[Row] = []
    measured_NV = np.isfinite(real_NV)
    for source, made_NV in made.items():
        for v, name in enumerate(names):
            seen_N = measured_NV[:, v]
            if not seen_N.any():
                continue
            real_M = real_NV[seen_N, v].astype(np.float64)
            made_M = made_NV[seen_N, v].astype(np.float64)
            if np.ptp(real_M) == 0:
                rows.append({"source": source, "column": name})
                continue
            rows.append(
                {
                    "source": source,
                    "column": name,
                    "l1": float(np.abs(made_M - real_M).mean()),
                    "l1_of_mean": float(np.abs(real_M).mean()),
                    "autocorrelation": autocorrelation(made_NV[:, v], seen_N, offsets_S1),
                    "autocorrelation_real": autocorrelation(real_NV[:, v], seen_N, offsets_S1),
                    "wasserstein": float(wasserstein_distance(real_M, made_M)),
                    "diversity": diversity(draws_KNV[:, seen_N, v], real_M)
                    if source == "prior"
                    else None,
                }
            )
        whole_N = measured_NV.all(axis=1)
        distance = frechet(real_NV[whole_N], made_NV[whole_N]) if whole_N.sum() > 1 else None
        rows.append({"source": source, "column": "all", "frechet": distance})
    return rows


def autocorrelation(value_N: F32, seen_N: Bool, offsets_S1: I64) -> float | None:
    """Correlate each word with the next of its session, about the session's mean.

    Pairs of which one word is not seen are left out; None where nothing varies.
    """
    above = below = 0.0
    for first, last in itertools.pairwise(offsets_S1):
        seen_W = seen_N[first:last]
        if not seen_W.any():
            continue
        apart_W = value_N[first:last].astype(np.float64)
        apart_W = np.where(seen_W, apart_W - apart_W[seen_W].mean(), 0.0)
        above += float(np.sum(apart_W[1:] * apart_W[:-1]))
        pair_W = seen_W[1:] & seen_W[:-1]
        both_W = (apart_W[1:] ** 2 + apart_W[:-1] ** 2) / 2.0
        below += float(np.sum(both_W[pair_W]))
    return above / below if below > 0 else None


def diversity(draws_KM: F32, real_M: F64) -> float | None:
    """Mean difference between two draws for the same word, as a share of that of two real words."""
    if draws_KM.shape[0] < 2:
        return None
    spread = _mean_difference(real_M[:, None])[0]
    apart_M = _mean_difference(draws_KM.astype(np.float64))
    return float(apart_M.mean() / spread) if spread > 0 else None


def frechet(one_NV: F32, other_NV: F32) -> float:
    """Frechet distance between the normal distributions of two sets of vectors.

    |m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson & Landau, 1982), which vision calls FID.
    """
    one, other = one_NV.astype(np.float64), other_NV.astype(np.float64)
    covariance_VV = np.atleast_2d(np.cov(one, rowvar=False, bias=True))
    other_VV = np.atleast_2d(np.cov(other, rowvar=False, bias=True))
    values_V, vectors_VV = np.linalg.eigh(covariance_VV)
    root_VV = (vectors_VV * np.sqrt(values_V.clip(min=0.0))) @ vectors_VV.T
    cross_V = np.linalg.eigvalsh(root_VV @ other_VV @ root_VV).clip(min=0.0)
    apart = float(np.sum((one.mean(axis=0) - other.mean(axis=0)) ** 2))
    spread = float(np.trace(covariance_VV) + np.trace(other_VV) - 2.0 * np.sqrt(cross_V).sum())
    return apart + max(spread, 0.0)


def _mean_difference(value_KM: F64) -> F64:
    """Mean absolute difference of all pairs along K, for each of M (Gini), in O(K log K)."""
    count = value_KM.shape[0]
    if count < 2:
        return np.zeros(value_KM.shape[1:])
    ordered_KM = np.sort(value_KM, axis=0)
    weight_K1 = (2.0 * np.arange(count) - count + 1.0)[:, None]
    mean_M: F64 = 2.0 * np.sum(weight_K1 * ordered_KM, axis=0) / (count * (count - 1))
    return mean_M
