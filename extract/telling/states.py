"""What a session of a run is, in a word."""

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ..session_run import Outcome

State: TypeAlias = Literal["done", "up_to_date", "failed", "locked", "left_out"]
STATES: dict[State, str] = {
    "done": "done now",
    "up_to_date": "up to date",
    "failed": "failed",
    "locked": "locked",
    "left_out": "left out",
}
"""States as people read them, in the order in which they do."""


def state_of(outcome: "Outcome") -> State:
    """Say what a session is: failed if any track of it did; done if it took work in this run."""
    if outcome.failures:
        return "failed"
    if outcome.locked:
        return "locked"
    if outcome.left_out:
        return "left_out"
    return "done" if outcome.seconds > 0 else "up_to_date"
