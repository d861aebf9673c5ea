"""The tables of a report, laid out from what is stored: results, probes, groups, folds, cases."""

# K = cases

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...align.dataset import Target
from ...extract.pages.blocks import Cell, Estimate, Table, Text
from ..metrics import concordance, errors
from ..probes.table import TITLES as PROBES
from ..probes.transforms import PERMUTED, SHUFFLED
from ..said import called, draws_of
from ..table import NAMES
from ..weighted import Predictions, auroc
from .finished import Finished, cases_of, estimate

WORST = 15  # cases that are listed
DETECTED = ("auroc", "f1_positive", "recall_positive", "specificity")
GROUP_METRICS = {"score": ("ccc", "rmse", *DETECTED), "class": DETECTED}


def results(run: Finished) -> list[Table]:
    """List every metric beside the constant's; then with less, of a class head, of items."""
    model, constant = run.metrics["model"], run.metrics["constant"]
    tables = [
        Table(
            head=["metric", "model", "sd over draws", "constant"],
            rows=[
                (
                    NAMES[name],
                    estimate(model, name),
                    model["sd"].get(name),
                    estimate(constant, name),
                )
                for name in NAMES
                if name in model["mean"]
            ],
            file="results.csv",
            about="Mean over draws, and the interval that holds 95 % of resamples of participants "
            "and draws; a dash is undefined.",
            strong={NAMES[run.primary]},
        )
    ]
    return tables + [table for table in (_without(run), _class_head(run), _items(run)) if table]


def chance(run: Finished) -> list[Table]:
    """Lay out how often labels that are shuffled among participants do as well."""
    found = run.metrics.get("chance", {})
    return [
        Table(
            head=["metric", "model", "p", "permutations"],
            rows=[
                (NAMES[name], *(found[name][part] for part in ("value", "p", "permutations")))
                for name in NAMES
                if name in found
            ],
            file="chance.csv",
            about="Labels shuffled among participants: p is the share that does as well.",
        )
    ][: len(found)]


def probes(run: Finished) -> list[Table | Text]:
    """Lay out what less than the model predicts, beside it."""
    found = run.metrics.get("probes")
    if not found:
        return [Text(text="Probes were not run (--no-probes).")]
    name = run.primary
    rows: list[tuple[Cell, ...]] = [("model", estimate(run.metrics["model"], name), None, None, "")]
    for probe, title in PROBES.items():
        one = found.get(probe)
        if one is None:
            continue
        if "left_out" in one:
            rows.append((title, None, None, None, f"left out: {one['left_out']}"))
            continue
        apart = one.get("difference") or {}
        difference = Estimate(
            value=apart.get("value"), low=apart.get("low"), high=apart.get("high")
        )
        rows.append((title, estimate(one, name), difference, one.get("near"), one["about"]))
    return [
        Table(
            head=["probe", NAMES[name], "model - probe", "near", "what it reads"],
            rows=rows,
            file="probes.csv",
            about="What is told from less than the model reads, on the same test cases. Near: the "
            "interval of the difference does not lie above 0; of permuted labels: their own lies "
            "above chance. Intervals are each probe's own, not corrected for how many there are: "
            f"where nothing is to be found, one in forty lies above chance.{_first_draw(run)}",
            strong={PROBES[probe] for probe, one in found.items() if one.get("near")},
        )
    ]


def groups(run: Finished) -> list[Table]:
    """Lay out the figures of each group of people, and how far the two largest lie apart."""
    found = run.metrics.get("groups", {})
    judged = run.metrics["model"]["mean"]
    named = [name for name in GROUP_METRICS[run.target.kind] if name in judged]
    tables = [_by(group, values, named) for group, values in found.items()]
    differences = run.metrics.get("group_differences", {})
    if differences:
        tables.append(
            Table(
                head=["group", "metric", "difference"],
                rows=[
                    (
                        f"{group}: {one['of'][0]} - {one['of'][1]}",
                        NAMES[one["metric"]],
                        Estimate(value=one["value"], low=one["low"], high=one["high"]),
                    )
                    for group, one in differences.items()
                ],
                file="group-differences.csv",
                about="By how much the metric of the first is above that of the second; of the two "
                "largest groups.",
            )
        )
    return tables


def thresholds(run: Finished) -> list[Table | Text]:
    """Lay out the detection of positive cases by thresholds that validation cases chose."""
    found = run.metrics.get("thresholds")
    if found is None:
        return []
    if "left_out" in found:
        return [Text(text=f"No thresholds were chosen: {found['left_out']}.")]
    return [
        Table(
            head=["metric", "chosen thresholds", f"fixed, {found['fixed']:g}"],
            rows=[
                (NAMES[name], estimate(found, name), estimate(run.metrics["model"], name))
                for name in NAMES
                if name in found["mean"]
            ],
            file="thresholds.csv",
            about="Called positive by the threshold of highest balanced accuracy on the validation "
            "cases of each fold, beside the fixed one.",
        ),
        Table(
            head=["fold", "threshold", "validation rows", "positive"],
            rows=[
                (str(one["fold"]), one["threshold"], one["rows"], one["positives"])
                for one in found["each"]
            ],
            file="thresholds-of-folds.csv",
            about="A dash: its validation cases are of one class, and the fixed one serves.",
        ),
    ]


