"""Sessions in lines, as they are done.

Warnings of one kind (the same but for numbers) are said for the first few sessions and then
counted: a corpus of hundreds of interviews would drown what is new in what is known.  All of them
stand in ``session.json``.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..session_run import Outcome

MOST = 3  # sessions for which a kind of warning is said
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Teller:
    """Says what became of each session."""

    def __init__(
        self, say: Callable[[str], None], named: Collection[str] = (), *, quiet: bool = False
    ) -> None:
        """Begin.

        Parameters
        ----------
        say : callable
            Takes each line.
        named : collection of str
            Tracks that the user asked for; of what else is not there nothing is said.  Empty is
            all.
        quiet : bool
            Whether to say failures and warnings only.
        """
        self.say, self.named, self.quiet = say, named, quiet
        self._warned: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def __call__(self, outcome: "Outcome") -> None:
        """Tell of a session."""
        done = _done(outcome, self.named)
        if done and not self.quiet:
            self.say(f"{outcome.session}: {done} ({outcome.seconds:.1f} s)")
        for line in failed(outcome):
            self.say(line)
        if outcome.locked:
            self.say(f"{outcome.session}: {outcome.locked}")
        for warning in outcome.warnings:
            kind = _NUMBER.sub("#", warning)
            self._warned[kind] += 1
            self._first.setdefault(kind, outcome.session)
            if self._warned[kind] <= MOST:
                self.say(f"{outcome.session}: warning: {warning}")

    def finish(self) -> None:
        """Say how many warnings were not said, a line a kind."""
        for kind, times in self._warned.items():
            if times > MOST:
                self.say(
                    f"{times - MOST} more warnings like one of {self._first[kind]} "
                    f"({kind[:60].rstrip()}...); each session.json has its own"
                )
        self._warned.clear()
        self._first.clear()


def measured(track: Mapping[str, Any]) -> str:
    """Tell of a track that was made, absent or failed, and what it cost; from its event."""
    rows = track.get("rows")
    what = f"{rows} rows" if rows is not None else track["state"]
    cost = ""
    if "seconds" in track:
        cost = (
            f" ({track['seconds']:.1f} s, {track['cpu_s']:.1f} s CPU, "
            f"{track['peak_mb']:,.0f} MB at most)"
        )
    return f"{track['session']}: {track['track']}: {what}{cost}"


def failed(outcome: "Outcome") -> list[str]:
    """Say each reason once, with the tracks that it cost; prerequisites take others with them."""
    tracks_of: dict[str, list[str]] = {}
    taken = []
    for track, reason in outcome.failures.items():
        if reason.startswith("needs "):
            taken.append(track)
        else:
            tracks_of.setdefault(reason, []).append(track)
    also = f" (and so {', '.join(taken)})" if taken else ""
    return [
        f"{outcome.session}: failed: "
        + ("" if tracks == ["session"] else f"{', '.join(tracks)}{also}: ")
        + reason
        for reason, tracks in tracks_of.items()
    ]


def _done(outcome: "Outcome", named: Collection[str]) -> str:
    parts = [f"{track} {rows} rows" for track, rows in outcome.made.items()]
    if outcome.kept:
        parts.append(f"{len(outcome.kept)} up to date")
    tracks_of: dict[str, list[str]] = {}
    for track in outcome.absent:
        if not named or track in named:
            tracks_of.setdefault(_why_absent(track, outcome.absent), []).append(track)
    parts += [f"without {', '.join(tracks)} ({why})" for why, tracks in tracks_of.items()]
    return ", ".join(parts)


def _why_absent(track: str, absent: Mapping[str, str]) -> str:
    """Say why a track is absent; of one that needs another, why that one is."""
    reason = absent[track]
    needed = reason.removeprefix("needs ").partition(",")[0]
    return _why_absent(needed, absent) if needed in absent and needed != reason else reason
