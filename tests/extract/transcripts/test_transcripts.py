"""Transcripts are recognised by content, read without loss, and refused in one line."""

import json
import math
from pathlib import Path

import pytest

from depx.errors import TranscriptError
from depx.extract.transcripts.decoding import head_of
from depx.extract.transcripts.registry import FORMATS, read, recognise
from depx.features.extractor import Inputs
from depx.features.text.words import Words
from depx.features.words import words_of

TABLE = (
    "start_time\tstop_time\tspeaker\tvalue\n1.5\t2.0\tEllie\thi\n2.5\t4.0\tParticipant\tgood day\n"
)
CUES = "1\n00:00:01,500 --> 00:00:02,000\nhi\n\n2\n00:00:02,500 --> 00:00:04,000\ngood day\n"


def segments(*items: dict[str, object]) -> str:
    return json.dumps({"segments": list(items), "language": "en"})


SEGMENTS = segments(
    {"start": 1.5, "end": 2.0, "text": " hi", "words": [{"word": "hi", "start": 1.5, "end": 2.0}]},
    {
        "start": 2.5,
        "end": 4.0,
        "text": " good day",
        "words": [{"word": "good", "start": 2.5, "end": 3.0}, {"word": "day"}],
    },
)


@pytest.fixture
def write(tmp_path: Path):
    def written(content: str | bytes, name: str = "any.thing") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.mark.parametrize("content", [TABLE, CUES, SEGMENTS])
def test_each_format_gives_the_same_utterances_whatever_the_file_is_called(write, content) -> None:
    found = [(u.start_s, u.stop_s, u.text) for u in read(write(content, "notes.bin"))]
    assert found == [(1.5, 2.0, "hi"), (2.5, 4.0, "good day")]


def test_word_timed_files_come_before_tables_before_subtitles(write) -> None:
    ranks = [recognise(head_of(write(content))).rank for content in (SEGMENTS, TABLE, CUES)]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("content", [TABLE, CUES, SEGMENTS])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-bom"])
def test_a_byte_order_mark_changes_nothing(write, content, encoding) -> None:
    marked = (
        b"\xfe\xff" + content.encode("utf-16-be")
        if encoding == "utf-16-be-bom"
        else content.encode(encoding)
    )
    assert read(write(marked)) == read(write(content))


@pytest.mark.parametrize("content", [TABLE, CUES, SEGMENTS])
@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(write, content, newline) -> None:
    assert read(write(content.replace("\n", newline))) == read(write(content))


def test_a_windows_1252_letter_is_read_even_far_behind_the_head(write) -> None:
    rows = "".join(f"{i}\t{i}.5\tEllie\tword\n" for i in range(9_000))
    text = TABLE.replace("good day", "café") + rows + "9000\t9001\tEllie\tnaïve\n"
    utterances = read(write(text.encode("cp1252")))
    assert (utterances[1].text, utterances[-1].text) == ("café", "naïve")


def test_a_head_that_ends_inside_a_letter_is_still_utf_8(write) -> None:
    padding = "x" * (64 * 1024 - len(TABLE.encode()) - len("5\t6\tEllie\t") - 1)
    text = f"{TABLE}5\t6\tEllie\t{padding}é\n"
    assert text.encode()[64 * 1024 - 1 : 64 * 1024 + 1] == "é".encode()
    assert read(write(text))[-1].text.endswith("é")


@pytest.mark.parametrize(
    "content",
    [
        "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,0,2,1\n",
        "frame, timestamp, confidence, success, AU01_r\n1, 0, 0.9, 1, 0.2\n",
        "0.1,0.2,0.3\n0.1,0.2,0.3\n",
        "name;frameTime;Loudness_sma3\n'unknown';0.0;0.1\n",
        '{"segments": [{"start": 0, "end": 1, "label": "A"}]}',
        '{"score": 3, "notes": ["segments", "text"]}',
        "A session.\nCues look like\n1\n00:00:01,500 --> 00:00:02,000\nhi\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n",
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + TABLE.encode(),
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        "",
    ],
)
def test_other_files_of_a_folder_are_no_transcripts(write, content) -> None:
    path = write(content, "301_TRANSCRIPT.csv")
    assert recognise(head_of(path)) is None
    with pytest.raises(TranscriptError, match=r"^301_TRANSCRIPT.csv: is no transcript"):
        read(path)


def test_columns_of_a_table_are_found_by_name(write) -> None:
    text = "Value\tSTOP_TIME\tStart_Time \nhi\t2.0\t1.5\n"
    (utterance,) = read(write(text))
    assert (utterance.start_s, utterance.stop_s, utterance.text) == (1.5, 2.0, "hi")
    assert utterance.speaker is None


def test_a_table_loses_neither_quotes_nor_the_word_null_nor_empty_values(write) -> None:
    rows = ['say "what', "null", "", "a\ttab", "NA"]
    text = TABLE + "\n" + "".join(f"{i}\t{i}.5\tEllie\t{row}\n\n" for i, row in enumerate(rows))
    assert [u.text for u in read(write(text))[2:]] == rows


def test_a_row_cut_behind_its_times_is_an_utterance_without_words(write) -> None:
    assert read(write(TABLE + "5\t6"))[-1].text == ""


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "1,5", "0:01"])
def test_a_time_that_is_no_number_names_its_row_and_not_its_content(write, time) -> None:
    with pytest.raises(TranscriptError, match=r"start_time of row 4 is no number") as caught:
        read(write(TABLE + f"{time}\t6\tEllie\tsecret\n"))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_times_that_run_backwards_are_kept(write) -> None:
    utterances = read(write(TABLE + "9\t8\tEllie\tbye\n0\t1\tEllie\tgone\n"))
    assert [(u.start_s, u.stop_s) for u in utterances[2:]] == [(9, 8), (0, 1)]


