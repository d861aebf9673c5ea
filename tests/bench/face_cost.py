"""What the facial track costs: CPU beside the bare FaceMesh loop, memory by length, two cores.

    python tests/bench/face_cost.py speed CLIP...      # interleaved; ratio of the medians
    python tests/bench/face_cost.py memory CLIP        # 60 minutes beside 1 minute of the clip
    python tests/bench/face_cost.py cores CLIP         # two sessions on two cores beside one

Machines are noisy: believe ratios, and repeat.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import click
import cv2
import numpy as np
import threadpoolctl
from mediapipe.python.solutions.face_mesh import FaceMesh

from depx.extract.picture import open_film
from depx.features.extractor import Inputs
from depx.features.face.extractor import Face
from depx.features.track import LongTrack


@click.group()
def main() -> None:
    """Measure what the facial track costs."""


@main.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--repeats", default=5, show_default=True)
def speed(clips: tuple[Path, ...], repeats: int) -> None:
    """Compare CPU seconds a frame with a bare loop of decoding and FaceMesh."""
    cv2.setNumThreads(1)  # as in a worker
    threadpoolctl.threadpool_limits(1)
    for clip in clips:
        spent: dict[str, list[float]] = {"bare": [], "depx": []}
        frames = 0
        for _ in range(repeats):
            for name, work in (("bare", bare_loop), ("depx", track)):
                cpu_s, frames = cpu_of(work, clip)
                spent[name].append(cpu_s)
        bare_s, depx_s = (float(np.median(spent[name])) for name in ("bare", "depx"))
        click.echo(
            f"{clip.name}: bare loop {1000 * bare_s / frames:.2f}, depx "
            f"{1000 * depx_s / frames:.2f} CPU-ms a frame, ratio {depx_s / bare_s:.2f} "
            f"(of the minima {min(spent['depx']) / min(spent['bare']):.2f})"
        )


@main.command()
@click.argument("clip", type=click.Path(exists=True, path_type=Path))
@click.option("--minutes", default=60, show_default=True)
def memory(clip: Path, minutes: int) -> None:
    """Compare the peak memory of a long video with that of one minute."""
    with tempfile.TemporaryDirectory() as folder:
        peak_mb = {}
        for length in (1, minutes):
            session = Path(folder) / f"sessions{length}" / "looped"
            session.mkdir(parents=True)
            rows = loop(clip, session / "video.mp4", 60 * length)
            store = Path(folder) / f"store{length}"
            extract(session, store, jobs=1)
            peak_mb[length] = logged(store)["peak_mb"]
            click.echo(f"{length} min, {rows} frames: peak {peak_mb[length]:.0f} MB")
        click.echo(f"difference {peak_mb[minutes] - peak_mb[1]:.0f} MB")


@main.command()
@click.argument("clip", type=click.Path(exists=True, path_type=Path))
@click.option("--minutes", default=2.0, show_default=True)
def cores(clip: Path, minutes: float) -> None:
    """Compare two sessions one after the other with two at a time."""
    with tempfile.TemporaryDirectory() as folder:
        sessions = Path(folder) / "sessions"
        for name in "ab":
            (sessions / name).mkdir(parents=True)
            loop(clip, sessions / name / "video.mp4", 60 * minutes)
        wall_s = {jobs: extract(sessions, Path(folder) / f"{jobs}", jobs=jobs) for jobs in (1, 2)}
        click.echo(
            f"two sessions: {wall_s[1]:.1f} s with --jobs 1, {wall_s[2]:.1f} s with --jobs 2, "
            f"{wall_s[1] / wall_s[2]:.2f} x"
        )


def bare_loop(clip: Path) -> int:
    """Do what cannot be avoided: decode, convert, find the mesh."""
    capture, frames = cv2.VideoCapture(str(clip)), 0
    with FaceMesh(max_num_faces=1, refine_landmarks=True) as model:
        while (decoded := capture.read())[0]:
            model.process(cv2.cvtColor(decoded[1], cv2.COLOR_BGR2RGB))
            frames += 1
    return frames


def track(clip: Path) -> int:
    """Make the facial track, all of its rows."""
    table = Face()(Inputs(picture=open_film(clip).picture())).table
    if not isinstance(table, LongTrack):
        raise TypeError(f"{clip.name}: expected a track, got {type(table).__name__}")
    return sum(part.rows for part in table.parts())


def cpu_of(work: Callable[[Path], int], clip: Path) -> tuple[float, int]:
    """Measure CPU seconds of a piece of work, and how many frames it saw."""
    start_s = time.process_time()
    frames = work(clip)
    return time.process_time() - start_s, frames


def loop(clip: Path, path: Path, seconds: float) -> int:
    """Write a video that repeats a clip, packet by packet; give the number of frames."""
    frames = 0
    with av.open(str(path), "w") as out:
        stream, offset, tick, base = None, 0, 0, 0
        while stream is None or offset * base < seconds:
            with av.open(str(clip)) as source:
                origin = source.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(origin)
                    stream.time_base = base = origin.time_base  # the muxer may change its own
                step = round(1 / (origin.average_rate * origin.time_base))
                for packet in source.demux(origin):
                    if packet.dts is None:
                        continue
                    packet.dts, packet.pts = packet.dts + offset, packet.pts + offset
                    tick = max(tick, packet.pts + step)
                    packet.stream = stream
                    out.mux(packet)
                    frames += 1
            offset = tick
    return frames


def extract(sessions: Path, store: Path, *, jobs: int) -> float:
    """Run ``depx extract`` for the facial track; give its wall seconds."""
    depx = shutil.which("depx", path=os.path.dirname(sys.executable)) or "depx"
    start_s = time.perf_counter()
    subprocess.run(
        [depx, "extract", sessions, "-o", store, "--tracks", "face", "-q", "-j", str(jobs)],
        check=True,
    )
    return time.perf_counter() - start_s


def logged(store: Path) -> dict[str, float]:
    """Find what the unit spent in the log."""
    for line in (store / "log.jsonl").read_text().splitlines():
        event = json.loads(line)
        if "peak_mb" in event:
            return event
    raise LookupError(f"{store}: its log says nothing of memory")


if __name__ == "__main__":
    main()
