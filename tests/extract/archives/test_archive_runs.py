"""Sessions out of archives: the same tables as from a folder, and nothing left on any disk."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.cli import main
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.atomic import read_sealed
from depx.extract.store.log import Hashes

TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"
OPENFACE = "frame, face_id, timestamp, confidence, success, pose_Tz, AU12_r\n"


@pytest.fixture
def sessions(tmp_path: Path, write_video: Callable[..., Path]) -> Path:
    """Two sessions: one is measured, of the other OpenFace has measured the face."""
    root = tmp_path / "S"
    for name in ("one", "two"):
        (root / name).mkdir(parents=True)
        write_video(root / name / "v.mp4", sound_s=1.0)
        noise = np.random.default_rng(len(name)).normal(0, 0.1, 32_000)
        soundfile.write(root / name / "a.wav", noise, 16_000)
        (root / name / "t.csv").write_text(TRANSCRIPT)
    rows = (f"{n}, 0, {n / 25:.3f}, 0.9, 1, 500, 1.5\n" for n in range(1, 26))
    (root / "two" / "of.csv").write_text(OPENFACE + "".join(rows))
    return root


def packed(folder: Path, kind: str) -> Path:
    form = {"zip": "zip", "tar": "tar", "tar.gz": "gztar"}[kind]
    return Path(shutil.make_archive(str(folder), form, folder.parent, folder.name))


def run(source: Path, store: Path, *tracks: str, **options: object) -> ExtractSummary:
    settings = parse(tracks, {}, **options)
    return extract([source], store, settings, lambda _outcome: None, lambda _line: None)


def tables(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.glob("*/*.parquet"))
    }


def records(store: Path) -> dict[str, dict[str, object]]:
    return {path.parent.name: read_sealed(path) for path in sorted(store.glob("*/session.json"))}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_session_is_the_same_from_a_folder_and_from_an_archive(
    sessions: Path, tmp_path: Path, kind: str
) -> None:
    assert run(sessions, tmp_path / "F").exit_code == 0
    archive = packed(sessions, kind)
    shutil.rmtree(sessions)
    assert run(archive, tmp_path / "G", jobs=2).exit_code == 0
    from_folder, from_archive = records(tmp_path / "F"), records(tmp_path / "G")
    assert {len(record["tracks"]) for record in from_folder.values()} == {10}
    assert [record.pop("archive") for record in from_archive.values()] == [archive.name] * 2
    assert [record.pop("archive") for record in from_folder.values()] == [None] * 2
    assert from_archive == from_folder
    assert tables(tmp_path / "G") == tables(tmp_path / "F")


def test_nothing_but_tables_and_records_is_left(sessions: Path, tmp_path: Path, kind: str) -> None:
    run(packed(sessions, kind), tmp_path / "F", "vad", "words", "face")
    names = {path.name for path in (tmp_path / "F").rglob("*") if path.is_file()}
    left = {"depx.json", "log.jsonl", "session.json"}
    assert names == left | {"vad.parquet", "words.parquet", "face.parquet"}


def test_an_unchanged_archive_is_not_hashed_again(
    sessions: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(sessions, kind)
    run(archive, tmp_path / "F", "vad")
    read: list[Path] = []
    of_member = Hashes.of_member

    def watched(self: Hashes, path: Path, on_disk: Path, sha256: Callable[[], str]) -> str:
        return of_member(self, path, on_disk, lambda: read.append(path) or sha256())

    monkeypatch.setattr(Hashes, "of_member", watched)
    assert [outcome.made for outcome in run(archive, tmp_path / "F", "vad").outcomes] == [{}, {}]
    assert read == []
    assert [outcome.made for outcome in run(archive, tmp_path / "F", "vad", checksum=True).outcomes]
    assert {path.name for path in read} == {"a.wav", "t.csv", "v.mp4", "of.csv"}
    read.clear()
    os.utime(archive, ns=(1, 1))
    assert [outcome.made for outcome in run(archive, tmp_path / "F", "vad").outcomes] == [{}, {}]
    assert len(read) == 7


def test_messages_name_the_file_and_not_where_it_was_fetched_to(
    sessions: Path, tmp_path: Path, kind: str
) -> None:
    (sessions / "one" / "a.wav").write_bytes(b"no sound")
    summary = run(packed(sessions, kind), tmp_path / "F", "vad")
    assert summary.exit_code == 1
    (record,) = [r for r in records(tmp_path / "F").values() if r["failures"]]
    assert str(record["failures"]["vad"]["reason"]).startswith("a.wav: ")
    for path in tmp_path.glob("F/*/session.json"):
        assert "/proc" not in path.read_text()
        assert ".local" not in path.read_text()


def test_a_damaged_member_costs_its_session_and_no_other(sessions: Path, tmp_path: Path) -> None:
    archive = packed(sessions, "zip")
    data = bytearray(archive.read_bytes())
    sound = (sessions / "two" / "a.wav").read_bytes()
    at = data.index(b"two/a.wav") + len(sound) // 2  # noise is as long when it is deflated
    data[at] ^= 0xFF
    archive.write_bytes(data)
    one, two = run(archive, tmp_path / "F", "vad").outcomes
    assert one.made.keys() == {"vad"}
    assert "a.wav: is damaged in S.zip" in two.failures["session"]


def test_an_archive_that_cannot_be_opened_is_one_line_and_the_rest_goes_on(
    sessions: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = packed(sessions / "one", kind)
    cut = tmp_path / f"903_P.{kind}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    arguments = ["extract", cut, whole, "-o", tmp_path / "F", "--tracks", "words"]
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert ended.value.code == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("903_P")]
    assert len(lines) == 1
    assert "cut short or damaged" in lines[0]
    assert (tmp_path / "F" / "one" / "words.parquet").is_file()


def test_a_dry_run_reads_archives_and_writes_nothing(
    sessions: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["extract", str(packed(sessions, kind)), "-o", str(tmp_path / "F"), "--dry-run"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "one: audio a.wav, transcript t.csv" in said.replace("video v.mp4, ", "")
    assert not (tmp_path / "F").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_what_a_killed_run_left_is_gone_after_the_next(
    sessions: Path, tmp_path: Path, kind: str
) -> None:
    archive = packed(sessions, kind)
    run(archive, tmp_path / "whole", "vad", "face")
    store = tmp_path / "killed"
    arguments = [sys.executable, "-m", "depx", "extract", archive, "-o", store]
    arguments = [*map(str, arguments), "--tracks", "vad,face"]
    child = subprocess.Popen(arguments, cwd="/", stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(store.glob("one/.local.*.tmp/S/one/*")):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.wait()
    subprocess.run(arguments, cwd="/", check=True, capture_output=True)
    assert tables(store) == tables(tmp_path / "whole")
    assert list(store.rglob("*.tmp")) == []
