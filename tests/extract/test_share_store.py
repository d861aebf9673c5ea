"""``depx export --as share`` of a store: a store that align reads, and that names nobody."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.cli import main
from depx.extract.sharing.pseudonyms import pseudonyms_of
from depx.extract.store import tables
from depx.extract.store.labels import LABELED, record_of
from depx.extract.store.place import amend_store
from depx.extract.store.reader import LABELS, Store

Everything = Callable[[Path], str]
WHO = ("zorander", "quillfeather", "mothwing")


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sessions whose files, words and speakers are names, and the store of them."""
    folder = tmp_path_factory.mktemp("places")
    chance = np.random.default_rng(3)
    for name in WHO:
        session = folder / "S" / name
        session.mkdir(parents=True)
        frame = pd.DataFrame({"frame": range(1, 61), "timestamp": np.arange(60) / 30})
        frame["confidence"], frame["success"] = 0.9, 1
        for column in ("AU12_r", "x_0", "y_0"):
            frame[column] = chance.random(60).round(3)
        frame.to_csv(session / f"{name}-face.csv", index=False)
        turns = "start_time\tstop_time\tspeaker\tvalue\n0.1\t0.9\tDrLoomis\txylocarp one\n"
        (session / f"{name}_TRANSCRIPT.csv").write_text(
            turns + "1.0\t1.9\tMrsQuibble\txylocarp two\n"
        )
    tracks = "face,words,word_times"
    (folder / "T").mkdir()
    order = ("extract", folder / "S", "-o", folder / "F", "--tracks", tracks, "-q")
    assert depx(*order, "--participant", "MrsQuibble") == 0
    return folder


