"""The end of a run: what was done, what failed, what to do next."""

from pathlib import Path

import pytest

from depx.extract.progress import Cost
from depx.extract.run import ExtractSummary
from depx.extract.session_run import Outcome
from depx.extract.settings import parse
from depx.extract.telling.summary import conclusion, counts, document, tracks

COST = Cost(seconds=12.0, cpu_s=10.0, peak_mb=500.0)
MADE = Outcome(session="a", made={"vad": 5}, seconds=30.0, costs={"vad": COST}, bytes=2_000_000,
               on_record=("words", "word_times", "face", "vad"))  # fmt: skip
KEPT = Outcome(session="b", kept=("vad",), bytes=1_000_000, on_record=MADE.on_record)
BAD = Outcome(session="c", failures={"vad": "a.wav: broken; replace the file"}, seconds=1.0)
LOCKED = Outcome(session="d", locked="is locked by another run")
LEFT_OUT = Outcome(session="e", left_out="it has no words")


def summary(*outcomes: Outcome, found: int | None = None) -> ExtractSummary:
    return ExtractSummary(
        store=Path("my store"),
        found=len(outcomes) if found is None else found,
        outcomes=outcomes,
        tracks=("vad",),
        sources=("S",),
        recipe=parse(("vad",), {}).recipe(),
        seconds=60.0,
    )


def test_each_session_is_counted_once_by_what_it_is() -> None:
    told = summary(MADE, KEPT, BAD, LOCKED, LEFT_OUT, found=9)
    assert counts(told) == {
        "done": 1, "up_to_date": 1, "failed": 1, "locked": 1, "left_out": 1, "not_begun": 4,
    }  # fmt: skip
    text = conclusion(told)
    assert text.startswith("5 of 9 sessions, 1 failed, 1 left out as asked -> my store\n")
    assert (
        "1 done now, 1 up to date, 1 failed, 1 locked, 1 left out, 4 not begun; took 1 min" in text
    )
    assert "120 sessions an hour; tables: 3 MB" in text


def test_each_track_is_summed_up_over_the_sessions() -> None:
    (vad,) = tracks(summary(MADE, MADE, KEPT, BAD)).values()
    assert (vad.made, vad.up_to_date, vad.failed, vad.rows) == (2, 1, 1, 10)
    assert (vad.cpu_s, vad.peak_mb) == (20.0, 500.0)
    row = next(line for line in conclusion(summary(MADE, BAD)).splitlines() if line[:4] == "vad ")
    assert row.split() == ["vad", "1", "0", "0", "1", "5", "10.0", "500"]


def test_failures_are_named_with_their_reason_and_the_rest_is_counted() -> None:
    many = [Outcome(session=f"s{n}", failures={"vad": "a.wav: broken"}) for n in range(12)]
    text = conclusion(summary(*many, MADE))
    assert text.count("failed: vad: a.wav: broken") == 5
    assert "7 more failed" in text
    assert "Mend what failed, then run the same command again" in text


def test_the_next_command_stands_at_the_end_and_can_be_pasted(tmp_path: Path) -> None:
    assert conclusion(summary(MADE)).splitlines()[-1] == (
        "Next: depx align 'my store' -o DATASET --labels LABELS.csv"
    )
    (tmp_path / "labels.parquet").touch()
    with_labels = ExtractSummary(store=tmp_path, found=1, outcomes=(KEPT,))
    assert document(with_labels)["next"] == f"depx align {tmp_path} -o DATASET"
    assert "Next:" not in conclusion(summary(BAD))


def test_a_full_disk_and_a_lock_say_how_to_go_on() -> None:
    full = Outcome(session="f", failures={"session": "No space left on device"}, no_room=True)
    text = conclusion(summary(MADE, full, LOCKED, found=50))
    assert "Stopped: no room left in 'my store'; make room, then run the same command again" in text
    assert "47 not begun" in text
    assert "locked: d" in text
    assert "when it is over, run the same command again" in text


def test_a_run_that_found_all_up_to_date_is_said_in_three_lines() -> None:
    assert conclusion(summary(KEPT)).splitlines() == [
        "1 session, 0 failed -> my store",
        "1 up to date; took 1 min; tables: 1 MB",
        "Next: depx align 'my store' -o DATASET --labels LABELS.csv",
    ]


@pytest.mark.parametrize("number", [1, 250_000])
def test_the_table_fits_into_80_columns(number: int) -> None:
    cost = Cost(seconds=1e6, cpu_s=1e6, peak_mb=9999.0)
    made = {"egemaps_turns": 3_000_000 * number // 1000}
    one = Outcome(session="a", made=made, seconds=1.0, costs={"egemaps_turns": cost})
    lines = conclusion(summary(one)).splitlines()
    assert max(map(len, lines)) <= 80
    assert len({len(line) for line in lines if line[:5] in ("track", "egema")}) == 1
    assert "\n".join(lines).isascii()


def test_a_narrow_terminal_has_fewer_columns() -> None:
    lines = conclusion(summary(MADE, BAD), 40).splitlines()
    assert "track  made  failed  CPU s  peak MB" in lines
    assert "vad       1       1   10.0      500" in lines
