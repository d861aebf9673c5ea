"""Tables: DAIC-WOZ, E-DAIC and those of others, whose rows are kept whatever is wrong with them."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.errors import TranscriptError, UsageError
from depx.extract.transcripts.base import TABLE
from depx.extract.transcripts.columns import columns_of
from depx.extract.transcripts.decoding import head_of
from depx.extract.transcripts.registry import read, recognise
from depx.extract.transcripts.sheet import rows_of

DAIC = (
    "start_time\tstop_time\tspeaker\tvalue\n1.5\t2.0\tEllie\thi\n2.5\t4.0\tParticipant\tgood day\n"
)
EDAIC = "Start_Time,End_Time,Text,Confidence\n"


def rows(path, columns: str | None = None):
    return [
        (u.start_s, u.stop_s, u.speaker, u.text) for u in read(path, columns_of(columns)).utterances
    ]


def test_columns_of_a_daic_table_are_found_by_name(write) -> None:
    text = "Value\tSTOP_TIME\tStart_Time \nhi\t2.0\t1.5\n"
    assert rows(write(text)) == [(1.5, 2.0, None, "hi")]
    assert read(write(text)).reading.format == "DAIC-WOZ table"


def test_a_daic_table_loses_neither_quotes_nor_empty_values_nor_tabs_that_were_said(write) -> None:
    said = ['say "what', "", "a\ttab", 'a "b" c', '"']
    text = DAIC + "\n" + "".join(f"{i}\t{i}.5\tEllie\t{row}\n\n" for i, row in enumerate(said))
    table = read(write(text))
    assert [u.text for u in table.utterances[2:]] == said
    assert table.reading.faults == {"quotes_odd": 2, "rows_long": 1}


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "NA", "1e999", "12:70", "1;5", "--"])
def test_a_row_whose_time_is_none_is_kept_counted_and_named_without_its_content(
    write, time
) -> None:
    table = read(write(DAIC + f"{time}\t6\tEllie\tsecret\n{time}\t7\tEllie\tsecret\n"))
    third = table.utterances[2]
    assert math.isnan(third.start_s)
    assert (third.stop_s, third.text) == (6, "secret")
    assert table.reading.faults["rows_untimed"] == 2
    (line,) = table.reading.warnings
    assert line.startswith("any.thing: 2 x times that are no numbers")
    assert "the first in row 4;" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("5\t6", (5, 6, None, "")),
        ("5\t6\tEllie", (5, 6, "Ellie", "")),
        ("and on", (math.nan, math.nan, None, "and on")),
    ],
)
def test_a_row_with_too_few_cells_is_kept_and_counted(write, row, expected) -> None:
    table = read(write(DAIC + row))
    last = table.utterances[-1]
    assert repr((last.start_s, last.stop_s)) == repr(tuple(map(float, expected[:2])))
    assert (last.speaker, last.text) == expected[2:]
    kind = "rows_short" if math.isnan(last.start_s) else "rows_without_text"
    assert table.reading.faults[kind] == 1
    assert bool(table.reading.warnings) == math.isnan(last.start_s)


def test_times_that_run_backwards_or_repeat_are_kept(write) -> None:
    text = DAIC + "9\t8\tEllie\tbye\n0\t1\tEllie\tgone\n0\t1\tEllie\tgone\n-2\t-1\tEllie\toh\n"
    assert [row[:2] for row in rows(write(text))[2:]] == [(9, 8), (0, 1), (0, 1), (-2, -1)]


def test_commas_that_were_said_without_quotes_stay_with_the_text_of_e_daic(write) -> None:
    table = read(write(EDAIC + "14.3,15.1,so, well, i'm,0.934209526\n"))
    assert [(u.start_s, u.stop_s, u.text) for u in table.utterances] == [
        (14.3, 15.1, "so, well, i'm")
    ]
    assert table.reading.faults == {"rows_long": 1}
    assert table.reading.format == "E-DAIC table"


def test_an_empty_text_of_e_daic_is_an_utterance_without_words(write) -> None:
    assert [row[3] for row in rows(write(EDAIC + "1,2,,\n3,4,null,0.9\n"))] == ["", "null"]


def test_a_quote_that_never_closes_swallows_no_other_row(write) -> None:
    table = read(write(EDAIC + '1,2,"so he said, hm,0.9\n3,4,yes,0.9\n5,6,"and, ""ok""",0.8\n'))
    assert [u.text for u in table.utterances] == ['"so he said, hm', "yes", 'and, "ok"']
    assert table.reading.faults == {"quotes_unbalanced": 1, "rows_long": 1}
    assert "the first in row 2" in table.reading.warnings[0]


