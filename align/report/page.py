"""``report.html`` of a training set, laid out: a function of what it holds.

There are no timelines: a training set holds rows a word and frames at 3 Hz, and what they were made
of is seen in the page of the store.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...extract.pages.blocks import Block, Cell, Facts, Mark, Page, Section, Table, Text, whole
from ...extract.pages.charts import COLOURS, by_group, is_group, is_known, spread
from ...extract.pages.render import render
from ..dataset import Dataset, Target
from ..differences import FIRST_FIGURE

Rows = Sequence[Mapping[str, Any]]
NOTICE = (
    "This page is about data, not about people: it shows how much of what was measured, and how "
    "labels are spread. It holds ids and labels, and nothing that was said."
)
NO_TIMELINES = (
    "Timelines are not here: a training set holds a row a word, and frames at a few a second. "
    "depx report STORE, of the store that it was made of, shows each session on its clock."
)
IDS = ("session", "case", "participant", "corpus", "split")
TIMINGS = ("words_given", "words_forced", "words_proportional", "words_untimed")
COUNTS = ("rows", "rows_masked", "words", "pauses", "windows")
ALL = 1_000_000  # rows that are shown
MOST_FIGURES = 8


def lay_out(dataset: Dataset, rows: Rows) -> str:
    """Lay a training set out as HTML.

    Parameters
    ----------
    dataset : Dataset
    rows : sequence of mappings
        Of ``sessions.parquet``, those that are wanted.
    """
    sections: Sequence[tuple[str, Sequence[Block]]] = (
        ("Sessions", [_sessions(dataset, rows), Text(text=NO_TIMELINES)]),
        ("Left out", list(_left_out(dataset))),
        ("Modalities", [_modalities(dataset, rows)]),
        ("Labels", list(_labels(dataset, rows))),
        ("Groups", list(_groups(dataset, rows))),
        ("Settings", [_settings(dataset)]),
    )
    return render(
        Page(
            title=f"Training set: {many(len(rows), 'session')}",
            notice=NOTICE,
            lead=_lead(dataset, rows),
            alarms=list(_alarms(dataset, rows)),
            sections=[Section(title=title, blocks=blocks) for title, blocks in sections if blocks],
        )
    )


def label_names(rows: Rows) -> list[str]:
    """Name the columns of labels, which stand between the ids and what was computed."""
    names = list(rows[0]) if rows else []
    return [name for name in names[: names.index(FIRST_FIGURE)] if name not in IDS]


def _lead(dataset: Dataset, rows: Rows) -> str:
    people = len({row["participant"] for row in rows})
    counts = dataset.manifest["counts"]
    said = (
        f"{many(len(rows), 'session')} of {many(people, 'participant')}; in the whole "
        f"set {many(counts['rows'], 'row')}, {counts['rows_masked']} of them of whoever was not "
        "chosen. "
    )
    if dataset.target is None:
        return said + "It has no target: it was aligned without labels."
    scale = (dataset.target.min, dataset.target.max)
    known = "" if None in scale else f" ({scale[0]:g} to {scale[1]:g})"
    return said + f"The target is {dataset.target.name}{known}{_positive(dataset.target)}."


def _positive(target: Target) -> str:
    """Say who truly is positive, where there is a rule: ``; positive: phq8 >= 10``."""
    rule = target.label_rule
    if rule and target.positive_by == "rule":
        number = target.positive_rule.lstrip("<>=")
        rule = f"{target.name} {target.positive_rule.removesuffix(number)} {number.strip()}"
    return f"; positive: {rule}" if rule else ""


def _alarms(dataset: Dataset, rows: Rows) -> Iterator[str]:
    target = dataset.target
    if target is not None:
        lack = [row["session"] for row in rows if not is_known(row.get(target.name))]
        if lack:
            yield f"{many(len(lack), 'session')} without {target.name}: {_few(lack)}."
    left = [one["session"] for one in dataset.manifest["exclusions"] if not one["on_request"]]
    if left:
        yield f"{many(len(left), 'session')} left out, though nobody asked for it: {_few(left)}."


def _sessions(dataset: Dataset, rows: Rows) -> Table:
    """Lay out sessions x what is known of them; a click on a head sorts."""
    names = label_names(rows)[:MOST_FIGURES]
    labels = {name: whole([row[name] for row in rows]) for name in names}
    shares = {name: f"{name}_share_valid" for name in dataset.modalities}
    head = ["session", "participant", "case", "split", *names, "minutes", *COUNTS]
    timed = [name.removeprefix("words_") for name in TIMINGS]
    return Table(
        head=[*head, *timed, "confidence", *(f"{name} measured" for name in shares)],
        rows=[
            [
                row["session"],
                row["participant"],
                row["case"],
                row["split"],
                *(cells[at] for cells in labels.values()),
                row["duration_s"] / 60,
                *(row[name] for name in COUNTS),
                *(row[name] for name in TIMINGS),
                row["confidence_median"],
                *(_share(row.get(column)) for column in shares.values()),
            ]
            for at, row in enumerate(rows)
        ],
        file="sessions.csv",
        about="A row a session; a click on a head sorts. Given, forced, proportional, untimed: how "
        "its words got their times; measured: the share of its words' time that each modality "
        "covers.",
        digits=2,
        most=ALL,
        sortable=True,
    )


def _share(value: float | None) -> Mark:
    """Show a share; none of it is as good as absent."""
    none = value is None or value != value or value == 0
    return Mark(value=value, grade="absent" if none else "", digits=2)


def _left_out(dataset: Dataset) -> Iterator[Block]:
    gone, partial = dataset.manifest["exclusions"], dataset.manifest["incomplete"]
    if gone:
        yield Table(
            head=["session", "left out by", "reason"],
            rows=[
                [one["session"], "request" if one["on_request"] else "depx align", one["reason"]]
                for one in gone
            ],
            file="exclusions.csv",
            about="Sessions that are not in the set.",
            most=ALL,
        )
    if partial:
        yield Table(
            head=["session", "what it lacks"],
            rows=[[one["session"], one["reason"]] for one in partial],
            file="incomplete.csv",
            about="Sessions that take part without one of their tracks.",
            most=ALL,
        )


def _modalities(dataset: Dataset, rows: Rows) -> Table:
    def line(name: str) -> list[Cell]:
        modality = dataset.modalities[name]
        shares = [row[f"{name}_share_valid"] for row in rows]
        known = [share for share in shares if is_known(share) and share > 0]
        origins = Counter(str(row[f"{name}_origin"] or "none") for row in rows)
        told = ", ".join(f"{count} {origin}" for origin, count in sorted(origins.items()))
        mean = sum(known) / len(known) if known else None
        return [name, modality.column, modality.width, len(known), mean, told]

    return Table(
        head=["modality", "column", "width", "sessions", "measured, mean", "origin"],
        rows=[line(name) for name in dataset.modalities],
        file="modalities.csv",
        about="What stands under each word. A modality that is given in some sessions and computed "
        "in others can tell groups apart.",
        digits=2,
    )


def _labels(dataset: Dataset, rows: Rows) -> Iterator[Block]:
    names = label_names(rows)
    target = None if dataset.target is None else dataset.target.name
    ordered = sorted(names, key=lambda name: name != target)
    drawn = 0
    for name in ordered:
        known = [(str(row["session"]), row[name]) for row in rows if is_known(row[name])]
        if not known or drawn >= MOST_FIGURES:
            continue
        drawn += 1
        lack = len(rows) - len(known)
        about = f"{many(len(known), 'session')}" + (f", {lack} without." if lack else ".")
        yield spread(name, known, about=about, of="session")


def _groups(dataset: Dataset, rows: Rows) -> Iterator[Block]:
    target = dataset.target
    lines: list[list[Cell]] = []
    figures = []
    for column in ("split", "corpus", *label_names(rows)):
        if not is_group(column, (row[column] for row in rows)):
            continue
        parts: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            value = row[column]
            parts.setdefault(str(value) if is_known(value) else "not known", []).append(row)
        if len(parts) < 2:
            continue
        lines += [
            [f"{column}: {value}", *_group(dataset, ones)] for value, ones in sorted(parts.items())
        ]
        if target is not None and len(parts) <= len(COLOURS):
            values = {
                value: [float(row[target.name]) for row in ones if is_known(row[target.name])]
                for value, ones in sorted(parts.items())
            }
            about = "One bar upon the other."
            figures.append(by_group(target.name, column, values, about=about, of="session"))
    if lines:
        head = ["group", "sessions", "participants", "minutes, mean", "words, mean"]
        more = [] if target is None else [f"{target.name}, mean", "positive, share"]
        yield Table(head=[*head, *more], rows=lines, file="groups.csv", digits=2)
        yield from figures


def _group(dataset: Dataset, ones: Rows) -> list[Cell]:
    import pandas as pd

    cells: list[Cell] = [
        len(ones),
        len({row["participant"] for row in ones}),
        sum(row["duration_s"] for row in ones) / len(ones) / 60,
        sum(row["words"] for row in ones) / len(ones),
    ]
    if dataset.target is not None:
        labels = [row[dataset.target.name] for row in ones if is_known(row[dataset.target.name])]
        truth = dataset.target.truth(pd.DataFrame(list(ones)))
        positive = [] if truth is None else [float(one) for one in truth if one == one]
        cells.append(sum(labels) / len(labels) if labels else None)
        cells.append(sum(positive) / len(positive) if positive else None)
    return cells


def _settings(dataset: Dataset) -> Facts:
    manifest = dataset.manifest
    settings = [
        (name, _said(value))
        for name, value in sorted(manifest["settings"].items())
        if value is not None  # nothing was said: what holds then stands elsewhere
    ]
    return Facts(rows=[("depx", manifest["depx"]), ("content key", manifest["key"]), *settings])


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def many(count: int, what: str) -> str:
    """Print ``1 session``, ``2 sessions``."""
    return f"{count} {what}{'s' * (count != 1)}"