@pytest.mark.parametrize(
    "content", [TABLE.split("\n")[0], '{"segments": []}', segments({"start": 0, "text": " "})]
)
def test_a_transcript_in_which_nothing_is_said_is_refused(write, content) -> None:
    with pytest.raises(TranscriptError, match="holds no utterance"):
        read(write(content))


def test_words_without_times_are_nan_and_the_others_are_kept(write) -> None:
    (good, day) = read(write(SEGMENTS))[1].words
    assert good == ("good", 2.5, 3.0)
    assert math.isnan(day[1])
    assert math.isnan(day[2])


def test_a_segment_of_two_speakers_becomes_an_utterance_each(write) -> None:
    words = [
        {"word": "how?", "start": 1.0, "end": 1.4, "speaker": "A"},
        {"word": "7"},
        {"word": "fine", "start": 2.0, "end": 2.5, "speaker": "B"},
    ]
    text = segments(
        {"start": 0.9, "end": 2.6, "text": "how? 7 fine", "speaker": "A", "words": words}
    )
    first, second = read(write(text))
    assert (first.speaker, first.start_s, first.stop_s, first.text) == ("A", 0.9, 1.4, "how? 7")
    assert (second.speaker, second.start_s, second.stop_s) == ("B", 2.0, 2.6)


def test_a_segment_without_bounds_takes_those_of_its_words(write) -> None:
    words = [
        {"word": "a"},
        {"word": "b", "start": 1, "end": 2},
        {"word": "c", "start": 3, "end": 4},
    ]
    (utterance,) = read(write(segments({"text": "a b c", "words": words})))
    assert (utterance.start_s, utterance.stop_s) == (1, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SEGMENTS[:-40], "is no valid JSON at line 1"),
        (segments({"text": "a", "start": "x"}), r'"start" of segment 1 is no number'),
        (segments({"text": "a", "words": ["a"]}), "segment 1, word 1 is no object"),
    ],
)
def test_a_damaged_json_says_where(write, content, message) -> None:
    with pytest.raises(TranscriptError, match=message):
        read(write(content))


def cues(*lines: str) -> str:
    return "\n".join(
        f"{i}\n00:00:{2 * i:02},000 --> 00:00:{2 * i + 1:02},000\n{line}\n"
        for i, line in enumerate(lines, start=1)
    )


def spoken(path: Path) -> list[tuple[str | None, str]]:
    return [(u.speaker, u.text) for u in read(path)]


def test_a_role_name_before_a_colon_is_the_speaker(write) -> None:
    found = spoken(write(cues("Ellie: hi", "well", "Participant: note: hi", "- ELLIE: so")))
    assert found == [
        ("Ellie", "hi"),
        ("Ellie", "well"),
        ("Participant", "note: hi"),
        ("ELLIE", "so"),
    ]


def test_names_repeated_through_a_file_are_speakers(write) -> None:
    assert [who for who, _ in spoken(write(cues("Ann: a", "Bob: b", "Ann: c", "Bob: d")))] == [
        *("Ann", "Bob"),
        *("Ann", "Bob"),
    ]


def test_a_prefix_in_a_file_that_names_nobody_is_speech(write) -> None:
    lines = ["note: a", "b", "c", "d", "note: e", "at 10:30 we met", "10:30 sharp"]
    assert spoken(write(cues(*lines))) == [(None, line) for line in lines]


def test_a_name_in_brackets_is_the_speaker_even_once(write) -> None:
    assert spoken(write(cues("a", "[SPEAKER_00]: b"))) == [(None, "a"), ("SPEAKER_00", "b")]


def test_two_speakers_of_one_cue_share_its_time(write) -> None:
    first, second = read(write(cues("Ellie: abc\nParticipant: abcdef\nghi")))
    assert (first.text, second.text) == ("abc", "abcdef ghi")
    assert first.start_s == 2.0
    assert second.stop_s == 3.0
    assert first.stop_s == second.start_s == pytest.approx(2.0 + 3 / 13)


def test_styles_are_no_words_but_events_stay(write) -> None:
    assert spoken(write(cues("<i>so</i> {\\an8}<laughter> <font color='red'>no</font>"))) == [
        (None, "so <laughter> no")
    ]


def test_a_damaged_line_of_times_is_no_text(write) -> None:
    with pytest.raises(TranscriptError, match="line 6 has no two times"):
        read(write(CUES.replace("--> 00:00:04,000", "--> 00:00:0")))


def test_every_format_says_what_it_is() -> None:
    assert all(format_.name for format_ in FORMATS)


def test_three_transcripts_of_one_interview_hold_the_same_words(real_data: Path) -> None:
    folder = real_data / "sessions" / "901_P"
    found = []
    for name in ("901_TRANSCRIPT.csv", "901_whisperx.json", "901.srt"):
        turns = Words()(Inputs(utterances=read(folder / name))).table
        found.append([(w.text, w.speaker, w.role, w.turn) for w in words_of(turns)])
    assert len(found[0]) == 66
    assert found[0] == found[1] == found[2]


def test_nothing_else_in_the_real_recordings_is_taken_for_a_transcript(real_data: Path) -> None:
    found = {
        p.name for p in real_data.rglob("*") if p.is_file() and recognise(head_of(p)) is not None
    }
    assert found == {"901_TRANSCRIPT.csv", "901_whisperx.json", "901.srt"}
