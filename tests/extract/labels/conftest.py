"""Tiny label files with invented numbers, spelt as the corpora spell theirs."""

from collections.abc import Callable, Mapping, Sequence

import pytest

AVEC2017 = (
    "Participant_ID",
    "PHQ8_Binary",
    "PHQ8_Score",
    "Gender",
    "PHQ8_NoInterest",
    "PHQ8_Depressed",
    "PHQ8_Sleep",
    "PHQ8_Tired",
    "PHQ8_Appetite",
    "PHQ8_Failure",
    "PHQ8_Concentrating",
    "PHQ8_Moving",
)


def person(
    one: int, items: Sequence[int] = (1, 1, 1, 1, 1, 0, 0, 0), **cells: object
) -> dict[str, object]:
    """Fill a row of an AVEC 2017 split file; `cells` replace what follows from the items."""
    total = sum(items)
    named = dict(zip(AVEC2017[4:], items, strict=True))
    head = {"Participant_ID": one, "PHQ8_Binary": int(total >= 10), "PHQ8_Score": total}
    return {**head, "Gender": one % 2, **named, **cells}


def written(rows: Sequence[Mapping[str, object]], header: Sequence[str] = AVEC2017) -> bytes:
    """Write a table with commas."""
    lines = [",".join(header)]
    lines += [",".join(str(row.get(name, "")) for name in header) for row in rows]
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def avec2017() -> Callable[..., bytes]:
    """Write a split file of AVEC 2017 from the numbers of its participants, or from rows."""

    def make(*people: int | Mapping[str, object]) -> bytes:
        return written([person(one) if isinstance(one, int) else one for one in people])

    return make


@pytest.fixture
def row() -> Callable[..., dict[str, object]]:
    return person
