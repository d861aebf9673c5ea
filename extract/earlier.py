"""What earlier runs on a store were told: its log says which sources, and which recipe.

A store may be filled by several runs, each from sources of its own.  A source is looked at as the
run did that named it last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .next_step import extract_command
from .settings import ExtractSettings, parse
from .store.log import events


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A run, as far as it can be repeated."""

    sources: tuple[Path, ...]
    """Those that no later run named."""
    missing: tuple[str, ...]
    """Sources that are not there now, or are at a URL."""
    settings: ExtractSettings
    sources_told: tuple[str, ...]
    """All that it named."""
    recipe: Mapping[str, Any]
    command: str
    """What does the same again."""


def earlier(
    store: Path, values: Mapping[str, str] | None = None
) -> tuple[list[Earlier], list[str]]:
    """Read what runs on a store were told, the latest first.

    Parameters
    ----------
    store : Path
    values : mapping or None
        ``--set`` values that the runs are supposed to have been told besides.

    Raises
    ------
    UsageError
        If there is no such parameter as `values` has, or a value does not fit.

    Returns
    -------
    list of Earlier
    list of str
        A line for each run that this version of depx cannot repeat.
    """
    found: list[Earlier] = []
    lines: list[str] = []
    named: set[str] = set()
    for event in reversed(events(store, "extract")):
        try:
            sources, recipe = [str(source) for source in event["sources"]], event["recipe"]
            recipe = {**recipe, "values": {**recipe["values"], **(values or {})}}
            settings = settings_of(recipe)
        except (KeyError, TypeError):  # of a version that did not say
            continue
        except UsageError as error:
            if values:
                raise
            lines.append(f"the run of {event.get('at')} cannot be repeated: {error}")
            continue
        new = [source for source in sources if source not in named]
        named.update(new)
        there = [source for source in new if "://" not in source and Path(source).exists()]
        if new:
            found.append(
                Earlier(
                    sources=tuple(map(Path, there)),
                    missing=tuple(source for source in new if source not in there),
                    settings=settings,
                    sources_told=tuple(sources),
                    recipe=recipe,
                    command=extract_command(sources, recipe, store),
                )
            )
    return found, lines


def settings_of(recipe: Mapping[str, Any]) -> ExtractSettings:
    """Make the settings that `ExtractSettings.recipe` listed."""
    rest = dict(recipe)
    return parse(rest.pop("tracks"), rest.pop("values"), **rest)
