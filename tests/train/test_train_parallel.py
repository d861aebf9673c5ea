"""Two ranks make the step of one process on the whole batch: gradients, losses, predictions.

The file is also the program that a rank runs: ``python test_train_parallel.py FOLDER RANK RANKS``.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributed

from depx.errors import RankError
from depx.train import parallel
from depx.train.batches import Crops, Ragged, whole_batches
from depx.train.checkpoint import Keeper, Row
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.predictor import Predictor
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.steps import Alternate, Elbo, Joint
from depx.train.cmgvs.streams import SecondStream, of_others
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.items import Items
from depx.train.learning import schedule
from depx.train.learning.heads import Start
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task
from depx.train.mccl.config import Mccl
from depx.train.mccl.fit import Step
from depx.train.mccl.network import Network
from depx.train.mccl.predictor import Predictor as CasePredictor
from depx.train.mccl.windows import examples
from depx.train.tensors import Resident

COLUMNS = {"text": 6, "acoustic": 5, "vision": 4}
ALL = SecondStream(shuffled=False, synthetic_V=torch.ones(4, dtype=torch.bool))
BATCHES = {"five, so that one stands in": [0, 1, 2, 3, 4], "one, so that a rank has none": [2]}
ARMS: dict[str, dict[str, Any]] = {
    f"{optimise} {loss}": {"optimise": optimise, "loss": loss}
    for optimise in ("alternate", "joint")
    for loss in ("mse", "ccc")
} | {
    "class": {"kind": "class"},
    "global latent": {"latent": "global", "optimise": "joint"},
    "prior": {"aug_source": "prior", "loss": "mse+ccc"},
    "elbo": {"stage": "elbo"},
    "heads": {"class_weight": 0.5, "item_weight": 0.5, "optimise": "joint"},
}
HEADS = Start(class_logit=0.2, above_IT=torch.tensor([[1.0, 0.0, -1.0], [0.5, -0.5, -1.5]]))
FREE_BITS = 0.3  # between the dimensions' divergences: some are clamped, by the mean of the batch

Found = dict[str, Tensor]


def gradients(ragged: Ragged, chosen: list[int], arm: dict[str, Any]) -> Found:
    """Make one step; give what each network's optimiser got, and the losses."""
    arm = dict(arm)
    kind, stage = arm.pop("kind", "score"), arm.pop("stage", "task")
    settings = CmgVs(
        width=16, heads=2, layers=1, latent_width=3, dropout=0.0, free_bits=FREE_BITS, **arm
    )
    torch.manual_seed(0)
    start = HEADS if settings.class_weight else Start()
    recogniser = Learner(Recogniser(settings, COLUMNS, start), settings, 10)
    synthesiser = Learner(Synthesiser(settings, COLUMNS), settings, 10)
    found: Found = {}

    def add_up_and_keep(parameters: list[Tensor]) -> None:
        parallel.add_up_gradients(parameters)
        whose = "recogniser" if parameters is recogniser.parameters else "synthesiser"
        for p, parameter in enumerate(parameters):
            if parameter.grad is not None:
                found[f"{whose} {p}"] = parameter.grad.clone()

    step: Any = Elbo(settings, synthesiser)
    if stage == "task":
        steps = {"joint": Joint, "alternate": Alternate}[settings.optimise]
        task = Task(
            kind,
            settings.loss,
            class_weight=settings.class_weight,
            item_weight=settings.item_weight,
        )
        step = steps(settings, task, recogniser, synthesiser, ALL)
    chosen_B = np.array(chosen)
    crops = Crops(
        session_B=chosen_B,
        first_B=ragged.offsets_S1[chosen_B],
        words_B=ragged.lengths[chosen_B],
    )
    batch = parallel.share(Resident(ragged, torch.device("cpu")), crops)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "add_up_gradients", add_up_and_keep)
        patch.setattr(torch, "randn_like", lambda like: torch.full_like(like, 0.7))
        return {**step(batch, beta=0.5, aug=0.7), **found}


def predictions(ragged: Ragged) -> Found:
    settings = CmgVs(width=16, heads=2, layers=1, latent_width=3, batch=2)
    torch.manual_seed(0)
    predictor = Predictor(
        settings=settings,
        kind="score",
        recogniser=Recogniser(settings, COLUMNS, HEADS).eval(),
        synthesiser=Synthesiser(settings, COLUMNS).eval(),
        stream=ALL,
        seed=0,
    )
    said = predictor(ragged, Resident(ragged, torch.device("cpu")))
    return {"out": torch.tensor(said.out_S), "class": torch.tensor(said.class_S)}


