"""Others' faces and labels dealt anew: who gets what, what stays, and that models can be fitted."""

# S = sessions, N = rows, I = items

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from depx.align.dataset import Target
from depx.errors import TrainingError
from depx.train.batches import Ragged
from depx.train.cases import Corpus, check
from depx.train.cmgvs.config import CmgVs
from depx.train.folds import deal
from depx.train.intervals import STATISTICS, Predictions, Resampling
from depx.train.mccl.config import Mccl
from depx.train.probes.probe import Probed
from depx.train.probes.ridge import fit_predict
from depx.train.probes.transforms import altered, permuted_labels, shuffled_vision, visual_parts
from depx.train.unit import Unit
from depx.train.unit_run import run_unit

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
Make = Callable[..., Corpus]


def rows(corpus: Corpus, part: str, s: int) -> np.ndarray:
    return corpus.vectors[part][corpus.offsets_S1[s] : corpus.offsets_S1[s + 1]]


@pytest.fixture
def filmed(filming: Callable[..., Ragged]) -> Corpus:
    """Frames of five participants, of whom the last has two sessions."""
    made = filming(4, 7, 3, 6, 5, 2)
    return Corpus(
        sessions=tuple("abcdef"),
        cases=tuple("abcdef"),
        participants=("p0", "p1", "p2", "p3", "p4", "p4"),
        y_S=np.arange(6.0),
        offsets_S1=made.offsets_S1,
        vectors=made.vectors,
        names=made.names,
        left_out={},
        rows="frames",
        rate_hz=made.rate_hz,
        time_s_N=made.time_s_N,
    )


@pytest.mark.parametrize("seed", range(5))
def test_everybody_gets_the_face_of_another_and_keeps_their_words(corpus: Make, seed: int) -> None:
    whole = corpus(9, sessions_a_case=2)
    shuffled = shuffled_vision(whole, ("vision",), seed)
    for part in ("text", "acoustic"):
        assert shuffled.vectors[part] is whole.vectors[part]
    assert shuffled.offsets_S1 is whole.offsets_S1
    assert np.array_equal(shuffled.y_S, whole.y_S)
    taken: dict[str, set[str]] = {}
    for s, participant in enumerate(whole.participants):
        face_WC = rows(shuffled, "vision", s)
        (giver,) = [
            g
            for g in range(len(whole.sessions))
            if np.array_equal(face_WC[:8], rows(whole, "vision", g)[:8])  # each has 8 rows at least
        ]
        theirs_WC = rows(whole, "vision", giver)
        expected = [theirs_WC[w % len(theirs_WC)] for w in range(len(face_WC))]
        assert np.array_equal(face_WC, expected)
        assert whole.participants[giver] != participant
        taken.setdefault(whole.participants[giver], set()).add(participant)
    assert {len(takers) for takers in taken.values()} == {1}  # one other has each face
    assert set(taken) == set(whole.participants)


def test_a_film_that_is_all_there_is_comes_whole_with_its_times(filmed: Corpus) -> None:
    parts = visual_parts(filmed)
    assert parts == tuple(filmed.vectors)
    shuffled = shuffled_vision(filmed, parts, 0)
    givers = []
    for s in range(6):
        span = slice(*shuffled.offsets_S1[s : s + 2])
        (giver,) = [
            g
            for g in range(6)
            if all(
                np.array_equal(rows(shuffled, cue, s), rows(filmed, cue, g), equal_nan=True)
                for cue in parts
            )
        ]
        theirs = slice(*filmed.offsets_S1[giver : giver + 2])
        assert np.array_equal(shuffled.time_s_N[span], filmed.time_s_N[theirs])
        assert filmed.participants[giver] != filmed.participants[s]
        givers.append(giver)
    assert shuffled.rate_hz == filmed.rate_hz
    assert np.array_equal(shuffled.y_S, filmed.y_S)
    assert shuffled.offsets_S1[-1] == sum(np.diff(filmed.offsets_S1)[g] for g in givers)


def test_which_parts_show_the_face(corpus: Make, filmed: Corpus) -> None:
    whole = corpus(4)
    assert visual_parts(whole) == ("vision",)
    assert visual_parts(replace(whole, vectors={"text": whole.vectors["text"]})) == ()
    with pytest.raises(TrainingError, match="shuffled vision: no part gaze, got text"):
        shuffled_vision(whole, ("gaze",), 0)
    alone = replace(whole, participants=("p",) * 4)
    with pytest.raises(TrainingError, match="1 participant, expected at least 2"):
        shuffled_vision(alone, ("vision",), 0)


def test_transforms_follow_their_seed(corpus: Make) -> None:
    whole = corpus(9)
    for one, again, other in [
        [shuffled_vision(whole, ("vision",), seed).vectors["vision"] for seed in (1, 1, 2)],
        [permuted_labels(whole, (), seed).corpus.y_S for seed in (1, 1, 2)],
    ]:
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)


def test_labels_move_with_class_and_items_among_whole_participants(
    corpus: Make, answered: Callable[..., Corpus]
) -> None:
    whole = corpus(12, sessions_a_case=2)
    whole = answered(replace(whole, y_S=np.repeat(np.arange(12.0), 2)), lost=0.0)
    whole = replace(whole, positive_S=np.repeat(np.arange(12) % 2, 2).astype(np.float64))
    dealt = permuted_labels(whole, (), 0)
    check(dealt.corpus, SCORE)  # one label a case still
    assert dealt.kept == ()
    assert sorted(dealt.corpus.y_S) == sorted(whole.y_S)
    assert not np.array_equal(dealt.corpus.y_S, whole.y_S)
    for s, y in enumerate(dealt.corpus.y_S):
        source = 2 * int(y)
        assert dealt.corpus.positive_S[s] == whole.positive_S[source]
        assert np.array_equal(dealt.corpus.answer_SI[s], whole.answer_SI[source])
    assert dealt.corpus.vectors is whole.vectors
    assert dealt.corpus.participants == whole.participants


