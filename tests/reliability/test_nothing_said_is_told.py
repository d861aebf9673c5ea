"""What was said stays in the tables: no log, message, event or page holds a word of it.

Sessions whose words are rare are extracted, aligned and trained on through the command line; every
line that is printed and every file but the tables with words is searched for them.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.cli import main

Everything = Callable[[Path], str]
PLANTED = re.compile(r"xylocarp|quodlibet|zymurg|mizzle", re.IGNORECASE)
SAID = ("xylocarps are quodlibets", "Zymurgy, mizzle! xylocarp", "(quodlibet) <mizzle> zymurgies")
HOLD_WORDS = ("words.parquet", "part-00000.parquet")
"""Tables of words: of a store, of a training set's ``words/``."""


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    chance = np.random.default_rng(3)
    for n in range(6):
        folder = tmp_path / "S" / f"s{n}"
        folder.mkdir(parents=True)
        frame = pd.DataFrame({"frame": range(1, 151), "timestamp": np.arange(150) / 30})
        frame["confidence"], frame["success"] = 0.9, 1
        for column in ("AU12_r", "AU04_r", "pose_Rx"):
            frame[column] = chance.random(150).round(3)
        frame.to_csv(folder / "of.csv", index=False)
        lines = [
            "start_time\tstop_time\tspeaker\tvalue",
            f"0.1\t0.9\tEllie\t{SAID[0]}",
            f"1.0\t2.4\tParticipant\t{SAID[1 + n % 2]}",
            f"2.5\t4.4\tParticipant\t{SAID[2 - n % 2]}",
        ]
        lines += [f"4.5\tmizzle\tParticipant\t{SAID[0]}"] * (n == 4)  # a fault beside words
        (folder / "300_TRANSCRIPT.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "S" / "broken").mkdir()
    (tmp_path / "S" / "broken" / "xylo.srt").write_text("1\n00:00:09 -> mizzle\nzymurgy\n")
    rows = "".join(f"s{n},{4 * n}\n" for n in range(6))
    (tmp_path / "labels.csv").write_text(f"session,phq8\n{rows}")
    return tmp_path / "S"


def test_no_log_message_event_or_page_holds_what_was_said(
    sessions: Path, tmp_path: Path, everything: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    store, dataset, run = tmp_path / "F", tmp_path / "D", tmp_path / "R"
    labels = tmp_path / "labels.csv"
    tracks = "face,words,word_times,bert"
    events = [tmp_path / f"events{n}.jsonl" for n in range(3)]
    depx("extract", sessions, "-o", store, "--tracks", tracks, "-v", "--log-json", events[0])
    depx("align", store, "-o", dataset, "--labels", labels, "-v", "--log-json", events[1])
    trained = ("train", "cmg-vs", dataset, "-o", run, "--folds", 3, "--epochs", 1)
    assert (
        depx(*trained, "--set", "condition=t", "--set", "validation=0", "--log-json", events[2])
        == 0
    )
    depx("status", store, "-v")
    depx("verify", dataset)
    printed = capfd.readouterr()
    assert not PLANTED.search(printed.out)
    assert not PLANTED.search(printed.err)
    assert len(printed.err) > 100
    for path in (*events, *tmp_path.rglob("log*.jsonl"), *tmp_path.rglob("*.json")):
        assert path.stat().st_size > 100
        assert not PLANTED.search(path.read_text(encoding="utf-8")), path
    assert not PLANTED.search(everything(run))
    assert PLANTED.search(everything(dataset))  # where they are, they are found
    (store_words, *_), table = store.rglob("words.parquet"), dataset / "words"
    assert PLANTED.search(everything(store_words.parent))
    for path in [*store.rglob("*.parquet"), *dataset.rglob("*.parquet")]:
        if path.name != "words.parquet" and path.parent != table:
            alone = tmp_path / "alone"
            alone.mkdir(exist_ok=True)
            (alone / path.name).write_bytes(path.read_bytes())
            assert not PLANTED.search(everything(alone)), path
            (alone / path.name).unlink()
