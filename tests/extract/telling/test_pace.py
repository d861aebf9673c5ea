"""How far a run is and how long it takes, on a clock that the test sets."""

import pytest

from depx.extract.telling.amounts import clock, lasting, plain, several, size
from depx.extract.telling.pace import Pace


def after(pace: Pace, *seconds: float, failed: bool = False) -> Pace:
    for number, one in enumerate(seconds):
        pace.end(f"{pace.done}-{number}", one, failed=failed, warnings=0)
    return pace


def test_the_time_left_is_the_mean_of_what_took_work_shared_among_the_jobs() -> None:
    pace = after(Pace(total=12, jobs=2), 100.0, 50.0)
    assert pace.left_s(0.0) == pytest.approx(10 * 75 / 2)


def test_nothing_is_said_of_the_time_before_a_session_is_done() -> None:
    pace = Pace(total=5, jobs=1)
    pace.begin("a", 0.0)
    assert pace.left_s(1000.0) is None
    assert pace.facts(1000.0) == ["0 of 5 sessions"]


def test_sessions_that_were_up_to_date_do_not_make_the_rest_look_quick() -> None:
    pace = after(Pace(total=200, jobs=1), *[0.0] * 150, 60.0)
    assert pace.left_s(0.0) == pytest.approx(49 * 60)
    assert "at most 49 min left" in pace.facts(0.0)
    alone = after(Pace(total=50, jobs=1), 60.0)
    assert "about 49 min left" in alone.facts(0.0)


def test_the_time_left_falls_while_a_session_is_at_work() -> None:
    pace = after(Pace(total=3, jobs=1), 100.0)
    pace.begin("b", 0.0)
    left = [pace.left_s(float(now)) for now in (0, 40, 100)]
    assert left == [pytest.approx(200), pytest.approx(160), pytest.approx(100)]


def test_sessions_that_fail_at_once_are_outweighed_by_one_that_takes_long() -> None:
    pace = after(Pace(total=100, jobs=1), 0.1, 0.1, 0.1, failed=True)
    pace.begin("long", 0.0)
    quick = pace.left_s(0.05)
    slow = pace.left_s(3600.0)
    assert quick is not None
    assert slow is not None
    assert quick < 10
    assert slow > 90 * 800
    assert "3 failed" in pace.facts(3600.0)


def test_the_rate_counts_work_since_the_first_session_was_begun() -> None:
    pace = Pace(total=10, jobs=1)
    pace.begin("a", 1000.0)
    after(pace, 30.0)
    assert pace.rate_per_hour(1030.0) == pytest.approx(120)
    assert "120 an hour" in pace.facts(1030.0)


def test_amounts_are_said_as_people_read_them() -> None:
    said = [lasting(seconds) for seconds in (0.4, 59.6, 125, 3599, 3600 * 3 + 20 * 60, 3600 * 60)]
    assert said == ["0 s", "1 min", "2 min 5 s", "59 min", "3 h 20 min", "60 h"]
    assert [clock(seconds) for seconds in (0, 754, 3723)] == ["0:00", "12:34", "1:02:03"]
    assert [size(number) for number in (0, 999, 12_345, 12_300_000_000)] == [
        "0 bytes", "999 bytes", "12.3 kB", "12.3 GB",
    ]  # fmt: skip
    assert several(1, "session") == "1 session"
    assert several(2000, "session") == "2,000 sessions"


def test_what_a_terminal_would_obey_is_taken_out_of_names() -> None:
    assert plain("a\x1b[2Jb\a") == "a?[2Jb?"
    assert plain("Müller 被试") == "Müller 被试"


def test_fits_are_counted_and_say_their_last_epoch() -> None:
    pace = Pace(total=4, jobs=2, what="fit")
    epoch = {"fit": "fold 1/4 seed 0", "stage": "task", "epoch": 3, "of": 60, "task": 0.0314}
    pace.learn({**epoch, "elbo": 1.2345, "validation_ccc": None}, 10.0)
    one = pace.at_work["fold 1/4 seed 0"]
    assert (one.track, one.epochs, one.began) == ("ELBO 1.234, loss 0.031", (3, 60), 10.0)
    pace.learn({**epoch, "epoch": 4, "validation_ccc": 0.5}, 20.0)
    assert (one.track, one.epochs, one.began) == ("loss 0.031, CCC 0.500", (4, 60), 10.0)
    pace.fitted("fold 1/4 seed 0", 110.0)
    pace.fitted("fold 2/4 seed 0", 110.0)  # its epochs were never heard of
    assert pace.at_work == {}
    assert pace.facts(110.0)[:2] == ["2 of 4 fits", "at most 1 min 40 s left"]
