"""Write what is made of all fits of a run: predictions, tables, metrics, pages; marker last."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..align.dataset import Dataset
from ..extract.store.atomic import replacing, write_json, write_sealed
from ..extract.store.place import SCHEMA
from .card import card
from .fitting import Fits
from .judging.judge import judge_run
from .ledger import note
from .looks_picture import draw as draw_looks
from .people import GENDER, People
from .place import (
    ATTENTION,
    ATTENTION_PICTURE,
    CARD,
    CURVES,
    MARKER,
    METRICS,
    PREDICTIONS,
    PROBES,
    SYNTHESIS,
    TUNING,
    files_of,
)
from .plan import Plan
from .probes.files import write_probes
from .probes.judge import DEFINITIONS, judge_probes
from .probes.probe import Probed, probe
from .report.page import write_report
from .results import (
    prediction_rows,
    write_curves,
    write_looks,
    write_predictions,
    write_synthesis,
    write_tuning,
)
from .said import read_predictions
from .unit import Record
from .units import PROBES as VARIANTS


def finish(
    place: Path, planned: Plan, fitted: Fits, dataset: Path, *, report: Callable[[str], None]
) -> None:
    """Write everything but the fits themselves; the lock is held."""
    made = [_with_groups(record, planned.people) for record in fitted.own]
    probed = _probe(planned, fitted, dataset) if planned.about["probes"] else None
    tested = {case["case"] for record in made for case in record["predictions"]}
    scored = note(dataset, planned.key, tested, report=report)
    metrics = judge_run(made, planned.target, {**planned.about["counts"], "test_scored": scored})
    write_predictions(place / PREDICTIONS, prediction_rows(made, planned.target), planned.target)
    if probed is None:
        (place / PROBES).unlink(missing_ok=True)
    else:
        write_probes(place / PROBES, probed.rows)
        table = read_predictions(place / PREDICTIONS)
        metrics["probes"] = judge_probes(table, planned.target, probed)
        metrics["definitions"] = metrics["definitions"] | DEFINITIONS
    write_curves(place / CURVES, made)
    write_synthesis(place / SYNTHESIS, made)
    write_tuning(place / TUNING, fitted.tuned)
    write_looks(place / ATTENTION, made)
    draw_looks(place / ATTENTION_PICTURE, made)
    write_json(place / METRICS, metrics)
    about: dict[str, Any] = {
        **planned.about,
        "columns_left_out": {
            unit.name: fitted.records[unit.name]["columns_left_out"]
            for unit in fitted.units
            if not unit.variant
        },
        "says_looks": any(record["looks"] for record in made),
    }
    with replacing(place / CARD) as written:
        written.write_text(card(about, metrics), encoding="utf-8", newline="\n")
    files = files_of(place, fitted.units)
    write_report(place, {**about, "files": files})
    files |= files_of(place, ())  # with the report, and without hashing all weights again
    document = {"place": "run", "schema": SCHEMA, **about, "files": files}
    write_sealed(place / MARKER, document)


def _probe(planned: Plan, fitted: Fits, dataset: Path) -> Probed:
    """Let the probes predict what the run's fits do."""
    probed = probe(
        Dataset.open(dataset),
        planned.corpus,
        planned.target,
        planned.splits,
        [name for name in planned.people.groups if name != GENDER],
    )
    for variant in VARIANTS:
        records = fitted.of(variant)
        failed = [record["failed"] for record in records if "failed" in record]
        if failed:
            probed = probed.lacking(variant, failed[0])
        elif records:
            grouped = [_with_groups(record, planned.people) for record in records]
            probed = probed.refitted(variant, grouped, planned.target)
        else:
            probed = probed.lacking(variant, "the model sees no face")
    return probed


def _with_groups(record: Record, people: People) -> Record:
    """Say of each case of a fit's record in which groups it is."""
    return record | {
        part: [
            case | {"groups": {name: of[case["case"]] for name, of in people.groups.items()}}
            for case in record[part]
        ]
        for part in ("predictions", "validation")
    }
