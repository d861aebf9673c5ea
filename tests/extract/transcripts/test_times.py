"""Times as transcripts write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.extract.transcripts.times import time_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.345", 12.345),
        (" 12 ", 12),
        ("-0.5", -0.5),
        ("12,5", 12.5),
        (".5", 0.5),
        ("1e1", 10),
        ("1:02", 62),
        ("00:01:02,500", 62.5),
        ("1:00:00.25", 3600.25),
        ("-0:01", -1),
        (3, 3),
        (3.25, 3.25),
    ],
)
def test_a_time_is_read(text, expected) -> None:
    assert time_of(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "nan", "inf", "1_000", "1,234.5", "1:2:3:4", "0x10", "\u0663", "12 s"),
        *("1:234", "12:70", "1:70:00", None, True, [], math.inf, math.nan, 10**400, "9" * 400),
    ],
)
def test_what_is_no_time_is_unknown(value) -> None:
    assert math.isnan(time_of(value))


@given(st.integers(min_value=0, max_value=10**9))
def test_a_clock_gives_back_its_milliseconds(ms: int) -> None:
    hours, minutes, seconds = ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60
    for sign in ".,":
        text = f"{hours:02}:{minutes:02}:{seconds:02}{sign}{ms % 1000:03}"
        assert time_of(text) == pytest.approx(ms / 1000, abs=1e-9)
    assert time_of(str(ms), 1000) == pytest.approx(ms / 1000, abs=1e-9)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12))
def test_a_time_is_finite_or_unknown(value) -> None:
    time_s = time_of(str(value))
    assert math.isfinite(time_s) or math.isnan(time_s)
