"""What may be compared: runs on the same cases, told apart from what only looks like it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from depx.errors import DamagedError, StoreError, UsageError
from depx.extract.store.atomic import write_sealed
from depx.extract.store.key import sha256_file
from depx.train.comparing.runs import match, open_runs

Simulated = Callable[..., Path]


def test_two_runs_are_brought_to_their_cases(simulated: Simulated) -> None:
    matched = match(open_runs([simulated("a"), simulated("b")]))
    assert [run.name for run in matched.runs] == ["a", "b"]
    assert (matched.cases, matched.participants, matched.notes) == (24, 12, ())


def test_names_are_as_much_of_the_path_as_tells_them_apart(simulated: Simulated) -> None:
    places = [simulated("x/run"), simulated("y/run")]
    assert [run.name for run in open_runs(places)] == ["x/run", "y/run"]


def test_the_reference_comes_first(simulated: Simulated) -> None:
    places = [simulated(name) for name in "abc"]
    assert [run.name for run in open_runs(places, places[1])] == ["b", "a", "c"]
    with pytest.raises(UsageError, match="is none of the runs that are compared"):
        open_runs(places[:2], places[2])


def test_one_run_is_no_comparison(simulated: Simulated) -> None:
    with pytest.raises(UsageError, match="expected at least two runs, got 1"):
        open_runs([simulated("a")])


def test_a_run_given_twice_is_refused_also_under_another_path(simulated: Simulated) -> None:
    place = simulated("a")
    with pytest.raises(UsageError, match="is given twice"):
        open_runs([place, place.parent / "." / "b" / ".." / "a"])
    shutil.copytree(place, place.parent / "copy")
    with pytest.raises(UsageError, match=r"is the run of .*a once more"):
        open_runs([place, place.parent / "copy"])


def test_what_is_no_run_is_refused(simulated: Simulated, tmp_path: Path) -> None:
    run = simulated("a")
    with pytest.raises(StoreError, match=r"expected a run .*, but it is no folder"):
        open_runs([run, tmp_path / "nowhere"])
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="but it has no marker"):
        open_runs([run, tmp_path / "other"])
    write_sealed(tmp_path / "other" / "dataset.json", {"place": "dataset", "schema": 1})
    with pytest.raises(StoreError, match="but it is a dataset"):
        open_runs([run, tmp_path / "other"])


def test_an_unfinished_run_is_refused(simulated: Simulated) -> None:
    unfinished = simulated("b")
    (unfinished / "run.json").rename(unfinished / "fold0-seed0.json")
    with pytest.raises(StoreError, match="is not finished; run the same depx train again"):
        open_runs([simulated("a"), unfinished])


def test_a_damaged_run_is_refused(simulated: Simulated) -> None:
    first, other = simulated("a"), simulated("b")
    table = other / "predictions.parquet"
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=r"missing or not as .*run\.json recorded it"):
        open_runs([first, other])
    table.unlink()
    with pytest.raises(DamagedError, match="missing or not as"):
        open_runs([first, other])
    marker = other / "run.json"
    marker.write_text(marker.read_text().replace("cmg-vs", "mccl"))
    with pytest.raises(DamagedError, match="is damaged"):
        open_runs([first, other])


def test_a_run_of_another_version_is_refused(simulated: Simulated) -> None:
    old = simulated("b", change=lambda table: table.drop(columns="repeat"))
    with pytest.raises(DamagedError, match="a run of another version of depx"):
        open_runs([simulated("a"), old])


def test_predictions_with_a_hole_are_refused(simulated: Simulated) -> None:
    holey = simulated("b", change=lambda table: table.drop(index=3))
    with pytest.raises(DamagedError, match="not every case is predicted once by each seed"):
        open_runs([simulated("a"), holey])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "phq9"}, "another target"),
        ({"kind": "class"}, "another kind of target"),
        ({"max": 27.0}, "another greatest value of the target .*expected 24.0, got 27.0"),
        ({"positive_rule": ">=12"}, "another rule of who is called positive"),
        ({"positive_by": "released", "released": "binary"}, "another label rule"),
    ],
)
def test_another_target_is_refused(simulated: Simulated, change: dict[str, Any], said: str) -> None:
    runs = open_runs([simulated("a"), simulated("b", target=change)])
    with pytest.raises(StoreError, match=said):
        match(runs)


def test_labels_that_differ_are_refused_and_not_told(simulated: Simulated) -> None:
    def relabel(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(y=table["y"].where(table["case"] != "c05", 17.25))

    runs = open_runs([simulated("a"), simulated("b", change=relabel)])
    with pytest.raises(
        StoreError, match=r"label of 1 of 24 common cases .*\(first: case c05\)"
    ) as e:
        match(runs)
    assert "17.25" not in str(e.value)


def test_classes_that_differ_are_refused_and_unknown_ones_are_alike(simulated: Simulated) -> None:
    def unknown(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(positive=table["positive"].where(table["case"] != "c05", None))

    both = [simulated("a", change=unknown), simulated("b", change=unknown)]
    assert match(open_runs(both)).cases == 24
    with pytest.raises(StoreError, match="the class of 1 of 24 common cases differs"):
        match(open_runs([both[0], simulated("c")]))


def test_a_case_of_two_participants_is_refused(simulated: Simulated) -> None:
    other = simulated("b", change=lambda table: table.assign(participant="p99"))
    with pytest.raises(StoreError, match="the participant of 24 of 24 common cases differs"):
        match(open_runs([simulated("a"), other]))


def test_cases_that_not_all_tested_are_left_out_and_counted(simulated: Simulated) -> None:
    fewer = simulated("b", change=lambda table: table[table["case"] >= "c06"])
    matched = match(open_runs([simulated("a"), fewer]))
    assert (matched.cases, matched.participants) == (18, 9)
    assert all(len(run.table) == 18 * 3 for run in matched.runs)
    assert [note for note in matched.notes if "left out" in note] == [
        "a: 6 of 24 cases left out, as not every run tested them; the figures are of the rest"
    ]


def test_no_case_in_common_is_refused(simulated: Simulated) -> None:
    others = simulated("b", change=lambda table: table.assign(case="x" + table["case"]))
    with pytest.raises(StoreError, match="has no case in common with"):
        match(open_runs([simulated("a"), others]))


def test_what_else_differs_is_said(simulated: Simulated) -> None:
    places = [simulated("a"), simulated("b", draws=1, folds="other", dataset="other")]
    notes = match(open_runs(places)).notes
    for said in (
        "another training set",
        "other folds than a",
        "are not paired",
        "one seed; nothing",
    ):
        assert sum(said in note for note in notes) == 1
    nobody = simulated("c", change=lambda table: table.assign(y_hat=3.0))
    notes = match(open_runs([places[0], nobody])).notes
    assert notes == (
        "c: some seed calls nobody positive; an F1 of 0 then says nothing of certainty, and nor "
        "does its interval",
    )
    both = [simulated(n, change=lambda table: table.assign(y_hat=3.0)) for n in ("d", "e")]
    assert match(open_runs([places[0], *both])).notes[0].startswith("d, e: some seed calls nobody")


def test_a_study_stands_for_its_arms_in_its_order(simulated: Simulated, tmp_path: Path) -> None:
    study = tmp_path / "study"
    for arm in ("whole", "a-part", "no-part"):
        simulated(f"study/arms/{arm}")
    table = study / "ablation.csv"
    pd.DataFrame({"arm": ["whole", "whole", "no-part", "a-part"], "metric": "ccc"}).to_csv(table)
    files = {"ablation.csv": {"sha256": sha256_file(table)}}
    write_sealed(study / "study.json", {"place": "study", "schema": 1, "files": files})
    assert [run.name for run in open_runs([study])] == ["whole", "no-part", "a-part"]
    assert [run.name for run in open_runs([simulated("b"), study])][:2] == ["b", "whole"]
    with pytest.raises(UsageError, match="is given twice"):
        open_runs([study, study / "arms" / "whole"])
    table.write_text("arm\n")
    with pytest.raises(DamagedError, match=r"ablation\.csv: is missing or not as"):
        open_runs([study])
    (study / "study.json").unlink()
    with pytest.raises(StoreError, match="study"):
        open_runs([study])
