"""``depx export``: what depx computed, in the files of other programs.

The command looks at the marker of the place that it is given; the stage that wrote the place
renders it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import StoreError, UsageError
from .extract.cli import choice_options, pairs, set_option
from .extract.sharing.option import pseudonyms_option
from .extract.store.place import MAKERS, kind_of
from .extract.telling.amounts import several

if TYPE_CHECKING:
    from .align.delivery import Delivery
    from .extract.export import Exported
    from .extract.sessions import Choice
    from .extract.store.foreign import Delivered

FORMS = {
    "openface": ("store",),
    "bids": ("store",),
    "mmsa": ("dataset",),
    "csv": ("dataset",),
    "hf": ("dataset",),
    "share": ("store", "dataset"),
}
"""What --as takes, and the kinds of places that it is made from."""
CALLED = {"store": "a store", "dataset": "a training set", "run": "a run"}


@click.command(short_help="Store or training set -> files of other programs.")
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "-o", "out", required=True, type=click.Path(path_type=Path), help="The folder to write."
)
@click.option("--as", "form", required=True, type=click.Choice(list(FORMS)), help="Whose files.")
@pseudonyms_option
@click.option(
    "--keep",
    metavar="NAME",
    multiple=True,
    help="With --as share: let in what would be left out, as SHARED.md names it; repeatable.",
)
@click.option(
    "--licence-permits",
    is_flag=True,
    help="With --as share: say that the licence of a corpus lets you pass this on.",
)
@choice_options
@set_option(
    "With --as mmsa: mmsa.length, mmsa.frames, mmsa.text, mmsa.audio, mmsa.vision, "
    "mmsa.fill (mean, zero, nan), mmsa.seed, mmsa.tokenizer; with --as bids: bids.labels (a label "
    "table), bids.text, bids.tracks."
)
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
    key_file: Path | None,
    keep: tuple[str, ...],
    licence_permits: bool,
    values: tuple[str, ...],
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write what PLACE holds as another program would.

    \b
    Of a store:
      --as openface  the facial track in OpenFace 2.2's columns, OUT/ID.csv a session
      --as bids      a BIDS dataset: recordings, events, participants
    Of a training set:
      --as csv       words.csv, frames.csv, sessions.csv: a column a number
      --as hf        a folder for datasets.load_dataset("OUT", "words")
      --as mmsa      aligned.pkl and unaligned.pkl for MMSA's trainers
    Of either:
      --as share     the same kind of place, with what may be shared, and SHARED.md on the rest

    What was not measured is NaN, and never 0, but for MMSA, which knows no NaN: mmsa.fill chooses
    what stands there, and masks say where; BIDS says n/a.  csv, hf and mmsa hold what was said in
    the interviews, bids only with --set bids.text=true.
    """  # noqa: D301  (click's own mark, no backslash)
    from .extract.sessions import Choice

    _check_kind(place, form)
    choice = Choice(only=only, exclude=exclude, limit=limit)
    given = pairs(values)
    of_share = {"--pseudonyms": key_file, "--keep": keep, "--licence-permits": licence_permits}
    _check_options(form, given, of_share)
    if form == "share":
        document, conclusion = _shared(
            place, out, choice, key_file, keep, permitted=licence_permits, force=force, quiet=quiet
        )
    elif form == "openface":
        document, conclusion = _of_store(place, out, choice, force=force, quiet=quiet)
    else:
        document, conclusion = _of_files(place, out, form, choice, given, force=force, quiet=quiet)
    if as_json:
        click.echo(json.dumps({"out": str(out), "as": form, **document}, indent=1))
    elif not quiet:
        click.echo(conclusion)
    context.exit(int(str(document["exit_code"])))


def _check_kind(place: Path, form: str) -> None:
    """Refuse a place of another kind; what is no place at all is refused where it is opened."""
    got, wanted = kind_of(place), FORMS[form][-1]
    if got not in (None, *FORMS[form]):
        first = f"run depx {MAKERS[wanted]} first" if got == "store" else "give the one it is from"
        raise StoreError(
            f"--as {form}: {place} is {CALLED[str(got)]}, expected {CALLED[wanted]}; {first}"
        )


