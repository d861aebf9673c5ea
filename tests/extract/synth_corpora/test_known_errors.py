"""With real session numbers the published errors are in the data, so that mending can be tried."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from depx.extract.synth.corpora import daic_woz
from depx.extract.synth.corpora.known_errors import daic_numbers
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.recording import Recording


@pytest.fixture(scope="module")
def eventful(order: Callable[..., Order]) -> Callable[[int], Recording]:
    wanted = order("daic-woz", sessions=189, daic_ids=True, minutes=1.0)
    return lambda number: Recording(wanted, number, (60.0, 180.0))


def rows_of(number: int, session: Recording) -> pd.DataFrame:
    text = daic_woz.transcript(number, session.interview.rows).decode()
    lines = [line.split("\t") for line in text.splitlines()[1:] if line]
    table = pd.DataFrame(lines, columns=["start", "stop", "speaker", "value"])
    return table.astype({"start": float, "stop": float})


def test_numbers_are_those_of_the_corpus() -> None:
    everybody = daic_numbers(189)
    assert everybody == [n for n in range(300, 493) if n not in (342, 394, 398, 460)]
    few = daic_numbers(14)
    assert few == [300, 301, 318, 319, 321, 341, 362, 373, 402, 409, 444, 451, 458, 480]


@pytest.mark.parametrize(
    ("number", "offset_s"), [(318, 34.319917), (321, 3.8379167), (341, 6.1892), (362, 16.8582)]
)
def test_adding_the_published_offset_puts_rows_on_the_voice(
    eventful: Callable[[int], Recording], number: int, offset_s: float
) -> None:
    session = eventful(number)
    rows = rows_of(number, session)
    own = rows[(rows.speaker == "Participant") & ~rows.value.str.contains("sync")]
    assert rows.start.min() >= 0
    talking_F = session.voices.participant.talking_F

    def covered(shift_s: float) -> float:
        inside = np.zeros(talking_F.size, dtype=bool)
        for start_s, stop_s in zip(own.start + shift_s, own.stop + shift_s, strict=True):
            inside[round(start_s * 100) : round(stop_s * 100)] = True
        return float((inside & talking_F).sum() / (inside | talking_F).sum())

    assert covered(offset_s) > 0.98
    assert covered(0.0) < 0.75


@pytest.mark.parametrize("number", [451, 458, 480])
def test_three_transcripts_have_no_row_of_the_agent(
    eventful: Callable[[int], Recording], number: int
) -> None:
    session = eventful(number)
    assert set(rows_of(number, session).speaker) == {"Participant"}
    assert session.voices.ellie.talking_F.any()  # she is heard all the same
    assert rows_of(number, session).value.str.fullmatch(r"[<\[]sync\w*[.>\]]*").any()


@pytest.mark.parametrize(
    ("number", "first_s", "last_s"), [(373, 352.0, 428.0), (444, 286.0, 387.0)]
)
def test_interruptions_lie_where_they_are_published(
    eventful: Callable[[int], Recording], number: int, first_s: float, last_s: float
) -> None:
    session = eventful(number)
    rows = rows_of(number, session)
    inside = rows[(rows.stop > first_s) & (rows.start < last_s)]
    assert len(inside) == 3
    assert not inside.speaker.eq("Ellie").any()
    assert rows.start.max() > last_s  # the interview goes on
    away = (session.face.time_s > first_s + 6) & (session.face.time_s < first_s + 30)
    assert not session.face.success_F[away].any()


def test_the_video_of_402_ends_two_minutes_early(eventful: Callable[[int], Recording]) -> None:
    session = eventful(402)
    heard_s = session.voices.frames / 100
    assert heard_s - session.face.time_s[-1] == pytest.approx(120, abs=0.1)
    assert session.face.time_s[-1] > 100


def test_the_agents_rows_change_style_after_363(eventful: Callable[[int], Recording]) -> None:
    styled = re.compile(r"\S+ \(.*\)")
    for number, expected in ((362, False), (373, True)):
        rows = rows_of(number, eventful(number))
        said = rows.value[rows.speaker == "Ellie"]
        assert {bool(styled.fullmatch(value)) for value in said} == {expected}


def test_409_and_319_have_their_errors_in_the_train_split(order: Callable[..., Order]) -> None:
    wanted = order("daic-woz", sessions=14, daic_ids=True)
    text = daic_woz.tables(wanted, daic_woz.units(wanted))["train_split_Depression_AVEC2017.csv"]
    rows = {line.split(",")[0]: line.split(",") for line in text.decode().splitlines()}
    assert rows["409"][1:3] == ["0", "10"]
    assert rows["319"][4 + 2] == ""
    filled = [int(cell) for cell in rows["319"][4:] if cell]
    assert 0 <= int(rows["319"][2]) - sum(filled) <= 3  # what is missing can be told


def test_real_numbers_are_not_used_unless_asked_for(order: Callable[..., Order]) -> None:
    assert {unit.number for unit in daic_woz.units(order("daic-woz"))} == set(range(900, 906))
