"""What the page of a store says of lengths, people and the worst stretches."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REASON = "video.mp4: is cut short"


def lead_of(store: Path) -> str:
    html = (store / "report.html").read_text()
    (lead,) = re.findall(r"2 sessions: [^<]*bad\.", html)
    return str(lead)


def test_a_session_is_as_long_as_its_sound_and_picture_together(
    shelf: Any, depx: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    long = shelf.track(30.0, 2.0, ["confidence"], 1)
    short = shelf.track(50.0, 0.1, ["rms_dbfs"], 2)
    media = {"media": {"sound_start_s": 0.0, "duration_s": 6.0}}
    shelf.session("muted", {"face": long, "level": short}, quality={"level": media})
    shelf.session("heard", {"level": short}, quality={"level": media})
    shelf.session("seen", {"face": long})
    shelf.session("bare", {"level": short})
    assert depx("report", shelf.path, "--json") == 0
    found = json.loads(capsys.readouterr().out)["sessions"]
    lengths = {one["session"]: one["length_s"] for one in found}
    assert lengths == {
        "muted": pytest.approx(120, abs=0.02),
        "heard": 6.0,
        "seen": pytest.approx(120, abs=0.02),
        "bare": pytest.approx(6, abs=0.02),
    }


def test_participants_are_counted_only_where_they_are_known(
    shelf: Any, depx: Callable[..., int]
) -> None:
    shelf.session("a", shelf.interview())
    shelf.session("b", shelf.interview())
    assert depx("report", shelf.path, "-q") == 0
    assert "participant" not in lead_of(shelf.path)
    shelf.session("b", shelf.interview(), participant="a")
    assert depx("report", shelf.path, "-q") == 0
    assert "of 1 participant." in lead_of(shelf.path)


def test_minutes_are_listed_the_worst_first_and_end_with_the_recording(
    shelf: Any, depx: Callable[..., int], saved: Callable[[str], Any]
) -> None:
    face = shelf.track(30.0, 2.5, ["confidence"], 1)
    starts = [*range(5, 15, 5), *range(62, 110, 6), *range(122, 146, 6)]  # 2, 8 and 4 gaps
    for start_s in starts:
        gone_F = (face.time_s >= start_s) & (face.time_s < start_s + 0.5)
        face.value_FC[gone_F], face.valid_F[gone_F] = np.nan, False
    shelf.session("a", {"face": face})
    assert depx("report", shelf.path, "-q") == 0
    rows = saved((shelf.path / "report.html").read_text())["stretches.csv"]
    gaps = [row for row in rows if row["check"] == "Gaps"]
    assert [row["what"] for row in gaps] == [f"face lost {n} times" for n in (8, 4, 2)]
    assert [float(row["seconds"]) for row in gaps] == pytest.approx([60, 30, 60], abs=0.03)
