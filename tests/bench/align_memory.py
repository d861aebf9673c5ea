"""Peak memory of ``depx align`` by the length of a session: run it, it is no test.

    python tests/bench/align_memory.py [MINUTES ...]        # default: 20 180

A store of one synthetic session of each length is made in a temporary folder (face 30 Hz with all
its landmarks, covarep 100 Hz x 74, egemaps 100 Hz x 25, bert x 384, 2.2 words a second), then
aligned by a process of its own, whose peak resident memory and CPU seconds are printed: for means,
and for all statistics and views.  What is left to grow is the rows themselves, which a row group
holds at once.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from depx.extract.store import tables
from depx.extract.store.key import sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest, Record
from depx.extract.store.place import found_store
from depx.features.columns import FACE, Column
from depx.features.extractor import Table
from depx.features.track import LongTrack, Source, Track
from depx.features.words import Kind, Role, Timing, Turn, Word, WordTime, WordVectors

WORDS_A_SECOND, WORDS_A_TURN = 2.2, 12
PART_S = 60.0
EVERYTHING = ("--pool", "mean,std,min,max,first,slope", "--views", "words,frames,turns,sessions")


def track(seconds: float, rate_hz: float, columns: tuple[Column, ...]) -> LongTrack:
    """Noise, made a minute at a time."""

    def parts() -> Iterator[Track]:
        for first_s in np.arange(0.0, seconds, PART_S):
            rows = int(PART_S * rate_hz)
            rng = np.random.default_rng(int(first_s))
            yield Track(
                time_s=first_s + (0.5 + np.arange(rows)) / rate_hz,
                value_FC=rng.random((rows, len(columns)), dtype=np.float32),
                columns=columns,
                valid_F=np.ones(rows, dtype=np.bool_),
                rate_hz=rate_hz,
            )

    rows = int(seconds / PART_S) * int(PART_S * rate_hz)
    return LongTrack(rows=rows, columns=columns, rate_hz=rate_hz, parts=parts)


def talk(seconds: float) -> dict[str, Table]:
    """Turns of a participant and an interviewer, and a vector a word."""
    count = int(seconds * WORDS_A_SECOND)
    turns, times = [], []
    for index in range(count // WORDS_A_TURN):
        who, role = ("P", Role.PARTICIPANT) if index % 3 else ("E", Role.INTERVIEWER)
        words = tuple(
            Word(text="word", raw="word", kind=Kind.WORD, speaker=who, role=role, turn=index)
            for _ in range(WORDS_A_TURN)
        )
        start_s = index * WORDS_A_TURN / WORDS_A_SECOND
        for k in range(WORDS_A_TURN):
            begin_s = start_s + k / WORDS_A_SECOND
            times.append(
                WordTime(
                    word=len(times),
                    method=Timing.FORCED,
                    start_s=begin_s,
                    stop_s=begin_s + 0.35,
                    confidence=0.9,
                )
            )
        stop_s = start_s + WORDS_A_TURN / WORDS_A_SECOND
        turns.append(
            Turn(index=index, speaker=who, role=role, start_s=start_s, stop_s=stop_s, words=words)
        )
    value_WD = np.random.default_rng(0).random((len(times), 384), dtype=np.float32)
    bert = WordVectors(value_WD=value_WD, valid_W=np.ones(len(times), dtype=np.bool_))
    return {"words": tuple(turns), "word_times": tuple(times), "bert": bert}


def store(path: Path, minutes: float) -> Path:
    """Write a store of one session."""
    seconds = minutes * 60
    numbered = tuple(Column(f"c{c}", "1") for c in range(74))
    made: dict[str, Table] = {
        **talk(seconds),
        "face": track(seconds, 30.0, FACE),
        "covarep": track(seconds, 100.0, numbered),
        "egemaps": track(seconds, 100.0, numbered[:25]),
    }
    found_store(path, corpus="folder")
    folder = path / "long"
    folder.mkdir()
    identity = {"session": "long", "case": "long", "participant": "long", "corpus": "folder"}
    with locked(folder) as lease:
        manifest = Manifest(folder, {**identity, "inputs": {}}, lease)
        manifest.save()
        for name, table in made.items():
            written = folder / f".{name}"
            rows = tables.write(table, written, {"track": name})
            record = Record(
                key=name,
                kind=tables.kind_of(table),
                rows=rows,
                bytes=written.stat().st_size,
                sha256=sha256_file(written),
                source=Source(extractor=name, version="1"),
            )
            manifest.publish(name, written, record)
    return path


def aligned(place: Path, *options: str) -> tuple[float, float]:
    """Align in a process of its own; give its peak in 10^6 bytes and its CPU seconds."""
    command = [sys.executable, "-m", "depx", "align", str(place), "-o", f"{place}-set", "--force"]
    child = subprocess.Popen([*command, "-q", *options])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}")
    return used.ru_maxrss * 1024 / 1e6, used.ru_utime + used.ru_stime


def main() -> None:
    lengths = [float(text) for text in sys.argv[1:]] or [20.0, 180.0]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    with tempfile.TemporaryDirectory() as folder:
        print(f"floor {own:.0f} MB: what this process held when it began")
        for minutes in lengths:
            place = store(Path(folder) / f"{minutes:g}", minutes)
            for name, options in (("means", ()), ("all statistics and views", EVERYTHING)):
                peak_mb, cpu_s = aligned(place, *options)
                print(f"{minutes:g} min, {name}: {peak_mb:.0f} MB, {cpu_s:.1f} s CPU", flush=True)


if __name__ == "__main__":
    main()
