"""What of a training set goes out in a share, and what does not, each with its reason.

Modalities, columns of the face and figures go out if an allow-list names them, label columns if
`depx.extract.sharing.labels` lets them; ``--keep`` lets in what these leave out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..extract.labels.base import SPLIT, Cell
from ..extract.sharing.ids import columns_of_ids, named_speakers
from ..extract.sharing.labels import labels_that_go, singled_out
from ..extract.sharing.licences import check_licences
from ..extract.sharing.policy import (
    POOLED,
    TEXT,
    WHY,
    called,
    check_keep,
    column_is_in,
    revealed,
    why_not,
)
from ..extract.sharing.pseudonyms import Pseudonyms
from ..extract.sharing.told import MARK, Left, Shared, carry_over
from ..extract.sharing.wanted import Sharing
from ..extract.telling.amounts import several
from .dataset import Dataset
from .settings import FRAMES

if TYPE_CHECKING:
    import pyarrow as pa

FIRST_FIGURE = "duration_s"
"""First column of ``sessions.parquet`` behind the labels."""
HEADS = frozenset({"session", "case", "participant", "corpus", SPLIT})
FIGURES = frozenset(
    {"duration_s", "rows", "rows_masked", "words", "pauses", "windows", "words_given"}
    | {"words_forced", "words_proportional", "words_untimed", "confidence_median"}
    | {"words_unknown_role", "words_events", "interviewer_words", "interviewer_s"}
)
"""Figures of a session that go out; those of a modality go with it."""
OF_MODALITY = ("words_without_frames", "share_valid", "origin")
INTERVIEWER = "interviewer_text"


@dataclass(frozen=True, eq=False, kw_only=True)
class Chosen:
    """What goes out."""

    dataset: Dataset
    sessions: Mapping[str, str]
    """Id -> the one it goes by, in the order of the latter."""
    names: Callable[[str], str]
    speakers: Callable[[str], str]
    modalities: tuple[str, ...]
    facial: tuple[str, ...]
    """Columns of ``frames/``."""
    labels: Mapping[str, Mapping[str, Cell]]
    """Column -> id -> cell as it goes out."""
    split: Mapping[str, Cell]
    """The same of the split."""
    figures: tuple[str, ...]
    text: bool


def choose(dataset: Dataset, sharing: Sharing) -> tuple[Chosen, Shared]:
    """Take what may go out, and say what does not."""
    table = dataset.table()
    keep = frozenset(sharing.keep)
    permitted = check_licences(table["corpus"].to_pylist(), permitted=sharing.permitted)
    names, speakers, fingerprint = _names(dataset, sharing.pseudonyms)
    ids = [one.id for one in sharing.choice.apply([_Named(name) for name in dataset.ids()])]
    shared = Shared(kind="dataset", fingerprint=fingerprint, permitted=permitted)
    if MARK in dataset.manifest:
        carry_over(dataset.path, shared)
    kinds = {one["name"]: one["kind"] for one in dataset.manifest["modalities"]}
    modalities = tuple(name for name in kinds if name in POOLED or name in keep)
    if not modalities:
        raise UsageError(f"{dataset.path}: has no modality that may go out; see --keep")
    has_text = any(
        text is not None and text.strip()
        for name in ids
        for text in dataset.session(name, [TEXT])[TEXT]
    )
    frames = [column["name"] for column in dataset.manifest["frames"]["columns"]]
    facial = tuple(name for name in frames if column_is_in(name, keep))
    for name in kinds:
        if name not in modalities:
            why = why_not(name, kinds[name])
            shared.left.append(Left(what=name, count="1 modality", why=why, keep=name))
    if has_text and TEXT not in keep:
        words = sum(dataset.shards.groups("words")[name].rows for name in ids)
        why = WHY[TEXT]
        shared.left.append(Left(what=TEXT, count=f"of {words} rows", why=why, keep=TEXT))
    by_name: dict[str, int] = {}
    for name in frames:
        if name not in facial:
            by_name[called(name)] = by_name.get(called(name), 0) + 1
    for name, columns in by_name.items():
        option = None if name == "other" else name
        what = f"{FRAMES}/: {name}"
        shared.left.append(
            Left(what=what, count=several(columns, "column"), why=WHY[name], keep=option)
        )
    labels, let_in = _labels(dataset, table, ids, keep, shared)
    split = labels.pop(SPLIT)
    figures = _figures(table, modalities, kinds, shared)
    may = {one.keep for one in shared.left if one.keep} | (kinds.keys() - POOLED)
    may |= {called(name) for name in facial if not column_is_in(name, ())}
    check_keep(sharing.keep, may | let_in | ({TEXT} if has_text else set()))
    lost = len(dataset.manifest["exclusions"])
    if lost:
        why = "their reasons may name files or people"
        shared.left.append(Left(what="sessions that align left out", count=str(lost), why=why))
    if len(ids) < len(dataset.ids()):
        count = str(len(dataset.ids()) - len(ids))
        shared.left.append(Left(what="sessions", count=count, why="not asked for"))
    chosen = Chosen(
        dataset=dataset,
        sessions=dict(sorted(((one, names(one)) for one in ids), key=lambda pair: pair[1])),
        names=names,
        speakers=speakers,
        modalities=modalities,
        facial=facial,
        labels=labels,
        split=split,
        figures=figures,
        text=has_text and TEXT in keep,
    )
    _say_what_is_in(chosen, table, kinds, shared)
    return chosen, shared


@dataclass(frozen=True)
class _Named:
    """A session as `Choice` wants it."""

    id: str


def _names(
    dataset: Dataset, pseudonyms: Pseudonyms | None
) -> tuple[Callable[[str], str], Callable[[str], str], str]:
    """Give the names that ids and speakers go by, and the key's fingerprint."""
    under = dataset.manifest["settings"].get("pseudonyms")
    if under is not None:
        if pseudonyms is not None and pseudonyms.fingerprint != under:
            raise UsageError(
                f"{dataset.path}: goes under pseudonyms of key {under} already, got key "
                f"{pseudonyms.fingerprint}; leave --pseudonyms out"
            )
        return str, str, str(under)
    if pseudonyms is None:
        raise UsageError(
            f"--as share: {dataset.path} has its own ids; give --pseudonyms KEYFILE (made if it is "
            "not there)"
        )
    table = dataset.table()
    pseudonyms.named(
        name for column in ("session", "case", "participant") for name in table[column].to_pylist()
    )
    return pseudonyms.of, pseudonyms.speaker, pseudonyms.fingerprint


