"""The machine: cores, memory, limits, the graphics card, and whether children can be forked."""

import os
import platform
import resource
import shutil
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path

from .findings import Finding, pip, size

AREA = "machine"
GIB = 1 << 30
A_SESSION_GIB = 8.0  # limits.memory_gb
LEAST_GIB = 2.0  # the loaded libraries and one unit of a short session
OPEN_FILES = 256  # limits.open_files
SHARES = Path("/sys/fs/cgroup")
"""Where a container's, or a Slurm job's, share of the machine is told."""


def machine() -> list[Finding]:
    """Look at cores, memory and limits."""
    return [_cores(), _memory(), *_limits()]


def children() -> list[Finding]:
    """Fork a child as extract does, and hear from it."""
    from ..extract.forks import NO_SERVER, begin

    serves = "extract: each unit is a process of its own"
    begun = begin((), _hello)
    said = None
    if begun is not None:
        child, receive = begun
        said = receive.recv() if receive.poll(60) else None
        child.join(10)
    what = "one was forked, and answered" if said == "hello" else NO_SERVER
    return [
        _finding("children", said == "hello", what, serves, "ulimit -u unlimited; free some memory")
    ]


def _hello(out: Connection) -> None:
    out.send("hello")


def graphics() -> list[Finding]:
    """Look at the graphics card; depx works without, so nothing here is wrong."""
    from ..features.device import obstacle

    serves = "training, and word vectors, several times as fast (--device auto)"
    why = obstacle()
    driver = _driver()
    if why is None:
        import torch

        names = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
        said = ", ".join(f"{one.name} {size(one.total_memory)}" for one in names)
        sum_of = float(torch.ones(8, device="cuda").sum())  # a kernel that really runs
        what = f"{said}; driver {driver or 'unknown'}, CUDA {torch.version.cuda}"
        if _in_pieces():
            what += "; a part of a card (MIG)"
        good = sum_of == 8.0
        return [Finding(area=AREA, name="GPU", state="ok" if good else "note", found=what,
                        serves=serves)]  # fmt: skip
    mend = None
    if "built without CUDA" in why:
        mend = pip(
            "--force-reinstall", "torch>=2.13,<2.14", "--index-url", "https://pypi.org/simple"
        )
    elif driver:
        mend = "install a driver of NVIDIA's for CUDA 13 (580 or later); nvidia-smi shows which"
    what = f"{why}; driver {driver}" if driver else f"{why}: depx computes on the CPU"
    return [Finding(area=AREA, name="GPU", state="note", found=what, serves=serves, mend=mend)]


def _driver() -> str | None:
    source = Path("/proc/driver/nvidia/version")
    if not source.is_file():
        return None
    words = source.read_text().split()
    return next((word for word in words if word[:1].isdigit() and "." in word), None)


def _in_pieces() -> bool:
    """Ask whether the card is shared out by MIG."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30)
    return "MIG" in done.stdout


def _cores() -> Finding:
    count = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    what = f"{count}"
    quota = _share("cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        allowed = int(quota[0]) / int(quota[1])
        what += f", of which this container may use {allowed:.1f}"
        count = max(1, min(count, int(allowed)))
    return _finding("cores", True, f"{what}; -j {count} keeps them busy", "sessions at a time")


def _memory() -> Finding:
    serves = f"up to {A_SESSION_GIB:.0f} GiB a session at a time (limits.memory_gb)"
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    what = f"{total:.1f} GiB"
    most = _share("memory.max")
    if most.isdigit() and int(most) / GIB < total:
        total = int(most) / GIB
        what += f", of which this container may use {total:.1f} GiB"
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY and soft / GIB < A_SESSION_GIB:
        what += f"; a process may address {soft / GIB:.1f} GiB only (ulimit -v)"
        return _finding("memory", False, what, serves, "ulimit -v unlimited")
    if total < LEAST_GIB:
        mend = f"take a machine, or a container, of {LEAST_GIB:.0f} GiB or more"
        return _finding("memory", False, what, serves, mend)
    if total < A_SESSION_GIB:
        mend = f"depx extract ... -j 1 --set limits.memory_gb={max(1, int(total) - 1)}"
        return Finding(area=AREA, name="memory", state="note", found=what, serves=serves, mend=mend)
    return _finding("memory", True, f"{what}: -j {int(total // A_SESSION_GIB)} is safe", serves)


def _limits() -> list[Finding]:
    """Look at the limits that strike a run after hours."""
    found = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = OPEN_FILES
    shown = "unlimited" if soft == resource.RLIM_INFINITY else str(soft)
    good = soft == resource.RLIM_INFINITY or soft >= least
    may = hard == resource.RLIM_INFINITY or hard >= least
    mend = f"ulimit -n {least}" if may else f"ask the administrator for ulimit -n {least}"
    found.append(
        _finding(
            "open files",
            good,
            shown if good else f"{shown}; expected {least} or more",
            "pipes to children, tables",
            None if good else mend,
        )
    )
    for name, what, unit, flag in (
        ("CPU time", resource.RLIMIT_CPU, "s", "-t"),
        ("size of files", resource.RLIMIT_FSIZE, "bytes", "-f"),
    ):
        soft, _ = resource.getrlimit(what)
        if soft != resource.RLIM_INFINITY:
            found.append(
                Finding(
                    area=AREA,
                    name=name,
                    state="note",
                    found=f"limited to {soft} {unit}: a long run ends there",
                    serves="runs of hours, large tables",
                    mend=f"ulimit {flag} unlimited",
                )
            )
    if platform.system() != "Linux":
        found.append(
            Finding(
                area=AREA,
                name="system",
                state="note",
                found=f"{platform.system()}: depx is tested on Linux",
                serves="limits of memory, forked children",
            )
        )
    return found


def _share(name: str) -> str:
    """Read what a container may use; empty where it is not told."""
    try:
        return (SHARES / name).read_text().strip()
    except OSError:
        return ""


def _finding(name: str, good: bool, found: str, serves: str, mend: str | None = None) -> Finding:
    return Finding(
        area=AREA,
        name=name,
        state="ok" if good else "wrong",
        found=found,
        serves=serves,
        mend=None if good else mend,
    )
