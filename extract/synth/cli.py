"""``depx synth``: a corpus in the format of a real one, with something true to find in it."""

from pathlib import Path

import click

from ..cli import jobs_option

CORPORA = ("daic-woz", "e-daic", "cmdc", "avec2014", "d-vlog")
SIGNALS = ("face-from-speech", "all", "face-only", "speech-only", "text-only", "none")
LAYOUTS = ("bare", "nested", "split", "zip")


@click.command(short_help="A synthetic corpus in the format of a real one.")
@click.argument("corpus", type=click.Choice(CORPORA))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--sessions", type=click.IntRange(min=1), default=12, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--minutes", type=click.FloatRange(min=0.1), help="Mean length of a session  [default: short]"
)
@click.option(
    "--signal",
    type=click.Choice(SIGNALS),
    default=SIGNALS[0],
    show_default=True,
    help="What follows the severity, weakly.",
)
@click.option("--layout", type=click.Choice(LAYOUTS), help="How folders lie on disk.")
@click.option("--faults", default="", metavar="LIST", help="Damage to put in, or all.")
@click.option("--daic-ids", is_flag=True, help="Numbers of real sessions, with their known errors.")
@click.option("--heavy", is_flag=True, help="Also CLNF_hog.bin.")
@jobs_option("Sessions at a time.")
def synth(
    corpus: str,
    folder: Path,
    *,
    sessions: int,
    seed: int,
    minutes: float | None,
    signal: str,
    layout: str | None,
    faults: str,
    daic_ids: bool,
    heavy: bool,
    jobs: int,
) -> None:
    """Write a synthetic CORPUS into DIR."""
    from .corpora import registry
    from .corpora.order import Order
    from .corpora.run import build, check

    order = Order(
        corpus=corpus,
        sessions=sessions,
        seed=seed,
        minutes=minutes,
        signal=signal,
        layout=layout or registry.CORPORA[corpus].LAYOUTS[0],
        daic_ids=daic_ids,
        heavy=heavy,
        faults=tuple(name for name in faults.split(",") if name),
    )
    check(order)
    built = build(folder, order, jobs=jobs, notice=lambda line: click.echo(line, err=True))
    click.echo(
        f"{folder}: {len(built.units)} of {corpus}, {built.written} written now\n"
        f"next: depx extract {folder} -o STORE"
    )
