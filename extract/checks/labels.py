"""Whether the labels that a store has are plausible: one line a problem, no score in it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ...errors import StoreError
from ..labels.base import PARTICIPANT, SPLIT, some
from ..labels.scales import RANGES, SUMS
from ..store.labels import read_about
from ..store.reader import Store, StoredSession

Row: TypeAlias = Mapping[str, Any]


def label_problems(store: Store) -> tuple[str, ...]:
    """Say what is odd about a store's labels; nothing where there is nothing odd, or no table.

    Looked at are the ends of each known scale, sums of items, rows that come twice, sessions
    without a row or a score, and people in two splits.  A table that is damaged is a line, too.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        path = store.labels()
        if path is None:
            return ()
        unit = str(read_about(path)["unit"])
        rows = pq.read_table(path, partitioning=None).to_pylist()
    except StoreError as error:
        return (str(error),)
    except (OSError, pa.ArrowInvalid, KeyError):
        return (f"{path}: cannot be read; run the extract again that brought the labels",)
    return problems_of(rows, unit, store.sessions())


def problems_of(
    rows: Sequence[Row], unit: str, sessions: Sequence[StoredSession]
) -> tuple[str, ...]:
    """Say what is odd about rows of labels, each of a `unit` (``session`` or ``case``)."""
    ids = [str(row[unit]) for row in rows]
    wanted = {one.id if unit == "session" else one.case for one in sessions}
    return (
        *_about("comes twice", [one for one, n in Counter(ids).items() if n > 1], unit),
        *_about("has no row of labels", sorted(wanted - set(ids)), unit),
        *_missing(rows, unit, wanted),
        *_out_of_range(rows, unit),
        *_sums(rows, unit),
        *_torn(rows),
    )


def _about(what: str, ids: Sequence[str], unit: str) -> Iterator[str]:
    if ids:
        yield f"labels: {len(ids)} {unit}{'s' * (len(ids) > 1)}, of which each {what}: {some(ids)}"


def _missing(rows: Sequence[Row], unit: str, wanted: set[str]) -> Iterator[str]:
    """Say who of the store has no score or class, where others have; items count with the total."""
    items = {item for of_one in SUMS.values() for item in of_one}
    for column in RANGES:
        if column not in items and any(row.get(column) is not None for row in rows):
            lacking = [str(r[unit]) for r in rows if r.get(column) is None and r[unit] in wanted]
            yield from _about(f"has no {column}", lacking, unit)


def _out_of_range(rows: Sequence[Row], unit: str) -> Iterator[str]:
    for column, (low, high) in RANGES.items():
        beyond = [
            str(row[unit])
            for row in rows
            if (value := row.get(column)) is not None
            and not (low <= value <= high and float(value).is_integer())
        ]
        yield from _about(f"has a {column} that is no whole number of {low:g}..{high:g}", beyond,
                          unit)  # fmt: skip


def _sums(rows: Sequence[Row], unit: str) -> Iterator[str]:
    for total, items in SUMS.items():
        odd = []
        for row in rows:
            scores = [row.get(item) for item in items]
            if row.get(total) is not None and None not in scores and sum(scores) != row[total]:
                odd.append(str(row[unit]))
        yield from _about(f"has a {total} that is not the sum of its {len(items)} items", odd, unit)


def _torn(rows: Sequence[Row]) -> Iterator[str]:
    splits: dict[str, set[str]] = {}
    for row in rows:
        if row.get(PARTICIPANT) and row.get(SPLIT):
            splits.setdefault(str(row[PARTICIPANT]), set()).add(str(row[SPLIT]))
    torn = sorted(one for one, found in splits.items() if len(found) > 1)
    yield from _about("is in two splits", torn, PARTICIPANT)
