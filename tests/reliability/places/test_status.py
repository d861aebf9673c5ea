"""Status says how a place stands and why, writes nothing, and answers beside a run at work."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.extract.store.lock import locked

Said = Callable[[], str]


def status(places: Any, said: Said, place: Path, *more: object) -> dict[str, Any]:
    said()
    code = places.depx("status", place, "--json", *more)
    document = json.loads(said())
    assert document.get("exit_code", code) == code
    return document


def states(document: dict[str, Any]) -> dict[str, str]:
    return {one["session"]: one["state"] for one in document["sessions"]}


def test_what_is_up_to_date_is_said_to_be_and_nothing_is_written(places: Any, said: Said) -> None:
    everything = {path: path.stat().st_mtime_ns for path in places.root.rglob("*")}
    for place in (places.store, places.dataset):
        place.chmod(0o555)
        assert places.depx("status", place) == 0
        place.chmod(0o755)
    assert "2 sessions: 2 done" in said()
    assert states(status(places, said, places.store)) == {"900": "done", "901": "done"}
    assert {path: path.stat().st_mtime_ns for path in places.root.rglob("*")} == everything


def test_a_changed_input_is_named_with_what_it_was(places: Any, said: Said) -> None:
    transcript = places.sources / "900_P" / "900_TRANSCRIPT.csv"
    transcript.write_text(transcript.read_text() + "99.0\t99.5\tParticipant\tyes\n")
    document = status(places, said, places.store)
    assert states(document) == {"900": "stale", "901": "done"}
    assert places.depx("status", places.store, "--why", "900") == 1
    lines = said().splitlines()
    (words,) = (line for line in lines if line.startswith("words: "))
    assert "stale: transcript 900_TRANSCRIPT.csv changed: " in words
    (times,) = (line for line in lines if line.startswith("word_times: "))
    assert "words, which it is made from, is another" in times
    assert "covarep: up to date" in lines
    assert f"next: depx extract {places.sources} -o {places.store} --tracks" in lines[-1]
    assert places.extract() == 0
    assert places.depx("status", places.store) == 0
    document = status(places, said, places.dataset)
    assert document["state"] == "stale"
    tracks = {one["what"].split()[1] for one in document["differences"] if one["kind"] == "track"}
    assert tracks == {"words", "word_times"}
    assert {one for found in document["differences"] for one in found["sessions"]} == {"900"}


def test_sessions_come_and_go(places: Any, said: Said) -> None:
    (places.sources / "901_P").rename(places.root / "away")
    document = status(places, said, places.store)
    assert states(document) == {"900": "done", "901": "gone"}
    assert document["exit_code"] == 0
    (places.root / "away").rename(places.sources / "901_P")
    for file in (places.store / "901").iterdir():
        file.unlink()
    (places.store / "901").rmdir()
    document = status(places, said, places.store)
    assert states(document) == {"900": "done", "901": "new"}
    assert {track["state"] for track in document["sessions"][1]["tracks"].values()} <= {
        "new", "absent",
    }  # fmt: skip


def test_failures_are_told_with_their_reasons(places: Any, said: Said) -> None:
    transcript = places.sources / "900_P" / "900_TRANSCRIPT.csv"
    transcript.write_text("start_time\tstop_time\tspeaker\tvalue\n")
    assert places.extract() == 1
    assert places.depx("status", places.store) == 1
    printed = said()
    assert "failed: 900 words: 900_TRANSCRIPT.csv" in printed
    assert "next: mend what is named, then depx extract" in printed


def test_who_is_at_work_is_named(places: Any, said: Said) -> None:
    with locked(places.store / "900"), locked(places.dataset):
        document = status(places, said, places.store)
        assert states(document)["900"] == "locked"
        assert document["sessions"][0]["holder"]["pid"] == os.getpid()
        places.depx("status", places.dataset)
    assert f"locked by process {os.getpid()} on " in said()


def test_without_a_log_or_sources_the_records_alone_answer(places: Any, said: Said) -> None:
    places.sources.rename(places.root / "unmounted")
    document = status(places, said, places.store)
    assert states(document) == {"900": "unknown", "901": "unknown"}
    assert document["exit_code"] == 0
    assert any("is not looked at: it is not there" in note for note in document["notes"])
    (places.store / "log.jsonl").unlink()
    (places.dataset / "log.jsonl").unlink()
    assert states(status(places, said, places.store)) == {"900": "unknown", "901": "unknown"}
    assert status(places, said, places.dataset)["state"] == "finished"


def test_a_lost_record_of_unknown_sources_is_a_failure(places: Any, said: Said) -> None:
    (places.store / "log.jsonl").unlink()
    (places.store / "901" / "session.json").unlink()
    document = status(places, said, places.store)
    assert states(document) == {"900": "unknown", "901": "failed"}
    assert document["exit_code"] == 1
    assert document["sessions"][1]["why"] == ["its session.json is gone"]


def test_labels_that_changed_are_named_by_column_and_session(places: Any, said: Said) -> None:
    labels = places.root / "labels.csv"
    labels.write_text("session,phq8,age\n900,3,40\n901,14,30\n")
    assert places.align("--labels", labels) == 0
    labels.write_text("session,phq8,age\n900,3,40\n901,15,30\n")
    document = status(places, said, places.dataset)
    assert document["state"] == "stale"
    assert [one["what"] for one in document["differences"]] == [
        "labels: phq8 changed in 1 sessions: 901"
    ]
    assert places.align("--labels", labels, "--pool", "mean,std") == 0
    said()
    assert places.depx("status", places.dataset) == 0
    labels.unlink()
    assert places.depx("status", places.dataset) == 0
    assert "cannot be compared with what it was made from" in said()


def test_a_killed_align_is_unfinished_and_the_next_command_is_told(places: Any, said: Said) -> None:
    (places.dataset / "dataset.json").unlink()
    document = status(places, said, places.dataset)
    assert (document["state"], document["exit_code"]) == ("unfinished", 1)
    assert document["next"].startswith(f"depx align {places.store} -o {places.dataset} ")
    assert places.depx("verify", places.dataset) == 1
    assert "is unfinished" in said()
    assert places.align() == 0
    assert places.depx("verify", places.dataset) == 0


def test_a_folder_of_something_else_is_refused(places: Any, said: Said) -> None:
    for command in ("status", "verify", "clean"):
        assert places.depx(command, places.sources) == 3
        assert "expected a store, a training set, a run or a study, got a folder" in said()
    (places.root / "mine" / "store").mkdir(parents=True)
    (places.root / "mine" / "store" / "depx.json").touch()
    (places.root / "mine" / "thesis.tex").touch()
    assert places.depx("clean", places.root / "mine") == 3
    assert places.depx("status", places.store, "--why", "nobody") == 2
    assert places.depx("status", places.dataset, "--why", "900") == 2
    assert places.depx("clean", places.dataset, "--gone") == 2


@pytest.mark.slow
def test_a_parameter_that_changed_is_named_and_redoes_its_track_alone(
    places: Any, said: Said
) -> None:
    before = places.stamps(places.store)
    only = ("--only", "900", "--set", "words.participant=Participant")
    assert places.extract(*only) == 0
    now = places.stamps(places.store)
    changed = {name for name in now if now[name] != before[name]}
    assert changed == {
        "900/words.parquet", "900/word_times.parquet", "900/session.json",
    }  # fmt: skip
    assert places.depx("status", places.store, "--why", "901") == 1  # as the last run was told
    assert "words: stale: words.participant: none -> sha256:" in said()  # a name is private


def test_the_next_command_is_one_that_a_shell_takes(places: Any, said: Said) -> None:
    store = places.store.rename(places.root / "my store")
    (store / "labels.parquet").unlink()
    assert places.depx("verify", store) == 4
    dataset = places.dataset.rename(places.root / "my set")
    for place, words in ((store, ["depx", "extract"]), (dataset, ["depx", "train", "cmg-vs"])):
        told = shlex.split(status(places, said, place)["next"])
        assert told[: len(words)] == words
        assert str(place) in told