def test_labels_are_dealt_among_those_with_as_many_cases_and_who_is_alone_keeps_theirs(
    corpus: Make,
) -> None:
    whole = corpus(10)
    who = ("a", "b", "c", "c", "d", "d", "e", "e", "e", "f")  # 1, 1, 2, 2, 3 and 1 cases
    whole = replace(whole, participants=who, cases=tuple("ABCDEFGHIJ"), y_S=np.arange(10.0))
    for seed in range(20):
        dealt = permuted_labels(whole, (), seed)
        assert dealt.kept == ("e",)
        y = dealt.corpus.y_S.tolist()
        assert y[6:9] == [6, 7, 8]
        assert {tuple(y[2:4]), tuple(y[4:6])} == {(2, 3), (4, 5)}
        assert sorted([*y[:2], y[9]]) == [0, 1, 9]


def test_labels_stay_in_the_parts_of_a_fit_and_one_who_is_tested_alone_keeps_theirs(
    corpus: Make,
) -> None:
    whole = replace(corpus(12), y_S=np.arange(12.0))
    who = whole.participants
    unit = Unit(
        fold=0, seed=0, test=who[:4], validation=who[4:7], device="cpu", key="k", variant="permuted"
    )
    y_S = altered(whole, unit).y_S
    for part in (slice(0, 4), slice(4, 7), slice(7, 12)):
        assert sorted(y_S[part]) == sorted(whole.y_S[part])
    assert not np.array_equal(y_S, whole.y_S)
    alone = altered(whole, replace(unit, test=who[:1], validation=None)).y_S
    assert alone[0] == whole.y_S[0]
    assert not np.array_equal(alone, whole.y_S)
    assert altered(whole, replace(unit, variant="")) is whole


@pytest.mark.parametrize("signal", [0.0, 2.0])
def test_permuted_labels_are_predicted_at_chance_and_not_below(corpus: Make, signal: float) -> None:
    whole = corpus(40, signal=signal)
    mean_SC = np.stack([rows(whole, "acoustic", s).mean(axis=0) for s in range(40)])
    first = np.unique(np.array(whole.cases), return_index=True)[1]
    assert first.size == 40
    drawn = Resampling(list(whole.participants), 1)
    folds = deal(whole.scores(), 4, 0)

    def found(seed: int | None, *, in_parts: bool = True) -> tuple[float, float]:
        y_K, y_hat_K = whole.y_S.copy(), np.empty(40)
        for test in folds:
            y_S = whole.y_S
            if seed is not None:
                y_S = permuted_labels(whole, [test] if in_parts else [], seed).corpus.y_S
            test_S, train_S = whole.of(test), whole.of(sorted(set(whole.participants) - set(test)))
            y_K[test_S] = y_S[test_S]
            y_hat_K[test_S] = fit_predict(mean_SC[train_S], y_S[train_S], mean_SC[test_S])
        run = Predictions(
            y_K=y_K,
            y_hat_QK=y_hat_K[None],
            positive_K=(y_K >= 10).astype(np.float64),
            called_QK=y_hat_K[None] >= 10,
        )
        one = drawn.of(run, STATISTICS["ccc"])
        return one.value, one.low

    if signal:
        assert found(None)[0] > 0.8
    values, lows = np.array([found(seed) for seed in range(60)]).T
    assert abs(values.mean()) < 0.02
    assert (lows > 0).mean() < 0.1  # of which 0.025 is what an interval allows
    among_all = np.mean([found(seed, in_parts=False)[0] for seed in range(60)])
    assert among_all < values.mean()  # folds then differ in mean


def test_a_model_is_fitted_on_both_and_its_records_become_rows(
    corpus: Make, tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(12)
    test = deal(whole.scores(), 3, 0)[0]
    probed = Probed(left_out={})
    for name, changed in (
        ("shuffled_vision", shuffled_vision(whole, visual_parts(whole), 0)),
        ("permuted", permuted_labels(whole, [test], 0).corpus),
    ):
        place = tmp_path / name
        place.mkdir()
        unit = Unit(fold=0, seed=0, test=test, device="cpu", key="k")
        model = tiny(epochs=1)
        record = run_unit(changed, unit, model, SCORE, place, tell=print, checkpoint_s=None)
        probed = probed.refitted(name, [record], SCORE)
        own = [row for row in probed.rows if row["probe"] == name]
        assert {row["participant"] for row in own} == set(test)
        label = dict(zip(changed.cases, changed.y_S.tolist(), strict=True))
        assert [row["y"] for row in own] == [label[row["case"]] for row in own]
        assert all(np.isfinite(row["y_hat"]) for row in own)


def test_mccl_is_fitted_on_the_films_of_others(
    filmed: Corpus, small: Callable[..., Mccl], tmp_path: Path
) -> None:
    shuffled = shuffled_vision(filmed, visual_parts(filmed), 0)
    unit = Unit(fold=0, seed=0, test=("p1",), device="cpu", key="k")
    model = small(epochs=1, validation=0.0)
    record = run_unit(shuffled, unit, model, SCORE, tmp_path, tell=print, checkpoint_s=None)
    assert np.isfinite(record["predictions"][0]["y_hat"])
