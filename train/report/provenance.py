"""What a run was made from: the data, the settings, the versions, the files."""

# K = cases

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...extract.pages.blocks import Facts, Table
from ..place import REPORT
from ..protocol import said_of
from ..registry import MODELS
from ..said import draws_of
from ..table import several
from .finished import Finished


def data_card(run: Finished) -> list[Facts | Table]:
    """Say what was learnt from whom, and who and what was left out, why."""
    about, counts, target = run.about, run.counts, run.target
    scale = (
        "of no known scale"
        if target.min is None or target.max is None
        else f"{target.min:g} to {target.max:g}"
    )
    rule = run.metrics["positive_rule"]
    called = "p of 0.5 or more" if target.kind == "class" else f"predicted {rule}"
    rows = [
        ("target", f"{target.name}, a {target.kind}, {scale}"),
        ("truly positive", run.metrics["label_rule"] or "nobody knows"),
        ("called positive", called if rule else "nobody"),
        ("participants", str(counts["participants"])),
        ("cases", _cases(counts)),
        ("labels", _labels(run)),
        ("tested by", _tested_by(run)),
        ("sessions", f"{counts['sessions']}, {counts[about['rows']]} {about['rows']}"),
        ("corpora", ", ".join(f"{name}: {n}" for name, n in about["corpora"].items())),
        ("left out", _left_out(about["sessions_left_out"])),
        ("read", ", ".join(f"{part}: {name}" for part, name in about["modalities"].items())),
        *_rule(run),
    ]
    left_out = [
        (session, why)
        for why, sessions in about["sessions_left_out"].items()
        for session in sessions
    ]
    without = [
        (session, f"nothing of {part} was measured; stays")
        for part, sessions in about["sessions_without"].items()
        for session in sessions
    ]
    tables = [
        Table(
            head=["session", "what happened"],
            rows=left_out + without,
            file="sessions.csv",
            about="Sessions that are left out, and those that lack a part.",
        )
    ]
    columns = [*_columns(run)]
    fits = len(about["columns_left_out"])
    tables += [
        Table(
            head=["column", "part", f"left out in fits, of {fits}"],
            rows=columns,
            file="columns.csv",
            about="Columns that were never measured in the training part of a fit, which leaves "
            "them out.",
        )
    ]
    return [Facts(rows=rows), *(table for table in tables if table.rows)]


def settings(run: Finished) -> list[Table]:
    """List the model's settings, those that are not its own in bold, and what chose others."""
    config, usual = run.about["config"], MODELS[run.about["model"]]().settings()
    tuned = run.about.get("tune", {}).get("grid", {})
    tables = [
        Table(
            head=["setting", "value", "default"],
            rows=[
                (
                    name,
                    "chosen fold by fold" if name in tuned else _said(value),
                    _said(usual.get(name)),
                )
                for name, value in config.items()
            ],
            file="settings.csv",
            about="Bold: not the default.",
            strong={name for name, value in config.items() if value != usual.get(name)},
        )
    ]
    if run.tuning:
        tables.append(
            Table(
                head=[name.removeprefix("set_").replace("_", " ") for name in run.tuning[0]],
                rows=[[_short(value) for value in row.values()] for row in run.tuning],
                file="tuning.csv",
                about="Settings that inner folds chose, fold by fold, from those who train.",
            )
        )
    return tables


def provenance(run: Finished) -> list[Facts | Table]:
    """Say what repeats the run: versions, keys, licences, files."""
    about = run.about
    return [
        Facts(
            rows=[
                ("run", about["key"]),
                ("training set", about["dataset"]),
                ("folds", about["protocol"]["hash"]),
                ("seeds", ", ".join(map(str, about["seeds"]))),
                ("device", about["device"]),
                ("test set scored", _scored(run)),
                ("depx", about["depx"]),
                *about["libraries"].items(),
            ]
        ),
        Table(
            head=["shaped the features", "licence"],
            rows=list(about["licences"].items()),
            file="licences.csv",
        ),
        Table(
            head=["file", "bytes", "sha256"],
            rows=[
                (name, file["bytes"], file["sha256"])
                for name, file in about["files"].items()
                if name != REPORT
            ],
            file="files.csv",
            about="Files of the run.",
        ),
    ]


def _cases(counts: Mapping[str, Any]) -> str:
    """Count cases, and the positive ones among those that are tested."""
    cases, positives = counts["cases"], counts.get("positives")
    tested = counts.get("tested", cases)
    if tested == cases:
        return f"{cases}" + ("" if positives is None else f", {positives} positive")
    if positives is None:
        return f"{cases}, {tested} tested"
    return f"{cases}; {positives} of {tested} tested are positive"


def _labels(run: Finished) -> str:
    """Say how the labels of the tested cases lie: quartiles of a score, counts of a class."""
    y_K = draws_of(run.table)[0]["y"].to_numpy(dtype=np.float64)
    said = f"of {several(len(y_K), 'tested case')}"
    if run.target.kind == "class":
        values, counts = np.unique(y_K, return_counts=True)
        each = (f"with {value:g}: {n}" for value, n in zip(values, counts, strict=True))
        return f"{said}, {', '.join(each)}"
    least, low, middle, high, most = np.quantile(y_K, [0.0, 0.25, 0.5, 0.75, 1.0])
    return f"{said} {least:g} to {most:g}, quartiles {low:g}, {middle:g} and {high:g}"


def _tested_by(run: Finished) -> str:
    """Say how it was tested, and of one split how many participants are in each part."""
    said, folds = said_of(run.about["protocol"]), {record["fold"] for record in run.records}
    if len(folds) > 1:
        return said
    who = run.records[0]["participants"]
    parts = ("training", "validation", "test")
    return f"{said}, participants: {', '.join(f'{part} {len(who[part])}' for part in parts)}"


def _short(value: str) -> str:
    """Print a number of a table in a few digits; anything else as it stands."""
    try:
        return value if value.lstrip("-").isdigit() else f"{float(value):.4g}"
    except ValueError:
        return value


def _left_out(found: Mapping[str, Sequence[str]]) -> str:
    """Count the sessions that are left out, by reason."""
    each = (f"{several(len(sessions), 'session')}: {why}" for why, sessions in found.items())
    return "; ".join(each) or "no session"


def _rule(run: Finished) -> list[tuple[str, str]]:
    """Say where the class that came with the corpus is not what the cut-off says."""
    rule = run.about.get("label_rule")
    if rule is None or not rule["differ"]:
        return []
    said = f"{rule['released']} differs from the cut-off in {rule['differ']} of {rule['compared']}"
    return [("as released", f"{said} sessions")]


def _columns(run: Finished) -> Iterator[tuple[str, str, int]]:
    """Name the columns that some fit could not use, and how many could not."""
    fits = run.about["columns_left_out"].values()
    for part in run.about["modalities"]:
        names = [name for of_fit in fits for name in of_fit.get(part, ())]
        for name in dict.fromkeys(names):
            yield name, part, names.count(name)


def _scored(run: Finished) -> str:
    often = run.counts.get("test_scored")
    return "not counted" if often is None else several(often, "time")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value)
