"""``depx status``: how a store, a training set, a run or a study stands, and what to run next.

The command looks at the marker of the place that it is given; the stage that wrote the place
answers for it.  Nothing is written, so it may be asked beside a run at work and of folders that
cannot be written.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import UsageError
from .extract.cli import pairs, set_option
from .extract.store.place import known_kind

if TYPE_CHECKING:
    from .extract.store.findings import Status


@click.command(short_help="How a store, training set or run stands; what to run next.")
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--why", "session", metavar="ID", help="Explain each track of one session.")
@set_option("Of a store: suppose that extract were told this too; what would be stale?")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="A row for every session, all reasons.")
@click.pass_context
def status(
    context: click.Context,
    /,
    place: Path,
    *,
    session: str | None,
    values: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    """Say how PLACE stands: what is done, failed, stale or missing, why, and what to run next.

    A store is held against its sources as the log names them, a training set against its stores and
    labels, a run against its training set, an ablation study arm by arm.  Nothing is written or
    locked.

    Exits with 0 if all is there and up to date, with 1 if something failed or is to be done.
    """
    found = look(place, session=session, values=pairs(values), verbose=verbose)
    if as_json:
        click.echo(json.dumps(_document(found), indent=1))
    else:
        from .rendering import of_status

        click.echo(of_status(found))
    context.exit(found.exit_code)


def look(
    place: Path,
    *,
    session: str | None = None,
    values: Mapping[str, str] | None = None,
    verbose: bool = False,
) -> "Status":
    """Ask the stage that wrote a place how it stands.

    Raises
    ------
    StoreError
        If it is no place of depx, and no killed run left it.
    UsageError
        If a session or a parameter is asked for, and the place is no store.
    """
    kind = known_kind(place)
    if kind == "store":
        from .extract.status import status as of_store

        return of_store(place, session=session, values=values, verbose=verbose)
    if values:
        raise UsageError(f"--set {next(iter(values))}: {place} is a {kind}; only a store has such")
    if session is not None:
        raise UsageError(f"--why {session}: {place} is a {kind}; ask the store that it is made of")
    if kind == "dataset":
        from .align.status import status as of_dataset

        return of_dataset(place, verbose=verbose)
    if kind == "study":
        from .train.ablation.status import status as of_study

        return of_study(place, verbose=verbose)
    from .train.status import status as of_run

    return of_run(place, verbose=verbose)


def _document(found: "Status") -> dict[str, object]:
    document = dict(found.document)
    if found.inside:
        document["inside"] = [_document(one) for one in found.inside]
    return document
