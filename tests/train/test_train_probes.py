"""Probes: what each reads, what it predicts, and whether planted leaks are seen."""

# S = sessions, K = cases, C = columns, W = words

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from depx.align.dataset import Dataset, Target
from depx.errors import TrainingError
from depx.train.cases import Corpus
from depx.train.folds import deal
from depx.train.metrics import concordance
from depx.train.probes.clues import duration, group, interviewer_amount, interviewer_text, origin
from depx.train.probes.means import moments_of
from depx.train.probes.probe import Probed, probe
from depx.train.probes.ridge import ALPHAS, fit_predict, predict
from depx.train.protocol import Split

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
Make = Callable[..., Corpus]
Write = Callable[..., Path]


def splits_of(corpus: Corpus, folds: int = 4, repeats: int = 1) -> list[Split]:
    everybody = corpus.scores()
    return [
        Split(
            repeat=repeat,
            fold=repeat * folds + fold,
            training=tuple(who for who in everybody if who not in test),
            validation=None,
            test=test,
        )
        for repeat in range(repeats)
        for fold, test in enumerate(deal(everybody, folds, repeat))
    ]


def neutral(corpus: Corpus, /, **columns: Sequence[object]) -> dict[str, Sequence[object]]:
    """Columns of ``sessions.parquet`` that say nothing of the label, but for those that are set."""
    count = len(corpus.sessions)
    rng = np.random.default_rng(9)
    return {
        "gender": np.resize(["female", "male", None], count).tolist(),
        "duration_s": rng.uniform(300, 900, count),
        "words": rng.integers(500, 1500, count),
        "interviewer_words": rng.integers(100, 200, count),
        "interviewer_s": rng.uniform(30, 60, count),
        "interviewer_text": rng.standard_normal((count, 6)).astype(np.float32).tolist(),
        "face_origin": ["given"] * count,
        "bert_origin": np.resize(["given", "computed", None], count).tolist(),
        "corpus": ["folder"] * count,
        **columns,
    }


def probed_of(
    corpus: Corpus, dataset: Write, target: Target = SCORE, /, **columns: Sequence[object]
) -> Probed:
    data = Dataset.open(dataset(corpus, target, more=neutral(corpus, **columns)))
    return probe(data, corpus, target, splits_of(corpus))


def figures(probed: Probed, target: Target = SCORE) -> dict[str, float]:
    """CCC (AUROC of a class) of each probe."""
    table = pd.DataFrame(list(probed.rows))
    found = {}
    for name, rows in table.groupby("probe"):
        y_K, y_hat_K = rows["y"].to_numpy(), rows["y_hat"].to_numpy()
        found[str(name)] = (
            concordance(y_K, y_hat_K)
            if target.kind == "score"
            else roc_auc_score(y_K == 1, y_hat_K)
        )
    return found


def test_each_probe_predicts_every_case_once_and_knows_nothing_where_nothing_is(
    corpus: Make, dataset: Write
) -> None:
    whole = corpus(60, signal=0.0)
    probed = probed_of(whole, dataset)
    assert probed.left_out == {}
    table = pd.DataFrame(list(probed.rows))
    assert (table.groupby(["probe", "case"]).size() == 1).all()
    assert table.groupby("probe").size().to_dict() == dict.fromkeys(
        [
            "group",
            "duration",
            "interviewer_amount",
            "interviewer_text",
            "ridge_text",
            "ridge_acoustic",
            "ridge_face",
            "origin",
        ],
        60,
    )
    label = dict(zip(whole.cases, whole.y_S, strict=True))
    assert table["y"].tolist() == [label[case] for case in table["case"]]
    assert (table["positive"] == (table["y"] >= 10)).all()
    assert max(figures(probed).values()) < 0.25


def test_a_label_in_the_words_of_the_interviewer_is_seen(corpus: Make, dataset: Write) -> None:
    whole = corpus(40, signal=0.0)
    rng = np.random.default_rng(0)
    said_SC = rng.standard_normal((40, 6))
    said_SC[:, 2] += 0.5 * whole.y_S
    found = figures(probed_of(whole, dataset, interviewer_text=said_SC.astype(np.float32).tolist()))
    assert found.pop("interviewer_text") > 0.7
    assert max(found.values()) < 0.3


