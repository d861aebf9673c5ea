"""Labels that cannot be are told, by id and without the score."""

from pathlib import Path
from typing import Any

import pytest

from depx.align.targets import SCALES
from depx.extract.checks.labels import label_problems, problems_of
from depx.extract.labels.daic_woz import ITEMS
from depx.extract.labels.registry import read_labels
from depx.extract.labels.scales import RANGES, SUMS
from depx.extract.store.labels import write_labels
from depx.extract.store.place import found_store
from depx.extract.store.reader import Store

GOOD = {"session": "300", "participant": "p300", "split": "train", "phq8": 8.0, "phq8_binary": 0.0,
        **dict.fromkeys(ITEMS, 1.0)}  # fmt: skip


def problems(*rows: Any) -> tuple[str, ...]:
    return problems_of(rows, "session", [])


def test_plausible_labels_are_told_of_with_no_word() -> None:
    assert problems(GOOD, {**GOOD, "session": "301", "participant": "p301"}) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"phq8": 25.0}, "has a phq8 that is no whole number of 0..24: 300"),
        ({"phq8": -1.0}, "has a phq8 that is no whole number of 0..24: 300"),
        ({"phq8": 8.5}, "has a phq8 that is no whole number of 0..24: 300"),
        ({"phq8_binary": 2.0}, "has a phq8_binary that is no whole number of 0..1: 300"),
        ({ITEMS[0]: 4.0}, f"has a {ITEMS[0]} that is no whole number of 0..3: 300"),
        ({"phq8": 9.0}, "has a phq8 that is not the sum of its 8 items: 300"),
    ],
)
def test_what_is_beyond_its_scale_or_adds_up_to_something_else_is_told(
    changed: dict[str, float], said: str
) -> None:
    found = problems({**GOOD, **changed})
    assert any(line.endswith(said) for line in found), found


def test_rows_that_come_twice_and_people_in_two_splits_are_told() -> None:
    found = problems(GOOD, {**GOOD, "split": "test"})
    assert found == (
        "labels: 1 session, of which each comes twice: 300",
        "labels: 1 participant, of which each is in two splits: p300",
    )


def test_the_scales_are_those_that_models_learn_on() -> None:
    for name, scale in SCALES.items():
        assert RANGES[name] == (scale.low, scale.high)
    for total, items in SUMS.items():
        low, high = (sum(RANGES[item][end] for item in items) for end in (0, 1))
        assert (low, high) == RANGES[total]


def test_a_store_is_asked_who_of_its_sessions_lacks_what(room: Any, tmp_path: Path) -> None:
    store = tmp_path / "daic"
    found_store(store, corpus="daic-woz")
    header = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n"
    official = "train_split_Depression_AVEC2017.csv"
    sheet = read_labels("daic-woz", [(official, f"{header}300,0,4,1\n301,,,0\n".encode())])
    write_labels(store, sheet)
    room.path = store
    for name in ("300", "301", "302"):
        room.session({}, name=name)
    assert label_problems(Store.open(store)) == (
        "labels: 1 session, of which each has no row of labels: 302",
        "labels: 1 session, of which each has no phq8: 301",
        "labels: 1 session, of which each has no phq8_binary: 301",
    )
    (store / "labels.parquet").write_bytes(b"PAR1")
    (line,) = label_problems(Store.open(store))
    assert "the depx extract that brought the labels mends it" in line


def test_a_store_without_labels_has_no_problem_with_them(room: Any) -> None:
    assert label_problems(Store.open(room.path)) == ()
    assert not (room.path / "labels.parquet").exists()
