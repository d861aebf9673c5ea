"""SRT and WebVTT: cues, voices, times of words; against pysubs2 where it can tell."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.extract.transcripts.faults import Faults
from depx.extract.transcripts.registry import read
from depx.extract.transcripts.srt import parse as parse_srt

CUES = "1\n00:00:01,500 --> 00:00:02,000\nhi\n\n2\n00:00:02,500 --> 00:00:04,000\ngood day\n"
VTT = "WEBVTT\n\n00:01.500 --> 00:02.000\nhi\n\n00:02.500 --> 00:04.000\ngood day\n"


def cues(*lines: str) -> str:
    return "\n".join(
        f"{i}\n00:00:{2 * i:02},000 --> 00:00:{2 * i + 1:02},000\n{line}\n"
        for i, line in enumerate(lines, start=1)
    )


def web(*lines: str) -> str:
    return "WEBVTT\n\n" + cues(*lines).replace(",000", ".000")


def spoken(path) -> list[tuple[str | None, str]]:
    return [(u.speaker, u.text) for u in read(path).utterances]


def timed(path) -> list[tuple[float, float, str]]:
    return [(u.start_s, u.stop_s, u.text) for u in read(path).utterances]


both = pytest.mark.parametrize("form", [cues, web])


@both
def test_a_role_name_before_a_colon_is_the_speaker(write, form) -> None:
    assert spoken(write(form("Ellie: hi", "well", "Participant: note: hi", "- ELLIE: so"))) == [
        ("Ellie", "hi"),
        ("Ellie", "well"),
        ("Participant", "note: hi"),
        ("ELLIE", "so"),
    ]


@both
@pytest.mark.parametrize("colon", [": ", "\uff1a"])
def test_names_repeated_through_a_file_are_speakers(write, form, colon) -> None:
    lines = [f"{name}{colon}a" for name in ("Ann", "Dr. Bo", "Ann", "Dr. Bo")]
    assert spoken(write(form(*lines))) == [("Ann", "a"), ("Dr. Bo", "a")] * 2


@both
def test_a_prefix_in_a_file_that_names_nobody_is_speech(write, form) -> None:
    lines = ["note: a", "b", "c", "d", "note: e", "at 10:30 we met", "10:30 sharp"]
    assert spoken(write(form(*lines))) == [(None, line) for line in lines]


@both
def test_a_name_in_brackets_is_the_speaker_even_once(write, form) -> None:
    assert spoken(write(form("a", "[SPEAKER_00]: b"))) == [(None, "a"), ("SPEAKER_00", "b")]


@both
def test_two_speakers_of_one_cue_share_its_time(write, form) -> None:
    first, second = read(write(form("Ellie: abc\nParticipant: abcdef\nghi"))).utterances
    assert (first.text, second.text) == ("abc", "abcdef ghi")
    assert first.start_s == 2.0
    assert second.stop_s == 3.0
    assert first.stop_s == second.start_s == pytest.approx(2.0 + 3 / 13)


@both
def test_styles_are_no_words_but_events_stay(write, form) -> None:
    assert spoken(write(form("<i>so</i> <laughter> <font color='red'>no</font>"))) == [
        (None, "so <laughter> no")
    ]


@both
def test_a_damaged_line_of_times_keeps_its_text_and_is_counted(write, form) -> None:
    text = form("a", "b", "c").replace("--> 00:00:05", "--> 00:00:0x")
    said = read(write(text))
    assert [u.text for u in said.utterances] == ["a", "b", "c"]
    assert math.isnan(said.utterances[1].stop_s)
    assert said.utterances[1].start_s == 4.0
    assert said.reading.faults == {"rows_untimed": 1}
    assert f"the first in line {6 + 2 * (form is web)};" in said.reading.warnings[0]


@both
def test_a_blank_line_inside_a_cue_loses_nothing(write, form) -> None:
    text = form("a\n\nb", "c")
    said = read(write(text))
    assert [u.text for u in said.utterances] == ["a b", "c"]
    assert said.reading.faults == {"lines_stray": 1}


def test_numbers_may_be_missing_and_may_be_said(write) -> None:
    text = CUES.replace("1\n00", "00").replace("\n\n2\n", "\n\n").replace("hi", "42")
    assert [said for _, _, said in timed(write(text))] == ["42", "good day"]
    assert [said for _, _, said in timed(write(CUES.replace("good day", "42")))] == ["hi", "42"]


def test_where_a_line_stands_on_the_screen_is_not_said(write) -> None:
    assert spoken(write(cues("{\\an8}so\\Nwell"))) == [(None, "so well")]


WORDS = st.text(st.sampled_from("ab c\u00e9"), min_size=1, max_size=12).filter(str.strip)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**5), WORDS), min_size=1))
def test_an_srt_is_read_as_pysubs2_reads_it(said) -> None:
    pysubs2 = pytest.importorskip("pysubs2")
    file = pysubs2.SSAFile()
    for start, length, text in sorted(said):
        file.append(pysubs2.SSAEvent(start=start, end=start + length, text=text.strip()))
    text = file.to_string("srt")
    ours = [(u.start_s, u.stop_s, u.text) for u in parse_srt(text, Faults())]
    theirs = [
        (cue.start / 1000, cue.end / 1000, cue.plaintext)
        for cue in pysubs2.SSAFile.from_string(text, format_="srt")
    ]
    assert [(pytest.approx(a), pytest.approx(b), c) for a, b, c in theirs] == ours


def test_what_is_not_said_in_webvtt_is_left_out(write) -> None:
    text = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
        "NOTE\na remark\nof two lines\n\nintro\n00:01.500 --> 00:02.000 align:start line:0\nhi\n\n"
        "NOTE another\n\n2\n01:00:02.500 --> 01:00:04.000\ngood&nbsp;day &amp; &lt;laughter&gt;\n"
    )
    said = read(write(text))
    assert timed(write(text)) == [(1.5, 2.0, "hi"), (3602.5, 3604.0, "good day & <laughter>")]
    assert said.reading.faults == {}


def test_voices_of_webvtt_are_speakers(write) -> None:
    text = web("<v Dr. Smith>hi</v>", "<v.loud.slow Ann B>so", "<v Ann B>a</v>\n<v Dr. Smith>bcd")
    assert spoken(write(text)) == [
        ("Dr. Smith", "hi"),
        ("Ann B", "so"),
        ("Ann B", "a"),
        ("Dr. Smith", "bcd"),
    ]
    third, fourth = read(write(text)).utterances[2:]
    assert (third.start_s, third.stop_s, fourth.stop_s) == (6.0, 6.25, 7.0)


def test_times_inside_a_cue_time_its_words(write) -> None:
    text = web("<v Ann>so<00:00:02.300><c> well</c><00:00:02.500> good day</v>", "plain")
    first, second = read(write(text)).utterances
    assert first.words == (("so", 2.0, 2.3), ("well", 2.3, 2.5), ("good day", 2.5, 3.0))
    assert (first.speaker, first.text) == ("Ann", "so well good day")
    assert second.words == ()


def test_lines_that_roll_through_automatic_captions_count_once(write) -> None:
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00:00.000 --> 00:00:02.000 align:start position:0%\n \n"
        "so<00:00:00.500><c> well</c>\n\n"
        "00:00:02.000 --> 00:00:02.010 align:start position:0%\nso well\n \n\n"
        "00:00:02.010 --> 00:00:04.000 align:start position:0%\nso well\n"
        "how<00:00:02.500><c> are</c><00:00:03.000><c> you</c>\n\n"
        "00:00:04.000 --> 00:00:04.010 align:start position:0%\nhow are you\n \n"
    )
    said = read(write(text))
    assert [(u.text, len(u.words)) for u in said.utterances] == [("so well", 2), ("how are you", 3)]
    assert said.reading.faults == {"lines_rolled": 3}


def rolling(*lines: str, mark: str = ",") -> str:
    """Write captions as they roll: each line comes, stays for 10 ms and moves up."""
    shown, pairs = "", []
    for i, line in enumerate(lines):
        pairs.append((i, 0, i, 990, f"{shown}{line}"))
        pairs.append((i, 990, i + 1, 0, line))
        shown = f"{line}\n"
    return "".join(
        f"{n}\n00:00:{a:02}{mark}{b:03} --> 00:00:{c:02}{mark}{d:03}\n{text}\n\n"
        for n, (a, b, c, d, text) in enumerate(pairs, start=1)
    )


@pytest.mark.parametrize(("opening", "mark"), [("", ","), ("WEBVTT\n\n", ".")])
def test_lines_of_rolling_captions_are_said_once(write, opening, mark) -> None:
    lines = ["so well", "no no", "no no", "and on", "that is all"]
    said = read(write(opening + rolling(*lines, mark=mark)))
    assert [u.text for u in said.utterances] == lines
    assert [u.start_s for u in said.utterances] == [0, 1, 2, 3, 4]
    assert said.reading.faults == {"lines_rolled": 2 * len(lines) - 1}


@both
def test_an_answer_that_repeats_is_no_rolling_caption(write, form) -> None:
    lines = ["no", "no", "no", "no\nnever", "yes"]
    assert [text for _, text in spoken(write(form(*lines)))] == ["no"] * 3 + ["no never", "yes"]


def test_a_cue_with_word_times_tells_its_speaker_too(write) -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nEllie: how are you\n\n"
        "00:03.000 --> 00:05.000\nParticipant: fine <00:04.500>thanks\n"
    )
    found = read(write(text)).utterances
    assert [utterance.speaker for utterance in found] == ["Ellie", "Participant"]
    assert "".join(word for word, _, _ in found[1].words) == "finethanks"
