"""How far a run is: sessions done, those at work, and how long the rest will take.

The time left comes from sessions that took work.  Those that were up to date, which cost next to
nothing, count as done and do not make the rest look quick; but as the rest may be up to date too,
it is then called an upper bound.  All times are those of one steady clock, in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...features.types import Seconds
from .amounts import HOUR_S, lasting, several

SAID = {
    "elbo": "ELBO",
    "task": "loss",
    "validation_ccc": "CCC",
    "validation_log_likelihood": "log-likelihood",
}
"""What of an epoch is shown, and how it is called; CCC and the like are the inner validation's."""


def losses(epoch: Mapping[str, Any]) -> str:
    """Say what an epoch came to."""
    said = [(title, epoch.get(name)) for name, title in SAID.items()]
    return ", ".join(f"{title} {value:.3f}" for title, value in said if value is not None)


@dataclass(kw_only=True)
class AtWork:
    """A session at work, or a fit."""

    began: Seconds
    track: str = ""
    """What it is at: a track, or of a fit its losses."""
    tracks: Sequence[str] = ()
    """Of the unit at work."""
    epochs: tuple[int, int] | None = None
    """Of a fit: those that are done, and how many it has at most."""
    done_s: Seconds | None = None
    """How far it is in its recording; None where that is not known."""
    of_s: Seconds | None = None


@dataclass(kw_only=True)
class Pace:
    """Counts of a run over sessions, or over fits."""

    total: int
    jobs: int
    what: str = "session"
    """What one of them is called."""
    began: Seconds | None = None
    """When the first session went to work."""
    done: int = 0
    failed: int = 0
    warnings: int = 0
    worked: int = 0
    """Sessions that took work."""
    idle: int = 0
    """Sessions that took none: up to date, locked, left out."""
    worked_s: Seconds = 0.0
    """Spent on them, each by the clock."""
    at_work: dict[str, AtWork] = field(default_factory=dict)

    def begin(self, session: str, now: Seconds) -> None:
        """Take a session that goes to work."""
        self.began = now if self.began is None else self.began
        self.at_work[session] = AtWork(began=now)

    def learn(self, event: Mapping[str, Any], now: Seconds) -> None:
        """Take an epoch of a fit, which may be its first."""
        name = event["fit"]
        if name not in self.at_work:
            self.begin(name, now)
        self.at_work[name].track = losses(event)
        self.at_work[name].epochs = event["epoch"], event["of"]

    def fitted(self, fit: str, now: Seconds) -> None:
        """Take a fit that is done."""
        one = self.at_work.get(fit)
        self.end(fit, now - one.began if one else 0.0, failed=False, warnings=0)

    def move(self, event: Mapping[str, Any]) -> None:
        """Take how far a session is, from an event of its unit."""
        one = self.at_work.get(event["session"])
        if one is not None:
            one.track, one.tracks = event.get("track", ""), event.get("tracks", one.tracks)
            one.done_s, one.of_s = event.get("done_s"), event.get("of_s")

    def end(self, session: str, seconds: Seconds, *, failed: bool, warnings: int) -> None:
        """Take a session that is done; `seconds` of work is 0 where it was only looked at."""
        self.at_work.pop(session, None)
        self.done += 1
        self.failed += failed
        self.warnings += warnings
        if seconds > 0:
            self.worked += 1
            self.worked_s += seconds
        else:
            self.idle += 1

    def left_s(self, now: Seconds) -> Seconds | None:
        """Say how long the rest takes if it goes on like this; None where nothing tells yet."""
        if not self.worked:
            return None
        mean_s = self.worked_s / self.worked
        running = [now - one.began for one in self.at_work.values()]
        longer = [elapsed for elapsed in running if elapsed > mean_s]  # or quick failures mislead
        mean_s = (self.worked_s + sum(longer)) / (self.worked + len(longer))
        left = self.total - self.done
        if left and len(longer) == left:  # all that is left takes longer than anything before
            return None
        left_s = left * mean_s - sum(min(elapsed, mean_s) for elapsed in running)
        return max(0.0, left_s) / max(1, min(self.jobs, left))

    def rate_per_hour(self, now: Seconds) -> float | None:
        """Sessions an hour, of those that took work; None where nothing tells yet."""
        if self.began is None or not self.worked or now <= self.began:
            return None
        return self.worked * HOUR_S / (now - self.began)

    def counted(self) -> str:
        """Say how many are done."""
        return f"{self.done:,} of {several(self.total, self.what)}"

    def facts(self, now: Seconds) -> list[str]:
        """Say it in a few words each, the weightiest first."""
        told = [self.counted()]
        if self.failed:
            told.append(f"{self.failed:,} failed")
        left_s = self.left_s(now)
        if left_s is not None and self.done < self.total:
            told.append(f"{'at most' if self.idle else 'about'} {lasting(left_s)} left")
        elif self.worked and self.at_work:
            name, one = min(self.at_work.items(), key=lambda item: item[1].began)
            told.append(f"{name} at work for {lasting(now - one.began)}")
        if self.warnings:
            told.append(several(self.warnings, "warning"))
        rate = self.rate_per_hour(now)
        if rate is not None:
            told.append(f"{rate:,.0f} an hour" if rate >= 10 else f"{rate:.1f} an hour")
        return told
