"""``known_errors.toml`` into what is known of one session: read, checked, looked up by number.

Real ids decide: synthetic sessions (900 and above) get what holds for the whole corpus alone.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from ...errors import UsageError
from .base import Corrections, KnownError, Mode, What

FILE = "known_errors.toml"
MODES: tuple[Mode, ...] = get_args(Mode)
WHATS: tuple[What, ...] = get_args(What)
OF_ALL = frozenset({"what", "corpora", "sessions", "says", "source", "disagree"})
OF_KIND: Mapping[What, frozenset[str]] = {
    **dict.fromkeys(WHATS, frozenset()),
    "offset": frozenset({"add_s"}),
    "interruption": frozenset({"start_s", "stop_s"}),
    "sync-marks": frozenset({"marks"}),
    "label": frozenset({"column", "rule"}),
}
"""Kind -> the keys that it must have besides those of all."""
RULES = ("cut-off", "rest-of-total")
NUMBERED = frozenset({"offset", "interruption", "label", "incomplete"})
"""Kinds that hold for single sessions only."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The file."""

    version: int
    errors: tuple[KnownError, ...]

    def of(self, corpus: str) -> tuple[KnownError, ...]:
        """List what is known of a corpus."""
        return tuple(error for error in self.errors if corpus in error.corpora)


@cache
def table() -> Table:
    """Read the table that comes with depx."""
    return parse(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Table:
    """Read a table of known errors.

    Raises
    ------
    UsageError
        If an entry lacks something, has too much, or names no source.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{FILE}: is not TOML ({error}); install depx anew") from error
    version, sources = document.get("version"), document.get("sources", {})
    if not isinstance(version, int) or version < 1:
        raise UsageError(f"{FILE}: version: expected a number of 1 or more, got {version!r}")
    entries = document.get("error", [])
    errors = tuple(_entry(number, raw, sources) for number, raw in enumerate(entries, start=1))
    return Table(version=version, errors=errors)


def corrections_of(corpus: str, number: str, mode: str) -> Corrections:
    """Look up what is known of a session, and what of it is applied.

    Parameters
    ----------
    corpus : str
        Name of the corpus, as ``daic-woz``.
    number : str
        The session's number, as ``300``.
    mode : str
        ``published`` mends what is published, ``none`` nothing; ``strict`` mends too, and leaves
        sessions out that a public list calls incomplete.

    Raises
    ------
    UsageError
        If there is no such mode.
    """
    known = table()
    return _corrections(known.version, known.of(corpus), number, mode_of(mode))


def mode_of(mode: str) -> Mode:
    """Check the name of a mode."""
    for name in MODES:
        if name == mode:
            return name
    raise UsageError(f"--corrections {mode}: no such choice; there are: {', '.join(MODES)}")


def _corrections(
    version: int, errors: Sequence[KnownError], number: str, mode: Mode
) -> Corrections:
    if not errors:
        return Corrections()
    mine = int(number) if number.isdecimal() else None
    hold = [error for error in errors if not error.sessions or mine in error.sessions]

    def first(what: What) -> KnownError | None:
        return next((error for error in hold if error.what == what), None)

    left_out: str | None = None
    if mode == "strict" and (incomplete := first("incomplete")) is not None:
        left_out = f"as --corrections strict asks: {incomplete.says} ({incomplete.sources[0]})"
    return Corrections(
        mode=mode,
        table=version,
        offset=first("offset"),
        chatter=first("chatter"),
        sync=first("sync-marks"),
        interruptions=tuple(error for error in hold if error.what == "interruption"),
        notes=tuple(error for error in hold if error.what == "note" and error.sessions),
        left_out=left_out,
    )


def _entry(number: int, raw: Mapping[str, Any], sources: Mapping[str, str]) -> KnownError:
    what = next((kind for kind in WHATS if kind == raw.get("what")), None)
    if what is None:
        raise _wrong(number, "what", f"one of {', '.join(WHATS)}", raw.get("what"))
    expected = OF_ALL | OF_KIND[what]
    needed = expected - {"sessions", "disagree"}
    if not needed <= raw.keys() <= expected:
        raise _wrong(number, "keys", ", ".join(sorted(needed)), ", ".join(sorted(raw)))
    named = raw["source"]
    if not named or not all(name in sources for name in named):
        raise _wrong(number, "source", f"some of {', '.join(sources)}", named)
    sessions = tuple(raw.get("sessions", ()))
    if not all(type(session) is int for session in sessions) or (what in NUMBERED and not sessions):
        raise _wrong(number, "sessions", "numbers of sessions", raw.get("sessions"))
    span_s = (raw["start_s"], raw["stop_s"]) if what == "interruption" else None
    if span_s is not None and not 0 <= span_s[0] < span_s[1]:
        raise _wrong(number, "start_s, stop_s", "seconds that increase", span_s)
    if what == "label" and raw["rule"] not in RULES:
        raise _wrong(number, "rule", f"one of {', '.join(RULES)}", raw["rule"])
    return KnownError(
        what=what,
        corpora=tuple(raw["corpora"]),
        sessions=sessions,
        says=raw["says"],
        sources=tuple(sources[name] for name in named),
        disagree=raw.get("disagree"),
        add_s=float(raw.get("add_s", 0.0)),
        span_s=span_s,
        marks=tuple(raw.get("marks", ())),
        column=raw.get("column"),
        rule=raw.get("rule"),
    )


def _wrong(number: int, key: str, expected: str, got: object) -> UsageError:
    return UsageError(f"{FILE}: error {number}: {key}: expected {expected}, got {got!r}")
