"""The checkpoint of a fit: one file that holds all that changes while a model trains.

It is written at the end of an epoch, as one atom, so that a fit that was killed goes on there and
ends with the same bytes.  Tensors are safetensors; counters, curve and generators are JSON in the
same file.  A file of another fit, or one with a changed byte, is not used.  Its name is hidden: it
is no part of the run, and it goes when the fit's record is written.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..extract.store.atomic import replacing
from .ranks import follows

Array: TypeAlias = NDArray[np.generic]
State: TypeAlias = dict[str, Any]
"""Nested by name, no name with a slash; a leaf is a tensor of a type that numpy has, or what JSON
gives back as it was."""
Row: TypeAlias = dict[str, float | int | str | None]

SCHEMA = 1
PREFIX = ".checkpoint-"
SHARE = 0.01  # of a fit's time that may go into checkpoints, where nobody says how often
SHORT_S = 10.0  # and this much training is sooner done again than looked after
BLANK = b"0" * 64  # stands where the seal comes, while the file is hashed
SEAL = re.compile(rb'\{\\"seal\\": \\"([0-9a-f]{64})\\"')
SEAL_WITHIN = 256  # bytes from the start: the seal is the first thing in the header


class Resumable(Protocol):
    """What a model's loop hands to its keeper: all that changes from epoch to epoch."""

    curve: list[Row]
    """A row an epoch that is done, with its ``stage`` and ``epoch``."""

    def state(self) -> State:
        """Say all that the epochs to come depend on."""
        ...

    def restore(self, state: State) -> None:
        """Become what `state` says, on whatever device this is."""
        ...


def checkpoint_path(place: Path, name: str) -> Path:
    """Where the fit of this name keeps its checkpoint."""
    return place / f"{PREFIX}{name}.safetensors"


def sweep_checkpoints(place: Path, keep: Collection[str]) -> None:
    """Remove the checkpoints of all fits but those named; the lock of the place is held."""
    kept = {checkpoint_path(place, name) for name in keep}
    for path in place.glob(f"{PREFIX}*"):
        if path not in kept:
            path.unlink()


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """An epoch that is done."""

    row: Row
    """Of the curve: ``stage``, ``epoch`` from 1, losses, inner validation."""
    of: int
    """How many epochs the stage has at most."""


class Keeper:
    """Keeps one fit from epoch to epoch; where several ranks train, the first does, for all."""

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, object],
        *,
        every_s: float | None,
        tell: Callable[[str | Epoch], None],
    ) -> None:
        """Begin.

        Parameters
        ----------
        path : Path
            The checkpoint's file.
        identity : mapping, as JSON gives it back
            Says which fit of which run this is; a checkpoint of another is not used.
        every_s : float or None, in seconds
            How much time lies between two checkpoints at least; None: so much that they take one
            per cent of the fit's time, however slow the disk is.
        tell : callable
            Takes lines for the user, and each epoch.
        """
        self.path = path
        self._identity = {**identity, "schema": SCHEMA}
        self._every_s = every_s
        self._tell = tell
        self._failed = False
        self._rest(0.0)

    def resume(self, fit: Resumable) -> None:
        """Bring a fit that has not begun to where its checkpoint left it, if there is one."""
        from .parallel import from_first  # torch, which who resumes has loaded

        state = from_first(self._kept)
        if state is None:
            return
        fit.restore(state)
        last = fit.curve[-1]
        stage = "" if last["stage"] == "task" else f" of stage {last['stage']}"
        self._tell(f"goes on after epoch {last['epoch']}{stage}")

    def _kept(self) -> State | None:
        """Read the state back, if it is of this fit."""
        if not self.path.exists():
            return None
        read = _read(self.path)
        if read is not None and read["fit"] == self._identity:
            state: State = read["state"]
            return state
        why = "is damaged" if read is None else "is of another run"
        self._tell(f"its checkpoint {why} and is not used")
        self.forget()
        return None

    def keep(self, fit: Resumable) -> None:
        """Write the fit as it is at the end of an epoch, if it is time to.

        A disk that takes no checkpoint is no reason to lose the training as well: it is told once,
        the checkpoint before stays, and the fit goes on.
        """
        began = time.monotonic()
        if began < self._due or follows():
            return
        try:
            _write(self.path, self._identity, fit.state())
        except OSError as error:
            if not self._failed:
                self._tell(
                    f"no checkpoint, {os.strerror(error.errno or 0)}: training goes on, and "
                    "starts further back if it is killed"
                )
            self._failed = True
        self._rest(time.monotonic() - began)

    def told(self, row: Row, of: int) -> None:
        """Tell that an epoch is done, of so many of its stage at most."""
        self._tell(Epoch(row=row, of=of))

    def forget(self) -> None:
        """Remove the checkpoint: the fit is whole, or the file is of no use."""
        self.path.unlink(missing_ok=True)

    def _rest(self, spent_s: float) -> None:
        """Set when the next checkpoint is due, after one that took `spent_s`."""
        wait_s = self._every_s
        if wait_s is None:
            wait_s = max(SHORT_S, spent_s / SHARE)
        self._due = time.monotonic() + wait_s


def _write(path: Path, identity: Mapping[str, object], state: State) -> None:
    from safetensors.numpy import save

    arrays, rest = _parted(state)
    document = {"seal": BLANK.decode(), "fit": identity, "state": rest}
    # One entry: safetensors writes several in the order of a hash map, which differs by process.
    content = save(dict(sorted(arrays.items())), {"depx": json.dumps(document)})
    sealed = content.replace(BLANK, hashlib.sha256(content).hexdigest().encode(), 1)
    with replacing(path) as written:
        written.write_bytes(sealed)


def _read(path: Path) -> State | None:
    """Read a checkpoint; None if it is not, to the byte, what was written."""
    content = path.read_bytes()
    seal = SEAL.search(content, 0, SEAL_WITHIN)
    if seal is None:
        return None
    blank = content[: seal.start(1)] + BLANK + content[seal.end(1) :]
    if hashlib.sha256(blank).hexdigest().encode() != seal[1]:
        return None
    import torch
    from safetensors.numpy import load

    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    document: State = json.loads(header["__metadata__"]["depx"])
    for name, array in load(content).items():
        *above, last = name.split("/")
        inner = document["state"]
        for one in above:
            inner = inner[one]
        inner[last] = torch.tensor(array)  # a copy of its own, aligned as torch likes it
    return document


def _parted(state: State, above: str = "") -> tuple[dict[str, Array], State]:
    """Part a nested state into its tensors, by path, and the rest."""
    from torch import Tensor

    arrays: dict[str, Array] = {}
    rest: State = {}
    for name, value in state.items():
        if isinstance(value, Tensor):
            # Through numpy: safetensors' own way of reading a tensor costs 0.1 ms each.
            arrays[above + name] = value.detach().cpu().contiguous().numpy()
        elif isinstance(value, dict):
            inner, rest[name] = _parted(value, f"{above}{name}/")
            arrays |= inner
        else:
            rest[name] = value
    return arrays, rest
