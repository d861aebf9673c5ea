"""Promises of the engine: transactional, resumable, isolated, locked, the same bytes every time."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.errors import DamagedError, UsageError
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.atomic import write_sealed
from depx.extract.store.lock import locked
from depx.extract.store.log import Hashes
from depx.extract.store.reader import Store

TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"


@pytest.fixture
def sessions(tmp_path: Path, write_video: Callable[..., Path]) -> Path:
    """Two sessions: one with a faceless video and a transcript, one with sound alone."""
    root = tmp_path / "sessions"
    for name in ("one", "two"):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(len(name)).normal(0, 0.1, 32_000)
        soundfile.write(root / name / "a.wav", noise, 16_000)
    write_video(root / "one" / "v.mkv", sound_s=1.0)
    (root / "one" / "t.csv").write_text(TRANSCRIPT)
    return root


def run(sessions: Path, store: Path, *tracks: str, **options: object) -> ExtractSummary:
    values = options.pop("values", {})
    settings = parse(tracks, values, **options)
    return extract([sessions], store, settings, lambda _outcome: None, lambda _line: None)


def contents(store: Path) -> dict[str, bytes]:
    """All files of a store but the log, which holds what differs from run to run."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def record(store: Path, session: str) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads((store / session / "session.json").read_text())


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "depx", *map(str, arguments)]


def test_what_the_inputs_allow_is_made_and_what_they_lack_is_said(
    sessions: Path, tmp_path: Path
) -> None:
    summary = run(sessions, tmp_path / "F")
    assert summary.exit_code == 0
    one, two = Store.open(tmp_path / "F").sessions()
    assert set(one.manifest["tracks"]) == {
        "words", "vad", "level", "forced", "word_times", "face", "covarep", "egemaps",
        "egemaps_turns", "bert",
    }  # fmt: skip
    assert set(two.manifest["tracks"]) == {"vad", "level", "covarep", "egemaps"}
    assert two.manifest["absent"]["face"]["reason"] == "the session has no video"
    assert "needs words" in two.manifest["absent"]["bert"]["reason"]
    face = one.samples("face")
    assert face.rows == 25
    assert not face.valid_F.any()
    assert any("face" in warning for warning in summary.outcomes[0].warnings)


