"""How sessions are read when they are judged: whole, or the long ones in overlapping windows."""

# S = sessions, R = readings: crops of all batches, B = sessions of a batch, I = items,
# T = their thresholds

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from depx.train.batches import Ragged, whole_batches
from depx.train.cases import Corpus
from depx.train.cmgvs.appraisal import represented
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.predictor import Predicted, Predictor
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.heads import Start
from depx.train.readings import Reading, reading_of, windows
from depx.train.run import TrainSettings, train
from depx.train.tensors import Resident

CPU = torch.device("cpu")
HEADS = Start(class_logit=0.5, above_IT=torch.tensor([[1.0, 0.0, -1.0], [0.5, 0.0, -2.0]]))
LENGTHS = (6, 31, 4, 10, 11, 15, 8)
CROP = 10
SHORT = [0, 2, 3, 6]


def starts(length: int, crop: int) -> list[int]:
    """Where the windows of a session begin, by a plain loop."""
    if length <= crop:
        return [0]
    found, first = [], 0
    while first + crop < length:
        found.append(first)
        first += crop - crop // 2
    return [*found, length - crop]


def part_of(sessions: Ragged, s: int, first: int, words: int) -> Ragged:
    """Make a session of its own of some words of a session."""
    begin = int(sessions.offsets_S1[s]) + first
    return replace(
        sessions,
        vectors={p: value[begin : begin + words] for p, value in sessions.vectors.items()},
        offsets_S1=np.array([0, words]),
        y_S=sessions.y_S[[s]],
        case_S=np.array([0]),
        participant_S=np.array([0]),
    )


@pytest.fixture
def predictors(
    tiny: Callable[..., CmgVs], columns: dict[str, int]
) -> Callable[..., tuple[Predictor, Predictor]]:
    """Make the same networks twice: they read sessions whole, and in windows."""

    def make(*, kind: Any = "score", batch: int = 4) -> tuple[Predictor, Predictor]:
        torch.manual_seed(3)
        settings = tiny(draws=3, crop=CROP, batch=batch)
        recogniser = Recogniser(settings, columns, HEADS).eval()
        for parameter in (recogniser.head.weight, *recogniser.heads.parameters()):
            torch.nn.init.normal_(parameter)
        whole = Predictor(
            settings=settings,
            kind=kind,
            recogniser=recogniser,
            synthesiser=Synthesiser(settings, columns).eval(),
            stream=SecondStream(shuffled=False, synthetic_V=torch.ones(4, dtype=torch.bool)),
            seed=7,
        )
        return whole, replace(whole, settings=replace(settings, evaluate="windows"))

    return make


def blinded(sessions: Ragged, *stretches: slice) -> Ragged:
    vision = sessions.vectors["vision"].copy()
    for stretch in stretches:
        vision[stretch] = np.nan
    return replace(sessions, vectors={**sessions.vectors, "vision": vision})


def heads(said: Predicted) -> list[np.ndarray]:
    assert said.class_S is not None
    assert said.above_SIT is not None
    return [said.out_S, said.class_S, said.above_SIT]


@pytest.mark.parametrize("crop", [1, 2, 7, 10, 30])
def test_windows_overlap_by_half_and_end_with_the_session(
    ragged: Callable[..., Ragged], crop: int
) -> None:
    sessions = ragged(*LENGTHS)
    expected = [
        (s, int(sessions.offsets_S1[s]) + first)
        for s, length in enumerate(LENGTHS)
        if length > crop
        for first in starts(length, crop)
    ]
    found = windows(sessions, crop)
    assert list(zip(found.session_B.tolist(), found.first_B.tolist(), strict=True)) == expected
    assert set(found.words_B.tolist()) == {crop}


def test_who_fits_in_a_window_is_read_in_the_batch_that_reads_him_whole(
    ragged: Callable[..., Ragged],
) -> None:
    sessions = ragged(*LENGTHS)
    whole = whole_batches(sessions, size=3)
    for window in (None, 31, 1000):
        reading = reading_of(sessions, size=3, window=window)
        assert reading.counts_R.all()
        for mine, its in zip(reading.batches, whole, strict=True):
            assert mine.first_B.tolist() == its.first_B.tolist()
            assert mine.words_B.tolist() == its.words_B.tolist()
    reading = reading_of(sessions, size=3, window=CROP)
    for crops, its in zip(reading.batches, whole, strict=False):
        if (its.words_B <= CROP).any():
            assert crops.first_B.tolist() == its.first_B.tolist()
        else:
            assert set(crops.words_B.tolist()) == {CROP}
    assert max(crops.words_B.size for crops in reading.batches) <= 3
    said = [
        (int(s), int(words))
        for crops in reading.batches
        for s, words in zip(crops.session_B, crops.words_B, strict=True)
    ]
    counted = [one for one, counts in zip(said, reading.counts_R, strict=True) if counts]
    assert sorted(counted) == sorted(
        (s, min(length, CROP)) for s, length in enumerate(LENGTHS) for _ in starts(length, CROP)
    )


