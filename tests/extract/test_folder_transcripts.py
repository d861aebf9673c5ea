"""Which of several texts in a session folder is the transcript, and what is said of the others."""

from pathlib import Path

import pytest

from depx.extract.corpora import folder as generic
from depx.extract.corpora.base import Wishes
from depx.extract.sessions import Session
from depx.extract.trees import Folder

SRT = "1\n00:00:00,500 --> 00:00:01,000\nParticipant: hello there\n"
WORD = '{"word": "hello", "start": 0.5, "end": 1.0}'
WHISPERX = f'{{"segments": [{{"start": 0.5, "end": 1.0, "text": "hello", "words": [{WORD}]}}]}}'


def read(path: Path, choose: dict[str, str], **wishes: object) -> Session:
    return generic.read(Folder(path), Wishes(choose=choose, **wishes))


def _session(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_two_kinds_of_timed_words_are_no_error_but_two_of_one_kind_are(tmp_path: Path) -> None:
    grid = (
        '"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"words"\n0\n1\n1\n0\n1\n"a"\n'
    )
    folder = _session(tmp_path / "a", **{"a.TextGrid": grid, "b.json": WHISPERX})
    taken = read(folder, {})
    assert (taken.problem, taken.transcript_format) == (None, "WhisperX JSON")
    assert taken.others["a.TextGrid"] == "b.json goes before it"
    chosen = read(folder, {"transcript": "*.TextGrid"})
    assert (chosen.problem, chosen.transcript_format) == (None, "Praat TextGrid")
    (folder / "c.json").write_text(WHISPERX)
    problem = str(read(folder, {}).problem)
    assert "b.json and c.json" in problem
    assert "--set transcript.file=NAME" in problem


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\x1f\x8b\x08\x00\x01\x02", "no text in UTF-8"),
        (b"x", "not a transcript in"),
    ],
)
def test_a_file_that_is_no_transcript_is_told_of_by_what_it_is(
    tmp_path: Path, content: bytes, why: str
) -> None:
    folder = _session(tmp_path / "a", **{"s.wav": ""})
    (folder / "a.eaf").write_bytes(content)
    assert read(folder, {}).others["a.eaf"].startswith(why)


def test_whispers_own_files_of_one_recording_are_one_transcript(tmp_path: Path) -> None:
    files = {
        "a.wav": "",
        "a.json": WHISPERX,
        "a.tsv": "start\tend\ttext\n500\t1000\thello\n",
        "a.srt": SRT,
        "a.vtt": "WEBVTT\n\n00:00.500 --> 00:01.000\nhello\n",
        "a.txt": "hello\n",
    }
    session = read(_session(tmp_path / "x", **files), {})
    assert session.files["transcript"].name == "a.json"
    assert {session.others[name] for name in files if name not in ("a.wav", "a.json")} == {
        "a.json goes before it"
    }


def test_a_table_that_is_not_taken_is_told_of_with_the_option_that_takes_it(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"s.wav": "", "talk.csv": "0.5;1;P;so\n1;2;I;hm?\n"})
    assert "--set transcript.columns=start:A,stop:B,text:C" in read(folder, {}).others["talk.csv"]
    columns = {"start": "1", "stop": "2", "text": "4"}
    assert read(folder, {}, columns=columns).files["transcript"].name == "talk.csv"
