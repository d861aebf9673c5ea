"""Session: one recording on one clock, and which of its files plays which part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, TypeVar

from ..errors import ArchiveError, RemoteError, UsageError
from .corrections.base import Corrections
from .given.base import GivenFile
from .remote.folder import Remote

Part: TypeAlias = Literal["video", "audio", "transcript"]

INPUT: Mapping[str, Part] = {"picture": "video", "sound": "audio", "transcript": "transcript"}
"""Which file an extractor that takes something needs."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a corpus reader found out about one session; nothing has been opened but transcripts."""

    id: str
    folder: Path
    case: str
    """What one label belongs to."""
    participant: str
    """Who must never cross a split."""
    corpus: str = "folder"
    archive: Path | None = None
    """The archive that its files lie in: their paths then go on behind the archive's."""
    remote: Remote | None = None
    """The folder at a URL that its files lie in, and what its listing has of them."""
    files: Mapping[Part, Path] = field(default_factory=dict)
    """The chosen file of each part; `audio` may be the video itself."""
    transcript_format: str | None = None
    """What the transcript was recognised as; None where reading it will say what is wrong."""
    given: Mapping[str, GivenFile] = field(default_factory=dict)
    """Track -> the chosen file in which another program left it."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Files that were not chosen: name relative to `folder` -> why."""
    corrections: Corrections = field(default_factory=Corrections)
    """What is known to be wrong with it, and what of that is mended."""
    speaker: str | None = None
    """Who speaks where the transcript names nobody; None where that is not known."""
    warnings: tuple[str, ...] = ()
    """What the user had better know of the choice; one line each."""
    problem: str | None = None
    """Why nothing can be done with this session; one line."""


UNREADABLE = (OSError, ArchiveError, RemoteError)
"""What may come of reading a file of a session."""


def unreadable(error: OSError | ArchiveError | RemoteError) -> str:
    """Say in one line which file of a session cannot be read."""
    if not isinstance(error, OSError):
        return str(error)
    if error.filename is None:  # the disk, rather than a file on it
        return f"{error.strerror or type(error).__name__}; mend it, then run the same command again"
    name = Path(str(error.filename)).name
    return f"{name}: cannot be read ({error.strerror}); mend its permissions"


class Identified(Protocol):
    """A session of a corpus or of a store."""

    @property
    def id(self) -> str:
        """Its name."""
        ...


S = TypeVar("S", bound=Identified)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which sessions the user wants (``--only``, ``--exclude``, ``--limit``)."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int | None = None

    def apply(self, sessions: Sequence[S]) -> list[S]:
        """Keep the sessions that the user wants.

        Raises
        ------
        UsageError
            If a named session does not exist, or the options leave none of those that are there.
        """
        known = {session.id for session in sessions}
        for name in (*self.only, *self.exclude):
            if name not in known:
                meant = sorted(one for one in known if one.endswith(f"-{name}"))
                hint = f"; of several stores: {', '.join(meant)}" if meant else ""
                hint = "; name each by itself: --only A --only B" if "," in name else hint
                raise UsageError(f"no session {name!r} among the {len(known)} found{hint}")
        kept = [
            session
            for session in sessions
            if (not self.only or session.id in self.only) and session.id not in self.exclude
        ]
        wanted = kept[: self.limit]
        if sessions and not wanted:
            given = [f"--only {name}" for name in self.only]
            given += [f"--exclude {name}" for name in self.exclude]
            given += [] if self.limit is None else [f"--limit {self.limit}"]
            raise UsageError(
                f"{' '.join(given)}: these options leave no session; take one of them away"
            )
        return wanted
