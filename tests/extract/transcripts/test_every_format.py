"""What holds for every format: recognised by content, decoded, faults kept, nothing else taken."""

import json
import random
from pathlib import Path

import pytest

from depx.errors import TranscriptError
from depx.extract.corpora import folder as corpus_folder
from depx.extract.corpora.base import Wishes
from depx.extract.sessions import Session
from depx.extract.transcripts.base import SUBTITLES, TABLE, WORD_TIMED
from depx.extract.transcripts.decoding import HEAD_BYTES, head_of
from depx.extract.transcripts.registry import FORMATS, read, recognise
from depx.extract.trees import Folder
from depx.features.extractor import Inputs
from depx.features.text.words import Words
from depx.features.words import Role, words_of


def read_folder(path: Path, choose: dict[str, str]) -> Session:
    return corpus_folder.read(Folder(path), Wishes(choose=choose))


NAMES = [
    *("WhisperX JSON", "JSON list of words", "Praat TextGrid", "Praat TextGrid (short)"),
    *("ELAN annotation", "table of words", "DAIC-WOZ table", "E-DAIC table"),
    *("table of utterances", "ELAN tab-delimited text", "whisper.cpp JSON"),
    *("WebVTT subtitles", "SRT subtitles"),
]
each_format = pytest.mark.parametrize("name", NAMES)


def measured(path: Path):
    said = read(path)
    return Words()(Inputs(utterances=said.utterances, reading=said.reading))


def lines_about(path: Path) -> list[str]:
    """Say what a user reads of a file: the refusal, or the warnings."""
    try:
        return list(read(path).reading.warnings)
    except TranscriptError as error:
        return [str(error)]


def test_the_formats_here_are_all_that_the_registry_knows(timed_formats) -> None:
    assert list(timed_formats) == NAMES
    assert {format_.name for format_ in FORMATS} == {name.partition(" (")[0] for name in NAMES}


@each_format
def test_each_format_gives_the_same_utterances_whatever_the_file_is_called(
    write, timed_formats, name
) -> None:
    said = read(write(timed_formats[name], "notes.bin"))
    assert said.reading.format == name.partition(" (")[0]
    assert said.reading.warnings == ()
    assert [(u.start_s, u.stop_s, u.text) for u in said.utterances] == [
        (1.5, 2.0, "hi"),
        (2.5, 4.0, "well, café"),
    ]


@each_format
def test_each_format_that_names_speakers_gives_the_same_roles(write, timed_formats, name) -> None:
    turns = measured(write(timed_formats[name])).table
    roles = [turn.role for turn in turns]
    anonymous = name == "E-DAIC table"
    assert roles == ([Role.UNKNOWN] * 2 if anonymous else [Role.INTERVIEWER, Role.PARTICIPANT])
    assert [word.text for word in words_of(turns)] == ["hi", "well", "café"]


