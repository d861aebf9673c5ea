"""What the last align run on a training set was told: its log says which stores, labels, settings.

Paths of this machine stand in the log alone, never in ``dataset.json``.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..extract.store.log import Events, events, is_log
from .settings import AlignSettings

NOT_TOLD = frozenset({"labels", "force", "dry_run"})
"""Settings that are paths, or say nothing of what the training set holds."""
SET = {
    "target_kind": "target.kind",
    "target_min": "target.min",
    "target_max": "target.max",
    "target_positive_rule": "target.positive_rule",
}
"""Field of the settings -> its ``--set`` name."""
OPTIONS = {"frame_rate_hz": "--frame-rate", "pauses_s": "--pauses"}
REPEATED = frozenset({"only", "exclude"})


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a run was told."""

    stores: tuple[Path, ...]
    settings: AlignSettings
    command: str
    """What does the same again."""


def tell(log: Events, dataset: Path, stores: Sequence[Path], settings: AlignSettings) -> None:
    """Write down what a run is told, unless the last one was told the same."""
    options = {name: value for name, value in asdict(settings).items() if name not in NOT_TOLD}
    labels = settings.labels
    told = {
        "stores": [str(store.absolute()) for store in stores],
        "labels": None if labels is None else str(labels.absolute()),
        "settings": json.loads(json.dumps(options)),
    }
    before = events(dataset, "align")
    if not before or {name: before[-1].get(name) for name in told} != told:
        log.write("align", **told)


def tell_of_pseudonyms(log: Events, dataset: Path, settings: AlignSettings) -> None:
    """Write down the settings and nothing that names a session, a person or a place.

    What an earlier run on the same folder said under other names is removed.
    """
    if last_told(dataset) is not None:
        for path in dataset.glob("log*.jsonl"):
            if is_log(path):
                path.unlink()
    log.write("aligned under pseudonyms", settings=settings.content())


def last_told(dataset: Path) -> Told | None:
    """Read what the last run was told; None where the log does not say."""
    for event in reversed(events(dataset, "align")):
        try:
            stores, settings = tuple(map(Path, event["stores"])), _settings(event)
        except (KeyError, TypeError, UsageError):  # of another version, or half a line
            continue
        return Told(stores=stores, settings=settings, command=_command(stores, dataset, settings))
    return None


def _settings(event: Mapping[str, Any]) -> AlignSettings:
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in event["settings"].items()
    }
    labels = event["labels"]
    return AlignSettings(**options, labels=None if labels is None else Path(labels))


def _command(stores: Sequence[Path], dataset: Path, settings: AlignSettings) -> str:
    words = ["depx", "align", *map(str, stores), "-o", str(dataset)]
    for field in fields(settings):
        value, name = getattr(settings, field.name), field.name
        if value == field.default or name in ("force", "dry_run"):
            continue
        option = OPTIONS.get(name, f"--{name.replace('_', '-')}")
        if value is True:
            words.append(option)
        elif name in SET:
            words += ["--set", f"{SET[name]}={value}"]
        elif name in REPEATED:
            words += [word for one in value for word in (option, one)]
        else:
            words += [option, ",".join(value) if isinstance(value, tuple) else str(value)]
    return shlex.join(words)