def _labels(
    dataset: Dataset,
    table: "pa.Table",
    ids: Sequence[str],
    keep: Collection[str],
    shared: Shared,
) -> tuple[dict[str, dict[str, Cell]], set[str]]:
    """Give labels and split as they go out, by session, and name what only `keep` let in."""
    there = table.column_names
    names = [name for name in there[: there.index(FIRST_FIGURE)] if name not in HEADS]
    of_ids = _of_ids(dataset, table, names)
    table = table.filter([session in set(ids) for session in table["session"].to_pylist()])
    found = labels_that_go(
        {name: table[name].to_pylist() for name in (*names, SPLIT)},
        table["participant"].to_pylist(),
        keep=keep,
        of_ids=of_ids,
        target=learned_from(dataset),
    )
    shared.left += found.left
    shared.changed += found.changed
    sessions = table["session"].to_pylist()
    by_session = {
        name: dict(zip(sessions, cells, strict=True)) for name, cells in found.columns.items()
    }
    return by_session, found.let_in


def _figures(
    table: "pa.Table", modalities: Collection[str], kinds: Mapping[str, str], shared: Shared
) -> tuple[str, ...]:
    """Choose the columns of ``sessions.parquet`` behind the labels."""
    there = table.column_names
    of_modalities = {f"{name}_{what}" for name in modalities for what in OF_MODALITY}
    behind = there[there.index(FIRST_FIGURE) :]
    figures = [name for name in behind if name in FIGURES or name in of_modalities]
    if INTERVIEWER in there:
        if any(kinds[name] == "vectors" for name in modalities):
            figures.append(INTERVIEWER)
        else:
            why = "made of the vectors of what the interviewer said"
            shared.left.append(Left(what=INTERVIEWER, count="1 column", why=why))
    return tuple(figures)


def _of_ids(dataset: Dataset, table: "pa.Table", names: Sequence[str]) -> list[str]:
    """Name the label columns that hold ids of anybody in the training set."""
    own = [table[name].to_pylist() for name in ("session", "case", "participant")]
    speakers: set[str] = set()
    for session in dataset.ids():
        speakers |= named_speakers(dataset.session(session, ["speaker"])["speaker"])
    columns = {name: table[name].to_pylist() for name in names}
    return columns_of_ids(columns, list(zip(*own, strict=True)), speakers)


def learned_from(dataset: Dataset) -> set[str]:
    """Name the columns that models learn from."""
    target = dataset.target
    named = () if target is None else (target.name, target.released)
    return {name for name in named if name is not None}


def _say_what_is_in(
    chosen: Chosen, table: "pa.Table", kinds: Mapping[str, str], shared: Shared
) -> None:
    rows = table.filter([one in chosen.sessions for one in table["session"].to_pylist()])
    people = len(set(rows["participant"].to_pylist()))
    shared.holds.append(("sessions", f"{len(chosen.sessions)}, of {people} participants"))
    for name in chosen.modalities:
        width = chosen.dataset.modalities[name].width
        shared.holds.append((name, f"{width} numbers a word, {kinds[name]}"))
    if chosen.facial:
        shared.holds.append((f"{FRAMES}/", f"{len(chosen.facial)} columns of the face"))
    if chosen.text:
        shared.holds.append((TEXT, "what was said"))
    shared.holds += [(name, "label") for name in chosen.labels]
    of = {name: kinds[name] for name in chosen.modalities}
    facial = [*chosen.facial, *(["AU01_r"] if "face" in of else [])]
    labels = bool(chosen.labels)
    shared.reveals += revealed(of, facial, text=chosen.text, labels=labels)
    sessions = rows["session"].to_pylist()
    cells = {name: [of[one] for one in sessions] for name, of in chosen.labels.items()}
    learned = learned_from(chosen.dataset)
    alone = singled_out(cells, rows["participant"].to_pylist(), target=learned)
    shared.reveals += [] if alone is None else [alone]
