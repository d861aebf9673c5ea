"""``depx compare``: what it says of runs of known difference, and what it writes where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.metrics import f1_score

from depx.errors import StoreError, UsageError
from depx.extract.store.key import sha256_file
from depx.train.comparing.cli import compare as command
from depx.train.comparing.compare import Comparison, compare, document
from depx.train.comparing.page import page
from depx.train.comparing.place import MADE, check_place, write
from depx.train.comparing.table import WIDTH, table
from depx.train.comparing.verdict import verdict
from depx.train.intervals import STATISTICS
from depx.train.metrics import concordance

Simulated = Callable[..., Path]


def asked(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def outcomes(comparison: Comparison, metric: str) -> list[str | None]:
    return [row.outcome for row in comparison.of(metric)]


def test_a_run_that_is_better_is_called_so_by_every_metric(simulated: Simulated) -> None:
    of = {"participants": 30, "draws": 5}
    good = simulated("good", noise=2.0, **of)
    comparison = compare([good, simulated("bad", seed=1, noise=9.0, **of)])
    assert outcomes(comparison, "ccc") == [None, "worse"]
    assert outcomes(comparison, "rmse") == [None, "worse"]  # where more is worse
    turned = compare([simulated("third", seed=1, noise=9.0, **of), good])
    assert outcomes(turned, "ccc") == outcomes(turned, "rmse") == [None, "better"]
    said = verdict(turned, turned.of("rmse")[1])
    assert said.startswith("good is better than third by ")
    assert said.endswith("], p < 0.001")


def test_runs_alike_cannot_be_told_apart_on_so_many_participants(simulated: Simulated) -> None:
    places = [simulated(name, seed=s, shared=2.0, draws=5) for s, name in enumerate("ab")]
    comparison = compare(places, metrics=["ccc"])
    assert outcomes(comparison, "ccc") == [None, "alike"]
    above = comparison.of("ccc")[1].held.above
    said = " ".join(table(comparison).split())
    assert f"about {(above.high - above.low) / 2:.3f} would not show" in said
    assert "cannot be told apart on these 12 participants" in said


def test_860_against_850_is_noise_on_47_participants(simulated: Simulated) -> None:
    """Seventeen positives; the one run finds 15 with 3 false calls, the other 14 with 2."""

    def calls(hits: int, false: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
        p = [0.9] * hits + [0.1] * (17 - hits) + [0.9] * false + [0.1] * (30 - false)
        return lambda rows: rows.assign(y=[1.0] * 17 + [0.0] * 30, y_hat=p).assign(
            positive=lambda rows: rows["y"] == 1
        )

    of = {"participants": 47, "cases": 1, "draws": 1, "kind": "class"}
    places = [simulated("a", change=calls(15, 3), **of), simulated("b", change=calls(14, 2), **of)]
    first, other = compare(places, metrics=["f1_positive"]).rows
    assert first.held.own.value == pytest.approx(0.857, abs=0.001)
    assert other.held.own.value == pytest.approx(0.848, abs=0.001)
    assert other.outcome == "alike"
    text = " ".join(table(compare(places, metrics=["f1_positive"])).split())
    assert "b and a cannot be told apart on these 47 participants (p 1.000)" in text


def test_a_difference_that_other_seeds_would_not_give_is_not_shown(simulated: Simulated) -> None:
    """One lucky pair of seeds: people agree on it, training does not."""

    def lucky(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(y_hat=rows["y_hat"] + np.where(rows["seed"] == 0, 1.0, 30.0))

    good = simulated("a", draws=2, noise=1.0)
    comparison = compare([good, simulated("b", draws=2, noise=1.0, change=lucky)])
    row = comparison.of("rmse")[1]
    assert row.held.above.low > 0
    assert row.p_holm < 0.05
    assert row.outcome == "unsure"
    assert "b may be worse than a, but over other seeds it is [-" in verdict(comparison, row)


def test_p_is_adjusted_for_the_runs_and_only_for_them(simulated: Simulated) -> None:
    places = [simulated(n, seed=s, noise=2.0 + 3 * s) for s, n in enumerate("abc")]
    comparison = compare(places)
    rows = comparison.of("rmse")[1:]
    p = sorted(row.tested.p for row in rows)
    assert sorted(row.p_holm for row in rows) == pytest.approx([2 * p[0], max(2 * p[0], p[1])])
    two = compare(places[:2]).of("rmse")[1]
    assert two.p_holm == two.tested.p


def test_a_class_is_compared_by_the_metrics_of_classes(simulated: Simulated) -> None:
    of = {"kind": "class", "participants": 20, "draws": 3}
    places = [simulated("a", noise=0.3, **of), simulated("b", seed=1, noise=2.0, **of)]
    comparison = compare(places, metrics=["f1_positive"])
    rows = pd.read_parquet(places[0] / "predictions.parquet")
    f1 = [f1_score(one["y"] == 1, one["p"] >= 0.5) for _, one in rows.groupby("seed")]
    assert comparison.of("f1_positive")[0].held.own.value == pytest.approx(np.mean(f1))
    assert outcomes(comparison, "f1_positive") == [None, "worse"]


def test_without_a_label_rule_metrics_of_classes_are_left_out(simulated: Simulated) -> None:
    def unknown(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(positive=None)

    rule = {"positive_rule": ""}
    places = [simulated(n, seed=s, target=rule, change=unknown) for s, n in enumerate("ab")]
    assert compare(places).metrics == ("ccc", "rmse")


def test_an_undefined_metric_is_a_dash_and_no_verdict_of_it(simulated: Simulated) -> None:
    def nobody(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(positive=False, y=rows["y"] / 10.0, y_hat=0.0)

    places = [simulated(n, seed=s, change=nobody) for s, n in enumerate("ab")]
    comparison = compare(places, metrics=["f1_positive"])
    assert outcomes(comparison, "f1_positive") == [None, "undefined"]
    assert "the metric is undefined" in table(comparison)
    assert comparison.rows[1].row()["difference"] is None


def test_metrics_are_chosen_by_name_once_each(simulated: Simulated) -> None:
    places = [simulated(n, seed=s) for s, n in enumerate("ab")]
    assert compare(places, metrics=["rmse", "ccc", "rmse"]).metrics == ("rmse", "ccc")
    assert compare(places, metrics=["all"]).metrics == tuple(STATISTICS)
    with pytest.raises(UsageError, match=r"--metric accuracy: .* there are: ccc, .*all"):
        compare(places, metrics=["accuracy"])


def test_figures_are_of_the_common_cases(simulated: Simulated) -> None:
    first = simulated("a")
    fewer = simulated("b", seed=1, change=lambda rows: rows[rows["case"] >= "c06"])
    comparison = compare([first, fewer])
    rows = pd.read_parquet(first / "predictions.parquet")
    rows = rows[rows["case"] >= "c06"]
    ccc = [
        concordance(one["y"].to_numpy(), one["y_hat"].to_numpy()) for _, one in rows.groupby("seed")
    ]
    assert comparison.of("ccc")[0].held.own.value == pytest.approx(np.mean(ccc))


def test_lines_are_at_most_100_columns_wide(simulated: Simulated) -> None:
    names = ["a-run-with-a-name-that-goes-on-and-on-for-ever", "b-run-of-another-such-name", "c"]
    places = [simulated(n, seed=s, noise=2.0 * 6**s, draws=3 - s) for s, n in enumerate(names)]
    text = table(compare(places, metrics=["all"]))
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    assert all(name in text for name in names)


def test_the_command_prints_and_writes(simulated: Simulated, tmp_path: Path) -> None:
    places = [simulated(n, seed=s, noise=2.0 + 3 * s) for s, n in enumerate("abc")]
    out = tmp_path / "out"
    done = asked(*places, "-o", out, "--reference", places[1])
    assert done.exit_code == 0
    assert done.output.startswith("phq8, positive: phq8>=10; 24 cases of 12 participants\n  b:")
    assert sorted(path.name for path in out.iterdir()) == sorted(MADE)
    text = (out / "COMPARE.md").read_text(encoding="utf-8")
    assert text.startswith("# Runs held against b\n")
    assert "![Intervals of the runs, and of their differences](comparison.png)" in text
    assert "all 4,096 swaps" in text
    rows = pd.read_csv(out / "comparison.csv")
    assert rows["run"].tolist()[:3] == ["b", "a", "c"]
    assert rows["difference"].isna().tolist()[:3] == [True, False, False]
    assert (out / "comparison.png").read_bytes()[:4] == b"\x89PNG"


def test_the_same_runs_give_the_same_bytes_over_what_was_there(
    simulated: Simulated, tmp_path: Path
) -> None:
    places = [simulated(n, seed=s) for s, n in enumerate("ab")]
    out = tmp_path / "out"
    write(out, compare(places))
    before = {name: sha256_file(out / name) for name in MADE}
    (out / "COMPARE.md").write_text("torn")
    (out / ".comparison.csv.17.tmp").write_text("of one that was killed")
    check_place(out)
    write(out, compare(places))
    assert {name: sha256_file(out / name) for name in MADE} == before
    assert page(compare(places), table="t.csv", picture="p.png").count("](p.png)") == 1


def test_a_folder_that_holds_something_else_is_refused(
    simulated: Simulated, tmp_path: Path
) -> None:
    places = [simulated(n, seed=s) for s, n in enumerate("ab")]
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="expected a folder, got a file"):
        check_place(tmp_path / "file")
    done = asked(*places, "-o", places[0])
    assert isinstance(done.exception, StoreError)
    assert "which is of no comparison; choose another -o" in str(done.exception)
    assert sorted(path.name for path in places[0].iterdir()) == ["predictions.parquet", "run.json"]


def test_json_has_all_that_the_table_has(simulated: Simulated) -> None:
    places = [simulated(n, seed=s) for s, n in enumerate("ab")]
    done = asked(*places, "--json")
    found: dict[str, Any] = json.loads(done.output)
    assert found == json.loads(json.dumps(document(compare(places))))
    assert found["participants"] == 12
    assert list(found["runs"]) == ["a", "b"]
    first, second = (row for row in found["rows"] if row["metric"] == "ccc")
    assert first["p"] is None
    assert 0 < second["p"] <= 1
