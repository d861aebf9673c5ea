"""Corrections on their way through a run: keys, records, sessions left out, and training sets."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.extract.cli import extract as command
from depx.extract.corrections import table as module
from depx.extract.corrections.table import Table
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store

HEADER = "start_time\tstop_time\tspeaker\tvalue\n"
ROWS = (
    "0.5\t1.5\tParticipant\tis it on\n"
    "2.0\t2.5\tParticipant\t<sync>\n"
    "10.0\t11.0\tEllie\thi\n"
    "12.0\t14.0\tParticipant\thello there\n"
    "400.0\t401.0\tParticipant\twho is that\n"
)


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """An ordinary session, one that is shifted, and one that is interrupted."""
    root = tmp_path / "sessions"
    for name in ("300", "318", "373"):
        (root / f"{name}_P").mkdir(parents=True)
        (root / f"{name}_P" / f"{name}_TRANSCRIPT.csv").write_text(HEADER + ROWS)
    return root


def run(sessions: Path, store: Path, mode: str, *only: str) -> tuple[ExtractSummary, list[str]]:
    settings = parse(only or ("words",), {}, corrections=mode)
    lines: list[str] = []
    return extract([sessions], store, settings, lambda _outcome: None, lines.append), lines


def record(store: Path, session: str) -> dict[str, object]:
    return json.loads((store / session / "session.json").read_text())


def quality(store: Path, session: str) -> dict[str, object]:
    return record(store, session)["tracks"]["words"]["quality"]


def spoken(store: Path, session: str) -> list[tuple[float, str]]:
    (stored,) = [each for each in Store.open(store).sessions() if each.id == session]
    return [(turn.start_s, " ".join(word.text for word in turn.words)) for turn in stored.turns()]


def test_words_are_mended_and_the_record_says_so(sessions: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    summary, lines = run(sessions, store, "published")
    assert summary.exit_code == 0
    assert [line for line in lines if line.startswith("known errors")] == [
        "known errors mended in the words of 318 (offset), 373 (interruption); "
        "--corrections none leaves them"
    ]
    assert spoken(store, "300") == [(10.0, "hi"), (12.0, "hello there"), (400.0, "who is that")]
    assert spoken(store, "318") == [
        (10.0 + 34.319917, "hi"),
        (12.0 + 34.319917, "hello there"),
        (400.0 + 34.319917, "who is that"),
    ]
    assert spoken(store, "373") == [(10.0, "hi"), (12.0, "hello there")]
    assert quality(store, "373")["utterances"] == 2
    assert quality(store, "373")["corrections"] == {
        "rows": 5,
        "begin": "interviewer",
        "rows_before_begin": 2,
        "rows_sync": 0,
        "rows_interrupted": 1,
    }
    said = record(store, "318")["corrections"]
    assert said["mode"] == "published"
    assert "left_out" not in said
    assert said["applied"][0]["add_s"] == 34.319917


def test_none_brings_everything_back(sessions: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    run(sessions, store, "published")
    summary, _ = run(sessions, store, "none")
    assert [outcome.made for outcome in summary.outcomes] == [{"words": len_of_all()}] * 3
    assert spoken(store, "373") == [
        (0.5, "is it on"),
        (2.0, "sync"),
        (10.0, "hi"),
        (12.0, "hello there"),
        (400.0, "who is that"),
    ]
    assert "corrections" not in quality(store, "373")
    assert record(store, "373")["corrections"]["applied"] == []


def len_of_all() -> int:
    """Count the tokens of a transcript that nothing is left out of."""
    return sum(len(row.split("\t")[3].split()) for row in ROWS.splitlines())


def test_a_second_run_does_nothing(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "store", "published")
    summary, _ = run(sessions, tmp_path / "store", "published")
    assert [outcome.kept for outcome in summary.outcomes] == [("words",)] * 3


def test_an_update_of_the_table_makes_stale_only_those_whom_it_concerns(
    sessions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    run(sessions, store, "published")
    known = module.table()
    (mine,) = [each for each in known.errors if each.sessions == (373,) and each.span_s]
    moved = tuple(
        replace(each, span_s=(500.0, 600.0)) if each is mine else each for each in known.errors
    )
    monkeypatch.setattr(module, "table", lambda: Table(version=known.version + 1, errors=moved))
    summary, _ = run(sessions, store, "published")
    made = {outcome.session: bool(outcome.made) for outcome in summary.outcomes}
    assert made == {"300": False, "318": False, "373": True}
    assert spoken(store, "373")[-1] == (400.0, "who is that")
    assert record(store, "300")["corrections"]["table"] == known.version + 1


def test_strict_leaves_sessions_out_and_that_is_no_failure(sessions: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    summary, lines = run(sessions, store, "strict")
    assert summary.exit_code == 0
    assert [outcome.session for outcome in summary.left_out] == ["373"]
    assert "--corrections strict: 1 of 3 sessions are left out: 373" in lines
    left = record(store, "373")
    assert left["corrections"]["left_out"].startswith("as --corrections strict asks: interrupted")
    assert (left["tracks"], left["failures"], left["corrections"]["applied"]) == ({}, {}, [])
    assert not (store / "373" / "words.parquet").exists()
    assert spoken(store, "300")


def test_strict_after_published_keeps_earlier_tables_unread(sessions: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    run(sessions, store, "published")
    before = (store / "373" / "words.parquet").read_bytes()
    run(sessions, store, "strict")
    (stored,) = [each for each in Store.open(store).sessions() if each.id == "373"]
    assert stored.tracks() == ()
    assert (store / "373" / "words.parquet").read_bytes() == before
    summary, _ = run(sessions, store, "published")
    assert [outcome.kept for outcome in summary.outcomes] == [("words",)] * 3
    assert "left_out" not in record(store, "373")["corrections"]


def test_who_was_left_out_on_request_is_no_failure_of_a_training_set(
    sessions: Path, tmp_path: Path
) -> None:
    store, tracks = tmp_path / "store", ("words", "word_times", "egemaps")
    for folder in sessions.iterdir():
        noise = np.random.default_rng(0).normal(0, 0.1, 16 * 16_000)
        soundfile.write(folder / f"{folder.name[:3]}_AUDIO.wav", noise, 16_000)
    run(sessions, store, "published", *tracks)
    run(sessions, store, "strict", *tracks)
    said: list[str] = []
    summary = align([store], tmp_path / "d", AlignSettings(), said.append)
    assert summary.exit_code == 0
    assert summary.sessions == 2
    (lack,) = summary.exclusions
    assert (lack.session, lack.on_request) == ("373", True)
    assert any(line.startswith("373: left out: as --corrections strict asks") for line in said)


def test_the_command_line_takes_and_tells_of_corrections(sessions: Path, tmp_path: Path) -> None:
    def invoke(*options: str) -> Result:
        words = [str(sessions), "-o", str(tmp_path / "s"), "--tracks", "words"]
        return CliRunner().invoke(command, [*words, "--corrections", *options])

    assert "373: left out, as --corrections strict asks: interrupted" in (
        invoke("strict", "--dry-run").output
    )
    done = invoke("strict")
    assert done.exit_code == 0
    assert "3 sessions, 0 failed, 1 left out as asked" in done.output
    assert "1 of 3 sessions are left out: 373" in done.output
    document = json.loads(invoke("strict", "--json").stdout)
    assert [bool(session["left_out"]) for session in document["sessions"]] == [False, False, True]
    assert invoke("some").exit_code == 2
