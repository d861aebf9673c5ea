"""How a run of ``depx extract`` ended: a table for people, a document for programs, what is next.

Plain text of at most 80 columns where names allow it, without lines drawn: it reads the same on a
terminal, in a pipe and in the log file of a job.
"""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ...features.types import Seconds
from ..next_step import next_step
from .amounts import HOUR_S, lasting, plain, several, size
from .lines import failed as failed_lines
from .states import STATES, state_of

if TYPE_CHECKING:
    from ..run import ExtractSummary

FAILURES = 5  # sessions that the summary names
WIDTH = 80  # columns
TRACK = "track"
TITLES = (TRACK, "made", "up to date", "absent", "failed", "rows", "CPU s", "peak MB")
DISPENSABLE = ("absent", "rows", "up to date", "CPU s")
"""Columns that a narrow terminal does without, the first of them first."""
AGAIN = "run the same command again"


@dataclass(kw_only=True)
class TrackSum:
    """What became of one track over all sessions of a run."""

    made: int = 0
    up_to_date: int = 0
    absent: int = 0
    failed: int = 0
    rows: int = 0
    """Of the tables made in this run."""
    seconds: Seconds = 0.0
    cpu_s: Seconds = 0.0
    peak_mb: float = 0.0
    """The largest of all sessions."""


def counts(summary: "ExtractSummary") -> dict[str, int]:
    """Count the sessions by what they are; ``not_begun`` are those that an early end left."""
    counted = Counter(state_of(outcome) for outcome in summary.outcomes)
    return {
        **{state: counted[state] for state in STATES},
        "not_begun": summary.found - len(summary.outcomes),
    }


def tracks(summary: "ExtractSummary") -> dict[str, TrackSum]:
    """Sum up each track of the run, in the order in which they come."""
    sums: dict[str, TrackSum] = {track: TrackSum() for track in summary.tracks}
    for outcome in summary.outcomes:
        for track, rows in outcome.made.items():
            of_track = sums.setdefault(track, TrackSum())
            of_track.made += 1
            of_track.rows += rows
        for track in outcome.kept:
            sums.setdefault(track, TrackSum()).up_to_date += 1
        for track in outcome.absent:
            sums.setdefault(track, TrackSum()).absent += 1
        for track in outcome.failures.keys() & sums.keys():  # not those of a session as a whole
            sums[track].failed += 1
        for track, cost in outcome.costs.items():
            of_track = sums.setdefault(track, TrackSum())
            of_track.seconds += cost.seconds
            of_track.cpu_s += cost.cpu_s
            of_track.peak_mb = max(of_track.peak_mb, cost.peak_mb)
    return sums


def document(summary: "ExtractSummary") -> Mapping[str, object]:
    """Give a summary for programs."""
    return {
        "store": str(summary.store),
        "exit_code": summary.exit_code,
        "seconds": round(summary.seconds, 3),
        "counts": counts(summary),
        "bytes": sum(outcome.bytes for outcome in summary.outcomes),
        "no_room": summary.no_room,
        "next": next_command(summary),
        "tracks": {track: asdict(of_track) for track, of_track in tracks(summary).items()},
        "sessions": [
            {
                "session": outcome.session,
                "state": state_of(outcome),
                "seconds": round(outcome.seconds, 3),
                "made": dict(outcome.made),
                "kept": list(outcome.kept),
                "absent": dict(outcome.absent),
                "failures": dict(outcome.failures),
                "warnings": list(outcome.warnings),
                "locked": outcome.locked,
                "left_out": outcome.left_out,
                "costs": {track: cost.rounded() for track, cost in outcome.costs.items()},
            }
            for outcome in summary.outcomes
        ],
    }


def conclusion(summary: "ExtractSummary", width: int = WIDTH) -> str:
    """Say how a run ended, where things lie, and what to do next, in so many columns."""
    parts = [[_head(summary)], _states(summary), _tracks(summary, width), _failures(summary)]
    blocks = ["\n".join(part) for part in parts if part]
    return "\n".join([*blocks, *_next(summary)])


def next_command(summary: "ExtractSummary") -> str | None:
    """Give the command that goes on from here; None where it is the same again, or nothing."""
    there = {track for outcome in summary.outcomes for track in outcome.on_record}
    if not there or summary.no_room or summary.locked:
        return None
    return next_step(summary.store, summary.tracks, there, summary.sources, summary.recipe)


