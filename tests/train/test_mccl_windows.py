"""Windows: what an epoch shows, and what a case is judged by."""

# S = sessions, B = windows of a batch

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from depx.train.batches import Crops, Ragged, rows
from depx.train.mccl.windows import count_batches, examples, judged

GRID, WINDOW = 2, 24


def epoch(sessions: Ragged, *, together: int = 1, size: int = 4, seed: int = 0) -> list[Crops]:
    return examples(
        sessions,
        window=WINDOW,
        grid=GRID,
        together=together,
        size=size,
        rng=np.random.default_rng(seed),
    )


@pytest.fixture
def sessions(filming: Callable[..., Ragged]) -> Ragged:
    """Cases of one and several sessions, shorter and longer than a window."""
    made = filming(3, 12, 13, 40, 5, 7, 31)
    case_S = np.array([0, 1, 2, 3, 4, 4, 4])
    return replace(made, case_S=case_S, participant_S=case_S)


@pytest.mark.parametrize("together", [1, 2, 3])
def test_an_example_is_windows_of_one_case_that_weighs_as_much_as_any(
    sessions: Ragged, together: int
) -> None:
    weight_K = np.zeros(5)
    batches = epoch(sessions, together=together, size=6)
    for crops in batches:
        case_GY = sessions.case_S[crops.session_B].reshape(-1, together)
        assert (case_GY == case_GY[:, :1]).all()
        assert crops.weight_B is not None
        np.add.at(weight_K, case_GY[:, 0], crops.weight_B[::together])
    np.testing.assert_allclose(weight_K, 1.0, rtol=1e-6)
    assert len(batches) == count_batches(sessions, window=WINDOW, together=together, size=6)


def test_windows_lie_within_their_session_on_the_grid(sessions: Ragged) -> None:
    for crops in epoch(sessions):
        first_B = crops.first_B - sessions.offsets_S1[crops.session_B]
        length_B = sessions.lengths[crops.session_B]
        assert (first_B % GRID == 0).all()
        assert (first_B >= 0).all()
        assert (first_B + crops.words_B <= length_B).all()
        assert (crops.words_B == np.minimum(length_B, WINDOW)).all()


def test_epochs_together_show_every_frame_of_an_interview(sessions: Ragged) -> None:
    shown = np.zeros(sessions.offsets_S1[-1], dtype=int)
    for seed in range(12):
        for crops in epoch(sessions, seed=seed):
            np.add.at(shown, rows(crops.first_B, crops.words_B), 1)
    assert shown.min() > 0
    firsts = [{int(f) for crops in epoch(sessions, seed=s) for f in crops.first_B} for s in (0, 1)]
    assert firsts[0] != firsts[1]


def test_batches_are_as_many_in_every_epoch_and_no_larger_than_asked(sessions: Ragged) -> None:
    for seed in range(5):
        batches = epoch(sessions, seed=seed)
        assert len(batches) == count_batches(sessions, window=WINDOW, together=1, size=4)
        assert max(crops.session_B.size for crops in batches) <= 4


def test_all_of_a_case_is_judged(sessions: Ragged) -> None:
    seen = np.zeros(sessions.offsets_S1[-1], dtype=int)
    for crops in judged(sessions, window=WINDOW, grid=GRID, size=3):
        assert crops.session_B.size <= 3
        assert (crops.words_B <= WINDOW).all()
        assert ((crops.first_B - sessions.offsets_S1[crops.session_B]) % GRID == 0).all()
        np.add.at(seen, rows(crops.first_B, crops.words_B), 1)
    assert seen.min() == 1
    assert (seen[: sessions.offsets_S1[2]] == 1).all()  # the short ones once
    assert seen.max() <= 3


def test_windows_that_overlap_lie_evenly_apart(filming: Callable[..., Ragged]) -> None:
    sessions = filming(13, 25, 31, 100)  # cells of 2
    crops = judged(sessions, window=WINDOW, grid=GRID, size=100)[0]
    for s in range(4):
        first_R = np.sort(crops.first_B[crops.session_B == s]) - sessions.offsets_S1[s]
        assert first_R[0] == 0
        assert first_R[-1] == sessions.lengths[s] - WINDOW
        apart = np.diff(first_R)
        assert apart.max() - apart.min() <= GRID
        assert apart.max() <= WINDOW // 2
