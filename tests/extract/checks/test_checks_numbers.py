"""NaN, Inf and columns that stand still are counted as numpy counts them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.extract.checks import numbers
from depx.extract.checks.base import Grade
from depx.extract.checks.numbers import scanned
from depx.extract.checks.seen import Seen
from depx.features.columns import Column
from depx.features.track import Track
from depx.features.words import TurnTable, WordVectors


def track(value_FC: Any, valid_F: Any = None) -> Track:
    value_FC = np.asarray(value_FC, np.float32)
    return Track(
        time_s=np.arange(len(value_FC)) / 100.0, value_FC=value_FC,
        columns=tuple(Column(f"c{c}", "1", "lld") for c in range(value_FC.shape[1])),
        valid_F=np.ones(len(value_FC), np.bool_) if valid_F is None else valid_F, rate_hz=100.0,
    )  # fmt: skip


def noise(rows: int, columns: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


@given(seed=st.integers(0, 1_000), rows=st.integers(1, 300))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_counts_are_those_of_numpy_on_the_whole_table(room: Any, seed: int, rows: int) -> None:
    chance = np.random.default_rng(seed)
    value_FC = noise(rows, 4, seed)
    value_FC[chance.random(value_FC.shape) < 0.1] = np.nan
    value_FC[chance.random(value_FC.shape) < 0.02] = np.inf
    valid_F = chance.random(rows) < 0.8
    stored = room.session({"egemaps": track(value_FC, valid_F)}, name=f"n{seed}-{rows}")
    (figures,) = scanned(Seen(stored))
    np.testing.assert_array_equal(figures.nan_C, np.isnan(value_FC[valid_F]).sum(axis=0))
    np.testing.assert_array_equal(figures.infinite_C, np.isinf(value_FC).sum(axis=0))
    found = room.findings(stored)
    if valid_F.any():
        share = np.isnan(value_FC[valid_F]).mean()
        assert found["numbers.missing"].measured.value == pytest.approx(share)
    assert found["numbers.infinite"].measured.value == np.isinf(value_FC).sum()


def test_nan_in_rows_that_are_not_valid_does_not_count(room: Any) -> None:
    face = room.face(60.0, lost=[(10.0, 40.0)])
    found = room.findings({"face": face})["numbers.missing"]
    assert (found.measured.value, found.grade) == (0, Grade.GOOD)


def test_one_inf_is_bad_and_named_in_whatever_table_it_is(room: Any) -> None:
    lld = track(noise(5_000, 3))  # more than one row group
    lld.value_FC[4_500, 1] = -np.inf
    vectors = WordVectors(value_WD=noise(20, 8), valid_W=np.ones(20, np.bool_))
    vectors.value_WD[3, 2] = np.inf
    turns = room.turns([(0, 5), (5, 9)])
    values = noise(2, 2)
    values[1, 0] = np.inf
    functionals = TurnTable(
        turns=turns, value_TC=values, columns=(Column("f0", "1"), Column("f1", "1")),
        valid_T=np.ones(2, np.bool_),
    )  # fmt: skip
    made = {"egemaps": lld, "bert": vectors, "egemaps_turns": functionals}
    found = room.findings(made)["numbers.infinite"]
    assert (found.measured.value, found.grade) == (3, Grade.BAD)
    assert set(found.measured.about.split(", ")) == {
        "egemaps (c1)", "bert (bert_2)", "egemaps_turns (f0)",
    }  # fmt: skip
    assert [one.start_s for one in found.measured.stretches] == [45.0]


def test_a_column_that_never_changes_is_named_and_flags_are_not(room: Any) -> None:
    value_FC = noise(200, 5)
    value_FC[:, 2] = 7
    value_FC[:, 3] = np.nan  # not measured at all: missing, not constant
    found = room.findings({"egemaps": track(value_FC), "face": room.face(60.0)})
    assert found["numbers.constant"].measured.value == 1
    assert found["numbers.constant"].measured.about == "egemaps (c2)"
    assert found["numbers.missing"].measured.value == pytest.approx(0.2)


def test_the_scan_reads_each_table_once(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    scan = numbers._scan
    monkeypatch.setattr(numbers, "_scan", lambda seen, name: read.append(name) or scan(seen, name))
    room.findings({"egemaps": track(noise(200, 3)), "face": room.face(10.0)})
    assert sorted(read) == ["egemaps", "face"]
