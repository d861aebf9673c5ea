"""The picture of a run on terminals of every kind; the run is acted, the terminal is real."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ACTED = """
import sys
from depx.extract.session_run import Outcome
from depx.extract.telling.watch import Watch

def wait():
    sys.stdin.readline()

def begin(session):
    watch.hear({"event": "session_begun", "session": session})
    watch.hear({"event": "unit_begun", "session": session, "tracks": ["vad", "egemaps"]})

with Watch("extract", quiet="quiet" in sys.argv) as watch:
    watch.hear({"event": "extract", "sessions": 200, "jobs": 2})
    watch.outcome(Outcome(session="done already", kept=("vad",)))
    watch.outcome(Outcome(session="worked", made={"vad": 5}, seconds=60.0, warnings=("odd",)))
    watch.outcome(Outcome(session="bad\\x1b[5m", failures={"vad": "a.wav: broken"}, seconds=60.0))
    for number in range(int(sys.argv[1])):
        begin(f"participant {number}")
    watch.hear({"event": "progress", "session": "participant 0", "takes": "sound",
                "track": "egemaps", "done_s": 754.0, "of_s": 2590.0})
    wait()
    watch.hear({"event": "extracted"})
    print("afterwards")
"""


@pytest.fixture
def acted(on_a_terminal: Callable[..., Any]) -> Callable[..., Any]:
    """Start the acted run and read until it waits."""

    def start(*arguments: object, sign: str = "of 200", **options: Any) -> Any:
        shown = on_a_terminal("-c", ACTED, *(arguments or (2,)), **options)
        shown.read(lambda one: sign in one.glass.text())
        return shown

    return start


def ended(shown: Any) -> str:
    shown.go_on()
    text = shown.read()
    assert shown.process.wait(30) == 0, text
    return text


def test_all_of_the_run_and_each_session_at_work_are_seen_and_gone_at_the_end(
    acted: Callable[..., Any],
) -> None:
    shown = acted(columns=100)
    foot = shown.glass.text().splitlines()[-3:]
    assert "3 of 200 sessions, 1 failed, at most 1 h 38 min left" in foot[0]
    assert foot[0].startswith("──────────")
    egemaps, vad = sorted(foot[1:])
    assert "participant 0  egemaps (2 of 2)  12:34 of 43:10  29 %" in egemaps
    assert "participant 1  vad, egemaps" in vad
    text = ended(shown)
    assert "of 200" not in text
    assert "participant" not in text
    assert text.splitlines()[0] == "done already: 1 up to date (0.0 s)"
    assert text.splitlines()[-1] == "afterwards"
    assert "bad?[5m: failed: vad: a.wav: broken" in text
    assert shown.glass.cursor


def test_a_narrow_terminal_has_one_row_a_session(acted: Callable[..., Any]) -> None:
    shown = acted(columns=40)
    rows = shown.glass.text().splitlines()
    foot = rows[-3:]
    assert all(len(row) < 40 for row in foot)
    assert foot[0].startswith("3 of 200 sessions, 1 failed")
    assert any(row.startswith(" participant 0  egemaps  29 %") for row in foot)
    assert "of 200" not in ended(shown)


def test_a_low_terminal_counts_the_sessions_that_it_has_no_row_for(
    acted: Callable[..., Any],
) -> None:
    shown = acted(30, rows=8)
    rows = shown.glass.text().splitlines()
    first = next(number for number, row in enumerate(rows) if "of 200" in row)
    assert len(rows) - first <= 6
    assert rows[-1] == " 26 more at work"


def test_a_terminal_that_is_resized_is_filled_anew(acted: Callable[..., Any]) -> None:
    shown = acted(columns=60)
    shown.resize(100)
    shown.read(lambda one: "12:34 of 43:10" in one.pictures[-1])
    assert "of 200" not in ended(shown)


def test_no_color_is_obeyed(acted: Callable[..., Any]) -> None:
    plain, coloured = acted(NO_COLOR="1"), acted()
    for shown in (plain, coloured):
        ended(shown)
    assert "\x1b[31m" in coloured.raw
    assert "\x1b[3" not in plain.raw


def test_without_utf_8_it_is_drawn_in_ascii(acted: Callable[..., Any]) -> None:
    shown = acted(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    ended(shown)
    assert "##" not in shown.glass.text()
    assert shown.raw.isascii()


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_dumb_terminal_gets_lines_only(
    on_a_terminal: Callable[..., Any], environment: dict[str, str]
) -> None:
    shown = on_a_terminal("-c", ACTED, 2, **environment)
    text = ended(shown)
    assert "\x1b" not in shown.raw
    assert text.splitlines()[0] == "done already: 1 up to date (0.0 s)"


def test_quiet_says_failures_and_warnings_only(on_a_terminal: Callable[..., Any]) -> None:
    shown = on_a_terminal("-c", ACTED, 2, "quiet")
    text = ended(shown)
    assert text.splitlines() == ["worked: warning: odd", "bad?[5m: failed: vad: a.wav: broken",
                                 "afterwards"]  # fmt: skip


def test_a_terminal_that_goes_away_ends_no_run(
    on_a_terminal: Callable[..., Any],
) -> None:
    reader, writer = os.pipe()
    program = f"import os; os.dup2({writer}, 2)\n" + ACTED
    os.set_inheritable(writer, True)
    shown = on_a_terminal("-c", program, 2, pass_fds=(writer,))
    os.close(writer)
    os.close(reader)
    assert ended(shown).splitlines() == ["afterwards"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_it_the_cursor_is_there(
    acted: Callable[..., Any], number: signal.Signals
) -> None:
    shown = acted()
    os.kill(shown.process.pid, number)
    shown.read()
    shown.process.wait(30)
    assert shown.glass.cursor
    if number == signal.SIGINT:
        assert "participant" not in shown.glass.text()
        assert "stopped at 3 of 200 sessions" in shown.glass.text()
