"""Sessions without video are imagined, those with video are read as they are."""

# B = sessions, W = words, S = sessions

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from depx.train.batches import Ragged, select, whole_batches
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.predictor import Predictor
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.heads import Start
from depx.train.tensors import Resident

CPU = torch.device("cpu")


@pytest.fixture
def predictor(tiny: Callable[..., CmgVs], columns: dict[str, int]) -> Callable[..., Predictor]:
    def make(
        *, blind: bool = False, kind: Any = "score", start: Start | None = None, **settings: object
    ) -> Predictor:
        torch.manual_seed(3)
        chosen = tiny(layers=2, draws=5, **settings)
        recogniser = Recogniser(chosen, columns, start).eval()
        torch.nn.init.normal_(recogniser.head.weight)
        return Predictor(
            settings=chosen,
            kind=kind,
            recogniser=recogniser,
            synthesiser=None if blind else Synthesiser(chosen, columns).eval(),
            stream=SecondStream(shuffled=False, synthetic_V=torch.ones(4, dtype=torch.bool)),
            seed=7,
        )

    return make


def without_video(sessions: Ragged, *which: int) -> Ragged:
    vision = sessions.vectors["vision"].copy()
    for s in which:
        vision[sessions.offsets_S1[s] : sessions.offsets_S1[s + 1]] = np.nan
    return replace(sessions, vectors={**sessions.vectors, "vision": vision})


def ask(predictor: Predictor, sessions: Ragged, without: str | None = None) -> np.ndarray:
    return predictor(sessions, Resident(sessions, CPU), without).out_S


@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("kind", ["score", "class"])
def test_a_session_without_video_is_the_mean_over_draws_of_the_prior(
    predictor: Callable[..., Predictor], ragged: Callable[..., Ragged], latent: str, kind: str
) -> None:
    asked = predictor(latent=latent, kind=kind)
    sessions = without_video(ragged(6, 9, 7), 1)
    one = select(sessions, np.array([1]))
    (crops,) = whole_batches(one, size=1)
    batch = Resident(one, CPU).gather(crops)
    noise_WKZ = np.random.default_rng(7).standard_normal((9, 5, 3)).astype(np.float32)
    outs = []
    assert asked.synthesiser is not None
    with torch.no_grad():
        for k in range(5):
            latents = torch.from_numpy(noise_WKZ[:, k])[None]
            latents = latents[:, :1] if latent == "global" else latents
            context = asked.synthesiser.context(batch)
            seen = asked.synthesiser.decode(latents, batch.keep_BW, context)
            vectors = {**batch.vectors, "vision": seen}
            raw = asked.recogniser(replace(batch, vectors=vectors)).raw_B
            outs.append(raw.sigmoid() if kind == "class" else raw)
    assert ask(asked, sessions)[1] == pytest.approx(float(torch.stack(outs).mean()), rel=1e-4)
    assert np.std([float(out) for out in outs]) > 0


def test_a_prediction_does_not_depend_on_the_sessions_beside_it(
    predictor: Callable[..., Predictor], ragged: Callable[..., Ragged]
) -> None:
    sessions = without_video(ragged(6, 9, 7, 30), 0, 2)
    together = ask(predictor(), sessions)
    for s in range(4):
        alone = ask(predictor(), select(sessions, np.array([s])))
        assert alone[0] == pytest.approx(together[s], rel=1e-4)


def test_a_session_with_video_is_read_as_it_is(
    predictor: Callable[..., Predictor], ragged: Callable[..., Ragged]
) -> None:
    sessions = ragged(6, 9)
    np.testing.assert_allclose(ask(predictor(), sessions), ask(predictor(blind=True), sessions))
    lost = without_video(sessions, 0)
    one, two = ask(predictor(), lost), ask(predictor(blind=True), lost)
    assert one[0] != pytest.approx(two[0], rel=1e-3)
    assert one[1] == pytest.approx(two[1], rel=1e-5)


def test_the_heads_beside_the_score_are_averaged_over_the_same_draws(
    predictor: Callable[..., Predictor], ragged: Callable[..., Ragged]
) -> None:
    start = Start(class_logit=0.5, above_IT=torch.tensor([[1.0, 0.0, -1.0]]))
    asked = predictor(start=start)
    for parameter in asked.recogniser.heads.parameters():
        torch.nn.init.normal_(parameter)
    sessions = without_video(ragged(6, 9, 7), 1)
    found = asked(sessions, Resident(sessions, CPU))
    assert found.class_S is not None
    assert found.above_SIT is not None
    assert (found.above_SIT.shape, found.out_S.shape) == ((3, 1, 3), (3,))
    for s in range(3):
        one = select(sessions, np.array([s]))
        (crops,) = whole_batches(one, size=1)
        batch = Resident(one, CPU).gather(crops)
        outs = []
        noise_WKZ = np.random.default_rng(7).standard_normal((9, 5, 3)).astype(np.float32)
        for k in range(5 if s == 1 else 1):
            vectors = dict(batch.vectors)
            with torch.no_grad():
                if s == 1:
                    assert asked.synthesiser is not None
                    noise = torch.from_numpy(noise_WKZ[:, k])
                    vectors["vision"] = asked.synthesiser.imagine(batch, noise)
                outs.append(asked.recogniser(replace(batch, vectors=vectors)))
        p = torch.stack([out.class_B.sigmoid() for out in outs]).mean()
        above_IT = torch.stack([out.above_BIT[0].sigmoid() for out in outs]).mean(dim=0)
        assert found.class_S[s] == pytest.approx(float(p), rel=1e-4)
        np.testing.assert_allclose(found.above_SIT[s], above_IT.numpy(), rtol=1e-4)


def test_a_dropped_modality_is_as_if_it_had_not_been_measured(
    predictor: Callable[..., Predictor], ragged: Callable[..., Ragged]
) -> None:
    sessions = ragged(6, 9)
    for part in ("text", "acoustic", "vision"):
        unknown = np.full_like(sessions.vectors[part], np.nan)
        lost = replace(sessions, vectors={**sessions.vectors, part: unknown})
        dropped = ask(predictor(), sessions, part)
        np.testing.assert_allclose(dropped, ask(predictor(), lost), rtol=1e-5)
        assert np.abs(dropped - ask(predictor(), sessions)).min() > 1e-4
