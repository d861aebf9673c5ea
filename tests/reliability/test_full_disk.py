"""A full disk and a read-only one: a line, nothing half-written, and the next run finishes."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# In a mount namespace of its own: a small file system in memory, filled, then made larger.
SMALL = """
set -u
mount -t tmpfs -o size={small} tmpfs "$2" || exit 99
"$1" -m depx extract "$3" -o "$2/S" -j 2; echo "code $?"
mount -o remount,{then} "$2"
"$1" -m depx extract "$3" -o "$2/S" -j 2; echo "code $?"
mkdir -p "$4"; cp -r "$2/S/." "$4"
"""


def _in_namespace(script: str, *arguments: object) -> str:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here: a small file system cannot be made")
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", script, "bash", sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip("no mount namespaces here: a small file system cannot be made")
    return done.stdout + done.stderr


@pytest.mark.parametrize("small", ["8k", "64k", "160k", "320k"])
def test_a_full_disk_stops_the_run_with_a_line_and_room_lets_it_finish(
    depx: Any,
    corpus: Path,
    tmp_path: Path,
    contents: Callable[[Path], dict[str, bytes]],
    small: str,
) -> None:
    depx("extract", corpus, "-o", tmp_path / "whole")
    (tmp_path / "disk").mkdir()
    script = SMALL.format(small=small, then="size=1g")
    said = _in_namespace(script, tmp_path / "disk", corpus, tmp_path / "after")
    first, second = (line for line in said.splitlines() if line.startswith("code "))
    assert first == "code 1"
    assert second == "code 0"
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert contents(tmp_path / "after") == contents(tmp_path / "whole")


def test_pages_tables_and_exports_name_the_place_that_is_full(
    depx: Any, corpus: Path, tmp_path: Path
) -> None:
    depx("extract", corpus, "-o", tmp_path / "S")
    (tmp_path / "disk").mkdir()
    script = """
    mount -t tmpfs -o size=20k tmpfs "$2" || exit 99
    run() { "$1" -m depx "${@:2}"; echo "code $?"; }
    run "$1" report "$3" -o "$2/page.html"
    run "$1" align "$3" -o "$2/D" -q
    run "$1" export "$3" --as openface -o "$2/O" -q
    run "$1" export "$3" --as share --pseudonyms "$4/key" -o "$2/P" -q
    find "$2" -name "*.tmp"
    """
    said = _in_namespace(script, tmp_path / "disk", tmp_path / "S", tmp_path)
    codes = [line for line in said.splitlines() if line.startswith("code ")]
    assert codes == ["code 1"] * 4
    full = [line for line in said.splitlines() if "No space left on device" in line]
    assert len(full) == 4
    for line, name in zip(full, ("page.html", "D", "O", "P"), strict=True):
        assert line.startswith(f"depx: {tmp_path / 'disk' / name}")
        assert "; make room there, then run the same command again" in line
    assert ".tmp" not in said
    assert "Traceback" not in said


def test_a_store_that_became_read_only_is_left_as_it_is_with_a_line(
    depx: Any, corpus: Path, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    depx("extract", corpus, "-o", tmp_path / "whole", "--tracks", "words")
    (tmp_path / "disk").mkdir()
    script = """
    mount -t tmpfs tmpfs "$2" || exit 99
    "$1" -m depx extract "$3" -o "$2/S" --tracks words -q; echo "code $?"
    mount -o remount,ro "$2"
    "$1" -m depx extract "$3" -o "$2/S" --tracks words -q; echo "code $?"
    "$1" -m depx extract "$3" -o "$2/S" --tracks words,vad -q; echo "code $?"
    mkdir -p "$4"; cp -r "$2/S/." "$4"
    """
    said = _in_namespace(script, tmp_path / "disk", corpus, tmp_path / "after")
    codes = [line for line in said.splitlines() if line.startswith("code ")]
    assert codes == ["code 0", "code 0", "code 1"]  # what is up to date needs no writing
    assert "Read-only file system" in said
    assert "Traceback" not in said
    assert contents(tmp_path / "after") == contents(tmp_path / "whole")


def test_sources_that_nobody_may_write_to_are_read(
    depx: Any, corpus: Path, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    depx("extract", corpus, "-o", tmp_path / "whole", "--tracks", "words,vad")
    script = """
    mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" || exit 99
    touch "$2/probe" 2>/dev/null && exit 99
    "$1" -m depx extract "$2" -o "$3" --tracks words,vad -q; echo "code $?"
    """
    said = _in_namespace(script, corpus, tmp_path / "after")
    assert "code 0" in said
    assert contents(tmp_path / "after") == contents(tmp_path / "whole")
