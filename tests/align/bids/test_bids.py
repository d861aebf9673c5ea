"""A store as a BIDS dataset: valid by BIDS's validator, and the numbers read back are equal."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.bids.export import export_bids
from depx.align.bids.names import labels_of
from depx.align.delivery import Delivery
from depx.cli import main
from depx.errors import UsageError
from depx.extract.sessions import Choice
from depx.extract.store.foreign import Delivered
from depx.extract.store.reader import Store
from depx.features.track import Track

Export = Callable[..., tuple[Delivery, list[str]]]
SECRET = ("Ellie", "w11", "w30", "Eve Smith")
LABELS = "session,participant,phq8,gender\na-1,P 1,3,f\na-2,P 1,7,f\nb-1,P 2,17,m\nblind,P 3,,m\n"


@pytest.fixture
def store(shelf: Any) -> Path:
    """Two sessions of one person, one of another, one without a face; frames that come unevenly."""
    shelf.session("a-1", shelf.whole(seed=1), recording="ab" * 32)
    shelf.session("a-2", shelf.whole(seed=2))
    shelf.session("b-1", {**shelf.whole(seed=3), "face": uneven(shelf.face(seed=3))})
    blind = {name: table for name, table in shelf.whole(seed=4).items() if name != "face"}
    shelf.session("blind", {**blind, "egemaps_turns": shelf.functionals()})
    return shelf.path


def uneven(track: Track) -> Track:
    """Take frames out of a track, and move others."""
    kept = np.ones(track.rows, dtype=bool)
    kept[60:100] = False
    time_s = track.time_s + np.random.default_rng(0).uniform(-0.015, 0.015, track.rows)
    return Track(
        time_s=time_s[kept],
        value_FC=track.value_FC[kept],
        columns=track.columns,
        valid_F=track.valid_F[kept],
        rate_hz=track.rate_hz,
    )


@pytest.fixture
def export(store: Path, tmp_path: Path, labels: Callable[..., Path]) -> Export:
    """Export the store; give what was delivered, and the lines that were told."""
    table = labels(LABELS)

    def export(out: Path = tmp_path / "b", **values: str) -> tuple[Delivery, list[str]]:
        lines: list[str] = []
        given = {"bids.labels": str(table)} | {f"bids.{name}": v for name, v in values.items()}

        def tell(_name: str, _done: Delivered) -> None:
            return None

        return export_bids(store, out, Choice(), given, tell=tell, note=lines.append), lines

    return export


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def recording(out: Path, stem: str, label: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a recording back, as somebody who knows BIDS and not depx."""
    (table,) = out.rglob(f"{stem}_task-interview_recording-{label}_physio.tsv.gz")
    about = json.loads(table.with_name(table.name.replace(".tsv.gz", ".json")).read_text())
    options = {"sep": "\t", "na_values": ["n/a"], "float_precision": "round_trip"}
    return pd.read_csv(table, names=about["Columns"], header=None, **options), about


