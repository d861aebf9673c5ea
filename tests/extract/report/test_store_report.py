"""``depx report`` of a store: an honest row for every session, limits, budget, the same bytes."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.extract.checks.registry import IN_ORDER
from depx.extract.checks.seen import Seen
from depx.extract.report.lanes import best_times, timeline
from depx.extract.store.reader import Store
from depx.features.words import Timing, WordTime

REASON = "video.mp4: is cut short"


def timelines(html: str) -> list[dict[str, Any]]:
    return [
        json.loads(text)
        for text in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    ]


@pytest.fixture
def mixed(shelf: Any) -> Path:
    """A store with a session of every kind."""
    shelf.session("whole", shelf.interview())
    no_face = {k: v for k, v in shelf.interview(seed=9).items() if k != "face"}
    shelf.session("voice", no_face, absent={"face": "no video"})
    silent = {k: v for k, v in shelf.interview(seed=5).items() if k in ("face",)}
    shelf.session("picture", silent, absent={"words": "no transcript"})
    shelf.session("broken", {}, failures={"session": REASON})
    shelf.session("half", shelf.interview(seed=7), failures={"face": REASON})
    shelf.session("out", shelf.interview(seed=8), left_out="409: interview was interrupted")
    shelf.session("flipped", shelf.interview(seed=11))
    table = shelf.path / "flipped" / "face.parquet"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 0xFF
    table.write_bytes(bytes(data))
    shelf.session("forged", {})
    (shelf.path / "forged" / "session.json").write_text("{}")
    shelf.session("lost", shelf.interview(seed=12))
    (shelf.path / "lost" / "session.json").unlink()
    return Path(shelf.path)


def test_every_session_has_its_honest_row(
    mixed: Path, depx: Callable[..., int], saved: Callable[[str], Any]
) -> None:
    assert depx("report", mixed, "-q") == 0
    html = (mixed / "report.html").read_text()
    data = saved(html)
    rows = {row["session"]: row for row in data["checks.csv"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "whole": "ok", "voice": "ok", "picture": "ok", "broken": "failed", "half": "failed",
        "out": "left out", "flipped": "damaged", "forged": "damaged", "lost": "damaged",
    }  # fmt: skip
    assert rows["whole"]["bad"].isdigit()
    assert [rows[name]["bad"] for name in ("broken", "forged", "lost", "out")] == [""] * 4
    tracked = rows["whole"]["Face tracked"]
    assert float(tracked) == pytest.approx(1 - 4 / 30)
    assert [rows[name]["Face tracked"] for name in ("voice", "broken", "out", "flipped")] == [
        ""
    ] * 4
    why = {(row["session"], row["track"]): row for row in data["missing.csv"]}
    assert why["voice", "face"]["reason"] == "no video"
    assert why["half", "face"]["state"] == "failed"
    assert why["half", "face"]["reason"] == REASON
    assert why["flipped", "face"]["state"] == "damaged"
    assert why["broken", "all"]["reason"] == REASON
    assert "interrupted" in why["out", "all"]["reason"]
    tracks = {row["session"]: row for row in data["tracks.csv"]}
    assert tracks["picture"]["words"] == "absent"
    assert tracks["picture"]["vad"] == "not asked for"
    assert {tracks[name]["face"] for name in ("broken", "forged", "lost")} == {"not known"}
    assert why["lost", "all"]["reason"] == "session.json is gone; extract again"
    assert re.findall(r'<p class="alarm">(\d+ sessions? [a-z]+ .*?)</p>', html) == [
        "2 sessions failed when they were extracted: broken, half.",
        "2 sessions have a session.json that is damaged or gone: extract again: forged, lost.",
        "1 session holds a table that is not the one on record: run depx verify: flipped.",
    ]
    asked = {row["check"]: row for row in data["check-counts.csv"]}
    assert asked["face.tracked"]["doubtful where"] == "up to 0.9"
    assert asked["face.gaps"]["bad where"] == "from 20"
    drawn = {re.sub("^.*-", "", one) for one in re.findall(r'class="timeline" id="([^"]*)"', html)}
    assert drawn == {"whole", "voice", "picture", "half", "flipped"}


def test_a_damaged_table_costs_its_lane_alone(mixed: Path, depx: Callable[..., int]) -> None:
    def lanes(name: str) -> list[str]:
        page = mixed.parent / "p.html"
        assert depx("report", mixed, "--only", name, "-o", page, "-q") == 0
        (one,) = timelines(page.read_text())
        return [lane["title"] for lane in one["lanes"] if lane["title"] != "Flags"]

    units = ["AU04_r", "AU06_r", "AU12_r", "AU15_r", "AU25_r", "AU45_r"]
    heard = ["Words", "Voice", "Sound", "Loudness", "F0 Hz"]
    assert lanes("whole") == [*heard, "Face", "Pose", *units]
    assert lanes("flipped") == lanes("voice") == lanes("half") == heard
    assert lanes("picture") == ["Face", "Pose", *units]


def test_lanes_hold_what_the_tables_hold(shelf: Any) -> None:
    made = shelf.interview()
    shelf.session("a", made)
    (stored,) = Store.open(shelf.path).sessions()
    drawn = timeline(Seen(stored), [], IN_ORDER, anchor="t")
    assert drawn is not None
    document = json.loads(drawn.data)
    numbers = [np.frombuffer(base64.b64decode(text), "<f4") for text in document["numbers"]]
    lanes = {lane["title"]: lane for lane in document["lanes"]}
    yaw, pitch = (curve["levels"][-1] for curve in lanes["Pose"]["curves"])
    face = made["face"]
    np.testing.assert_allclose(numbers[pitch["low"]], np.degrees(face.value_FC[:, 1]), rtol=1e-6)
    np.testing.assert_allclose(numbers[yaw["low"]], np.degrees(face.value_FC[:, 2]), rtol=1e-6)
    f0 = numbers[lanes["F0 Hz"]["curves"][0]["levels"][-1]["low"]]
    voiced = made["covarep"].value_FC[:, 1] > 0.5
    np.testing.assert_array_equal(np.isnan(f0), ~voiced)
    _, lost = lanes["Face"]["spans"]
    assert lost["about"] == "face lost"
    np.testing.assert_allclose(numbers[lost["start"]], [10 - 1 / 60], atol=1e-5)
    np.testing.assert_allclose(numbers[lost["stop"]], [14 - 1 / 60], atol=1e-5)
    turn, word = (one for one in lanes["Words"]["spans"] if one["row"] == "Participant")
    assert numbers[turn["start"]].tolist() == [6.0, 18.0]
    assert word["text"][:2] == ["word12", "word13"]
    assert len(word["text"]) == numbers[word["start"]].size == 24


def test_a_word_is_drawn_where_align_puts_it() -> None:
    def row(word: int, method: Timing, start_s: float, confidence: float) -> WordTime:
        return WordTime(
            word=word, method=method, start_s=start_s, stop_s=start_s + 1, confidence=confidence
        )

    rows = [
        row(0, Timing.PROPORTIONAL, 1.0, float("nan")),
        row(0, Timing.FORCED, 2.0, 0.5),
        row(0, Timing.GIVEN, 3.0, float("nan")),
        row(1, Timing.FORCED, 4.0, 0.0),
        row(1, Timing.PROPORTIONAL, 5.0, float("nan")),
        row(2, Timing.GIVEN, float("nan"), 1.0),
    ]
    start_s, stop_s = best_times(4, rows)
    np.testing.assert_array_equal(start_s, [3.0, 5.0, np.nan, np.nan])
    np.testing.assert_array_equal(stop_s, [4.0, 6.0, np.nan, np.nan])


def test_without_text_no_word_is_in_the_page(shelf: Any, depx: Callable[..., int]) -> None:
    shelf.session("a", shelf.interview(text="secret{}".format))
    assert depx("report", shelf.path, "-q") == 0
    page = shelf.path / "report.html"
    assert "secret12" in page.read_text()
    assert depx("report", shelf.path, "--no-text", "-q") == 0
    html = page.read_text()
    assert "secret" not in html
    (one,) = timelines(html)
    words = next(lane for lane in one["lanes"] if lane["title"] == "Words")["spans"]
    assert [spans["text"] for spans in words] == [None] * 4
    assert "what was said is left out" in html


WORDS = "This page holds what was said in the interviews, word by word"


def test_a_store_whose_words_hold_no_text_is_not_told_as_one_that_does(
    shelf: Any, depx: Callable[..., int], tmp_path: Path
) -> None:
    shelf.session("a", shelf.interview())
    shared, page = tmp_path / "shared", tmp_path / "p.html"
    key = tmp_path / "my.key"
    made = ("export", shelf.path, "--as", "share", "-o", shared, "--pseudonyms", key, "-q")
    assert depx(*made) == 0
    assert depx("report", shelf.path, "-o", page, "-q") == 0
    assert WORDS in page.read_text()
    for options in ((), ("--no-text",), ("--max-mb", 0)):
        assert depx("report", shared, "-o", page, "-q", *options) == 0
        html = page.read_text()
        assert WORDS not in html
        assert "the store holds nothing of what was said" in html
    (stored,) = Store.open(shared).sessions()
    assert len(stored.turns()) > 0
    assert not any(word.text for turn in stored.turns() for word in turn.words)


def test_words_in_one_timeline_of_several_are_told_of(
    shelf: Any, depx: Callable[..., int], tmp_path: Path
) -> None:
    shelf.session("a", shelf.interview(text=lambda _: ""))
    shelf.session("b", shelf.interview(text="secret{}".format))
    page = tmp_path / "p.html"

    def told(*options: object) -> str:
        assert depx("report", shelf.path, "-o", page, "-q", *options) == 0
        html = page.read_text()
        assert ("secret12" in html) is (WORDS in html)
        return html

    assert WORDS in told()
    assert "the store holds nothing of what was said" in told("--only", "a")
    for options in (("--no-text",), ("--max-mb", 0)):
        assert "what was said is left out" in told(*options)


def test_the_same_store_gives_the_same_bytes_wherever_it_lies(
    mixed: Path, depx: Callable[..., int]
) -> None:
    assert depx("report", mixed, "-q") == 0
    first = (mixed / "report.html").read_bytes()
    moved = mixed.rename(mixed.parent / "elsewhere")
    assert depx("report", moved, "-q") == 0
    assert (moved / "report.html").read_bytes() == first
    assert str(mixed.parent).encode() not in first


def test_a_page_has_room_for_so_many_timelines_the_worst_first(
    shelf: Any, depx: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, gone in (("fine", ()), ("bad", ((0.0, 20.0),)), ("good", ())):
        made = shelf.interview()
        face = made["face"]
        for start_s, stop_s in gone:
            rows = (face.time_s >= start_s) & (face.time_s < stop_s)
            face.value_FC[rows], face.valid_F[rows] = np.nan, False
        shelf.session(name, made)
    assert depx("report", shelf.path, "-q") == 0
    size = (shelf.path / "report.html").stat().st_size
    room = (size - 150_000) / 1e6  # each takes about 200 kB
    assert depx("report", shelf.path, "--max-mb", room) == 0
    html = (shelf.path / "report.html").read_text()
    assert len(timelines(html)) == 2
    assert 'class="timeline" id="timeline-session-0-bad"' in html  # by id: bad, fine, good
    assert "depx report STORE --only good -o FILE.html" in html
    assert len(html) <= room * 1e6
    assert "1 timeline found no room" in capsys.readouterr().out
    assert depx("report", shelf.path, "--max-mb", 0, "-q") == 0
    assert "plotly" not in (shelf.path / "report.html").read_text()


def test_limits_are_named_and_give_the_exit_code(
    mixed: Path, depx: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = ("--only", "whole", "--only", "voice", "--only", "picture", "--only", "out")
    assert depx("report", mixed, "-q", *whole, "--fail-under", "face.tracked=0.85") == 0
    assert capsys.readouterr().err == "face.tracked: could not be measured in voice\n"
    assert depx("report", mixed, "-q", "--fail-under", "face.tracked=0.85") == 1
    assert capsys.readouterr().err.splitlines() == [
        "face.tracked: could not be measured in "
        "broken (failed), flipped (damaged), forged (damaged), half (failed), lost (damaged)",
        "face.tracked: could not be measured in voice",
    ]
    assert depx("report", mixed, "-q", "--fail-under", "face.tracked=0.9") == 1
    said = capsys.readouterr().err
    expected = "expected at least 90 %, not so in picture (86.7 %), whole (86.7 %)"
    assert f"face.tracked=0.9: {expected}" in said
    assert depx("report", mixed, "--json") == 0
    found = json.loads(capsys.readouterr().out)["sessions"]
    fine = sum(one["grade"] != "bad" for one in found if one["state"] != "left out")
    assert 0 < fine < 8
    assert depx("report", mixed, "-q", "--fail-under", fine / 8 - 0.01) == 0
    assert depx("report", mixed, "-q", "--fail-under", fine / 8 + 0.01) == 1
    assert f"{fine} of 8 sessions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("face.nose=1", "no check 'face.nose'; there are: "),
        ("face.tracked=much", "expected NAME=NUMBER"),
        ("face.tracked=nan", "expected NAME=NUMBER"),
        ("1.5", "a share of sessions from 0 to 1"),
    ],
)
def test_a_limit_that_is_none_is_refused(
    shelf: Any,
    depx: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    given: str,
    said: str,
) -> None:
    shelf.session("a", {})
    assert depx("report", shelf.path, "--fail-under", given) == 2
    assert said in capsys.readouterr().err
    assert not (shelf.path / "report.html").exists()


def test_a_terminal_and_a_script_are_told(
    mixed: Path, depx: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("report", mixed) == 0
    said = capsys.readouterr().out
    assert f"broken: failed: {REASON}" in said
    (counts,) = re.findall(r"9 sessions: (\d) good, (\d) doubtful, (\d) bad, (\d) left", said)
    assert depx("report", mixed, "--json", "--fail-under", "face.tracked=0.9") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    found = {one["session"]: one for one in document["sessions"]}
    grades = [one["grade"] for one in found.values()]
    order = ("good", "doubtful", "bad", "absent")
    assert [int(count) for count in counts] == [grades.count(grade) for grade in order]
    assert {name for name in found if found[name]["grade"] == "bad"} >= {
        *("broken", "half", "flipped", "forged", "lost")
    }
    assert found["out"]["grade"] == "absent"
    assert found["whole"]["checks"]["face.tracked"]["value"] == pytest.approx(1 - 4 / 30)
    assert found["whole"]["checks"]["face.tracked"]["stretches"][0]["about"] == "face lost"
    assert found["voice"]["checks"]["face.tracked"]["value"] is None


def test_the_other_commands_know_the_page(
    shelf: Any, depx: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.session("a", shelf.interview())
    assert depx("report", shelf.path, "-q") == 0
    capsys.readouterr()
    assert depx("verify", shelf.path) == 0
    assert "report" not in capsys.readouterr().out.replace("no report", "")
    assert depx("clean", shelf.path, "--dry-run") == 0
    assert "report" not in capsys.readouterr().out


def test_bad_requests_are_one_line(
    mixed: Path, depx: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments, code, said in (
        ((mixed, "--only", "nobody"), 2, "no session 'nobody'"),
        ((mixed, "--only", "out", "--exclude", "out"), 2, "these options leave no session"),
        ((mixed, "-o", tmp_path / "out.csv"), 2, "expected a name that ends in .html"),
        ((tmp_path / "nothing",), 3, "expected a store, a training set, a run or a study"),
    ):
        assert depx("report", *arguments) == code
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


def test_a_damaged_label_table_is_a_red_line(shelf: Any, depx: Callable[..., int]) -> None:
    shelf.session("a", {})
    (shelf.path / "labels.parquet").write_text("no table")
    assert depx("report", shelf.path, "-q") == 0
    html = (shelf.path / "report.html").read_text()
    assert re.search('<p class="alarm">labels.parquet: ', html)
