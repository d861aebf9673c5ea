"""``report.html``: the page of a run, a function of its files; nothing is fitted or judged here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...extract.pages.blocks import Block, Page, Section
from ...extract.pages.render import render
from ...extract.store.atomic import replacing
from ..place import REPORT
from . import tables
from .agreement import agreement
from .calibration import calibration
from .curves import curves
from .detection import detection
from .finished import Finished, read_run
from .looks import looks
from .provenance import data_card, provenance, settings
from .summary import lead, red_lines, title_of

NOTICE = (
    "This is research software, not a diagnostic device. It must not be used to diagnose, screen "
    "or monitor a person, nor to decide about treatment, work or insurance. A score of a "
    "questionnaire is what was learnt, not depression itself."
)


def write_report(place: Path, about: Mapping[str, Any]) -> None:
    """Write ``report.html`` into a run whose other files are there, but for the marker.

    Parameters
    ----------
    place : Path
        Folder of the run.
    about : mapping
        As ``run.json`` is to have it, its files among it.

    Raises
    ------
    DamagedError
        If a file of the run is not whole.
    """
    text = report(read_run(place, about))
    with replacing(place / REPORT) as written:
        written.write_text(text, encoding="utf-8", newline="\n")


def report(run: Finished) -> str:
    """Lay out a run as HTML."""
    sections: Sequence[tuple[str, Sequence[Block]]] = (
        ("Results", [*tables.results(run), *tables.chance(run)]),
        ("Probes", tables.probes(run)),
        ("Agreement", agreement(run)),
        ("Detection", [*detection(run), *tables.thresholds(run)]),
        ("Calibration", calibration(run)),
        ("Groups", tables.groups(run)),
        ("Training", curves(run)),
        ("Attention", looks(run)),
        ("Folds", [tables.folds(run)]),
        ("Worst cases", [tables.worst(run)]),
        ("Data", data_card(run)),
        ("Settings", settings(run)),
        ("Provenance", provenance(run)),
    )
    return render(
        Page(
            title=f"{title_of(run)}: {run.target.name}",
            notice=NOTICE,
            lead=lead(run),
            alarms=red_lines(run),
            sections=[Section(title=title, blocks=blocks) for title, blocks in sections if blocks],
        )
    )
