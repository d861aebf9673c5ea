"""What every corpus reader shares: what it is told, and what it finds.

A reader is one file of this folder with a `Corpus` in it and one line in `registry.py`.  It says
which files make a session, and whose it is; which of them plays which part is told by `parts.py`,
for all corpora alike, by content.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..given.registry import FORMATS as GIVEN_FORMATS
from ..sessions import Part, Session
from .survey import Survey

PARTICIPANT = "Participant"
"""Who speaks, in corpora whose interviewer was not recorded."""
EVERY_TRACK: Mapping[str, str | None] = {form.track: None for form in GIVEN_FORMATS}


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the user says of reading."""

    choose: Mapping[Part, str | None] = field(default_factory=dict)
    """Which file is wanted where several would do (``--set transcript.file=*.srt``)."""
    given: Mapping[str, str | None] = field(default_factory=lambda: EVERY_TRACK)
    """Tracks that are read from files of other programs, and which file is wanted."""
    named: frozenset[str] = frozenset()
    """Tracks that the user asked for by name; of another optional one it need not be said why its
    file is not read."""
    columns: Mapping[str, str] | None = None
    """What the columns of transcripts are that are tables."""
    corrections: str = "published"
    """Which known errors are mended: ``published``, ``none`` or ``strict``."""
    store: Path | None = None
    """Where the features go; a folder on the way to it is no session."""
    notice: Callable[[str], None] = lambda _line: None
    """Takes a line about what is not read."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus as it lies on users' disks."""

    name: str
    """As ``--corpus`` and the store call it."""
    label: str
    """As people call it."""
    language: str
    """What is spoken, as an ISO 639-1 code."""
    recognises: Callable[[Survey], bool]
    """Says from names and contents whether a source holds sessions of this corpus."""
    find: Callable[[Survey, Wishes], list[Session]]
    """Finds the sessions under a source."""
    unopened: Callable[[Path, str], Session | None] = lambda _archive, _why: None
    """Says for an archive that cannot be opened, and why, of which session its name promises to be;
    None where it promises none."""
