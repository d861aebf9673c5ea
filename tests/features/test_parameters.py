"""``--set`` values become fields, or one line that says why not."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from depx.errors import UsageError
from depx.features.parameters import PLACE, PRIVATE, configure, parameters, recorded


@dataclass(frozen=True)
class Lens:
    """Something with parameters."""

    focal: float | None = None
    """Focal length, in px."""
    count: int = 3
    """How many."""
    side: Literal["left", "right"] = "left"
    """Which."""
    on: bool = False
    """Whether."""


def test_values_of_the_prefix_become_typed_fields() -> None:
    values = {"lens.focal": "800", "lens.side": "right", "lens.on": "true", "other.count": "9"}
    assert configure(Lens, "lens", values) == Lens(focal=800.0, side="right", on=True)


def test_none_takes_a_value_back() -> None:
    assert configure(Lens, "lens", {"lens.focal": "none"}).focal is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lens.focus", "1", "no such parameter; there are: focal, count, side, on"),
        ("lens.count", "1.5", "expected int, got '1.5'"),
        ("lens.side", "up", r"expected left\|right, got 'up'"),
        ("lens.on", "maybe", "expected bool"),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        configure(Lens, "lens", {name: value})


def test_listing_tells_default_choices_and_docstring() -> None:
    focal, _, side, _ = parameters(Lens)
    assert (focal.name, focal.default, focal.doc) == ("focal", None, "Focal length, in px.")
    assert side.choices == ("left", "right")


@dataclass(frozen=True)
class Person:
    """Something with parameters that are nobody's business."""

    name: str | None = field(default=None, metadata=PRIVATE)
    model: str | None = field(default=None, metadata=PLACE)


def test_a_name_is_never_written_down_but_still_tells_values_apart() -> None:
    anna, bert = recorded(Person(name="Anna")), recorded(Person(name="Bert"))
    assert "Anna" not in str(anna)
    assert anna != bert
    assert recorded(Person())["name"] is None


def test_of_a_place_only_the_last_part_is_written_down() -> None:
    assert recorded(Person(model="/home/someone/models/mini"))["model"] == "mini"


@dataclass(frozen=True, kw_only=True)
class Zoom(Lens):
    """A lens with a parameter of its own, and another default of one that it inherits."""

    longest: float = 70.0
    """Focal length at the far end, mm."""
    focal: float = 35.0
    """Focal length at the near end, mm."""


def test_inherited_parameters_come_after_a_component_s_own() -> None:
    listed = parameters(Zoom)
    assert [one.name for one in listed[:2]] == ["longest", "focal"]
    assert {one.name for one in listed} == {"longest"} | {one.name for one in parameters(Lens)}
    assert listed[1].default == 35.0
    assert listed[1].doc == "Focal length at the near end, mm."
    assert all(one.doc for one in listed)
