"""A training set as the dictionaries that MMSA's trainers read: ``aligned.pkl``, ``unaligned.pkl``.

``{"train" | "valid" | "test": {"raw_text", "audio", "vision", "id", "text", "text_bert",
"annotations", "classification_labels", "regression_labels", "audio_lengths", "vision_lengths"}}``,
a sample a session.  Aligned: text, audio and vision a row a word of the chosen speakers.
Unaligned: vision at the rate of ``frames/``, the others as before: a training set holds no acoustic
frames.  All are padded with zeros, or cut, at the end.  A vector is the mean over its word.

MMSA knows no mask: what was not measured is filled (``mmsa.fill``), and ``text_mask``,
``audio_mask``, ``vision_mask`` (True: measured), which its loaders pass over, say where.  A pickle
is written since that is what MMSA reads; depx never loads one.  ``mmsa.json`` is the entry for
MMSA's ``config_regression.json``.

References
----------
The feature structure in the README of github.com/thuiar/MMSA (v2) and what its data loader takes;
file names and sizes as in its ``config_regression.json``.
"""

# N = sessions, T = rows a session, D = width of a modality

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TrainingError
from ..extract.store.atomic import write_json
from ..features.types import F32
from ..features.words import Kind
from .dataset import Dataset, Target
from .delivery import Delivery
from .mmsa import PARTS, Mmsa, modalities_of
from .padded import Fill, Padded, fill_of, padded
from .pieces import POSITIONS, pieces_of
from .splits import NAMES, TEST, TRAIN, VALID, dealt_splits, own_splits

SPLITS = (TRAIN, VALID, TEST)
NEGATIVE, POSITIVE = 0, 2  # MMSA's classes; 1 is neutral, which a rule cannot say
PROTOCOL = 4  # of pickle: what Python 3.6 reads, fixed so that the bytes are
SAID = frozenset({Kind.WORD.value, Kind.FILLER.value})
SHOWN = 5  # sessions named in a line


def export_mmsa(
    dataset: Dataset, sessions: Sequence[str], settings: Mmsa, delivery: Delivery
) -> None:
    """Write both dictionaries and the configuration.

    Raises
    ------
    TrainingError
        If the set has no target, no labelled session, or lacks a modality.
    LabelError
        If a participant is in two splits.
    """
    target = dataset.target
    if target is None:
        raise TrainingError(f"{dataset.path}: has no target; align with --labels and --target")
    modality = modalities_of(dataset, settings)
    widths = (
        f"{part} {name} ({dataset.modalities[name].width})" for part, name in modality.items()
    )
    delivery.say(f"reads {', '.join(widths)}")
    _say_statistics(dataset, modality, delivery)
    splits = _splits(dataset, _usable(dataset, sessions, target, delivery), settings, delivery)
    members = [session for split in SPLITS for session in splits[split]]
    words = dataset.words([modality[part] for part in PARTS], members)
    spans = [slice(a, b) for a, b in zip(words.offsets_S1, words.offsets_S1[1:], strict=False)]
    blocks = _Blocks(members=members, splits=splits, fill=settings.fill, delivery=delivery)
    whole = {part: [words.vectors[modality[part]][span] for span in spans] for part in PARTS}
    length = settings.length or max(len(rows) for rows in whole["text"])
    _say_cut(whole["text"], length, "words", delivery)
    part_of = {part: blocks.of(part, modality[part], whole[part], length) for part in PARTS}
    common = _facts(dataset, splits, target, settings, delivery)
    for split in SPLITS:
        for part in PARTS[:2]:
            common[split] |= _block(part, part_of[part][split])
    aligned = {
        split: common[split] | _block("vision", part_of["vision"][split]) for split in SPLITS
    }
    delivery.file("aligned.pkl", partial(_write, aligned))
    configured = {"aligned": _configured("aligned.pkl", aligned)}
    steps = _steps(dataset, modality["vision"], members)
    if steps is None:
        delivery.say("unaligned.pkl is left out: frames/ has none of the columns of the vision")
    else:
        most = settings.frames or max(1, *(len(rows) for rows in steps))
        _say_cut(steps, most, "steps of frames/", delivery)
        delivery.say(
            "unaligned.pkl: vision is a row a step of frames/; text and audio are a vector a word "
            "(or window), as in aligned.pkl, since the set holds no acoustic frames"
        )
        blind = [session for session, rows in zip(members, steps, strict=True) if not len(rows)]
        _say(blind, "have no frames/, their unaligned vision is one row, filled", delivery)
        seen = blocks.of("unaligned vision", modality["vision"], steps, most)
        unaligned = {split: common[split] | _block("vision", seen[split]) for split in SPLITS}
        delivery.file("unaligned.pkl", partial(_write, unaligned))
        configured["unaligned"] = _configured("unaligned.pkl", unaligned)
    delivery.file("mmsa.json", partial(_write_config, configured))


