"""``depx compare``: finished runs in, one table and one figure out."""

import json
from pathlib import Path

import click

from ...extract.cli import LocalPath


@click.command(short_help="Runs -> which is better, and by more than chance?")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=LocalPath())
@click.option(
    "-o",
    "out",
    metavar="FOLDER",
    type=LocalPath(),
    help="Write COMPARE.md, comparison.csv and comparison.png there.",
)
@click.option(
    "--metric",
    "metrics",
    metavar="NAME",
    multiple=True,
    help="What to compare by; may be given several times, all: every metric.  [default: ccc, "
    "rmse, f1_positive, auroc]",
)
@click.option(
    "--reference",
    metavar="RUN",
    type=LocalPath(),
    help="Which of them the others are held against.  [default: the first]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def compare(
    runs: tuple[Path, ...],
    *,
    out: Path | None,
    metrics: tuple[str, ...],
    reference: Path | None,
    as_json: bool,
) -> None:
    """Compare finished runs on the cases that all of them tested.

    Each RUN is what depx train wrote; an ablation study stands for its arms.  Every metric gets an
    interval, every difference to the first run an interval over participants and draws (seeds,
    repeats of the folds) and a permutation test, and a sentence that says what may be read off it.

    Models, settings, folds, seeds and training sets may differ, and are named where they do;
    targets and labels may not.
    """
    from .compare import compare as compare_runs
    from .compare import document
    from .place import check_place, write
    from .table import table

    if out is not None:
        check_place(out)
    comparison = compare_runs(runs, reference=reference, metrics=metrics)
    if out is not None:
        write(out, comparison)
    if as_json:
        click.echo(json.dumps(document(comparison), indent=1))
        return
    click.echo(table(comparison))
    if out is not None:
        click.echo(f"-> {out}")
