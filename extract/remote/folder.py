"""A folder at a URL: listed once, its files fetched when they are wanted.

To corpus readers it is a folder as on disk.  The beginnings of files, which tell their formats, are
fetched by themselves, those of a folder together; a file as a whole is fetched once a session, by
`depx.extract.local`, and only if its tracks are to be made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ...errors import RemoteError
from ..archives.base import member
from ..archives.contents import Contents, Listing, Member, Wording, normal
from ..archives.tree import Held
from ..transcripts.decoding import HEAD_BYTES
from ..trees import Tree, is_called_archive
from .download import Download
from .server import Entry, Server
from .url import Url

AT_ONCE = 64  # beginnings that are asked for together: 4 MB
HEADS_BYTES = 256 << 20  # that are kept; DAIC-WOZ's 189 sessions have 150 MB
ANOTHER = "give it another name there"
AT_URL = Wording(
    out=f"its name leads out of the folder; {ANOTHER}",
    backslash=f"its name has a backslash; {ANOTHER}",
    zero=f"its name has a zero byte; {ANOTHER}",
)
ODD = f"its name has an empty part or a dot for one; {ANOTHER}"
NO_FILE = "no regular file"
NO_SIZE = "the server does not say its size"
ARCHIVE = "is an archive at a URL, where none is opened; download it, and give it as SESSIONS"


@dataclass(eq=False)
class Remote:
    """A folder at a URL, listed; see `Holder`."""

    server: Server
    contents: Contents
    entries: Mapping[str, Entry]
    """What the listing has of each member."""
    heads: dict[str, bytes] = field(default_factory=dict, repr=False)
    """The beginnings of files, up to `HEAD_BYTES`, that were asked for."""
    heads_bytes: int = 0
    """All of them together."""

    def __getstate__(self) -> dict[str, Any]:
        """Send the list, and not the beginnings."""
        return {**self.__dict__, "heads": {}, "heads_bytes": 0}

    @property
    def url(self) -> Url:
        """The folder's URL."""
        return self.server.url

    @property
    def path(self) -> Path:
        """What it goes by inside depx."""
        return self.url.path

    def url_of(self, name: str) -> str:
        """Give the URL of a member."""
        return f"{self.url}/{name}"

    def identity(self, name: str) -> list[object] | None:
        """Give what differs when a member was written again; None where nothing tells."""
        entry = self.entries[name]
        return None if entry.identity is None else [entry.size, entry.identity]

    def open(self, name: str) -> IO[bytes]:
        """Open a member for reading."""
        size = self.contents.members[name].size
        source = Download(self.server, self.entries[name], name, self._head(name))
        return member(source, size, name, self.path)

    def each(self, names: Iterable[str]) -> Iterator[tuple[str, IO[bytes]]]:
        """Open members one after the other; their beginnings are fetched with the rest."""
        for name in sorted(names):
            source = Download(self.server, self.entries[name], name)
            with member(source, self.contents.members[name].size, name, self.path) as file:
                yield name, file

    def only(self, paths: Iterable[Path]) -> "Remote":
        """Keep what lies under some paths: what one session is read with, to be sent about."""
        contents = self.contents.only(path.relative_to(self.path).as_posix() for path in paths)
        entries = {name: self.entries[name] for name in contents.members}
        return Remote(self.server, contents, entries)

    def unplaced(self) -> str | None:
        """Say in a line which files are not read as their names say no place in the folder."""
        if not self.contents.homeless:
            return None
        (name, why), *more = self.contents.homeless.items()
        return f"{name} is not read: {why}" + (f"; {len(more)} more likewise" if more else "")

    def forget_heads(self) -> None:
        """Give the beginnings back: formats are told."""
        self.heads.clear()
        self.heads_bytes = 0

    def _head(self, name: str) -> bytes:
        """Give the beginning of a member; those of its neighbours come along."""
        if name not in self.heads:
            if self.heads_bytes > HEADS_BYTES:
                self.forget_heads()
            beside = self.contents.files_in.get(name.rpartition("/")[0], (name,))
            missing = [one for one in beside if one >= name and one not in self.heads][:AT_ONCE]
            wanted = [
                (self.entries[one].key, min(HEAD_BYTES, self.contents.members[one].size))
                for one in missing
            ]
            got = self.server.beginnings(wanted)
            for one, (_, size), data in zip(missing, wanted, got, strict=True):
                if data is not None and len(data) >= size:
                    self.heads[one] = data[:size]
                    self.heads_bytes += size
        return self.heads.get(name, b"")


@dataclass(frozen=True)
class RemoteFolder(Held):
    """A folder at a URL, or one inside it, as on disk; see `Tree`."""

    holder: Remote
    archive: None = None

    @property
    def remote(self) -> Remote:
        """The folder that was listed."""
        return self.holder

    def folders(self) -> list[Tree]:
        """List the folders right inside, sorted."""
        return list(self.within())

    def archives(self) -> list[Path]:
        """List the archives right inside, by their names, sorted; none can be opened."""
        return [path for path in self.files() if is_called_archive(path)]

    def left_out(self, *, deep: bool = False) -> dict[str, str]:
        """Name what lies right inside, or `deep` below too, and is never read: name -> why."""
        refused = self.holder.contents.left_out_of(self.inside)
        placed = {name: why for name, why in refused.items() if name not in self._homeless()}
        return {name: why for name, why in placed.items() if deep or "/" not in name}

    def _homeless(self) -> Mapping[str, str]:
        return self.holder.contents.homeless


def open_remote(url: Url) -> RemoteFolder:
    """List a folder at a URL.

    Raises
    ------
    UsageError
        If nothing that is installed speaks the protocol, or the URL is a file's.
    RemoteError
        If it cannot be listed, or there is nothing.
    """
    server = Server(url)
    listing = Listing(wording=AT_URL)
    entries: dict[str, Entry] = {}
    for name, entry in server.listed():
        if not name:
            what = ARCHIVE if is_called_archive(url.path) else "expected a folder, got a file"
            raise RemoteError(f"{url}: {what}")
        if name.endswith("/") and not entry.size:
            listing.add_folder(name)  # how object stores keep an empty folder
            continue
        if listing.add(name, Member(entry.size or 0, 0), _refusal(name, entry)):
            entries[normal(name)] = entry
    if not listing.members and not listing.left_out and not listing.homeless:
        raise RemoteError(f"{url}: expected a folder with sessions, got nothing; check the name")
    contents = listing.contents()
    kept = {name: entries[name] for name in contents.members}
    return RemoteFolder(Remote(server, contents, kept))


def _refusal(name: str, entry: Entry) -> str | None:
    if normal(name) != name:
        return ODD
    if entry.kind != "file":
        return NO_FILE
    return NO_SIZE if entry.size is None else None
