"""The first lines of a report: what was trained on whom, how good it is, what speaks against it."""

from ..alarms import alarms
from ..card import TITLES
from ..probes.probe import CONSTANT
from ..probes.table import TITLES as PROBES
from ..probes.transforms import PERMUTED
from ..protocol import said_of
from ..said import draws_of
from ..table import NAMES, several
from .finished import Finished, estimate


def title_of(run: Finished) -> str:
    """Name the model."""
    return TITLES.get(run.about["model"], str(run.about["model"]))


def lead(run: Finished) -> str:
    """Say in plain words what was trained on whom, how it was tested, how good, beside what."""
    counts, target, name = run.counts, run.target, run.primary
    model, title = estimate(run.metrics["model"], name), NAMES[name]
    scale = (
        "" if target.min is None or target.max is None else f", {target.min:g} to {target.max:g}"
    )
    what = "a class" if target.kind == "class" else f"a score{scale}"
    over = "participants and draws" if len(draws_of(run.table)) > 1 else "participants"
    interval = "" if model.low is None else f", with its 95 % interval over {over}"
    constant = estimate(run.metrics["constant"], name).shown()
    how, tested = said_of(run.about["protocol"]), counts.get("tested", counts["cases"])
    some = "" if tested == counts["cases"] else f", {several(tested, 'case')} tested"
    sentences = [
        f"{title_of(run).partition(' (')[0]} learnt {target.name} ({what}) from "
        f"{_listed(list(run.about['modalities']))} of "
        f"{several(counts['participants'], 'participant')} "
        f"({several(counts['cases'], 'case')}, {several(counts['sessions'], 'session')}).",
        f"It was tested on participants that its training never saw: {how}, "
        f"{several(counts['seeds'], 'seed')}{some}.",
        f"Its {title} is {model.shown()}{interval}; that of a constant, the mean label of the "
        f"training and validation cases, is {constant}.",
        *_nearest(run, name),
    ]
    return " ".join(sentences)


def red_lines(run: Finished) -> list[str]:
    """Say what speaks against the figures; a sentence each."""
    return [f"{line[0].upper()}{line[1:]}." for line in alarms(run.metrics, run.about["licences"])]


def _nearest(run: Finished, name: str) -> list[str]:
    """Name the probe that does best."""
    judged = {
        probe: estimate(one, name)
        for probe, one in run.metrics.get("probes", {}).items()
        if "mean" in one and probe not in (CONSTANT, PERMUTED)
    }
    values = {probe: one.value for probe, one in judged.items() if one.value is not None}
    if not values:
        return []
    best = max(values, key=lambda probe: values[probe])
    return [f"Of the probes, {PROBES[best]} does best: {judged[best].shown()}."]


def _listed(names: list[str]) -> str:
    """Join names: ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
