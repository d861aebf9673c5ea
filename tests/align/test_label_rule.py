"""Who is positive: the score's cut-off, or the class that came with the corpus."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.align.dataset import Dataset, Target
from depx.align.labels import Known, LabelTable, read_labels
from depx.align.settings import AlignSettings
from depx.align.summary import AlignSummary
from depx.align.targets import differing, target_of
from depx.errors import LabelError, UsageError

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]

TABLE = "session,phq8,phq8_binary\na,3,0\nb,12,0\nc,15,1\nd,10,\n"


@pytest.fixture
def store(shelf: Any) -> Path:
    for n, name in enumerate("abcd"):
        shelf.session(name, shelf.whole(seed=n))
    path: Path = shelf.path
    return path


def test_the_published_rule_is_the_default_and_a_difference_is_counted(
    run: Run, store: Path, labels: Write, tmp_path: Path
) -> None:
    _, lines = run(store, tmp_path / "d", labels=labels(TABLE))
    assert lines == [
        "phq8_binary as released differs from phq8>=10 in 1 of 3 sessions: b; the rule says who is "
        "positive, --label-rule released follows the corpus"
    ]
    manifest = json.loads((tmp_path / "d" / "dataset.json").read_text())
    assert manifest["target"] == {
        "name": "phq8", "kind": "score", "min": 0.0, "max": 24.0, "positive_rule": ">=10",
        "released": "phq8_binary", "positive_by": "rule",
    }  # fmt: skip
    assert manifest["label_rule"] == {
        "positive": "phq8>=10", "released": "phq8_binary", "compared": 3, "differ": 1,
    }  # fmt: skip


def test_the_released_class_is_followed_where_it_is_asked_for(
    run: Run, store: Path, labels: Write, tmp_path: Path
) -> None:
    summary, lines = run(store, tmp_path / "d", labels=labels(TABLE), label_rule="released")
    assert "in 1 of 3 sessions: b; the released class says who is positive" in lines[0]
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    assert dataset.target.label_rule == "released (phq8_binary)"
    truth = dataset.target.truth(dataset.sessions())
    assert truth is not None
    np.testing.assert_array_equal(truth, [0, 0, 1, np.nan])
    by_rule, _ = run(store, tmp_path / "e", labels=labels(TABLE))
    assert by_rule.key != summary.key
    target = Dataset.open(tmp_path / "e").target
    assert target is not None
    truth = target.truth(dataset.sessions())
    assert truth is not None
    np.testing.assert_array_equal(truth, [0, 1, 1, 1])


def test_a_rule_in_words_of_the_user_is_the_rule(
    run: Run, store: Path, labels: Write, tmp_path: Path
) -> None:
    for n, rule in enumerate(("phq8>=15", ">= 15", " phq8 >= 15 ")):
        run(store, tmp_path / str(n), labels=labels(TABLE), label_rule=rule)
        target = Dataset.open(tmp_path / str(n)).target
        assert target is not None
        assert target.positive_rule == ">=15"
        assert target.label_rule == "phq8>=15"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"label_rule": "many"}, "--label-rule: got many, expected released, or a comparison"),
        ({"label_rule": "phq9>=10"}, "a rule of phq9, expected .* such as phq8>=10"),
        (
            {"label_rule": "phq8>=10", "target_positive_rule": ">=12"},
            "phq8>=10 and --set target.positive_rule=>=12, expected one of the two",
        ),
        ({"splits": ""}, "--splits: got nothing"),
    ],
)
def test_rules_that_contradict_or_mean_nothing_are_usage_errors(
    options: dict[str, Any], match: str
) -> None:
    with pytest.raises(UsageError, match=match):
        AlignSettings(**options)


def test_a_rule_that_is_said_twice_alike_or_judges_predictions_is_no_contradiction(
    labels: Write,
) -> None:
    AlignSettings(label_rule="phq8>=12", target_positive_rule=">= 12")
    options = AlignSettings(label_rule="released", target_positive_rule=">=12")
    target = target_of(read_labels(labels(TABLE)), options)
    assert (target.positive_rule, target.positive_by) == (">=12", "released")


def test_what_cannot_be_followed_is_refused(labels: Write) -> None:
    follow = AlignSettings(label_rule="released")
    with pytest.raises(LabelError, match="expected a column phq8_binary with 0 and 1, got none"):
        target_of(read_labels(labels("session,phq8\na,3\n")), follow)
    with pytest.raises(LabelError, match="got other cells in it"):
        target_of(read_labels(labels("session,phq8,phq8_binary\na,3,2\n")), follow)
    with pytest.raises(LabelError, match="from which ptsd_severity on a prediction is positive"):
        target_of(
            read_labels(labels("session,ptsd_severity,ptsd_binary\na,30,1\n")),
            AlignSettings(target="ptsd_severity", label_rule="released"),
        )


@pytest.mark.parametrize("name", ["phq8_binary", "ptsd_binary", "mdd", "depressed"])
def test_classes_are_known_by_name_and_what_is_set_wins(labels: Write, name: str) -> None:
    table = read_labels(labels(f"session,{name}\na,1\nb,0\n"))
    target = target_of(table, AlignSettings(target=name))
    assert (target.kind, target.min, target.max, target.positive_rule) == ("class", 0, 1, "==1")
    assert target_of(table, AlignSettings(target=name, label_rule="released")) == target
    scored = target_of(table, AlignSettings(target=name, target_kind="score"))
    assert (scored.kind, scored.min, scored.positive_rule) == ("score", None, "")
    other = read_labels(labels(f"session,{name}\na,1\nb,7\n"))
    with pytest.raises(LabelError, match=r"expected 0 or 1 .* or --set target.kind=score"):
        target_of(other, AlignSettings(target=name))


@pytest.mark.parametrize(("name", "ends"), [("hamd17", (0, 52)), ("ptsd_severity", (17, 85))])
def test_scales_without_an_agreed_cut_off_have_ends_and_no_rule(
    labels: Write, name: str, ends: tuple[float, float]
) -> None:
    target = target_of(
        read_labels(labels(f"session,{name}\na,20\nb,40\n")), AlignSettings(target=name)
    )
    assert (target.min, target.max, target.positive_rule) == (*ends, "")


def test_a_missing_target_names_those_that_are_there(labels: Write) -> None:
    table = read_labels(labels("case,phq9,phq9_1,hamd17,mdd\nHC01,3,1,,0\n"))
    with pytest.raises(
        LabelError, match=r"no column 'phq8' .*; choose one with --target phq9 or mdd$"
    ):
        target_of(table, AlignSettings())


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 24)), st.sampled_from([None, 0.0, 1.0])),
        max_size=12,
    )
)
def test_the_count_is_what_pandas_counts(rows: list[tuple[int | None, float | None]]) -> None:
    target = Target(
        name="phq8", kind="score", min=0, max=24, positive_rule=">=10", released="phq8_binary"
    )
    known = [
        Known(
            session=str(n),
            case=str(n),
            participant=str(n),
            split=None,
            labels={"phq8": None if score is None else float(score), "phq8_binary": released},
            found=True,
        )
        for n, (score, released) in enumerate(rows)
    ]
    frame = pd.DataFrame(rows, columns=["score", "released"]).astype(float).dropna()
    differ, compared = differing(known, target)
    assert compared == len(frame)
    assert differ == [str(n) for n in frame.index[(frame.score >= 10) != (frame.released == 1)]]


@pytest.mark.parametrize(("name", "low", "high"), [("phq8", 0, 24), ("phq9", 0, 27),
    ("bdi2", 0, 63), ("hamd17", 0, 52), ("ptsd_severity", 17, 85)])  # fmt: skip
def test_a_scale_ends_where_its_questionnaire_does(name: str, low: float, high: float) -> None:
    def of(score: float) -> Target:
        rows = {"a": {name: float(score)}}
        table = LabelTable(name="x", unit="session", rows=rows, columns={name: "number"})
        return target_of(table, AlignSettings(target=name))

    assert (of(low).min, of(high).max) == (low, high)
    for score in (low - 1, high + 1):
        with pytest.raises(LabelError, match="expected"):
            of(score)
