"""What the averaged networks make of the test sessions, beside their predictions.

Representations of the sessions, and how real the synthesised face looks (`quality`).
"""

# N = words of all sessions, S = sessions, W = words, V = visual columns, K = draws, D = width,
# Z = latent width, L = latents

import numpy as np
import torch
from torch import Tensor

from ...features.types import F32
from ..batches import Ragged, rows, whole_batches
from ..checkpoint import Row
from ..columns import VALID
from ..readings import reading_of
from ..tensors import Batch, Resident
from .config import CmgVs
from .predictor import Predictor
from .quality import quality
from .recogniser import Recogniser
from .synthesiser import Synthesiser


def represented(
    settings: CmgVs, recogniser: Recogniser, sessions: Ragged, resident: Resident
) -> F32:
    """Represent sessions on their real vision, as the heads read them: (S, D).

    A session that is read in windows is represented by their mean.
    """
    reading = reading_of(sessions, size=settings.batch, window=settings.window)
    parts = []
    with torch.no_grad():
        for crops in reading.batches:
            batch = resident.gather(crops)
            heard = recogniser.listen(batch)
            parts.append(recogniser.represent(heard, batch.vectors.get("vision")).cpu())
    return reading.means(torch.cat(parts).double().numpy()).astype(np.float32)


def synthesis(predictor: Predictor, sessions: Ragged, resident: Resident) -> list[Row]:
    """Compare what is synthesised for whole sessions with their measured faces.

    How much of a word was measured is nothing of a face, and left out.

    Returns
    -------
    list of rows
        As `quality` gives them; empty where there is no synthesiser, or no face was measured.
    """
    synthesiser = predictor.synthesiser
    if synthesiser is None or not np.isfinite(sessions.vectors["vision"]).any():
        return []
    face_V = [v for v, name in enumerate(sessions.names["vision"]) if name != VALID]
    real_NV = np.take(sessions.vectors["vision"], face_V, axis=1)
    noise_KWZ = predictor.noise(int(sessions.lengths.max()), resident.device)
    rebuilt_NV = np.empty_like(real_NV)
    draws_KNV = np.empty((len(noise_KWZ), *real_NV.shape), dtype=np.float32)
    with torch.no_grad():
        for crops in whole_batches(sessions, size=predictor.settings.batch):
            batch, row_N = resident.gather(crops), rows(crops.first_B, crops.words_B)
            rebuilt_BWV = _rebuilt(synthesiser, batch, noise_KWZ[0])
            rebuilt_NV[row_N] = _flat(rebuilt_BWV[..., face_V], batch)
            for k, noise_WZ in enumerate(noise_KWZ):
                drawn_BWV = synthesiser.imagine(batch, noise_WZ)
                draws_KNV[k, row_N] = _flat(drawn_BWV[..., face_V], batch)
    made = {"posterior": rebuilt_NV, "prior": draws_KNV[0]}
    names = [sessions.names["vision"][v] for v in face_V]
    return quality(real_NV, made, draws_KNV, sessions.offsets_S1, names)


def _rebuilt(synthesiser: Synthesiser, batch: Batch, noise_WZ: Tensor) -> Tensor:
    """Vision (B, W, V) decoded from a sample of the posterior of the measured one."""
    context = synthesiser.context(batch)
    mean_BLZ, log_variance_BLZ = synthesiser.encode(batch.vectors["vision"], batch.keep_BW, context)
    noise_LZ = noise_WZ[: mean_BLZ.shape[1]]
    latent_BLZ = mean_BLZ + (0.5 * log_variance_BLZ).exp() * noise_LZ
    return synthesiser.decode(latent_BLZ, batch.keep_BW, context)


def _flat(value_BWV: Tensor, batch: Batch) -> F32:
    """Lay the words of a batch one session after the other, without padding."""
    flat_NV: F32 = value_BWV[batch.keep_BW].float().cpu().numpy()
    return flat_NV
