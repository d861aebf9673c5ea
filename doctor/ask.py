"""Each probe in a process of its own, so that one that crashes or hangs is a finding like others.

A child gets this process's ``sys.path``, and so meets the same libraries; what they print on the
way goes nowhere, but the last line tells why a child ended.
"""

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module

from .findings import Finding

PATIENCE_S = 60.0  # a probe that takes longer hangs; the slowest takes 10 s on a slow machine
CHILD = (
    "import json, sys; "
    "sys.path[:] = json.loads(sys.argv[1]); "
    "from depx.doctor.ask import answer; "
    "answer(*sys.argv[2:])"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A function that looks at something, and what to say if it does not come back."""

    module: str
    """In this package; it is imported in the child only."""
    function: str
    area: str
    name: str
    serves: str
    arguments: tuple[str, ...] = ()
    mend: str | None = None


def ask(probes: Sequence[Probe], at_once: int) -> Iterator[Finding]:
    """Ask probes side by side; answers come in the order of the probes.

    Parameters
    ----------
    probes : sequence of Probe
    at_once : int > 0
        Children at a time.
    """
    running: deque[tuple[Probe, subprocess.Popen[bytes] | OSError]] = deque()
    waiting = deque(probes)
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append((waiting[0], _begin(waiting.popleft())))
            probe, child = running[0]
            yield from _answer_of(probe, child)
            running.popleft()
    finally:
        for _, child in running:
            if isinstance(child, subprocess.Popen):
                child.kill()
                child.communicate()


def answer(module: str, function: str, *arguments: str) -> None:
    """Run a probe here, and print what it found; the rest of this process's output is chatter."""
    out = os.dup(1)
    os.dup2(2, 1)
    found = getattr(import_module(f".{module}", __package__), function)(*arguments)
    with os.fdopen(out, "w", encoding="utf-8") as stream:
        json.dump([asdict(one) for one in found], stream)
    sys.stdout.flush()
    os._exit(0)  # some libraries crash as they end; all is said


def _begin(probe: Probe) -> "subprocess.Popen[bytes] | OSError":
    command = [sys.executable, "-P", "-c", CHILD, json.dumps(sys.path)]
    command += [probe.module, probe.function, *probe.arguments]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        )
    except OSError as error:
        return error


def _answer_of(probe: Probe, child: "subprocess.Popen[bytes] | OSError") -> list[Finding]:
    if isinstance(child, OSError):
        return [_broken(probe, f"no process could be started: {child.strerror}")]
    try:
        said, chatter = child.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return [_broken(probe, f"no answer within {PATIENCE_S:.0f} s")]
    if child.returncode < 0:
        return [_broken(probe, f"ended by {signal.Signals(-child.returncode).name}")]
    try:
        return [Finding(**one) for one in json.loads(said)]
    except ValueError:
        return [_broken(probe, _last_line(chatter) or f"ended with {child.returncode}")]


def _broken(probe: Probe, found: str) -> Finding:
    return Finding(
        area=probe.area,
        name=probe.name,
        state="wrong",
        found=found,
        serves=probe.serves,
        mend=probe.mend,
    )


def _last_line(chatter: bytes) -> str:
    lines = chatter.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
