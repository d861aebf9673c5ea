"""Settings of CMG-VS, each with its source; the switches of the paper's ablation table among them.

What the paper leaves open (widths, optimiser, schedule) is chosen for corpora of about a hundred
interviews: small, regularised, and the same for every arm.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...errors import TrainingError, UsageError
from ..ablation.arms import Ablation
from ..columns import pooled
from ..learning.settings import Learning
from ..words import measured, read_words
from .paper import ABLATIONS

if TYPE_CHECKING:
    from ...align.dataset import Dataset, Target
    from ...features.types import F32
    from ..batches import Ragged
    from ..cases import Corpus
    from ..checkpoint import Keeper
    from ..model import Fitted, Judged, Kind

ACOUSTIC = ("covarep", "egemaps")  # the paper's features first
TEXT = "bert"
PARTS = {"t": "text", "a": "acoustic", "v": "vision"}
NEEDED = {"at": ("acoustic", "text"), "a": ("acoustic",), "t": ("text",)}


@dataclass(frozen=True, kw_only=True, slots=True)
class CmgVs(Learning):
    """Cross-modal guided visual synthesis (CVPR 2026), parsed from ``--set NAME=VALUE``."""

    name: ClassVar[str] = "cmg-vs"
    ablations: ClassVar[Mapping[str, Ablation]] = ABLATIONS
    grid: ClassVar[Mapping[str, tuple[Any, ...]]] = {"lr": (1e-4, 3e-4), "dropout": (0.1, 0.3)}

    synth: Literal["joint", "two-stage", "none", "noise", "shuffled"] = "joint"
    """``joint``: the task loss on synthetic vision also trains the synthesiser (the paper's claim);
    ``two-stage``: the synthesiser learns the ELBO alone, then is frozen; ``none``: no synthesis.
    Controls that the paper lacks, with the same lambda: ``noise``: the second stream is the real
    vision plus noise as large as each column's spread; ``shuffled``: it is what ``joint`` makes of
    another participant.  If these do as well, the gain is regularisation."""
    synth_columns: Literal["all", "au", "pose_gaze"] = "all"
    """Visual columns that the second stream takes from the synthesiser; the others stay real (rows
    of the paper's ablation)."""
    condition: Literal["at", "t", "a"] = "at"
    """What synthesis is conditioned on: acoustics and text, text alone, or acoustics alone (rows of
    the paper's ablation)."""
    optimise: Literal["alternate", "joint"] = "alternate"
    """``alternate``: the recogniser steps on detached synthetic vision, then the synthesiser with
    the recogniser frozen (the paper); ``joint``: one backward of the sum: cheaper, and the same
    gradients, but the synthesiser's come through a recogniser that is one step staler."""
    aug_source: Literal["posterior", "prior", "mix"] = "posterior"
    """Where the latent of the synthetic stream comes from: the posterior of the real vision (the
    paper), the prior (what a session without video has), or either by a coin a session."""
    unknown: Literal["masked", "told"] = "masked"
    """What was not measured (a lost face, a missing modality, an absent column).  ``masked``: it
    moves nothing: an element counts as the training mean, a word of which nothing was measured is
    looked at by nobody, a modality of which nothing was measured is not read.  ``told``: the model
    also learns what it means that something is unknown, which may predict by itself: who turns
    away from the camera is lost more often."""
    cls_order: Literal["tav", "atv", "tva", "avt", "vta", "vat"] = "tav"
    """In which order [CLS] reads text, acoustics and vision; the paper says "in sequence" only.
    Vision last is the cheapest: its two streams then share all that was read before."""
    acoustic: Literal["auto", "covarep", "egemaps"] = "auto"
    """Acoustic features; ``auto``: covarep (the paper's) where the training set has it."""
    text: str = TEXT
    """Name of the text modality."""
    inputs: Literal["mean", "mean+std", "mean+valid", "mean+std+valid"] = "mean"
    """What describes a word in each part: the means of its samples (word-level features are all
    that the paper says); ``std``: also how far they lie apart, as ``AU12_r_std``: a word is long
    enough for a blink or a nod that its mean hides; needs ``depx align --pool mean,std``, and an
    embedding, one vector a word, has none; ``valid``: also the share of the word that was
    measured, so that a mean of few frames can count for less.  The share is no facial feature: the
    second stream keeps the real one, and it is NaN where nothing was measured."""

    width: int = 128
    """Width of every token."""
    heads: int = 4
    """Attention heads."""
    layers: int = 2
    """Layers a part: posterior, decoder, each intra-modal encoder."""
    feed_forward: int = 2
    """Width of the feed-forward part, in token widths."""
    dropout: float = 0.1
    """Share dropped on every residual branch; the attention weights themselves are not dropped."""
    latent: Literal["sequence", "global"] = "sequence"
    """A latent a word ("compressed" is all that the paper says), or one for the whole crop."""
    latent_width: int = 32
    """Width of the latent; below the 49 visual columns, so that it compresses."""

    beta: float = 1e-2
    """Final weight of the KL term beside the L1 term."""
    beta_warmup: float = 0.2
    """Share of the steps over which beta rises from 0."""
    free_bits: float = 0.02
    """KL a latent dimension that costs nothing, in nats (Kingma et al., 2016)."""
    loss: Literal["mse", "ccc", "mse+ccc"] = "mse"
    """L_real and L_aug of a score: squared error (the paper), 1 - CCC of a batch, or their sum; a
    class has its cross-entropy."""
    class_weight: float = 0.0
    """Weight of a head for the class beside that of a score, in L_real and L_aug alike: the
    cross-entropy of who is positive by the label rule; who nobody knows weighs nothing.  0: no such
    head.  Its loss begins at about .6, a squared error of scaled scores at .05: with 0.1 both are
    as loud.  The score alone chooses the epoch."""
    item_weight: float = 0.0
    """Weight of heads for the answers to the questionnaire's items, in L_real and L_aug alike: the
    mean cross-entropy over the thresholds of answers that are known (CORAL: Cao et al., 2020).  0:
    no such heads.  Eight answers say more of a person than their sum, and 0.1 makes them about as
    loud as it."""
    items: str = "auto"
    """Which columns of the labels are items; ``auto``: those of the target's questionnaire; else
    names, with commas.  Answers off its scale are refused, unknown ones weigh nothing."""
    aug: float = 1.0
    """Final weight lambda of L_aug."""
    aug_ramp: int = 5
    """Epochs over which lambda rises from 0, so that the first synthetic vectors teach nothing."""

    epochs: int = 60
    """Passes over the training sessions at most; of each stage where there are two."""
    draws: int = 8
    """Times that vision is drawn from the prior for a session without any; the predictions are
    averaged."""
    crop: int = 1024
    """Words a session at most in training (random contiguous crop)."""
    evaluate: Literal["whole", "windows"] = "whole"
    """How sessions longer than `crop` are judged: in one piece, so that every word is seen in the
    light of all others; or in windows of `crop` words that overlap by half, the last one flush with
    the end, whose predictions are averaged: no longer than what training showed.  A window is then
    read as a session of its own: one without any face is imagined."""

    def __post_init__(self) -> None:
        Learning.__post_init__(self)  # not super(): a class with slots is made twice
        for name in ("width", "heads", "layers", "feed_forward", "latent_width"):
            self.require(name, low=1)
        for name in ("draws", "crop"):
            self.require(name, low=1)
        for name in ("beta", "free_bits", "aug", "aug_ramp"):
            self.require(name, low=0)
        self.require("item_weight", low=0, high=1e6)
        self.require("beta_warmup", low=0, high=1)
        self.require("dropout", low=0, high=0.9)
        if self.items != "auto" and not self.item_weight:
            raise UsageError(
                f"items={self.items}: nothing is learnt of them with item_weight=0; "
                "set it, to 0.1 say, or leave items out"
            )
        self.require_heads(self.width, self.heads)

    @property
    def reading(self) -> tuple[str, ...]:
        """Parts in the order in which [CLS] reads them."""
        return tuple(PARTS[letter] for letter in self.cls_order)

    @property
    def pool(self) -> tuple[str, ...]:
        """Statistics of a word's samples that the training set must hold."""
        return pooled(self.inputs.split("+"))

    def one_scale(self, part: str) -> bool:
        """Let each column have a scale of its own."""
        return False

    @property
    def window(self) -> int | None:
        """Words at most that an evaluation reads at once; None: all of a session."""
        return self.crop if self.evaluate == "windows" else None

    def check(self, target: "Target") -> None:
        """Refuse a target that has no class to learn beside its score.

        Raises
        ------
        TrainingError
            If `class_weight` is set and nobody knows who is positive, or the target is the class.
        """
        if not self.class_weight:
            return
        asked = f"class_weight={self.class_weight:g}: the target {target.name}"
        if target.kind == "class":
            raise TrainingError(
                f"{asked} is itself a class, expected a score: the class head is the model then; "
                "leave class_weight out"
            )
        if not target.label_rule:
            raise TrainingError(
                f"{asked} has no label rule, expected one that says who is positive; align with "
                "--label-rule '>=N', or leave class_weight out"
            )

    @property
    def synthesises(self) -> bool:
        """Whether there is a synthesiser."""
        return self.synth in ("joint", "two-stage", "shuffled")

    @property
    def context(self) -> tuple[str, ...]:
        """Parts that the synthesiser is conditioned on."""
        return NEEDED[self.condition]

    @property
    def needed(self) -> tuple[str, ...]:
        """Parts without which the arm cannot be trained."""
        if self.synthesises:
            return (*self.context, "vision")
        return ("vision",) if self.synth == "noise" else ()

    def available(self, dataset: "Dataset", target: "Target | None") -> tuple[str, ...]:
        """List the modalities that a labelled session of a training set measured."""
        return measured(dataset, target)

    def tracks(self, parts: Mapping[str, str]) -> tuple[str, ...]:
        """Name the tracks that were pooled: modalities are called like them."""
        return tuple(parts.values())

    def imagines(self, part: str) -> bool:
        """Say whether a session without this part has it drawn from the prior."""
        return part == "vision" and self.synthesises

    def read(
        self, dataset: "Dataset", target: "Target | None", parts: Mapping[str, str]
    ) -> "Corpus":
        """Read the words of the labelled sessions; see `depx.train.words.read_words`."""
        items = self.items if self.item_weight else None
        return read_words(dataset, target, parts, items, self.inputs.split("+"))

    def suited(self, available: Collection[str]) -> "tuple[CmgVs, str | None]":
        """Condition synthesis on the one of acoustics and text that a training set has.

        Returns
        -------
        settings, line
            The settings, with the `condition` that the set allows where it has one of the two only;
            and what to tell the user of them, or None.
        """
        suited, line = self._conditioned(available)
        if self.synth == "none" or self.aug == 0 or self.aug_ramp < self.epochs:
            return suited, line
        ramp = (
            f"aug_ramp={self.aug_ramp} with epochs={self.epochs}: the second stream never reaches "
            "its weight"
        )
        return suited, ramp if line is None else f"{line}; {ramp}"

    def _conditioned(self, available: Collection[str]) -> "tuple[CmgVs, str | None]":
        wanted = ACOUSTIC if self.acoustic == "auto" else (self.acoustic,)
        has_acoustic = any(name in available for name in wanted)
        has_text = self.text in available
        if not self.synthesises or self.condition != "at" or has_acoustic == has_text:
            return self, None
        if "face" not in available:  # nor this: `modalities` refuses
            return self, None
        if self.text != TEXT or self.acoustic != "auto":  # asked for by name: `modalities` refuses
            return self, None
        condition: Literal["a", "t"] = "a" if has_acoustic else "t"
        here, lacking = ("acoustics", "text") if has_acoustic else ("text", "acoustics")
        line = (
            f"the training set has no {lacking}: faces are synthesised from {here} alone "
            f"(condition={condition})"
        )
        return replace(self, condition=condition), line

    def modalities(self, available: Collection[str]) -> dict[str, str]:
        """Choose the modality of the training set for each part of the model.

        Returns
        -------
        dict of part to modality
            Parts ``text``, ``acoustic``, ``vision``, in that order; a part that the training set
            lacks is absent.

        Raises
        ------
        TrainingError
            If a modality that was asked for by name is not there, or what synthesis needs is not.
        """
        wanted = ACOUSTIC if self.acoustic == "auto" else (self.acoustic,)
        acoustic = next((name for name in wanted if name in available), None)
        have = ", ".join(sorted(available)) or "none"
        if acoustic is None and self.acoustic != "auto":
            raise TrainingError(f"acoustic={self.acoustic}: the training set has only {have}")
        if self.text not in available and self.text != TEXT:
            raise TrainingError(f"text={self.text}: the training set has only {have}")
        found = {"text": self.text if self.text in available else None, "acoustic": acoustic}
        found["vision"] = "face" if "face" in available else None
        lacking = [part for part in self.needed if found[part] is None]
        if lacking:
            raise TrainingError(
                f"synth={self.synth}: the training set has no {' and no '.join(lacking)} "
                f"(modalities: {have}); extract it, or --set synth=none"
            )
        chosen = {part: name for part, name in found.items() if name is not None}
        if not chosen:
            raise TrainingError(
                f"cmg-vs reads text, acoustics (covarep, egemaps) and face; the training set has "
                f"{have}; extract one of those (--tracks), or align a store that has some"
            )
        return chosen

    def fit(
        self,
        training: "Ragged",
        validation: "Ragged | None",
        test: "Ragged",
        *,
        kind: Literal["score", "class"],
        seed: int,
        device: str,
        keeper: "Keeper",
    ) -> "Fitted":
        """Train on one fold; see `depx.train.cmgvs.fit.fit`."""
        from .fit import fit  # torch: 1.8 s, paid by the process that trains

        return fit(
            self, training, validation, test, kind=kind, seed=seed, device=device, keeper=keeper
        )

    def varied(self, settings: Mapping[str, Any]) -> "CmgVs":
        """Change some settings."""
        return replace(self, **settings)

    def represent(self, path: Path, sessions: "Ragged") -> "F32":
        """Represent sessions by a saved fit; see `depx.train.cmgvs.saved.represent`."""
        from .saved import represent

        return represent(self, path, sessions)

    def predict(
        self, path: Path, sessions: "Ragged", *, kind: "Kind", seed: int, device: str
    ) -> "Judged":
        """Predict sessions by a saved fit; see `depx.train.cmgvs.saved.predict`."""
        from .saved import predict

        return predict(self, path, sessions, kind=kind, seed=seed, device=device)

    def widths(self, columns: Mapping[str, int]) -> dict[str, int]:
        """Count the columns that a training fold measured, of each part that has any.

        Raises
        ------
        TrainingError
            If synthesis needs a part of which the fold measured nothing.
        """
        found = {p: columns[p] for p in ("text", "acoustic", "vision") if columns.get(p)}
        for part in self.needed:
            if part not in found:
                raise TrainingError(
                    f"synth={self.synth}: no {part} was measured in a training fold; "
                    "use fewer --folds, or --set synth=none"
                )
        return found
