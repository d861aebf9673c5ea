"""Damage as it is found on users' disks, put into one unit each; `menu.FAULTS` says what each does.

A fault changes the bytes or names of one unit's files before they are written.  Every unit has at
most one, so that a reader's answer to it can be judged by itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ....errors import UsageError
from ..menu import FAULTS
from .clnf import HOG_BYTES
from .order import Content, Files, Link, Order, Unit, once
from .sink import APPLE_DOUBLE

SOUND, TRANSCRIPT, FACE, HOG = "sound", "transcript", "face", "hog"
ROWS = "rows"
"""A transcript of rows, in Latin letters."""
NAMED = "named"
"""A file whose name and whose folder both bear the session's number."""
PACKED = "packed"
PARTS: Mapping[str, Mapping[str, str]] = {
    "daic-woz": {
        SOUND: "_AUDIO.wav",
        TRANSCRIPT: "_TRANSCRIPT.csv",
        FACE: "_CLNF_AUs.txt",
        HOG: "_CLNF_hog.bin",
        ROWS: "_TRANSCRIPT.csv",
        NAMED: "_TRANSCRIPT.csv",
        PACKED: ".zip",
    },
    "e-daic": {
        SOUND: "_AUDIO.wav",
        TRANSCRIPT: "_Transcript.csv",
        FACE: "_Pose_gaze_AUs.csv",
        ROWS: "_Transcript.csv",
        NAMED: "_Transcript.csv",
        PACKED: ".tar.gz",
    },
    "cmdc": {SOUND: "Q1.wav", TRANSCRIPT: "Q1.txt", FACE: "Q1.csv"},
    "avec2014": {SOUND: "_Freeform_video.mp4"},
    "d-vlog": {SOUND: "_acoustic.npy"},
}
"""Corpus -> part -> how the name of its file ends; a fault needs its part."""
NEEDS = {
    "truncated-sound": SOUND,
    "truncated-table": FACE,
    "truncated-hog": HOG,
    "crlf": ROWS,
    "bom": TRANSCRIPT,
    "cp1252": ROWS,
    "appledouble": TRANSCRIPT,
    "duplicate-frame": FACE,
    "backward-time": FACE,
    "missing-file": SOUND,
    "wrong-id": NAMED,
    "zip-slip": PACKED,
}
KEPT = 0.6  # of a sound that breaks off
LAST_WORD = re.compile(rb"[a-z]{4,}(?=[^a-z]*$)")


def chosen(names: Sequence[str], corpus: str, *, heavy: bool) -> tuple[str, ...]:
    """Resolve what ``--faults`` says; ``all`` takes every fault that the corpus can have.

    Raises
    ------
    UsageError
        If a name is not known, or the corpus has no file for it.
    """
    can = {
        name
        for name in FAULTS
        if (part := NEEDS.get(name)) is None or (part in PARTS[corpus] and (part != HOG or heavy))
    }
    if list(names) == ["all"]:
        return tuple(name for name in FAULTS if name in can)
    for name in names:
        if name not in FAULTS:
            raise UsageError(f"--faults: expected all or of {', '.join(FAULTS)}; got {name!r}")
        if name not in can:
            needs = "--heavy" if NEEDS[name] == HOG and HOG in PARTS[corpus] else "another corpus"
            raise UsageError(f"--faults: {name} in {corpus} needs {needs}")
    return tuple(dict.fromkeys(names))


def spread(order: Order, units: Sequence[Unit]) -> dict[str, str]:
    """Say which fault each unit gets: unit -> fault, evenly spread.

    Raises
    ------
    UsageError
        If there are more faults than units that can have them.
    """
    given: dict[str, str] = {}
    # what fewest units can have goes first
    for fault in sorted(order.faults, key=lambda name: NEEDS.get(name) != FACE):
        place = order.faults.index(fault)
        first = int((place + 0.5) * len(units) / len(order.faults))
        around = [*units[first:], *units[:first]]
        free = [
            unit.id
            for unit in around
            if unit.id not in given and (NEEDS.get(fault) != FACE or unit.told.get("filmed", True))
        ]
        if not free:
            raise UsageError(
                f"--faults: {len(order.faults)} faults need as many sessions, got {len(units)}; "
                "raise --sessions or name fewer"
            )
        given[free[0]] = fault
    return given


