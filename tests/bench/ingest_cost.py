"""What reading a session of DAIC-WOZ costs: CPU seconds of every part, from text to Parquet.

Writes a session of 11 minutes as the corpus has it (20,000 frames of all five CLNF tables with six
significant digits, 65,300 rows of COVAREP and of formants) and lets ``depx extract`` read it.  CPU
seconds are those of depx itself, which hashes, of its units, which read and write, and of all
together, with the server that units are forked from; the best of some runs.  The values are noise,
so they compress worse than those of a face, and cost more.

    python tests/bench/ingest_cost.py [--frames 20000] [--tracks face,covarep,formant,hog]

Nothing of the corpus is in it.
"""

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from depx.features.columns import AU_R
from depx.features.types import F64

SUBREAPER = 36  # of Linux: PR_SET_CHILD_SUBREAPER
RATE_HZ = 30.0
HOG_SHAPE = (12, 12, 31)
HOPS_A_FRAME = 3.265  # rows of sound a frame
AUS_R = tuple(au for au in AU_R if au not in ("07", "23", "45"))
AUS_C = ("04", "12", "15", "23", "28", "45")
TABLES: dict[str, tuple[str, ...]] = {
    "AUs": (*(f"AU{au}_r" for au in AUS_R), *(f"AU{au}_c" for au in AUS_C)),
    "features": tuple(f"{axis}{point}" for axis in "xy" for point in range(68)),
    "features3D": tuple(f"{axis}{point}" for axis in "XYZ" for point in range(68)),
    "gaze": tuple(f"{axis}_{eye}" for eye in ("0", "1", "h0", "h1") for axis in "xyz"),
    "pose": ("Tx", "Ty", "Tz", "Rx", "Ry", "Rz"),
}
SCALE = {"AUs": 1.0, "features": 300.0, "features3D": 300.0, "gaze": 1.0, "pose": 300.0}


def write_session(folder: Path, frames: int, *, seed: int = 0) -> None:
    """Write a session's tables of features into a folder."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    head = np.stack([np.arange(1, frames + 1), np.arange(frames) / RATE_HZ], axis=1)
    sure = np.stack([chance.uniform(0.8, 1, frames), np.ones(frames)], axis=1)
    for kind, columns in TABLES.items():
        value = chance.normal(0, SCALE[kind], (frames, len(columns)))
        header = ", ".join(("frame", "timestamp", "confidence", "success", *columns))
        _write(folder / f"300_CLNF_{kind}.txt", np.hstack([head, sure, value]), header, ", ")
    rows = round(frames * HOPS_A_FRAME)
    voice = chance.normal(0, 1, (rows, 74))
    voice[:, 0], voice[:, 1] = chance.integers(80, 300, rows), chance.integers(0, 2, rows)
    _write(folder / "300_COVAREP.csv", voice, None, ",", "%.5g")
    _write(folder / "300_FORMANT.csv", chance.uniform(300, 5000, (rows, 5)), None, ",")


def write_hog(path: Path, frames: int, *, seed: int = 0) -> None:
    """Write as much HOG as a session has, 17,872 bytes a frame."""
    chance = np.random.default_rng(seed)
    with path.open("wb") as file:
        for _ in range(frames):
            file.write(np.array(HOG_SHAPE, "<i4").tobytes() + np.float32(1).tobytes())
            file.write(chance.uniform(0, 0.4, int(np.prod(HOG_SHAPE))).astype("<f4").tobytes())


def _write(
    path: Path, value: F64, header: str | None, separator: str, number: str = "%.6g"
) -> None:
    np.savetxt(path, value, number, separator, header=header or "", comments="", newline="\n")
    if header is None:
        path.write_bytes(path.read_bytes().lstrip(b"\n"))


def cost(sessions: Path, store: Path, tracks: str) -> dict[str, float]:
    """Extract, and give the CPU seconds of all, of depx itself and of each unit."""
    adopt()
    before = spent()
    command = [sys.executable, "-m", "depx", "extract", str(sessions), "-o", str(store)]
    subprocess.run([*command, "--tracks", tracks, "--quiet"], check=True)
    found = {"all": 0.0, "depx itself": spent() - before}
    with suppress(ChildProcessError):
        while True:
            os.wait()  # the server that the units were forked from
    found["all"] = spent() - before
    for line in (store / "log.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "unit":
            found[f"unit {'+'.join(event['tracks'])}"] = event["cpu_s"]
    return found


def adopt() -> None:
    """Become the parent of processes whose own parent ends, so that they can be waited for."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def spent() -> float:
    """Give the CPU seconds of all children that have been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tracks", default="face,covarep,formant")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        write_session(place / "S" / "300", chosen.frames)
        if "hog" in chosen.tracks.split(","):
            write_hog(place / "S" / "300" / "300_CLNF_hog.bin", chosen.frames)
        best: dict[str, float] = {}
        for _ in range(chosen.runs):
            shutil.rmtree(place / "F", ignore_errors=True)
            for what, seconds in cost(place / "S", place / "F", chosen.tracks).items():
                best[what] = min(seconds, best.get(what, seconds))
        size = sum(path.stat().st_size for path in (place / "S" / "300").iterdir())
        print(f"{size / 1e6:.0f} MB, {chosen.frames} frames")
        for what, seconds in best.items():
            print(f"{seconds:7.2f} CPU-s  {what}")


if __name__ == "__main__":
    main()
