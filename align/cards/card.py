"""``README.md`` of a training set: what it is, how it was made, what it must not be used for.

Headings follow Datasheets for Datasets (Gebru et al., CACM 64, 2021) and the template of Hugging
Face; its head is what ``datasets.load_dataset(DATASET, "words")`` goes by.  A function of
``dataset.json`` and ``sessions.parquet``: no date, no host, no place, no id of a session, and
nothing that was said.
"""

import shlex
from collections.abc import Iterable

import numpy as np

from ..settings import AlignSettings
from ..timing import UNTIMED
from .facts import Facts
from .head import head
from .prose import (
    ANNOTATION,
    COLLECTION,
    FORBIDDEN,
    IMPACT,
    MAINTENANCE,
    ONE_LINE,
    UNSEEN,
    USES,
    limits,
    many,
    people,
    reveals,
)
from .structure import bullets, columns, structure

OPTIONS = {"frame_rate_hz": "--frame-rate", "pauses_s": "--pauses"}
KEY_FILE = "KEYFILE"
NO_LICENCE = (
    "No licence was given to this set. The consent of the participants and the terms of the "
    "recordings hold for it as for them: without both, do not share it."
)


def card(facts: Facts) -> str:
    """Write the card in Markdown."""
    sections = [
        *head(facts),
        "# A training set of interviews, word by word",
        "",
        ONE_LINE,
        "",
        "**Research use, no diagnosis.** " + NO_LICENCE,
        "",
        "## Summary",
        "",
        *_summary(facts),
        "",
        "## Uses",
        "",
        f"**Intended.** {USES}",
        "",
        f"**Not to be used for.** {FORBIDDEN}",
        "",
        f"**What it may do.** {IMPACT}",
        "",
        "## Structure",
        "",
        *structure(facts),
        "",
        "### Columns",
        "",
        *columns(facts),
        "",
        "### Labels and splits",
        "",
        *_labels(facts),
        "",
        "## Composition",
        "",
        *_composition(facts),
        "",
        "## How it was made",
        "",
        *_making(facts),
        "",
        "## Limits",
        "",
        *bullets(limits(facts)),
        "",
        "## Personal and sensitive information",
        "",
        "Unless the recordings are synthetic, everybody in it is a person who spoke about their",
        "health. What is in the set still shows:",
        "",
        *bullets(reveals(facts)),
        "",
        "## Licences",
        "",
        *_licences(facts),
        "",
        "## Maintenance",
        "",
        MAINTENANCE,
        "",
        "This file is written by `depx align`, and `depx verify` holds it against `dataset.json`:",
        "put what you want to add into a file of your own. `croissant.json` says the same to",
        "machines.",
        "",
        "## Citation",
        "",
        "Cite the corpus that the recordings are from as its makers ask, and the papers of the",
        "models and extractors above that you use. Name this set by its content key:",
        "",
        f"`{facts.manifest['key']}`",
        "",
    ]
    return "\n".join(sections)


def _summary(facts: Facts) -> list[str]:
    counts, target = facts.manifest["counts"], facts.target
    what = "windows" if facts.windows else "words"
    lines = [
        f"corpus: {', '.join(facts.corpora)}",
        ", ".join(many(counts[f"{what}s"], what) for what in ("session", "case", "participant"))
        + f", {_long(facts.seconds)}",
        f"{counts['rows']} rows of {what}, of them {counts['rows_masked']} masked; "
        f"{counts['frames']} steps of the face",
        f"modalities: {', '.join(part['name'] for part in facts.manifest['modalities'])}",
        *_text(facts),
        "target: none was chosen" if target is None else f"target: {_target(facts)}",
        f"made by depx {facts.manifest['depx']}",
    ]
    return bullets(lines)


def _text(facts: Facts) -> list[str]:
    """Say of a set of words that it holds none, where it does not."""
    if facts.has_text or facts.windows:
        return []
    return ["text: what was said was left out; `text` is empty in every row"]


def _target(facts: Facts) -> str:
    target = facts.target
    if target is None:
        return "none"
    scale = "of no known scale"
    if target.min is not None:
        scale = f"{target.min:g} to {target.max:g}"
    rule = f"; positive: `{target.label_rule}`" if target.label_rule else ""
    return f"`{target.name}` ({target.kind}, {scale}{rule})"


