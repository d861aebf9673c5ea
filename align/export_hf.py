"""A training set as a folder that Hugging Face ``datasets`` opens by itself, without a network.

``datasets.load_dataset("OUT", "words")``: a configuration a view (``words``, ``frames``, ...), a
file a split, in the row groups and columns of the training set, masked rows included;
``sessions`` is the label table, ``session_vectors`` the view pooled over sessions.  ``README.md``
names the files in the way that ``datasets`` reads, and says what the columns are.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ..extract.store.tables import encoding, write_parquet
from .dataset import Dataset
from .delivery import FILED_AS, Delivery
from .shards import TABLE
from .splits import TRAIN, VALID, own_splits
from .writer import LEVEL

VALIDATION = "validation"  # as Hugging Face calls it
UNASSIGNED = "unassigned"


def export_hf(dataset: Dataset, sessions: Sequence[str], delivery: Delivery) -> None:
    """Write each view, the label table, and the README that names them.

    Parameters
    ----------
    dataset : Dataset
    sessions : sequence of str
        Whose rows are wanted, in the order of the files.
    delivery : Delivery
        Takes the files.

    Raises
    ------
    LabelError
        If a participant is in two splits.
    """
    splits = _splits(dataset, sessions, delivery)
    written: dict[str, dict[str, str]] = {}
    for view in dataset.shards.views():
        config = FILED_AS.get(view, view)
        for split, members in splits.items():
            there = [session for session in members if session in dataset.shards.groups(view)]
            if there:
                name = f"{config}/{split}.parquet"
                delivery.file(name, partial(_write, dataset, view, there))
                written.setdefault(config, {})[split] = name
    for split, members in splits.items():
        name = f"{FILED_AS[TABLE]}/{split}.parquet"
        delivery.file(name, partial(_write_table, dataset, members))
        written.setdefault(FILED_AS[TABLE], {})[split] = name
    delivery.file("README.md", partial(_write_readme, dataset, written))


def _splits(
    dataset: Dataset, sessions: Sequence[str], delivery: Delivery
) -> Mapping[str, list[str]]:
    """Name the splits as ``datasets`` wants them: letters, digits and underscores."""
    own = own_splits(dataset, sessions)
    lost = own.pop(None, [])
    splits: dict[str, list[str]] = {}
    for split, members in own.items():
        name = VALIDATION if split == VALID else re.sub(r"\W", "_", str(split))
        splits.setdefault(name, []).extend(members)
    if lost and not splits:
        delivery.say(f"no session has a split: all are in {TRAIN!r}")
        return {TRAIN: lost}
    if lost:
        delivery.say(f"{len(lost)} of {len(sessions)} have no split: they are in {UNASSIGNED!r}")
        splits.setdefault(UNASSIGNED, []).extend(lost)
    return splits


def _write(dataset: Dataset, view: str, sessions: Sequence[str], path: Path) -> int:
    """Write a row group a session; one is held at a time."""
    import pyarrow.parquet as pq

    schema = dataset.shards.schema(view)
    rows = 0
    options = {**encoding(schema), "compression_level": LEVEL}
    with pq.ParquetWriter(path, schema, **options) as writer:
        for session in sessions:
            table = dataset.shards.read(view, session)
            writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
    return rows


def _write_table(dataset: Dataset, sessions: Sequence[str], path: Path) -> int:
    table = dataset.table(sessions)
    write_parquet(table, path)
    return int(table.num_rows)


def _write_readme(dataset: Dataset, written: Mapping[str, Mapping[str, str]], path: Path) -> None:
    lines = ["---", "configs:"]
    for config, files in written.items():
        lines.append(f"- config_name: {config}")
        lines += ["  default: true"] if config == "words" else []
        lines.append("  data_files:")
        for split, name in files.items():
            lines += [f"  - split: {split}", f'    path: "{name}"']
    lines += ["---", *_card(dataset)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _card(dataset: Dataset) -> list[str]:
    """Say what the columns are."""
    target = dataset.target
    lines = ["# A training set made by depx", ""]
    if target is not None:
        scale = "" if target.min is None else f", {target.min:g} to {target.max:g}"
        rule = f", positive: {target.label_rule}" if target.label_rule else ""
        lines += [f"Target: `{target.name}` ({target.kind}{scale}{rule}), in `sessions`.", ""]
    lines += [
        "`words` has a row a word, also of speakers whose words are not to be learnt from: there",
        "`masked` is true and no vector was measured.  NaN means not measured, and",
        "`<modality>_valid` is the share of a row's time that was.",
        "",
        "| columns of `words` | width | elements |",
        "|---|---|---|",
    ]
    for described in dataset.manifest["modalities"]:
        columns = ", ".join(f"`{column}`" for column in described["columns"])
        elements = ", ".join(described["names"]) or "of an embedding"
        lines.append(f"| {columns} | {described['width']} | {elements} |")
    lines += ["", "It holds what people said in interviews: keep it as the recordings are kept."]
    return lines