def _head(summary: "ExtractSummary") -> str:
    counted = counts(summary)
    begun = f"{summary.found - counted['not_begun']:,} of " if counted["not_begun"] else ""
    left_out = f", {counted['left_out']:,} left out as asked" if counted["left_out"] else ""
    return (
        f"{begun}{several(summary.found, 'session')}, {counted['failed']:,} failed{left_out} "
        f"-> {plain(str(summary.store))}"
    )


def _states(summary: "ExtractSummary") -> list[str]:
    counted, outcomes = counts(summary), summary.outcomes
    told = [f"{counted[state]:,} {title}" for state, title in STATES.items() if counted[state]]
    if counted["not_begun"]:
        told.append(f"{counted['not_begun']:,} not begun")
    worked = sum(outcome.seconds > 0 for outcome in outcomes)
    took = f"took {lasting(summary.seconds)}"
    if worked and summary.seconds >= 1:
        rate = worked * HOUR_S / summary.seconds
        took += f", {rate:,.0f} sessions an hour" if rate >= 10 else f", {rate:.1f} an hour"
    room = sum(outcome.bytes for outcome in outcomes)
    return [f"{', '.join(told) or 'nothing to do'}; {took}; tables: {size(room)}"]


def _tracks(summary: "ExtractSummary", width: int) -> list[str]:
    """Lay out a row a track; of a run without work there is nothing to show."""
    columns: dict[str, list[str]] = {title: [] for title in TITLES}
    for track, one in tracks(summary).items():
        if one.made or one.failed or one.cpu_s:
            cells = (
                track,
                *(f"{n:,}" for n in (one.made, one.up_to_date, one.absent, one.failed, one.rows)),
                f"{one.cpu_s:,.1f}" if one.cpu_s < 1000 else f"{one.cpu_s:,.0f}",
                f"{one.peak_mb:,.0f}" if one.peak_mb else "-",
            )
            for title, cell in zip(TITLES, cells, strict=True):
                columns[title].append(cell)
    if not columns[TRACK]:
        return []
    wide = {title: max(map(len, (title, *cells))) + 2 for title, cells in columns.items()}
    wide[TRACK] -= 2
    for title in DISPENSABLE:
        if sum(wide.values()) > width:
            del wide[title], columns[title]
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    lines = [
        "".join(
            f"{cell:<{w}}" if title == TRACK else f"{cell:>{w}}"
            for cell, (title, w) in zip(row, wide.items(), strict=True)
        )
        for row in rows
    ]
    return ["", *lines, ""]


def _failures(summary: "ExtractSummary") -> list[str]:
    """Name the first sessions that failed or were locked, and where their records lie."""
    lines = []
    for outcome in summary.failed[:FAILURES]:
        lines += [plain(line) for line in failed_lines(outcome)]
        record = summary.record_of(outcome)
        if outcome.recorded and record.is_file():
            lines.append(f"  {plain(str(record))} says why")
    if len(summary.failed) > FAILURES:
        lines.append(f"{len(summary.failed) - FAILURES:,} more failed")
    lines += [f"locked: {plain(outcome.session)}" for outcome in summary.locked[:FAILURES]]
    if len(summary.locked) > FAILURES:
        lines.append(f"{len(summary.locked) - FAILURES:,} more locked")
    return lines


def _next(summary: "ExtractSummary") -> Iterator[str]:
    """Say what mends it, and what goes on from here."""
    store = shlex.quote(str(summary.store))
    if summary.no_room:
        yield f"Stopped: no room left in {plain(store)}; make room, then {AGAIN}: it goes on here"
    elif summary.failed:
        yield f"Mend what failed, then {AGAIN}; depx status {plain(store)} lists what is missing"
    if summary.locked:
        yield f"Another run was at work on what is locked; when it is over, {AGAIN}"
    go_on = next_command(summary)
    if go_on is not None and not summary.failed:
        yield f"Next: {plain(go_on)}"
    elif go_on is not None and go_on.startswith("depx align"):
        yield f"Or go on without what failed: {plain(go_on)}"
