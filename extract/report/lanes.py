"""The timeline of a session: what its store holds, as lanes on its clock.

Words and turns by role, voice, the sound's envelope, loudness, F0, face found or lost, head pose,
six action units, and the stretches that checks name.  Whatever the store lacks has no lane; nothing
is computed here but ends of what is stored and degrees of what is in radians.
"""

# F = samples, C = columns, W = words

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from ...features.track import Track, owned_intervals
from ...features.types import F32, F64, Bool, Seconds
from ...features.words import Kind, Role, Timing, WordTime, words_of
from ..checks.base import Check, Finding, Grade
from ..checks.seen import Seen
from ..pages.timeline import Curve, Lane, Spans, Timeline, packed

UNITS = ("AU04_r", "AU06_r", "AU12_r", "AU15_r", "AU25_r", "AU45_r")
"""Brow lowerer, cheek raiser, lip corners up and down, lips part, blink."""
UNIT_ENDS = (0.0, 5.0)  # intensity of an action unit, as OpenFace has it
POSE = {"yaw °": ("pose_Ry", "one"), "pitch °": ("pose_Rx", "two")}
LOUDNESS, F0, VOICED = "Loudness_sma3", "F0", "VUV"
LOW, HIGH = "level_low", "level_high"
ROLES = {
    Role.PARTICIPANT: ("Participant", "one"),
    Role.INTERVIEWER: ("Interviewer", "two"),
    Role.UNKNOWN: ("Role unknown", "three"),
}
FLAGS = {Grade.BAD: "alarm", Grade.DOUBTFUL: "two"}


def timeline(
    seen: Seen,
    findings: Sequence[Finding],
    checks: Sequence[Check[Seen]],
    *,
    anchor: str,
    text: bool = True,
    left_out: Collection[str] = (),
) -> Timeline | None:
    """Lay a session out.

    Parameters
    ----------
    seen : Seen
    findings : sequence of Finding
        Whose stretches are shown.
    checks : sequence of Check
        All of them, for their titles.
    anchor : str
        Id of the timeline in its page.
    text : bool
        Whether words are written; else their times alone are shown.
    left_out : collection of str
        Tracks whose tables are damaged.

    Returns
    -------
    Timeline or None
        None where nothing of the session has a time.

    Raises
    ------
    DamagedError
        If a table that is not `left_out` is not the one on record.
    """
    there = {track for track in seen.stored.tracks() if track not in left_out}
    made = [
        *(_speech(seen, written=text) if "words" in there else ()),
        *(_voice(seen) if "vad" in there else ()),
        *(_sound(seen) if "level" in there else ()),
        *(_loudness(seen) if "egemaps" in there else ()),
        *(_pitch(seen) if "covarep" in there else ()),
        *(_face(seen) if "face" in there else ()),
    ]
    stop_s = max((_stop(lane) for lane in made), default=0.0)
    if stop_s <= 0:
        return None
    start_s = min(0.0, *map(_start, made))
    data = packed([*_flags(findings, checks), *made], start_s=start_s, stop_s=stop_s)
    return Timeline(anchor=anchor, data=data)


def _flags(findings: Sequence[Finding], checks: Sequence[Check[Seen]]) -> list[Lane]:
    """Show where checks found something, a row a check."""
    titles = {check.name: check.title for check in checks}
    spans = [
        Spans(
            row=titles[found.check],
            start_s_N=np.array([one.start_s for one in found.measured.stretches]),
            stop_s_N=np.array([one.stop_s for one in found.measured.stretches]),
            text_N=[one.about for one in found.measured.stretches],
            about=titles[found.check],
            colour=FLAGS.get(found.grade, "soft"),
        )
        for found in findings
        if found.measured.stretches
    ]
    return [Lane(title="Flags", spans=spans)] if spans else []


def _speech(seen: Seen, *, written: bool) -> list[Lane]:
    """Show turns and the words in them, a row a role; words by the best times that they have."""
    words = words_of(seen.turns)
    start_s_W, stop_s_W = best_times(len(words), seen.word_times)
    spans = []
    for role, (row, colour) in ROLES.items():
        turns = [turn for turn in seen.turns if turn.role is role]
        mine = [w for w, word in enumerate(words) if word.role is role and word.kind != Kind.PAUSE]
        if not turns:
            continue
        spans += [
            Spans(
                row=row,
                start_s_N=np.array([turn.start_s for turn in turns], dtype=np.float64),
                stop_s_N=np.array([turn.stop_s for turn in turns], dtype=np.float64),
                colour=colour,
                about="turn",
                faint=True,
            ),
            Spans(
                row=row,
                start_s_N=start_s_W[mine],
                stop_s_N=stop_s_W[mine],
                text_N=[words[w].text for w in mine] if written else None,
                colour=colour,
                about="word",
            ),
        ]
    return [Lane(title="Words", spans=spans)] if spans else []


