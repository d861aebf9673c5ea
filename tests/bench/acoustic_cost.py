"""What an acoustic track costs: CPU beside bare openSMILE, and memory by length.

    python tests/bench/acoustic_cost.py speed WAV --minutes 10      # ratio of the medians
    python tests/bench/acoustic_cost.py memory egemaps WAV          # peak at 1, 20 and 60 minutes

WAV is any sound with speech; it is repeated to the length that is wanted.  ``speed`` runs both on
the same samples, in turns; ``memory`` runs ``depx extract`` on sessions of growing length.
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

import click
import numpy as np
import opensmile
import soundfile
import threadpoolctl

from depx.extract.sound import open_sound
from depx.features.extractor import SOUND_RATE_HZ, Inputs, Sound
from depx.features.registry import EXTRACTORS
from depx.features.track import LongTrack
from depx.features.words import Role, Turn

TURN_S = 6.0  # of a turn where turns are summed up
BARE = {"egemaps": "eGeMAPSv02", "egemaps_turns": "eGeMAPSv02", "compare": "ComParE_2016"}
"""Tracks that have a bare counterpart, and its feature set."""


@click.group()
def main() -> None:
    """Measure what acoustic tracks cost."""


@main.command()
@click.argument("wav", type=click.Path(exists=True, path_type=Path))
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option(
    "--tracks", default="covarep,egemaps,compare,egemaps_turns,mfcc,logmel", show_default=True
)
def speed(wav: Path, minutes: float, repeats: int, tracks: str) -> None:
    """Compare CPU seconds with bare openSMILE on the same samples."""
    threadpoolctl.threadpool_limits(1)  # as in a worker
    with tempfile.TemporaryDirectory() as folder:
        sound = open_sound(loop(wav, Path(folder) / "long.wav", minutes), Path(folder)).sound
        inputs = Inputs(sound=sound, turns=even_turns(sound))
        for track in tracks.split(","):
            measure(track, Inputs(sound=head(sound), turns=even_turns(head(sound))))  # imports
            works: dict[str, Callable[[], None]] = {"depx": lambda t=track: measure(t, inputs)}
            if track in BARE:
                works["bare"] = lambda t=track: bare(t, inputs)
            spent: dict[str, list[float]] = {name: [] for name in works}
            for _ in range(repeats):
                for name, work in works.items():
                    start_s = time.process_time()
                    work()
                    spent[name].append(time.process_time() - start_s)
            cpu_s = {name: float(np.median(times)) for name, times in spent.items()}
            line = f"{track}: {60 * minutes / cpu_s['depx']:.0f} x real time"
            if "bare" in cpu_s:
                line += (
                    f", bare {60 * minutes / cpu_s['bare']:.0f} x, CPU ratio "
                    f"{cpu_s['depx'] / cpu_s['bare']:.3f} "
                    f"(of the minima {min(spent['depx']) / min(spent['bare']):.3f})"
                )
            click.echo(line)


@main.command()
@click.argument("track", type=click.Choice(list(EXTRACTORS)))
@click.argument("wav", type=click.Path(exists=True, path_type=Path))
@click.option("--minutes", default="1,20,60", show_default=True)
def memory(track: str, wav: Path, minutes: str) -> None:
    """Compare the peak memory of sessions by length."""
    depx = shutil.which("depx", path=os.path.dirname(sys.executable)) or "depx"
    with tempfile.TemporaryDirectory() as folder:
        for length in map(float, minutes.split(",")):
            session = Path(folder) / f"sessions{length}" / "looped"
            session.mkdir(parents=True)
            loop(wav, session / "audio.wav", length)
            lines = (f"{t}\t{t + TURN_S}\tParticipant\twords" for t in starts(60 * length))
            header = "start_time\tstop_time\tspeaker\tvalue"
            (session / "transcript.csv").write_text("\n".join([header, *lines]))
            store = Path(folder) / f"store{length}"
            subprocess.run(
                [depx, "extract", session, "-o", store, "--tracks", track, "-q", "-j", "1"],
                check=True,
            )
            cpu_s, peak_mb = spent_of_the_largest(store)
            click.echo(f"{length:g} min: peak {peak_mb:.0f} MB, {cpu_s:.1f} CPU s")
            shutil.rmtree(session)


def measure(track: str, inputs: Inputs) -> None:
    """Make a track, all of its rows."""
    table = EXTRACTORS[track]()(inputs).table
    if isinstance(table, LongTrack):
        for part in table.parts():
            part.value_FC.sum()


def bare(track: str, inputs: Inputs) -> None:
    """Give openSMILE the same samples, at once; turns one by one."""
    sound = inputs.sound
    turns = track == "egemaps_turns"
    level = "Functionals" if turns else "LowLevelDescriptors"
    smile = opensmile.Smile(
        opensmile.FeatureSet[BARE[track]],
        opensmile.FeatureLevel[level],
    )
    y_N = np.asarray(sound.y_N[0 : sound.y_N.size])
    bounds = [(turn.start_s, turn.stop_s) for turn in inputs.turns] if turns else [(0, None)]
    for start_s, stop_s in bounds:
        stop = None if stop_s is None else round(stop_s * SOUND_RATE_HZ)
        smile.process_signal(y_N[round(start_s * SOUND_RATE_HZ) : stop], SOUND_RATE_HZ)


def head(sound: Sound) -> Sound:
    """Take ten seconds."""
    return Sound(sound.y_N[0 : 10 * SOUND_RATE_HZ], 0.0)


def even_turns(sound: Sound) -> tuple[Turn, ...]:
    """Divide a sound among turns of equal length."""
    return tuple(
        Turn(
            index=t,
            speaker="S",
            role=Role.UNKNOWN,
            start_s=start_s,
            stop_s=start_s + TURN_S,
            words=(),
        )
        for t, start_s in enumerate(starts(sound.y_N.size / SOUND_RATE_HZ))
    )


def starts(seconds: float) -> list[float]:
    """List where turns begin."""
    return [TURN_S * t for t in range(int(seconds // TURN_S))]


def loop(wav: Path, path: Path, minutes: float) -> Path:
    """Write a sound that repeats another one."""
    y_N, rate_hz = soundfile.read(wav, dtype="int16", always_2d=True)
    left = round(60 * minutes * rate_hz)
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16") as out:
        while left > 0:
            out.write(y_N[:left, 0])
            left -= len(y_N[:left])
    return path


def spent_of_the_largest(store: Path) -> tuple[float, float]:
    """Find what the largest unit spent in the log: CPU seconds, peak in MB."""
    events = map(json.loads, (store / "log.jsonl").read_text().splitlines())
    spent = [event for event in events if "peak_mb" in event]
    largest = max(spent, key=lambda event: event["cpu_s"])
    return largest["cpu_s"], largest["peak_mb"]


if __name__ == "__main__":
    main()