def _usable(
    dataset: Dataset, sessions: Sequence[str], target: Target, delivery: Delivery
) -> list[str]:
    table = dataset.sessions().set_index("session")
    needed = [target.name]
    if target.positive_by == "released" and target.released is not None:
        needed.append(target.released)  # MMSA has no class for who has none
    labelled = list(sessions)
    for column in needed:
        value = table[column]
        lacking = [session for session in labelled if not np.isfinite(value[session])]
        _say_left_out(lacking, f"no {column}", delivery)
        labelled = [session for session in labelled if np.isfinite(value[session])]
    words = np.diff(dataset.words([], labelled).offsets_S1)
    silent = [session for session, many in zip(labelled, words, strict=True) if not many]
    _say_left_out(silent, "no words", delivery)
    kept = [session for session in labelled if session not in silent]
    if not kept:
        raise TrainingError(
            f"{dataset.path}: none of {len(sessions)} sessions has both words and a {target.name}; "
            "align again with --labels and --target"
        )
    return kept


def _splits(
    dataset: Dataset, sessions: Sequence[str], settings: Mmsa, delivery: Delivery
) -> dict[str, list[str]]:
    own = own_splits(dataset, sessions)
    if set(own) == {None}:
        splits = dealt_splits(dataset, sessions, settings.seed)
        how = f"no session has a split: participants were dealt by seed {settings.seed}"
    else:
        splits = {split: own.pop(split, []) for split in SPLITS}
        how = "splits of the label table"
        for split, members in own.items():
            lack = "no split" if split is None else f"split {split!r}, which MMSA does not have"
            _say_left_out(members, lack, delivery)
    counts = ", ".join(f"{len(splits[split])} {split}" for split in SPLITS)
    delivery.say(f"{how}: {counts} (sessions)")
    for split in SPLITS:
        if not splits[split]:
            delivery.say(f"{split} is empty, with which MMSA's trainers do not run")
    if not any(splits.values()):
        raise TrainingError(
            f"{dataset.path}: no labelled session is in a split that MMSA has; "
            f"expected {', '.join(sorted(NAMES))} in the column split of the label table"
        )
    return splits


@dataclass(frozen=True, kw_only=True)
class _Blocks:
    """How sequences become blocks, a split each."""

    members: Sequence[str]
    """The session of each sequence."""
    splits: Mapping[str, Sequence[str]]
    fill: Fill
    delivery: Delivery

    def of(
        self, part: str, modality: str, sequences: Sequence[F32], length: int
    ) -> dict[str, Padded]:
        """Pad the sequences of a part; what is filled is computed on train and told."""
        by_session = dict(zip(self.members, sequences, strict=True))
        training = [by_session[session] for session in self.splits[TRAIN]]
        fill_D = fill_of(training, sequences[0].shape[1], self.fill)
        blocks = {
            split: padded([by_session[session] for session in self.splits[split]], length, fill_D)
            for split in SPLITS
        }
        measured = sum(int(block.mask_NTD.sum()) for block in blocks.values())
        values = sum(sum(block.lengths) for block in blocks.values()) * fill_D.size
        if not measured:
            stands = "NaN stands" if self.fill == "nan" else "zeros stand"
            self.delivery.say(
                f"{part}: nothing of {modality} was measured in any of {len(sequences)} sessions, "
                f"{stands} there (mmsa.fill={self.fill}); {part.split()[-1]}_mask says so"
            )
        elif measured < values:
            mean = _mean_of(training, fill_D.size)
            filled = {"mean": mean, "zero": "0", "nan": "NaN, which trains nothing"}
            self.delivery.say(
                f"{part}: {values - measured} of {values} values were not measured, in their place "
                f"stands {filled[self.fill]} (mmsa.fill); {part.split()[-1]}_mask says where"
            )
        return blocks


def _mean_of(training: Sequence[F32], width: int) -> str:
    """Say what `fill_of` puts for a mean: 0 in columns that train never measured."""
    known_D = np.zeros(width, dtype=np.bool_)
    for rows in training:
        known_D |= np.isfinite(rows).any(axis=0)
    never = int((~known_D).sum())
    return "the mean of train" + (
        f", or 0 in {never} columns never measured there" if never else ""
    )


