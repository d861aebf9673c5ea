"""``depx synth``: a corpus in the format of a real one, with something true to find in it."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from ..cli import jobs_option
from .menu import CORPORA, FAULTS, SIGNALS


def _listed(title: str, told: Mapping[str, str]) -> str:
    """Write a list for the help that click leaves as it is."""
    lines = "\n".join(f"  {name}: {what}" for name, what in told.items())
    return f"\b\n{title}\n{lines}"


def _layouts() -> dict[str, str]:
    return {
        f"{corpus} {layout}": where
        for corpus, kind in CORPORA.items()
        for layout, where in kind.layouts.items()
    }


EPILOG = "\n\n".join(
    (
        _listed("What --sessions counts:", {name: kind.unit for name, kind in CORPORA.items()}),
        _listed("Layouts, the first of each corpus by default:", _layouts()),
        _listed("Signals:", SIGNALS),
        _listed("Faults, each in one session:", FAULTS),
    )
)


@click.command(short_help="A synthetic corpus in the format of a real one.", epilog=EPILOG)
@click.argument("corpus", type=click.Choice(list(CORPORA)))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--sessions", type=click.IntRange(min=1), default=12, show_default=True, help="How many."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all chance."
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.1),
    help="Mean length of a session; a tenth more or less each  [default: short, see below]",
)
@click.option(
    "--signal",
    type=click.Choice(list(SIGNALS)),
    default=next(iter(SIGNALS)),
    show_default=True,
    help="What follows the severity, weakly.",
)
@click.option("--faults", default="", metavar="LIST", help="Comma-separated, or all; see below.")
@click.option(
    "--layout",
    type=click.Choice(sorted({name for kind in CORPORA.values() for name in kind.layouts})),
    help="How files lie in DIR; see below.",
)
@click.option(
    "--daic-ids",
    is_flag=True,
    help="Real session numbers, with the published errors of each planted: 300, 301, those with"
    " an error, then the others. Else numbers begin at 900.",
)
@click.option(
    "--heavy", is_flag=True, help="DAIC-WOZ's CLNF_hog.bin, too: 32 MB a minute of video."
)
@jobs_option("Sessions at a time.")
def synth(
    corpus: str,
    folder: Path,
    *,
    sessions: int,
    seed: int,
    minutes: float | None,
    signal: str,
    faults: str,
    layout: str | None,
    daic_ids: bool,
    heavy: bool,
    jobs: int,
) -> None:
    """Write a synthetic CORPUS into DIR: its file names, formats and oddities, invented people.

    A latent severity moves the questionnaire and, weakly, what --signal names: less of AU12, a
    flatter pitch, longer pauses, gloomier words.  So there is something true to find, or with
    --signal none nothing.  DIR/README.txt gives the sizes of the effects, DIR/truth.json what was
    planted in each session; labels stay where the corpus has them.

    The same command yields the same bytes; run again, it writes what is missing.
    """
    from .corpora.faults import chosen
    from .corpora.order import Order
    from .corpora.run import build

    order = Order(
        corpus=corpus,
        sessions=sessions,
        seed=seed,
        minutes=minutes,
        signal=signal,
        layout=layout or next(iter(CORPORA[corpus].layouts)),
        daic_ids=daic_ids,
        heavy=heavy,
        faults=chosen([f for f in faults.split(",") if f], corpus, heavy=heavy),
    )
    built = build(folder, order, jobs=jobs)
    for fault, unit in built.faults.items():
        click.echo(f"depx synth: {unit} has {fault}: {FAULTS[fault]}", err=True)
    kind, count, kept = CORPORA[corpus], len(built.units), len(built.units) - built.written
    click.echo(
        f"{folder}: {corpus}, {count} {kind.unit.split()[0]}"
        + (f", {kept} of them kept" if kept else "")
        + f"; signal {signal}, seed {seed}"
    )
    named = shlex.quote(str(folder))
    following = f"Next: depx extract {named} -o STORE"
    if kind.learnt is not None:
        following += f", or at once depx train cmg-vs {named} -o RUN --target {kind.learnt}"
    click.echo(following)
