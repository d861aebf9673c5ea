"""Transcripts written by hand, mended; what is left out is counted, and nothing else is lost."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.extract.corrections.table import corrections_of
from depx.extract.corrections.words import corrected, is_mark
from depx.extract.transcripts.base import Transcript
from depx.extract.transcripts.registry import read
from depx.features.words import Reading, Utterance

HEADER = "start_time\tstop_time\tspeaker\tvalue"
CHATTER = (
    "0.5\t1.5\tParticipant\tis it on",
    "2.0\t2.5\tParticipant\t<sync>",
    "3.0\t4.0\tParticipant\tnow then",
)
TALK = (
    "10.0\t11.0\tEllie\thi i'm ellie",
    "12.0\t13.5\tParticipant\thello",
    "14.0\t15.0\tParticipant\t[synch].",
    "16.0\t17.0\tParticipant\tokay [sync] fine",
)
MARKS = frozenset({"<sync>", "<synch>", "[sync]", "[synch]", "[syncing]", "[synching]", "<sync."})


def transcript(tmp_path: Path, *rows: str) -> Transcript:
    path = tmp_path / "transcript.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return read(path)


@pytest.mark.parametrize("comma", [",", ";"])
def test_a_transcript_that_a_spreadsheet_saved_anew_is_still_the_corpus_own(
    tmp_path: Path, comma: str
) -> None:
    own = transcript(tmp_path, *CHATTER, *TALK, "18.0\t19.0\tParticipant\ta, b; c")
    rows = [line.split("\t") for line in (tmp_path / "transcript.csv").read_text().splitlines()]
    with (tmp_path / "transcript.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=comma).writerows(rows)
    anew = read(tmp_path / "transcript.csv")
    assert anew.utterances == own.utterances
    assert mended(anew, "318").utterances == mended(own, "318").utterances


def mended(said: Transcript, number: str = "300", mode: str = "published") -> Transcript:
    return corrected(said, corrections_of("daic-woz", number, mode))


def texts(said: Transcript) -> list[str]:
    return [row.text for row in said.utterances]


def test_talk_before_the_interviewer_and_marks_are_left_out_and_counted(tmp_path: Path) -> None:
    found = mended(transcript(tmp_path, *CHATTER, *TALK))
    assert texts(found) == ["hi i'm ellie", "hello", "okay [sync] fine"]
    assert found.reading.corrections == {
        "rows": 7,
        "begin": "interviewer",
        "rows_before_begin": 3,
        "rows_sync": 1,
    }
    assert found.reading.warnings == ()


def test_none_leaves_a_transcript_as_it_is(tmp_path: Path) -> None:
    said = transcript(tmp_path, *CHATTER, *TALK)
    for number in ("300", "318", "373"):
        assert mended(said, number, "none") is said


def test_without_an_interviewer_the_first_mark_ends_the_talk_before(tmp_path: Path) -> None:
    rows = (*CHATTER, "12.0\t13.5\tParticipant\thello", "20.0\t21.0\tParticipant\t<sync>")
    found = mended(transcript(tmp_path, *rows), "451")
    assert texts(found) == ["now then", "hello"]
    assert found.reading.corrections == {
        "rows": 5,
        "begin": "sync mark",
        "rows_before_begin": 2,
        "rows_sync": 1,
    }


def test_with_neither_interviewer_nor_mark_nothing_is_left_out(tmp_path: Path) -> None:
    found = mended(transcript(tmp_path, CHATTER[0], TALK[1]), "458")
    assert texts(found) == ["is it on", "hello"]
    assert found.reading.corrections["begin"] == "not told: neither interviewer nor sync mark"
    assert found.reading.corrections["rows_before_begin"] == 0


def test_where_nobody_is_named_no_talk_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("start_time\tstop_time\tvalue\n0\t1\tis it on\n1\t2\t<sync>\n2\t3\thello\n")
    found = mended(read(path))
    assert texts(found) == ["is it on", "hello"]
    assert found.reading.corrections["begin"] == "not told: no speaker is named"


@pytest.mark.parametrize("name", ["Ellie", "ellie", " ELLIE "])
def test_the_interviewer_is_known_however_she_is_written(tmp_path: Path, name: str) -> None:
    found = mended(transcript(tmp_path, CHATTER[0], f"10\t11\t{name}\thi"))
    assert texts(found) == ["hi"]


def test_a_late_beginning_is_told(tmp_path: Path) -> None:
    found = mended(transcript(tmp_path, *CHATTER, TALK[0]))
    (warning,) = found.reading.warnings
    assert "3 of 4 rows stand before the interview begins (interviewer)" in warning
    assert "is it on" not in warning


@pytest.mark.parametrize(
    "text",
    [
        *("<sync>", "<synch>", "[sync]", "[synch]", "[syncing]", "[synching]", "<sync."),
        *("<Sync>", " [sync] ", "[sync].", "<sync>,", "<sync> <sync>", "[synch] ."),
    ],
)
def test_a_mark_by_itself_is_no_word(text: str) -> None:
    assert is_mark(text, MARKS)


@pytest.mark.parametrize("text", ["", " ", ".", "sync", "okay <sync>", "<sync> okay", "<laughter>"])
def test_what_is_more_or_less_than_a_mark_is_kept(text: str) -> None:
    assert not is_mark(text, MARKS)


@pytest.mark.parametrize(
    ("number", "add_s"),
    [("318", 34.319917), ("321", 3.8379167), ("341", 6.1892), ("362", 16.8582)],
)
def test_the_published_seconds_are_added_to_all_times(
    tmp_path: Path, number: str, add_s: float
) -> None:
    found = mended(transcript(tmp_path, *TALK), number)
    assert [(row.start_s, row.stop_s) for row in found.utterances] == [
        (10.0 + add_s, 11.0 + add_s),
        (12.0 + add_s, 13.5 + add_s),
        (16.0 + add_s, 17.0 + add_s),
    ]
    assert found.reading.corrections["rows_shifted"] == 4
    assert found.reading.corrections["shift_s"] == add_s


@pytest.mark.parametrize(
    ("number", "start_s", "stop_s", "is_kept"),
    [
        ("373", 340, 351, True),
        ("373", 351, 353, False),  # a half
        ("373", 351.1, 353, False),  # 1 of 1.9 s
        ("373", 350.9, 353, True),  # 1 of 2.1 s
        ("373", 400, 401, False),
        ("373", 427, 430, True),
        ("373", 428, 429, True),
        ("373", 300, 500, True),
        ("373", 428, 428, True),
        ("373", 352, 352, False),
        ("444", 286, 387, False),
        ("444", 230, 286, True),
        ("300", 400, 401, True),
    ],
)
def test_what_lies_by_half_in_an_interruption_is_left_out(
    tmp_path: Path, number: str, start_s: float, stop_s: float, is_kept: bool
) -> None:
    said = transcript(tmp_path, TALK[0], f"{start_s}\t{stop_s}\tParticipant\tthe door")
    assert ("the door" in texts(mended(said, number))) == is_kept
    assert "the door" in texts(mended(said, number, "none"))
    if number != "300":
        assert mended(said, number).reading.corrections["rows_interrupted"] == (not is_kept)


def test_rows_without_times_are_kept_in_interruptions(tmp_path: Path) -> None:
    found = mended(transcript(tmp_path, TALK[0], "\t\tParticipant\twhen"), "373")
    assert texts(found) == ["hi i'm ellie", "when"]
    assert math.isnan(found.utterances[1].start_s)


def test_another_transcript_of_the_same_sound_is_neither_shifted_nor_cut(tmp_path: Path) -> None:
    path = tmp_path / "own.srt"
    path.write_text("1\n00:00:00,500 --> 00:00:01,000\nParticipant: is it on\n")
    said = read(path)
    found = mended(said, "318")
    assert found.utterances == said.utterances
    (warning,) = found.reading.warnings
    assert "the corpus's own runs 34.3199 s early" in warning
    assert "is it on" not in warning


def test_an_interruption_holds_for_any_transcript_of_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "own.srt"
    path.write_text(
        "1\n00:00:00,500 --> 00:00:01,000\nhello\n\n2\n00:06:40,000 --> 00:06:41,000\nthe door\n"
    )
    found = mended(read(path), "373")
    assert texts(found) == ["hello"]
    assert found.reading.corrections == {"rows": 2, "rows_interrupted": 1}


ROWS = st.builds(
    Utterance,
    start_s=st.floats(0, 600) | st.just(math.nan),
    stop_s=st.floats(0, 600) | st.just(math.nan),
    speaker=st.sampled_from(["Ellie", "Participant", None]),
    text=st.sampled_from(["hello", "<sync>", "[syncing].", "", "so [sync]"]),
    words=st.just(()) | st.just((("hello", 1.0, 2.0),)),
)
NUMBERS = st.sampled_from(["300", "318", "362", "373", "444", "451", "900"])


@given(rows=st.lists(ROWS, min_size=1, max_size=12), number=NUMBERS)
def test_nothing_is_lost_but_what_is_counted(rows: list[Utterance], number: str) -> None:
    said = Transcript(utterances=tuple(rows), reading=Reading(format="DAIC-WOZ table"))
    found = mended(said, number)
    counts = found.reading.corrections
    lost = sum(int(counts.get(f"rows_{why}", 0)) for why in ("before_begin", "sync", "interrupted"))
    assert counts["rows"] == len(rows) == lost + len(found.utterances)
    # What is left is a subsequence of the rows, moved by exactly the shift and otherwise the same.
    add_s = float(counts.get("shift_s", 0.0))
    moved = [
        replace(
            row,
            start_s=row.start_s + add_s,
            stop_s=row.stop_s + add_s,
            words=tuple((word, start + add_s, stop + add_s) for word, start, stop in row.words),
        )
        for row in rows
    ]
    remaining = iter([repr(row) for row in moved])  # by repr: NaN is not NaN
    assert all(repr(row) in remaining for row in found.utterances)


@given(rows=st.lists(ROWS, min_size=1, max_size=12))
def test_no_interview_row_of_an_ordinary_session_is_touched(rows: list[Utterance]) -> None:
    """A naive reading of the rules gives the same rows."""
    said = Transcript(utterances=tuple(rows), reading=Reading(format="DAIC-WOZ table"))
    found = texts(mended(said, "300"))
    speakers = [row.speaker for row in rows]
    spoken = [row.text for row in rows]
    marks = {"<sync>", "[syncing]."}
    if "Ellie" in speakers:
        begin = speakers.index("Ellie")
    elif "Participant" in speakers and marks & set(spoken):
        begin = min(spoken.index(mark) for mark in marks & set(spoken)) + 1
    else:
        begin = 0
    assert found == [text for text in spoken[begin:] if text not in marks]
