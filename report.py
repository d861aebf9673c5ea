"""``depx report``: one page that shows what a place holds, and what may be wrong with it.

The command looks at the marker of the place that it is given; the stage that wrote the place lays
its page out.  A page is one file, and works without a network.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import UsageError
from .extract.cli import choice_options
from .extract.store.place import REPORT, known_kind

if TYPE_CHECKING:
    from .extract.report.run import Reported
    from .extract.sessions import Choice

PAGES = (".html", ".htm")


@click.command(short_help="Store or training set -> a page that shows what it holds.")
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The page to write  [default: PLACE/{REPORT}]",
)
@choice_options
@click.option(
    "--fail-under",
    "limits",
    metavar="X",
    multiple=True,
    help="Exit with 1 if a session's check is beyond NAME=VALUE (face.tracked=0.8), or could not "
    "be measured as the session failed or is damaged, or if fewer than this share of the sessions "
    "(0.9) are without a bad check; repeatable.",
)
@click.option(
    "--threshold",
    "thresholds",
    metavar="NAME=A,B",
    multiple=True,
    help="Where a check begins to be doubtful (A) and bad (B): face.tracked=0.95,0.8; repeatable.",
)
@click.option(
    "--max-mb",
    type=click.FloatRange(min=0),
    default=40.0,
    show_default=True,
    help="Size up to which timelines are put in, of the sessions with most bad checks first.",
)
@click.option("--no-text", is_flag=True, help="Leave out what was said; only times of words show.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what --fail-under found.")
@click.pass_context
def report(
    context: click.Context,
    /,
    place: Path,
    out: Path | None,
    *,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int | None,
    limits: tuple[str, ...],
    thresholds: tuple[str, ...],
    max_mb: float,
    no_text: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show what PLACE holds on one page: PLACE/report.html, which needs no network.

    Of a store: sessions and checks in a table that sorts, what is missing and why, lengths, labels
    and groups, and of each session a timeline to zoom into: words and turns, voice, sound, F0, face
    found or lost, pose, action units, and where checks found something.  Of a training set: what
    became of each session, labels and splits.  A run has its report already.

    The page of a store holds what was said unless --no-text is given: keep it as you keep the
    store.
    """
    from .extract.sessions import Choice

    if out is not None and out.suffix.lower() not in PAGES:
        raise UsageError(f"-o {out}: expected a name that ends in {PAGES[0]}")
    choice = Choice(only=only, exclude=exclude, limit=limit)
    kind = known_kind(place)
    if kind == "store":
        found = _of_store(place, out, choice, limits, thresholds, max_mb=max_mb, text=not no_text)
        if as_json:
            click.echo(json.dumps(_document(found), indent=1))
        else:
            _tell(found, quiet=quiet)
        context.exit(found.exit_code)
    for option, given in (("--fail-under", limits), ("--threshold", thresholds)):
        if given:
            raise UsageError(f"{option} {given[0]}: {place} is a {kind}; only a store has checks")
    if kind == "dataset":
        from .align.report.run import report as of_dataset

        made = of_dataset(place, out, choice)
        document, line = made.document, made.line
    else:
        document, line = _of_run(place, kind, out, choice)
    if as_json:
        click.echo(json.dumps(document, indent=1))
    elif not quiet:
        click.echo(line)


def _of_store(
    place: Path,
    out: Path | None,
    choice: "Choice",
    limits: tuple[str, ...],
    thresholds: tuple[str, ...],
    *,
    max_mb: float,
    text: bool,
) -> "Reported":
    from .extract.checks.run import parse_thresholds
    from .extract.report.limits import parse
    from .extract.report.page import Asked
    from .extract.report.run import report as of_store

    asked, other = parse(limits), parse_thresholds(thresholds)  # before any work
    shown = Asked(max_mb=max_mb, text=text)
    return of_store(place, out, choice, shown, asked, other)


def _of_run(
    place: Path, kind: str, out: Path | None, choice: "Choice"
) -> tuple[dict[str, object], str]:
    """Say where the page of a run is: its training wrote it last, and it shows all of the run."""
    if out is not None or choice.only or choice.exclude or choice.limit is not None:
        raise UsageError(f"{place} is a {kind}: its page is what training wrote, as it is")
    if kind == "study":
        page = place / "ABLATION.md"
        pages = [page, *sorted(place.glob(f"arms/*/{REPORT}"))]
    else:
        pages = [place / REPORT]
    there = [page for page in pages if page.is_file()]
    if not there:
        raise UsageError(f"{pages[0]}: is not there; run the same depx train again, which makes it")
    lines = [str(page) for page in there]
    return {"place": str(place), "kind": kind, "pages": lines}, "\n".join(lines)


def _tell(found: "Reported", *, quiet: bool) -> None:
    """Say how many sessions are how, which are worst and why, and where the page is."""
    from .extract.report.summary import lines

    for missed in found.missed:
        click.echo(missed.line, err=True)
    if not quiet:
        for line in lines(found):
            click.echo(line)


def _document(found: "Reported") -> dict[str, object]:
    from .extract.report.summary import document

    return document(found)