def test_what_is_said_of_crops_is_averaged_by_session() -> None:
    rng = np.random.default_rng(0)
    session_R = np.array([2, 0, 1, 0, 1, 1, 0])
    counts_R = np.array([True, True, False, True, True, True, True])
    value_RIT = rng.standard_normal((7, 2, 3))
    found = Reading((), session_R, counts_R).means(value_RIT)
    for s in range(3):
        mine = [value_RIT[r] for r in range(7) if session_R[r] == s and counts_R[r]]
        np.testing.assert_allclose(found[s], np.mean(mine, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(found[2], value_RIT[0])


@pytest.mark.parametrize("kind", ["score", "class"])
@pytest.mark.parametrize("without", [None, "text", "vision"])
def test_a_long_session_is_the_mean_of_its_windows_each_read_as_a_session(
    predictors: Callable[..., tuple[Predictor, Predictor]],
    ragged: Callable[..., Ragged],
    kind: str,
    without: str | None,
) -> None:
    whole, windowed = predictors(kind=kind)
    sessions = ragged(*LENGTHS)
    begin = sessions.offsets_S1
    # one session has no video at all, one has none in its first window, one that fits has none
    sessions = blinded(
        sessions, slice(begin[1], begin[2]), slice(begin[4], begin[4] + CROP), slice(0, 6)
    )
    found = heads(windowed(sessions, Resident(sessions, CPU), without))
    for s, length in enumerate(LENGTHS):
        said = []
        for first in starts(length, CROP):
            one = part_of(sessions, s, first, min(CROP, length))
            said.append(heads(whole(one, Resident(one, CPU), without)))
        for head, of_head in enumerate(zip(*said, strict=True)):
            expected = np.mean([value[0] for value in of_head], axis=0)
            np.testing.assert_allclose(found[head][s], expected, rtol=1e-4, atol=1e-6)


def test_who_fits_in_a_window_is_predicted_as_with_whole_to_the_bit(
    predictors: Callable[..., tuple[Predictor, Predictor]], ragged: Callable[..., Ragged]
) -> None:
    whole, windowed = predictors()
    sessions = ragged(*LENGTHS)
    sessions = blinded(sessions, slice(0, 6))
    resident = Resident(sessions, CPU)
    longer = [s for s, length in enumerate(LENGTHS) if length > CROP]
    for mine, its in zip(
        heads(windowed(sessions, resident)), heads(whole(sessions, resident)), strict=True
    ):
        np.testing.assert_array_equal(mine[SHORT], its[SHORT])
        assert (mine[longer] != its[longer]).all()
    fits = ragged(*[LENGTHS[s] for s in SHORT])
    for mine, its in zip(
        heads(windowed(fits, Resident(fits, CPU))),
        heads(whole(fits, Resident(fits, CPU))),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, its)


def test_a_session_is_represented_by_the_mean_of_its_windows(
    predictors: Callable[..., tuple[Predictor, Predictor]], ragged: Callable[..., Ragged]
) -> None:
    whole, windowed = predictors()
    sessions = ragged(*LENGTHS)
    found_SD, whole_SD = (
        represented(one.settings, one.recogniser, sessions, Resident(sessions, CPU))
        for one in (windowed, whole)
    )
    np.testing.assert_array_equal(found_SD[SHORT], whole_SD[SHORT])
    for s, length in enumerate(LENGTHS):
        said = []
        for first in starts(length, CROP):
            one = part_of(sessions, s, first, min(CROP, length))
            said.append(represented(whole.settings, whole.recogniser, one, Resident(one, CPU)))
        np.testing.assert_allclose(found_SD[s], np.mean(said, axis=0)[0], rtol=1e-4, atol=1e-5)


def test_windows_are_read_in_validation_and_test_and_training_is_the_same(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(10, words=(8, 30)))
    tables, curves = {}, {}
    for evaluate in ("whole", "windows"):
        place, model = tmp_path / evaluate, tiny(epochs=1, crop=10, evaluate=evaluate)
        settings = TrainSettings(probes=False, model=model, folds=2, device="cpu")
        train([data], place, settings, report=print, tell=lambda _: None)
        tables[evaluate] = pq.read_table(place / "predictions.parquet").to_pandas()
        curves[evaluate] = (place / "curves.csv").read_text().splitlines()
    apart = (tables["whole"]["y_hat"] - tables["windows"]["y_hat"]).abs()
    assert apart.max() > 1e-6
    header = curves["whole"][0].split(",")
    for one, two in zip(curves["whole"][1:], curves["windows"][1:], strict=True):
        rows = [dict(zip(header, line.split(","), strict=True)) for line in (one, two)]
        same = {name for name in header if rows[0][name] == rows[1][name]}
        assert {"task", "elbo"} <= same
        assert "validation_mse" not in same
