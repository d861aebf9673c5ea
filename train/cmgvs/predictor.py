"""Predictions of whole sessions by averaged weights; a session without video is imagined.

Where no visual column of a session was measured, vision is drawn from the synthesiser's prior a few
times and the predictions are averaged.  Without a synthesiser the recogniser reads "not measured".
The draws are the same for every session, so that none depends on those beside it.
"""

# S = sessions, B = sessions of a batch, W = words, K = draws, Z = latent width

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...features.types import F64
from ..batches import Ragged, whole_batches
from ..model import Kind
from ..parallel import merged, share_of_list
from ..tensors import Batch, Resident
from .config import CmgVs
from .recogniser import Recogniser
from .streams import SecondStream
from .synthesiser import Synthesiser, seen_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictor:
    """Both networks, as they judge."""

    settings: CmgVs
    kind: Kind
    recogniser: Recogniser
    synthesiser: Synthesiser | None
    stream: SecondStream
    seed: int
    """Of the draws from the prior."""

    def __call__(self, sessions: Ragged, resident: Resident, without: str | None = None) -> F64:
        """Predict whole sessions.

        Parameters
        ----------
        sessions : Ragged
        resident : Resident
            The same on the device.
        without : str or None
            A part of the model that is not to be read, as if it had not been measured.

        Returns
        -------
        float64 array of shape (S,)
            Score scaled to 0..1, or probability of the class.
        """
        out_S = np.zeros(sessions.sessions, dtype=np.float64)
        noise_KWZ = self._noise(int(sessions.lengths.max()), resident.device)
        with torch.no_grad():
            for crops in share_of_list(whole_batches(sessions, size=self.settings.batch)):
                batch = resident.gather(crops)
                if without is not None:
                    batch = _blank(batch, without)
                out_S[crops.session_B] = self._judge(batch, noise_KWZ).double().cpu().numpy()
        return merged(out_S, resident.device)

    def _noise(self, words: int, device: torch.device) -> Tensor:
        """Draw latents; those of the first words are the same however many there are."""
        shape = (words, self.settings.draws, self.settings.latent_width)
        noise_WKZ = np.random.default_rng(self.seed).standard_normal(shape).astype(np.float32)
        return torch.as_tensor(noise_WKZ, device=device).transpose(0, 1)

    def _judge(self, batch: Batch, noise_KWZ: Tensor) -> Tensor:
        heard_B1D = self.recogniser.listen(batch)
        vision_BWV = batch.vectors.get("vision")
        out_B = self._scaled(self.recogniser.judge(heard_B1D, vision_BWV, batch.keep_BW))
        if self.synthesiser is None or vision_BWV is None:
            return out_B
        blind_B = ~seen_of(vision_BWV, batch.keep_BW).any(dim=1)
        if not blind_B.any():
            return out_B
        blind = _only(batch, blind_B)
        draws = [
            self._scaled(
                self.recogniser.judge(
                    heard_B1D[blind_B],
                    self.stream(blind, self.synthesiser.imagine(blind, noise_WZ)),
                    blind.keep_BW,
                )
            )
            for noise_WZ in noise_KWZ
        ]
        out_B[blind_B] = torch.stack(draws).mean(dim=0)
        return out_B

    def _scaled(self, raw_B: Tensor) -> Tensor:
        return raw_B.sigmoid() if self.kind == "class" else raw_B


def _blank(batch: Batch, part: str) -> Batch:
    """Take a part away, as if nothing of it had been measured."""
    unknown_BWC = torch.full_like(batch.vectors[part], float("nan"))
    return replace(batch, vectors={**batch.vectors, part: unknown_BWC})


def _only(batch: Batch, chosen_B: Tensor) -> Batch:
    """Keep some sessions of a batch."""
    vectors: Mapping[str, Tensor] = {p: value[chosen_B] for p, value in batch.vectors.items()}
    return Batch(
        vectors=vectors,
        keep_BW=batch.keep_BW[chosen_B],
        y_B=batch.y_B[chosen_B],
        weight_B=batch.weight_B[chosen_B],
        participant_B=batch.participant_B[chosen_B],
    )
