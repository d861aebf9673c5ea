"""``depx predict``: a run and recordings in, predictions out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ...errors import UsageError
from ...extract.cli import (
    LocalPath,
    check_stdout,
    jobs_option,
    log_json_option,
    pairs,
    set_option,
)
from ..cli import device_option

if TYPE_CHECKING:
    from .run import Predictions

SHOWN = 10  # cases in the summary
MANY = 0.01  # share of values out of range that the summary counts; tracking glitches are fewer


@click.command(short_help="Run + recordings -> predictions.")
@click.argument("run", metavar="RUN", required=False, type=LocalPath())
@click.argument("inputs", metavar="INPUT...", nargs=-1, type=LocalPath())
@click.option("-o", "out", metavar="FILE", type=LocalPath(), help="To write: .parquet or .csv.")
@click.option(
    "--work",
    metavar="DIR",
    type=LocalPath(),
    help="Keep what is extracted and aligned there, to go on from.  [default: a temporary folder]",
)
@jobs_option("Sessions at a time, while they are extracted.")
@device_option
@set_option("A parameter of the extraction; those of the run's own features are taken else.")
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
@log_json_option
@click.option("-q", "--quiet", is_flag=True, help="Print the summary only.")
@click.pass_context
def predict(
    context: click.Context,
    /,
    run: Path | None,
    inputs: tuple[Path, ...],
    *,
    out: Path | None,
    work: Path | None,
    jobs: int,
    device: Literal["auto", "cpu", "cuda"],
    values: tuple[str, ...],
    as_json: bool,
    log_json: str | None,
    quiet: bool,
) -> None:
    """Predict INPUT by all models of RUN; for research, not for diagnosis.

    INPUT is a training set, feature stores, or session folders, which are extracted and aligned as
    those that RUN was trained on; features that were made otherwise are refused.  No labels are
    needed.  FILE gets a row a case: the mean over the models of all folds and seeds, their spread,
    and flags: who was seen in training, what lies out of range.  The number to read is
    y_hat_unseen, of the models that have not seen the person; interval and call are of it.
    """
    if run is None or not inputs or out is None:
        raise UsageError("predict: expected RUN INPUT... -o FILE; see depx predict --help")
    check_stdout(log_json, as_json=as_json)
    from ...extract.telling.watch import Watch

    with Watch("predict", quiet=quiet, log_json=log_json) as watch:
        from .run import PredictSettings
        from .run import predict as predict_sessions

        settings = PredictSettings(work=work, values=pairs(values), jobs=jobs, device=device)
        done = predict_sessions(
            run,
            inputs,
            out,
            settings,
            report=watch.notice,
            tell=watch.outcome,
            hear=watch.hear,
        )
        watch.done(done.exit_code, next=None)
    if as_json:
        click.echo(json.dumps(document(done), indent=1))
    else:
        click.echo(conclusion(done), err=log_json == "-")
    context.exit(done.exit_code)


def document(done: "Predictions") -> dict[str, Any]:
    """Lay out what was predicted as JSON has it."""
    from .cases import NOTE

    return {
        "note": NOTE,
        "file": str(done.path),
        "fits": done.fits,
        "not_predicted": dict(done.left_out),
        "predictions": list(done.rows),
    }


def conclusion(done: "Predictions") -> str:
    """Say what was predicted, what to beware of, and where it lies."""
    from ..table import several
    from .cases import MEASURED, NOTE

    lines = [f"{'case':<24}{'y_hat_unseen':>13} {'sd':>8}{'interval':>20}{'positive':>10}"]
    lines += [_line(row) for row in done.rows[:SHOWN]]
    if len(done.rows) > SHOWN:
        lines.append(f"... and {len(done.rows) - SHOWN} more")
    flags = {
        "seen in training (*): the number is of the models that have not seen them": [
            row["seen_in_training"] for row in done.rows
        ],
        "seen by every model: no number is a test of them": [
            row["models_unseen"] == 0 for row in done.rows
        ],
        "of which nothing was measured: read no prediction off them": [
            not any(value for name, value in row.items() if name.startswith(MEASURED))
            for row in done.rows
        ],
        "off the target's scale": [row["off_scale"] for row in done.rows],
        "shorter or longer than any in training": [row["out_of_length"] for row in done.rows],
        "with more than 1 % of values beyond 5 sd of the training's": [
            (row["out_of_range"] or 0.0) > MANY for row in done.rows
        ],
    }
    lines += [f"{sum(of)} {what}" for what, of in flags.items() if any(of)]
    lines += _lacking(done)
    lines += [f"{session}: not predicted: {why}" for session, why in done.left_out.items()]
    people = len({row["participant"] for row in done.rows})
    lines.append(
        f"{several(len(done.rows), 'case')} of {several(people, 'participant')}, by "
        f"{several(done.fits, 'model')} -> {done.path}"
    )
    lines.append(f"{NOTE.capitalize()}: these numbers say how a model reads a recording")
    return "\n".join(lines)


def _lacking(done: "Predictions") -> list[str]:
    """Count, by part, the cases of which nothing of it was measured."""
    from .cases import MEASURED

    lines = []
    for name in (name for name in done.rows[0] if name.startswith(MEASURED)):
        lack = sum(row[name] == 0 for row in done.rows)
        if lack:
            lines.append(f"{lack} of which no {name.removeprefix(MEASURED)} was measured")
    return lines


def _line(row: dict[str, Any]) -> str:
    y_hat = "-" if row["y_hat_unseen"] is None else f"{row['y_hat_unseen']:.3f}"
    sd = "-" if row["y_hat_unseen_sd"] is None else f"{row['y_hat_unseen_sd']:.3f}"
    interval = (
        "-" if row["y_hat_low"] is None else f"{row['y_hat_low']:.2f} to {row['y_hat_high']:.2f}"
    )
    positive = {None: "-", True: "yes", False: "no"}[row["positive"]]
    mark = "*" if row["seen_in_training"] else " "
    return f"{row['case']:<24}{y_hat:>13}{mark}{sd:>8}{interval:>20}{positive:>10}"
