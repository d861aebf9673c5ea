"""How often cases were tested: every training that was judged on them is noted in their set's log.

Who tries ten settings and reports the best has chosen by the test set, however clean each training
was.  The count goes by the folder of the training set: one that is aligned elsewhere begins at
none.  The same training done again counts once.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from ..extract.store.log import Log, events

SCORED = "scored"


def note(
    dataset: Path, run: str, cases: Collection[str], *, report: Callable[[str], None]
) -> int | None:
    """Note that a training was judged on some cases of a training set.

    Parameters
    ----------
    dataset : Path
    run : str
        Key of the training.
    cases : collection of str
        That it tested.

    Returns
    -------
    int or None
        How many trainings were judged on any of these cases up to this one, it included: the same
        whenever it is done again.  None where the log cannot be written, so that nobody knows.
    """
    tested = frozenset(cases)
    runs = [
        str(event.get("run"))
        for event in events(dataset, SCORED)
        if not tested.isdisjoint(event.get("cases", ()))
    ]
    if run not in runs:
        log = Log(dataset)
        log.write(SCORED, run=run, cases=sorted(tested))
        if log.lost:
            report(
                f"{log.path}: cannot be written: nobody counts how often these cases were tested"
            )
            return None
        runs.append(run)
    return len(set(runs[: runs.index(run) + 1]))
