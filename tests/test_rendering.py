"""What ``depx status`` prints: one thing to do next."""

from dataclasses import replace
from pathlib import Path

from depx.extract.store.findings import Grid, Status
from depx.rendering import of_status

INNER = Status(place=Path("R/dataset"), headline="R/dataset: a training set", then="depx train")
OUTER = Status(
    place=Path("R"),
    headline="R: a run, finished",
    grids=(Grid(head=("fit", "epochs"), rows=(("fold 1", "12"), ("fold 10", "7"))),),
    lines=("one line",),
    then="see R/MODEL_CARD.md",
    inside=(INNER,),
)


def test_a_place_inside_has_no_next_step_of_its_own_unless_something_is_to_be_done() -> None:
    assert of_status(OUTER) == (
        "R: a run, finished\n\nfit      epochs\nfold 1       12\nfold 10       7\n\none line\n\n"
        "next: see R/MODEL_CARD.md\n\nR/dataset: a training set"
    )
    stale = replace(OUTER, inside=(replace(INNER, exit_code=1),))
    assert of_status(stale).endswith("R/dataset: a training set\n\nnext: depx train")