@pytest.fixture
def shared(places: Path, tmp_path: Path) -> Path:
    order = ("export", places / "F", "-o", tmp_path / "s", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key", "-q") == 0
    return tmp_path / "s"


def test_no_byte_names_anybody_or_holds_a_word(
    places: Path, shared: Path, everything: Everything
) -> None:
    before = everything(places / "F").casefold()
    after = everything(shared).casefold()
    for name in (*WHO, "xylocarp", "loomis", "quibble"):
        assert name in before, name
        assert name not in after, name
    assert str(places).casefold() not in after
    for stored in Store.open(places / "F").sessions():
        files = [file["sha256"] for file in stored.manifest["inputs"].values()]
        keys = [made["key"] for made in stored.manifest["tracks"].values()]
        assert files
        assert keys
        assert not any(one in after for one in (*files, *keys))
    assert not list(shared.rglob("log*.jsonl"))
    assert not list(shared.rglob(".*"))


def test_it_is_a_store_that_verify_status_and_align_take(
    places: Path, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shared, copy)
    assert depx("verify", copy) == 0
    assert "of no record" not in capsys.readouterr().out
    depx("status", copy)
    assert "3 sessions" in capsys.readouterr().out
    assert depx("align", copy, "-o", tmp_path / "d", "--target", "", "-q") == 0
    assert depx("align", places / "F", "-o", tmp_path / "own", "--target", "", "-q") == 0
    key = pseudonyms_of(tmp_path / "key", (), lambda _line: None)
    ours, theirs = (pd.read_parquet(tmp_path / name / "words") for name in ("own", "d"))
    assert (theirs.text == "").all()
    for name in WHO:
        one = ours[ours.session == name].reset_index(drop=True)
        other = theirs[theirs.session == key.of(name)].reset_index(drop=True)
        np.testing.assert_array_equal(
            np.stack(list(one.face_mean)), np.stack(list(other.face_mean))
        )
        assert list(one.start_s) == list(other.start_s)
        assert list(one.role) == list(other.role)


def test_landmarks_go_out_on_request_only(places: Path, shared: Path, tmp_path: Path) -> None:
    (folder,) = [path.parent for path in shared.glob("*/face.parquet")][:1]
    assert "x_0" not in pq.read_schema(folder / "face.parquet").names
    assert "AU12_r" in pq.read_schema(folder / "face.parquet").names
    order = ("export", places / "F", "-o", tmp_path / "t", "--as", "share", "--keep", "landmarks")
    assert depx(*order, "--pseudonyms", tmp_path / "key", "-q") == 0
    kept = pq.read_table(tmp_path / "t" / folder.name / "face.parquet")
    own = [pq.read_table(places / "F" / name / "face.parquet")["x_0"].to_numpy() for name in WHO]
    assert any(np.array_equal(kept["x_0"].to_numpy(), one) for one in own)


def test_a_share_is_written_over_only_when_that_is_asked_for(
    places: Path, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ("export", places / "F", "-o", shared, "--as", "share", "--pseudonyms")
    before = {path: path.read_bytes() for path in shared.rglob("*.*") if path.is_file()}
    assert depx(*order, tmp_path / "key") == 3
    assert "holds a share already; --force writes it anew" in capsys.readouterr().err
    assert depx(*order, tmp_path / "key", "--force", "-q") == 0
    assert before == {path: path.read_bytes() for path in shared.rglob("*.*") if path.is_file()}
    (shared / "SHARED.md").unlink()  # killed before the end: it goes on without being asked
    assert depx("verify", shared) == 1
    assert "is an unfinished share, without SHARED.md" in capsys.readouterr().out
    assert depx(*order, tmp_path / "key", "-q", "--only", "mothwing") == 0
    assert len(list(shared.glob("*/session.json"))) == 1
    order = ("export", places / "F", "-o", places / "S", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key") == 3
    assert "neither empty nor a share" in capsys.readouterr().err
    assert depx("export", places / "F", "-o", tmp_path / "u", "--as", "share") == 2


def test_the_page_counts_what_was_left(shared: Path) -> None:
    told = json.loads((shared / "SHARED.json").read_text())
    left = {one["what"]: one["count"] for one in told["left"]}
    assert left == {"text": "of 12 words", "face: landmarks": "2 columns"}
    assert told["kind"] == "store"


def test_a_share_of_a_share_tells_what_both_left_out(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ("export", shared, "-o", tmp_path / "t", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key", "--exclude", next(shared.glob("p-*")).name) == 0
    assert "1 thing left out, 2 before, see SHARED.md" in capsys.readouterr().out
    told = json.loads((tmp_path / "t" / "SHARED.json").read_text())
    assert [one["what"] for one in told["left"]] == ["sessions"]
    assert [one["what"] for one in told["before"]] == ["text", "face: landmarks"]


def test_label_columns_that_hold_ids_are_left_out(places: Path, tmp_path: Path) -> None:
    store = tmp_path / "F"
    shutil.copytree(places / "F", store)
    about = {"schema": 1, "corpus": "folder", "unit": "session", "files": [], "notes": []}
    table = pa.table(
        {
            "session": list(WHO),
            "phq8": [1.0, 2.0, 1.0],
            "family": ["none", "ZORANDER ", "none"],
            "heard_by": ["none", "none", "drloomis"],
            "gender": ["male", "male", "female"],
        },
        metadata={tables.META: json.dumps({**about, "mended": []})},
    )
    pq.write_table(table, store / LABELS)
    amend_store(store, {LABELED: record_of(store / LABELS)})
    order = ("export", store, "-o", tmp_path / "s", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key", "-q") == 0
    assert pq.read_schema(tmp_path / "s" / LABELS).names == ["session", "phq8", "gender"]
    told = json.loads((tmp_path / "s" / "SHARED.json").read_text())
    why = {one["what"]: one["why"] for one in told["left"]}
    assert why["family"] == why["heard_by"] == "holds ids, or the numbers in them"
    order = ("export", store, "-o", tmp_path / "t", "--as", "share", "--only", "mothwing")
    assert depx(*order, "--pseudonyms", tmp_path / "key", "-q") == 0
    assert "family" not in pq.read_schema(tmp_path / "t" / LABELS).names


def test_a_session_that_lost_its_record_is_named_and_shared_around(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "F"
    shutil.copytree(places / "F", store)
    (store / WHO[1] / "session.json").unlink()
    order = ("export", store, "-o", tmp_path / "s", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key", "-q") == 4
    said = capsys.readouterr().err
    assert f"{store / WHO[1]}: session.json is gone; extract again" in said
    assert f"--exclude {WHO[1]}" in said
    assert not (tmp_path / "s").exists()
    assert depx(*order, tmp_path / "key", "-q", "--exclude", WHO[1]) == 0
    assert len(Store.open(tmp_path / "s").sessions()) == 2
