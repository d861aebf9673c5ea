"""``depx verify``: whether every file of a place is as it was written, to the byte.

The command looks at the marker of the place that it is given; the stage that wrote the place
checks it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .extract.cli import jobs_option
from .extract.store.place import known_kind

if TYPE_CHECKING:
    from .extract.store.findings import Verified


@click.command(short_help="Whether every file of a place is as it was written.")
@click.argument("place", type=click.Path(path_type=Path))
@jobs_option("Files at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def verify(context: click.Context, /, place: Path, *, jobs: int, as_json: bool) -> None:
    """Read every file of PLACE and hold it against its record: size, sha256, schema, rows.

    What is damaged is named, with the command that mends it: the same one that made it, which then
    does that and nothing else.  Files of no record are named too; nothing of depx reads them.

    Exits with 4 if something is damaged, with 75 if some of it could not be checked as a run is
    writing it, with 1 if a killed run left it unfinished.
    """
    found = check(place, jobs=jobs)
    if as_json:
        click.echo(json.dumps(_document(found), indent=1))
    else:
        from .rendering import of_verified

        click.echo(of_verified(found))
    context.exit(found.exit_code)


def check(place: Path, *, jobs: int = 1) -> "Verified":
    """Ask the stage that wrote a place to check it.

    Raises
    ------
    StoreError
        If it is no place of depx, and no killed run left it.
    """
    kind = known_kind(place)
    if kind == "store":
        from .extract.verify import verify as of_store

        return of_store(place, jobs=jobs)
    if kind == "dataset":
        from .align.verify import verify as of_dataset

        return of_dataset(place, jobs=jobs)
    if kind == "study":
        from .train.ablation.verify import verify as of_study

        return of_study(place, jobs=jobs)
    from .train.verify import verify as of_run

    return of_run(place, jobs=jobs)


def _document(found: "Verified") -> dict[str, object]:
    return {
        "place": str(found.place),
        "exit_code": found.exit_code,
        "files": found.files,
        "bytes": found.bytes,
        "damaged": [
            {
                "file": str(damage.file),
                "got": damage.got,
                "expected": damage.expected,
                "remedy": damage.remedy,
            }
            for damage in found.damaged
        ],
        "foreign": [str(path) for path in found.foreign],
        "unchecked": list(found.unchecked),
    }