def put_in(fault: str, order: Order, unit: Unit, files: Files) -> tuple[Unit, Files]:
    """Damage a unit: give it, and its files, as they are to be written."""
    parts = PARTS[order.corpus]

    def name_of(*wanted: str) -> str:
        ending = next(parts[part] for part in wanted if part in parts)
        return next(name for name in files if name.endswith(ending))

    changed: dict[str, Content] = dict(files)
    text = (TRANSCRIPT, SOUND)
    if fault == "missing-file":
        del changed[name_of(SOUND)]
    elif fault == "empty-file":
        changed[name_of(*text)] = once(b"")
    elif fault == "appledouble":
        changed[name_of(TRANSCRIPT)] = once(APPLE_DOUBLE)
    elif fault == "dot-underscore":
        for name in files:
            path = PurePosixPath(name)
            changed[str(path.with_name(f"._{path.name}"))] = once(APPLE_DOUBLE)
    elif fault == "empty-parquet":
        changed[f"{unit.id}_features.parquet"] = once(b"")
    elif fault == "wrong-id":
        name = name_of(NAMED)
        changed[name.replace(unit.id, str(unit.number + 1), 1)] = changed.pop(name)
    elif fault == "symlink":
        name = name_of(*text)
        up = "../" * len(PurePosixPath(unit.folder, name).parts)
        changed[name] = Link(f"{up}outside.txt")  # beside DIR
    elif fault == "zip-slip":
        inside = PurePosixPath(unit.folder).name or f"{unit.number}_P"
        shelf = "data/" if unit.folder.startswith("data/") else ""
        archive = unit.archive or f"{shelf}{inside}{parts[PACKED]}"
        changed["../../outside.txt"] = once(b"this file must not be written\n")
        return replace(unit, folder=inside, archive=archive, junk=False), changed
    else:
        change, part = CHANGES[fault]
        name = name_of(part)
        made = files[name]
        if isinstance(made, Link):
            return unit, files
        changed[name] = lambda: (change(b"".join(made())),)
    return unit, changed


def _cut_share(content: bytes) -> bytes:
    return content[: int(len(content) * KEPT)]


def _cut_number(content: bytes) -> bytes:
    """Break a table off in the middle of a number with a point, in its second half."""
    return content[: content.index(b".", len(content) // 2) + 1]


def _cut_record(content: bytes) -> bytes:
    return content[: -HOG_BYTES // 2]


def _with_cp1252(content: bytes) -> bytes:
    """Put Windows' apostrophe behind the last word."""
    return LAST_WORD.sub(lambda word: word[0] + b"\x92s", content, count=1)


def _twice(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    middle = len(lines) // 2
    return b"".join([*lines[:middle], lines[middle], *lines[middle:]])


def _swapped(content: bytes) -> bytes:
    """Swap the second cells, the times, of two rows in the middle."""
    lines = [line.split(b", ", 2) for line in content.splitlines(keepends=True)]
    one, other = lines[len(lines) // 2], lines[len(lines) // 2 + 3]
    one[1], other[1] = other[1], one[1]
    return b"".join(b", ".join(line) for line in lines)


CHANGES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated-sound": (_cut_share, SOUND),
    "truncated-table": (_cut_number, FACE),
    "truncated-hog": (_cut_record, HOG),
    "crlf": (lambda content: content.replace(b"\n", b"\r\n"), ROWS),
    "bom": (lambda content: b"\xef\xbb\xbf" + content, TRANSCRIPT),
    "cp1252": (_with_cp1252, ROWS),
    "duplicate-frame": (_twice, FACE),
    "backward-time": (_swapped, FACE),
}
"""Faults that change the bytes of one file."""
