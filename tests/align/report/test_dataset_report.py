"""``depx report`` of a training set: what its table holds, who was left out, groups."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset
from depx.align.report.page import lay_out
from depx.cli import main

EVIL = "<script>alert(1)</script>"


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def saved(html: str) -> dict[str, list[dict[str, str]]]:
    link = r'download="([^"]*)" href="data:text/csv;charset=utf-8;base64,([^"]*)"'
    return {
        name: list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
        for name, data in re.findall(link, html)
    }


@pytest.fixture
def dataset(tmp_path: Path, filled: Path) -> Path:
    """A training set of three sessions of two splits, one of the store left out."""
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "session,participant,split,gender,phq8\n"
        f"s1,p1,train,f,4\ns2,p2,test,m,15\ns3,p3,test,{EVIL},11\n"
    )
    out = tmp_path / "set"
    assert depx("align", filled, "-o", out, "--labels", labels, "--target", "phq8", "-q") == 1
    return out


def test_rows_are_those_of_its_table(dataset: Path) -> None:
    assert depx("report", dataset, "-q") == 0
    data = saved((dataset / "report.html").read_text())
    table = {row["session"]: row for row in pq.read_table(dataset / "sessions.parquet").to_pylist()}
    assert {row["session"] for row in data["sessions.csv"]} == set(table) == {"s1", "s2", "s3"}
    for row in data["sessions.csv"]:
        expected = table[row["session"]]
        assert float(row["phq8"]) == expected["phq8"]
        assert int(row["words"]) == expected["words"]
        assert int(row["forced"]) == expected["words_forced"]
        assert float(row["minutes"]) == pytest.approx(expected["duration_s"] / 60)
        share = expected["face_share_valid"]
        assert (float(row["face measured"]) if row["face measured"] else None) == (
            pytest.approx(share) if share == share else None
        )


def test_whole_numbers_of_labels_have_no_point(tmp_path: Path, filled: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("session,phq8,mrn,years\ns1,4,10023,3.5\ns2,15,10024,4\ns3,11,,5\n")
    out = tmp_path / "set"
    assert depx("align", filled, "-o", out, "--labels", labels, "--target", "phq8", "-q") == 1
    assert depx("report", out, "-q") == 0
    html = (out / "report.html").read_text()
    assert [row["mrn"] for row in saved(html)["sessions.csv"]] == ["10023", "10024", ""]
    assert re.search(r">10023</td>", html)
    assert ">10023." not in html
    assert re.search(r">4\.00</td>", html), "a column with parts of a year keeps them"


def test_who_is_left_out_and_what_speaks_against_the_set_is_said(dataset: Path) -> None:
    assert depx("report", dataset, "-q") == 0
    html = (dataset / "report.html").read_text()
    (gone,) = saved(html)["exclusions.csv"]
    manifest = json.loads((dataset / "dataset.json").read_text())
    assert "The target is phq8 (0 to 24); positive: phq8 &gt;= 10." in html
    assert "<dt>label_rule" not in html
    assert ">none<" not in html
    assert gone["session"] == "untimed"
    assert gone["reason"] == manifest["exclusions"][0]["reason"]
    alarms = re.findall('<p class="alarm">(.*?)</p>', html)
    assert any("1 session left out, though nobody asked for it: untimed" in line for line in alarms)


def test_groups_are_compared(dataset: Path) -> None:
    assert depx("report", dataset, "-q") == 0
    rows = {row["group"]: row for row in saved((dataset / "report.html").read_text())["groups.csv"]}
    assert float(rows["split: test"]["phq8, mean"]) == 13
    assert float(rows["split: test"]["positive, share"]) == 1
    assert float(rows["split: train"]["positive, share"]) == 0
    assert rows["gender: f"]["sessions"] == "1"


def test_labels_are_text_whatever_they_hold(dataset: Path) -> None:
    assert depx("report", dataset, "-q") == 0
    html = (dataset / "report.html").read_text()
    assert EVIL not in html
    assert "&lt;script&gt;alert" in html
    assert "plotly" not in html


def test_the_page_belongs_to_the_set_and_is_the_same_each_time(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("report", dataset, "-q") == 0
    before = (dataset / "report.html").read_bytes()
    moved = dataset.rename(dataset.parent / "moved")
    assert depx("report", moved, "-q") == 0
    assert (moved / "report.html").read_bytes() == before
    assert depx("verify", moved) == 0
    assert "report.html" not in capsys.readouterr().out


def test_sessions_are_chosen_and_limits_are_a_store_s(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("report", dataset, "--only", "s2", "-o", dataset.parent / "p.html") == 0
    (row,) = saved((dataset.parent / "p.html").read_text())["sessions.csv"]
    assert row["session"] == "s2"
    assert depx("report", dataset, "--fail-under", "0.9") == 2
    assert "only a store has checks" in capsys.readouterr().err


def test_a_browser_has_nothing_to_fetch_or_to_say(dataset: Path, browser: Any) -> None:
    assert depx("report", dataset, "-q") == 0
    for width_px in (390, 1200):
        seen = browser.look(dataset / "report.html", width_px=width_px)
        assert seen.requests == []
        assert seen.console == []
        assert seen.width_px <= width_px


def test_a_set_without_labels_says_so(tmp_path: Path, filled: Path) -> None:
    out = tmp_path / "set"
    depx("align", filled, "-o", out, "-q")
    rows = Dataset.open(out).table().drop_columns(["interviewer_text"]).to_pylist()
    html = lay_out(Dataset.open(out), rows)
    assert "It has no target" in html