def folds(run: Finished) -> Table:
    """List the folds, each with who was where and how its test cases were predicted."""
    of_folds: dict[tuple[int, int], list[Mapping[str, Any]]] = defaultdict(list)
    for record in run.records:
        of_folds[record["repeat"], record["fold"]].append(record)
    repeats = len({repeat for repeat, _ in of_folds}) > 1
    figures = ("AUROC", "Brier score") if run.target.kind == "class" else ("CCC", "RMSE")
    rows = []
    for (repeat, fold), records in sorted(of_folds.items()):
        judged = [_judged(record, run.target) for record in records]
        rows.append(
            (
                f"{fold}",
                *([repeat] if repeats else []),
                *(_mean(values) for values in zip(*judged, strict=True)),
                len(records[0]["predictions"]),
                *(_counted(records, part) for part in ("test", "validation", "training")),
                ", ".join(str(record["epoch"]) for record in records),
            )
        )
    return Table(
        head=[
            "fold",
            *(["repeat"] if repeats else []),
            *figures,
            *("cases", "tested", "chose", "trained", "epochs of its seeds"),
        ],
        rows=rows,
        file="folds.csv",
        about=f"{' and '.join(figures)} of the test cases of each fold, mean over seeds; "
        "participants that were tested, chose the epoch and trained.",
    )


def worst(run: Finished) -> Table:
    """List the cases whose label is missed by most."""
    cases = cases_of(run)
    apart_K = cases.y_hat_K - cases.y_K
    order = np.argsort(-np.abs(apart_K), kind="stable")[:WORST]
    return Table(
        head=["case", "label", "predicted", "predicted - label", "sd over draws", "participant"],
        rows=[
            (
                cases.case_K[k],
                *(float(one[k]) for one in (cases.y_K, cases.y_hat_K, apart_K, cases.sd_K)),
                cases.participant_K[k],
            )
            for k in order
        ],
        file="worst-cases.csv",
        about=f"The {len(order)} of {len(cases.case_K)} cases that are predicted worst, mean over "
        "draws.",
        digits=2,
    )


def _by(group: str, values: Mapping[str, Any], named: Sequence[str]) -> Table:
    """Put the groups side by side, a row a figure."""
    counts = {"participants": "participants", "cases": "cases", "positives": "truly positive"}
    few = [value for value, one in values.items() if one["few"]]
    held = {"bias": "bias", "coverage": "conformal coverage"}
    rows: list[list[Cell]] = []
    for name, said in counts.items():
        rows.append([said, *(one[name] for one in values.values())])
    for name in named:
        rows.append([NAMES[name], *(estimate(one, name) for one in values.values())])
    for name, said in held.items():
        if all(one[name] is not None for one in values.values()):  # a class has no intervals
            rows.append([said, *(Estimate(**one[name]) for one in values.values())])
    return Table(
        head=[group, *values],
        rows=rows,
        file=f"by-{group}.csv",
        about=f"By {group}. Bias: mean of predicted less labelled."
        + (f" Fewer than 5 participants, no more than anecdotes: {', '.join(few)}." if few else ""),
    )


def _without(run: Finished) -> Table | None:
    found = run.metrics["drop_modality"]
    if not found:
        return None
    return Table(
        head=["predicted without", NAMES[run.primary], "sd over draws", "RMSE"],
        rows=[
            (part, estimate(one, run.primary), one["sd"].get(run.primary), estimate(one, "rmse"))
            for part, one in found.items()
        ],
        file="without.csv",
        about="The same fits, one part not read when they predict.",
    )


def _class_head(run: Finished) -> Table | None:
    head = run.metrics.get("class_head")
    if head is None:
        return None
    return Table(
        head=["class head", "model", "sd over draws"],
        rows=[
            (NAMES[name], estimate(head, name), head["sd"].get(name))
            for name in NAMES
            if name in head["mean"]
        ],
        file="class-head.csv",
        about="The class by a head of its own, learnt beside the score: positive from p 0.5 on.",
    )


def _items(run: Finished) -> Table | None:
    items = run.metrics.get("items")
    if items is None:
        return None
    each = dict(items["each"]) | ({"their sum": items["sum"]} if items["sum"] is not None else {})
    return Table(
        head=["item", "MAE", "CCC", "answered"],
        rows=[
            (name, estimate(one, "mae"), estimate(one, "ccc"), one.get("answered"))
            for name, one in each.items()
        ],
        file="items.csv",
        about="Items learnt beside the target: expected answers against those that are known.",
    )


def _judged(record: Mapping[str, Any], target: Target) -> tuple[float | None, float | None]:
    """Judge a fit: CCC and RMSE of a score, AUROC and Brier score of a class."""
    y_K, y_hat_K = (
        np.array([one[name] for one in record["predictions"]], dtype=np.float64)
        for name in ("y", "y_hat")
    )
    if target.kind == "class":
        one = Predictions(
            y_K=y_K, y_hat_QK=y_hat_K[None], positive_K=y_K, called_QK=called(y_hat_K[None], target)
        )
        area = float(auroc(one, np.ones((1, y_K.size)))[0, 0])
        return area if np.isfinite(area) else None, float(np.mean((y_hat_K - y_K) ** 2))
    agrees = concordance(y_K, y_hat_K) if y_K.size > 1 else None  # a case agrees with no other
    return agrees, errors(y_K, y_hat_K)["rmse"]


def _counted(records: Sequence[Mapping[str, Any]], part: str) -> int | str:
    """Count the participants of a part; seeds may differ in who chooses the epoch."""
    counts = sorted({len(record["participants"][part]) for record in records})
    return counts[0] if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _first_draw(run: Finished) -> str:
    """Say that some probes are held against one draw alone, where a run has several."""
    found = run.metrics["probes"]
    some = [PROBES[name] for name in (SHUFFLED, PERMUTED) if "mean" in found.get(name, {})]
    if not some or len(draws_of(run.table)) == 1:
        return ""
    said = " and ".join(some)
    return (
        f" {said[0].upper()}{said[1:]}: fitted with the first seed of the first repeat alone, and "
        "compared with the model's own draws of those, so the difference is not that of the two "
        "columns."
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """Average over seeds; None where any is undefined."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None