def of_frames(ragged: Ragged) -> dict[str, Found]:
    """Make a step of MCCL, and judge, on the same numbers read as frames of two cues."""
    settings = Mccl(
        patch=1, width=8, heads=2, layers=1, dropout=0.0, windows=2, aggregate="attention",
        batch=6, window_s=2.0,
    )  # fmt: skip
    frames = replace(ragged, rate_hz=3.0)
    columns = {part: COLUMNS[part] for part in ragged.vectors}
    torch.manual_seed(0)
    learner = Learner(Network(settings, columns, Start(class_logit=0.2)), settings, 10)
    found: Found = {}

    def add_up_and_keep(parameters: list[Tensor]) -> None:
        parallel.add_up_gradients(parameters)
        gradients = {str(p): one.grad for p, one in enumerate(parameters) if one.grad is not None}
        found.update({name: gradient.clone() for name, gradient in gradients.items()})

    window = settings.window(3.0)
    crops = examples(
        frames, window=window, grid=1, together=2, size=100, rng=np.random.default_rng(0)
    )
    resident = Resident(frames, torch.device("cpu"))
    batch = parallel.share(resident, crops[0], together=2)
    predictor = CasePredictor(
        settings=settings, kind="score", network=learner.averaged, window=window
    )
    embedded = predictor.embed(frames, resident)
    said = {"cases": embedded.case_KX, "windows": torch.tensor(embedded.share_R)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "add_up_gradients", add_up_and_keep)
        losses = Step(settings, Task("score", "huber", 0.1), learner)(batch)
    return {"frames": {**found, **losses}, "cases": said}


def all_of(ragged: Ragged) -> dict[str, Found]:
    steps = {
        f"{arm}, {batch}": gradients(ragged, chosen, of_arm)
        for arm, of_arm in ARMS.items()
        for batch, chosen in BATCHES.items()
    }
    return {**steps, **of_frames(ragged), "predictions": predictions(ragged)}


class Fit:
    """What a checkpoint holds of a fit, for `resumed`."""

    curve: list[Row]

    def __init__(self) -> None:
        self.curve = []
        self.weight = torch.zeros(1)

    def state(self) -> dict[str, Any]:
        return {"weight": self.weight, "curve": self.curve}

    def restore(self, state: dict[str, Any]) -> None:
        self.weight, self.curve = state["weight"], state["curve"]


def resumed(folder: Path) -> float:
    """Resume from the first rank's checkpoint, which no other rank can read."""
    first = parallel.here()[0] == 0
    place = folder / "checkpoint" if first else folder / "nowhere"
    keeper = Keeper(place, {}, every_s=0.0, tell=lambda _: None)
    fit = Fit()
    if first:
        fit.weight += 4.0
        fit.curve = [{"stage": "task", "epoch": 1}]
        keeper.keep(fit)
        fit = Fit()
    keeper.resume(fit)
    return float(fit.weight)


def main(folder: Path, rank: int, ranks: int) -> None:
    """Do all as one of several ranks."""
    store = distributed.FileStore(str(folder / "store"), ranks)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=ranks)
    torch.set_num_threads(1)
    ragged = pickle.loads((folder / "ragged").read_bytes())
    found: dict[str, Any] = all_of(ragged)
    found["resumed"] = resumed(folder)
    rng = np.random.default_rng(0)
    parallel.diverge(rng)
    moments = torch.tensor([1.0 + rank, 5.0]), torch.tensor(7)
    parallel.average(moments)
    found["moments"] = moments
    found["draws"], found["next number"] = torch.rand(3), rng.random()
    if rank == 1:
        (folder / "1").write_bytes(pickle.dumps(found))
        os._exit(9)  # as if it were killed: the first rank finds itself alone
    try:
        for _ in range(100):  # what was sent before may still arrive
            parallel.summed(torch.ones(1))
    except RankError as error:
        found["alone"] = str(error)
    (folder / "0").write_bytes(pickle.dumps(found))
    os._exit(0)


@pytest.fixture(scope="module")
def sessions() -> Ragged:
    rng = np.random.default_rng(0)
    lengths = np.array([3, 9, 6, 4, 7])
    vectors = {p: rng.standard_normal((29, c)).astype(np.float32) for p, c in COLUMNS.items()}
    for value_NC in vectors.values():
        value_NC[rng.random(value_NC.shape) < 0.1] = np.nan
    vectors["vision"][18:22] = np.nan  # the fourth session has no video
    return Ragged(
        vectors=vectors,
        offsets_S1=np.concatenate([[0], np.cumsum(lengths)]),
        y_S=np.array([0.0, 1.0, 1.0, 0.0, 1.0], np.float32),
        case_S=np.array([0, 0, 1, 2, 3]),  # the first two share one
        participant_S=np.array([0, 0, 1, 2, 3]),
        names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in COLUMNS.items()},
        positive_S=np.array([1, 0, np.nan, 1, 0], dtype=np.float32),
        items=Items(names=("one", "other"), low=0, high=3, whole=False),
        level_SI=np.array([[0, 3], [1, np.nan], [2, 2], [3, 1], [np.nan, 0]], dtype=np.float32),
    )


@pytest.fixture(scope="module")
def alone(sessions: Ragged) -> dict[str, Found]:
    return all_of(sessions)


