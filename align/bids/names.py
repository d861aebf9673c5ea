"""Ids of participants and sessions as BIDS labels: letters and digits, no two alike.

Other letters are left out (``300_P`` becomes ``300P``).  Labels that would be equal then, or differ
in case alone, which some file systems do not see, get a piece of the hash of their id.  The ids of
the whole store decide, so that a label is the same whichever sessions are exported.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..labels import Known

PIECE = 8  # hexadecimal digits of a hash
OTHER = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a session lies in the dataset."""

    subject: str
    """Label behind ``sub-``."""
    visit: str | None
    """Label behind ``ses-``; None where nobody has more than one session."""

    @property
    def stem(self) -> str:
        """What the names of its files begin with."""
        return f"sub-{self.subject}" + (f"_ses-{self.visit}" if self.visit else "")

    @property
    def folder(self) -> str:
        """Where its files lie."""
        return f"sub-{self.subject}/" + (f"ses-{self.visit}/" if self.visit else "") + "beh"


def labels_of(ids: Iterable[str]) -> dict[str, str]:
    """Give each id a label."""
    distinct = sorted(set(ids))
    plain = {one: OTHER.sub("", one) for one in distinct}
    count = Counter(label.casefold() for label in plain.values())
    labels = {
        one: label if label and count[label.casefold()] == 1 else f"{label}{_piece(one)}"
        for one, label in plain.items()
    }
    count = Counter(label.casefold() for label in labels.values())
    return {
        one: label if count[label.casefold()] == 1 else f"{label}x{_piece(f'{one} again')}"
        for one, label in labels.items()
    }


def places_of(sessions: Iterable[Known]) -> Mapping[str, Place]:
    """Place every session of a store.

    Parameters
    ----------
    sessions : iterable of Known
        All that the store has, exported or not.
    """
    known = list(sessions)
    subjects = labels_of(one.participant for one in known)
    visits = labels_of(one.session for one in known)
    several = any(many > 1 for many in Counter(one.participant for one in known).values())
    return {
        one.session: Place(
            subject=subjects[one.participant], visit=visits[one.session] if several else None
        )
        for one in known
    }


def _piece(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:PIECE]
