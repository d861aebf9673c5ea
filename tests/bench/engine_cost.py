"""What the engine itself costs a session: discovery, a run with nothing to do, a run with a child.

    python tests/bench/engine_cost.py [--sessions 10000] [--children 200] [--folder DIR]

Each session is a folder with a transcript of one line.  The store of the many is filled by the
engine's own code with copies of one real table, as 10,000 children would take ten minutes; then the
same ``depx extract`` is run twice on it, as a process of its own each time.  The few are measured
by children.  CPU seconds are those of the process and its children; peak memory that of the
process.  Busy machines stretch the clock, so look at CPU.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

LINE = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"
MEASURE = """
import json, resource, sys, time
from depx.cli import main
began = time.monotonic()
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
own = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "wall_s": time.monotonic() - began,
    "cpu_s": own.ru_utime + own.ru_stime, "children_s": children.ru_utime + children.ru_stime,
    "peak_mb": own.ru_maxrss / 1024}), file=sys.stderr)
"""


def sessions_in(folder: Path, count: int) -> Path:
    """Write so many session folders."""
    for n in range(count):
        (folder / f"{n:05d}").mkdir(parents=True)
        (folder / f"{n:05d}" / "transcript.csv").write_text(LINE)
    return folder


def run(*arguments: object) -> dict[str, float]:
    """Run depx in a process of its own; give what it cost."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, arguments)], capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
    if figures["code"]:
        raise SystemExit(done.stderr)
    return figures


def fill(sources: Path, store: Path) -> None:
    """Give every session but the first a copy of the first one's table, through the manifest."""
    from depx.extract.run import discover, made_from
    from depx.extract.session_run import SessionRun
    from depx.extract.settings import parse
    from depx.extract.store.lock import locked
    from depx.extract.store.log import Hashes, Log
    from depx.extract.store.manifest import Record
    from depx.extract.workplace import Workplace

    settings = parse(("words",), {})
    log = Log(store)
    hashes = Hashes(log, store)
    place = Workplace(store, settings, made_from(settings, hashes), log, hashes)
    found = discover([sources], store, settings, lambda _line: None).sessions
    first = SessionRun(place, found[0], store / found[0].id)
    made = first.manifest.document["tracks"]["words"]
    for session in found[1:]:
        folder = store / session.id
        folder.mkdir()
        with locked(folder) as lease:
            at = SessionRun(place, session, folder, lease)
            (task,) = at.look()
            written = folder / ".words.parquet.tmp"
            shutil.copy(first.manifest.file("words"), written)
            record = Record(**{**made, "key": task.key, "source": task.source})
            at.manifest.publish("words", written, record)
            hashes.note(at.manifest.file("words"), record.sha256)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--children", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with TemporaryDirectory(dir=asked.folder) as place:
        few, many = Path(place) / "few", Path(place) / "many"
        sessions_in(few, asked.children)
        one = run("extract", few, "-o", few / "S", "--tracks", "words", "-q", "--limit", 1)
        rest = run("extract", few, "-o", few / "S", "--tracks", "words", "-q")
        print(f"work by a child, {asked.children - 1} sessions")
        _print(rest, asked.children - 1, less=one)
        sessions_in(many, asked.sessions)
        run("extract", many, "-o", many / "S", "--tracks", "words", "-q", "--limit", 1)
        fill(many, many / "S")
        one = run("extract", few, "-o", few / "S", "--tracks", "words", "-q", "--limit", 1)
        for what, arguments in {
            "discovery (--dry-run)": ("--dry-run",),
            "up to date": ("-q",),
        }.items():
            print(f"{what}, {asked.sessions} sessions")
            _print(
                run("extract", many, "-o", many / "S", "--tracks", "words", *arguments),
                asked.sessions,
                less=one,
            )


def _print(figures: dict[str, float], count: int, *, less: dict[str, float]) -> None:
    for name in ("wall_s", "cpu_s", "children_s"):
        spent = figures[name] - less[name]
        print(f"  {name:10} {spent:8.2f} in all  {1e3 * spent / count:7.3f} ms a session")
    print(
        f"  peak       {figures['peak_mb']:8.1f} MB (a run of one session: {less['peak_mb']:.1f})"
    )


if __name__ == "__main__":
    main()