def test_the_same_bytes_come_whatever_the_jobs_and_the_order(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F", jobs=1)
    backwards = [sessions / "two", sessions / "one"]
    quiet = (lambda _outcome: None, lambda _line: None)
    extract(backwards, tmp_path / "G", parse((), {}, jobs=2), *quiet)
    assert contents(tmp_path / "F") == contents(tmp_path / "G")


def test_a_second_run_does_nothing(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", "vad", "words")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "F").rglob("*.parquet")}
    summary = run(sessions, tmp_path / "F", "vad", "words")
    assert all(not outcome.made for outcome in summary.outcomes)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_changed_input_makes_stale_what_came_of_it_and_nothing_else(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F", "word_times")
    (sessions / "one" / "t.csv").write_text(TRANSCRIPT.replace("again", "again now"))
    one, two = run(sessions, tmp_path / "F", "word_times").outcomes
    assert one.made == {"words": 4, "forced": 0, "word_times": 4}  # nobody speaks in the noise
    assert one.kept == ("vad",)
    assert two.made == {}


def test_a_table_of_the_users_own_in_a_sessions_folder_stays(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F", "vad")
    mine = tmp_path / "F" / "one" / "my_notes.parquet"
    mine.write_bytes(b"mine")
    assert run(sessions, tmp_path / "F", "vad", force=True).outcomes[0].made.keys() == {"vad"}
    assert mine.read_bytes() == b"mine"


def test_a_changed_parameter_makes_its_track_stale(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", "vad")
    left = run(sessions, tmp_path / "F", "vad", values={"audio.channel": "left"})
    assert all(outcome.made for outcome in left.outcomes)


def test_a_lost_or_cut_table_is_made_again(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", "vad")
    before = contents(tmp_path / "F")
    (tmp_path / "F" / "one" / "vad.parquet").unlink()
    (tmp_path / "F" / "two" / "vad.parquet").write_bytes(b"half")
    run(sessions, tmp_path / "F", "vad")
    assert contents(tmp_path / "F") == before


def test_checksum_finds_a_table_of_the_right_size_and_the_wrong_bytes(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F", "vad")
    before = contents(tmp_path / "F")
    path = tmp_path / "F" / "one" / "vad.parquet"
    stored = Store.open(tmp_path / "F").sessions()[0]
    assert stored.samples("vad").rows == stored.samples("vad").rows > 0
    path.write_bytes(path.read_bytes()[:200] + b"XXXX" + path.read_bytes()[204:])
    with pytest.raises(DamagedError, match="the same depx extract then mends it"):
        stored.samples("vad")  # it was hashed before, in another state
    run(sessions, tmp_path / "F", "vad", checksum=True)
    assert contents(tmp_path / "F") == before


@pytest.mark.parametrize("text", ["{", "[]", '{"tracks": []}', '{"tracks": {"vad": {}}}'])
def test_whatever_stands_in_a_record_it_is_mended(
    sessions: Path, tmp_path: Path, text: str
) -> None:
    run(sessions, tmp_path / "F", "vad")
    before = contents(tmp_path / "F")
    (tmp_path / "F" / "one" / "session.json").write_text(text)
    run(sessions, tmp_path / "F", "vad")
    assert contents(tmp_path / "F") == before


def test_a_bad_file_costs_its_own_tracks_and_no_other(sessions: Path, tmp_path: Path) -> None:
    (sessions / "one" / "v.mkv").unlink()
    (sessions / "one" / "v.mp4").write_text("no video at all\n")
    summary = run(sessions, tmp_path / "F", "face", "vad")
    assert summary.exit_code == 1
    failures = record(tmp_path / "F", "one")["failures"]
    assert set(failures) == {"face"}
    assert "v.mp4" in str(failures["face"]["reason"])
    assert summary.outcomes[1].made.keys() == {"vad"}


def test_what_needs_a_failed_track_says_so(sessions: Path, tmp_path: Path) -> None:
    (sessions / "one" / "t.csv").write_text("start_time\tstop_time\tspeaker\tvalue\n")
    run(sessions, tmp_path / "F", "word_times")
    failures = record(tmp_path / "F", "one")["failures"]
    assert failures["word_times"]["reason"] == "needs words, which failed"


def test_a_mended_failure_leaves_no_trace(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "G", "words")
    good = (sessions / "one" / "t.csv").read_text()
    (sessions / "one" / "t.csv").write_text("start_time\tstop_time\tspeaker\tvalue\n")
    assert run(sessions, tmp_path / "F", "words").exit_code == 1
    (sessions / "one" / "t.csv").write_text(good)
    assert run(sessions, tmp_path / "F", "words").exit_code == 0
    assert contents(tmp_path / "F") == contents(tmp_path / "G")


def test_a_unit_without_memory_fails_and_names_the_limit(sessions: Path, tmp_path: Path) -> None:
    summary = run(sessions, tmp_path / "F", "vad", values={"limits.memory_gb": "0.0001"})
    assert summary.exit_code == 1
    for outcome in summary.outcomes:
        assert "memory" in outcome.failures["vad"]
    assert run(sessions, tmp_path / "F", "vad").exit_code == 0


SUICIDE = """
import json, multiprocessing, os, pathlib, signal, sys
from depx.extract import forks, run, settings, worker

def kill_itself(limits, chatter):
    become_a_worker(limits, chatter)
    if "sound" in chatter.name:
        os.kill(os.getpid(), signal.SIGKILL)

become_a_worker, worker._become_a_worker = worker._become_a_worker, kill_itself
forks.server = lambda _preloaded: multiprocessing.get_context("fork")
sessions, store = map(pathlib.Path, sys.argv[1:])
done = run.extract([sessions], store, settings.parse(("vad", "words"), {}), id, id)
print(json.dumps([dict(done.outcomes[0].made), dict(done.outcomes[0].failures)]))
"""


def test_a_child_that_is_killed_costs_its_unit_alone(sessions: Path, tmp_path: Path) -> None:
    store = tmp_path / "F"  # in a process of its own: a fork of one with many threads may hang
    done = subprocess.run(
        [sys.executable, "-c", SUICIDE, str(sessions), str(store)],
        capture_output=True,
        text=True,
        check=True,
    )
    made, failures = json.loads(done.stdout)
    assert made == {"words": 3}
    assert "was killed" in failures["vad"]
    assert [path.name for path in (store / "one").iterdir() if "tmp" in path.name] == []


def test_a_failure_does_not_destroy_what_was_there(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", "vad")
    before = contents(tmp_path / "F")
    failed = run(sessions, tmp_path / "F", "vad", values={"audio.channel": "right"})
    assert all("1 channel" in outcome.failures["vad"] for outcome in failed.outcomes)
    assert not any(session.has("vad") for session in Store.open(tmp_path / "F").sessions())
    again = run(sessions, tmp_path / "F", "vad")
    assert all(not outcome.made for outcome in again.outcomes)
    assert contents(tmp_path / "F") == before


def test_tracks_made_from_another_version_of_a_track_are_no_longer_on_record(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F", "bert", "word_times")
    (sessions / "one" / "t.csv").write_text(TRANSCRIPT.replace("hello", "goodbye"))
    one, _ = run(sessions, tmp_path / "F", "words").outcomes
    assert any("bert, forced, word_times: made from another words" in line for line in one.warnings)
    assert Store.open(tmp_path / "F").sessions()[0].tracks() == ("vad", "words")


def test_tracks_of_a_replaced_file_are_not_read(
    sessions: Path, tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    run(sessions, tmp_path / "F", "face", "words")
    write_video(sessions / "one" / "v.mkv", range(0, 400, 40))
    run(sessions, tmp_path / "F", "words")
    assert Store.open(tmp_path / "F").sessions()[0].tracks() == ("words",)


def test_a_removed_input_leaves_the_store_of_one_that_never_was(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F")
    (sessions / "one" / "t.csv").unlink()
    run(sessions, tmp_path / "F")
    run(sessions, tmp_path / "G")
    assert contents(tmp_path / "F") == contents(tmp_path / "G")


def test_a_damaged_record_is_begun_anew(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", "vad")
    before = contents(tmp_path / "F")
    (tmp_path / "F" / "one" / "session.json").write_text('{"tracks": ')
    damaged, whole = Store.open(tmp_path / "F").sessions()
    assert "damaged" in damaged.manifest["failures"]["session"]["reason"]
    assert whole.has("vad")
    run(sessions, tmp_path / "F", "vad")
    assert contents(tmp_path / "F") == before


def test_the_same_command_works_twice_with_the_store_beside_the_sessions(
    sessions: Path,
) -> None:
    for _ in range(2):
        summary = run(sessions, sessions / "out" / "store", "vad")
        assert [outcome.session for outcome in summary.outcomes] == ["one", "two"]
        assert summary.exit_code == 0


def test_a_unit_that_takes_too_long_is_ended_and_named(sessions: Path, tmp_path: Path) -> None:
    summary = run(sessions, tmp_path / "F", "vad", values={"limits.wall_s": "0.001"})
    assert "limits.wall_s=0.001" in summary.outcomes[0].failures["vad"]


def test_an_empty_session_is_that_sessions_failure(sessions: Path, tmp_path: Path) -> None:
    (sessions / "one" / "a.wav").unlink()
    (sessions / "one" / "v.mkv").unlink()
    (sessions / "one" / "t.csv").unlink()
    one, two = run(sessions, tmp_path / "F", "vad").outcomes
    assert "is empty" in one.failures["session"]
    assert two.made.keys() == {"vad"}
    assert "session" in record(tmp_path / "F", "one")["failures"]


def test_an_unreadable_input_is_recorded_with_its_name(
    sessions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Hashes, path: Path) -> str:
        if path.name == "t.csv":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return of(self, path)

    of = Hashes.of
    monkeypatch.setattr(Hashes, "of", refuse)
    one, two = run(sessions, tmp_path / "F", "vad").outcomes
    assert one.failures == {
        "session": "t.csv: cannot be read (Permission denied); mend its permissions"
    }
    assert record(tmp_path / "F", "one")["failures"]["session"]["reason"] == one.failures["session"]
    assert two.made.keys() == {"vad"}


def test_a_locked_session_is_named_and_the_rest_is_done(sessions: Path, tmp_path: Path) -> None:
    (tmp_path / "F" / "one").mkdir(parents=True)
    marker = {"place": "store", "schema": 1, "corpus": "folder"}
    write_sealed(tmp_path / "F" / "depx.json", marker)
    with locked(tmp_path / "F" / "one"):
        summary = run(sessions, tmp_path / "F", "vad")
    assert summary.exit_code == 75
    assert [outcome.session for outcome in summary.locked] == ["one"]
    assert summary.outcomes[1].made.keys() == {"vad"}


def test_unknown_tracks_and_parameters_are_refused(sessions: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no track 'fase'"):
        run(sessions, tmp_path / "F", "fase")
    with pytest.raises(UsageError, match=r"--set face\.size: no such parameter"):
        run(sessions, tmp_path / "F", values={"face.size": "1"})
    with pytest.raises(UsageError, match="expected PREFIX"):
        run(sessions, tmp_path / "F", values={"size": "1"})


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kill_after", ["words.parquet", "egemaps.parquet"])
def test_sigkill_in_the_middle_then_the_same_command_gives_the_same_bytes(
    sessions: Path, tmp_path: Path, kill_after: str
) -> None:
    run(sessions, tmp_path / "whole")
    arguments = command("extract", sessions, "-o", tmp_path / "killed")
    child = subprocess.Popen(arguments, cwd="/", stderr=subprocess.DEVNULL)
    _wait_for(lambda: (tmp_path / "killed" / "one" / kill_after).exists())
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert contents(tmp_path / "killed") != contents(tmp_path / "whole")
    subprocess.run(arguments, cwd="/", check=True, capture_output=True)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_rolls_back_exits_130_and_says_how_to_go_on(
    sessions: Path, tmp_path: Path, number: signal.Signals
) -> None:
    arguments = command("extract", sessions, "-o", tmp_path / "F")
    child = subprocess.Popen(arguments, cwd="/", stderr=subprocess.PIPE, text=True)
    _wait_for(lambda: (tmp_path / "F" / "one" / "words.parquet").exists())
    began = time.monotonic()
    os.kill(child.pid, number)
    _, said = child.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert child.returncode == 130
    assert "run the same command again" in said
    left = {path.name for path in (tmp_path / "F").rglob(".*")}
    assert left == set()


def test_native_chatter_goes_to_the_log_and_no_word_of_a_transcript_does(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F")
    log = (tmp_path / "F" / "log.jsonl").read_text()
    units = [json.loads(line) for line in log.splitlines() if '"unit"' in line]
    assert {unit["takes"] for unit in units} == {"picture", "sound", "transcript", "tracks"}
    assert "hello" not in log
    assert "hello" not in (tmp_path / "F" / "one" / "session.json").read_text()
