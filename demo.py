"""``depx demo``: a small corpus rendered offline, then the three commands on it.

It runs what a user would type, step by step, and says so; nothing here knows how a stage works.
"""

import shlex
from pathlib import Path

import click

from .errors import DepxError
from .extract.cli import jobs_option

TARGET = "demo_score"
SCALE = ("--set", "target.min=0", "--set", "target.max=24", "--set", "target.positive_rule=>=12")
"""The synthetic score runs from 0 (still) to 24 (lively); half way up counts as positive."""
FITTING = ("--folds", "4", "--epochs", "60", "--set", "lr=0.001")
"""A fold of nine sessions is one step an epoch, so the steps are larger than the model's own."""


@click.command(short_help="A corpus with exact truth through all three commands.")
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path))
@jobs_option("Sessions, or fits, at a time.", default=2)
@click.pass_context
def demo(context: click.Context, folder: Path, *, jobs: int) -> None:
    """Build a small corpus in DIR and run extract, align and train on it, offline.

    A photograph is set in motion with known head pose, blinks and mouth, and speaks with a real
    voice, so what the features should be is known exactly (truth.json).  The score to learn is
    synthetic: it says how lively a rendering is, and nothing about anybody's health.
    """
    from .extract.synth.demo import build

    click.echo(f"depx demo: rendering sessions into {folder}", err=True)
    corpus = build(folder)
    store, dataset, run = folder / "store", folder / "dataset", folder / "run"
    steps = (
        ["extract", corpus.sessions_folder, "-o", store, "--jobs", jobs],
        ["align", store, "-o", dataset, "--labels", corpus.labels, "--target", TARGET, *SCALE],
        ["train", "cmg-vs", dataset, "-o", run, *FITTING, "--jobs", jobs],
    )
    root = context.find_root().command
    for step in steps:
        arguments = [str(part) for part in step]
        click.echo(f"\n$ depx {shlex.join(arguments)}")
        _run(root, arguments)
    click.echo(_farewell(corpus.truth, store, dataset, run))


def _run(root: click.Command, arguments: list[str]) -> None:
    code = root.main(arguments, prog_name="depx", standalone_mode=False)
    if code:
        raise DemoError(f"depx {arguments[0]} ended with {code}; the lines above say why")


class DemoError(DepxError):
    """A step of the demo did not end well."""

    exit_code = 1


def _farewell(truth: Path, store: Path, dataset: Path, run: Path) -> str:
    return f"""
What lies where
  {truth}   what was rendered: the exact truth
  {store}/ID/*.parquet   features, a table a track: face, egemaps, bert, words, ...
  {dataset}/words/*.parquet   what a model reads: a row a word, pooled features and masks
  {run}/report.html   how the model did, beside a constant and simpler ways; open it in a browser

Is every recording fit to be used, and what does a session look and sound like?
  depx report {store}        one page: checks of every session, and its timeline
  depx view {store} demo-03   picture and sound, in step with what was measured

The score is synthetic and leans on what the words carry best, the mouth.  How well a model does on
twelve such sessions shows that the machine works, and nothing else.

Next, your own recordings (a folder a session: video, sound, transcript)
  depx extract SESSIONS -o STORE
  depx align STORE -o DATASET --labels labels.csv --target phq8
  depx train cmg-vs DATASET -o RUN"""