def test_a_label_in_how_much_the_interviewer_said_is_seen_beside_a_wide_text(
    corpus: Make, dataset: Write
) -> None:
    whole = corpus(40, signal=0.0)
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((40, 384)).astype(np.float32).tolist()
    much_S = (60 + 5 * whole.y_S + rng.normal(0, 5, 40)).round().astype(int)
    found = figures(probed_of(whole, dataset, interviewer_words=much_S, interviewer_text=wide))
    assert found.pop("interviewer_amount") > 0.9
    assert max(found.values()) < 0.3


@pytest.mark.parametrize("column", ["duration_s", "words"])
def test_a_label_in_how_long_a_session_took_is_seen(
    corpus: Make, dataset: Write, column: str
) -> None:
    whole = corpus(40, signal=0.0)
    rng = np.random.default_rng(0)
    much_S = 300 + 20 * whole.y_S + rng.normal(0, 20, 40)
    found = figures(probed_of(whole, dataset, **{column: much_S}))
    assert found.pop("duration") > 0.7
    assert max(found.values()) < 0.3


@pytest.mark.parametrize("column", ["face_origin", "corpus"])
def test_a_label_in_where_the_tracks_come_from_is_seen(
    corpus: Make, dataset: Write, column: str
) -> None:
    whole = corpus(40, signal=0.0)
    how = [("given" if y >= 10 else "computed") for y in whole.y_S]
    found = figures(probed_of(whole, dataset, **{column: how}))
    assert found.pop("origin") > 0.6
    assert max(found.values()) < 0.3


def test_a_label_in_the_gender_is_seen_also_where_it_is_unknown(
    corpus: Make, dataset: Write
) -> None:
    whole = corpus(40, signal=0.0)
    gender = ["female" if y >= 16 else "male" if y >= 8 else None for y in whole.y_S]
    found = figures(probed_of(whole, dataset, gender=gender))
    assert found.pop("group") > 0.8
    assert max(found.values()) < 0.3


def test_a_signal_in_the_sound_is_found_by_ridge_on_acoustics_alone(
    corpus: Make, dataset: Write
) -> None:
    found = figures(probed_of(corpus(40, signal=1.0), dataset))
    assert found["ridge_acoustic"] > 0.8
    assert max(found["ridge_text"], found["ridge_face"]) < 0.3


def test_a_class_is_predicted_between_0_and_1(corpus: Make, dataset: Write) -> None:
    whole = corpus(40, signal=1.0, target=CLASS)
    probed = probed_of(whole, dataset, CLASS)
    y_hat = np.array([row["y_hat"] for row in probed.rows])
    assert ((y_hat >= 0) & (y_hat <= 1)).all()
    assert figures(probed, CLASS)["ridge_acoustic"] > 0.9
    assert all(row["positive"] == (row["y"] == 1) for row in probed.rows)


def test_sessions_of_a_case_are_averaged_and_a_participant_is_on_one_side(
    corpus: Make, dataset: Write
) -> None:
    whole = corpus(20, sessions_a_case=2)
    much_S = np.arange(40, dtype=np.float64) + 100.0
    much_S[4] = np.nan  # of the third case the other session is known
    more = neutral(whole, duration_s=much_S)
    data = Dataset.open(dataset(whole, more=more))
    splits = splits_of(whole)
    rows = [row for row in probe(data, whole, SCORE, splits).rows if row["probe"] == "duration"]
    assert sorted(row["case"] for row in rows) == sorted(set(whole.cases))
    by_hand = np.array(duration(pd.DataFrame(more)))
    mean_KC = np.nanmean(by_hand.reshape(20, 2, 3), axis=1)
    y_K, owners = whole.y_S[::2], whole.participants[::2]
    for row in rows:
        split = splits[row["fold"]]
        assert row["participant"] in split.test
        k = owners.index(row["participant"])
        train_K = [j for j, who in enumerate(owners) if who in split.training]
        expected = pipeline().fit(mean_KC[train_K], y_K[train_K]).predict(mean_KC[[k]])
        assert row["y_hat"] == pytest.approx(expected[0], rel=1e-6)


