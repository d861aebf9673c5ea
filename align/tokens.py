"""From the small tables of a session to its rows: words with their times, or windows over voice."""

from dataclasses import dataclass

from ..errors import AlignmentError, DamagedError
from ..extract.store.manifest import NAME as RECORD
from ..extract.store.manifest import SESSION
from ..extract.store.reader import StoredSession
from ..features.speech.stretches import voiced_runs
from ..features.types import I64, Seconds
from ..features.words import Role, Turn, words_of
from .frames import spans_of
from .rows import Rows, rows_of
from .settings import SPOKEN, AlignSettings
from .timing import AUTO, Times, choose
from .windows import LEAST, clock_rows, filled_windows, turn_rows, voiced_windows

VAD = "vad"
TRANSCRIPT = ("words", "word_times")


@dataclass(frozen=True, eq=False, kw_only=True)
class Tokens:
    """What a session's rows are, and what they were made from."""

    rows: Rows
    turns: tuple[Turn, ...]
    """Empty where there is no transcript."""
    times: Times
    """Chosen times of all words of the transcript."""


def tokens_of(stored: StoredSession, settings: AlignSettings) -> Tokens:
    """List the rows of a session.

    Raises
    ------
    AlignmentError
        If there is no token to align, or none has times.
    """
    if SESSION in stored.manifest["failures"]:  # whatever an earlier time left of it
        raise AlignmentError(why(stored, SESSION))
    if settings.window_s is not None:
        return _windows(stored, settings, settings.window_s)
    for track in TRANSCRIPT:
        if not stored.has(track):
            raise AlignmentError(
                f"no {track}: {why(stored, track)}; --tokens windows:1.0 needs no transcript"
            )
    turns = stored.turns()
    words = words_of(turns)
    times = choose(len(words), stored.word_times(), settings.timing)
    vad = settings.pauses_s is not None and stored.has(VAD)
    voiced_R2 = voiced_runs(stored.samples(VAD)) if vad else None
    rows = rows_of(words, times, SPOKEN[settings.speakers], settings.pauses_s, voiced_R2)
    if rows.masked_R.all():
        raise AlignmentError(
            f"no word of the {settings.speakers} among {len(words)} words; see --speakers"
        )
    if not any(times.method_W[w] for w in rows.spoken):
        which = "times" if settings.timing == AUTO else f"{settings.timing} times"
        raise AlignmentError(
            f"none of {len(rows.spoken)} words has {which}; extract word_times, or see --timing"
        )
    return Tokens(rows=rows, turns=turns, times=times)


def why(stored: StoredSession, track: str) -> str:
    """Say why there is no track.

    It points to the record: its reasons may name files of this machine, and stay there.
    """
    record = f"{stored.folder.name}/{RECORD} says why"
    failures = stored.manifest["failures"]
    for failed in (track, SESSION):
        if failed in failures and failures[failed]["error"] == DamagedError.__name__:
            return str(failures[failed]["reason"])
        if failed in failures:
            return f"extraction failed ({failures[failed]['error']}); {record}"
    if track in stored.manifest["absent"]:
        return f"nothing to make it from; {record}"
    if track in stored.manifest["tracks"]:
        return "it was made from another file than is there now; run depx extract"
    return "not extracted yet; run depx extract"


def _windows(stored: StoredSession, settings: AlignSettings, window_s: Seconds) -> Tokens:
    """Cut a session into windows.

    A transcript that failed would leave the windows without roles, the interviewer's among the
    participant's, and sound that failed would make rows of silence: neither is taken for absent.
    """
    for track in (*TRANSCRIPT, VAD):
        if track in stored.manifest["failures"]:
            raise AlignmentError(f"no {track}: {why(stored, track)}")
    turns = stored.turns() if stored.has("words") else ()
    timed = stored.word_times() if turns and stored.has("word_times") else ()
    times = choose(len(words_of(turns)), timed, settings.timing)
    known = any(True for _ in spans_of(turns, times))
    if known or any(turn.role is Role.INTERVIEWER for turn in turns):
        rows = turn_rows(turns, times, window_s, SPOKEN[settings.speakers])
    else:
        rows = clock_rows(_numbers(stored, window_s), window_s, SPOKEN[settings.speakers])
    return Tokens(rows=rows, turns=turns, times=times)


def _numbers(stored: StoredSession, window_s: Seconds) -> I64:
    if stored.has(VAD):
        window_N = voiced_windows(stored.samples(VAD), window_s)
        if not window_N.size:
            raise AlignmentError(
                f"no window of {window_s:g} s is voiced by {LEAST:.0%}; choose shorter windows, "
                "check the sound, or leave the session out with --exclude"
            )
        return window_N
    if VAD not in stored.manifest["absent"]:
        raise AlignmentError(f"no {VAD}, which windows lie over: {why(stored, VAD)}")
    edges: list[Seconds] = []
    for track in stored.tracks():
        if stored.kind(track) == "samples":
            start_s_F, stop_s_F = stored.open(track).owned()
            edges += [*start_s_F[:1].tolist(), *stop_s_F[-1:].tolist()]
    window_N = filled_windows([(min(edges), max(edges))] if edges else [], window_s)
    if not window_N.size:
        raise AlignmentError("no window: neither voice nor a track of samples; run depx extract")
    return window_N
