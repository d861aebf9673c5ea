"""Clean removes what killed runs left; what is costly goes when named, and no lock is hurt."""

import json
import os
from collections.abc import Callable
from typing import Any

from depx.extract.store.lock import locked

Said = Callable[[], str]

DEAD = '{"host": "elsewhere", "boot": "b", "pids": "p", "pid": 1, "nonce": "n"}'


def litter(places: Any) -> set[str]:
    """Leave what a kill leaves; name it."""
    names = ("F/.depx.json.1.tmp", "F/900/.face.parquet.1.tmp", "D/words/.part-00000.parquet.1.tmp")
    for name in names:
        (places.root / name).write_bytes(b"half")
    local = places.root / "F" / "901" / ".local.77.tmp"
    local.mkdir()
    (local / "a.wav").symlink_to("/proc/self/fd/9")
    lock = places.root / "F" / "901" / ".lock"
    lock.write_text(DEAD)
    os.utime(lock, (1, 1))
    return {*names, "F/901/.local.77.tmp", "F/901/.lock"}


def test_a_dry_run_lists_what_goes_and_touches_nothing(places: Any, said: Said) -> None:
    left = litter(places)
    before = {path: path.lstat().st_mtime_ns for path in places.root.rglob("*")}
    said()
    found = set()
    for place in (places.store, places.dataset):
        assert places.depx("clean", place, "--dry-run", "--json") == 0
        found |= {one["path"] for one in json.loads(said())["gone"]}
    assert found == {str(places.root / name) for name in left}
    assert {path: path.lstat().st_mtime_ns for path in places.root.rglob("*")} == before


def test_what_killed_runs_left_goes_and_all_else_stays(places: Any) -> None:
    before = {path for path in places.root.rglob("*")}
    litter(places)
    outside = places.root / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    (places.store / "900" / ".link.1.tmp").symlink_to(outside)
    for place in (places.store, places.dataset):
        assert places.depx("clean", place) == 0
    assert {path for path in places.root.rglob("*")} == before | {outside, outside / "mine.txt"}
    assert places.depx("verify", places.store) == 0


def test_tracks_go_when_they_are_named_record_and_table(places: Any, said: Said) -> None:
    before = places.contents(places.store)
    assert places.depx("clean", places.store, "--tracks", "covarep", "--dry-run") == 0
    assert places.contents(places.store) == before
    assert places.depx("clean", places.store, "--tracks", "covarep") == 0
    assert not list(places.store.glob("*/covarep.parquet"))
    assert places.depx("verify", places.store) == 0
    assert places.depx("status", places.store) == 1
    assert "2 unfinished" in said()
    assert places.extract() == 0
    assert places.contents(places.store) == before
    assert places.depx("clean", places.store, "--tracks", "covfefe") == 2


def test_tracks_that_nobody_asked_for_any_more_are_offered(places: Any, said: Said) -> None:
    assert places.depx(
        "extract", places.sources, "-o", places.store, "--tracks", "face,words,word_times", "-q"
    ) == 0  # fmt: skip
    assert places.depx("clean", places.store) == 0
    assert "covarep: not asked for by the last extract" in said()
    assert places.depx("status", places.store) == 0
    assert "--tracks covarep removes them" in said()
    assert list(places.store.glob("*/covarep.parquet"))


def test_sessions_go_only_if_they_are_surely_gone(places: Any, said: Said) -> None:
    (places.sources / "901_P").rename(places.root / "away")
    (places.store / "901" / "notes.txt").write_text("mine")
    assert places.depx("clean", places.store) == 0
    assert (places.store / "901" / "session.json").is_file()
    assert places.depx("clean", places.store, "--gone") == 0
    assert "notes.txt: is not depx's, and stays" in said()
    assert [path.name for path in (places.store / "901").iterdir()] == ["notes.txt"]
    assert (places.store / "900" / "session.json").is_file()
    places.sources.rename(places.root / "unmounted")
    assert places.depx("clean", places.store, "--gone") == 0
    assert "1 sessions stay: nothing says that they are gone" in said()
    assert (places.store / "900" / "face.parquet").is_file()


def test_a_session_that_is_gone_and_lost_its_record_goes_too(places: Any, said: Said) -> None:
    (places.sources / "901_P").rename(places.root / "away")
    (places.store / "901" / "session.json").unlink()
    assert places.depx("clean", places.store, "--gone") == 0
    assert not (places.store / "901").exists()


def test_what_a_live_run_holds_is_left_alone_and_named(places: Any, said: Said) -> None:
    litter(places)
    with locked(places.store / "900"), locked(places.dataset):
        assert places.depx("clean", places.store, "--tracks", "face") == 75
        assert places.depx("clean", places.dataset) == 75
    assert said().count("locked by process") == 2
    assert (places.store / "900" / "face.parquet").is_file()
    assert (places.store / "900" / ".face.parquet.1.tmp").is_file()
    assert not (places.store / "901" / "face.parquet").exists()


def test_a_shard_of_no_view_goes(places: Any, said: Said) -> None:
    stray = places.dataset / "words" / "part-00009.parquet"
    stray.write_bytes(b"stray")
    assert places.depx("verify", places.dataset) == 0
    assert "part-00009.parquet: is of no record" in said()
    assert places.depx("clean", places.dataset) == 0
    assert not stray.exists()


def test_tables_of_the_user_stay_where_a_killed_runs_go(places: Any, said: Said) -> None:
    mine = places.store / "900" / "my_notes.parquet"
    mine.write_bytes(b"mine")
    of_a_killed_run = places.store / "900" / "mfcc.parquet"
    of_a_killed_run.write_bytes(b"half")
    assert places.depx("clean", places.store) == 0
    assert mine.read_bytes() == b"mine"
    assert not of_a_killed_run.exists()
    (places.sources / "900_P").rename(places.root / "away")
    said()
    assert places.depx("clean", places.store, "--gone") == 0
    assert f"{mine}: is not depx's, and stays" in said()
    assert [*mine.parent.iterdir()] == [mine]
