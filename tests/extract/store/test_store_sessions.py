"""Which folders of a store are sessions, and what is known of one that lost its record."""

import os
from pathlib import Path

import pytest

from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest
from depx.extract.store.place import found_store
from depx.extract.store.reader import Store
from depx.extract.verify import verify


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of one session, whose record is whole."""
    path = tmp_path / "F"
    found_store(path, corpus="folder")
    folder = path / "a"
    folder.mkdir()
    identity = {"session": "a", "case": "a", "participant": "a", "corpus": "folder", "inputs": {}}
    with locked(folder) as lease:
        Manifest(folder, identity, lease).save()
    return Store.open(path)


def test_tables_without_a_record_are_a_damaged_session(store: Store) -> None:
    lost = store.path / "b"
    lost.mkdir()
    (lost / "face.parquet").write_bytes(b"table")
    whole, damaged = store.sessions()
    assert (whole.id, whole.damaged) == ("a", False)
    assert (damaged.id, damaged.damaged, damaged.tracks()) == ("b", True, ())
    assert damaged.manifest["failures"]["session"]["reason"].startswith("session.json is gone; ")
    assert [damage.file for damage in verify(store.path).damaged] == [lost / "session.json"]


def test_a_session_that_is_just_begun_is_none_yet(store: Store) -> None:
    begun = store.path / "b"
    begun.mkdir()
    with locked(begun):
        assert [stored.id for stored in store.sessions()] == ["a"]
        found = verify(store.path)
        assert (found.damaged, found.foreign, found.exit_code) == ((), (), 0)


@pytest.mark.parametrize("file", ["notes.txt", "my_table.parquet"])
def test_a_folder_of_others_is_no_session(store: Store, file: str) -> None:
    other = store.path / "mine"
    other.mkdir()
    (other / file).write_bytes(b"mine")
    (store.path / "empty").mkdir()
    (store.path / ".hidden").mkdir()
    (store.path / ".hidden" / "face.parquet").write_bytes(b"table")
    assert [stored.id for stored in store.sessions()] == ["a"]
    found = verify(store.path)
    assert (found.damaged, found.foreign) == ((), (store.path / "empty", other))


def test_a_record_that_a_live_run_mends_is_busy_and_a_dead_runs_lock_hides_no_loss(
    store: Store,
) -> None:
    lost = store.path / "b"
    lost.mkdir()
    (lost / "face.parquet").write_bytes(b"table")
    with locked(lost):
        found = verify(store.path)
        assert (found.damaged, found.exit_code) == ((), 75)
    (lost / ".lock").write_text("{}")
    os.utime(lost / ".lock", (0, 0))
    found = verify(store.path)
    assert (len(found.damaged), found.exit_code) == (1, 4)
