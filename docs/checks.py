"""Write the page of the checks, ``checks.md``, from the code.

python docs/checks.py            (tests/test_docs.py holds that it is current)
"""

from itertools import groupby
from pathlib import Path

from depx.extract.checks.base import Check
from depx.extract.checks.registry import IN_ORDER
from depx.extract.checks.seen import Seen

HERE = Path(__file__).parent
HEAD = """# What is checked of a session

`depx report STORE` asks these questions of every session ([look before you
train](howto/look.md)). Each has a number, and says from where on that is doubtful or bad; what
could not be measured is *absent*, with the reason, and never good. A session is as good as its
worst check. Other thresholds: `--threshold face.tracked=0.95,0.8`; an exit code for scripts:
`--fail-under face.tracked=0.8`.

The thresholds are where figures of this field are known to suffer, as the texts say; where nothing
is known they were set so that nothing of the demo, and of real clips only what is visibly wrong, is
bad. They are a reason to look, never a reason to leave somebody out unseen.
"""
SUBJECTS = {
    "face": "Face",
    "clock": "Clock",
    "sound": "Sound",
    "speech": "Speech and transcript",
    "numbers": "Numbers",
}


def as_page() -> str:
    """Lay the checks out, a table a subject."""
    lines = [HEAD]
    for subject, checks in groupby(IN_ORDER, key=lambda check: check.name.partition(".")[0]):
        lines += [f"## {SUBJECTS[subject]}", ""]
        lines += ["| check | unit | doubtful | bad | |", "|---|---|---|---|---|"]
        lines += [_row(check) for check in checks]
        lines += [""]
    return "\n".join(lines)


def _row(check: Check[Seen]) -> str:
    from_on = "up to" if check.bad < check.doubtful else "from"
    bounds = " | ".join(f"{from_on} {bound:g}" for bound in (check.doubtful, check.bad))
    return f"| `{check.name}` | {check.unit} | {bounds} | {check.about} |"


if __name__ == "__main__":
    (HERE / "checks.md").write_text(as_page(), encoding="utf-8", newline="\n")
