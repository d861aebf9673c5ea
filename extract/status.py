"""``depx status`` of a store: what is done, what is not, why, and what to run next."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..features.registry import EXTRACTORS
from .next_step import next_step
from .standing import TO_DO, SessionState, Standing, State, TrackIs, TrackState, standing
from .store.findings import Grid, Status
from .store.labels import DAMAGED, LABELED, record_of
from .store.lock import holder
from .store.place import MARKERS, kind_of, read_marker
from .store.reader import LABELS

FEW = 12  # sessions that have a row each unless all are asked for
SHOWN = 5  # of each kind of line
STATES: tuple[State, ...] = (
    *("done", "left out", "failed", "stale", "unfinished", "new", "locked", "gone", "unknown"),
)
CALLED = {
    "new": "not begun",
    "gone": "no longer among the sources",
    "unknown": "of sources that are not looked at",
    "unfinished": "unfinished",
}
TRACKS: tuple[TrackIs, ...] = ("up to date", "stale", "new", "failed", "absent", "not asked for")


def status(
    path: Path,
    *,
    session: str | None = None,
    values: Mapping[str, str] | None = None,
    verbose: bool = False,
) -> Status:
    """Look at a store.

    Parameters
    ----------
    path : Path
    session : str or None
        Whose tracks are to be explained one by one.
    values : mapping or None
        ``--set`` values to suppose: what would they make stale?
    verbose : bool
        Whether every session has its row, and every failure its line.

    Raises
    ------
    StoreError
        If `path` is no store.
    UsageError
        If there is no such session.
    """
    stand = standing(path, values)
    if session is not None:
        return _why(path, stand, session)
    shown = len(stand.sessions) if verbose else SHOWN
    few = verbose or len(stand.sessions) <= FEW
    lines = [*_of_marker(path), *stand.lines, *_of_labels(path, stand)]
    lines += _failures(stand.sessions, shown)
    for state in ("stale", "unfinished", "locked", "gone"):
        lines += _lines_of(stand.sessions, state, shown)
    lines += _not_asked_for(path, stand.sessions)
    grids = [_rows(stand.sessions) if few else _counts(stand.sessions), _tracks(stand.sessions)]
    return Status(
        place=path,
        headline=_headline(path, stand.sessions),
        grids=tuple(grid for grid in grids if grid.rows),
        lines=tuple(lines),
        then=_then(path, stand),
        exit_code=_exit_code(path, stand),
        document=_document(path, stand),
    )


def _exit_code(path: Path, stand: Standing) -> int:
    to_do = stand.stale_labels or any(one.state in TO_DO for one in stand.sessions)
    return 1 if to_do or read_marker(path, "store") is None or _lost_labels(path) else 0


def _lost_labels(path: Path) -> bool:
    """Say whether the label table is not the one on record."""
    recorded = (read_marker(path, "store") or {}).get(LABELED)
    return recorded is not None and record_of(path / LABELS) != recorded


def _of_marker(path: Path) -> list[str]:
    lines = []
    if read_marker(path, "store") is None:
        how = "is damaged" if kind_of(path) == "store" else "is missing"
        lines.append(f"{MARKERS['store']} {how}; the next extract writes it")
    if _lost_labels(path):
        lines.append(DAMAGED.format(path=path / LABELS))
    held = holder(path)
    if held is not None and held.live:
        lines.append(f"locked by {held}")
    return lines


def _of_labels(path: Path, stand: Standing) -> list[str]:
    if not stand.stale_labels:
        return []
    return [f"stale: {path / LABELS}: the corpus's label files say something else now"]


def _headline(path: Path, sessions: Sequence[SessionState]) -> str:
    counts = Counter(one.state for one in sessions)
    parts = [f"{counts[state]} {CALLED.get(state, state)}" for state in STATES if counts[state]]
    many = f"{len(sessions)} session{'s' * (len(sessions) != 1)}"
    return f"{path}: a store, {many}" + (f": {', '.join(parts)}" if parts else "")


def _rows(sessions: Sequence[SessionState]) -> Grid:
    """Make a row a session."""
    rows = []
    for one in sessions:
        counts = Counter(track.state for track in one.tracks.values())
        cells = (str(counts[state] or "") for state in TRACKS[:-1])
        rows.append((one.session, CALLED.get(one.state, one.state), *cells))
    return Grid(head=("session", "is", *TRACKS[:-1]), rows=tuple(rows))


def _counts(sessions: Sequence[SessionState]) -> Grid:
    """Make a row a state, with the first session of each."""
    rows = []
    for state in STATES:
        of = [one.session for one in sessions if one.state == state]
        if of:
            rows.append((CALLED.get(state, state), str(len(of)), of[0]))
    return Grid(head=("sessions", "count", "first"), rows=tuple(rows))


def _tracks(sessions: Sequence[SessionState]) -> Grid:
    """Make a row a track."""
    counts: dict[str, Counter[str]] = {}
    for one in sessions:
        for track, stands in one.tracks.items():
            counts.setdefault(track, Counter())[stands.state] += 1
    order = [track for track in EXTRACTORS if track in counts]
    order += sorted(counts.keys() - EXTRACTORS.keys())
    used = [state for state in TRACKS if any(counts[track][state] for track in order)]
    rows = [(track, *(str(counts[track][state] or "") for state in used)) for track in order]
    return Grid(head=("track", *used), rows=tuple(rows))


def _failures(sessions: Sequence[SessionState], shown: int) -> list[str]:
    lines = []
    for one in sessions:
        if one.state == "failed":
            lines += [f"failed: {one.session}: {why}" for why in one.why]
            lines += [
                f"failed: {one.session} {track}: {why}"
                for track, stands in one.tracks.items()
                if stands.state == "failed"
                for why in stands.why
            ]
    return _first(lines, shown, "failures")


def _lines_of(sessions: Sequence[SessionState], state: State, shown: int) -> list[str]:
    lines = []
    for one in sessions:
        if one.state != state:
            continue
        if one.holder is not None:
            said = f"by {one.holder}"
        elif one.why:
            said = "; ".join(one.why)
        else:
            said = _first_reason(one.tracks)
        lines.append(f"{CALLED.get(state, state)}: {one.session}" + (f": {said}" if said else ""))
    return _first(lines, shown, f"sessions {CALLED.get(state, state)}")


def _first_reason(tracks: Mapping[str, TrackState]) -> str:
    told = [(track, one) for track, one in tracks.items() if one.state in ("stale", "new")]
    if not told:
        return ""
    track, first = told[0]
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    return f"{track}: {'; '.join(first.why)}{more}"


def _first(lines: Sequence[str], shown: int, what: str) -> list[str]:
    if len(lines) <= shown:
        return list(lines)
    return [*lines[:shown], f"... and {len(lines) - shown} more {what}; -v shows all"]


def _not_asked_for(path: Path, sessions: Sequence[SessionState]) -> list[str]:
    tracks = sorted(
        {
            track
            for one in sessions
            for track, stands in one.tracks.items()
            if stands.state == "not asked for"
        }
    )
    if not tracks:
        return []
    return [
        f"not asked for by the last extract, and kept: {', '.join(tracks)}; "
        f"depx clean {shlex.quote(str(path))} --tracks {','.join(tracks)} removes them"
    ]


def _then(path: Path, stand: Standing) -> str | None:
    again = stand.runs[0].command if stand.runs else None
    states = {one.state for one in stand.sessions}
    if not stand.sessions or _exit_code(path, stand):
        waits = "wait for the run at work, then " if "locked" in states else ""
        first = "mend what is named, then " if "failed" in states else waits
        return f"{first}{again}" if again else "run the same depx extract again"
    there = {
        track
        for one in stand.sessions
        for track, stands in one.tracks.items()
        if stands.state in ("up to date", "not asked for")
    }
    if not there or not stand.runs:
        return None
    last = stand.runs[0]
    asked = {track for run in stand.runs for track in run.settings.extractors}
    return next_step(path, asked, there, last.sources_told, last.recipe)


def _document(path: Path, stand: Standing) -> dict[str, Any]:
    counts = Counter(one.state for one in stand.sessions)
    return {
        "place": str(path),
        "kind": "store",
        "exit_code": _exit_code(path, stand),
        "counts": {state: counts[state] for state in STATES},
        "notes": [*_of_marker(path), *stand.lines, *_of_labels(path, stand)],
        "next": _then(path, stand),
        "sessions": [_session(one) for one in stand.sessions],
    }


def _session(one: SessionState) -> dict[str, Any]:
    return {
        "session": one.session,
        "state": one.state,
        "why": list(one.why),
        "holder": None if one.holder is None else asdict(one.holder),
        "tracks": {
            track: {"state": stands.state, "why": list(stands.why)}
            for track, stands in one.tracks.items()
        },
    }


def _why(path: Path, stand: Standing, session: str) -> Status:
    """Explain the tracks of one session."""
    one = next((one for one in stand.sessions if one.session == session), None)
    if one is None:
        raise UsageError(f"--why {session}: no such session among the {len(stand.sessions)} here")
    lines = [*stand.lines, *one.why]
    for track, stands in one.tracks.items():
        reasons = f": {'; '.join(stands.why)}" if stands.why else ""
        lines.append(f"{track}: {stands.state}{reasons}")
    held = "" if one.holder is None else f" by {one.holder}"
    return Status(
        place=path,
        headline=f"{session}: {CALLED.get(one.state, one.state)}{held}",
        lines=tuple(lines),
        then=_then(path, stand) if one.state in TO_DO else None,
        exit_code=1 if one.state in TO_DO else 0,
        document=_session(one) | {"place": str(path), "kind": "store"},
    )
