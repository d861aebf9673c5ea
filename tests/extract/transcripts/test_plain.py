"""Plain text: what was said, where a name says that it was."""

import math
from pathlib import Path, PurePath

import pytest

from depx.errors import TranscriptError
from depx.extract.corpora import folder as corpus_folder
from depx.extract.corpora.base import Wishes
from depx.extract.sessions import Session
from depx.extract.transcripts.plain import is_named_so, matches
from depx.extract.transcripts.registry import read
from depx.extract.trees import Folder


def read_folder(path: Path, choose: dict[str, str]) -> Session:
    return corpus_folder.read(Folder(path), Wishes(choose=choose))


def spoken(path: Path) -> list[tuple[str | None, str]]:
    return [(u.speaker, u.text) for u in read(path).utterances]


def test_a_line_is_an_utterance_without_times(write) -> None:
    utterances = read(write("so well\n\nyes\n", "t.txt")).utterances
    assert [u.text for u in utterances] == ["so well", "yes"]
    assert all(math.isnan(u.start_s) and math.isnan(u.stop_s) for u in utterances)


def test_wrapped_paragraphs_are_utterances(write) -> None:
    assert spoken(write("so well\nand on\n\nyes\nno\n", "t.txt")) == [
        (None, "so well and on"),
        (None, "yes no"),
    ]


def test_names_before_the_lines_are_speakers(write) -> None:
    text = "Interviewer: so?\nPatient: well.\nyes\n\nInterviewer:\nhm\n"
    assert spoken(write(text, "t.txt")) == [
        ("Interviewer", "so?"),
        ("Patient", "well."),
        ("Patient", "yes"),
        ("Interviewer", "hm"),
    ]


def test_times_before_the_lines_are_theirs(write) -> None:
    text = "[00:00:05] Ann: so\n(1:05 - 1:09) Bo: well\n01:10-01:12\nAnn: yes\nBo: at 10:30 sharp\n"
    utterances = read(write(text, "t.txt")).utterances
    assert [(u.speaker, u.text) for u in utterances] == [
        ("Ann", "so"),
        ("Bo", "well"),
        ("Ann", "yes"),
        ("Bo", "at 10:30 sharp"),
    ]
    assert [u.start_s for u in utterances[:3]] == [5, 65, 70]
    assert [u.stop_s for u in utterances[1:3]] == [69, 72]


def test_a_name_and_a_time_on_a_line_of_their_own_are_of_the_line_below(write) -> None:
    text = "Ann Smith  0:03\nso how?\n\nBob  0:07\nfine. at 10:30\n\nAnn Smith  1:00:12\nok\n"
    utterances = read(write(text, "t.txt")).utterances
    assert [(u.speaker, u.start_s, u.text) for u in utterances] == [
        ("Ann Smith", 3, "so how?"),
        ("Bob", 7, "fine. at 10:30"),
        ("Ann Smith", 3612, "ok"),
    ]


@pytest.mark.parametrize(
    ("name", "session", "recordings", "expected"),
    [
        ("901_TRANSCRIPT.txt", "x", (), True),
        ("901.txt", "901_P", (), True),
        ("901_P.txt", "901_P", (), True),
        ("hc01.TXT", "HC01", (), True),
        ("Q3.txt", "HC01", ("Q1", "Q3-"), True),
        ("acoustic.lab", "x", ("acoustic",), True),
        ("README.txt", "901_P", ("901",), False),
        ("labels.txt", "901_P", (), False),
        ("LICENSE.txt", "901_P", (), False),
        ("notes.txt", "901_P", (), False),
        ("transcription_notes.txt", "901_P", (), False),
        ("transcript_guidelines.txt", "901_P", (), False),
        ("901.md", "901_P", (), False),
        (".txt", "901_P", ("",), False),
    ],
)
def test_a_name_makes_a_text_a_transcript_or_not(name, session, recordings, expected) -> None:
    assert is_named_so(PurePath(name), session, recordings) is expected


@pytest.mark.parametrize(
    "text",
    [
        "0 1500000 sil\n1500000 2500000 so\n",
        "300\t4\n301\t7\n",
        "1 2 3\n4 5 6\n",
        "<html><p>so</p></html>",
        '{"a": 1}',
        "hm\n00:00:01 --> 00:00:02\n",
        "a;b;c;d\ne;f;g;h\n",
        "\n \n",
    ],
)
def test_a_text_that_looks_like_something_else_is_none(write, text) -> None:
    assert not matches(text)
    with pytest.raises(TranscriptError, match="no transcript"):
        read(write(text, "transcript.txt"))


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_a_readme_a_list_and_a_licence_are_never_taken_for_what_was_said(tmp_path) -> None:
    text = "The participant said: I am fine.\n"
    files = {f"{name}.txt": text for name in ("README", "labels", "LICENSE", "notes", "consent")}
    session = read_folder(folder(tmp_path / "901_P", **files, **{"s.wav": ""}), {})
    assert "transcript" not in session.files
    assert set(files) <= set(session.others)


