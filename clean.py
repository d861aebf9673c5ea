"""``depx clean``: what killed runs left in a place, and on request what is no longer wanted there.

The command looks at the marker of the place that it is given; the stage that wrote the place
knows what may go.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import UsageError
from .extract.store.place import known_kind

if TYPE_CHECKING:
    from .extract.store.leftovers import Cleaned


@click.command(short_help="Remove what killed runs left; on request tracks and sessions.")
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--tracks", default="", metavar="NAME,...", help="Of a store: remove these tracks.")
@click.option("--gone", is_flag=True, help="Of a store: remove sessions that no sources hold.")
@click.option("--checkpoints", is_flag=True, help="Of a run: remove those of unfinished fits too.")
@click.option("--dry-run", is_flag=True, help="List what would go; remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def clean(
    context: click.Context,
    /,
    place: Path,
    *,
    tracks: str,
    gone: bool,
    checkpoints: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove from PLACE what no run needs: half-written files, locks that nobody holds.

    What is costly to make again goes only when an option names it; --dry-run lists first what
    would go.  Links are never followed, and what a live run has locked is left alone.

    Exits with 75 if something was left alone as a live run has locked it.
    """
    named = tuple(name.strip() for name in tracks.split(",") if name.strip())
    found = tidy(place, tracks=named, gone=gone, checkpoints=checkpoints, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(_document(found, dry_run=dry_run), indent=1))
    else:
        from .rendering import of_cleaned

        click.echo(of_cleaned(found, dry_run=dry_run))
    context.exit(found.exit_code)


def tidy(
    place: Path,
    *,
    tracks: tuple[str, ...] = (),
    gone: bool = False,
    checkpoints: bool = False,
    dry_run: bool = False,
) -> "Cleaned":
    """Ask the stage that wrote a place to clean it.

    Raises
    ------
    StoreError
        If it is no place of depx, and no killed run left it.
    UsageError
        If an option is of another kind of place, or there is no such track.
    """
    kind = known_kind(place)
    for option, given, owners in (
        ("--tracks", bool(tracks), ("store",)),
        ("--gone", gone, ("store",)),
        ("--checkpoints", checkpoints, ("run", "study")),
    ):
        if given and kind not in owners:
            raise UsageError(
                f"{option}: {place} is a {kind}; only a {' or a '.join(owners)} has such"
            )
    if kind == "store":
        from .extract.clean import clean as of_store
        from .features.registry import EXTRACTORS

        for track in tracks:
            if track not in EXTRACTORS:
                raise UsageError(f"no track {track!r}; there are: {', '.join(EXTRACTORS)}")
        return of_store(place, tracks=tracks, gone=gone, dry_run=dry_run)
    if kind == "dataset":
        from .align.clean import clean as of_dataset

        return of_dataset(place, dry_run=dry_run)
    if kind == "study":
        from .train.ablation.clean import clean as of_study

        return of_study(place, checkpoints=checkpoints, dry_run=dry_run)
    from .train.clean import clean as of_run

    return of_run(place, checkpoints=checkpoints, dry_run=dry_run)


def _document(found: "Cleaned", *, dry_run: bool) -> dict[str, object]:
    return {
        "place": str(found.place),
        "dry_run": dry_run,
        "exit_code": found.exit_code,
        "bytes": sum(one.bytes for one in found.gone),
        "gone": [{"path": str(one.path), "bytes": one.bytes, "why": one.why} for one in found.gone],
        "locked": list(found.locked),
        "notes": list(found.notes),
    }
