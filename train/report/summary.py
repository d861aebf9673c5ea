"""The first lines of a report: what was trained on whom, how good it is, what speaks against it."""

from collections.abc import Iterator

from ..card import TITLES
from ..probes.probe import CONSTANT
from ..probes.table import TITLES as PROBES
from ..probes.table import alarms as of_probes
from ..probes.transforms import PERMUTED
from ..protocol import said_of
from ..said import draws_of
from ..table import NAMES, several
from .finished import Finished, estimate

CHANCE_P = 0.05  # from which shuffled labels do about as well


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


def alarms(run: Finished) -> Iterator[str]:
    """Say what speaks against the figures; a line each."""
    metrics, name = run.metrics, run.primary
    title = NAMES[name]
    probes = metrics.get("probes")
    if not probes:
        yield (
            "Probes were not run: nothing here says whether the labels can be told from gender, "
            "the length of the interview or the interviewer's words as well."
        )
    for line in of_probes(probes or {}):
        yield f"{line[0].upper()}{line[1:]}."
    for metric, found in metrics.get("chance", {}).items():
        if metric == name and found["p"] is not None and found["p"] >= CHANCE_P:
            yield (
                f"Not told from chance: with labels shuffled among participants {title} is as "
                f"high in {found['p']:.1%} of shuffles (p = {found['p']:.3f})."
            )
    scored = run.counts["test_scored"]
    if scored is None:
        yield "Nobody counts how often these cases were tested: the training set takes no notes."
    elif scored > 1:
        yield (
            f"This is training number {scored} that was judged on these cases: what is chosen "
            "among those trainings is no longer tested by them."
        )
    bound = [what for what, licence in run.about["licences"].items() if "non-commercial" in licence]
    if bound:
        yield f"Not for commercial use: it reads features of {_listed(bound)}."


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
