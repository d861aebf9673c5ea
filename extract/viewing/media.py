"""Where the files lie that a session was measured from, and whether they are still the same.

A store names its inputs with their sha256 and without their folder; its log says where a run read
them.  They are looked for there, or in the folder that the user names, and never searched for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import DamagedError, SessionError
from ..store.log import HASHED, Hashes, Silent, events
from ..store.manifest import SESSION
from ..store.reader import StoredSession

ELSEWHERE = "give the folder that it lies in: --media FOLDER"


@dataclass(frozen=True, kw_only=True)
class Media:
    """The files of a session that can be seen and heard."""

    video: Path | None = None
    sound: Path | None = None
    """What its words and voice were heard in; may be the video itself."""
    changed: tuple[str, ...] = ()
    """Names of those that are not what was measured, which the user wants to see all the same."""
    stamps: Mapping[Path, "Stamp | None"] = field(default_factory=dict)
    """Of each, from before it was looked at."""

    def is_another(self) -> bool:
        """Say whether a file has changed, or went away, since it was found."""
        return any(stamp_of(path) != stamp for path, stamp in self.stamps.items())


Stamp = tuple[int, int, int]
"""Size in bytes, time of the last change in ns, inode: cheap to ask for, unlike a sha256."""


def stamp_of(path: Path) -> Stamp | None:
    """Say what a file looks like from outside; None where it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def find_media(
    store: Path, session: StoredSession, *, folder: Path | None = None, force: bool = False
) -> Media:
    """Find the video and the sound of a session.

    Parameters
    ----------
    store : Path
    session : StoredSession
    folder : Path or None
        Where they lie; None looks where they were read.
    force : bool
        Whether files that have changed since are taken.

    Raises
    ------
    SessionError
        If one is missing, or is not the one that was measured; if there is none.
    DamagedError
        If the record of the session is damaged.
    """
    if session.left_out is not None:
        raise SessionError(f"{session.id}: was left out when it was extracted: {session.left_out}")
    hashes = Hashes(Silent(), store)
    found: dict[str, Path] = {}
    changed: dict[str, None] = {}
    stamps: dict[Path, Stamp | None] = {}
    for part in ("video", "audio"):
        record = session.manifest["inputs"].get(part)
        if record is None:
            continue
        name, sha256 = str(record["file"]), str(record["sha256"])
        places = [*_places(store, session, name, sha256, folder)]
        there = [place for place in places if place.is_file()]
        stamped = {place: stamp_of(place) for place in there}  # before it is hashed
        same = [place for place in there if hashes.of(place) == sha256]
        if not there:
            raise SessionError(f"{session.id}: {_missing(session, name, places)}; {ELSEWHERE}")
        if not same and not force:
            raise SessionError(
                f"{there[0]}: is not the file that {session.id} was measured from (another "
                f"sha256): run depx extract again, or --force to view it all the same"
            )
        if not same:
            changed[name] = None
        found[part] = (same or there)[0]
        stamps.setdefault(found[part], stamped[found[part]])
    failure = session.manifest["failures"].get(SESSION)
    if not found and failure is not None:
        kind = DamagedError if failure["error"] == DamagedError.__name__ else SessionError
        raise kind(f"{session.id}: {failure['reason']}")
    if not found:
        raise SessionError(
            f"{session.id}: has neither video nor sound, so there is nothing to view; depx report "
            "shows its curves"
        )
    return Media(
        video=found.get("video"),
        sound=found.get("audio"),
        changed=tuple(changed),
        stamps=stamps,
    )


def _places(
    store: Path, session: StoredSession, name: str, sha256: str, folder: Path | None
) -> Iterator[Path]:
    """Say where a file may lie, the likeliest first."""
    if folder is not None:
        yield from dict.fromkeys(
            (folder / name, folder / session.id / name, folder / Path(name).name)
        )
        return
    if session.manifest.get("archive") or session.manifest.get("url"):
        return
    read = [
        Path(str(event["path"]))
        for event in events(store, HASHED)
        if event.get("path") and event.get("sha256") == sha256
    ]
    # Of equal files the one in a folder of the session's name; a copy elsewhere shows the same.
    yield from sorted(reversed(read), key=lambda path: session.id not in path.parts)
    for event in reversed(events(store, "extract")):
        for source in event.get("sources", ()):
            if "://" not in str(source):
                yield from (Path(source) / session.id / name, Path(source) / name)


def _missing(session: StoredSession, name: str, places: list[Path]) -> str:
    archive, url = (session.manifest.get(where) for where in ("archive", "url"))
    if places:
        return f"{name} is not there any more (looked for {places[0]})"
    if archive:
        return f"{name} lies in the archive {archive}, which is not unpacked to view it; unpack it"
    if url:
        return f"{name} lies at a URL ({url}), which is not asked to view it; download it"
    return f"the store's log does not say where {name} lay"