def pipeline() -> Any:
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), RidgeCV(alphas=ALPHAS))


def test_ridge_is_the_pipeline_of_sklearn() -> None:
    rng = np.random.default_rng(0)
    train_KC = 5 + 3 * rng.standard_normal((30, 8))
    train_KC[rng.random((30, 8)) < 0.2] = np.nan
    train_KC[:, 3] = 2.0  # never varies
    test_KC = 5 + 3 * rng.standard_normal((12, 8))
    test_KC[rng.random((12, 8)) < 0.2] = np.nan
    y_K = np.nan_to_num(train_KC[:, 0]) + rng.standard_normal(30)
    expected_K = pipeline().fit(train_KC, y_K).predict(test_KC)
    assert fit_predict(train_KC, y_K, test_KC) == pytest.approx(expected_K)


def test_a_column_without_a_training_value_is_not_read() -> None:
    rng = np.random.default_rng(0)
    train_KC, test_KC, y_K = rng.random((20, 3)), rng.random((5, 3)), rng.random(20)
    train_KC[:, 1] = np.nan
    others = [0, 2]
    expected_K = fit_predict(train_KC[:, others], y_K, test_KC[:, others])
    assert fit_predict(train_KC, y_K, test_KC) == pytest.approx(expected_K)
    nothing_KC = np.full((20, 3), np.nan)
    assert fit_predict(nothing_KC, y_K, test_KC) == pytest.approx(np.full(5, y_K.mean()))


def test_test_labels_and_values_do_not_shape_a_fold() -> None:
    rng = np.random.default_rng(0)
    case_KC, y_K = rng.standard_normal((20, 4)), rng.random(20)
    names = [f"p{k // 2}" for k in range(20)]
    split = Split(
        repeat=0,
        fold=0,
        training=tuple(f"p{p}" for p in range(5)),
        validation=("p5", "p6"),
        test=("p7", "p8"),
    )
    ((_, which_K, said_K),) = predict(case_KC, y_K, names, [split], "score")
    assert which_K.tolist() == [14, 15, 16, 17]
    other_KC, other_K = case_KC.copy(), y_K.copy()
    other_K[14:] = 99.0
    other_KC[15:] = 1e3  # the first test case keeps its values
    ((_, _, again_K),) = predict(other_KC, other_K, names, [split], "score")
    assert again_K[0] == said_K[0]
    expected_K = fit_predict(case_KC[:14], y_K[:14], case_KC[14:18])  # validation trains, too
    assert said_K == pytest.approx(expected_K)


def test_functionals_are_those_of_what_was_measured() -> None:
    value_WC = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    value_WC[::7, 1] = np.nan
    value_WC[:, 2] = np.nan
    mean_C, sd_C = moments_of(value_WC)
    frame = pd.DataFrame(value_WC.astype(np.float64))
    assert mean_C == pytest.approx(frame.mean().to_numpy(), nan_ok=True)
    assert sd_C == pytest.approx(frame.std(ddof=0).to_numpy(), nan_ok=True)
    empty_C, _ = moments_of(value_WC[:0])
    assert np.isnan(empty_C).all()


def test_a_session_without_words_of_a_modality_is_nan_and_is_predicted(
    corpus: Make, dataset: Write
) -> None:
    whole = corpus(20)
    first = slice(*whole.offsets_S1[:2])
    whole.vectors["acoustic"][first] = np.nan
    rows = [row for row in probed_of(whole, dataset).rows if row["probe"] == "ridge_acoustic"]
    assert len(rows) == 20
    assert all(np.isfinite(row["y_hat"]) for row in rows)


def test_masked_rows_are_not_read(corpus: Make, dataset: Write) -> None:
    whole = corpus(12)
    plain = Dataset.open(dataset(whole, more=neutral(whole)))
    masked = Dataset.open(dataset(whole, name="masked", masked_rows=3, more=neutral(whole)))
    splits = splits_of(whole)
    assert probe(plain, whole, SCORE, splits).rows == probe(masked, whole, SCORE, splits).rows


