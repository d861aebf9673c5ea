"""Protocols: who trains, who chooses, who is tested; groups, ledger, settings by inner folds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.errors import TrainingError, UsageError
from depx.extract.store.atomic import read_json
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.folds import deal
from depx.train.ledger import note
from depx.train.people import people_of
from depx.train.protocol import Protocol, said_of
from depx.train.run import TrainSettings, TrainSummary, train
from depx.train.tuning import chosen, points

GENDERS = ["female", "male", "male"]


def told(_line: str) -> None:
    pass


def trained(data: Path, place: Path, **settings: Any) -> TrainSummary:
    return train([data], place, TrainSettings(**settings), report=told, tell=lambda _outcome: None)


def test_every_fold_has_its_share_of_each_gender_and_of_low_and_high_scores() -> None:
    rng = np.random.default_rng(0)
    names = [f"p{i:03d}" for i in range(100)]
    gender = {name: GENDERS[i % 3] for i, name in enumerate(names)}
    score = {name: float(rng.integers(0, 25)) for name in names}
    table = pd.DataFrame({"gender": gender, "score": score})
    table["bin"] = table.groupby("gender")["score"].transform(lambda s: pd.qcut(s, 3, labels=False))
    folds = deal(score, 5, 0, gender)
    assert sorted(name for fold in folds for name in fold) == names
    for fold in folds:
        shares = table.loc[list(fold)].groupby(["gender", "bin"]).size()
        wanted = table.groupby(["gender", "bin"]).size() / 5
        assert (shares - wanted).abs().max() <= 1.5
        assert len(fold) == 20


def test_loso_tests_each_participant_alone_and_repeats_deal_anew(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> None:
    made = corpus(15, sessions_a_case=2)
    people = people_of(Dataset.open(dataset(made)), made)
    alone = Protocol(kind="loso").splits(made, people, report=told)
    assert [split.test for split in alone] == [(name,) for name in sorted(set(made.participants))]
    often = Protocol(folds=3, repeats=2).splits(made, people, report=told)
    assert [one.repeat for one in often] == [0, 0, 0, 1, 1, 1]
    assert [one.fold for one in often] == list(range(6))
    assert {one.test for one in often[:3]} != {one.test for one in often[3:]}
    for of_repeat in (often[:3], often[3:]):
        assert sorted(n for one in of_repeat for n in one.test) == sorted(set(made.participants))
    for one in (*alone, *often):
        assert {*one.training, *one.test} == set(made.participants)
        assert not {*one.training} & {*one.test}


@pytest.fixture
def official(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> Callable[..., tuple[Corpus, Path]]:
    def make(*splits: str | None, name: str = "official") -> tuple[Corpus, Path]:
        made = corpus(len(splits))
        more = {"split": list(splits), "gender": [GENDERS[i % 3] for i in range(len(splits))]}
        return made, dataset(made, more=more, name=name)

    return make


def test_the_official_split_trains_chooses_and_tests_as_released(
    official: Callable[..., tuple[Corpus, Path]], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    made, data = official(*["train"] * 6, *["dev"] * 3, *["test"] * 3, None)
    metrics = trained(data, tmp_path / "run", model=tiny(), protocol="official", seeds=2).metrics
    record = read_json(tmp_path / "run" / "fold0-seed1.json")
    assert record["participants"]["training"] == sorted(made.participants[:6])
    assert record["participants"]["validation"] == sorted(made.participants[6:9])
    assert record["participants"]["test"] == sorted(made.participants[9:12])
    y = dict(zip(made.participants, made.y_S, strict=True))
    assert record["constant"] == pytest.approx(np.mean([y[p] for p in made.participants[:9]]))
    assert metrics["counts"]["tested"] == 3
    assert {one["participant"] for one in record["validation"]} == set(made.participants[6:9])
    rows = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert set(rows["participant"]) == set(made.participants[9:12])


def test_where_nobody_knows_the_labels_of_test_dev_is_tested_and_train_chooses(
    official: Callable[..., tuple[Corpus, Path]],
) -> None:
    made, data = official(*["train"] * 8, *["dev"] * 4)
    lines: list[str] = []
    people = people_of(Dataset.open(data), made)
    (split,) = Protocol(kind="official").splits(made, people, report=lines.append)
    assert split.test == tuple(sorted(made.participants[8:]))
    assert split.validation is None
    assert "dev is tested" in lines[0]


def test_without_official_splits_the_official_protocol_is_refused(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> None:
    made = corpus(6)
    people = people_of(Dataset.open(dataset(made)), made)
    with pytest.raises(TrainingError, match="use --protocol cv"):
        Protocol(kind="official").splits(made, people, report=told)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"kind": "loso", "folds": 3}, "--folds 3: --protocol loso"),
        ({"kind": "official", "repeats": 2}, "--repeats 2: --protocol official"),
        ({"folds": 1}, "--folds 1: expected at least 2"),
        ({"repeats": 0}, "--repeats 0: expected at least 1"),
    ],
)
def test_what_a_protocol_does_not_have_is_refused(settings: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError, match=line):
        Protocol(**settings)


def test_a_protocol_is_said_in_words() -> None:
    folds = [["a"], ["b"]]
    assert said_of({"kind": "cv", "repeats": 1, "folds": folds}) == "2 folds by participant"
    twice = said_of({"kind": "cv", "repeats": 2, "folds": folds * 2})
    assert twice == "2 folds by participant, dealt 2 times"
    assert said_of({"kind": "loso", "folds": folds}) == "each of 2 participants tested alone"


def test_repeats_are_draws_of_their_own_in_the_results(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(8))
    trained(data, tmp_path / "run", model=tiny(epochs=1), folds=2, repeats=2, seeds=2, probes=False)
    rows = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert rows.groupby(["repeat", "seed"])["case"].nunique().tolist() == [8] * 4
    assert rows.groupby("repeat")["fold"].unique().map(sorted).tolist() == [[0, 1], [2, 3]]
    assert len(list((tmp_path / "run").glob("model-*.safetensors"))) == 8


def test_groups_are_read_a_case_and_unknown_ones_stay_unknown(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> None:
    made = corpus(3, sessions_a_case=2)
    more = {
        "gender": ["female", "female", None, None, "male", "female"],
        "site": [1.0, 1.0, 2.0, 2.0, float("nan"), float("nan")],
    }
    people = people_of(Dataset.open(dataset(made, more=more)), made, ["site"])
    cases = list(dict.fromkeys(made.cases))
    assert [people.groups["gender"][case] for case in cases] == ["female", None, "mixed"]
    assert [people.groups["site"][case] for case in cases] == ["1", "2", None]


def test_a_column_that_is_no_group_is_refused(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> None:
    made = corpus(20)
    data = Dataset.open(dataset(made))
    with pytest.raises(UsageError, match="--groups mood: "):
        people_of(data, made, ["mood"])
    with pytest.raises(UsageError, match=r"20 different values, expected 12"):
        people_of(data, made, ["case"])


def test_the_ledger_counts_each_training_once_and_those_on_other_cases_not(tmp_path: Path) -> None:
    assert note(tmp_path, "a", ["1", "2"], report=told) == 1
    assert note(tmp_path, "a", ["1", "2"], report=told) == 1
    assert note(tmp_path, "b", ["2", "3"], report=told) == 2
    assert note(tmp_path, "c", ["4"], report=told) == 1
    assert note(tmp_path, "a", ["1", "2"], report=told) == 1
    assert note(tmp_path, "d", ["1", "4"], report=told) == 3


def test_a_ledger_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    lines: list[str] = []
    assert note(tmp_path, "a", ["1"], report=lines.append) is None
    assert "cannot be written" in lines[0]


def test_points_of_a_grid_are_all_combinations() -> None:
    assert points({"a": (1, 2), "b": (3,)}) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]


def test_the_best_point_is_that_of_all_inner_folds_together() -> None:
    def record(point: int, inner: int, y: list[float], y_hat: list[float]) -> dict[str, Any]:
        return {
            "variant": f"point{point}-inner{inner}",
            "fold": 0,
            "changes": {"lr": point},
            "predictions": [{"y": a, "y_hat": b} for a, b in zip(y, y_hat, strict=True)],
        }

    from depx.align.dataset import Target

    target = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
    # Alone, each inner fold of point 0 orders its cases rightly; together, they are upside down.
    records = [
        record(0, 0, [0.0, 1.0], [10.0, 11.0]),
        record(0, 1, [10.0, 11.0], [0.0, 1.0]),
        record(1, 0, [0.0, 1.0], [1.0, 0.0]),
        record(1, 1, [10.0, 11.0], [11.0, 10.0]),
    ]
    changes, rows = chosen(records, target)
    assert changes == {"lr": 1}
    assert [row["chosen"] for row in rows] == [False, True]
    assert rows[0]["set_lr"] == 0
    klass = replace(target, kind="class", min=0.0, max=1.0, positive_rule="==1")
    said = [record(0, 0, [0.0, 1.0], [0.5, 0.5]), record(1, 0, [0.0, 1.0], [0.4, 0.6])]
    assert chosen(said, klass)[0] == {"lr": 1}


def test_settings_are_chosen_by_those_who_train_and_a_second_run_finds_them(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(16))
    settings = {"model": tiny(epochs=1, synth="none", dropout=0.1), "folds": 2, "probes": False}
    settings |= {"tune": True, "inner_folds": 2}
    trained(data, tmp_path / "run", **settings)
    table = pd.read_csv(tmp_path / "run" / "tuning.csv")
    assert table.groupby("fold")["chosen"].sum().tolist() == [1, 1]
    assert len(table) == 8
    for fold in range(2):
        own = read_json(tmp_path / "run" / f"fold{fold}-seed0.json")
        row = table[(table["fold"] == fold) & table["chosen"]].iloc[0]
        assert own["changes"] == {"lr": row["set_lr"], "dropout": row["set_dropout"]}
        tested = set(own["participants"]["test"])
        for path in (tmp_path / "run").glob(f"fold{fold}-seed0-point*.json"):
            inner = read_json(path)
            assert inner["model"] is None
            assert not tested & {p for part in inner["participants"].values() for p in part}
    again = trained(data, tmp_path / "run", **settings)
    assert again.up_to_date
    with pytest.raises(UsageError, match="--set dropout: --tune chooses it"):
        TrainSettings(model=tiny(dropout=0.2), tune=True)
