"""Judge cases: every window of a case is looked at, weighed, and one prediction is made of all."""

# S = sessions, K = cases, R = windows of all sessions, B = windows of a batch, X = width of the
# embedding, U = cues, J = segments

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ...features.types import F32, F64, I64
from ..batches import Crops, Ragged, case_means
from ..looks import Look
from ..model import Kind
from ..parallel import merged, share_of_list
from ..tensors import Batch, Resident, blank
from .config import Mccl
from .network import Network
from .readout import Readout, fit_readout
from .windows import judged


@dataclass(frozen=True, eq=False, kw_only=True)
class Embedded:
    """Windows of sessions and the cases that they make up."""

    case_KX: Tensor
    place_S: I64
    """Row in `case_KX` of each session's case."""
    crops: Crops
    """Of all windows, (R,)."""
    share_R: F64
    """Weight of each window in its case."""
    cue_RU: Tensor | None
    segment_RUJ: Tensor | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Predicted:
    """What was predicted of sessions; those of a case have its prediction."""

    out_S: F64
    """Score scaled to 0..1, or probability of the class."""
    class_S: F64 | None
    """Probability of the class, by the head beside the score."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictor:
    """The averaged network, as it judges."""

    settings: Mccl
    kind: Kind
    network: Network
    window: int
    """Frames that are read at once at most."""

    def embed(self, sessions: Ragged, resident: Resident, without: str | None = None) -> Embedded:
        """Embed the cases of sessions, as if the cue `without` had not been measured."""
        settings = self.settings
        batches = judged(sessions, window=self.window, grid=settings.patch, size=settings.batch)
        edges = np.cumsum([0, *(crops.session_B.size for crops in batches)])
        places = [slice(int(first), int(last)) for first, last in pairwise(edges)]
        own = share_of_list(range(len(batches)))
        found: list[dict[str, Tensor]] = []
        with torch.no_grad():
            for b in own or range(1):  # whoever has none still says which views there are
                batch = resident.gather(batches[b])
                found.append(
                    _named(self.network, batch if without is None else blank(batch, without))
                )

        def placed(name: str) -> Tensor | None:
            """Lay what was seen of windows in their order, that of other ranks with it."""
            if name not in found[0]:
                return None
            shape = found[0][name].shape[1:]
            all_R = torch.zeros((int(edges[-1]), *shape), device=resident.device)
            for b, one in zip(own, found, strict=False):
                all_R[places[b]] = one[name]
            return merged(all_R, resident.device)

        crops = Crops(
            np.concatenate([crops.session_B for crops in batches]),
            np.concatenate([crops.first_B for crops in batches]),
            np.concatenate([crops.words_B for crops in batches]),
        )
        embedding_RX, seen_R = placed("embedding"), placed("seen")
        assert embedding_RX is not None and seen_R is not None  # noqa: PT018
        _, place_S = np.unique(sessions.case_S, return_inverse=True)
        case_KX, share_R = self._cases(embedding_RX, seen_R > 0, place_S[crops.session_B])
        return Embedded(
            case_KX=case_KX,
            place_S=place_S,
            crops=crops,
            share_R=share_R,
            cue_RU=placed("cue"),
            segment_RUJ=placed("segment"),
        )

    def read(self, embedded: Embedded, readout: Readout | None) -> Predicted:
        """Say what the embeddings of cases mean."""
        with torch.no_grad():
            said = self.network.judge(embedded.case_KX).read(self.kind)
        out_K = _array(said.raw_B)
        if readout is not None:
            out_K = readout(embedded.case_KX.float().cpu().numpy())
        class_K = None if said.class_B is None or readout is not None else _array(said.class_B)
        place_S = embedded.place_S
        return Predicted(
            out_S=out_K[place_S], class_S=None if class_K is None else class_K[place_S]
        )

    def readout(self, training: Ragged, resident: Resident) -> Readout | None:
        """Fit what reads embeddings on the training cases; None: the network's own head does."""
        how = self.settings.read_by
        if how == "linear":
            return None
        _, y_K = case_means(training.y_S.astype(np.float64), training.case_S)
        case_KX: F32 = self.embed(training, resident).case_KX.float().cpu().numpy()
        return fit_readout(how, case_KX, y_K, self.kind)

    def looks(self, embedded: Embedded, sessions: Ragged) -> list[Look]:
        """List where each window was looked at, by session and time."""
        cues, time_s_N, rate_hz = list(sessions.vectors), sessions.time_s_N, sessions.rate_hz
        if time_s_N is None or rate_hz is None:
            return []
        crops, found = embedded.crops, []
        step = self.settings.patch if self.settings.encoder == "patch" else 1
        edge_J1 = np.arange(self.settings.segments + 1)

        def clock(first: int, stop: int) -> list[float] | None:
            """Say when the frames from `first` to before `stop` are shown."""
            if stop <= first:
                return None
            half_s = 0.5 / rate_hz
            return [float(time_s_N[first] - half_s), float(time_s_N[stop - 1] + half_s)]

        for r in np.lexsort((crops.first_B, crops.session_B)):
            first, frames = int(crops.first_B[r]), int(crops.words_B[r])
            window_s = clock(first, first + frames)
            assert window_s is not None  # it has frames
            edges = first + frames // step * edge_J1 // self.settings.segments * step
            cue_U = None if embedded.cue_RU is None else embedded.cue_RU[r].tolist()
            segment_UJ = None if embedded.segment_RUJ is None else embedded.segment_RUJ[r].tolist()
            found.append(
                Look(
                    session=int(crops.session_B[r]),
                    start_s=window_s[0],
                    stop_s=window_s[1],
                    window_share=float(embedded.share_R[r]),
                    cues={} if cue_U is None else dict(zip(cues, cue_U, strict=True)),
                    segments={} if segment_UJ is None else dict(zip(cues, segment_UJ, strict=True)),
                    edges_s=[clock(int(a), int(b)) for a, b in pairwise(edges)],
                )
            )
        return found

    def _cases(self, embedding_RX: Tensor, seen_R: Tensor, case_R: I64) -> tuple[Tensor, F64]:
        """Make one embedding of the windows of each case; give the windows' weights too."""
        cases, share_R = [], np.zeros(case_R.size)
        with torch.no_grad():
            for case in range(int(case_R.max()) + 1):
                own = np.flatnonzero(case_R == case)
                windows_1YX, seen_1Y = embedding_RX[own][None], seen_R[own][None]
                cases.append(self.network.case(windows_1YX, seen_1Y)[0])
                share_R[own] = _array(self.network.weights(windows_1YX, seen_1Y)[0])
        return torch.stack(cases), share_R


def _named(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Look at windows; name what is there."""
    views = network.view(batch)
    found = {"embedding": views.embedding_BX, "seen": views.seen_B.float()}
    if views.cue_BU is not None:
        found["cue"] = views.cue_BU
    if views.segment_BUJ is not None:
        found["segment"] = views.segment_BUJ
    return found


def _array(value: Tensor) -> F64:
    array: F64 = value.double().cpu().numpy()
    return array