def _check_options(form: str, given: Mapping[str, str], of_share: Mapping[str, object]) -> None:
    """Refuse options that a form does not have."""
    if form in ("openface", "share") and given:
        raise UsageError(f"--set {next(iter(given))}: --as {form} has no such parameter")
    for option, value in of_share.items():
        if value and form != "share":
            raise UsageError(f"{option}: is for --as share, got --as {form}")


def _shared(
    place: Path,
    out: Path,
    choice: "Choice",
    key_file: Path | None,
    keep: tuple[str, ...],
    *,
    permitted: bool,
    force: bool,
    quiet: bool,
) -> tuple[dict[str, object], str]:
    """Share a store or a training set; give the summary for scripts and for people."""
    from .extract.sharing.pseudonyms import pseudonyms_of
    from .extract.sharing.wanted import Sharing

    def note(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    pseudonyms = None
    if key_file is not None:
        pseudonyms = pseudonyms_of(key_file, (place, out), note)
    sharing = Sharing(
        choice=choice, keep=keep, pseudonyms=pseudonyms, permitted=permitted, force=force
    )
    if kind_of(place) == "store":
        from .extract.sharing.store import share_store as share
    else:
        from .align.share import share_dataset as share
    shared = share(place, out, sharing, note)
    document: dict[str, object] = {"exit_code": 0, **asdict(shared)}
    sessions = dict(shared.holds)["sessions"]
    left = f"{several(len(shared.left), 'thing')} left out"
    before = f", {len(shared.before)} before" if shared.before else ""
    return document, f"sessions: {sessions}; {left}{before}, see SHARED.md -> {out}"


def _of_store(
    place: Path, out: Path, choice: "Choice", *, force: bool, quiet: bool
) -> tuple[dict[str, object], str]:
    """Export a store; give the summary for scripts and for people."""
    from .extract.export import export_openface

    def tell(exported: "Exported") -> None:
        done = exported.absent or _rows(exported.rows, kept=exported.kept)
        _tell(exported.session, done, exported.failure, quiet=quiet)

    summary = export_openface(place, out, choice, tell, force=force)
    count = len(summary.sessions)
    failed = sum(exported.failure is not None for exported in summary.sessions)
    without = sum(exported.absent is not None for exported in summary.sessions)
    lack = f", {without} without a facial track" if without else ""
    document: dict[str, object] = {
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
    return document, f"{several(count, 'session')}, {failed} failed{lack} -> {out}"


def _of_files(
    place: Path,
    out: Path,
    form: str,
    choice: "Choice",
    values: dict[str, str],
    *,
    force: bool,
    quiet: bool,
) -> tuple[dict[str, object], str]:
    """Export to several files at once; give the summary for scripts and for people."""
    from .align.bids.export import export_bids
    from .align.export import export_dataset

    def tell(name: str, done: "Delivered") -> None:
        _tell(name, _rows(done.rows, kept=done.kept), done.failure, quiet=quiet)

    def note(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    made: Delivery
    if form == "bids":
        made = export_bids(place, out, choice, values, tell=tell, note=note, force=force)
    else:
        made = export_dataset(place, out, form, choice, values, tell=tell, note=note, force=force)
    failed = sum(done.failure is not None for done in made.files.values())
    document: dict[str, object] = {
        "exit_code": made.exit_code,
        "files": [
            {"file": name, "rows": done.rows, "kept": done.kept, "failure": done.failure}
            for name, done in made.files.items()
        ],
        "notes": made.notes,
    }
    return document, f"{several(len(made.files), 'file')}, {failed} failed -> {out}"


def _tell(name: str, done: str, failure: str | None, *, quiet: bool) -> None:
    if failure is not None:
        click.echo(f"{name}: failed: {failure}", err=True)
    elif not quiet:
        click.echo(f"{name}: {done}", err=True)


def _rows(rows: int | None, *, kept: bool) -> str:
    what = "written" if rows is None else f"{rows} rows"
    return (
        "there already" if kept and rows is None else f"{what}{', there already' if kept else ''}"
    )
