"""What was asked of a share: which sessions, under which names, with what besides."""

from dataclasses import dataclass

from ..sessions import Choice
from .pseudonyms import Pseudonyms


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """What was asked for."""

    choice: Choice
    keep: tuple[str, ...]
    """What is let in beside what may go out."""
    pseudonyms: Pseudonyms | None
    """None: only for a training set that goes under pseudonyms already."""
    permitted: bool
    """Whether the user says that licences let this be passed on."""
    force: bool