def test_plain_text_goes_last_and_the_user_may_choose_any(tmp_path) -> None:
    srt = "1\n00:00:00,500 --> 00:00:01,000\nParticipant: hello there\n"
    path = folder(tmp_path / "901_P", **{"901.txt": "so", "a.srt": srt, "README.txt": "so well"})
    session = read_folder(path, {})
    assert session.files["transcript"].name == "a.srt"
    assert session.others["901.txt"] == "a.srt goes before it"
    (path / "a.srt").unlink()
    assert read_folder(path, {}).files["transcript"].name == "901.txt"
    assert read_folder(path, {}).transcript_format == "plain text"
    chosen = read_folder(path, {"transcript": "README.txt"})
    assert chosen.files["transcript"].name == "README.txt"
    assert "does not match" in chosen.others["901.txt"]


def test_the_text_of_a_recording_is_told_by_its_name(tmp_path) -> None:
    session = read_folder(folder(tmp_path / "HC01", **{"Q1.wav": "", "Q1.txt": "so well"}), {})
    assert session.files["transcript"].name == "Q1.txt"


def test_the_words_of_a_real_alignment_are_those_of_its_text(real_data: Path) -> None:
    speech = real_data / "speech"
    said = [
        " ".join(u.text for u in read(speech / f"acoustic_corpus{ending}").utterances).split()
        for ending in (".lab", ".TextGrid")
    ]
    left_out = [word for word in said[0] if word not in said[1]]
    assert len(said[0]) - len(said[1]) == len(left_out)


def test_a_time_between_hashes_is_where_its_paragraph_stops_and_no_word(write) -> None:
    text = (
        "I: so? #00:00:02-2#\nB: well #00:00:05-5# and on #00:01:07#\nI: hm\n#00:01:08.25#\nB: open"
    )
    utterances = read(write(text, "t.txt")).utterances
    assert [(u.speaker, u.text) for u in utterances] == [
        *(("I", "so?"), ("B", "well"), ("B", "and on"), ("I", "hm"), ("B", "open")),
    ]
    assert [u.start_s for u in utterances[1:]] == [2.2, 5.5, 67, 68.25]
    assert [u.stop_s for u in utterances[:4]] == [2.2, 5.5, 67, 68.25]
    assert math.isnan(utterances[0].start_s)
    assert math.isnan(utterances[-1].stop_s)


def test_numbers_of_lines_are_no_words_where_each_line_has_one(write) -> None:
    numbered = "01 I: so?\n02 P: well\n03 (1.5)\n\n04 I: hm\n10 P: 2 of them"
    assert spoken(write(numbered, "t.txt")) == [
        *(("I", "so?"), ("P", "well"), ("P", "(1.5)"), ("I", "hm"), ("P", "2 of them")),
    ]
    for text in ("3 of us\n2 of them", "2 of us\nand me", "2 of us"):
        assert [said for _, said in spoken(write(text, "t.txt"))] == text.split("\n")


def test_whispers_console_lines_have_their_times(write) -> None:
    text = "[00:01.050 --> 00:07.540]  so well\n[01:00:08.020 --> 01:00:11.800]  yes\n"
    assert [(u.start_s, u.stop_s, u.text) for u in read(write(text, "t.txt")).utterances] == [
        (1.05, 7.54, "so well"),
        (3608.02, 3611.8, "yes"),
    ]
    assert not matches("00:00:01,000 --> 00:00:02,000\nso well\nand on\n")


def test_an_umlaut_is_the_same_in_either_spelling(tmp_path: Path) -> None:
    long, short = "Mu\u0308ller", "M\u00fcller"
    assert is_named_so(PurePath(f"{long}.txt"), "x", {short})
    assert is_named_so(PurePath(f"{short}.txt"), long, ())
    (tmp_path / f"{long}.txt").write_text("so well")
    session = read_folder(tmp_path, {"transcript": f"{short}.txt"})
    assert session.files["transcript"].name == f"{long}.txt"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("我最近觉得很累 晚上睡不好", "gbk"), ("мне очень плохо спится", "cp1251")],
)
def test_letters_of_another_encoding_are_no_words(write, text, encoding) -> None:
    with pytest.raises(TranscriptError, match=r"t\.txt: is in an encoding .*save it as UTF-8"):
        read(write(text.encode(encoding), "t.txt"))
    assert spoken(write(text, "t.txt")) == [(None, text)]
