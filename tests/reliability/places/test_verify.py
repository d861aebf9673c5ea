"""Verify names what is damaged, and nothing else: not what is foreign, or being replaced."""

import dataclasses
import errno
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from depx.extract.store.atomic import read_sealed, write_sealed
from depx.extract.store.key import sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.log import Log
from depx.extract.store.manifest import Manifest, Record
from depx.extract.verify import verify
from depx.features.track import Source

Said = Callable[[], str]


def found(places: Any, said: Said, place: Path, *more: object) -> dict[str, Any]:
    said()
    code = places.depx("verify", place, "--json", *more)
    document = json.loads(said())
    assert document["exit_code"] == code
    return document


def test_every_file_of_a_whole_place_is_counted(places: Any, said: Said) -> None:
    for place in (places.store, places.dataset):
        document = found(places, said, place, "-j", 2)
        assert document["files"] == len(places.contents(place))
        assert document["bytes"] == sum(len(content) for content in places.contents(place).values())
        assert document["damaged"] == document["foreign"] == document["unchecked"] == []


@pytest.mark.parametrize("lost", ["900/face.parquet", "900/session.json", "labels.parquet"])
def test_a_lost_file_is_named_with_what_mends_it(places: Any, said: Said, lost: str) -> None:
    (places.store / lost).unlink()
    (damage,) = found(places, said, places.store)["damaged"]
    assert (damage["file"], damage["got"]) == (str(places.store / lost), "no file")
    assert damage["remedy"].startswith(f"mended by: depx extract {places.sources} -o ")
    before = places.stamps(places.store)
    assert places.extract() == 0
    assert places.depx("verify", places.store) == 0
    now = places.stamps(places.store)
    assert {file for file in before if now[file] != before[file]} == set()


def test_a_folder_in_the_place_of_a_table_is_named_by_verify_and_by_the_run(
    places: Any, said: Said
) -> None:
    path = places.store / "900" / "face.parquet"
    path.unlink()
    path.mkdir()
    (damage,) = found(places, said, places.store)["damaged"]
    assert (damage["file"], damage["got"]) == (str(path), "a folder")
    assert damage["remedy"].startswith("move it away; mended by: depx extract ")
    assert places.extract() == 1
    assert f"900: failed: {path}: a folder stands where this file goes; move it" in said()
    path.rmdir()
    assert places.extract() == 0
    assert places.depx("verify", places.store) == 0


def test_a_table_of_the_right_bytes_and_the_wrong_record_is_named(places: Any, said: Said) -> None:
    path = places.store / "901" / "session.json"
    record = read_sealed(path)
    record["tracks"]["face"]["rows"] += 1
    record["tracks"]["words"]["key"] = "0" * 64
    write_sealed(path, record)
    got = {
        Path(one["file"]).stem: one["got"] for one in found(places, said, places.store)["damaged"]
    }
    assert got["face"].endswith(" rows")
    assert got["words"].startswith("a table of key ")


def test_files_of_others_are_named_and_are_no_damage(places: Any, said: Said) -> None:
    others = [places.store / "notes.txt", places.store / "900" / "face.csv",
              places.dataset / "words" / "mine.txt"]  # fmt: skip
    for path in others:
        path.write_text("mine")
    foreign = [
        name
        for place in (places.store, places.dataset)
        for name in found(places, said, place)["foreign"]
    ]
    assert set(foreign) == {str(path) for path in others}


def test_a_place_that_cannot_be_written_is_checked_all_the_same(
    places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_log: Log, _line: bytes) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    places.rot(places.store / "900" / "face.parquet", 0)
    before = (places.store / "log.jsonl").read_bytes()
    monkeypatch.setattr(Log, "_append", refuse)
    assert places.depx("verify", places.store) == 4
    assert (places.store / "log.jsonl").read_bytes() == before


def test_a_track_that_a_live_run_replaces_is_never_called_damaged(places: Any) -> None:
    folder = places.store / "900"
    table = pq.read_table(folder / "face.parquet", partitioning=None)
    versions = []
    for compression in ("zstd", "snappy"):
        path = places.root / f"{compression}.parquet"
        pq.write_table(table, path, compression=compression)
        versions.append(path)
    stop = threading.Event()
    published = []

    def publish() -> None:
        with locked(folder) as lease:
            while not stop.is_set():
                manifest = Manifest(folder, {}, lease)
                version = versions[len(published) % 2]
                was = manifest.document["tracks"]["face"]
                record = Record(**{**was, "source": Source(**was["source"])})
                written = folder / ".face.parquet.0.tmp"
                written.write_bytes(version.read_bytes())
                size, sha256 = written.stat().st_size, sha256_file(written)
                record = dataclasses.replace(record, bytes=size, sha256=sha256)
                manifest.publish("face", written, record)
                published.append(version)

    writer = threading.Thread(target=publish)
    writer.start()
    try:
        while len(published) < 20:
            assert verify(places.store).damaged == ()
    finally:
        stop.set()
        writer.join()


def test_a_training_set_that_is_being_written_is_busy_and_not_damaged(
    places: Any, said: Said
) -> None:
    (places.dataset / "dataset.json").unlink()
    with locked(places.dataset):
        document = found(places, said, places.dataset)
    assert document["exit_code"] == 75
    assert document["damaged"] == []
    assert "is being written by process" in document["unchecked"][0]
