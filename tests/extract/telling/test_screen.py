"""Lines where there is no terminal: a steady one that says how far a run is, and no more."""

import io
import time

from depx.extract.telling.screen import Screen, Steady


def test_the_log_file_of_a_job_says_now_and_then_where_the_run_is() -> None:
    stream = io.StringIO()
    steady = Steady(Screen(stream), lambda: ["12 of 200 sessions", "1 failed"], every_s=0.01)
    steady.say("before")
    steady.begin()
    deadline = time.monotonic() + 30
    while stream.getvalue().count("of 200") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    steady.end()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["before", "12 of 200 sessions, 1 failed"]
    steady.say("after")
    assert stream.getvalue().splitlines() == [*lines, "after"]


def test_what_a_stream_cannot_encode_is_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    Screen(stream).line("a \u2013 b")
    assert raw.getvalue() == b"a ? b\n"


def test_a_stream_that_is_closed_is_given_up() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    stream.close()
    screen.line("nobody hears it")
    screen.flush()
    assert screen.gone
