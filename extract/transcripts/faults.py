"""What is wrong with a transcript: counted, kept, and told of once a kind.

A reader adds what it meets; nothing is raised for one bad row.  Counts go into the record of the
`words` track, and what wants the user's eye becomes one line each: what, how often, where first.
"""

from collections.abc import Mapping

TOLD: Mapping[str, str] = {
    "rows_untimed": "times that are no numbers, kept as unknown; expected seconds, as in 12.345, "
    "or a clock, as in 00:00:12.345",
    "rows_short": "rows with neither times nor all of their cells, kept as text without times",
    "rows_long": "rows with more cells than the header; what is too much counts as text",
    "quotes_unbalanced": "quotes that never close, read as text of their cell or line",
    "headers_repeated": "header lines among the rows, left out",
    "lines_stray": "lines outside the cues, kept with the cue before",
    "entries_odd": "entries that are neither words nor segments, left out",
    "cut_short": "the file ends in the middle of an entry; what is there was read; was it copied "
    "to its end?",
    "characters_unreadable": "characters that its encoding has not, kept as U+FFFD; save it as "
    "UTF-8",
    "encodings_mixed": "bytes that are not UTF-8 as the rest is, read as Windows-1252; save it as "
    "UTF-8",
    "zero_bytes": "zero bytes, taken out",
    "tiers_doubtful": "tiers beside the speech of the same speaker, left out",
    "media_offset": "media that start at another time than the annotations; no offset is applied",
}
"""Kind -> what the user reads of it.  Other kinds are counted only."""


class Faults:
    """Counts by kind, and where each kind was met first."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, kind: str, where: str = "", times: int = 1) -> None:
        """Count something that was met `times` at `where`, as in "row 14"; 0 times is nothing."""
        if times:
            self._counts[kind] = self._counts.get(kind, 0) + times
            self._first.setdefault(kind, where)

    def counts(self) -> dict[str, int]:
        """Give the counts of what was met, by kind."""
        return dict(sorted(self._counts.items()))

    def warnings(self, name: str) -> tuple[str, ...]:
        """Say in a line a kind what is wrong with the file called `name`."""
        return tuple(self._line(name, kind) for kind in TOLD if kind in self._counts)

    def _line(self, name: str, kind: str) -> str:
        what, semicolon, remedy = TOLD[kind].partition(";")
        first = f", the first in {self._first[kind]}" if self._first[kind] else ""
        return f"{name}: {self._counts[kind]} x {what}{first}{semicolon}{remedy}"
