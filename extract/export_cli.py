"""``depx export``: what depx computed, in the files of other programs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .cli import choice_options

if TYPE_CHECKING:
    from .export import Exported, ExportSummary


@click.command(short_help="Feature store -> files of other programs.")
@click.argument("place", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "-o", "out", required=True, type=click.Path(path_type=Path), help="The folder to write."
)
@click.option(
    "--as",
    "form",
    required=True,
    type=click.Choice(["openface"]),
    help="openface: the facial track in OpenFace 2.2's columns, a CSV a session.",
)
@choice_options
@click.option("--force", is_flag=True, help="Replace files that are there and differ.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.pass_context
def export(
    context: click.Context,
    /,
    place: Path,
    out: Path,
    *,
    form: str,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write what STORE holds as another program would.

    With --as openface each session that has a facial track becomes OUT/ID.csv.  Rows in which the
    face was lost have success 0 and NaN in all measurements.
    """
    from .export import export_openface
    from .sessions import Choice

    def tell(exported: "Exported") -> None:
        if exported.failure is not None:
            click.echo(f"{exported.session}: failed: {exported.failure}", err=True)
        elif not quiet:
            click.echo(f"{exported.session}: {_done(exported)}", err=True)

    choice = Choice(only=only, exclude=exclude, limit=limit)
    summary = export_openface(place, out, choice, tell, force=force)
    if as_json:
        click.echo(json.dumps(_document(summary, form), indent=1))
    elif not quiet:
        click.echo(_conclusion(summary))
    context.exit(summary.exit_code)


def _done(exported: "Exported") -> str:
    if exported.absent is not None:
        return exported.absent
    return f"{exported.rows} rows{', there already' if exported.kept else ''}"


def _conclusion(summary: "ExportSummary") -> str:
    count = len(summary.sessions)
    failed = sum(exported.failure is not None for exported in summary.sessions)
    without = sum(exported.absent is not None for exported in summary.sessions)
    lack = f", {without} without a facial track" if without else ""
    return f"{count} session{'s' * (count != 1)}, {failed} failed{lack} -> {summary.out}"


def _document(summary: "ExportSummary", form: str) -> dict[str, object]:
    return {
        "out": str(summary.out),
        "as": form,
        "exit_code": summary.exit_code,
        "sessions": [
            {
                "session": exported.session,
                "rows": exported.rows,
                "kept": exported.kept,
                "absent": exported.absent,
                "failure": exported.failure,
            }
            for exported in summary.sessions
        ],
    }
