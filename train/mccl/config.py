"""Settings of MCCL, each with its source; the paper's ablations are switches among them.

The defaults are made for corpora of about a hundred interviews.  ``paper_mode=true``,
``encoder=resnet18``, ``turns=all`` and ``landmarks=raw`` together are the published method, without
the defects of its pipeline (`tests/bench/mccl_defects.py` has each of them, and what it costs).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...errors import TrainingError, UsageError
from ...extract.store.key import sha256_file
from ...features.parameters import PLACE
from ..ablation.arms import Ablation
from ..learning.settings import Learning, Loss
from .frames import CUES, cues_of, read_frames
from .paper import ABLATIONS

if TYPE_CHECKING:
    from ...align.dataset import Dataset, Target
    from ...features.types import F32
    from ..batches import Ragged
    from ..cases import Corpus
    from ..checkpoint import Keeper
    from ..model import Fitted, Judged, Kind

AUTO = "auto"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mccl(Learning):
    """Multi-cue contrastive learning on the face (TCSVT 2025), parsed from ``--set NAME=VALUE``."""

    name: ClassVar[str] = "mccl"
    ablations: ClassVar[Mapping[str, Ablation]] = ABLATIONS
    grid: ClassVar[Mapping[str, tuple[Any, ...]]] = {"lr": (1e-4, 5e-4), "dropout": (0.1, 0.3)}

    cues: str = AUTO
    """Which of landmarks, pose, gaze and au are read, with commas; ``auto``: all that the training
    set has; ``-pose``: all but that one."""
    modules: Literal["both", "cross", "temporal"] = "both"
    """``cross``: cross-characteristic attentive interaction, of whole cues; ``temporal``: temporal
    segment attentive interaction, within cues; the paper has both."""
    contrast: float = 0.1
    """Weight lambda of InfoNCE between the two modules' views of a window; nothing with one module.
    The paper trains with nothing else (`paper_mode`)."""
    tau: float = 0.09
    """Temperature of InfoNCE (the paper's)."""
    paper_mode: bool = False
    """Train with InfoNCE alone and let gradient-boosted trees read the embeddings, as the paper
    does; the epoch is still chosen by the inner validation, never by what is reported."""
    head: Literal["linear", "ridge", "trees"] = "linear"
    """What reads the embedding of a case: a linear layer that is trained with the network; ridge
    (logistic for a class) or gradient-boosted trees, fitted on the training cases' embeddings.  In
    `paper_mode` no label trains the network: ridge if it is named, else trees."""
    loss: Loss = "huber"
    """Of a score; ``huber`` is linear from an error of a fifth of the scale on (5 points of PHQ-8):
    a few extreme scores do not rule the step.  A class has its cross-entropy."""
    class_weight: float = 0.1
    """Weight of a head for the class beside that of a score, where somebody knows who is positive;
    0: no such head.  With 0.1 both losses are about as loud.  The score alone chooses the epoch."""

    landmarks: Literal["shape", "expression", "raw"] = "shape"
    """``shape``: points laid over a frontal head, frame by frame, so that they say nothing of where
    the head is and points; ``expression``: also less the median face of the session, so that they
    do not say who it is; ``raw``: millimetres before the camera, as the public pipeline has."""
    turns: Literal["participant", "all"] = "participant"
    """Whose turns are read; the public pipeline reads the interviewer's too."""
    window_s: float = 420.0
    """Seconds that are read at once, at most (the paper's 1,260 frames at 3 Hz); of whoever speaks
    for longer, training shows random windows, and judging all, overlapping by half."""
    windows: int = 1
    """Windows of a case that one training example holds; more let ``aggregate=attention`` learn
    which of them counts."""
    aggregate: Literal["mean", "attention"] = "mean"
    """How the windows of a case become one embedding."""

    encoder: Literal["patch", "resnet18"] = "patch"
    """``patch``: cells of `patch` frames are tokens of a small Transformer, one for all cues;
    ``resnet18``: each cue is an image of time by columns, as in the paper, at a hundred times the
    cost."""
    encoder_weights: str | None = field(default=None, metadata=PLACE)
    """Of ``resnet18``: a safetensors file of your own with the weights of torchvision's ResNet-18
    (the paper starts at ImageNet's); None: random ones."""
    patch: int = 10
    """Frames a patch: 3.3 s at 3 Hz."""
    segments: int = 3
    """Parts that each cue's window is cut into (the paper's)."""
    width: int = 64
    """Width of a patch's token."""
    heads: int = 2
    """Attention heads of the patches."""
    layers: int = 2
    """Layers of the patches' Transformer."""
    feed_forward: int = 2
    """Width of its feed-forward part, in token widths."""
    dropout: float = 0.1
    """Share dropped on its residual branches, and of the embedding before the heads."""

    normalise: Literal["standard", "robust"] = "robust"
    """Median and interquartile range of each column, or mean and sd; the coordinates of landmarks
    share one scale, so that the face keeps its proportions."""
    batch: int = 32
    """Windows a step (the paper's)."""
    lr: float = 5e-4
    """Peak learning rate of AdamW (the paper's; its epsilon of .1, which makes AdamW nearly plain
    momentum, is not taken over)."""
    weight_decay: float = 0.05
    """Weight decay of AdamW (the paper's)."""

    def __post_init__(self) -> None:
        Learning.__post_init__(self)  # not super(): a class with slots is made twice
        for name in ("windows", "patch", "segments", "width", "heads", "layers", "feed_forward"):
            self.require(name, low=1, high=10_000)
        self.require("contrast", low=0)
        self.require("tau", low=1e-3, high=1e3)
        self.require("window_s", low=1e-3)
        self.require("dropout", low=0, high=0.9)
        self._require_cues()
        self.require_heads(self.width, self.heads)
        if self.batch % self.windows:
            raise UsageError(
                f"batch={self.batch}, windows={self.windows}: expected a multiple: the windows of "
                "a case stay in one step"
            )
        if self.aggregate == "attention" and self.windows == 1:
            raise UsageError(
                "aggregate=attention, windows=1: with one window a case there is nothing to weigh "
                "in training; set windows=2 or more"
            )
        if self.paper_mode and (self.modules != "both" or self.contrast == 0):
            raise UsageError(
                f"paper_mode=true, modules={self.modules}, contrast={self.contrast:g}: nothing "
                "else is learnt from than the contrast between both modules; leave them as they are"
            )
        if self.encoder_weights is not None:
            self._require_weights(Path(self.encoder_weights))

    def _require_cues(self) -> None:
        if self.cues == AUTO:
            return
        named = self.cues.removeprefix("-").split(",")
        for cue in named:
            if cue not in CUES or named.count(cue) > 1:
                raise UsageError(
                    f"cues={self.cues}: expected some of {','.join(CUES)}, each once, with commas; "
                    "a minus before them reads all but them"
                )

    def _require_weights(self, path: Path) -> None:
        if self.encoder != "resnet18":
            raise UsageError(f"encoder_weights={path}: encoder={self.encoder} takes none")
        if not path.is_file():
            raise UsageError(f"encoder_weights={path}: there is no such file")

    def settings(self) -> dict[str, object]:
        """List the settings by name; weights also by what they are."""
        settings = Learning.settings(self)
        if self.encoder_weights is not None:
            settings["encoder_weights_sha256"] = sha256_file(Path(self.encoder_weights))
        return settings

    @property
    def pool(self) -> tuple[str, ...]:
        """Statistics of a word's samples that the training set must hold: words are not read."""
        return ("mean",)

    def one_scale(self, part: str) -> bool:
        """Let the coordinates of landmarks share one scale."""
        return part == "landmarks"

    @property
    def contrasts(self) -> bool:
        """Whether the two modules' views are contrasted."""
        return self.modules == "both" and (self.contrast > 0 or self.paper_mode)

    @property
    def read_by(self) -> Literal["linear", "ridge", "trees"]:
        """What reads the embedding of a case: nothing that a label would have to train with it."""
        return "trees" if self.paper_mode and self.head == "linear" else self.head

    def check(self, target: "Target") -> None:
        """Take any target: where nobody knows the class beside a score, it has no head."""

    def available(self, dataset: "Dataset", target: "Target | None") -> tuple[str, ...]:
        """List the cues of which a training set has columns."""
        return cues_of(dataset)

    def suited(self, available: Collection[str]) -> "tuple[Mccl, str | None]":
        """Say which cues a training set lacks; the settings stay as they are."""
        lacking = [cue for cue in CUES if cue not in available]
        if self.cues != AUTO or not lacking or len(lacking) == len(CUES):
            return self, None
        return self, f"the training set has no {', '.join(lacking)}: mccl reads the other cues"

    def modalities(self, available: Collection[str]) -> dict[str, str]:
        """Choose the cues; each is its own part of the model.

        Raises
        ------
        TrainingError
            If a cue that was named is not there, or none is left.
        """
        have = [cue for cue in CUES if cue in available]
        if self.cues == AUTO:
            chosen = have
        elif self.cues.startswith("-"):
            chosen = [cue for cue in have if cue not in self._named()]
        else:
            chosen = [cue for cue in CUES if cue in self._named()]
        lacking = [cue for cue in self._named() if cue not in have]
        if lacking or not chosen:
            raise TrainingError(
                f"cues={self.cues}: the training set has no {', '.join(lacking) or 'other cue'} "
                f"{'to leave out ' if lacking and self.cues[0] == '-' else ''}"
                f"(cues: {', '.join(have) or 'none'}); "
                + ("choose among these" if have else "extract the face")
            )
        return {cue: cue for cue in chosen}

    def tracks(self, parts: Mapping[str, str]) -> tuple[str, ...]:
        """Name the track that all cues are made of."""
        return ("face",)

    def imagines(self, part: str) -> bool:
        """Make nothing up."""
        return False

    def read(
        self, dataset: "Dataset", target: "Target | None", parts: Mapping[str, str]
    ) -> "Corpus":
        """Read the cues of the labelled sessions; see `depx.train.mccl.frames.read_frames`."""
        return read_frames(
            dataset, target, parts, cell=self.patch, landmarks=self.landmarks, turns=self.turns
        )

    def varied(self, settings: Mapping[str, Any]) -> "Mccl":
        """Change some settings."""
        return replace(self, **settings)

    def fit(
        self,
        training: "Ragged",
        validation: "Ragged | None",
        test: "Ragged",
        *,
        kind: "Kind",
        seed: int,
        device: str,
        keeper: "Keeper",
    ) -> "Fitted":
        """Train on one fold; see `depx.train.mccl.fit.fit`."""
        from .fit import fit  # torch: 1.8 s, paid by the process that trains

        return fit(
            self, training, validation, test, kind=kind, seed=seed, device=device, keeper=keeper
        )

    def represent(self, path: Path, sessions: "Ragged") -> "F32":
        """Represent sessions by a saved fit; see `depx.train.mccl.saved.represent`."""
        from .saved import represent

        return represent(self, path, sessions)

    def predict(
        self, path: Path, sessions: "Ragged", *, kind: "Kind", seed: int, device: str
    ) -> "Judged":
        """Predict sessions by a saved fit; see `depx.train.mccl.saved.predict`."""
        from .saved import predict

        return predict(self, path, sessions, kind=kind, seed=seed, device=device)

    def window(self, rate_hz: float) -> int:
        """Count the frames of a window: whole patches."""
        return max(1, round(self.window_s * rate_hz / self.patch)) * self.patch

    def _named(self) -> list[str]:
        return [] if self.cues == AUTO else self.cues.removeprefix("-").split(",")
