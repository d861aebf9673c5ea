"""The fits of a run: one after the other in this process, or several at a time, each in its own.

A process that is killed costs its fit alone: it is tried once more, by itself, when the others are
done (it was most likely memory), and goes on from its checkpoint.
"""

# N = words of all sessions, C = columns

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from ..errors import DepxError, FitError, TrainingError
from ..extract.forks import NO_SERVER, SERVER_GONE, begin, deaf, obey_parent
from ..extract.store.atomic import SUFFIX, sweep
from .cases import Corpus
from .checkpoint import Epoch
from .model import Model
from .probes.transforms import altered
from .unit import Record, Unit
from .unit_run import give_up, run_unit
from .units import PROBES

Tell: TypeAlias = Callable[[Unit, str | Epoch], None]
Done: TypeAlias = tuple[Unit, Record]

VECTORS = f".vectors{SUFFIX}"  # folder in the run, there while several processes fit
PRELOADED = (__name__, "torch", "torch._dynamo", "safetensors.numpy")
"""What the server of processes imports once; torch's optimisers pull in the third, for 2 s."""
END_S = 5.0  # how long a child that has told its record may take to end


@dataclass(frozen=True, eq=False, kw_only=True)
class Shared:
    """What all fits of a run have in common."""

    corpus: Corpus
    model: Model
    target: Target
    place: Path
    checkpoint_s: float | None
    """See `Keeper`."""

    def run(self, unit: Unit, tell: Callable[[str | Epoch], None]) -> Record:
        """Do one fit, in this process; a probe that cannot be fitted costs no run."""
        try:
            return run_unit(
                altered(self.corpus, unit),
                unit,
                self.model,
                self.target,
                self.place,
                tell=tell,
                checkpoint_s=self.checkpoint_s,
            )
        except TrainingError as error:
            if unit.variant not in PROBES:
                raise
            return give_up(self.place, unit, str(error))


def fits(
    shared: Shared, units: Sequence[Unit], jobs: int, tell: Tell
) -> Generator[Done, None, None]:
    """Do fits, `jobs` at a time; yield each with its record as it is done.

    The lock of the place is held.  Close the iterator to end the processes.

    Raises
    ------
    FitError
        If the process of a fit was killed twice; the others are done then.
    """
    if jobs == 1 or len(units) < 2:
        for unit in units:
            yield unit, shared.run(unit, partial(tell, unit))
        return
    with on_disk(shared) as lean:
        died = yield from _round(lean, units, jobs, tell)
        for unit, why in died.items():
            tell(unit, f"its process {why}; it is tried once more, alone")
        died = yield from _round(lean, list(died), 1, tell)
    if died:
        fates = ", ".join(f"{unit.name} {why}" for unit, why in died.items())
        raise FitError(
            f"{shared.place}: processes of fits ended twice ({fates}); all other fits are done; if "
            "memory was short, free some; then run the same command again"
        )


def _round(
    lean: Shared, units: Sequence[Unit], jobs: int, tell: Tell
) -> Generator[Done, None, dict[Unit, str]]:
    """Do fits in processes; yield what is done, return which died and how."""
    waiting = deque(units)
    at_work: dict[Connection, tuple[Unit, BaseProcess]] = {}
    died: dict[Unit, str] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < jobs:
                unit = waiting.popleft()
                begun = begin(PRELOADED, _main, lean, unit)
                if begun is None:
                    died[unit] = NO_SERVER
                    continue
                child, pipe = begun
                at_work[pipe] = unit, child
            wait(list(at_work))
            for pipe in [pipe for pipe in at_work if pipe.poll()]:
                unit, child = at_work[pipe]
                told = _heard(pipe)
                if isinstance(told, str | Epoch):
                    tell(unit, told)
                    continue
                if isinstance(told, DepxError | OSError):
                    raise told
                del at_work[pipe]
                _end(child, pipe)
                if told is None:
                    died[unit] = _death(child.exitcode)
                else:
                    yield unit, told
    finally:
        with deaf():
            for _, child in at_work.values():
                child.kill()
            for pipe, (_, child) in at_work.items():
                _end(child, pipe)
    return died


def _heard(pipe: Connection) -> Any:
    """Take what a child tells: a line, an epoch, an error, its record; None where it just ended."""
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


def _end(child: BaseProcess, pipe: Connection) -> None:
    child.join(END_S)
    if child.is_alive():
        child.kill()
        child.join()
    pipe.close()


def _death(exitcode: int | None) -> str:
    if exitcode == SERVER_GONE:
        return "was killed with the process that forks them all"
    if exitcode is not None and exitcode < 0:
        return f"was killed ({signal.Signals(-exitcode).name})"
    return f"ended with {exitcode}"


def _main(lean: Shared, unit: Unit, out: Connection) -> None:
    """Do one fit; the entry point of a child process."""
    obey_parent(out)
    shared = replace(lean, corpus=mapped(lean))
    try:
        told: object = shared.run(unit, out.send)
    except (DepxError, OSError) as error:
        told = error
    out.send(told)
    out.close()
    os._exit(0)  # all is on disk; native libraries may hang in their destructors


@contextmanager
def on_disk(shared: Shared) -> Iterator[Shared]:
    """Lay the vectors into files that the processes map: one copy in memory, however many."""
    folder = shared.place / VECTORS
    try:
        folder.mkdir()
        for part, value_NC in shared.corpus.vectors.items():
            np.save(folder / f"{part}.npy", value_NC)
        names = dict.fromkeys(shared.corpus.vectors, np.empty((0, 0), np.float32))
        yield replace(shared, corpus=replace(shared.corpus, vectors=names))
    finally:
        with deaf():
            sweep(shared.place)  # with what killed children left


def mapped(lean: Shared) -> Corpus:
    """Map the vectors that lie in files into the corpus again."""
    corpus, folder = lean.corpus, lean.place / VECTORS
    vectors = {
        part: np.asarray(np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False))
        for part in corpus.vectors
    }
    return replace(corpus, vectors=vectors)
