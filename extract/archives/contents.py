"""Names of an archive's members in, a tree of what is safe to read out; so of a folder at a URL.

A member is a regular file under a relative name, once in the archive.  What is anything else (a
link, a device, a name that leads out of the archive, a name that two members claim) is never read,
and named with the reason.  Nothing is ever written under a member's name as the archive spells it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..trees import SKIPPED, escaped

NAME_BYTES = 255  # of a file on Linux, macOS and Windows
TWICE = "several members have this name, and which one is meant nobody can say; keep one"
BOTH = "a file and a folder have this name; rename one"
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What is wrong with a name, and what to do about it where it lies."""

    out: str
    backslash: str
    zero: str


IN_ARCHIVE = Wording(
    out="its name leads out of the archive; pack the folder anew, with relative names",
    backslash="its name has a backslash; pack the folder anew with another program",
    zero="its name has a zero byte; pack the folder anew",
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive that is safe to read."""

    size: int
    """Bytes that the archive states; never are more read."""
    at: int
    """Where it lies: members are read fastest in this order."""
    sha256: str | None = None
    """Of its content, where listing the archive had to read it anyway."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What an archive holds; names have ``/`` between folders, ``""`` is the archive itself."""

    members: Mapping[str, Member]
    left_out: Mapping[str, str]
    """Members that are never read -> why."""
    homeless: Mapping[str, str]
    """Those among such whose name says no place within the archive, and what is wrong with it."""
    files_in: Mapping[str, tuple[str, ...]]
    """Folder -> names of the files right inside, sorted."""
    folders_in: Mapping[str, tuple[str, ...]]
    """Folder -> names of the folders right inside, sorted."""

    def left_out_of(self, folder: str) -> dict[str, str]:
        """Name what is never read of a folder and those below, relative to it.

        What has no place in the archive is named for every folder, as nobody knows whose it is.
        """
        ahead = f"{folder}/" if folder else ""
        inside = {
            name.removeprefix(ahead): why
            for name, why in self.left_out.items()
            if name.startswith(ahead)
        }
        return inside | dict(self.homeless)

    def only(self, names: Iterable[str]) -> "Contents":
        """Keep some members and nothing else: what one session is read with."""
        wanted = {name: self.members[name] for name in names if name in self.members}
        return Contents(members=wanted, left_out={}, homeless={}, files_in={}, folders_in={})


@dataclass(kw_only=True)
class Listing:
    """Members as an archive lists them, taken one by one."""

    wording: Wording = IN_ARCHIVE
    members: dict[str, Member] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    homeless: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {""})
    _seen: set[str] = field(default_factory=set)

    def add_folder(self, name: str) -> None:
        """Take a folder."""
        if self._has_place(name):
            self._found(normal(name))

    def add(self, name: str, member: Member, why: str | None = None) -> bool:
        """Take a file, or refuse it for a reason of the archive's kind; say whether it was taken.

        Hidden files and what macOS adds are not there at all, as in a folder on disk.
        """
        if not self._has_place(name):
            return False
        inner = normal(name)
        self._found(inner.rpartition("/")[0])
        if why is None and inner in self._seen:
            why = TWICE
        self._seen.add(inner)
        if why is None:
            self.members[inner] = member
            return True
        self.members.pop(inner, None)  # of two of the same name neither is read
        self.left_out[escaped(inner)] = why
        return False

    def contents(self) -> Contents:
        """Give the whole as a tree."""
        for name in self.folders & self.members.keys():
            del self.members[name]
            self.left_out[escaped(name)] = BOTH
        files: dict[str, list[str]] = {}
        folders: dict[str, list[str]] = {}
        for names, into in ((self.members, files), (self.folders - {""}, folders)):
            for name in names:
                into.setdefault(name.rpartition("/")[0], []).append(name)
        return Contents(
            members=self.members,
            left_out=self.left_out,
            homeless=self.homeless,
            files_in={folder: tuple(sorted(names)) for folder, names in files.items()},
            folders_in={folder: tuple(sorted(names)) for folder, names in folders.items()},
        )

    def _has_place(self, name: str) -> bool:
        """Say whether a name is one in the archive, and none that nobody means."""
        why = _refusal(name, self.wording)
        if why is not None:
            self.homeless[escaped(name)] = why
            return False
        parts = PurePosixPath(name).parts
        return not any(part.startswith(".") or part in SKIPPED for part in parts)

    def _found(self, folder: str) -> None:
        while folder not in self.folders:
            self.folders.add(folder)
            folder = folder.rpartition("/")[0]


def normal(name: str) -> str:
    """Write the name of a member without ``.`` and double slashes."""
    return "/".join(PurePosixPath(name).parts)


def _refusal(name: str, wording: Wording) -> str | None:
    """Say what is wrong with a member's name; None if it stays within the archive."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or _DRIVE.match(name):
        return wording.out
    if "\\" in name:
        return wording.backslash
    if "\0" in name:
        return wording.zero
    if any(len(part.encode("utf-8", "surrogateescape")) > NAME_BYTES for part in parts):
        return f"its name is longer than {NAME_BYTES} bytes; rename it"
    return None