def best_times(words: int, times: Iterable[WordTime]) -> tuple[F64, F64]:
    """Choose the times that each word is drawn at, as ``depx align`` does unless it is told more.

    Returns
    -------
    start_s_W, stop_s_W : float64 arrays of shape (W,)
        Given before forced before proportional, and no row of confidence 0; NaN without any.
    """
    order = list(Timing)
    start_s_W, stop_s_W = np.full(words, np.nan), np.full(words, np.nan)
    for row in sorted(times, key=lambda row: order.index(row.method), reverse=True):
        usable = np.isfinite([row.start_s, row.stop_s]).all() and row.stop_s >= row.start_s
        if usable and row.confidence != 0.0 and 0 <= row.word < words:
            start_s_W[row.word], stop_s_W[row.word] = row.start_s, row.stop_s
    return start_s_W, stop_s_W


def _voice(seen: Seen) -> list[Lane]:
    vad = seen.columns("vad", ["speech"])
    speech_F = vad.valid_F & (vad.value_FC[:, 0] > 0.5)
    return [Lane(title="Voice", spans=[_runs("Voice", vad, speech_F, "three", "voice")])]


def _sound(seen: Seen) -> list[Lane]:
    level = seen.columns("level", [LOW, HIGH])
    low_F, high_F = _column(level, LOW), _column(level, HIGH)
    if low_F is None or high_F is None:
        return []
    curve = Curve(name="Sound", time_s_F=level.time_s, value_F=low_F, high_F=high_F, colour="soft")
    return [Lane(title="Sound", curves=[curve])]


def _loudness(seen: Seen) -> list[Lane]:
    track = seen.columns("egemaps", [LOUDNESS])
    loud_F = _column(track, LOUDNESS)
    if loud_F is None:
        return []
    curve = Curve(name="Loudness", time_s_F=track.time_s, value_F=loud_F)
    return [Lane(title="Loudness", curves=[curve], height=36)]


def _pitch(seen: Seen) -> list[Lane]:
    """Show F0 where there is voice: elsewhere COVAREP has a number that means nothing."""
    track = seen.columns("covarep", [F0, VOICED])
    f0_F, voiced_F = _column(track, F0), _column(track, VOICED)
    if f0_F is None:
        return []
    if voiced_F is not None:
        f0_F = np.where(voiced_F > 0.5, f0_F, np.float32(np.nan))
    curve = Curve(name="F0", time_s_F=track.time_s, value_F=f0_F)
    return [Lane(title="F0 Hz", curves=[curve], height=48)]


def _face(seen: Seen) -> list[Lane]:
    names = [*(column for column, _ in POSE.values()), *UNITS]
    face = seen.columns("face", names)
    if face.rows == 0:
        return []
    found = _runs("Face found", face, face.valid_F, "three", "face found")
    lost = _runs("Face found", face, ~face.valid_F, "alarm", "face lost")
    lanes = [Lane(title="Face", spans=[found, lost])]
    pose = [
        Curve(name=name, time_s_F=face.time_s, value_F=np.degrees(turn_F), colour=colour)
        for name, (column, colour) in POSE.items()
        if (turn_F := _column(face, column)) is not None
    ]
    if pose:
        lanes.append(Lane(title="Pose", curves=pose, height=52))
    for unit in UNITS:
        value_F = _column(face, unit)
        if value_F is not None:
            curve = Curve(name=unit, time_s_F=face.time_s, value_F=value_F)
            lanes.append(Lane(title=unit, curves=[curve], ends=UNIT_ENDS, height=30))
    return lanes


def _column(track: Track, name: str) -> F32 | None:
    """Take a column of valid rows; None where the track lacks it."""
    for c, column in enumerate(track.columns):
        if column.name == name:
            return np.where(track.valid_F, track.value_FC[:, c], np.float32(np.nan))
    return None


def _runs(row: str, track: Track, of_F: Bool, colour: str, about: str) -> Spans:
    """Join samples that follow each other into spans of the time that they own."""
    start_s_F, stop_s_F = owned_intervals(track.time_s, track.rate_hz)
    edge = np.flatnonzero(np.diff(np.concatenate([[False], of_F, [False]]).astype(np.int8)))
    first, last = edge[::2], edge[1::2] - 1
    return Spans(
        row=row,
        start_s_N=start_s_F[first],
        stop_s_N=stop_s_F[last],
        colour=colour,
        about=about,
    )


def _ends(lane: Lane) -> list[F64]:
    spans = [time_s for one in lane.spans for time_s in (one.start_s_N, one.stop_s_N)]
    return [*spans, *(curve.time_s_F for curve in lane.curves)]


def _stop(lane: Lane) -> Seconds:
    known = [float(np.nanmax(time_s)) for time_s in _ends(lane) if np.isfinite(time_s).any()]
    return max(known, default=0.0)


def _start(lane: Lane) -> Seconds:
    known = [float(np.nanmin(time_s)) for time_s in _ends(lane) if np.isfinite(time_s).any()]
    return min(known, default=0.0)