def test_a_quoted_text_may_run_over_lines(write) -> None:
    table = read(write(EDAIC + '1,2,"so\nhe said,\n\nhm",0.9\n3,4,yes,0.9\n'))
    assert [u.text for u in table.utterances] == ["so\nhe said,\n\nhm", "yes"]
    assert table.reading.faults == {}


CELL = st.text(st.sampled_from('ab ",;\n\t1.5'), max_size=12) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028"), max_size=6
)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5), st.booleans())
def test_what_the_csv_module_writes_is_read_cell_by_cell(table, every) -> None:
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(out, quoting=quoting, lineterminator="\n").writerows(table)
    blank = not every and any("".join(row).strip(" \t\n") == "" for row in table)
    if not blank:  # a line of blanks is no row
        found = list(rows_of(out.getvalue(), ","))
        assert [list(row.cells) for row in found] == table
        assert not any(row.unbalanced for row in found)


@given(st.text(st.sampled_from('ab ",\n'), max_size=40))
def test_no_line_of_a_table_is_lost_whatever_its_quotes(text) -> None:
    found = list(rows_of(text, ",", is_row=lambda _cells: True))
    assert [row.number for row in found] == [
        number for number, line in enumerate(text.split("\n"), start=1) if line.strip()
    ]


@pytest.mark.parametrize(
    "text",
    [
        "onset,offset,speaker,transcript\n1.5,2.5,A,hi\n",
        "Start (s);Duration (s);Role;Text\n1,5;1,0;A;hi\n",
        "start_ms|end_ms|who|utterance\n1500|2500|A|hi\n",
        "Begin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tSpeaker\tSentence\n"
        "00:00:01.500\t00:00:02.500\tA\thi\n",
        "Begin Time - msec\tEnd Time - msec\tParticipant\tContent\n1500\t2500\tA\thi\n",
        "Begin Time - ss.msec\tEnd Time - ss.msec\tParticipant\tContent\n1.5\t2.5\tA\thi\n",
        "startTime,endTime,spk,words\n0:01.5,0:02.5,A,hi\n",
        'sep=;\n"from";"to";"speaker";"text"\n"1.5";"2.5";"A";"hi"\n',
    ],
)
def test_a_header_tells_columns_and_units_under_many_names(write, text) -> None:
    assert rows(write(text)) == [(1.5, 2.5, "A", "hi")]


def test_whole_numbers_too_large_for_speech_are_milliseconds_as_in_whispers_table(write) -> None:
    text = (
        "start\tend\ttext\n0\t1500\tso how are you\n1500\t62000\ta minute of silence, then this\n"
    )
    table = read(write(text))
    assert [u.stop_s for u in table.utterances] == [1.5, 62.0]
    assert table.reading.faults == {"times_in_ms": 2}


def test_whole_seconds_of_long_paragraphs_are_seconds(write) -> None:
    text = f"start,end,text\n0,180,{'word ' * 300}\n180,400,{'word ' * 200}\n"
    assert [row[1] for row in rows(write(text))] == [180, 400]


def test_a_row_a_word_makes_utterances_up_to_a_pause_or_another_speaker(write) -> None:
    text = (
        "word,start,end,speaker\nso,0,0.2,A\nwell,0.3,0.5,A\n<sil>,0.5,0.9,A\nhm,1.4,1.6,A\n"
        "yes,1.7,1.9,B\nno,1.9,2.1,\nlater,3.2,3.4,B\n"
    )
    table = read(write(text))
    assert [(u.start_s, u.stop_s, u.speaker, u.text) for u in table.utterances] == [
        (0, 1.6, "A", "so well hm"),
        (1.7, 2.1, "B", "yes no"),
        (3.2, 3.4, "B", "later"),
    ]
    assert table.utterances[0].words[1] == ("well", 0.3, 0.5)
    assert table.reading.faults == {"silences": 1}


def test_a_header_that_stands_among_the_rows_of_joined_files_is_counted(write) -> None:
    table = read(write(DAIC + DAIC))
    assert len(table.utterances) == 4
    assert table.reading.faults == {"headers_repeated": 1}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1.5;2.5;hi;A\n3;4;yes;B\n", "start:1,stop:2,text:3,speaker:4"),
        ("t;u;v;w\n1.5;2.5;hi;A\n3;4;yes;B\n", "start:1,stop:2,text:3,speaker:4"),
        ("A,1.5,1,hi\nB,3,1,yes\n", "start:2,duration:3,text:4,speaker:1"),
        (
            "x\ty\tz\tw\nA\t1500\t2500\thi\nB\t3000\t4000\tyes\n",
            "start:Y,stop:z,text:w,speaker:X,unit:ms",
        ),
    ],
)
def test_the_user_says_what_is_what_by_name_or_number(write, text, columns) -> None:
    assert rows(write(text), columns) == [(1.5, 2.5, "A", "hi"), (3, 4, "B", "yes")]
    assert recognise(head_of(write(text))) is None