def test_the_validator_of_bids_finds_no_error(export: Export, tmp_path: Path) -> None:
    validator = Path(sys.executable).with_name("bids-validator-deno")
    found = str(validator) if validator.is_file() else shutil.which("bids-validator-deno")
    if found is None:
        pytest.skip("bids-validator-deno is not installed")
    export(text="true")
    command = [found, "--format", "json", "--max-rows", "-1", str(tmp_path / "b")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if not done.stdout.strip().startswith("{"):
        pytest.skip(f"bids-validator-deno does not run here: {done.stderr[-200:]}")
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    recommended = {"SIDECAR_KEY_RECOMMENDED", "TOO_FEW_AUTHORS", "JSON_KEY_RECOMMENDED"}
    assert {issue["code"] for issue in issues} <= recommended


@pytest.mark.parametrize("track", ["face", "egemaps", "vad"])
def test_steady_recordings_hold_the_very_numbers_of_the_store(
    export: Export, store: Path, tmp_path: Path, track: str
) -> None:
    export()
    stored = next(one for one in Store.open(store).sessions() if one.id == "a-1")
    samples = stored.samples(track)
    read, about = recording(tmp_path / "b", "sub-P1_ses-a1", track)
    assert about["SamplingFrequency"] == samples.rate_hz
    assert about["StartTime"] == samples.time_s[0]
    assert list(read.columns[2:]) == [column.name for column in samples.columns]
    np.testing.assert_array_equal(read["time_s"], samples.time_s)
    np.testing.assert_array_equal(read["valid"] == 1, samples.valid_F)
    value = read.iloc[:, 2:].to_numpy(dtype=np.float32)
    np.testing.assert_array_equal(value, samples.value_FC)
    for column in samples.columns:
        assert about[column.name]["Units"] == ("arbitrary" if column.unit == "1" else column.unit)


def test_uneven_frames_are_a_grid_that_says_what_became_of_them(
    export: Export, store: Path, tmp_path: Path
) -> None:
    _, lines = export()
    stored = next(one for one in Store.open(store).sessions() if one.id == "b-1")
    samples = stored.samples("face")
    read, about = recording(tmp_path / "b", "sub-P2_ses-b1", "face")
    assert about["SamplingFrequency"] == 30.0
    empty = read["time_s"].isna()
    assert about["RowsEmpty"] == empty.sum() > 30
    assert read.loc[empty].isna().all(axis=None)
    sample = np.searchsorted(samples.time_s, read.loc[~empty, "time_s"])
    value = read.loc[~empty].iloc[:, 2:].to_numpy(dtype=np.float32)
    np.testing.assert_array_equal(value, samples.value_FC[sample])
    assert about["SamplesLeftOut"] == samples.rows - np.unique(sample).size
    assert about["RowsRepeated"] == sample.size - np.unique(sample).size
    away = np.abs(about["StartTime"] + np.flatnonzero(~empty) / 30 - read.loc[~empty, "time_s"])
    assert away.max() < 1.5 / 2 / 30 + 1e-9
    (line,) = [line for line in lines if "not steady" in line]
    assert f"{about['SamplesLeftOut']} of {samples.rows} samples are left out" in line


def test_words_stand_at_their_times_and_say_nothing_unless_asked(
    export: Export, store: Path, tmp_path: Path
) -> None:
    export()
    for name, data in contents(tmp_path / "b").items():
        text = gzip.decompress(data) if name.endswith(".gz") else data
        assert not [word for word in SECRET if word.encode() in text], name
    (path,) = (tmp_path / "b").rglob("sub-P1_ses-a1_task-interview_events.tsv")
    events = pd.read_csv(path, sep="\t", na_values=["n/a"])
    stored = next(one for one in Store.open(store).sessions() if one.id == "a-1")
    times = {row.word: row for row in stored.word_times()}
    words = events[events.trial_type != "turn"]
    assert words.onset.tolist() == pytest.approx([times[w].start_s for w in sorted(times)])
    assert words.duration.tolist() == pytest.approx([0.3] * len(times))
    assert words.timing.tolist() == [times[w].method.value for w in sorted(times)]
    assert (events.trial_type == "turn").sum() == len(stored.turns())
    assert events.onset.is_monotonic_increasing
    export(tmp_path / "said", text="true")
    (path,) = (tmp_path / "said").rglob("sub-P1_ses-a1_task-interview_events.tsv")
    said = pd.read_csv(path, sep="\t", keep_default_na=False)
    spoken = [word.text for turn in stored.turns() for word in turn.words]
    assert said[said.trial_type != "turn"].text.tolist() == spoken
    assert "Ellie" not in path.read_text()


def test_labels_are_where_they_are_the_same(export: Export, tmp_path: Path) -> None:
    export()
    out = tmp_path / "b"
    people = pd.read_csv(out / "participants.tsv", sep="\t", keep_default_na=False)
    assert people.to_dict("list") == {
        "participant_id": ["sub-P1", "sub-P2", "sub-P3"],
        "gender": ["f", "m", "m"],
    }
    visits = (out / "sub-P1" / "sub-P1_sessions.tsv").read_text()
    assert visits == "session_id\tphq8\nses-a1\t3\nses-a2\t7\n"
    assert (out / "sub-P3" / "sub-P3_sessions.tsv").read_text().endswith("ses-blind\tn/a\n")
    described = json.loads((out / "sub-P1" / "sub-P1_sessions.json").read_text())
    assert described["phq8"]["Description"].startswith("phq8, score from 0 to 24")
    ids = (out / "sourcedata" / "depx_ids.tsv").read_text().splitlines()
    assert ids[1] == "a-1\tP 1\tsub-P1\tses-a1"


def test_what_bids_has_no_place_for_is_said(export: Export, tmp_path: Path) -> None:
    _, lines = export()
    told = "\n".join(lines)
    assert "left out: `bert`: BIDS has no place for a vector a word" in told
    assert "left out: `egemaps_turns`" in told
    assert "BIDS has no place for a vector a word" in (tmp_path / "b" / "README.md").read_text()


def test_the_same_store_gives_the_same_bytes_and_is_left_alone(
    export: Export, tmp_path: Path
) -> None:
    export()
    export(tmp_path / "again")
    assert contents(tmp_path / "b") == contents(tmp_path / "again")
    delivery, _ = export()
    assert all(done.kept for done in delivery.files.values())
    assert delivery.exit_code == 0


def test_a_failed_track_costs_itself_alone(
    shelf: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.session("s1", shelf.whole(), failures=["face"])
    shelf.session("s2", shelf.whole())
    table = shelf.path / "s2" / "egemaps.parquet"
    table.write_bytes(table.read_bytes()[:-20])
    with pytest.raises(SystemExit) as ended:
        main(["export", str(shelf.path), "-o", str(tmp_path / "b"), "--as", "bids"])
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "sub-s1 face: failed: extraction failed" in said
    assert "sub-s2_task-interview_recording-egemaps_physio: failed" in said
    names = {path.name for path in (tmp_path / "b").rglob("*_physio.tsv.gz")}
    assert names == {
        "sub-s1_task-interview_recording-egemaps_physio.tsv.gz",
        "sub-s1_task-interview_recording-vad_physio.tsv.gz",
        "sub-s2_task-interview_recording-face_physio.tsv.gz",
        "sub-s2_task-interview_recording-vad_physio.tsv.gz",
    }


def test_words_without_times_are_counted(shelf: Any, tmp_path: Path) -> None:
    shelf.session("s1", shelf.dialogue(timed=False))
    lines: list[str] = []
    options = {"tell": lambda *_: None, "note": lines.append}
    export_bids(shelf.path, tmp_path / "b", Choice(), {}, **options)
    assert any("12 words without times are left out" in line for line in lines)
    assert any("participants.tsv has no labels" in line for line in lines)
    (path,) = (tmp_path / "b").rglob("*_events.tsv")
    assert set(pd.read_csv(path, sep="\t").trial_type) == {"turn"}


def test_no_two_ids_have_one_label() -> None:
    ids = ["300_P", "300P", "300-p", "301_P", "--", "", "ünï"]
    labels = labels_of(ids)
    assert labels["301_P"] == "301P"
    folded = [label.casefold() for label in labels.values()]
    assert len(set(folded)) == len(ids)
    assert all(label.isascii() and label.isalnum() for label in labels.values())
    assert labels_of(reversed(ids)) == labels


def test_a_parameter_or_track_that_is_none_is_a_line(
    export: Export, store: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"bids\.tracks=covarep: no session has such samples"):
        export(tracks="face,covarep")
    with pytest.raises(UsageError, match="bids"):
        export(colour="red")
    quiet = {"tell": lambda *_: None, "note": lambda _: None}
    with pytest.raises(UsageError, match="--as bids has no such parameter"):
        export_bids(store, tmp_path / "b", Choice(), {"mmsa.length": "3"}, **quiet)
    assert not (tmp_path / "b").exists()
