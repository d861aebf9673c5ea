"""Whose words they are, for every format, and the command line's part in it."""

import json
from pathlib import Path

import pytest

from depx.cli import main
from depx.errors import TranscriptError
from depx.extract.transcripts.registry import read
from depx.features.extractor import Inputs
from depx.features.text.words import Words
from depx.features.words import Role

ANONYMOUS = {"E-DAIC table", "SRT subtitles"}  # a prefix that comes once is no speaker


def measured(path: Path, participant: str | None):
    said = read(path)
    return Words(participant=participant)(Inputs(utterances=said.utterances, reading=said.reading))


def test_several_speakers_without_a_telling_name_are_an_error_that_names_nobody(
    write, timed_formats
) -> None:
    for name, text in timed_formats.items():
        path = write(text.replace("Ellie", "SPEAKER_00").replace("Participant", "Dr. Smith"))
        if name in ANONYMOUS:
            continue
        with pytest.raises(TranscriptError, match=r"2 speakers, .* --participant NAME") as caught:
            measured(path, None)
        assert "Smith" not in str(caught.value)


def test_the_participant_is_chosen_by_name_in_every_format(write, timed_formats) -> None:
    for name, text in timed_formats.items():
        path = write(text.replace("Ellie", "SPEAKER_00").replace("Participant", "Dr. Smith"))
        roles = [turn.role for turn in measured(path, "dr. smith").table]
        unknown = [Role.UNKNOWN] * 2
        assert roles == (unknown if name in ANONYMOUS else [Role.INTERVIEWER, Role.PARTICIPANT])


def test_a_table_of_the_users_own_is_read_by_the_columns_that_he_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "S" / "one"
    folder.mkdir(parents=True)
    (folder / "talk.csv").write_text("0;1500;P;so well\n1700;2500;I;hm?\n")
    (folder / "labels.csv").write_text("session,phq8\none,4\n")
    columns = "transcript.columns=start:1,stop:2,speaker:3,text:4,unit:ms"
    options = ["--set", columns, "--participant", "P", "--tracks", "words"]
    for more in (["--dry-run"], []):
        with pytest.raises(SystemExit) as ended:
            main(["extract", str(tmp_path / "S"), "-o", str(tmp_path / "F"), *options, *more])
        assert not ended.value.code
    assert "transcript talk.csv (table by transcript.columns)" in capsys.readouterr().out
    record = json.loads((tmp_path / "F" / "one" / "session.json").read_text())
    quality = record["tracks"]["words"]["quality"]
    assert quality["format"] == "table by transcript.columns"
    assert (quality["words_participant"], quality["words_interviewer"]) == (2, 1)
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "extract",
                str(tmp_path / "S"),
                "-o",
                str(tmp_path / "F"),
                "--set",
                "transcript.columns=start:1",
            ]
        )
    assert ended.value.code == 2
