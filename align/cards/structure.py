"""The part of the card that says which files and columns there are, and how to read them."""

from collections.abc import Iterable, Sequence

from ..settings import FRAMES, WORDS
from ..shards import TABLE
from .columns import TITLES, VIEWS, elements, filed, said_of
from .facts import Facts


def structure(facts: Facts) -> list[str]:
    """Say which files there are, and how to read them."""
    described = [
        f"| `{_files(view)}` | `{filed(view)}` | {_rows(facts, view)} | {VIEWS[view]} |"
        for view in (*facts.views, TABLE)
    ]
    return [
        "| file | name for `datasets` | rows | a row |",
        "|---|---|---|---|",
        *described,
        "",
        "Parquet; a vector is a `fixed_size_list`. `dataset.json` names every shard with its",
        "sha256, every source and every setting.",
        "",
        "```python",
        'datasets.load_dataset("DATASET", "words")["train"]      # also: '
        + ", ".join(filed(view) for view in (*facts.views, TABLE) if view != WORDS),
        'pandas.read_parquet("DATASET/words")                    # words[~words.masked] to learn',
        'depx.align.dataset.Dataset.open(Path("DATASET"))',
        "```",
        "",
        "`datasets` wants a name for a split: `train` is all rows. The true split of a session is",
        f"the column `split` of `{filed(TABLE)}`.",
    ]


def _files(view: str) -> str:
    return "sessions.parquet" if view == TABLE else f"{view}/*.parquet"


def _rows(facts: Facts, view: str) -> int:
    return sum(int(shard["rows"]) for shard in facts.manifest["shards"][view])


def columns(facts: Facts) -> list[str]:
    """Say what each column is, elements of vectors with their units."""
    modalities = facts.manifest["modalities"]
    vectors = {column for part in modalities for column in part["columns"]}
    lines = ["Vectors of `words`" + (" and of the pooled views:" if _pooled(facts) else ":"), ""]
    lines += ["| columns | width | what it is |", "|---|---|---|"]
    told: list[str] = []
    for part in modalities:
        own = ", ".join(f"`{column}`" for column in part["columns"])
        title = TITLES.get(part["name"], "a track of the store, by its own name")
        lines.append(f"| {own} | {part['width']} | {title} |")
        if part["names"]:
            told += _details(f"elements of {part['name']}", part["names"], part["units"])
    if FRAMES in facts.views:
        facial = facts.manifest["frames"]["columns"]
        title = f"columns of frames, {facts.manifest['frames']['rate_hz']:g} Hz"
        numbers = [column["name"] for column in facial]
        told += _details(title, numbers, [column["unit"] for column in facial])
        vectors |= set(numbers)
    lines += ["", "Elements in order, with units; no name: a number of an embedding.", "", *told]
    for view in (*facts.views, TABLE):
        plain = [name for name in facts.schemas[view].names if name not in vectors]
        said = {name: said_of(name, view, facts) for name in plain}
        known = [f"`{name}`: {what}" for name, what in said.items() if what]
        lines += ["", f"Other columns of `{filed(view)}`:", "", *bullets(known)]
    return lines


def _details(title: str, names: Sequence[str], units: Sequence[str]) -> list[str]:
    return [
        f"<details><summary>{title}</summary>",
        "",
        elements(names, units),
        "",
        "</details>",
        "",
    ]


def _pooled(facts: Facts) -> bool:
    return any(view not in (WORDS, FRAMES) for view in facts.views)


def bullets(lines: Iterable[str]) -> list[str]:
    """Lay lines out as a list."""
    return [f"- {line}" for line in lines]