def test_each_repeat_of_the_folds_has_predictions_of_its_own(corpus: Make, dataset: Write) -> None:
    whole = corpus(16)
    data = Dataset.open(dataset(whole, more=neutral(whole)))
    rows = pd.DataFrame(list(probe(data, whole, SCORE, splits_of(whole, repeats=2)).rows))
    assert (rows.groupby(["probe", "repeat", "case"]).size() == 1).all()
    assert rows.groupby("repeat")["fold"].unique().map(sorted).to_dict() == {
        0: [0, 1, 2, 3],
        1: [4, 5, 6, 7],
    }


def test_only_the_cases_that_a_split_tests_are_predicted(corpus: Make, dataset: Write) -> None:
    whole = corpus(16)
    data = Dataset.open(dataset(whole, more=neutral(whole)))
    split = splits_of(whole)[0]
    rows = probe(data, whole, SCORE, [split]).rows
    assert {row["participant"] for row in rows} == set(split.test)


def test_a_probe_that_cannot_be_says_why(corpus: Make, dataset: Write) -> None:
    whole = corpus(12)
    bare = Dataset.open(dataset(whole, parts=["vision"]))
    probed = probe(bare, whole, SCORE, splits_of(whole))
    assert {row["probe"] for row in probed.rows} == {"ridge_face"}
    assert probed.left_out == {
        "group": "the labels have no gender",
        "duration": "sessions.parquet has no duration_s, words; align again",
        **dict.fromkeys(
            ("interviewer_amount", "interviewer_text"),
            "sessions.parquet has no interviewer_words, interviewer_s; align again",
        ),
        "ridge_text": "the training set has no modality of text",
        "ridge_acoustic": "the training set has no modality of acoustic",
        "origin": "corpus: the same in all sessions",
    }
    same = pd.DataFrame(neutral(whole, bert_origin=["given"] * 12))
    assert origin(same) == "face_origin, bert_origin, corpus: the same in all sessions"
    silent = same.assign(interviewer_words=0)
    for read in (interviewer_amount, interviewer_text):
        assert read(silent) == "no session has a word of an interviewer"
    with pytest.raises(
        TrainingError, match=r"group age_band: sessions\.parquet has no such column"
    ):
        group(same, ["age_band"])


def test_clues_are_as_they_say() -> None:
    table = pd.DataFrame(
        {
            "gender": ["female", None, "male"],
            "age": [30.0, np.nan, 30.0],
            "duration_s": [60.0, 0.0, 600.0],
            "words": [120, 5, 0],
            "interviewer_words": [3, 0, 1],
            "interviewer_s": [1.5, 0.0, 0.5],
            "interviewer_text": [[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0]],
        }
    )
    assert np.array(group(table)).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert np.array(group(table, ["age"])).shape == (3, 5)
    duration_SC = np.array(duration(table))
    assert duration_SC[0] == pytest.approx([np.log(60), np.log(121), 120])
    assert np.isnan(duration_SC[1]).tolist() == [True, False, True]
    amount_SC = np.array(interviewer_amount(table))
    assert amount_SC[0] == pytest.approx([3, 1.5, np.log(4), np.log(2.5)])
    assert np.array(interviewer_text(table))[2].tolist() == [3, 4]
    without = table.drop(columns="interviewer_text")
    assert interviewer_text(without) == "the training set has no text"
    assert np.array(interviewer_amount(without)).tolist() == amount_SC.tolist()


def test_a_class_as_released_and_unknown_stays_unknown(corpus: Make, dataset: Write) -> None:
    released = replace(SCORE, released="demo_binary", positive_by="released")
    whole = corpus(12)
    positive_S = (whole.y_S > 12).astype(np.float64)
    positive_S[2] = np.nan
    whole = replace(whole, positive_S=positive_S)
    data = Dataset.open(dataset(whole, more=neutral(whole)))
    rows = probe(data, whole, released, splits_of(whole)).rows
    truth = dict(zip(whole.cases, positive_S.tolist(), strict=True))
    for row in rows:
        expected = truth[row["case"]]
        assert row["positive"] is (None if np.isnan(expected) else bool(expected))