def test_names_that_the_user_gives_go_before_a_header_and_numbers_behind(write) -> None:
    text = "start,end,text,corrected\n1,2,helo,hello\n"
    assert rows(write(text), "start:start,stop:end,text:corrected")[0][3] == "hello"
    assert rows(write(DAIC), "start:1,stop:2,text:3") == rows(write(DAIC))


def test_words_of_a_table_without_a_header_are_read_by_numbers(write) -> None:
    table = read(write("0 ,0.4,so\n0.5,0.9,well\n"), columns_of("start:1,stop:2,word:3"))
    assert [(u.text, len(u.words)) for u in table.utterances] == [("so well", 2)]
    assert recognise("0 ,0.4,so\n", columns_of("start:1,stop:2,word:3")).rank < TABLE


@pytest.mark.parametrize(
    "text", ["1,2,3\n4,5,6\n", "Participant_ID,PHQ8,Gender\n300,0,f\n", "a,b\n1,2\n", "", "hello\n"]
)
def test_columns_that_the_user_names_make_no_transcript_of_another_table(text) -> None:
    assert recognise(text, columns_of("start:1,stop:2,text:3")) is None


@pytest.mark.parametrize(
    "columns",
    [
        "start:A",
        "start:A,stop:B",
        "start:A,word:C",
        "start:A,stop:B,duration:D,text:C",
        "start:A,stop:B,text:C,word:D",
        "start:A,stop:B,text:C,start:D",
        "begin:A,stop:B,text:C",
        "start,stop,text",
        "start:,stop:B,text:C",
        "start:A,stop:B,text:C,unit:min",
    ],
)
def test_a_mapping_that_leaves_something_open_is_refused(columns) -> None:
    with pytest.raises(UsageError, match=r"transcript\.columns"):
        columns_of(columns)


@pytest.mark.parametrize("content", [DAIC.split("\n")[0], EDAIC])
def test_a_table_in_which_nothing_is_said_is_refused(write, content) -> None:
    with pytest.raises(TranscriptError, match="holds no utterance, read as"):
        read(write(content))


@pytest.mark.parametrize("columns", [None, "start:time,speaker:who,text:text"])
def test_a_table_of_starts_leaves_the_stops_open_and_finds_no_fault_in_it(write, columns) -> None:
    table = read(write("time,who,text\n1.05,A,how are you\n3,B,fine\n"), columns_of(columns))
    assert [u.start_s for u in table.utterances] == [1.05, 3]
    assert all(math.isnan(u.stop_s) for u in table.utterances)
    assert [u.speaker for u in table.utterances] == ["A", "B"]
    assert table.reading.warnings == ()


def test_starts_of_nothing_but_numbers_are_milliseconds_where_nobody_speaks_that_slowly(
    write,
) -> None:
    said = "how are you today\n"
    text = f"time,text\n1050,{said}3000,{said}5100,{said}"
    assert [row[0] for row in rows(write(text))] == [1.05, 3, 5.1]
    assert [row[0] for row in rows(write(text.replace("0,", ",")))] == [105, 300, 510]


def test_measurements_with_a_time_are_no_table_of_starts(write) -> None:
    for text in ("time,value\n1,happy\n", "timestamp,word\n1,a\n", "time,text\n1,2\n"):
        assert recognise(head_of(write(text))) is None


def test_german_headers_tell_the_columns(write) -> None:
    text = "Beginn;Ende;Sprecher;Text\n1,05;7,54;Patient;so\n"
    assert rows(write(text)) == [(1.05, 7.54, "Patient", "so")]


def test_a_column_that_no_row_has_makes_no_transcript() -> None:
    table = "0,1,hello there\n1,2,good day\n"
    assert recognise(table, columns_of("start:1,stop:2,text:3,speaker:9")) is None
    assert recognise(table, columns_of("start:1,stop:2,text:3")) is not None


def test_a_table_of_which_most_rows_lost_their_text_keeps_the_others(write) -> None:
    times = "00:00:01.500\t1.5\t00:00:02.000\t2.0\t00:00:00.500\t0.5"  # as ELAN exports them
    path = write(f"Ellie\t\t{times}\thi\n" + f"Ellie\t\t{times}\n" * 2 + f"\t{times}\tthere\n" * 2)
    said = [text for _, _, _, text in rows(path)]
    assert said[0] == "hi"
    assert len(said) == 5


def test_a_header_alone_is_a_transcript_without_utterances(write) -> None:
    with pytest.raises(TranscriptError, match="holds no utterance, read as table of utterances"):
        read(write("Start_Time,nd_Time,Text"))
