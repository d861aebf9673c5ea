"""``depx align``: a feature store in, a training set out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import UsageError
from ..extract.cli import (
    LocalPath,
    check_stdout,
    choice_options,
    log_json_option,
    pairs,
    set_option,
)
from ..extract.sharing.option import pseudonyms_option

F = TypeVar("F", bound=Callable[..., Any])

METHODS = ("auto", "given", "forced", "proportional")
# --set NAME -> field of AlignSettings, and how its text is read
PARAMETERS = {
    "target.kind": ("target_kind", str),
    "target.min": ("target_min", float),
    "target.max": ("target_max", float),
    "target.positive_rule": ("target_positive_rule", str),
}


def rule_options(command: F) -> F:
    """Add the options that say who is positive, and whose splits count."""
    command = click.option(
        "--splits",
        metavar="official|none|CORPUS",
        help="Splits as the labels have them, none, or one corpus's for all sessions of a person "
        "[default: official]",
    )(command)
    return click.option(
        "--label-rule",
        metavar="RULE",
        help="Who is positive: 'phq8>=10', or released: the class that came with the corpus "
        "[default: the published cut-off]",
    )(command)


@click.command(short_help="Feature store -> training set.")
@click.argument("stores", metavar="STORE...", nargs=-1, type=LocalPath())
@click.option(
    "-o", "dataset", required=True, type=LocalPath(), help="The training set to write, on disk."
)
@click.option(
    "--publish",
    "url",
    metavar="URL",
    help="Then copy it there, as far as it is not, dataset.json last: s3://BUCKET/FOLDER "
    "(pip install 'depx[cloud]').",
)
@click.option(
    "--labels",
    metavar="TABLE",
    type=click.Path(path_type=Path, exists=True),
    help="CSV, TSV, Parquet or JSON, a row a session or case; or official label files of a "
    "corpus, one or a folder [default: the stores' own]",
)
@click.option("--target", default="phq8", show_default=True, help="Column of the label table.")
@rule_options
@click.option("--timing", type=click.Choice(METHODS), default="auto", show_default=True)
@click.option(
    "--speakers",
    type=click.Choice(["participant", "both", "interviewer"]),
    default="participant",
    show_default=True,
    help="Whose rows have vectors; the others' stay in the table, masked.",
)
@click.option(
    "--tokens",
    default="words",
    show_default=True,
    metavar="words|windows:S",
    help="Rows: words, or without a transcript windows of S seconds that hold voice.",
)
@click.option(
    "--pauses",
    "pauses_s",
    type=float,
    metavar="S",
    help="Silences of at least so many seconds before a word become rows.",
)
@click.option(
    "--pool",
    default="mean",
    show_default=True,
    metavar="mean,std,...",
    help="Statistics a word: mean, and any of std, min, max, first, slope (per second).",
)
@click.option(
    "--views",
    default="words,frames",
    show_default=True,
    metavar="words,...",
    help="Folders to write: words, and any of frames, turns, sessions.",
)
@click.option(
    "--frame-rate", "frame_rate_hz", type=float, default=3.0, show_default=True, metavar="HZ"
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="Of vectors; float16 is refused above 65,504 and is 0 below 6e-8.",
)
@click.option(
    "--shard-mb",
    type=float,
    default=256.0,
    show_default=True,
    metavar="MB",
    help="A file of a view is closed at the first session that takes it to this size (10^6 bytes).",
)
@click.option(
    "--no-text", is_flag=True, help="Write no word: the column text is null in every row."
)
@pseudonyms_option
@choice_options
@set_option("target.min, target.max, target.positive_rule (such as '>=10'), target.kind")
@click.option("--force", is_flag=True, help="Write anew what is up to date.")
@click.option("--dry-run", is_flag=True, help="Say what would be aligned; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@log_json_option
@click.option("-v", "--verbose", is_flag=True, help="Say also what was counted.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def align(
    context: click.Context,
    /,
    stores: tuple[Path, ...],
    dataset: Path,
    *,
    url: str | None,
    splits: str | None,
    pool: str,
    views: str,
    values: tuple[str, ...],
    as_json: bool,
    log_json: str | None,
    key_file: Path | None,
    verbose: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Turn feature stores into a training set.

    The tracks of each STORE are pooled under the words of each session; DATASET receives words/ (a
    row a word), frames/ (the face at a steady rate), with --views also turns/ and sessions/ (the
    vectors of the words pooled), sessions.parquet (labels, counts, shares measured) and
    dataset.json, written last.  Sessions whose id is in several stores get their corpus before it;
    a participant is one person in all of them, and may be in one split only.  Running the same
    command again does nothing while the stores and the labels are the same; with --publish it sends
    what an interrupted run did not.

    Exits with 0 if all sessions were aligned, with 1 if some were left out.
    """
    check_stdout(log_json, as_json=as_json)
    from ..extract.remote.url import url_of
    from ..extract.sharing.pseudonyms import pseudonyms_of
    from ..extract.store.place import open_marker
    from ..extract.telling.watch import Watch
    from . import run
    from .publish import check_url, publish
    from .settings import AlignSettings

    to = None if url is None else check_url(url_of(url))
    fields = {**options, **_parameters(values)}
    fields["pool"] = tuple(name.strip() for name in pool.split(","))
    if splits is not None:
        fields["splits"] = splits
    fields["views"] = tuple(name.strip() for name in views.split(","))
    settings = AlignSettings(**fields)

    with Watch("align", quiet=quiet, log_json=log_json) as watch:
        key = None
        if key_file is not None:
            for store in stores:  # before a key is made for nothing
                open_marker(store, "store")
            make, places = not settings.dry_run, (*stores, dataset)
            key = pseudonyms_of(key_file, places, watch.notice, make=make)
        summary = run.align(stores, dataset, settings, watch.notice, key)
        lines, told = summary.lines(detailed=verbose), summary.as_dict()
        if to is not None and not settings.dry_run:
            published = publish(dataset, to, watch.notice)
            lines, told = [*lines, published.line()], {**told, "published": published.as_dict()}
        watch.done(summary.exit_code, sessions=summary.sessions, next=summary.next_command())
    if as_json:
        click.echo(json.dumps(told, indent=1, sort_keys=True))
    elif not quiet:
        for line in lines:
            click.echo(line, err=True)
    context.exit(summary.exit_code)


def _parameters(given: tuple[str, ...]) -> dict[str, object]:
    """Read ``--set NAME=VALUE``."""
    fields: dict[str, object] = {}
    for name, value in pairs(given).items():
        if name not in PARAMETERS:
            raise UsageError(f"--set {name}: align has {', '.join(PARAMETERS)}")
        field, read = PARAMETERS[name]
        try:
            fields[field] = read(value)
        except ValueError:
            raise UsageError(f"--set {name}: got {value!r}, expected a number") from None
    return fields