def test_word_timed_files_come_before_tables_before_subtitles(write, timed_formats) -> None:
    ranks = [recognise(head_of(write(text))).rank // TABLE for text in timed_formats.values()]
    assert ranks == sorted(ranks)
    assert set(ranks) == {WORD_TIMED, TABLE // TABLE, SUBTITLES // TABLE}


@each_format
@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_neither_encoding_nor_line_ends_change_anything(
    write, timed_formats, name, encoding
) -> None:
    expected = read(write(timed_formats[name]))
    for newline in ("\n", "\r\n", "\r"):
        content = timed_formats[name].replace("\n", newline)
        coded = (
            b"\xfe\xff" + content.encode("utf-16-be")
            if encoding == "utf-16-be-bom"
            else content.encode(encoding)
        )
        assert read(write(coded)) == expected


@each_format
def test_a_folder_takes_each_format_under_any_name_it_looks_at(
    write, timed_formats, name, tmp_path
) -> None:
    for file in ("x.txt", "x.csv", "x.dat"):
        (tmp_path / file).unlink(missing_ok=True)
        session = read_folder(write(timed_formats[name], file).parent, {})
        assert session.files["transcript"].name == file
        assert session.transcript_format == name.partition(" (")[0]
        (tmp_path / file).unlink()


@each_format
def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(write, timed_formats, name) -> None:
    content = timed_formats[name].encode()
    for stop in random.Random(name).sample(range(len(content)), 25):
        said = lines_about(write(content[:stop]))
        assert all("any.thing: " in line and "caf" not in line for line in said)
        assert all(len(line.splitlines()) == 1 for line in said)


@each_format
def test_bytes_that_are_damaged_cost_no_more_than_a_line(write, timed_formats, name) -> None:
    draw = random.Random(name)
    for _ in range(25):
        content = bytearray(timed_formats[name].encode())
        for place in draw.sample(range(len(content)), 3):
            content[place] = draw.randrange(256)
        assert all(len(line.splitlines()) == 1 for line in lines_about(write(bytes(content))))


@pytest.mark.parametrize(
    "content",
    [
        "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,0,2,1\n",
        "frame, timestamp, confidence, success, AU01_r\n1, 0, 0.9, 1, 0.2\n",
        "0.1,0.2,0.3\n0.1,0.2,0.3\n",
        "name;frameTime;Loudness_sma3\n'unknown';0.0;0.1\n",
        "file,start,end,F0semitone_sma3nz\ns.wav,0 days,0 days,3.2\n",
        "start,end,label\n0,1,happy\n",
        "start,end,value\n0,1,0.5\n1,2,0.25\n",
        "start;end;speech\n0;1;yes\n",
        "Participant_ID,Start,End,PHQ8\n300,0,120,4\n",
        '{"segments": [{"start": 0, "end": 1, "label": "A"}]}',
        '{"score": 3, "notes": ["segments", "text"]}',
        '[{"label": "A", "start": 0, "end": 1}]',
        '[{"text": "hello", "score": 0.3}]',
        "A session.\nCues look like\n1\n00:00:01,500 --> 00:00:02,000\nhi\n",
        "WEBVTTISH\n\n00:01.000 --> 00:02.000\nhi\n",
        '"ooTextFile"\n"TextGrid"\n0\n5\n<exists>\n1\n"IntervalTier"\n"phones"\n0\n5\n1\n0\n5\n"a"\n',
        '"ooTextFile"\n"TextGrid"\n0\n5\n<exists>\n1\n"IntervalTier"\n"Ann"\n0\n5\n1\n0\n5\n""\n',
        '"ooTextFile"\n"TextGrid"\n0\n5\n<exists>\n1\n"TextTier"\n"Ann"\n0\n5\n1\n2.5\n"hi"\n',
        '"ooTextFile"\n"PitchTier"\n0\n5\n1\n2.5\n200\n',
        '<?xml version="1.0"?>\n<html><body>ANNOTATION_DOCUMENT</body></html>',
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        start_time\tstop_time\tvalue\n",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
        b"\0" * 4096,
        "",
    ],
)
def test_other_files_of_a_folder_are_no_transcripts(write, content) -> None:
    path = write(content, "301_TRANSCRIPT.csv")
    assert recognise(head_of(path)) is None
    with pytest.raises(TranscriptError, match=r"^301_TRANSCRIPT.csv: is .*no transcript"):
        read(path)


def test_a_windows_1252_letter_is_read_even_far_behind_the_head(write, timed_formats) -> None:
    rows = "".join(f"{i}\t{i}.5\tEllie\tword\n" for i in range(9_000))
    text = timed_formats["DAIC-WOZ table"] + rows + "9000\t9001\tEllie\tnaïve\n"
    utterances = read(write(text.encode("cp1252"))).utterances
    assert (utterances[1].text, utterances[-1].text) == ("well, café", "naïve")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16"])
def test_a_head_that_ends_inside_a_letter_is_still_text(write, timed_formats, encoding) -> None:
    text = timed_formats["DAIC-WOZ table"] + "5\t6\tEllie\t"
    for shift in range(4):
        padding = "x" * (HEAD_BYTES // len("x".encode(encoding)[-2:]) + shift - len(text) - 3)
        path = write(f"{text}{padding}\N{GRINNING FACE}é\n".encode(encoding))
        assert read(path).utterances[-1].text.endswith("x\N{GRINNING FACE}é")


def test_bytes_that_are_no_letter_of_the_encoding_are_counted_and_kept(
    write, timed_formats
) -> None:
    text = timed_formats["DAIC-WOZ table"].encode() + b"5\t6\tEllie\ta\x81b\xed\xa0\x80 caf\xe9\n"
    said = read(write(text))
    assert [u.text for u in said.utterances] == ["hi", "well, café", "a\ufffdb\ufffd café"]
    assert said.reading.faults == {"characters_unreadable": 2, "encodings_mixed": 2}
    assert "U+FFFD" in said.reading.warnings[0]


def test_half_a_letter_of_a_json_is_replaced_for_no_table_could_hold_it(write) -> None:
    text = json.dumps([{"word": "a\ud83d", "start": 0, "end": 1}])
    (utterance,) = read(write(text)).utterances
    assert (utterance.text, utterance.words[0][0]) == ("a\ufffd", "a\ufffd")


@each_format
def test_stray_zero_bytes_are_taken_out_and_counted(write, timed_formats, name) -> None:
    content = timed_formats[name].encode()
    said = read(write(content[:150] + b"\0" + content[150:] + b"\0" * 999))
    assert said.utterances == read(write(content)).utterances
    assert said.reading.faults["zero_bytes"] == 1000


def test_form_feeds_are_white_space(write, timed_formats) -> None:
    text = timed_formats["DAIC-WOZ table"].replace("well, ", "well,\f")
    assert [w.text for w in words_of(measured(write(text)).table)] == ["hi", "well", "café"]


@pytest.mark.parametrize("word", ["null", "NA", "nan", "None", "N/A", "true"])
@each_format
def test_words_that_programs_take_for_missing_are_said(write, timed_formats, name, word) -> None:
    turns = measured(write(timed_formats[name].replace("hi", word))).table
    assert [w.text for w in turns[0].words] == [word]


def test_the_record_of_the_words_names_the_format_and_counts_the_faults(
    write, timed_formats
) -> None:
    text = timed_formats["DAIC-WOZ table"] + "soon\t9\tEllie\tbye\n"
    quality = measured(write(text)).quality
    assert quality["format"] == "DAIC-WOZ table"
    assert quality["faults"] == {"rows_untimed": 1}
    assert quality["turns_untimed"] == 1


def test_three_transcripts_of_one_interview_hold_the_same_words(real_data: Path) -> None:
    folder = real_data / "sessions" / "901_P"
    found = []
    for name in ("901_TRANSCRIPT.csv", "901_whisperx.json", "901.srt"):
        turns = measured(folder / name).table
        found.append([(w.text, w.speaker, w.role, w.turn) for w in words_of(turns)])
    assert len(found[0]) == 66
    assert found[0] == found[1] == found[2]


def test_nothing_else_in_the_real_recordings_is_taken_for_a_transcript(real_data: Path) -> None:
    found = {
        p.name for p in real_data.rglob("*") if p.is_file() and recognise(head_of(p)) is not None
    }
    speech = {"acoustic_corpus.TextGrid", *(f"librivox_0{n}.json" for n in (870, 880, 890, 930))}
    assert found == {"901_TRANSCRIPT.csv", "901_whisperx.json", "901.srt"} | speech
