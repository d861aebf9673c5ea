"""``depx train``: training set (or store, or session folders) in, run out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ..align.cli import rule_options
from ..errors import UsageError
from ..extract.cli import (
    LocalPath,
    backend_options,
    check_scheduler,
    check_stdout,
    jobs_option,
    log_json_option,
    pairs,
    set_option,
)
from .ranks import follows, leading

if TYPE_CHECKING:
    from .ablation.run import AblationSummary
    from .run import TrainSettings, TrainSummary

device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="The same bytes every time are promised on the CPU.",
)


@click.command(short_help="Training set -> model, predictions, metrics.")
@click.argument("model")
@click.argument("inputs", metavar="INPUT...", nargs=-1, type=LocalPath())
@click.option("-o", "run", metavar="RUN", type=LocalPath(), help="Folder to write.")
@click.option("--labels", type=click.Path(path_type=Path), help="See depx align (no DATASET then).")
@click.option("--target", metavar="NAME", help="Column of the label table to learn.")
@rule_options
@click.option(
    "--protocol",
    type=click.Choice(["cv", "official", "loso"]),
    default="cv",
    show_default=True,
    help="cv: folds dealt by participant, stratified by score and gender; official: the corpus's "
    "train, dev and test; loso: each participant tested alone.",
)
@click.option("--folds", default=5, show_default=True, help="Folds of cv.")
@click.option("--repeats", default=1, show_default=True, help="How often the folds are dealt.")
@click.option(
    "--groups",
    metavar="COLUMN,...",
    help="Columns of the label table by which results are judged, beside gender.",
)
@click.option(
    "--tune",
    is_flag=True,
    help="Let inner folds choose settings from the model's grid (--list prints it), fold by fold.",
)
@click.option("--inner-folds", default=3, show_default=True, help="Folds that --tune deals.")
@click.option(
    "--no-probes",
    "probes",
    is_flag=True,
    default=True,
    flag_value=False,
    help="Judge no simpler ways to the label beside the model.",
)
@click.option("--seeds", default=1, show_default=True, help="How many seeds: 0, 1, 2, ...")
@click.option(
    "--checkpoint-every",
    "checkpoint_s",
    type=float,
    metavar="SECONDS",
    help="Between checkpoints of a fit, at least; 0: after every epoch.  [default: so many that "
    "they take 1 % of its time]",
)
@click.option(
    "--ablation",
    metavar="NAME",
    help="Train every arm of an ablation and compare them: paper, or one of its tables (cmg-vs: "
    "synthesis, condition, columns; mccl: modules, cues, alone).",
)
@click.option("--epochs", type=int, help="Short for --set epochs=N.")
@jobs_option("Fits at a time, a thread each.")
@backend_options
@device_option
@set_option("A parameter of the model, as in synth=two-stage; --list prints them all.")
@click.option("--force", is_flag=True, help="Fit anew; replace a run of other settings.")
@click.option("--list", "list_all", is_flag=True, help="Print the parameters of MODEL and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as JSON.")
@log_json_option
@click.option("-q", "--quiet", is_flag=True, help="Print the final table only.")
@click.pass_context
def train(
    context: click.Context,
    /,
    model: str,
    inputs: tuple[Path, ...],
    run: Path | None,
    *,
    list_all: bool,
    as_json: bool,
    log_json: str | None,
    quiet: bool,
    ablation: str | None,
    **options: Any,
) -> None:
    """Train MODEL (cmg-vs or mccl) and judge it by cross-validation over participants.

    INPUT is a training set, feature stores, or session folders, which are extracted and aligned
    first, into RUN/store and RUN/dataset.  RUN gets a model and a record a fit,
    predictions.parquet, curves.csv, metrics.json, MODEL_CARD.md and run.json.  Running the same
    command again does what is missing: a fit that was killed goes on from its last checkpoint.

    With --ablation, RUN gets such a run for every arm, in RUN/arms, and ABLATION.md, ablation.csv
    and representations.png, which compare them.

    Under torchrun (torchrun --nproc-per-node 2 -m depx train ...) all processes train each fit.
    """
    if as_json and list_all:
        raise UsageError("train: --json prints the metrics of a run; not with --list")
    if list_all:
        click.echo(describe(model))
        return
    if not inputs or run is None:
        raise UsageError("train: expected MODEL INPUT... -o RUN; see depx train --help")
    check_stdout(log_json, as_json=as_json)
    if follows():
        from .follow import follow

        context.exit(follow(lambda: settings_of(model, **options)))
    with leading():
        settings = settings_of(model, **options)
        from ..extract.telling.watch import Watch

        with Watch("train", quiet=quiet, log_json=log_json) as watch:
            done: TrainSummary | AblationSummary
            figures: object
            if ablation is None:
                from .run import train as train_model

                done = train_model(
                    inputs, run, settings, report=watch.notice, tell=watch.outcome, hear=watch.hear
                )
                figures, text = done.metrics, conclusion(done)
            else:
                from .ablation.run import ablate

                done = ablate(
                    *(inputs, run, settings, ablation),
                    report=watch.notice,
                    tell=watch.outcome,
                    hear=watch.hear,
                )
                figures, text = done.rows, conclusion_of_study(done)
            watch.done(done.exit_code, next=None)
        if as_json:
            click.echo(json.dumps(figures, indent=1))
        else:
            click.echo(text, err=log_json == "-")
        context.exit(done.exit_code)


def settings_of(
    model: str,
    *,
    values: tuple[str, ...] = (),
    epochs: int | None = None,
    labels: Path | None = None,
    target: str | None = None,
    label_rule: str | None = None,
    splits: str | None = None,
    protocol: Literal["cv", "official", "loso"] = "cv",
    folds: int = 5,
    repeats: int = 1,
    seeds: int = 1,
    groups: str | None = None,
    tune: bool = False,
    inner_folds: int = 3,
    probes: bool = True,
    jobs: int = 1,
    backend: str = "local",
    scheduler: str | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    force: bool = False,
    checkpoint_s: float | None = None,
) -> "TrainSettings":
    """Turn options of the command line into settings.

    A ``--set`` name without a dot is the model's; one with a prefix goes to the stages before.
    """
    from ..features.parameters import configure
    from .inputs import Wanted
    from .protocol import Protocol
    from .run import TrainSettings

    check_scheduler(backend, scheduler)
    named = pairs(values)
    own = {name: text for name, text in named.items() if "." not in name}
    if epochs is not None:
        own["epochs"] = str(epochs)
    chosen = configure(_model(model), "", own)
    tested = Protocol(kind=protocol, folds=folds, repeats=repeats)
    return TrainSettings(
        model=chosen,
        protocol=protocol,
        folds=folds,
        repeats=repeats,
        seeds=seeds,
        groups=tuple(name.strip() for name in groups.split(",")) if groups else (),
        tune=tune,
        inner_folds=inner_folds,
        probes=probes,
        jobs=jobs,
        scheduler=scheduler,
        device=device,
        force=force,
        checkpoint_s=checkpoint_s,
        wanted=Wanted(
            labels=labels,
            target=target,
            label_rule=label_rule,
            splits=splits,
            values={name: text for name, text in named.items() if "." in name},
            jobs=jobs,
            participants=tested.least,
            pool=chosen.pool,
        ),
    )


def conclusion(summary: "TrainSummary") -> str:
    """Say how good the model was, beside a constant, and where everything lies."""
    from ..extract.store.place import open_marker
    from .alarms import alarms
    from .place import CARD, REPORT
    from .probes.table import probes_table
    from .table import several, table

    metrics = summary.metrics
    counts: Mapping[str, Any] = metrics["counts"]
    probed = [probes_table(metrics["probes"])] if "probes" in metrics else []
    licences = open_marker(summary.run, "run")["licences"]
    some = f"{counts['tested']} of " if counts["tested"] < counts["cases"] else ""
    return "\n".join(
        [
            table(metrics),
            *probed,
            *(f"! {line}" for line in alarms(metrics, licences)),
            f"{some}{counts['cases']} cases of {counts['participants']} participants, "
            f"{several(counts['seeds'], 'seed')} -> {summary.run}",
            f"Next: open {summary.run / REPORT}; {CARD} says what the model may be used for",
        ]
    )


def conclusion_of_study(study: "AblationSummary") -> str:
    """Say how the arms of an ablation compare, and where everything lies."""
    from .ablation.place import PAGE
    from .table import arms_table

    lines = [arms_table(study.rows)]
    lines += [f"{arm} was not trained: {why}" for arm, why in study.left_out.items()]
    return "\n".join(
        [*lines, f"Next: read {study.place / PAGE}, which says what may be read off it"]
    )


def describe(model: str) -> str:
    """List the parameters of a model with defaults and choices."""
    from ..features.parameters import parameters

    lines = []
    for parameter in parameters(_model(model)):
        choices = f" [{'|'.join(parameter.choices)}]" if parameter.choices else ""
        lines.append(f"{parameter.name}={parameter.default}{choices}  {parameter.doc}")
    for name, values in _model(model).grid.items():
        lines.append(f"--tune tries {name}={'|'.join(map(str, values))}")
    return "\n".join(lines)


def _model(name: str) -> Any:
    from .registry import MODELS

    if name not in MODELS:
        raise UsageError(f"train: no model {name!r}; there are: {', '.join(MODELS)}")
    return MODELS[name]
