"""``--log-json``: events for programs, whole, at once, and without a word of the interview."""

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

from depx.errors import StoreError
from depx.extract.telling.event_file import OF_THE_LOG, EventFile
from depx.extract.telling.watch import Watch

pytestmark = pytest.mark.slow

CANARIES = ("wombat", "Quokka", "zebrafish")  # a word, a name, what a file holds that is no sound
KNOWN = OF_THE_LOG | {"begun", "failure", "warning", "session", "notice", "done"}


def depx(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "depx", *map(str, arguments)],
        text=True,
        check=False,
        cwd="/",
        **{"capture_output": True, **options},
    )


def events(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(found: list[dict[str, object]], name: str) -> list[dict[str, object]]:
    return [event for event in found if event["event"] == name]


def test_a_run_in_events_without_a_word_of_the_interview(sessions: Path, tmp_path: Path) -> None:
    (sessions / "one" / "t.csv").write_text(
        f"start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\t{CANARIES[1]}\t{CANARIES[0]} again\n"
    )
    (sessions / "three" / "a.wav").write_text(f"{CANARIES[2]} RIFF")
    file = tmp_path / "events.jsonl"
    command = ("extract", sessions, "-o", tmp_path / "F", "--tracks", "vad,words", "-v")
    done = depx(*command, "-j", "2", "--log-json", file)
    assert done.returncode == 1, done.stderr
    found = events(file)
    assert {event["event"] for event in found} <= KNOWN
    assert {event["command"] for event in found} == {"extract"}
    assert (found[0]["event"], found[-1]["event"]) == ("begun", "done")
    assert found[-1]["exit_code"] == 1
    assert found[-1]["counts"]["done"] == 2
    assert str(found[-1]["next"]).startswith("depx extract /")  # for what align lacks
    tracks = {(event["session"], event["track"]): event for event in of(found, "track")}
    assert tracks["one", "vad"]["state"] == "made"
    assert tracks["one", "vad"]["rows"] == 66
    assert tracks["three", "vad"]["state"] == "failed"
    for event in tracks.values():
        assert event["seconds"] > 0
        assert event["cpu_s"] >= 0
        assert 10 < event["peak_mb"] < 10_000
    (failure,) = of(found, "failure")
    assert (failure["session"], failure["track"]) == ("three", "vad")
    assert "replace the file" in failure["reason"]
    states = {event["session"]: event["state"] for event in of(found, "session")}
    assert states == {"one": "done", "two": "done", "three": "failed"}
    log = (tmp_path / "F" / "log.jsonl").read_text()
    assert '"event": "track"' in log
    for text in (file.read_text(), log, done.stdout, done.stderr):
        assert not [canary for canary in CANARIES if canary in text]
    assert "one: vad: 66 rows (" in done.stderr
    assert "MB at most)" in done.stderr


def test_on_stdout_there_is_nothing_but_events(sessions: Path, tmp_path: Path) -> None:
    command = ("extract", sessions, "-o", tmp_path / "F", "--tracks", "vad", "--only", "one")
    done = depx(*command, "--log-json", "-")
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()][-1] == "done"
    assert "1 session, 0 failed" in done.stderr
    refused = depx(*command, "--log-json", "-", "--json")
    assert refused.returncode == 2
    assert "both print on stdout" in refused.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_told_once() -> None:
    told: list[str] = []
    file = EventFile("/dev/full", "extract", told.append)
    file.write("notice", text="x")
    file.close()
    assert told == [
        "--log-json /dev/full: No space left on device; no further events are written there"
    ]


def test_a_pipe_that_nobody_reads_any_more_is_told_once() -> None:
    reader, writer = os.pipe()
    told: list[str] = []
    file = EventFile(f"/dev/fd/{writer}", "extract", told.append)
    assert json.loads(os.read(reader, 9999))["event"] == "begun"
    os.close(reader)
    for _ in range(3):
        file.write("notice", text="x")
    os.close(writer)
    assert len(told) == 1
    assert "Broken pipe" in told[0]


def test_what_ends_a_command_early_is_its_last_event(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for error in (StoreError("no store"), KeyboardInterrupt()):
        with (
            pytest.raises(type(error)),
            Watch("align", log_json=str(file)),
        ):
            raise error
    first, second = of(events(file), "done")
    assert (first["exit_code"], first["reason"]) == (3, "no store")
    assert second["exit_code"] == 130
    assert "run the same command again" in second["reason"]


def test_progress_of_a_session_is_passed_on_at_most_every_five_seconds(tmp_path: Path) -> None:
    file = EventFile(str(tmp_path / "events.jsonl"), "extract", lambda _: None)
    for number in range(50):
        for session in ("a", "b"):
            file.hear({"at": "", "event": "progress", "session": session, "done_s": number})
    file.close()
    assert len(of(events(tmp_path / "events.jsonl"), "progress")) == 2


def test_what_is_not_listed_stays_in_the_log_of_the_place(tmp_path: Path) -> None:
    file = EventFile(str(tmp_path / "events.jsonl"), "extract", lambda _: None)
    file.hear({"at": "", "event": "hashed", "path": "x"})
    file.hear({"at": "", "event": "unit", "session": "a", "stderr": CANARIES[0]})
    file.hear({"at": "", "event": "extract", "recipe": {"words.participant": CANARIES[1]}})
    file.close()
    text = (tmp_path / "events.jsonl").read_text()
    names = [event["event"] for event in events(tmp_path / "events.jsonl")]
    assert names == ["begun", "unit", "extract"]
    assert not [canary for canary in CANARIES if canary in text]


def test_a_real_run_on_a_terminal_leaves_lines_and_a_summary(
    on_a_terminal: Callable[..., object], sessions: Path, tmp_path: Path
) -> None:
    command = ("extract", sessions, "-o", tmp_path / "F", "--tracks", "vad", "-j", "2")
    shown = on_a_terminal("-m", "depx", *command)
    text = shown.read()
    assert shown.process.wait(30) == 1
    assert any("of 3 sessions" in picture for picture in shown.pictures)
    assert "of 3 sessions" not in text
    lines = text.splitlines()
    assert "two: vad 66 rows" in text
    assert any(line.startswith("three: failed: vad: a.wav: ") for line in lines)
    assert any(line.split()[:4] == ["vad", "2", "0", "0"] for line in lines)
    assert any(line.startswith("Mend what failed, then ") for line in lines)
    assert shown.glass.cursor


def test_an_interrupt_leaves_a_clean_terminal_and_says_how_to_go_on(
    on_a_terminal: Callable[..., object], sessions: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 240 * 16_000)  # minutes of work
    soundfile.write(sessions / "one" / "a.wav", noise, 16_000)
    command = ("extract", sessions, "-o", tmp_path / "F", "--only", "one", "--tracks", "covarep")
    shown = on_a_terminal("-m", "depx", *command)
    shown.read(lambda one: "of 4:00" in one.glass.text())
    began = time.monotonic()
    os.kill(shown.process.pid, signal.SIGINT)
    text = shown.read()
    assert shown.process.wait(30) == 130
    assert time.monotonic() - began < 30
    assert text.splitlines()[-1] == (
        "depx: interrupted; run the same command again to go on from here"
    )
    assert "stopped at 0 of 1 session" in text.splitlines()
    assert "covarep" not in text
    assert shown.glass.cursor
