"""One writer a folder."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from depx.errors import LockedError
from depx.extract.store import lock
from depx.extract.store.lock import locked


def test_a_held_lock_is_refused_and_given_back(tmp_path: Path) -> None:
    refused = pytest.raises(LockedError, match="locked by process")
    with locked(tmp_path), refused, locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_another_process_is_refused_with_75(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from depx.errors import LockedError; from depx.extract.store.lock import locked\n"
        "try:\n    with locked(Path(sys.argv[1])): pass\n"
        "except LockedError as error: sys.exit(error.exit_code)"
    )
    with locked(tmp_path):
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, cwd="/")
    assert done.returncode == 75


def _leave(folder: Path, **owner: object) -> Path:
    path = folder / lock.NAME
    path.write_text(json.dumps(lock._owner() | owner))
    return path


def test_the_lock_of_a_dead_process_heals(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    _leave(tmp_path, pid=dead.pid)
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[1]", b"{"])
def test_a_lock_that_cannot_be_read_is_left_to_its_age(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / lock.NAME
    path.write_bytes(content)
    held = lock.holder(tmp_path)
    assert held is not None
    assert held.live
    assert str(held).startswith("somebody whose lock file cannot be read, last heard of 0 s ago")
    refused = "locked by a run whose lock file cannot be read, until it is 60 s old; wait"
    with pytest.raises(LockedError, match=refused), locked(tmp_path):
        pass
    long_ago = time.time() - 2 * lock.STALE_S
    os.utime(path, (long_ago, long_ago))
    with locked(tmp_path):
        pass


def test_the_lock_of_an_earlier_boot_heals(tmp_path: Path) -> None:
    _leave(tmp_path, pid=os.getpid(), boot="another")
    with locked(tmp_path):
        pass


def test_the_lock_of_another_host_holds_while_it_beats_and_heals_when_it_stops(
    tmp_path: Path,
) -> None:
    path = _leave(tmp_path, host="elsewhere", pid=1)
    with pytest.raises(LockedError, match="elsewhere"), locked(tmp_path):
        pass
    long_ago = time.time() - 2 * lock.STALE_S
    os.utime(path, (long_ago, long_ago))
    with locked(tmp_path):
        pass


def test_the_heart_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_S", 0.02)
    with locked(tmp_path):
        path = tmp_path / lock.NAME
        os.utime(path, (1, 1))
        deadline = time.monotonic() + 5
        while path.stat().st_mtime == 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert path.stat().st_mtime > 1


def test_the_lock_of_a_container_beside_ours_is_left_to_its_heartbeat(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    _leave(tmp_path, pid=dead.pid, pids="pid:[1]")
    with pytest.raises(LockedError), locked(tmp_path):
        pass


def test_who_slept_through_a_takeover_neither_writes_nor_releases(tmp_path: Path) -> None:
    long_ago = time.time() - 2 * lock.STALE_S
    with locked(tmp_path) as slept:
        os.utime(slept.path, (long_ago, long_ago))
        with locked(tmp_path) as awake:
            with pytest.raises(LockedError, match="taken over by another run"):
                slept.check()
            awake.check()
    assert list(tmp_path.iterdir()) == []


def test_files_that_went_with_a_takeover_are_no_fault_of_the_disk(tmp_path: Path) -> None:
    def robbed() -> None:
        with locked(tmp_path):
            _leave(tmp_path, pid=os.getpid())
            (tmp_path / ".x.tmp").rename(tmp_path / "x")

    with pytest.raises(LockedError, match="taken over by another run while this one stood still"):
        robbed()
    (tmp_path / lock.NAME).unlink()
    with pytest.raises(FileNotFoundError), locked(tmp_path):
        (tmp_path / ".x.tmp").rename(tmp_path / "x")


def test_the_release_of_a_lost_lock_leaves_the_new_one(tmp_path: Path) -> None:
    with locked(tmp_path) as slept:
        taken = json.dumps(lock._owner() | {"pid": os.getpid(), "nonce": "another"})
        slept.path.write_text(taken)
    assert (tmp_path / lock.NAME).read_text() == taken
