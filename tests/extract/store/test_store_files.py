"""Atomic files, keys, hashes, markers."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from depx.errors import StoreError
from depx.extract.store.atomic import (
    read_json,
    replacing,
    sweep,
    write_json,
    write_sealed,
    write_together,
)
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.log import Hashes, Log
from depx.extract.store.place import found_store, kind_of, open_marker


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(FileNotFoundError), replacing(path) as written:
        (written / "below a file").touch()
    assert read_json(path) == {"old": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_killed_writer_leaves_the_old_file_and_the_sweep_takes_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from depx.extract.store.atomic import replacing\n"
        "with replacing(Path(sys.argv[1])) as written:\n"
        "    written.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False, cwd="/")
    assert done.returncode == -9
    assert read_json(path) == {"old": 1}
    assert len(list(tmp_path.iterdir())) == 2
    sweep(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_the_file_that_found_no_room(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(OSError, match=os.strerror(number)) as told, replacing(path):
        raise OSError(number, "Error writing bytes to file")  # as pyarrow says it
    assert (told.value.errno, told.value.filename) == (number, str(path))
    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_writing_are_as_they_were(tmp_path: Path) -> None:
    with pytest.raises(PermissionError) as told, replacing(tmp_path / "a.json"):
        raise PermissionError(errno.EACCES, "Permission denied", "elsewhere")
    assert told.value.filename == "elsewhere"


def test_nan_does_not_pass_into_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})


def test_json_bytes_do_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": 2})
    write_json(tmp_path / "b", {"y": 2, "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_digest_depends_on_content_only() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_a_damaged_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text("{")
    with pytest.raises(StoreError, match=r"session\.json: expected a JSON object"):
        read_json(tmp_path / "session.json")


def test_a_hash_is_recalled_while_the_file_is_unchanged(tmp_path: Path) -> None:
    path, log = tmp_path / "x.wav", Log(tmp_path)
    path.write_bytes(b"one")
    first = Hashes(log, tmp_path).of(path)
    assert first == sha256_file(path)
    assert Hashes(log, tmp_path).of(path) == first
    assert log.path.read_text().count('"hashed"') == 1


def test_a_changed_file_is_hashed_anew_even_if_size_and_mtime_agree(tmp_path: Path) -> None:
    path, log = tmp_path / "x.wav", Log(tmp_path)
    path.write_bytes(b"one")
    before = path.stat()
    first = Hashes(log, tmp_path).of(path)
    time.sleep(0.01)
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Hashes(log, tmp_path).of(path) != first  # ctime gives it away


def test_a_log_cut_short_by_a_kill_is_read_over(tmp_path: Path) -> None:
    path, log = tmp_path / "x.wav", Log(tmp_path)
    path.write_bytes(b"one")
    Hashes(log, tmp_path).of(path)
    with log.path.open("a") as out:
        out.write('{"event": "hashed", "pa')
    assert Hashes(log, tmp_path).of(path) == sha256_file(path)


def test_of_files_that_go_together_none_is_there_before_all_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {tmp_path / "page": b"1", tmp_path / "marker": b"2"}
    with pytest.raises(OSError, match="gone"):
        write_together({**files, tmp_path / "gone" / "a": b"3"})
    assert list(tmp_path.iterdir()) == []
    order: list[str] = []
    replace = os.replace

    def moved(written: Path, path: Path) -> None:
        order.append(path.name)
        replace(written, path)

    monkeypatch.setattr("os.replace", moved)
    write_together(files)
    assert order == ["page", "marker"]
    assert [path.read_bytes() for path in files] == [b"1", b"2"]


def test_a_store_is_not_founded_in_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(StoreError, match="neither empty nor a store"):
        found_store(tmp_path, corpus="folder")


def test_a_store_knows_itself_and_its_corpus(tmp_path: Path) -> None:
    found_store(tmp_path / "F", corpus="folder")
    found_store(tmp_path / "F", corpus="folder")
    assert kind_of(tmp_path / "F") == "store"
    with pytest.raises(StoreError, match="holds corpus 'folder', got 'cmdc'"):
        found_store(tmp_path / "F", corpus="cmdc")


def test_a_place_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    found_store(tmp_path / "F", corpus="folder")
    with pytest.raises(StoreError, match=r"expected a dataset .* is a store"):
        open_marker(tmp_path / "F", "dataset")


def test_a_place_of_another_schema_is_refused(tmp_path: Path) -> None:
    write_sealed(tmp_path / "depx.json", {"schema": 99})
    with pytest.raises(StoreError, match="expected schema 1, got 99"):
        open_marker(tmp_path, "store")
