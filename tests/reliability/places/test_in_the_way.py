"""Pipes, folders and strangers' records where files of a place should be: a line, and no hang."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from depx.extract.store.atomic import read_sealed

Said = Callable[[], str]
NAMES = ["labels.parquet", "log.jsonl", "depx.json", "900/face.parquet", "900/session.json"]


def ends(*arguments: object) -> tuple[int, str]:
    """Run a command in a process of its own, which may hang; give its code and what it said."""
    line = [sys.executable, "-m", "depx", *map(str, arguments)]
    done = subprocess.run(line, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def relabel(places: Any) -> None:
    """Change a score in the corpus's own label file."""
    (path,) = places.sources.glob("train_split*.csv")
    lines = path.read_text().splitlines()
    cells = lines[1].split(",")
    cells[2] = str(int(cells[2]) + 1)
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_in_a_file_s_place_hangs_nothing(places: Any, name: str) -> None:
    before = places.contents(places.store)
    (places.store / name).unlink()
    os.mkfifo(places.store / name)
    for command in ("status", "verify"):
        code, said = ends(command, places.store)
        assert code in (1, 3, 4), said
        assert "Traceback" not in said
    if name.endswith("face.parquet"):  # what verify said
        assert f"{places.store / name}: is damaged: got a pipe or a device, expected" in said
    again = ("extract", places.sources, "-o", places.store, "--tracks", places.tracks, "-q")
    code, said = ends(*again)
    if name == "log.jsonl":  # a log is never replaced
        assert code == 3
        assert f"{places.store / name}: expected a file, got a folder, a pipe or a device" in said
        (places.store / name).unlink()
        code, said = ends(*again)
    assert code == 0, said
    assert places.contents(places.store) == before


@pytest.mark.parametrize("name", ["log.jsonl", "labels.parquet"])
def test_a_folder_in_a_file_s_place_is_said_with_its_remedy(
    places: Any, said: Said, name: str
) -> None:
    (places.store / name).unlink()
    (places.store / name).mkdir()
    said()
    assert places.extract() in (1, 3)
    assert str(places.store / name) in (line := said())
    assert "move it away" in line


def test_what_a_folder_in_the_way_kept_from_its_place_is_not_left_behind(
    places: Any, said: Said
) -> None:
    path = places.store / "900" / "face.parquet"
    path.unlink()
    path.mkdir()
    assert places.extract() == 1
    assert "says why" not in said()  # the record has no failure
    assert list((places.store / "900").glob(".*")) == []
    assert places.depx("status", places.store) == 1
    assert "face: a folder stands where its table goes; move it away" in said()


def test_a_session_copied_under_another_name_is_no_session(places: Any, said: Said) -> None:
    shutil.rmtree(places.store / "901")
    shutil.copytree(places.store / "900", places.store / "901")
    assert places.depx("verify", places.store) == 4
    assert "901/session.json: is damaged: got a record of session 900, expected one of" in said()
    assert places.depx("align", places.store, "-o", places.root / "O") == 1
    assert "901: left out: session.json is of another session; extract again" in said()
    assert places.extract() == 0
    assert places.depx("verify", places.store) == 0
    assert read_sealed(places.store / "901" / "session.json")["session"] == "901"


def test_labels_that_changed_at_the_source_make_the_store_stale(places: Any, said: Said) -> None:
    relabel(places)
    said()
    assert places.depx("status", places.store) == 1
    told = said()
    assert "labels.parquet: the corpus's label files say something else now" in told
    assert f"next: depx extract {places.sources} -o {places.store}" in told
    assert places.extract() == 0
    assert places.depx("status", places.store) == 0


def test_training_says_that_its_training_set_is_stale(places: Any, said: Said) -> None:
    relabel(places)
    assert places.extract() == 0
    said()
    assert places.depx("train", "cmg-vs", places.dataset, "-o", places.root / "R") != 0  # too few
    told = said()
    assert f"{places.dataset}: is stale: " in told
    assert f"trained on as it is; mended by: depx align {places.store} -o " in told
