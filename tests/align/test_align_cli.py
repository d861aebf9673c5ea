"""``depx align`` on the command line: options, streams, exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from depx.align.cli import align
from depx.align.dataset import Dataset
from depx.errors import UsageError


def call(*arguments: object) -> Result:
    return CliRunner().invoke(align, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def store(shelf: Any, tmp_path: Path) -> Path:
    """Two sessions and a label table beside the store."""
    shelf.session("a", shelf.whole())
    shelf.session("b", shelf.whole(seed=1))
    (tmp_path / "l.csv").write_text("session,mood\na,1\nb,6\n")
    path: Path = shelf.path
    return path


def test_options_reach_the_training_set(store: Path, tmp_path: Path) -> None:
    result = call(
        store, "-o", tmp_path / "d", "--labels", tmp_path / "l.csv", "--target", "mood",
        "--set", "target.min=0",
        "--set", "target.max=10", "--set", "target.positive_rule=>=5", "--pool", "mean,std",
        "--pauses", "0.1", "--frame-rate", "5", "--dtype", "float16", "--speakers", "both",
        "--timing", "auto", "--views", "sessions, words", "--exclude", "b", "--limit", "5",
    )  # fmt: skip
    assert result.exit_code == 0
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    assert (dataset.target.max, dataset.target.positive_rule) == (10, ">=5")
    assert dataset.manifest["settings"] == {
        "target": "mood",
        "label_rule": None,
        "splits": "official",
        "timing": "auto",
        "tokens": "words",
        "speakers": "both",
        "pauses_s": 0.1,
        "pool": ["mean", "std"],
        "views": ["words", "sessions"],
        "frame_rate_hz": 5.0,
        "dtype": "float16",
        "shard_mb": 256.0,
        "no_text": False,
        "pseudonyms": None,
    }
    assert list(dataset.sessions().session) == ["a"]


def test_the_summary_is_json_on_stdout_and_lines_on_stderr(store: Path, tmp_path: Path) -> None:
    result = call(store, "-o", tmp_path / "d", "--json")
    assert json.loads(result.stdout)["sessions"] == 2
    assert "no labels" in result.stderr
    assert call(store, "-o", tmp_path / "d", "-q").output == ""
    assert "up to date" in call(store, "-o", tmp_path / "d", "-v").stderr


def test_events_and_the_next_command_are_told(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    labelled = (store, "-o", tmp_path / "d", "--labels", tmp_path / "l.csv", "--target", "mood")
    scale = ("--set", "target.min=0", "--set", "target.max=10", "--set", "target.positive_rule=>=5")
    said = call(*labelled, *scale, "--log-json", file).stderr
    go_on = f"depx train cmg-vs {tmp_path / 'd'} -o RUN"
    assert said.splitlines()[-1] == f"Next: {go_on}"
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert {event["command"] for event in told} == {"align"}
    assert (told[0]["event"], told[-1]["event"]) == ("begun", "done")
    assert (told[-1]["exit_code"], told[-1]["sessions"], told[-1]["next"]) == (0, 2, go_on)
    assert "Next:" not in call(store, "-o", tmp_path / "e").stderr


def test_a_line_a_session_says_how_its_words_were_timed(
    store: Path, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("c", {**shelf.whole(seed=2), "word_times": shelf.dialogue()["word_times"][3:]})
    said = call(store, "-o", tmp_path / "d", "-v").stderr
    assert "a: 12 rows, 6 masked; words: 0 given, 4 forced, 2 proportional, 0 untimed" in said
    assert said.count("confidence 0.90 in the median") == 3
    assert "words: 0 given, 12 forced, 6 proportional, 0 untimed" in said
    again = call(store, "-o", tmp_path / "d", "-v", "--json").stdout
    counts = json.loads(again)["by_session"]["a"]
    assert (counts["rows"], counts["rows_masked"], counts["words_forced"]) == (12, 6, 4)
    assert Dataset.open(tmp_path / "d").sessions().confidence_median.tolist() == pytest.approx(
        [0.9] * 3
    )


def test_a_session_left_out_gives_exit_code_1(store: Path, shelf: Any, tmp_path: Path) -> None:
    shelf.session("c", shelf.dialogue(timed=False))
    result = call(store, "-o", tmp_path / "d")
    assert result.exit_code == 1
    assert "c: left out" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--set", "face.model=x"], "--set face.model: align has target.kind"),
        (["--set", "target.min=low"], "target.min: got 'low', expected a number"),
        (["--set", "target.positive_rule=many"], "a comparison such as >=10"),
        (["--pool", "std"], "--pool: got std"),
        (["--pauses", "0"], "--pauses: got 0"),
        (["--views", "frames"], "--views: got frames, expected words, and any of frames,turns"),
        (["--tokens", "windows:0"], "--tokens: got windows:0, expected words, or windows:S"),
        (["--tokens", "windows"], "--tokens: got windows,"),
        (["--tokens", "windows:1", "--pauses", "1"], "--pauses: got 1.0, expected --tokens words"),
        (["--frame-rate", "nan"], "--frame-rate: got nan"),
        (["--shard-mb", "0"], "--shard-mb: got 0"),
    ],
)
def test_an_option_outside_its_domain_is_a_usage_error(
    store: Path, tmp_path: Path, arguments: list[str], match: str
) -> None:
    with pytest.raises(UsageError, match=match):
        call(store, "-o", tmp_path / "d", *arguments)
