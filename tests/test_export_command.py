"""``depx export``: which place goes with which form, what it prints, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.cli import main


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store from OpenFace's files and transcripts, and what align makes of it."""
    folder = tmp_path_factory.mktemp("places")
    chance = np.random.default_rng(3)
    for name in ("p1", "p2", "p3"):
        session = folder / "S" / name
        session.mkdir(parents=True)
        frame = pd.DataFrame({"frame": range(1, 61), "timestamp": np.arange(60) / 30})
        frame["confidence"], frame["success"] = 0.9, 1
        frame["AU12_r"] = chance.random(60).round(3)
        frame.to_csv(session / "of.csv", index=False)
        turns = "start_time\tstop_time\tspeaker\tvalue\n0.1\t0.9\tEllie\thow are you\n"
        (session / "300_TRANSCRIPT.csv").write_text(turns + "1.0\t1.9\tParticipant\tfine thanks\n")
    (folder / "labels.csv").write_text("session,phq8\np1,3\np2,15\np3,9\n")
    assert (
        depx("extract", folder / "S", "-o", folder / "F", "--tracks", "face,words,word_times", "-q")
        == 0
    )
    assert (
        depx("align", folder / "F", "-o", folder / "D", "--labels", folder / "labels.csv", "-q")
        == 0
    )
    return folder


@pytest.mark.parametrize(
    ("form", "place", "said"),
    [
        ("mmsa", "F", "--as mmsa: {F} is a store, expected a training set; run depx align first"),
        ("csv", "F", "--as csv: {F} is a store, expected a training set; run depx align first"),
        ("hf", "F", "--as hf: {F} is a store, expected a training set; run depx align first"),
        ("openface", "D", "--as openface: {F} is a training set, expected a store; give the one"),
        ("csv", "S", "expected a dataset (dataset.json inside), but it has no marker"),
        ("openface", "S", "expected a store (depx.json inside), but it has no marker"),
        ("hf", "nowhere", "but it is no folder"),
    ],
)
def test_a_form_goes_with_one_kind_of_place(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    form: str, place: str, said: str,
) -> None:  # fmt: skip
    assert depx("export", places / place, "-o", tmp_path / "O", "--as", form) == 3
    printed = capsys.readouterr().err
    assert said.format(F=places / place) in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "O").exists()


def test_each_file_is_told_and_the_summary_stands_alone(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("export", places / "D", "-o", tmp_path / "O", "--as", "csv")
    assert depx(*command) == 0
    printed = capsys.readouterr()
    rows = len(pd.read_csv(tmp_path / "O" / "words.csv"))
    assert f"words.csv: {rows} rows\n" in printed.err
    assert printed.out == f"3 files, 0 failed -> {tmp_path / 'O'}\n"
    assert depx(*command) == 0
    assert f"words.csv: {rows} rows, there already" in capsys.readouterr().err
    assert depx(*command, "-q") == 0
    assert capsys.readouterr() == ("", "")
    (tmp_path / "O" / "words.csv").write_text("mine")
    assert depx(*command, "-q") == 1
    assert "words.csv: failed: " in capsys.readouterr().err


def test_json_holds_files_and_notes(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("export", places / "D", "-o", tmp_path / "O", "--as", "hf", "--only", "p2")
    assert depx(*command, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["as"], told["exit_code"]) == ("hf", 0)
    rows = len(pd.read_parquet(tmp_path / "O" / "words" / "train.parquet"))
    words = {"file": "words/train.parquet", "rows": rows, "kept": False, "failure": None}
    assert words in told["files"]
    assert told["notes"] == ["no session has a split: all are in 'train'"]


def test_a_modality_that_mmsa_needs_and_the_set_lacks_is_named(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("export", places / "D", "-o", tmp_path / "O", "--as", "mmsa") == 3
    said = capsys.readouterr().err
    assert "MMSA reads text, audio and vision, but there is no text; the set has face" in said


@pytest.mark.parametrize("where", ["D", "D/words", "F", "F/p1"])
def test_nothing_is_written_into_a_place_of_depx(
    places: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("export", places / "D", "-o", places / where, "--as", "csv") == 3
    assert "choose another -o" in capsys.readouterr().err


def test_a_configuration_gives_the_options_of_export(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "depx.toml"
    config.write_text('[export]\nas = "csv"\nonly = ["p3"]\n')
    assert depx("--config", config, "export", places / "D", "-o", tmp_path / "O") == 0
    assert set(pd.read_csv(tmp_path / "O" / "words.csv")["session"]) == {"p3"}
    config.write_text('[export]\nas = "mmsa"\n[export.set]\nmmsa.length = "many"\n')
    assert depx("--config", config, "export", places / "D", "-o", tmp_path / "P") == 2
    assert "--set mmsa.length: expected int, got 'many'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "form"),
    [("D", "share"), ("D", "csv"), ("D", "hf"), ("F", "share"), ("F", "bids"), ("F", "openface")],
)
def test_options_that_leave_no_session_are_one_line_and_nothing_is_written(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, form: str
) -> None:
    command = ("export", places / place, "-o", tmp_path / "O", "--as", form)
    key = ("--pseudonyms", tmp_path / "key") if form == "share" else ()
    assert depx(*command, *key, "--only", "p1", "--exclude", "p1", "-q") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--only p1 --exclude p1: these options leave no session; take one of them away" in line
    assert not (tmp_path / "O").exists()


def test_messages_hold_no_word_of_the_interviews(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("csv", "hf"):
        assert depx("export", places / "D", "-o", tmp_path / form, "--as", form) == 0
    printed = "".join(capsys.readouterr())
    assert "thanks" not in printed
    assert "thanks" in (tmp_path / "csv" / "words.csv").read_text()


def test_the_help_names_every_form_and_parameter_of_mmsa(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from depx.align.mmsa import Mmsa
    from depx.export import FORMS
    from depx.features.parameters import parameters

    assert depx("export", "--help") == 0
    helped = " ".join(capsys.readouterr().out.split())
    assert all(f"--as {form}" in helped for form in FORMS)
    for parameter in parameters(Mmsa):
        assert f"mmsa.{parameter.name}" in helped
        assert parameter.doc
