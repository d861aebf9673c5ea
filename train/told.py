"""What the last training on a run was told: its log says of which training set, and which fits.

Paths of this machine stand in the log alone, never in ``run.json``.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..extract.store.log import Events, events
from ..features.parameters import PLACE
from .plan import Plan
from .protocol import FOLDS
from .ranks import ranks
from .tuning import INNER

if TYPE_CHECKING:
    from .run import TrainSettings

KEPT = ("model", "dataset", "seeds", "device", "depx", "libraries")
"""What ``run.json`` says too, once the run is finished."""
NOTHING = "none"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a run was told."""

    key: str
    """Of the run."""
    dataset: Path
    """The training set."""
    units: tuple[str, ...]
    """Names of the fits."""
    about: Mapping[str, Any]
    """Model, key of the training set, seeds, device, versions."""
    command: str
    """What does the same again."""


def tell(
    log: Events,
    place: Path,
    inputs: Sequence[Path],
    dataset: Path,
    planned: Plan,
    settings: "TrainSettings",
) -> None:
    """Write down what a run is told, unless the last one was told the same."""
    told = {
        "key": planned.key,
        "dataset": str(dataset.absolute()),
        "units": [unit.name for unit in (*planned.tuning, *planned.units)],
        "about": {name: planned.about[name] for name in KEPT},
        "command": command(inputs, place, settings),
    }
    write_once(log, place, "train", told)


def write_once(log: Events, place: Path, event: str, told: Mapping[str, Any]) -> None:
    """Write an event, unless the last one of its name says the same."""
    before = events(place, event)
    if not before or {name: before[-1].get(name) for name in told} != told:
        log.write(event, **told)


def last_told(place: Path) -> Told | None:
    """Read what the last run was told; None where the log does not say."""
    for event in reversed(events(place, "train")):
        try:
            return Told(
                key=event["key"],
                dataset=Path(event["dataset"]),
                units=tuple(event["units"]),
                about=dict(event["about"]),
                command=here(event["command"], place),
            )
        except (KeyError, TypeError, ValueError):  # of another version, or half a line
            continue
    return None


def here(told: str, place: Path) -> str:
    """Let a command write to where the run lies now: it may have been moved, or copied."""
    words = shlex.split(told)
    words[words.index("-o") + 1] = str(place)
    return shlex.join(words)


def command(
    inputs: Sequence[Path],
    place: Path,
    settings: "TrainSettings",
    *,
    ablation: str | None = None,
) -> str:
    """Say what does the same again."""
    wanted, model = settings.wanted, settings.model
    words = [*_launcher(), "train", model.name, *(str(path.absolute()) for path in inputs)]
    words += ["-o", str(place)]
    options: tuple[tuple[str, object, object], ...] = (
        ("--labels", wanted.labels, None),
        ("--target", wanted.target, None),
        ("--label-rule", wanted.label_rule, None),
        ("--splits", wanted.splits, None),
        ("--ablation", ablation, None),
        ("--protocol", settings.protocol, "cv"),
        ("--folds", settings.folds, FOLDS),
        ("--repeats", settings.repeats, 1),
        ("--seeds", settings.seeds, 1),
        ("--groups", ",".join(settings.groups), ""),
        ("--inner-folds", settings.inner_folds, INNER),
        ("--device", settings.device, "auto"),
        ("--backend", "local" if settings.scheduler is None else "dask", "local"),
        ("--scheduler", settings.scheduler, None),
    )
    for option, value, default in options:
        if value != default:
            words += [option, str(value)]
    words += ["--tune"] * settings.tune + ["--no-probes"] * (not settings.probes)
    for field in fields(model):  # type: ignore[arg-type]
        value = getattr(model, field.name)
        if value != field.default:
            value = Path(value).absolute() if field.metadata == PLACE else value
            words += ["--set", f"{field.name}={_said(value)}"]
    for name, text in (wanted.values or {}).items():
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)


def _launcher() -> list[str]:
    """Name what starts the command; several machines need more, which depx is not told."""
    if ranks() == 1:
        return ["depx"]
    return ["torchrun", "--nproc-per-node", str(ranks()), "-m", "depx"]


def _said(value: object) -> str:
    """Write a setting as ``--set`` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return NOTHING if value is None else str(value)
