"""``MODEL_CARD.md``: what a run is, how good it was, and what it must not be used for.

Headings are those of Model Cards for Model Reporting (Mitchell et al., FAT* 2019), the head is what
Hugging Face reads.
"""

from collections.abc import Mapping
from typing import Any

from .alarms import alarms
from .card_words import CAVEATS, ETHICS, INTENDED, factors, measures
from .judging.words import (
    calibration_lines,
    chance_line,
    conformal_lines,
    group_table,
    metrics_table,
    threshold_lines,
)
from .place import ATTENTION, ATTENTION_PICTURE
from .plan import some
from .probes.table import probes_table
from .protocol import said_of
from .registry import MODELS
from .table import NAMES, bounds, several, shown

TITLES = {
    "cmg-vs": "CMG-VS (cross-modal guided visual synthesis, CVPR 2026)",
    "mccl": "MCCL (multi-cue contrastive learning on the face, TCSVT 2025)",
}


def card(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the card in Markdown.

    Parameters
    ----------
    about : mapping
        As ``run.json`` has it.
    metrics : mapping
        As ``metrics.json`` has them.
    """
    return "\n".join(
        [
            *_head(about, metrics),
            f"# {TITLES.get(about['model'], about['model'])}",
            "",
            "**This is research software, not a diagnostic device.** It must not be used to",
            "diagnose, screen or monitor a person, nor to decide about treatment, work or",
            "insurance.",
            "",
            "## Model details",
            "",
            *_details(about, metrics),
            "",
            "## Intended use",
            "",
            *INTENDED,
            "",
            "## Factors",
            "",
            *factors(metrics),
            "",
            "## Metrics",
            "",
            *measures(metrics),
            "",
            "## Training and evaluation data",
            "",
            *_data(about, metrics),
            "",
            "## Quantitative analyses",
            "",
            *metrics_table(metrics),
            *_probes(metrics),
            *_against(about, metrics),
            *chance_line(metrics),
            *calibration_lines(metrics),
            *conformal_lines(metrics),
            *threshold_lines(metrics),
            *group_table(metrics),
            *_dropped(metrics),
            *_class_head(metrics),
            *_items(metrics),
            *_looks(about),
            "## Ethical considerations",
            "",
            *ETHICS,
            "",
            "## Caveats and recommendations",
            "",
            *CAVEATS,
            "",
            "## Licences of what shaped the features",
            "",
            *_licences(about["licences"]),
            "",
        ]
    )


def _head(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """Write the YAML that Hugging Face reads."""
    import yaml

    task = "classification" if metrics["kind"] == "class" else "regression"
    head = {
        "library_name": "depx",
        "license": "other",
        "license_name": "research-only" if _bound(about["licences"]) else "as-the-training-data",
        "pipeline_tag": f"tabular-{task}",
        "tags": ["depression", "multimodal", "health", "research-only", about["model"]],
        "metrics": list(metrics["model"]["mean"]),
    }
    text: str = yaml.safe_dump(head, sort_keys=False, width=100)
    return ["---", *text.splitlines(), "---"]


def _details(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """Say what the model is."""
    parts = ", ".join(
        part if part == modality else f"{part}: {modality}"
        for part, modality in about["modalities"].items()
    )
    target = about["target"]
    return [
        f"- learns `{target['name']}` ({target['kind']}, {_scale(target)}{_positive(metrics)})",
        f"- reads {parts}",
        f"- settings: {_settings(about)}",
        f"- one file of weights a fit, `model-*.safetensors`; depx {about['depx']}, key",
        f"  `{about['key']}`",
        "- made by whoever ran `depx train`; nobody at depx has seen the data or the weights",
    ]


def _data(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """Say who it was trained and judged on."""
    counts = metrics["counts"]
    tested = counts.get("tested", counts["cases"])
    return [
        f"- {counts['cases']} cases of {counts['participants']} participants, "
        f"{counts['sessions']} sessions, {counts[about['rows']]} {about['rows']}"
        + (f"; {tested} cases tested" if tested < counts["cases"] else ""),
        f"- {said_of(about['protocol'])}, {several(counts['seeds'], 'seed')}; "
        "normalisers, weights and epochs fitted without the participants that are tested",
        *_differing(about.get("label_rule")),
        *_unmeasured(about, metrics),
        f"- training set `{about['dataset']}`: its `README.md` says who is in it and how it was",
        "  made; the model is trained and judged on people of that set, and on nobody else",
    ]


def _probes(metrics: Mapping[str, Any]) -> list[str]:
    """Lay out the probes as the terminal shows them."""
    if "probes" not in metrics:
        return []
    return ["```", probes_table(metrics["probes"]), "```", ""]


def _against(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """Say what speaks against the figures."""
    lines = [f"- **{line}**" for line in alarms(metrics, about["licences"])]
    return ["What speaks against these figures:", "", *lines, ""] if lines else []


def _settings(about: Mapping[str, Any]) -> str:
    """List the settings that are not the model's own."""
    usual = MODELS[about["model"]]().settings()
    other = [
        f"{name}={value}" for name, value in about["config"].items() if value != usual.get(name)
    ]
    said = f"`{' '.join(other)}`" if other else "the defaults"
    if "tune" in about:
        grid = ", ".join(about["tune"]["grid"])
        said += f"; {grid} chosen by {about['tune']['inner_folds']} inner folds, fold by fold"
    return said


def _unmeasured(about: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """Say which sessions lack a modality whole, and which columns a fit could not use."""
    lines = [
        f"- nothing of {part} was measured in {several(len(sessions), 'session')}: "
        f"{some(sessions)}"
        + (", whose faces are drawn from the prior" if part == "vision" and synthesises else "")
        for synthesises in ["synthesis" in metrics]
        for part, sessions in about["sessions_without"].items()
    ]
    columns = {
        part: sorted(
            {name for of_fit in about["columns_left_out"].values() for name in of_fit.get(part, ())}
        )
        for part in about["modalities"]
    }
    return lines + [
        f"- never measured in the training part of a fit, and left out there: {part}: "
        f"{', '.join(names)}"
        for part, names in columns.items()
        if names
    ]


def _dropped(metrics: Mapping[str, Any]) -> list[str]:
    """Lay out what the same fits predict where a modality is not read."""
    first = next(name for name in NAMES if name in metrics["model"]["mean"])
    rows = [
        f"| {part} | {shown(of_part['mean'].get(first))} | {bounds(of_part, first)} | "
        f"{shown(of_part['sd'].get(first))} |"
        for part, of_part in metrics["drop_modality"].items()
    ]
    head = f"| predicted without | {NAMES[first]} | 95 % interval | sd |"
    return [head, "|---|---|---|---|", *rows, ""]


def _class_head(metrics: Mapping[str, Any]) -> list[str]:
    """Lay out how a class that is learnt beside the score is detected."""
    if "class_head" not in metrics:
        return []
    head = metrics["class_head"]
    rows = [
        f"| {NAMES[name]} | {shown(value)} | {bounds(head, name)} | {shown(head['sd'][name])} |"
        for name, value in head["mean"].items()
    ]
    title = "| class head, positive from p 0.5 on | mean | 95 % interval | sd |"
    return [title, "|---|---|---|---|", *rows, ""]


def _items(metrics: Mapping[str, Any]) -> list[str]:
    """Lay out how the answers to items are predicted."""
    if "items" not in metrics:
        return []
    each = dict(metrics["items"]["each"])
    if metrics["items"]["sum"] is not None:
        each["their sum"] = metrics["items"]["sum"]
    rows = [
        f"| {name} | {shown(one['mean']['mae'])} | {shown(one['mean']['ccc'])} |"
        for name, one in each.items()
    ]
    return ["| item, learnt beside the target | MAE | CCC |", "|---|---|---|", *rows, ""]


def _looks(about: Mapping[str, Any]) -> list[str]:
    """Show where the model looked, where it says."""
    if not about["says_looks"]:
        return []
    return [
        f"![Which cue was looked at in each case, and which part of a window]({ATTENTION_PICTURE})",
        "",
        f"Where attention lay, a window, cue and part, is in `{ATTENTION}`. It says where numbers",
        "were taken from, not what mattered: see what is predicted without a cue, though these",
        "fits have never learnt without one (`--ablation cues` trains some that do).",
        "",
    ]


def _scale(target: Mapping[str, Any]) -> str:
    if target["min"] is None:
        return "of no known scale: scaled by each training part"
    return f"{target['min']:g} to {target['max']:g}"


def _positive(metrics: Mapping[str, Any]) -> str:
    """Say who is positive, and from where on a prediction is, where that is another rule."""
    rule, truth = metrics["positive_rule"], metrics["label_rule"]
    if not rule:
        return ""
    if truth.startswith("released"):
        return f"; positive: {truth}, a prediction: {rule}"
    return f"; positive: {rule}"


def _differing(rule: Mapping[str, Any] | None) -> list[str]:
    """Say where the class that came with the corpus is not what the cut-off says."""
    if rule is None or not rule["differ"]:
        return []
    return [
        f"- `{rule['released']}` as released differs from the cut-off in {rule['differ']} of "
        f"{rule['compared']} sessions"
    ]


def _licences(licences: Mapping[str, str]) -> list[str]:
    bound = _bound(licences)
    warning = f"**Not for commercial use: it reads features of {', '.join(bound)}.**"
    lines = [f"- {name}: {licence}" for name, licence in licences.items()]
    return [warning, "", *lines] if bound else lines


def _bound(licences: Mapping[str, str]) -> list[str]:
    """Name what is not free for commercial use."""
    return [name for name, licence in licences.items() if "non-commercial" in licence]
