"""Label cells that are known to be wrong: mended where they are, left alone where they are not."""

import math

import pytest

from depx.extract.corrections.labels import correct_labels
from depx.extract.labels.base import Cell

ITEMS = (
    *("phq8_nointerest", "phq8_depressed", "phq8_sleep", "phq8_tired"),
    *("phq8_appetite", "phq8_failure", "phq8_concentrating", "phq8_moving"),
)


def row(score: Cell, binary: Cell, *items: Cell) -> dict[str, Cell]:
    named = dict(zip(ITEMS, items or (1,) * 8, strict=True))
    return {"phq8": score, "phq8_binary": binary, **named}


def one_empty(rest: float, empty: Cell = None) -> dict[str, Cell]:
    """A made-up row whose sleep item is empty: the others sum to 5."""
    return row(5 + rest, 0, 1, 1, empty, 1, 1, 1, 0, 0)


@pytest.mark.parametrize("score", [10, 14.0, "12"])
def test_a_binary_label_that_contradicts_the_score_is_set(score: Cell) -> None:
    rows = {"409": row(score, 0)}
    (applied,) = correct_labels("daic-woz", rows, "published")
    assert rows["409"]["phq8_binary"] == 1
    assert (applied.session, applied.column, applied.was, applied.now) == (
        "409",
        "phq8_binary",
        0,
        1,
    )
    assert applied.table >= 1
    assert any("adbailey1" in source for source in applied.error.sources)


@pytest.mark.parametrize(("score", "binary"), [(10, 1), (9, 0), (None, 0), (12, None), (12, 1.0)])
def test_a_binary_label_that_is_right_or_not_known_to_be_wrong_stays(
    score: Cell, binary: Cell
) -> None:
    rows = {"409": row(score, binary)}
    before = dict(rows["409"])
    assert correct_labels("daic-woz", rows, "published") == []
    assert rows["409"] == before


def test_the_binary_labels_of_others_stay_whatever_they_say() -> None:
    rows = {"410": row(15, 0), "900": row(15, 0)}
    assert correct_labels("daic-woz", rows, "published") == []
    assert rows["410"]["phq8_binary"] == 0


@pytest.mark.parametrize("rest", [0, 1, 2, 3])
@pytest.mark.parametrize("empty", [None, "", " ", math.nan])
def test_an_empty_item_is_what_the_others_leave_of_the_score(rest: int, empty: Cell) -> None:
    rows = {"319": one_empty(rest, empty)}
    (applied,) = correct_labels("daic-woz", rows, "published")
    assert rows["319"]["phq8_sleep"] == rest
    assert sum(float(rows["319"][item]) for item in ITEMS) == rows["319"]["phq8"]
    assert applied.column == "phq8_sleep"


@pytest.mark.parametrize("rest", [-1, 4, 1.5])
def test_an_item_that_the_score_does_not_allow_stays_empty(rest: float) -> None:
    rows = {"319": one_empty(rest)}
    assert correct_labels("daic-woz", rows, "published") == []
    assert rows["319"]["phq8_sleep"] is None


def test_an_item_stays_that_is_filled_or_has_an_empty_neighbour() -> None:
    for items in ((1, 1, 2, 1, 1, 1, 0, 0), (None, 1, None, 1, 1, 1, 0, 0)):
        rows = {"319": row(7, 0, *items)}
        assert correct_labels("daic-woz", rows, "published") == []
        assert rows["319"]["phq8_sleep"] == items[2]


def test_none_mends_nothing_and_strict_what_published_does() -> None:
    for mode, count in (("none", 0), ("published", 2), ("strict", 2)):
        rows = {"319": one_empty(1), "409": row(11, 0)}
        assert len(correct_labels("daic-woz", rows, mode)) == count


def test_e_daics_labels_stay_as_released() -> None:
    rows = {"319": one_empty(1), "409": row(11, 0)}
    assert correct_labels("e-daic", rows, "published") == []
    assert rows["409"]["phq8_binary"] == 0


def test_what_was_mended_once_is_right() -> None:
    rows = {"319": one_empty(1), "409": row(11, 0)}
    correct_labels("daic-woz", rows, "published")
    assert correct_labels("daic-woz", rows, "published") == []


def test_tables_without_the_columns_are_left_alone() -> None:
    rows: dict[str, dict[str, Cell]] = {"409": {"phq8": 11}, "319": {"phq8": 6, "phq8_sleep": None}}
    assert correct_labels("daic-woz", rows, "published") == []


def test_a_line_names_the_cell_and_quotes_no_label() -> None:
    rows = {"409": row(23, 0)}
    (applied,) = correct_labels("daic-woz", rows, "published")
    assert applied.line.startswith("409: phq8_binary mended: ")
    assert "23" not in applied.line
