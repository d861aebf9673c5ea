"""A feature store in, one that may be shared out: a store of its own, which ``depx align`` reads.

Tracks go out if `SAMPLED` names them, with the columns of the face that `column_is_in` lets out and
without a word: ``text`` and ``raw`` are empty.  Records are made anew from what may be told, so no
table, record or label keeps the bytes of the original; ``depx.json`` of an unfinished share says
that it is one, and the same command goes on from the start.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DamagedError, StoreError, UsageError
from ...features.extractor import Table
from ...features.track import Source, Track
from ...features.words import Turn, TurnTable
from ..store import tables
from ..store.atomic import naming, replacing, temporary, write_together
from ..store.foreign import check_out
from ..store.key import sha256_file
from ..store.labels import LABELED, record_of
from ..store.lock import Lease, locked
from ..store.manifest import SESSION, Manifest, Record, session_folders
from ..store.place import REPORT, SCHEMA, amend_store, found_store, read_marker
from ..store.reader import LABELS, Store, StoredSession
from ..telling.amounts import several
from .licences import check_licences
from .policy import SAMPLED, TEXT, WHY, called, check_keep, column_is_in, revealed, why_not
from .pseudonyms import Pseudonyms
from .sources import safe_session
from .store_labels import labels_of
from .told import MARK, MARKDOWN, SHARED, Left, Shared, carry_over, pages
from .wanted import Sharing

VECTORS = "vectors"
FACE = "face"


def share_store(place: Path, out: Path, sharing: Sharing, note: Callable[[str], None]) -> Shared:
    """Write a store that may be shared.

    Parameters
    ----------
    place : Path
        A store.
    out : Path
        A folder that is not there, is empty, or holds an earlier share.
    sharing : Sharing
    note : callable
        Takes lines for the user.

    Returns
    -------
    Shared
        As ``SHARED.md`` in `out` tells it.

    Raises
    ------
    StoreError
        If `place` is no store, or `out` holds something else.
    UsageError
        If a licence forbids it, a name is not known, or there is no key.
    DamagedError
        If the record of a session cannot be read: nothing tells what of it may be shared.
    LockedError
        If another run writes to `out`.
    """
    store = Store.open(place)
    pseudonyms = sharing.pseudonyms
    if pseudonyms is None:
        raise UsageError(
            f"--as share: {place} has its own ids; give --pseudonyms KEYFILE (made if it is not "
            "there)"
        )
    chosen = sharing.choice.apply(store.sessions())
    _check_records(chosen)
    corpora = {store.corpus, *(stored.corpus for stored in chosen)}
    permitted = check_licences(corpora, permitted=sharing.permitted)
    shared = Shared(kind="store", fingerprint=pseudonyms.fingerprint, permitted=permitted)
    if MARK in (read_marker(place, "store") or {}):
        carry_over(place, shared)
    pseudonyms.named(name for one in chosen for name in (one.id, one.case, one.participant))
    left_out = [stored for stored in chosen if stored.left_out is not None]
    sessions = [stored for stored in chosen if stored.left_out is None]
    table, let_in = labels_of(store, sessions, sharing, shared)
    _say_what_goes(sessions, sharing, shared, let_in, labels=table is not None)
    lost = len(store.sessions()) - len(chosen)
    for count, why in ((lost, "not asked for"), (len(left_out), "left out when extracted")):
        if count:
            shared.left.append(Left(what="sessions", count=str(count), why=why))
    _begin(out, place, store.corpus, force=sharing.force)
    with locked(out):
        for stored in sorted(sessions, key=lambda one: pseudonyms.of(one.id)):
            _write_session(stored, out, sharing.keep, pseudonyms)
        if table is not None:
            with replacing(out / LABELS) as written:
                tables.write_parquet(table, written)
            amend_store(out, {LABELED: record_of(out / LABELS)})
        write_together(pages(out, shared))
    for one in shared.left:
        note(f"left out: {one.what} ({one.count}): {one.why}")
    return shared


def _check_records(chosen: Sequence[StoredSession]) -> None:
    """Refuse sessions of which nothing is known; who shares the others says so."""
    damaged = [stored for stored in chosen if stored.damaged]
    if damaged:
        reason = damaged[0].manifest["failures"][SESSION]["reason"]
        more = f" (and {len(damaged) - 1} more are damaged)" if len(damaged) > 1 else ""
        names = ",".join(stored.id for stored in damaged)
        raise DamagedError(
            f"{damaged[0].folder}: {reason}{more}, or share the others with --exclude {names}"
        )


def _begin(out: Path, place: Path, corpus: str, *, force: bool) -> None:
    """Make a store that says that it is a share; an earlier one goes, and nothing else does."""
    there = read_marker(out, "store") if out.is_dir() else None
    if there is None or MARK not in there:
        check_out(out, place)
    else:
        unfinished = not (out / MARKDOWN).is_file()
        if not (force or unfinished):
            raise StoreError(f"{out}: holds a share already; --force writes it anew")
        with locked(out):
            for entry in session_folders(out):
                shutil.rmtree(entry)
            for name in (LABELS, REPORT, *SHARED):
                (out / name).unlink(missing_ok=True)
            amend_store(out, {LABELED: None})
    if out.is_dir() and there is None and any(out.iterdir()):
        raise StoreError(f"{out}: is neither empty nor a share; choose another -o")
    found_store(out, corpus=corpus)
    amend_store(out, {MARK: SCHEMA})


def _say_what_goes(
    sessions: Sequence[StoredSession],
    sharing: Sharing,
    shared: Shared,
    let_in: set[str],
    *,
    labels: bool,
) -> None:
    """Count what goes out and what does not, and hold that ``--keep`` names the latter.

    `let_in` are the label columns that only ``--keep`` let in.
    """
    keep = frozenset(sharing.keep)
    kinds: dict[str, str] = {}
    count: dict[str, int] = {}
    facial: dict[str, int] = {}
    words = _words_said(sessions)
    for stored in sessions:
        for track in stored.tracks():
            kinds[track] = stored.kind(track)
            count[track] = count.get(track, 0) + 1
        if stored.has(FACE):
            facial |= {column.name: 1 for column in stored.columns(FACE)}
    here = {one.keep for one in shared.left if one.keep} | let_in
    going = [track for track in kinds if track in SAMPLED or track in keep]
    people = len({stored.participant for stored in sessions})
    shared.holds.insert(0, ("sessions", f"{len(sessions)}, of {people} participants"))
    for track in kinds:
        sessions_with = several(count[track], "session")
        if track in going:
            shared.holds.append((track, sessions_with))
        elif track != "forced":
            why = why_not(track, kinds[track])
            shared.left.append(Left(what=track, count=sessions_with, why=why, keep=track))
        here |= {track} if track not in SAMPLED else set()
    if words:
        here.add(TEXT)
        if TEXT not in keep:
            left = Left(what=TEXT, count=f"of {words} words", why=WHY[TEXT], keep=TEXT)
            shared.left.append(left)
    by_name: dict[str, int] = {}
    for column in facial:
        if not column_is_in(column, ()):
            here.add(called(column))
            if not column_is_in(column, keep):
                by_name[called(column)] = by_name.get(called(column), 0) + 1
    for name, columns in by_name.items():
        option = None if name == "other" else name
        text = several(columns, "column")
        shared.left.append(Left(what=f"face: {name}", count=text, why=WHY[name], keep=option))
    check_keep(sharing.keep, here - {"forced", "other"})
    out = [column for column in facial if column_is_in(column, keep)]
    of = {track: kinds[track] for track in going}
    has_text = TEXT in keep and words > 0
    shared.reveals += revealed(of, out, text=has_text, labels=labels)
    for stored in sessions:
        for track in going:
            if stored.has(track):
                shared.licences |= stored.manifest["tracks"][track]["source"]["licences"]


def _words_said(sessions: Sequence[StoredSession]) -> int:
    """Count the words; none where no text is told, as in a share."""
    heard = [stored for stored in sessions if stored.has("words")]
    if not any(
        word.text.strip() or word.raw.strip()
        for stored in heard
        for turn in stored.turns()
        for word in turn.words
    ):
        return 0
    return sum(int(stored.manifest["tracks"]["words"]["rows"]) for stored in heard)


def _write_session(
    stored: StoredSession, out: Path, keep: Sequence[str], pseudonyms: Pseudonyms
) -> None:
    safe = safe_session(stored, pseudonyms)
    folder = out / safe.id
    folder.mkdir(exist_ok=True)
    identity: dict[str, object] = {
        "session": safe.id,
        "case": safe.case,
        "participant": safe.participant,
        "corpus": safe.corpus,
        "inputs": {},
        "archive": None,
        "url": None,
        "others": {},
        "corrections": {},
    }
    with locked(folder) as lease:
        manifest = _manifest(folder, identity, lease)
        for track, record in safe.manifest["tracks"].items():
            if track in SAMPLED or track in keep:
                table = _table(stored, track, keep, pseudonyms)
                _publish(manifest, track, table, record)
        manifest.document["failures"] |= {
            name: failure
            for name, failure in safe.manifest["failures"].items()
            if name in SAMPLED or name in keep or name == SESSION
        }
        manifest.document["absent"] |= {
            name: absence
            for name, absence in safe.manifest["absent"].items()
            if name in SAMPLED or name in keep
        }
        manifest.save()


def _manifest(folder: Path, identity: Mapping[str, object], lease: Lease) -> Manifest:
    manifest = Manifest(folder, identity, lease)
    manifest.save()
    return manifest


def _publish(manifest: Manifest, track: str, table: Table, record: Mapping[str, Any]) -> None:
    written = temporary(manifest.file(track))
    source = Source(**record["source"])
    meta = {"track": track, "key": record["key"], "source": asdict(source)}
    try:
        with naming(manifest.file(track)):
            rows = tables.write(table, written, meta)
        made = Record(
            key=record["key"],
            kind=record["kind"],
            rows=rows,
            bytes=written.stat().st_size,
            sha256=sha256_file(written),
            source=source,
            quality=record["quality"],
        )
        manifest.publish(track, written, made)
    finally:
        written.unlink(missing_ok=True)


def _table(stored: StoredSession, track: str, keep: Sequence[str], pseudonyms: Pseudonyms) -> Table:
    """Read a track and leave out of it what may not go out."""
    kind = stored.kind(track)
    if kind == "words":
        return tuple(_turn(turn, pseudonyms, text=TEXT in keep) for turn in stored.turns())
    if kind == "word_times":
        return stored.word_times()
    if kind == VECTORS:
        return stored.vectors(track)
    if kind == "turns":
        return _of_turns(stored, track, pseudonyms)
    if track != FACE:
        return stored.samples(track)
    opened = stored.open(track)
    columns = tuple(column for column in opened.columns if column_is_in(column.name, keep))
    parts = list(opened.parts([column.name for column in columns]))
    nothing = np.empty((0, len(columns)), dtype=np.float32)
    return Track(
        time_s=opened.time_s_F,
        value_FC=np.concatenate([nothing, *(part.value_FC for part in parts)]),
        columns=columns,
        valid_F=np.concatenate([np.zeros(0, dtype=np.bool_), *(part.valid_F for part in parts)]),
        rate_hz=opened.rate_hz,
    )


def _turn(turn: Turn, pseudonyms: Pseudonyms, *, text: bool) -> Turn:
    words = [replace(word, speaker=pseudonyms.speaker(word.speaker)) for word in turn.words]
    if not text:
        words = [replace(word, text="", raw="") for word in words]
    return replace(turn, speaker=pseudonyms.speaker(turn.speaker), words=tuple(words))


def _of_turns(stored: StoredSession, track: str, pseudonyms: Pseudonyms) -> TurnTable:
    columns = stored.columns(track)
    turn_T, value_TC = stored.turn_values(track, [column.name for column in columns])
    of = {turn.index: turn for turn in stored.turns()}
    turns = tuple(_turn(of[int(index)], pseudonyms, text=False) for index in turn_T)
    valid_T = np.isfinite(value_TC).any(axis=1)
    return TurnTable(turns=turns, value_TC=value_TC, columns=columns, valid_T=valid_T)