def _facts(
    dataset: Dataset,
    splits: Mapping[str, Sequence[str]],
    target: Target,
    settings: Mmsa,
    delivery: Delivery,
) -> dict[str, dict[str, Any]]:
    """Gather what both dictionaries share: ids, texts, labels."""
    table = dataset.sessions().set_index("session")
    said = {session: _said(dataset, session) for split in SPLITS for session in splits[split]}
    if not any(said.values()):
        delivery.say("raw_text is empty and text_bert has no word: the training set holds no text")
    pieces = pieces_of(list(said.values()), settings.tokenizer)
    if pieces.cut:
        delivery.say(
            f"text_bert holds the first {POSITIONS} pieces, as BERT takes no more: {pieces.cut} of "
            f"{len(said)} sessions are cut, {pieces.left_out} pieces left out"
        )
    if not target.label_rule:
        delivery.say(f"no classification_labels: nobody knows who is positive in {target.name}")
    facts: dict[str, dict[str, Any]] = {}
    first = 0
    for split in SPLITS:
        of = list(splits[split])
        rows = table.loc[of]
        y_N = rows[target.name].to_numpy(dtype=np.float64)
        facts[split] = {
            "id": of,
            "raw_text": [" ".join(said[session]) for session in of],
            "text_bert": pieces.id_N3L[first : first + len(of)],
            "regression_labels": y_N.astype(np.float32),
        }
        first += len(of)
        truth_N = target.truth(rows)
        if truth_N is not None:
            positive_N = truth_N == 1.0
            facts[split]["classification_labels"] = np.where(positive_N, POSITIVE, NEGATIVE)
            facts[split]["annotations"] = ["Positive" if p else "Negative" for p in positive_N]
    return facts


def _said(dataset: Dataset, session: str) -> list[str]:
    """List the words of the chosen speakers that a text model reads."""
    arrays = dataset.session(session, ["text", "kind", "masked"])
    return [
        text
        for text, kind, masked in zip(arrays["text"], arrays["kind"], arrays["masked"], strict=True)
        if text and kind in SAID and not masked
    ]


def _steps(dataset: Dataset, vision: str, sessions: Sequence[str]) -> list[F32] | None:
    """Read the columns of the vision at the rate of ``frames/``; None where it has none of them."""
    if "frames" not in dataset.shards.views():
        return None
    there = set(dataset.shards.schema("frames").names)
    names = [name for name in dataset.modalities[vision].names if name in there]
    if not names:
        return None
    read = (dataset.session(session, names, view="frames") for session in sessions)
    return [np.stack([arrays[name] for name in names], axis=1) for arrays in read]


def _block(part: str, block: Padded) -> dict[str, Any]:
    keys = {part: block.value_NTD, f"{part}_mask": block.mask_NTD}
    return keys if part == "text" else {**keys, f"{part}_lengths": block.lengths}


def _say_cut(sequences: Sequence[F32], length: int, what: str, delivery: Delivery) -> None:
    rows = [len(rows) for rows in sequences]
    beyond = [max(0, many - length) for many in rows]
    if any(beyond):
        delivery.say(
            f"{sum(many > 0 for many in beyond)} of {len(rows)} sessions are cut to {length} "
            f"{what}: {sum(beyond)} of {sum(rows)} are left out"
        )


def _say_left_out(sessions: Sequence[str], why: str, delivery: Delivery) -> None:
    _say(sessions, f"left out ({why})", delivery)


def _say(sessions: Sequence[str], what: str, delivery: Delivery) -> None:
    if sessions:
        more = f" and {len(sessions) - SHOWN} more" if len(sessions) > SHOWN else ""
        delivery.say(f"{len(sessions)} {what}: {', '.join(sessions[:SHOWN])}{more}")


def _say_statistics(dataset: Dataset, modality: Mapping[str, str], delivery: Delivery) -> None:
    """Say which columns of the chosen modalities MMSA gets nothing of."""
    others = [
        column
        for described in dataset.manifest["modalities"]
        if described["name"] in modality.values()
        for column in described["columns"]
        if column != described["column"]
    ]
    if others:
        delivery.say(f"MMSA takes the mean of a word and no more; left out: {', '.join(others)}")


def _write(document: Mapping[str, Mapping[str, Any]], path: Path) -> int:
    with path.open("wb") as stream:
        pickle.dump(document, stream, protocol=PROTOCOL)
    return sum(len(split["id"]) for split in document.values())


def _configured(name: str, document: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the entry of ``datasetCommonParams`` for a file."""
    shapes = [document[TRAIN][part].shape for part in PARTS]
    return {
        "featurePath": name,
        "seq_lens": [shape[1] for shape in shapes],
        "feature_dims": [shape[2] for shape in shapes],
        "train_samples": shapes[0][0],
        "num_classes": 3,
        "language": "en",
        "KeyEval": "Loss",
    }


def _write_config(configured: Mapping[str, Any], path: Path) -> None:
    write_json(path, configured)