def _long(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def _labels(facts: Facts) -> list[str]:
    target, cases = facts.target, facts.cases()
    lines = []
    if target is not None:
        y_S = cases[target.name].to_numpy(dtype=np.float64)
        known = y_S[~np.isnan(y_S)]
        told = f"target {_target(facts)}: known of {known.size} of {y_S.size} cases"
        if known.size:
            told += f", mean {known.mean():.2f}, {known.min():g} to {known.max():g}"
        lines.append(told)
        truth_S = target.truth(cases)
        if truth_S is not None:
            judged = truth_S[~np.isnan(truth_S)]
            lines.append(f"positive: {int(judged.sum())} of {judged.size} cases")
        rule = facts.manifest["label_rule"]
        if rule["differ"]:
            lines.append(
                f"`{rule['released']}` as released differs from the rule in {rule['differ']} of "
                f"{rule['compared']} sessions"
            )
    others = [name for name in facts.label_columns if target is None or name != target.name]
    if others:
        lines.append(f"other columns of the labels, carried along: {_code(others)}")
    splits = facts.manifest["splits"]
    if splits["cases"]:
        dealt = ", ".join(f"{name} {len(of)}" for name, of in sorted(splits["cases"].items()))
        lines.append(f"splits (cases): {dealt}; no participant is in two; hash `{splits['hash']}`")
    else:
        lines.append("splits: none; deal by `participant`, never by session or word")
    return bullets(lines)


def _composition(facts: Facts) -> list[str]:
    lines = [*people(facts), UNSEEN]
    timing = facts.manifest["timing"]
    if not facts.windows:
        told = ", ".join(f"{count} {how}" for how, count in timing.items() if count)
        lines.append(f"times of the chosen words: {told or 'none'}")
        if timing[UNTIMED]:
            lines.append(f"{timing[UNTIMED]} words have no times, and no vector but that of text")
    speakers = facts.manifest["settings"]["speakers"]
    lines.append(
        f"vectors are those of: {speakers}; {facts.manifest['counts']['rows_masked']} rows of "
        "others are masked"
    )
    unknown = facts.manifest["counts"]["words_unknown_role"]
    if unknown:
        lines.append(f"{unknown} rows of an unknown role are taken for the participant's")
    lines += [
        f"left out, {many(count, 'session')}: {why}" for why, count in facts.left_out().items()
    ]
    lines += [f"in it, {many(count, 'session')} {why}" for why, count in facts.incomplete().items()]
    return [*bullets(lines), "", *_missing(facts)]


def _missing(facts: Facts) -> list[str]:
    """Lay out how much of each modality was measured."""
    lines = [
        "| modality | sessions with it | computed | given | share of the rows measured "
        "(mean, least) |",
        "|---|---|---|---|---|",
    ]
    for part in facts.manifest["modalities"]:
        name = part["name"]
        origin = facts.table[f"{name}_origin"]
        share_S = facts.table[f"{name}_share_valid"].to_numpy(dtype=np.float64)[origin.notna()]
        told = f"{np.nanmean(share_S):.3f}, {np.nanmin(share_S):.3f}" if share_S.size else "-"
        computed, given = int((origin == "computed").sum()), int((origin == "given").sum())
        lines.append(f"| {name} | {len(share_S)} | {computed} | {given} | {told} |")
    return lines


def _making(facts: Facts) -> list[str]:
    libraries = facts.manifest["provenance"]["libraries"]
    lines = [
        COLLECTION,
        "",
        ANNOTATION,
        "",
        "```sh",
        "depx extract SESSIONS -o STORE",
        command(facts),
        "```",
        "",
        *_key(facts),
        "A sample owns the time up to the midpoints to its neighbours; a word's vector is the mean",
        "of the valid samples in it. All settings stand in `dataset.json`. Versions: "
        + ", ".join(f"{name} {version}" for name, version in libraries.items())
        + ".",
        "",
        "| track | made by | origin | sessions | settings | models (sha256) |",
        "|---|---|---|---|---|---|",
    ]
    for key, source in facts.sources.items():
        of = facts.tracks_of(key)
        if not of:  # of a session that was left out in the end
            continue
        settings = ", ".join(
            f"{name}={value}" for name, value in source["parameters"].items() if value is not None
        )
        models = ", ".join(f"{name} ({sha[:12]})" for name, sha in source["models"].items())
        lines.append(
            f"| {', '.join(of)} | {source['extractor']} {source['version']} | {source['origin']} | "
            f"{max(of.values())} | {settings or '-'} | {models or '-'} |"
        )
    return lines


def command(facts: Facts) -> str:
    """Give the command that makes the set, with its settings, without places."""
    usual, settings = AlignSettings().content(), facts.manifest["settings"]
    words = ["depx align STORE -o DATASET"]
    if facts.label_columns:
        words.append("[--labels LABELS]")
    for name, value in settings.items():
        if value == usual.get(name) or value is None or value is False:
            continue
        words.append(OPTIONS.get(name, f"--{name.replace('_', '-')}"))
        if name == "pseudonyms":  # what is recorded is the key's fingerprint; it asks for its file
            words.append(KEY_FILE)
        elif value is not True:
            said = ",".join(value) if isinstance(value, list) else str(value)
            words.append(shlex.quote(said))
    return " ".join(words)


def _key(facts: Facts) -> list[str]:
    """Say which key the pseudonyms are of."""
    if facts.pseudonyms is None:
        return []
    return [f"{KEY_FILE} is the file of the key with the fingerprint `{facts.pseudonyms}`.", ""]


def _licences(facts: Facts) -> list[str]:
    lines = [NO_LICENCE, ""]
    if facts.bound:
        lines += [
            "**Not for commercial use**, as features are bound by the licence of their tool:",
            "",
        ]
        lines += [*bullets(f"{track}: {licence}" for track, licence in facts.bound.items()), ""]
    lines += ["What shaped the numbers:", ""]
    return lines + bullets(f"{name}: {licence}" for name, licence in facts.licences.items())


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
