"""The network of MCCL: two views of a window, what contrasts them, and what is said of a case.

*Cross-characteristic*: one token a cue, of the whole window, and their interaction.  *Temporal
segment*: one token a cue and segment, their interaction within each cue, joined over the segments,
then over the cues.  Both views together are the embedding; that of a case is a weighted mean over
its windows.  Each module has an encoder of its own, shared by the cues, as in the paper; patches
are made once for both.
"""

# B = windows, G = cases, Y = windows a case, T = frames, U = cues, J = segments, D = width of a
# token, E = width of a view, X = width of the embedding

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..learning.heads import STD, Heads, Outputs, Start
from ..learning.precision import multiplying
from ..tensors import Batch
from .config import Mccl
from .cues import Cues, cues_of
from .encoder import PatchEncoder, Patcher, Patches
from .interaction import EMBEDDING, Interaction, Join
from .resnet import ResNetEncoder


@dataclass(frozen=True, eq=False, slots=True)
class Views:
    """What the modules make of windows."""

    cross_BE: Tensor | None
    temporal_BE: Tensor | None
    seen_B: Tensor
    """Whether anything was seen in the window."""
    cue_BU: Tensor | None
    """Share of looks that fell on each cue, in the cross module."""
    segment_BUJ: Tensor | None
    """Share of looks within each cue that fell on each segment, in the temporal module."""

    @property
    def embedding_BX(self) -> Tensor:  # noqa: N802
        """Both views side by side."""
        views = [view for view in (self.cross_BE, self.temporal_BE) if view is not None]
        return torch.cat(views, dim=-1)


class Cross(nn.Module):
    """Cross-characteristic attentive interaction."""

    def __init__(self, settings: Mccl, columns: Mapping[str, int]) -> None:
        super().__init__()
        self.encoder = encoder_of(settings)
        self.interaction = Interaction(self.encoder.width)
        self.join = Join(len(columns))

    def forward(self, given: "Cues | Patches") -> tuple[Tensor, Tensor]:
        """View windows: (B, E), and how much each cue was looked at, (B, U)."""
        token_BUD, seen_BU = self.encoder(given)
        token_BUE, looked_BU = self.interaction(token_BUD, seen_BU)
        return self.join(token_BUE), looked_BU


class Temporal(nn.Module):
    """Temporal segment attentive interaction."""

    def __init__(self, settings: Mccl, columns: Mapping[str, int]) -> None:
        super().__init__()
        self.segments = settings.segments
        self.encoder = encoder_of(settings)
        self.interaction = Interaction(self.encoder.width)
        self.join_segments = Join(settings.segments)
        self.join_cues = Join(len(columns))

    def forward(self, given: "Cues | Patches") -> tuple[Tensor, Tensor]:
        """View windows: (B, E), and how much each segment of a cue was looked at, (B, U, J)."""
        token_XUD, seen_XU = self.encoder(given, self.segments)
        token_BUJD = token_XUD.unflatten(0, (-1, self.segments)).transpose(1, 2)
        seen_BUJ = seen_XU.unflatten(0, (-1, self.segments)).transpose(1, 2)
        token_YJE, looked_YJ = self.interaction(token_BUJD.flatten(0, 1), seen_BUJ.flatten(0, 1))
        of_cues = seen_BUJ.shape[:2]
        cue_BUE = self.join_segments(token_YJE).unflatten(0, of_cues)
        cue_BUE = cue_BUE * seen_BUJ.any(dim=-1)[..., None]
        return self.join_cues(cue_BUE), looked_YJ.unflatten(0, of_cues)


class Network(nn.Module):
    """Reads windows; `columns` counts those of each cue, `start` says what heads there are."""

    def __init__(self, settings: Mccl, columns: Mapping[str, int], start: Start) -> None:
        super().__init__()
        self.precision = settings.precision
        both = settings.modules == "both"
        self.patcher = Patcher(settings, columns) if settings.encoder == "patch" else None
        self.cross = Cross(settings, columns) if settings.modules != "temporal" else None
        self.temporal = Temporal(settings, columns) if settings.modules != "cross" else None
        self.projector = projector() if settings.contrasts else None
        width = EMBEDDING * (2 if both else 1)
        self.weigh = weigher(width) if settings.aggregate == "attention" else None
        self.drop = nn.Dropout(settings.dropout)
        self.head = nn.Linear(width, 1)
        nn.init.normal_(self.head.weight, std=STD)  # predictions begin around the training mean
        nn.init.constant_(self.head.bias, start.raw)
        self.heads = Heads(width, start)

    def view(self, batch: Batch) -> Views:
        """Look at windows."""
        with multiplying(self.precision, batch.keep_BW.device):
            cues = cues_of(batch)
            given = cues if self.patcher is None else self.patcher(cues)
            cross_BE = cue_BU = temporal_BE = segment_BUJ = None
            if self.cross is not None:
                cross_BE, cue_BU = (out.float() for out in self.cross(given))
            if self.temporal is not None:
                temporal_BE, segment_BUJ = (out.float() for out in self.temporal(given))
        seen_B = cues.seen_BUT.flatten(1).any(dim=1)
        return Views(cross_BE, temporal_BE, seen_B, cue_BU, segment_BUJ)

    def weights(self, embedding_GYX: Tensor, seen_GY: Tensor) -> Tensor:
        """Weigh the windows of cases (G, Y): those that saw nothing weigh nothing, if any saw."""
        open_GY = seen_GY | ~seen_GY.any(dim=1, keepdim=True)
        score_GY = torch.zeros_like(open_GY, dtype=embedding_GYX.dtype)
        if self.weigh is not None:
            score_GY = self.weigh(embedding_GYX)[..., 0]
        return score_GY.masked_fill(~open_GY, -torch.inf).softmax(dim=1)

    def case(self, embedding_GYX: Tensor, seen_GY: Tensor) -> Tensor:
        """Make the embedding of cases (G, X) of their windows'."""
        return torch.einsum("gyx,gy->gx", embedding_GYX, self.weights(embedding_GYX, seen_GY))

    def judge(self, case_GX: Tensor) -> Outputs:
        """Raw outputs of the heads: the scaled score or logit of the class, and what is beside."""
        case_GX = self.drop(case_GX)
        return self.heads(self.head(case_GX)[:, 0], case_GX)  # type: ignore[no-any-return]


def encoder_of(settings: Mccl) -> PatchEncoder | ResNetEncoder:
    """Make the encoder that the settings name."""
    return PatchEncoder(settings) if settings.encoder == "patch" else ResNetEncoder(settings)


def projector() -> nn.Sequential:
    """Make what both views pass before they are contrasted: 128-128-128 with ELU (the paper's)."""
    return nn.Sequential(nn.Linear(EMBEDDING, EMBEDDING), nn.ELU(), nn.Linear(EMBEDDING, EMBEDDING))


def weigher(width: int) -> nn.Sequential:
    """Make what scores a window among those of its case (attention MIL: Ilse et al., ICML 2018)."""
    return nn.Sequential(nn.Linear(width, EMBEDDING), nn.Tanh(), nn.Linear(EMBEDDING, 1))
