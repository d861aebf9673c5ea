"""Several feature stores as one: sessions under ids that no two share, and whose labels are whose.

A session or case whose id occurs in two stores gets its corpus before it (``daic-woz-300``,
``e-daic-300``): they are two recordings, or one that was measured twice.  Participants are one
namespace over all corpora and keep their names, so that nobody is trained on and tested under two.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..errors import DepxError, StoreError, UsageError
from ..extract.store.reader import Store, StoredSession
from .labels import Known, LabelTable, renamed
from .official import label_table


@dataclass(frozen=True, eq=False, kw_only=True)
class Stores:
    """One or several stores."""

    stores: tuple[Store, ...]
    members: tuple[tuple[StoredSession, ...], ...]
    """Sessions of each store, under ids that no two share."""
    named: Mapping[Literal["session", "case"], Mapping[str, str]]
    """``session`` and ``case`` -> id that was given here -> id that its own store knows."""

    @property
    def name(self) -> str:
        """Where they lie, for messages."""
        return ", ".join(str(store.path) for store in self.stores)

    @property
    def corpora(self) -> tuple[str, ...]:
        """Corpora that the sessions are from, sorted."""
        return tuple(sorted({stored.corpus for stored in self.sessions() if stored.corpus}))

    def sessions(self) -> list[StoredSession]:
        """List all sessions, sorted by id."""
        return sorted((one for of in self.members for one in of), key=lambda stored: stored.id)

    def reason(self, error: DepxError) -> str:
        """Say what is wrong without the places of the stores on this machine."""
        text = str(error)
        for store in self.stores:
            text = text.replace(f"{store.path}{os.sep}", "")
        return text

    def labels(
        self, given: Path | None, report: Callable[[str], None], *, needed: bool = True
    ) -> list[tuple[LabelTable, list[Known]]]:
        """Read the label tables, each with the sessions that it speaks of.

        Parameters
        ----------
        given : Path or None
            A table of all sessions; None takes each store's own.
        report : callable
            Takes lines for the user.
        needed : bool
            Whether a store without labels is worth a line.
        """
        if given is not None:
            table = label_table(given, report)
            return [(renamed(table, self.named[table.unit]), known_of(self.sessions()))]
        found = []
        for store, of in zip(self.stores, self.members, strict=True):
            path = store.labels()
            if path is None and not needed:
                continue
            if path is None:
                report(f"{store.path}: no labels, {self._without()}; see --labels")
                continue
            table = label_table(path, report)
            if len(self.stores) > 1:
                table = replace(table, name=f"{store.path.name}/{table.name}")
            here = {getattr(one, "id" if table.unit == "session" else "case") for one in of}
            names = {new: old for new, old in self.named[table.unit].items() if new in here}
            found.append((renamed(table, names), known_of(of)))
        return found

    def _without(self) -> str:
        if len(self.stores) == 1:
            return "the training set has no target"
        return "its sessions have no target"


def gather(paths: Sequence[Path]) -> Stores:
    """Open stores and give their sessions ids that no two share.

    Raises
    ------
    UsageError
        If there is none, or one is named twice.
    StoreError
        If one is no store, or two sessions of one corpus have the same id.
    """
    if not paths:
        raise UsageError("align: expected STORE... -o DATASET; see depx align --help")
    opened = [Store.open(path) for path in paths]
    # not as they were named: one training set, whatever the order on the command line
    stores = tuple(sorted(opened, key=lambda store: (store.corpus, str(store.path))))
    twice = Counter(path.resolve() for path in paths).most_common(1)[0]
    if twice[1] > 1:
        raise UsageError(f"{twice[0]}: is named {twice[1]} times; name each store once")
    read = [store.sessions() for store in stores]
    sessions = _shared([{stored.id for stored in of} for of in read])
    # answers of one case may lie in two stores of its corpus; in another corpus it is another case
    by_corpus: dict[str, set[str]] = {}
    for store, of in zip(stores, read, strict=True):
        by_corpus.setdefault(store.corpus, set()).update(stored.case for stored in of)
    cases = _shared(list(by_corpus.values()))
    members = tuple(
        tuple(
            replace(
                stored,
                id=_prefixed(stored.id, stored, store, sessions),
                case=_prefixed(stored.case, stored, store, cases),
            )
            for stored in of
        )
        for store, of in zip(stores, read, strict=True)
    )
    _check_distinct(stores, members)
    renames: dict[Literal["session", "case"], dict[str, str]] = {"session": {}, "case": {}}
    for before, after in zip(read, members, strict=True):
        for old, new in zip(before, after, strict=True):
            if old.id != new.id:
                renames["session"][new.id] = old.id
            if old.case != new.case:
                renames["case"][new.case] = old.case
    return Stores(stores=stores, members=members, named=renames)


def known_of(sessions: Sequence[StoredSession]) -> list[Known]:
    """Give what a store knows of its sessions, without labels."""
    return [
        Known(
            session=stored.id,
            case=stored.case,
            participant=stored.participant,
            split=None,
            labels={},
            found=False,
            corpus=stored.corpus,
        )
        for stored in sessions
    ]


def _shared(names: Sequence[set[str]]) -> frozenset[str]:
    """Name what occurs in more than one of the sets."""
    count = Counter(name for of in names for name in of)
    return frozenset(name for name, stores in count.items() if stores > 1)


def _prefixed(name: str, stored: StoredSession, store: Store, shared: frozenset[str]) -> str:
    return f"{stored.corpus or store.corpus}-{name}" if name in shared else name


def _check_distinct(stores: Sequence[Store], members: Sequence[Sequence[StoredSession]]) -> None:
    where: dict[str, Store] = {}
    for store, of in zip(stores, members, strict=True):
        for stored in of:
            other = where.setdefault(stored.id, store)
            if other is not store:
                raise StoreError(
                    f"session {stored.folder.name} is in {other.path} and in {store.path}, both of "
                    f"corpus {store.corpus}; leave one of the stores out, or rename the session's "
                    "folder and extract again"
                )
