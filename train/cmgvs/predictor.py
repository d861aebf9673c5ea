"""Predictions of sessions by averaged weights; a session without video is imagined.

Sessions are read whole, or the long ones in windows whose predictions are averaged (`readings`).
Where no visual column of what is read at once was measured, vision is drawn from the synthesiser's
prior a few times and the predictions are averaged.  Without a synthesiser nothing is read there.
The draws are the same for every session and window, so that none depends on those beside it.
"""

# S = sessions, R = their crops in all batches, B = sessions of a batch, W = words, K = draws,
# Z = latent width, I = items, T = their thresholds

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...features.types import F64
from ..batches import Ragged
from ..items import Items
from ..learning.blocks import seen_of
from ..learning.heads import Outputs
from ..model import Kind
from ..parallel import merged, share_of_list
from ..readings import reading_of
from ..tensors import Batch, Resident, blank
from .config import CmgVs
from .recogniser import Recogniser
from .streams import SecondStream
from .synthesiser import Synthesiser


@dataclass(frozen=True, eq=False)
class Predicted:
    """What was predicted of sessions."""

    out_S: F64
    """Score scaled to 0..1, or probability of the class."""
    class_S: F64 | None
    """Probability of the class, by the head beside the score."""
    above_SIT: F64 | None
    """Probability of an answer above each threshold of an item."""


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

    def __call__(
        self, sessions: Ragged, resident: Resident, without: str | None = None
    ) -> Predicted:
        """Predict sessions, whole or in windows as the settings have it.

        Parameters
        ----------
        sessions : Ragged
        resident : Resident
            The same on the device.
        without : str or None
            A part of the model that is not to be read, as if it had not been measured.
        """
        noise_KWZ = self.noise(int(sessions.lengths.max()), resident.device)
        reading = reading_of(sessions, size=self.settings.batch, window=self.settings.window)
        row_R = np.arange(reading.session_R.size)
        rows = np.split(row_R, np.cumsum([crops.session_B.size for crops in reading.batches])[:-1])
        own = share_of_list(range(len(rows)))
        parts = []
        with torch.no_grad():
            for b in own or range(1):  # whoever has none still says which heads there are
                batch = resident.gather(reading.batches[b])
                if without is not None:
                    batch = blank(batch, without)
                parts.append(self._judge(batch, noise_KWZ))

        def placed(*of_parts: Tensor) -> Tensor:
            """Lay what was said of crops in their order, that of other ranks with it."""
            value_B = torch.cat(of_parts).double().cpu()
            value_R = torch.zeros((row_R.size, *value_B.shape[1:]), dtype=torch.float64)
            if own:
                value_R[np.concatenate([rows[b] for b in own])] = value_B
            return merged(value_R, resident.device)

        said = parts[0].each(placed, *parts[1:])
        return Predicted(
            out_S=reading.means(_array(said.raw_B)),
            class_S=None if said.class_B is None else reading.means(_array(said.class_B)),
            above_SIT=None if said.above_BIT is None else reading.means(_array(said.above_BIT)),
        )

    def noise(self, words: int, device: torch.device) -> Tensor:
        """Draw latents (K, W, Z); those of the first words are the same however many there are."""
        shape = (words, self.settings.draws, self.settings.latent_width)
        noise_WKZ = np.random.default_rng(self.seed).standard_normal(shape).astype(np.float32)
        return torch.as_tensor(noise_WKZ, device=device).transpose(0, 1)

    def _judge(self, batch: Batch, noise_KWZ: Tensor) -> Outputs:
        heard = self.recogniser.listen(batch)
        vision_BWV = batch.vectors.get("vision")
        out = self.recogniser.judge(heard, vision_BWV).read(self.kind)
        if self.synthesiser is None or vision_BWV is None:
            return out
        blind_B = ~seen_of(vision_BWV, batch.keep_BW).any(dim=1)
        if not blind_B.any():
            return out
        blind = _only(batch, blind_B)
        heard = heard.only(blind_B)
        draws = [
            self.recogniser.judge(
                heard, self.stream(blind, self.synthesiser.imagine(blind, noise_WZ))
            ).read(self.kind)
            for noise_WZ in noise_KWZ
        ]
        mean = draws[0].each(lambda *of_draws: torch.stack(of_draws).mean(dim=0), *draws[1:])
        return out.each(lambda seen, drawn: seen.index_put((blind_B,), drawn), mean)


def answers(above_SIT: F64 | None, items: Items | None) -> F64 | None:
    """Expect (S, I) of each item the lowest answer, and a step for each threshold passed."""
    if above_SIT is None or items is None:
        return None
    expected_SI: F64 = items.low + above_SIT.sum(axis=-1)
    return expected_SI


def _only(batch: Batch, chosen_B: Tensor) -> Batch:
    """Keep some sessions of a batch."""
    vectors: Mapping[str, Tensor] = {p: value[chosen_B] for p, value in batch.vectors.items()}
    return Batch(
        vectors=vectors,
        keep_BW=batch.keep_BW[chosen_B],
        y_B=batch.y_B[chosen_B],
        weight_B=batch.weight_B[chosen_B],
        participant_B=batch.participant_B[chosen_B],
        positive_B=batch.positive_B[chosen_B],
        level_BI=batch.level_BI[chosen_B],
    )


def _array(value_R: Tensor) -> F64:
    array: F64 = value_R.double().numpy()
    return array
