"""Write the dictionary of columns, ``columns.md`` and ``columns.csv``, from the code.

python docs/columns.py            (tests/test_docs.py holds that both are current)

Walks the registry of extractors: what each track measures, in which unit, made by what, and how
well it is observed.  Columns that differ in a number only share a line of the page and have one
each in the CSV.
"""

import csv
import inspect
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from meanings import SECONDS, STATED, meaning

from depx.align.tables import HEADS
from depx.extract.store.layout import VECTOR, is_vector
from depx.extract.store.tables import WORD_TIMES, WORDS
from depx.features import columns, given_only
from depx.features.acoustic import given_only as acoustic_given
from depx.features.acoustic.covarep import columns as covarep
from depx.features.columns import Column
from depx.features.extractor import Extractor
from depx.features.registry import EXTRACTORS, OPTIONAL
from depx.features.speech import activity

HERE = Path(__file__).parent
HEADER = ("table", "column", "unit", "type", "tier", "group", "offset_s", "absent", "meaning")
LIST = pa.list_(pa.float32())
TYPES = {pa.float32(): "float32", pa.float64(): "float64", LIST: "fixed_size_list"}

MEASURED: dict[str, tuple[Column, ...]] = {
    "vad": (activity.SPEECH,),
    "face": columns.FACE_ALL,
    "covarep": covarep.COLUMNS,
    "formant": acoustic_given.FORMANTS,
    **{
        name: getattr(module, name.upper())
        for module, names in (
            (given_only, ("hog", "cnn_resnet", "cnn_vgg", "bovw_openface", "dvlog_visual")),
            (acoustic_given, ("boaw_egemaps", "boaw_mfcc", "dvlog_acoustic")),
            (acoustic_given, ("deepspectrum_densenet201", "deepspectrum_vgg16")),
        )
        for name in names
    },
}
"""Track -> the columns that it may have, where they are not `COLUMNS` of the extractor's module."""
TABLES = {"words": WORDS, "word_times": WORD_TIMES, "forced": WORD_TIMES}
BY_FILE = frozenset({"opensmile_mfcc"})
"""Tracks whose columns are named by the file that they come from."""
VECTORS = frozenset({"bert"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """A column, as the dictionary has it."""

    table: str
    column: str
    unit: str = ""
    type: str = "float32"
    tier: str = ""
    group: str = ""
    offset_s: str = ""
    absent: str = ""
    meaning: str = ""


def measured(track: str) -> tuple[Column, ...]:
    """List the columns that an extractor measures, with its default parameters."""
    if track in MEASURED:
        return MEASURED[track]
    extractor = EXTRACTORS[track]
    if hasattr(extractor, "columns"):  # they hang on a parameter
        return tuple(extractor().columns())
    return tuple(sys.modules[extractor.__module__].COLUMNS)


def _stated(table: str, name: str, kind: pa.DataType) -> Line:
    unit = "s" if name in SECONDS else "0..1" if name == "confidence" else ""
    said = "how far the times may be believed" if name == "confidence" else STATED[name]
    if name == "index" and table == "words/":
        said += "; -1 for pauses and windows"
    if name == "valid" and table == "frames/":
        said = "false: nobody was seen in the step, all is NaN"
    return Line(table=table, column=name, unit=unit, type=TYPES.get(kind, str(kind)), meaning=said)


def _numbers(track: str) -> Iterator[Line]:
    listed = measured(track)
    if is_vector(listed):  # numbers without names lie in one column
        kind = f"{listed[0].name} .. {listed[-1].name}"
        yield Line(
            table=track,
            column=VECTOR,
            unit=listed[0].unit,
            type=f"fixed_size_list[{len(listed)}]",
            meaning=f"{len(listed)} numbers, read back as {kind}",
        )
        return
    for column in listed:
        yield Line(
            table=track,
            column=column.name,
            unit=column.unit,
            tier=column.tier,
            group="" if column.group == track else column.group,
            offset_s=f"{column.offset_s:g}" if column.offset_s else "",
            absent="" if column.absent is None else f"{column.absent:g}",
            meaning=meaning(track, column.name),
        )


def lines_of(track: str) -> list[Line]:
    """List every column of a track's table."""
    if track in TABLES:
        return [_stated(track, field.name, field.type) for field in TABLES[track]]
    if track in VECTORS:
        heads = [("word", pa.int32()), ("valid", pa.bool_()), ("vector", LIST)]
        return [_stated(track, name, kind) for name, kind in heads]
    heads = [("time_s", pa.float64()), ("valid", pa.bool_())]
    if track == "egemaps_turns":
        named = ("turn", "speaker", "role", "start_s", "stop_s")
        of_words = {field.name: field.type for field in WORDS}
        heads = [*((name, of_words[name]) for name in named), ("valid", pa.bool_())]
    stated = [_stated(track, name, kind) for name, kind in heads]
    return stated if track in BY_FILE else [*stated, *_numbers(track)]


def view_lines(view: str) -> list[Line]:
    """List the columns that a view of a training set has before its vectors."""
    return [_stated(f"{view}/", name, kind) for name, kind in HEADS[view]]


def every_line() -> list[Line]:
    """List every column of every track and view."""
    lines = [line for track in EXTRACTORS for line in lines_of(track)]
    return lines + [line for view in HEADS for line in view_lines(view)]


def as_csv() -> str:
    """Give the dictionary as CSV, a line a column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([getattr(line, name) for name in HEADER] for line in every_line())
    return out.getvalue()


def _alike(line: Line) -> tuple[str, ...]:
    """List what columns share that stand in one line of the page: all but a number."""
    rest = (line.unit, line.type, line.tier, line.group, line.offset_s, line.absent, line.meaning)
    return (re.sub(r"\d+(?=\]?$)", "#", line.column), *rest)


def _cells(lines: Sequence[Line]) -> tuple[str, ...]:
    """Say in one line of the page what columns are that differ in a number only."""
    first, last = lines[0], lines[-1]
    named = f"`{first.column}`" + (f" .. `{last.column}`" if len(lines) > 1 else "")
    many = str(len(lines)) if len(lines) > 1 else ""
    notes = [first.meaning]
    if first.offset_s:
        notes.append(f"window centred {first.offset_s} s off `time_s`")
    if first.absent:
        notes.append(f"{first.absent} says: not there")
    said = "; ".join(note for note in notes if note)
    return (named, many, first.unit, first.type, first.tier, first.group, said)


def _table(lines: Sequence[Line]) -> list[str]:
    rows = [("column", "how many", "unit", "type", "tier", "group", "meaning")]
    for _, group in groupby(lines, key=_alike):
        together = list(group)
        rows += [_cells(together)] if len(together) > 3 else [_cells([line]) for line in together]
    used = [any(row[c] for row in rows[1:]) for c in range(len(rows[0]))]  # no empty columns
    shown = [[cell.replace("|", r"\|") for cell, is_used in zip(row, used, strict=True) if is_used]
             for row in rows]  # fmt: skip
    drawn = [f"| {' | '.join(row)} |" for row in shown]
    return [drawn[0], "|" + "---|" * len(shown[0]), *drawn[1:]]


def _papers(extractor: type[Extractor]) -> str:
    """Read the references of the extractor's module."""
    text = inspect.getdoc(sys.modules[extractor.__module__]) or ""
    return " ".join(text.partition("References\n----------\n")[2].split())


def _source(track: str) -> list[str]:
    extractor = EXTRACTORS[track]
    about = (inspect.getdoc(extractor) or "").partition("\n\n")[0]
    facts = [" ".join(about.split())]
    place = extractor.__module__.removeprefix("depx.").replace(".", "/")
    if extractor.takes == "given":
        facts.append("Only read from files of other programs.")
    elif track in OPTIONAL:
        facts.append(f"Made when asked for: `--tracks {track}`.")
    made = [f"`{place}.py`, version {extractor.version}"]
    made += [f"{name} ({licence})" for name, licence in extractor.libraries.items()]
    if extractor.takes != "given":
        models = extractor().models()
        for licence in dict.fromkeys(licence for _, licence in models.values()):
            named = [f"`{name}`" for name, (_, said) in models.items() if said == licence]
            made.append(f"model files {' '.join(named)} ({licence})")
    facts.append("Made by " + ", ".join(made) + "." if extractor.takes != "given" else "")
    if papers := _papers(extractor):
        facts.append(papers)
    return [" ".join(fact for fact in facts if fact), ""]


INTRODUCTION = """# Every column

<!-- written by docs/columns.py from the code; do not edit -->

What each table of a store and of a training set holds: name, unit, type, tier, source, meaning.
Written from the code by `python docs/columns.py`; [one line a column as CSV](columns.csv). Each
table also says this of itself: the metadata of its schema (`depx`, as JSON) has the columns with
units, the parameters, versions, models and licences that shaped the numbers.

**Tier**: how well an action unit is observed by what stands here, A well, B partly, C hardly
([how that was measured](openface.md)). **Group**: what consumers choose columns by. NaN is "not
measured", always; where a tool writes a number that says "not there" (0 for the pitch of a sound
without voice), the column says so and `depx align` leaves it out of means.

## In a store: a table a track
"""
SET = """## In a training set

`words/`, and `turns/` and `sessions/` where `--views` asked for them, have behind the columns
below for each modality of `dataset.json`: one vector a statistic (`face_mean`, `face_std`, ...;
of text `bert`), a fixed-size list whose elements `dataset.json` names in order;
`<modality>_n_frames`, how many samples fell under the row; `<modality>_valid`, the share of it
that was measured. `frames/` has the facial columns of the track `face`, resampled to
`--frame-rate`. `sessions.parquet` has the labels, and what was counted.
"""


def as_page() -> str:
    """Give the dictionary as a page."""
    parts = [INTRODUCTION]
    for track in EXTRACTORS:
        parts += [f"### {track}\n", *_source(track)]
        if track in BY_FILE:
            parts += ["Behind these, the columns of the file under their own names.\n"]
        parts += [*_table(lines_of(track)), ""]
    parts += [SET]
    for view in HEADS:
        parts += [f"### {view}/\n", *_table(view_lines(view)), ""]
    return "\n".join(parts)


def main() -> None:
    """Write both beside this file."""
    (HERE / "columns.md").write_text(as_page(), encoding="utf-8")
    (HERE / "columns.csv").write_text(as_csv(), encoding="utf-8")


if __name__ == "__main__":
    main()
