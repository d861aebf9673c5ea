"""One flipped byte in any file is named by verify, and the same command mends that file alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Said = Callable[[], str]


def mended(places: Any, said: Said, place: Path, name: str, again: Callable[[], int]) -> None:
    """Hold that a rotten file is named, and comes back while all others stay as they are."""
    before, stamps = places.contents(place), places.stamps(place)
    for seed in range(3):  # a flip in unused space may be none that JSON shows, but its hash does
        said()
        places.rot(place / name, seed)
        assert places.contents(place) != before
        assert places.depx("verify", place, "--json") == 4
        damaged = json.loads(said())["damaged"]
        assert [one["file"] for one in damaged] == [str(place / name)]
        assert places.depx("status", place) == 1
        assert again() == 0
        assert places.contents(place) == before
        now = places.stamps(place)
        assert {file for file in now if now[file] != stamps[file]} == {name}
        stamps = now
    assert places.depx("verify", place) == 0
    assert places.depx("status", place) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["900/face.parquet", "900/session.json", "depx.json", "labels.parquet"]
)
def test_a_rotten_byte_in_a_store_is_named_and_mended_alone(
    places: Any, said: Said, name: str
) -> None:
    mended(places, said, places.store, name, places.extract)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["words/part-00001.parquet", "frames/part-00000.parquet", "sessions.parquet",
             "dataset.json"]
)  # fmt: skip
def test_a_rotten_byte_in_a_training_set_is_named_and_mended_alone(
    places: Any, said: Said, name: str
) -> None:
    mended(places, said, places.dataset, name, places.align)


@pytest.mark.slow
def test_records_and_tables_of_a_store_may_rot_at_once(places: Any, said: Said) -> None:
    before = places.contents(places.store)
    for seed, name in enumerate(sorted(before.keys() - {"labels.parquet"})):
        places.rot(places.store / name, seed)
    said()
    assert places.depx("verify", places.store, "--json") == 4
    found = {one["file"] for one in json.loads(said())["damaged"]}
    sealed = {"depx.json", "900/session.json", "901/session.json"}
    assert {str(places.store / name) for name in sealed} == found  # they say how the rest should be
    assert places.extract() == 0
    assert places.contents(places.store) == before
    assert places.depx("verify", places.store) == 0


def test_a_lost_log_costs_work_and_no_bytes(places: Any) -> None:
    before = places.contents(places.store)
    (places.store / "log.jsonl").unlink()
    (places.store / "901" / "session.json").write_text("{}")
    assert places.extract() == 0
    assert places.contents(places.store) == before


def test_a_deleted_record_is_restored_and_nothing_is_measured_anew(places: Any, said: Said) -> None:
    before = places.contents(places.store)
    (places.store / "900" / "session.json").unlink()
    said()
    assert places.depx("status", places.store) == 1
    assert "stale: 900: its session.json is gone" in said()
    assert places.extract("--json") == 0
    one = json.loads(said())["sessions"][0]
    assert (one["session"], one["made"]) == ("900", {})
    assert places.contents(places.store) == before


def test_a_record_is_not_restored_for_a_table_that_rotted_too(places: Any) -> None:
    before = places.contents(places.store)
    places.rot(places.store / "900" / "covarep.parquet", 1)
    assert places.depx("verify", places.store) == 4  # which notes its hash as it is now
    (places.store / "900" / "session.json").write_text("{}")
    assert places.extract() == 0
    assert places.contents(places.store) == before
    assert places.depx("verify", places.store) == 0


def test_readers_say_who_mends_a_damaged_file(places: Any, said: Said) -> None:
    places.rot(places.store / "900" / "face.parquet", 2)
    assert places.depx("export", places.store, "-o", places.root / "O", "--as", "openface") == 1
    assert "depx verify says what is damaged, and the same depx extract then mends it" in said()
    places.rot(places.store / "labels.parquet", 2)
    assert places.align() == 4
    assert "the depx extract that brought the labels mends it" in said()
    places.rot(places.dataset / "dataset.json", 2)
    export = ("export", places.dataset, "-o", places.root / "O2", "--as", "csv")
    assert places.depx(*export) == 4
    assert "run depx align again, which mends it" in said()
