"""The command line: what it prints, refuses and returns."""

import errno
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.cli import main
from depx.features.registry import EXTRACTORS, OPTIONAL


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / "S" / name).mkdir(parents=True)
        noise = np.random.default_rng(0).normal(0, 0.1, 16_000)
        soundfile.write(tmp_path / "S" / name / "a.wav", noise, 16_000)
    return tmp_path / "S"


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_list_prints_every_parameter_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert depx("extract", "--list") == 0
    said = capsys.readouterr().out
    for line in ("audio.channel=mean", "face.focal=none", "face.au_tier=C", "bert.window=session"):
        assert line in said
    parameters = [line for line in said.splitlines() if re.match(r"  \w+\.\w+=", line)]
    assert all(re.search(r"  \S.{10}", line[2:]) for line in parameters), "one has no docstring"


def test_dry_run_says_what_would_be_read_and_writes_nothing(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("extract", sessions, "-o", tmp_path / "F", "--dry-run") == 0
    assert "one: audio a.wav" in capsys.readouterr().out
    assert not (tmp_path / "F").exists()


def test_json_is_json_and_nothing_else(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("extract", sessions, "-o", tmp_path / "F", "--tracks", "vad", "--only", "two")
    assert depx(*arguments, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert [session["session"] for session in summary["sessions"]] == ["two"]
    assert summary["counts"]["done"] == 1
    assert summary["tracks"]["vad"]["made"] == 1
    assert summary["seconds"] >= summary["sessions"][0]["costs"]["vad"]["seconds"] > 0
    assert summary["next"].startswith(f"depx extract {sessions} -o ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["extract"], 2, "expected SESSIONS... -o STORE"),
        (["extract", "S", "-o", "F", "-j", "0"], 2, "Invalid value for '-j'"),
        (["extract", "S", "-o", "F", "--tracks", "fase"], 2, "no track 'fase'; there are: words"),
        (["extract", "S", "-o", "F", "--set", "face.focal"], 2, "expected NAME=VALUE"),
        (["extract", "S", "-o", "F", "--only", "nobody"], 2, "no session 'nobody' among the 2"),
        (["extract", "nowhere", "-o", "F"], 2, "nowhere: is not there; check the name"),
        (["extract", "S", "-o", "S/one/a.wav"], 3, "expected a folder for the store, got a file"),
        (["extract", "S", "-o", "/proc/nothing/F"], 3, "/proc/nothing"),
        (["align", "S", "-o", "D"], 3, "S: expected a store (depx.json inside)"),
        (["train", "mlp", "S", "-o", "R"], 2, "no model 'mlp'; there are: cmg-vs, mccl"),
        (["--config", "none.toml", "extract"], 2, "none.toml: expected a TOML file"),
    ],
)
def test_a_mistake_is_one_line_and_its_own_code(
    sessions: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(sessions.parent)
    assert depx(*arguments) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


def test_a_full_disk_is_no_mistake_and_is_named_with_its_remedy(
    sessions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "F"
    assert depx("extract", sessions, "-o", store, "--tracks", "level", "-q") == 0

    def full(_path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert depx("report", store, "-o", tmp_path / "page.html") == 1
    assert capsys.readouterr().err == (
        f"depx: {tmp_path / 'page.html'}: No space left on device; make room there, then run the "
        "same command again; what is done stays\n"
    )


def test_a_configuration_gives_defaults_and_flags_win(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "depx.toml"
    config.write_text(
        '[extract]\ntracks = "vad"\nlimit = 1\n[extract.set]\naudio.channel = "left"\n'
    )
    assert depx("--config", config, "extract", sessions, "-o", tmp_path / "F") == 0
    assert not (tmp_path / "F" / "two").exists()
    record = json.loads((tmp_path / "F" / "one" / "session.json").read_text())
    assert record["tracks"]["vad"]["quality"]["media"]["channel"] == "left"
    more = ("--limit", "2", "--set", "audio.channel=mean")
    assert depx("--config", config, "extract", sessions, "-o", tmp_path / "F", *more) == 0
    record = json.loads((tmp_path / "F" / "two" / "session.json").read_text())
    assert record["tracks"]["vad"]["quality"]["media"]["channel"] == "mean"
    capsys.readouterr()


def test_an_unknown_name_in_a_configuration_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "depx.toml").write_text("[extract]\ntrack = 'vad'\n")
    assert depx("--config", tmp_path / "depx.toml", "extract", "S", "-o", "F") == 2
    assert "[extract] has no option 'track'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quiet = 1", "[extract] quiet: expected true or false, got 1"),
        ("limit = true", "[extract] limit: expected a value, got True"),
        ("jobs = 1.5", "'1.5' is not a valid integer"),
        ("set = 'a=b'", "has no option 'set'"),
    ],
)
def test_a_value_of_the_wrong_kind_in_a_configuration_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "depx.toml").write_text(f"[extract]\n{text}\n")
    assert depx("--config", tmp_path / "depx.toml", "extract", "S", "-o", "F") == 2
    assert said in capsys.readouterr().err


def test_lists_in_a_configuration_are_what_flags_would_be(sessions: Path, tmp_path: Path) -> None:
    config = tmp_path / "depx.toml"
    config.write_text('[extract]\ntracks = ["vad"]\nonly = "two"\n')
    assert depx("--config", config, "extract", sessions, "-o", tmp_path / "F") == 0
    assert [p.parent.name for p in (tmp_path / "F").glob("*/vad.parquet")] == ["two"]


def test_a_lost_or_damaged_marker_of_a_store_is_mended_by_extract(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("extract", sessions, "-o", tmp_path / "F", "--tracks", "vad")
    assert depx(*command) == 0
    (tmp_path / "F" / "depx.json").write_text("{")
    assert depx("align", tmp_path / "F", "-o", tmp_path / "D") == 4
    assert "run depx extract again, which mends it" in capsys.readouterr().err
    assert depx(*command) == 0
    (tmp_path / "F" / "depx.json").unlink()
    assert depx(*command) == 0
    assert capsys.readouterr().err.count("1 up to date") == 4


def test_a_failure_is_told_once_with_the_tracks_that_it_cost(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sessions / "one" / "a.wav").write_text("no sound")
    assert depx("extract", sessions, "-o", tmp_path / "F") == 1
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("one: failed")]
    assert len(lines) == 1
    assert lines[0].startswith("one: failed: vad, level, egemaps, covarep: a.wav: ")
    assert "one/session.json says why" in printed.out


def test_the_help_names_the_optional_tracks_and_the_list_marks_what_is_not_measured_by_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert depx("extract", "--help") == 0
    helped = " ".join(capsys.readouterr().out.split())
    named = re.search(r"default: all but ([\w, ]+)\]", helped)
    assert named is not None
    assert set(named[1].split(", ")) == OPTIONAL
    assert depx("extract", "--list") == 0
    listed = capsys.readouterr().out.splitlines()
    heads = {line.partition(":")[0] for line in listed if not line.startswith(" ")}
    for track in OPTIONAL:
        given = EXTRACTORS[track].takes == "given"
        more = ", only from a file of another program" if given else ""
        assert f"{track} (only if named{more})" in heads
    assert "formant (only from a file of another program)" in heads
    assert {"audio (no track)", "covarep", "words"} <= heads


def _told(sessions: Path, store: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert depx("extract", sessions, "-o", store, "--only", "one", *more) == 0
    return capsys.readouterr().err


def test_each_reason_stands_beside_the_tracks_that_are_absent_for_it(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _told(sessions, tmp_path / "F", capsys)
    assert "without face (the session has no video)" in said
    of_words = "words, forced, egemaps_turns, bert, word_times (the session has no transcript)"
    assert f"without {of_words}" in said
    assert "formant" not in said


def test_where_tracks_are_named_only_their_absence_is_told(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _told(sessions, tmp_path / "F", capsys, "--tracks", "vad,bert,formant")
    assert "vad 33 rows" in said
    assert "without bert (the session has no transcript)" in said
    assert "without formant (comes from files of other programs only" in said
    assert "words" not in said
    said = _told(sessions, tmp_path / "F", capsys, "--tracks", "covarep")
    assert "without" not in said


def test_every_corpus_can_be_forced_and_written() -> None:
    from depx.extract.cli import extract
    from depx.extract.corpora.registry import AUTO, CORPORA
    from depx.extract.synth.menu import CORPORA as WRITTEN

    (corpus,) = [option for option in extract.params if option.name == "corpus"]
    names = {corpus.name for corpus in CORPORA}
    assert set(corpus.type.choices) == {AUTO, *names}
    assert set(WRITTEN) == names - {"folder"}
