"""Who is who where torchrun started several processes: the first leads, the others follow.

``torchrun --nproc-per-node 2 -m depx train cmg-vs DATASET -o RUN`` trains each fit on all of them
(see `parallel`).  The leader is ``depx train`` as ever: it alone touches the run's folder and the
terminal.  What it has to say to the others lies in torchrun's key-value store, which outlives it:
once what is to be fitted, and at the end how it ended.  Nobody waits in a collective for a leader
that failed.  Without torchrun all of this does nothing, and torch is not imported.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DepxError, RankError, UsageError

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

WORK, END = "depx/work", "depx/end"  # keys in the store
GRACE_S = 5.0  # within which a leader fails too, if what failed here is not of this rank alone
LOOK_S = 0.1  # between two looks at the store: a wait inside it would hear no signal
INTERRUPTED = 130
CRASHED = 1  # Python's own code of an error that nobody caught


@dataclass(frozen=True, kw_only=True)
class Work:
    """What all ranks fit together, one fit after the other."""

    dataset: str
    """Folder of the training set, absolute; every machine must see it there."""
    key: str
    """Of the run."""
    device: str
    units: tuple[str, ...]
    """Names of the fits that are missing, in order."""


def ranks() -> int:
    """Count the processes that train together; 1 without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def rank() -> int:
    """Give the number of this process among them."""
    return int(os.environ["RANK"]) if ranks() > 1 else 0


def follows() -> bool:
    """Say whether this process trains along and is silent."""
    return rank() > 0


def check_device(device: str) -> None:
    """Refuse more processes on this machine than it has GPUs.

    Raises
    ------
    UsageError
        If there are.
    """
    if ranks() == 1 or device != "cuda":
        return
    import torch

    here, gpus = int(os.environ["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if here > gpus:
        raise UsageError(
            f"torchrun: {here} processes on this machine, which has {gpus} GPUs; use "
            f"--nproc-per-node {gpus}, or --device cpu"
        )


@contextmanager
def leading() -> Iterator[None]:
    """Let the others end as this block does, with its exit code."""
    if ranks() == 1:
        yield
        return
    try:
        yield
    finally:
        with suppress(RuntimeError):  # torchrun itself is gone: nobody listens
            _store().set(END, str(_code_of(sys.exception())))


def share_out(dataset: Path, key: str, device: str, units: Sequence[str]) -> None:
    """Tell the others what is to be fitted, and join them; nothing without torchrun."""
    if ranks() == 1:
        return
    work = Work(dataset=str(dataset.absolute()), key=key, device=device, units=tuple(units))
    _store().set(WORK, json.dumps(asdict(work)))
    join(device)


def work_or_end() -> Work | int:
    """Wait for what is to be fitted, or for the exit code of a leader that fits nothing.

    Raises
    ------
    RankError
        If the store is gone.
    """
    while True:
        if (code := _read(END)) is not None:
            return int(code)
        if (text := _read(WORK)) is not None:
            work = json.loads(text)
            return Work(**{**work, "units": tuple(work["units"])})
        time.sleep(LOOK_S)


def end(within_s: float = float("inf")) -> int | None:
    """Wait for the leader's exit code; None if it has not ended by then, or nobody can say."""
    until = time.monotonic() + within_s
    while True:
        try:
            code = _read(END)
        except RankError:
            return None
        if code is not None:
            return int(code)
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_S)


def join(device: str) -> None:
    """Become one of torch's process group: NCCL and a GPU of one's own, or gloo on the CPU.

    Raises
    ------
    RankError
        If the others cannot be reached.
    """
    import torch
    from torch import distributed

    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "nccl" if device == "cuda" else "gloo"
    try:
        distributed.init_process_group(backend, store=_store(), rank=rank(), world_size=ranks())
    except RuntimeError as error:
        why = str(error).partition("\n")[0]
        raise RankError(f"torchrun's processes cannot join by {backend}: {why}") from error


def part() -> None:
    """Leave the process group, when all is fitted; nothing without torchrun."""
    if ranks() == 1:
        return
    from torch import distributed

    distributed.destroy_process_group()


def _code_of(error: BaseException | None) -> int:
    """Give the exit code of a command that ends with an error, as `depx.cli` does."""
    if error is None:
        return 0
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, OSError):
        return DepxError.exit_code
    return int(getattr(error, "exit_code", CRASHED))  # click's have one too


def _read(key: str) -> bytes | None:
    """Read what the leader said; None if it has not yet."""
    try:
        return _store().get(key) if _store().check([key]) else None
    except RuntimeError as error:
        raise RankError("torchrun's key-value store cannot be reached") from error


@cache
def _store() -> "Store":
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    store, _, _ = next(rendezvous("env://"))
    return PrefixStore(os.environ["TORCHELASTIC_RESTART_COUNT"], store)
