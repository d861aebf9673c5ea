"""A unit whose files lie at a URL in, the same unit with local paths out."""

from dataclasses import replace
from pathlib import Path

from .local import Local
from .plan import Task, Unit
from .sessions import INPUT


def fetched(unit: Unit, local: Local) -> Unit:
    """Fetch the files that a unit opens, those that are not there yet.

    Raises
    ------
    ArchiveError
        If there is no room for one.
    RemoteError
        If one cannot be fetched.
    """
    given = [task.given for task in unit.tasks if task.given is not None]
    parts = [INPUT[unit.takes]] if unit.takes in INPUT else []
    if any(file.format.filmed for file in given) and "video" in unit.files:
        parts.append("video")  # its times are the frames' of the table
    paths = [unit.files[part] for part in parts] + [path for file in given for path in file.paths]
    here = dict(zip(paths, local.paths(paths), strict=True))
    return replace(
        unit,
        files={part: here.get(path, path) for part, path in unit.files.items()},
        tasks=tuple(_fetched(task, here) for task in unit.tasks),
    )


def _fetched(task: Task, here: dict[Path, Path]) -> Task:
    if task.given is None:
        return task
    path, *more = (here[path] for path in task.given.paths)
    return replace(task, given=replace(task.given, path=path, more=tuple(more)))
