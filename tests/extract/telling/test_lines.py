"""What is said of sessions: each failure, and of each kind of warning the first few."""

from depx.extract.session_run import Outcome
from depx.extract.telling.lines import Teller


def test_warnings_of_one_kind_are_printed_thrice_and_then_counted() -> None:
    lines: list[str] = []
    teller = Teller(lines.append)
    for number in range(300, 310):
        warnings = (f"{number}_CLNF_AUs.txt: {number % 7} rows mended",)
        teller(Outcome(session=str(number), made={"face": 5}, warnings=warnings))
    teller(Outcome(session="310", warnings=("something else",)))
    teller.finish()
    warned = [line.partition(":")[0] for line in lines if "warning: " in line]
    assert warned == ["300", "301", "302", "310"]
    assert sum("face 5 rows" in line for line in lines) == 10
    assert lines[-1].startswith("7 more warnings like one of 300 (#_CLNF_AUs.txt: # rows mended")


def test_failures_are_printed_one_by_one() -> None:
    lines: list[str] = []
    teller = Teller(lines.append, quiet=True)
    for number in range(9):
        teller(Outcome(session=str(number), failures={"face": "broken"}))
    teller.finish()
    assert lines == [f"{n}: failed: face: broken" for n in range(9)]
