"""A part of the sessions, so that several runs share the work on one store: ``--shard 2/8``.

Sessions are dealt by their place in the sorted list of ids, so the parts differ by one session at
most.  ``--shard slurm`` reads which part a task of Slurm is; without it Slurm's variables are not
looked at, as an array may be used for something else, and sessions would be missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from .sessions import S

SLURM = "slurm"
ARRAY = "SLURM_ARRAY_TASK_"
STEP = "SLURM_STEP_NUM_TASKS"
"""Set for the tasks of an srun alone; ``SLURM_NTASKS`` is set in the batch script too, which runs
once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One of several parts."""

    index: int
    """From 1."""
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise UsageError(
                f"--shard {self.index}/{self.count}: expected I/N with I from 1 to N; shards are "
                "counted from 1"
            )

    @property
    def name(self) -> str:
        """As the log's file has it."""
        return f"{self.index}of{self.count}"

    def of(self, sessions: Sequence[S]) -> list[S]:
        """Deal the sessions of this part."""
        return sorted(sessions, key=lambda session: session.id)[self.index - 1 :: self.count]


def parse(text: str, environment: Mapping[str, str]) -> Shard:
    """Read ``--shard``.

    Parameters
    ----------
    text : str
        ``I/N``, or ``slurm``.
    environment : mapping
        Where Slurm's variables are.

    Raises
    ------
    UsageError
        If it is neither, or Slurm's variables do not say which part this is.
    """
    if text == SLURM:
        return _slurm(environment)
    index, slash, count = text.partition("/")
    if not (slash and index.strip().isdecimal() and count.strip().isdecimal()):
        raise UsageError(f"--shard {text}: expected I/N, as in 2/8, or {SLURM}")
    return Shard(index=int(index), count=int(count))


def slurm_tasks(environment: Mapping[str, str]) -> int:
    """Say how many tasks of an array and of an srun run what this process does; 1 without Slurm."""
    counts = (environment.get(f"{ARRAY}COUNT", ""), environment.get(STEP, ""))
    array, step = (int(count) if count.isdecimal() else 1 for count in counts)
    return array * step


def _slurm(environment: Mapping[str, str]) -> Shard:
    """Find the part of this task: tasks of srun within tasks of an array."""
    array = any(name.startswith(ARRAY) for name in environment)
    step = STEP in environment
    if not step and _number(environment, "SLURM_NTASKS", 1) > 1:
        raise UsageError(
            f"--shard {SLURM}: the job has {environment['SLURM_NTASKS']} tasks, and this is none "
            "of them but the batch script; start depx with srun, or ask for --ntasks=1"
        )
    if not array and not step:
        raise UsageError(
            f"--shard {SLURM}: expected {ARRAY}ID (a job array) or {STEP} (srun), got neither; "
            "submit with sbatch --array=1-N, or say --shard I/N"
        )
    index, count = 0, 1
    if array:
        least, step_size, count = (
            _number(environment, ARRAY + name, None) for name in ("MIN", "STEP", "COUNT")
        )
        most = _number(environment, f"{ARRAY}MAX", None)
        if least + (count - 1) * step_size != most:
            raise UsageError(
                f"--shard {SLURM}: the array has {count} tasks from {least} to {most}, which are "
                "not evenly spaced; submit --array=1-N whole (what is done ends at once), or say "
                "--shard I/N"
            )
        index = (_number(environment, f"{ARRAY}ID", None) - least) // step_size
    tasks = _number(environment, STEP, 1)
    rank = _number(environment, "SLURM_PROCID", None) if step else 0
    return Shard(index=index * tasks + rank + 1, count=count * tasks)


def _number(environment: Mapping[str, str], name: str, default: int | None) -> int:
    value = environment.get(name, "" if default is None else str(default))
    if not value.isdecimal():
        raise UsageError(f"--shard {SLURM}: expected a number in {name}, got {value!r}")
    return int(value)
