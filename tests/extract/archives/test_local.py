"""Files of archives at local paths: in memory where they are small, gone when they are closed."""

import os
import random
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from depx.errors import ArchiveError
from depx.extract import local
from depx.extract.archives.registry import listed
from depx.extract.local import Local, sweep_local

FILES = {"P/a.wav": random.Random(0).randbytes(100_000), "P/b.csv": b"a,b\n1,2\n", "P/c": b""}


def on_disk(folder: Path) -> int:
    """Bytes that the files in a folder take, links not followed."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if not path.is_dir())


def test_files_on_disk_stay_where_they_are(tmp_path: Path) -> None:
    with Local(None, tmp_path) as files:
        assert files.path(tmp_path / "a.wav") == tmp_path / "a.wav"
    assert list(tmp_path.iterdir()) == []


def test_small_files_are_held_in_memory_and_keep_their_names(pack, kind: str) -> None:
    path = pack(f"x.{kind}", FILES)
    store = pack.folder / "store"
    store.mkdir()
    with Local(listed(path), store) as files:
        paths = files.paths([path / name for name in FILES])
        assert [found.read_bytes() for found in paths] == list(FILES.values())
        assert [found.name for found in paths] == ["a.wav", "b.csv", "c"]
        assert all("memfd" in os.readlink(os.readlink(found)) for found in paths)
        assert on_disk(store) == 0
        mapped = np.memmap(paths[0], np.uint8, "r", 4, (10,))
        assert mapped.tobytes() == FILES["P/a.wav"][4:14]
    assert list(store.iterdir()) == []


def test_a_file_is_fetched_once(pack, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(f"x.{kind}", FILES)
    archive = listed(path)
    with Local(archive, pack.folder) as files:
        first = files.path(path / "P/a.wav")
        monkeypatch.setattr(type(archive), "open", None)
        monkeypatch.setattr(local.Local, "_fetched", None)
        assert files.path(path / "P/a.wav") == first


def test_large_files_lie_nameless_on_the_disk_of_the_store(
    pack, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "IN_MEMORY", 1000)
    path = pack(f"x.{kind}", FILES)
    with Local(listed(path), pack.folder) as files:
        large, small = files.paths([path / "P/a.wav", path / "P/b.csv"])
        assert large.read_bytes() == FILES["P/a.wav"]
        assert "memfd" in os.readlink(os.readlink(small))
        assert "memfd" not in os.readlink(os.readlink(large))
        assert large.stat().st_dev == pack.folder.stat().st_dev
        assert {p.name for p in pack.folder.iterdir() if p.is_file()} == {path.name}
    assert list(pack.folder.iterdir()) == [path]


def test_without_memory_files_a_copy_bears_the_name(
    pack, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    path = pack(f"x.{kind}", FILES)
    with Local(listed(path), pack.folder) as files:
        found = files.path(path / "P/a.wav")
        assert not found.is_symlink()
        assert found.read_bytes() == FILES["P/a.wav"]
    assert list(pack.folder.iterdir()) == [path]


def test_what_does_not_fit_on_the_disk_is_not_begun(pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "IN_MEMORY", 1000)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _path: usage(99_999))
    path = pack("x.zip", FILES)
    with (
        Local(listed(path), pack.folder) as files,
        pytest.raises(ArchiveError, match=r"P/a.wav: takes 100000 bytes unpacked.*99999 left"),
    ):
        files.path(path / "P/a.wav")


def test_messages_are_put_back_into_the_users_paths(pack) -> None:
    path = pack("x.zip", FILES)
    with Local(listed(path), pack.folder) as files:
        found = files.path(path / "P/a.wav")
        assert files.told(f"{found}: no sound") == f"{path}/P/a.wav: no sound"


def test_what_a_dead_process_left_is_swept(pack) -> None:
    path = pack("x.zip", FILES)
    with Local(listed(path), pack.folder) as files:
        files.path(path / "P/a.wav")
        assert len(list(pack.folder.iterdir())) == 2
        sweep_local(pack.folder, os.getpid())
        assert list(pack.folder.iterdir()) == [path]
