"""Damaged places: every table and record of a store and of a training set is read, or refused."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.align.dataset import Dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.errors import DepxError
from depx.extract.run import extract
from depx.extract.settings import parse
from depx.extract.store import tables
from depx.extract.store.labels import read_about
from depx.extract.store.lock import locked
from depx.extract.store.log import Hashes, Log
from depx.extract.store.manifest import Manifest
from depx.extract.store.reader import Store
from depx.features.words import WordVectors

fuzzed = settings(
    deadline=None,
    max_examples=int(os.environ.get("DEPX_FUZZ_EXAMPLES", "20")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_grows")]
TABLES: dict[str, Callable[[Path], object]] = {
    "words": tables.read_turns,
    "face": tables.read_samples,
    "covarep": tables.read_times,
    "bert": tables.read_vectors,
    "word_times": tables.read_word_times,
}


@pytest.fixture(scope="module")
def places(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store and a training set of one synthetic interview."""
    root = tmp_path_factory.mktemp("places")
    quiet = (lambda _outcome: None, lambda _line: None)
    tracks = [track for track in TABLES if track != "bert"]  # transformers takes ten seconds
    made = extract([corpora / "daic-woz"], root / "store", parse(tracks, {}), *quiet)
    assert made.exit_code == 0
    vectors = WordVectors(value_WD=np.ones((40, 8), np.float32), valid_W=np.ones(40, np.bool_))
    tables.write(vectors, root / "store" / "900" / "bert.parquet", {"track": "bert"})
    align([root / "store"], root / "set", AlignSettings(), lambda _line: None)
    return root


@pytest.fixture(scope="module")
def copied(places: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(places, tmp_path_factory.mktemp("damaged") / "places")


@pytest.mark.parametrize("track", TABLES)
@fuzzed
@given(data=st.data())
def test_a_damaged_table_is_read_or_refused(
    fuzz, places: Path, track: str, data: st.DataObject
) -> None:
    whole = places / "store" / "900" / f"{track}.parquet"
    content = data.draw(fuzz.damaged(whole.read_bytes()))
    fuzz.check(whole.name, content, tables.read_meta)
    fuzz.check(whole.name, content, TABLES[track])


@fuzzed
@given(data=st.data())
def test_a_damaged_label_table_of_a_store_is_read_or_refused(
    fuzz, places: Path, data: st.DataObject
) -> None:
    content = data.draw(fuzz.damaged((places / "store" / "labels.parquet").read_bytes()))
    fuzz.check("labels.parquet", content, read_about)


def every_session(path: Path) -> None:
    for session in Store.open(path.parent.parent).sessions():
        for track in session.tracks():
            session.key(track), session.kind(track)


def begun_anew(path: Path) -> None:
    hashes = Hashes(Log(path.parent.parent), path.parent.parent, trust=False)
    with locked(path.parent) as lease:
        manifest = Manifest(path.parent, {"session": "900"}, lease)
        for track in TABLES:
            manifest.has(track, "key", hashes.of)
            manifest.lacks(track, "key")
        manifest.save()


@pytest.mark.parametrize("read", [every_session, begun_anew])
@fuzzed
@given(data=st.data())
def test_a_damaged_record_of_a_session_is_read_or_begun_anew(
    fuzz, places: Path, copied: Path, read: Callable[[Path], None], data: st.DataObject
) -> None:
    whole = (places / "store" / "900" / "session.json").read_bytes()
    record = copied / "store" / "900" / "session.json"
    record.write_bytes(data.draw(fuzz.damaged(whole)))
    read(record)  # of no error: it costs its own session alone


@fuzzed
@given(data=st.data())
def test_a_damaged_log_costs_the_hashes_that_it_kept(
    fuzz, places: Path, copied: Path, data: st.DataObject
) -> None:
    log = Log(copied / "store")
    log.path.write_bytes(data.draw(fuzz.damaged((places / "store" / "log.jsonl").read_bytes())))
    assert len(Hashes(log, copied / "store").of(copied / "store" / "900" / "words.parquet")) == 64


def whole_set(path: Path) -> None:
    dataset = Dataset.open(path)
    dataset.sessions()
    for session in dataset.ids():
        for view in dataset.shards.views():
            dataset.session(session, view=view)
    dataset.words(list(dataset.modalities))


@pytest.mark.parametrize(
    "name",
    ["dataset.json", "sessions.parquet", "words/part-00000.parquet", "frames/part-00000.parquet"],
)
@fuzzed
@given(data=st.data())
def test_a_damaged_training_set_is_read_or_refused(
    fuzz, places: Path, copied: Path, name: str, data: st.DataObject
) -> None:
    path = copied / "set" / name
    path.write_bytes(data.draw(fuzz.damaged((places / "set" / name).read_bytes())))
    try:
        whole_set(copied / "set")
    except DepxError as error:
        fuzz.line(str(error), "set")
    finally:
        shutil.copy(places / "set" / name, path)


@pytest.mark.parametrize("name", ["depx.json", "dataset.json"])
@fuzzed
@given(data=st.data())
def test_a_damaged_marker_is_read_or_refused(
    fuzz, places: Path, copied: Path, name: str, data: st.DataObject
) -> None:
    folder = "store" if name == "depx.json" else "set"
    path = copied / folder / name
    path.write_bytes(data.draw(fuzz.damaged((places / folder / name).read_bytes())))
    try:
        (Store if folder == "store" else Dataset).open(copied / folder)
    except DepxError as error:
        fuzz.line(str(error), folder)
    finally:
        shutil.copy(places / folder / name, path)
