"""All checks of a session: none fails, thresholds move, damage costs what it damaged."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.errors import UsageError
from depx.extract.checks.base import Check, Grade, Measured, Stretch, printed
from depx.extract.checks.registry import CHECKS, IN_ORDER
from depx.extract.checks.run import check_session, checks_with, parse_thresholds

ORDER = [Grade.GOOD, Grade.DOUBTFUL, Grade.BAD]


def test_every_check_has_its_own_name_under_its_subject_and_says_what_it_is() -> None:
    assert len(CHECKS) == len(IN_ORDER)
    assert len({check.title for check in IN_ORDER}) == len(IN_ORDER)
    for check in IN_ORDER:
        subject, _, what = check.name.partition(".")
        assert subject in ("face", "clock", "sound", "speech", "numbers")
        assert what
        assert check.about.endswith(".")


@given(st.floats(allow_nan=False), st.floats(-10, 10), st.floats(0.01, 10), st.booleans())
def test_grades_never_get_better_towards_bad(
    value: float, doubtful: float, apart: float, high: bool
) -> None:
    bad = doubtful + apart if high else doubtful - apart
    check = Check[None](
        name="a.b", title="", unit="", about="", doubtful=doubtful, bad=bad,
        measure=lambda _none: Measured(value=value),
    )  # fmt: skip
    worse = math.nextafter(value, math.inf if high else -math.inf)
    assert ORDER.index(check.grade(worse)) >= ORDER.index(check.grade(value))
    assert check.grade(bad) is Grade.BAD
    assert check.grade(doubtful) is Grade.DOUBTFUL
    assert check.grade(float("nan")) is check.grade(None) is Grade.ABSENT


def test_an_empty_session_is_absent_in_everything_with_a_reason(room: Any) -> None:
    for finding in check_session(room.session({})):
        assert finding.grade is Grade.ABSENT
        assert finding.measured.about


def test_a_damaged_table_costs_its_own_checks_and_says_how_to_mend_it(room: Any) -> None:
    stored = room.session({"face": room.face(), "words": room.turns([(0, 5), (5, 60)])})
    path = Path(stored.folder) / "face.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    found = {one.check: one for one in check_session(stored)}
    for name in ("face.tracked", "clock.rate", "clock.holes", "numbers.missing"):
        assert found[name].grade is Grade.ABSENT
        assert "face.parquet: is not the file that session.json records" in (
            found[name].measured.about
        )
    assert found["speech.slow"].grade is Grade.GOOD


@pytest.mark.parametrize(
    ("name", "value", "side", "said"),
    [
        ("speech.untimed", 1.0, "", "100 %"),
        ("sound.clipped", 0.0014, "", "0.14 %"),
        ("numbers.missing", 0.7834, "", "78.3 %"),
        ("clock.rate", 25.0, "", "25.00 %"),
        ("speech.shift", 4.02, "early", "4.02 s early"),
        ("speech.confidence", 0.08, "", "0.08"),
        ("sound.dc", 0.14, "", "0.14 of full scale"),
        ("face.gaps", 20.0, "", "20.0/min"),
        ("speech.roles", 2.0, "", "2"),
    ],
)
def test_a_number_is_printed_with_a_unit_that_people_read(
    name: str, value: float, side: str, said: str
) -> None:
    assert printed(CHECKS[name], value, side) == said


def test_thresholds_that_are_given_take_the_place_of_a_checks_own(room: Any) -> None:
    stored = room.session({"face": room.face(lost=[(0.0, 3.0)])})  # 95 % tracked
    own, strict = (
        next(one for one in check_session(stored, given) if one.check == "face.tracked")
        for given in ({}, parse_thresholds(["face.tracked=0.99,0.96"]))
    )
    assert own.grade is Grade.GOOD
    assert strict.grade is Grade.BAD
    assert own.measured == strict.measured


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("face.trakced=1,0", "no check 'face.trakced'; expected one of face.tracked"),
        ("face.tracked=0.5", "expected two numbers, doubtful and bad, as face.tracked=0.9,0.7"),
        ("face.tracked=a,b", "expected two numbers"),
        ("face.tracked=nan,0.5", "expected bad below doubtful"),
        ("face.tracked=0.5,0.9", "expected bad below doubtful, as 0.9,0.7"),
        ("sound.clipped=0.2,0.2", "expected bad above doubtful"),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        checks_with(parse_thresholds([text]))


def test_no_check_names_more_than_ten_stretches_or_one_that_runs_backwards(room: Any) -> None:
    lost = [(3.0 * k, 3.0 * k + 1.5) for k in range(40)]
    said = [(3.0 * k, 3.0 * k + 2.9) for k in range(40)]
    made = {
        "face": room.face(120.0, lost=lost), "vad": room.vad(120.0, []),
        "words": room.turns(said, rate=0.1), "level": room.level(120.0, dbfs=-70.0),
    }  # fmt: skip
    for finding in check_session(room.session(made)):
        stretches: tuple[Stretch, ...] = finding.measured.stretches
        assert len(stretches) <= 10, finding.check
        assert all(one.stop_s >= one.start_s and one.about for one in stretches)
