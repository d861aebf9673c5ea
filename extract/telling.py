"""What a terminal is told of sessions as they are done, on stderr.

Warnings of one kind (the same but for numbers) are printed for the first few sessions and then
counted: a corpus of hundreds of interviews would drown what is new in what is known.  All of them
stand in ``session.json``.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .session_run import Outcome

MOST = 3  # sessions for which a kind of warning is printed
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Teller:
    """Prints what became of each session."""

    def __init__(self, named: Collection[str] = (), *, quiet: bool) -> None:
        """Begin.

        Parameters
        ----------
        named : collection of str
            Tracks that the user asked for; of what else is not there nothing is said.  Empty is
            all.
        quiet : bool
            Whether to print failures and warnings only.
        """
        self.named, self.quiet = named, quiet
        self._warned: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def __call__(self, outcome: "Outcome") -> None:
        """Tell of a session."""
        done = _done(outcome, self.named)
        if done and not self.quiet:
            click.echo(f"{outcome.session}: {done} ({outcome.seconds:.1f} s)", err=True)
        for line in _failed(outcome):
            click.echo(line, err=True)
        if outcome.locked:
            click.echo(f"{outcome.session}: {outcome.locked}", err=True)
        for warning in outcome.warnings:
            kind = _NUMBER.sub("#", warning)
            self._warned[kind] += 1
            self._first.setdefault(kind, outcome.session)
            if self._warned[kind] <= MOST:
                click.echo(f"{outcome.session}: warning: {warning}", err=True)

    def finish(self) -> None:
        """Say how many warnings were not printed, a line a kind."""
        for kind, times in self._warned.items():
            if times > MOST:
                click.echo(
                    f"{times - MOST} more warnings like one of {self._first[kind]} "
                    f"({kind[:60].rstrip()}...); each session.json has its own",
                    err=True,
                )


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


def _failed(outcome: "Outcome") -> list[str]:
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
