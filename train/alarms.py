"""What speaks against the figures of a run: a line each, for page, card and terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from .primary import CHANCE, SKILL, is_above_chance
from .probes.probe import ABOUT, CONSTANT, ORIGIN
from .probes.table import SKIPPED, TITLES
from .probes.transforms import PERMUTED, SHUFFLED
from .table import NAMES, bounds, shown

CHANCE_P = 0.05  # from which shuffled labels do about as well


def alarms(metrics: Mapping[str, Any], licences: Mapping[str, str]) -> list[str]:
    """List what speaks against a run; nothing where nothing does.

    Parameters
    ----------
    metrics : mapping
        As ``metrics.json`` has them.
    licences : mapping
        As ``run.json`` has them.
    """
    return [
        *_leaks(metrics),
        *_of_probes(metrics),
        *_of_model(metrics),
        *_of_history(metrics),
        *_of_licences(licences),
    ]


def _leaks(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Name the probes that do know the label, and as well as the model."""
    probes, name = metrics.get("probes", {}), metrics["primary"]
    known = [
        probe
        for probe in ABOUT
        if probe not in (PERMUTED, SHUFFLED, CONSTANT)
        and probes.get(probe, {}).get("near")
        and probes[probe].get("above_chance")
    ]
    for probe in sorted(known, key=lambda probe: -probes[probe]["mean"][name]):
        one = probes[probe]
        yield (
            f"{TITLES[probe]}: reaches {NAMES[name]} {shown(one['mean'][name])} "
            f"{bounds(one, name)}, and the model is {_beside(one)}: {_meant(metrics)}"
        )
    if probes.get(PERMUTED, {}).get("near"):
        yield "permuted labels are predicted better than chance: the test leaks into the training"
    if probes.get(ORIGIN, {}).get("above_chance"):
        yield (
            "the origin of the tracks (given, computed, absent; corpus) predicts the label: the "
            "model may read how sessions were made"
        )


def _of_probes(metrics: Mapping[str, Any]) -> Iterator[str]:
    if "probes" not in metrics:
        yield SKIPPED
        return
    if not _is_told(metrics):
        return  # who is not told from chance is above no probe: that is said by itself
    probes = metrics["probes"]
    near = [
        TITLES[probe]
        for probe in ABOUT
        if probe not in (PERMUTED, SHUFFLED)
        and probes.get(probe, {}).get("near")
        and not probes[probe].get("above_chance")
    ]
    if near:
        yield (
            f"near the model: {', '.join(near)}; the 95 % interval of model - probe does not lie "
            "above 0"
        )
    if probes.get(SHUFFLED, {}).get("near"):
        yield (
            "near the model: shuffled video; the face of somebody else serves as well, so nothing "
            "says that the model reads the face"
        )


def _of_model(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say where the model is no better than chance, or than a constant."""
    name, model = metrics["primary"], metrics["model"]
    if not _is_told(metrics):
        yield (
            f"the model is not told from chance: the interval of its {NAMES[name]}, "
            f"{shown(model['mean'][name])} {bounds(model, name)}, does not lie above "
            f"{CHANCE[name]:g}{_above_none(metrics)}"
        )
    if name == SKILL:
        yield (
            "participants are tested one by one: a model that leans on the mean of those who train "
            "is ranked against the labels, so CCC, Pearson, AUROC and AUPRC of one that knows "
            "nothing lie below chance; read skill and errors, or use folds"
        )
    tested = metrics.get("chance", {}).get(name)
    high_p = tested is not None and tested["p"] is not None and tested["p"] >= CHANCE_P
    if high_p and _is_told(metrics):
        yield (
            f"not told from chance: with labels shuffled among participants {NAMES[name]} is as "
            f"high in {tested['p']:.1%} of shuffles (p = {tested['p']:.3f})"
        )
    high = model.get("high", {}).get("skill")
    if high is not None and high < 0:
        yield (
            f"worse than a constant: skill {shown(model['mean']['skill'])} "
            f"{bounds(model, 'skill')}, its squared errors are larger than those of the training "
            "mean"
        )


def _of_history(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say how often these cases were tested."""
    scored = metrics["counts"].get("test_scored", 1)
    if scored is None:
        yield "nobody counts how often these cases were tested: the training set takes no notes"
    elif scored > 1:
        yield (
            f"this is training number {scored} that was judged on these cases: what is chosen "
            "among those trainings is no longer tested by them"
        )


def _of_licences(licences: Mapping[str, str]) -> Iterator[str]:
    bound = [what for what, licence in licences.items() if "non-commercial" in licence]
    if bound:
        yield f"not for commercial use: it reads features of {', '.join(bound)}"


def _beside(probe: Mapping[str, Any]) -> str:
    """Say how the model stands beside a probe that it is not above."""
    high = probe["difference"]["high"]
    return "worse than it" if high is not None and high < 0 else "not told from it"


def _meant(metrics: Mapping[str, Any]) -> str:
    """Say what follows from a probe that the model is not above."""
    if _is_told(metrics):
        return "what it reads may be all that the model knows"
    return "the label can be told from it, and the model, at chance, has not found even that"


def _above_none(metrics: Mapping[str, Any]) -> str:
    """Say that a model at chance is above no probe, where there were any."""
    return "; it is better than no probe" if "probes" in metrics else ""


def _is_told(metrics: Mapping[str, Any]) -> bool:
    """Say whether the model is told from chance by the metric that counts, or nobody knows."""
    name = metrics["primary"]
    return is_above_chance(metrics["model"].get("low", {}).get(name), name) is not False
