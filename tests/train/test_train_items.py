"""Which columns of a training set are items, on which scale, and what is refused."""

import pandas as pd
import pytest

from depx.errors import TrainingError
from depx.extract.labels.cmdc import ITEMS as PHQ9
from depx.extract.labels.daic_woz import ITEMS as PHQ8
from depx.extract.labels.edaic import PCLC
from depx.train.items import Items, choose_items

NAN = float("nan")


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"session": ["900", "901", "902"], "gender": ["male"] * 3, **columns})


def answers(*names: str, low: int = 0) -> dict[str, list[object]]:
    return {name: [low, low + 2, NAN] for name in names}


@pytest.mark.parametrize(
    ("target", "items", "low", "high"),
    [
        ("phq8", PHQ8, 0, 3),
        ("PHQ8_Score", PHQ8, 0, 3),
        ("phq8_binary", PHQ8, 0, 3),
        ("phq9", PHQ9, 0, 3),
        ("ptsd_severity", PCLC, 1, 5),
        ("ptsd_binary", PCLC, 1, 5),
    ],
)
def test_auto_takes_the_items_of_the_targets_questionnaire_and_its_scale(
    target: str, items: tuple[str, ...], low: int, high: int
) -> None:
    every = answers(*PHQ8, *PHQ9) | answers(*PCLC, low=1)
    found = choose_items(table(**every), target, "auto")
    assert found == Items(names=items, low=low, high=high, whole=True)
    assert found.thresholds == high - low


def test_items_may_be_spelled_as_they_were_released() -> None:
    found = choose_items(table(**answers("PHQ8_NoInterest", "PHQ8_Sleep")), "phq8", "auto")
    assert found.names == ("PHQ8_NoInterest", "PHQ8_Sleep")
    assert not found.whole


def test_an_item_that_nobody_answered_is_not_among_those_of_auto() -> None:
    made = answers(*PHQ8) | {PHQ8[3]: [NAN] * 3}
    found = choose_items(table(**made), "phq8", "auto")
    assert found.names == tuple(name for name in PHQ8 if name != PHQ8[3])
    assert not found.whole


def test_named_items_of_a_questionnaire_have_its_scale_and_others_their_range() -> None:
    made = table(**answers(*PHQ9), mood=[1, 4, NAN], sleep=[2, 6, 3])
    assert choose_items(made, "bdi2", ", ".join(PHQ9)).whole
    assert choose_items(made, "bdi2", "phq9_2").high == 3
    found = choose_items(made, "bdi2", "mood,sleep")
    assert found == Items(names=("mood", "sleep"), low=1, high=6, whole=False)


@pytest.mark.parametrize(
    ("columns", "target", "choice", "message"),
    [
        ({}, "bdi2", "auto", "nobody knows the items of bdi2, expected a target of phq8, phq9"),
        ({}, "phq8", "auto", "no session that is trained on has an answer to an item of phq8"),
        (answers("phq8_sleep", "PHQ8_Sleep"), "phq8", "auto", "phq8_sleep and PHQ8_Sleep are the"),
        ({"phq8_sleep": [0, 4, 1]}, "phq8", "auto", "901: phq8_sleep is 4, expected.*0..3"),
        ({"phq8_sleep": [0, 1.5, 1]}, "phq8", "auto", "901: phq8_sleep is 1.5, expected a whole"),
        ({"a": [0, 1, -1]}, "phq8", "a", "session 902: a is -1, expected a whole number from 0 on"),
        ({"a": [0, float("inf"), 1]}, "phq8", "a", "session 901: a is inf, expected a whole"),
        ({"a": [2, 2, 2]}, "phq8", "a", "items=a: every answer is 2, so there is nothing to learn"),
        ({"a": [NAN] * 3}, "phq8", "a", "items=a: no session that is trained on has a a"),
        ({"a": [0, 1, 2]}, "phq8", "a,b", "has no column 'b', got session, gender, a"),
        ({"a": [0, 1, 2]}, "phq8", "a,a", "a column stands there twice"),
        ({}, "phq8", "gender", "column gender holds text, expected whole numbers"),
    ],
)  # fmt: skip
def test_items_that_are_not_there_or_off_their_scale_are_refused(
    columns: dict[str, list[object]], target: str, choice: str, message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        choose_items(table(**columns), target, choice)