@pytest.fixture(scope="module")
def two(sessions: Ragged, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Let two processes do the same together; what each found."""
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "ragged").write_bytes(pickle.dumps(sessions))
    running = [
        subprocess.Popen([sys.executable, __file__, str(folder), str(rank), "2"])
        for rank in range(2)
    ]
    assert [process.wait(timeout=300) for process in running] == [0, 9]
    return [pickle.loads((folder / str(rank)).read_bytes()) for rank in range(2)]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("arm", ARMS)
def test_the_step_of_two_ranks_is_that_of_one_on_the_whole_batch(
    alone: dict[str, Found], two: list[dict[str, Any]], arm: str, batch: str
) -> None:
    name = f"{arm}, {batch}"
    for found in two:
        assert found[name].keys() == alone[name].keys()
        for of, tensor in alone[name].items():
            torch.testing.assert_close(found[name][of], tensor, rtol=1e-4, atol=2e-6, msg=of)


@pytest.mark.parametrize("what", ["frames", "cases"])
def test_two_ranks_train_and_judge_cases_of_several_windows_as_one(
    alone: dict[str, Found], two: list[dict[str, Any]], what: str
) -> None:
    for found in two:
        assert found[what].keys() == alone[what].keys()
        for of, tensor in alone[what].items():
            torch.testing.assert_close(found[what][of], tensor, rtol=1e-4, atol=2e-6, msg=of)
    moving = [tensor for tensor in alone["frames"].values() if tensor.abs().max() > 1e-6]
    assert len(moving) > 0.9 * len(alone["frames"])


def test_the_steps_compared_have_gradients(alone: dict[str, Found]) -> None:
    (batch, _) = BATCHES
    for arm in ARMS:
        found = alone[f"{arm}, {batch}"]
        silent = [of for of, tensor in found.items() if not tensor.abs().max() > 1e-5]
        assert len(silent) < len(found) / 4, arm


def test_both_ranks_have_the_same_gradients_to_the_byte(two: list[dict[str, Any]]) -> None:
    for arm in ARMS:
        for batch in BATCHES:
            first, second = (found[f"{arm}, {batch}"] for found in two)
            assert all(torch.equal(tensor, second[of]) for of, tensor in first.items())


def test_both_ranks_have_all_predictions(
    alone: dict[str, Found], two: list[dict[str, Any]]
) -> None:
    for found in two:
        torch.testing.assert_close(found["predictions"], alone["predictions"])
    assert torch.equal(two[0]["predictions"]["out"], two[1]["predictions"]["out"])


def test_a_rank_that_follows_resumes_from_the_first_ones_checkpoint(
    two: list[dict[str, Any]],
) -> None:
    assert [found["resumed"] for found in two] == [4.0, 4.0]


def test_ranks_draw_apart_while_their_batches_stay_alike(two: list[dict[str, Any]]) -> None:
    assert not torch.equal(two[0]["draws"], two[1]["draws"])
    assert two[0]["next number"] == two[1]["next number"]


def test_moments_are_the_mean_of_both_ranks(two: list[dict[str, Any]]) -> None:
    for found in two:
        assert [one.tolist() for one in found["moments"]] == [[1.5, 5.0], 7]


def test_a_rank_left_alone_says_so_in_one_line(two: list[dict[str, Any]]) -> None:
    assert "beside this one has ended" in two[0]["alone"]


@pytest.mark.parametrize("size", [2, 3, 4])
def test_crops_are_dealt_once_alike_and_equally_many(
    ragged: Callable[..., Ragged], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    lengths = [31, 5, 17, 23, 11, 29, 8]
    sessions = ragged(*lengths)
    resident = Resident(sessions, torch.device("cpu"))
    (crops,) = whole_batches(sessions, size=len(lengths))
    shares = []
    for rank in range(size):
        monkeypatch.setattr(parallel, "here", lambda rank=rank: (rank, size))
        shares.append(parallel.share(resident, crops))
    assert {share.y_B.shape[0] for share in shares} == {-(-len(lengths) // size)}
    dealt = torch.cat([share.participant_B[share.weight_B > 0] for share in shares])
    assert sorted(dealt.tolist()) == list(range(len(lengths)))
    longest = [share.keep_BW.shape[1] for share in shares]
    assert max(longest) - min(longest) <= 31 - 17  # the longest three or fewer are dealt apart
    for share in shares:
        stands_in = share.weight_B == 0
        assert all(value[stands_in].isnan().all() for value in share.vectors.values())
        assert share.keep_BW[stands_in].sum() == stands_in.sum()


def test_a_stand_in_is_nobodys_partner(
    ragged: Callable[..., Ragged], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = ragged(4, 4, 4)
    monkeypatch.setattr(parallel, "here", lambda: (1, 2))
    (crops,) = whole_batches(sessions, size=3)
    batch = parallel.share(Resident(sessions, torch.device("cpu")), crops)
    assert batch.weight_B.tolist() == [1.0, 0.0]
    made = torch.ones(2, 4, 4)
    assert of_others(batch, made)[0].isnan().all()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
