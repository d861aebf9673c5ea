"""A training set at a URL is whole or none, is sent once, and is the bytes that were aligned."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset
import pyarrow.parquet
import pytest

from depx.align import publish as publishing
from depx.align.publish import JOURNAL, Published, publish
from depx.align.summary import AlignSummary
from depx.cli import main
from depx.errors import DamagedError, LockedError, RemoteError, StoreError, UsageError
from depx.extract.remote import server as serving
from depx.extract.remote.server import Server
from depx.extract.remote.url import Url
from depx.extract.store.atomic import read_sealed, write_sealed
from depx.extract.store.lock import locked

Run = Callable[..., tuple[AlignSummary, list[str]]]


class Bucket:
    """A place for training sets, as another program sees it."""

    def __init__(self, server: Any, name: str) -> None:
        self.files, self.name = server.files(), name
        self.files.makedirs(name, exist_ok=True)
        self.place = f"{name}/sets/one"
        self.url = Url(f"s3://{self.place}")

    def content(self) -> dict[str, bytes]:
        """All that lies there."""
        found = self.files.find(self.place)
        return {path.removeprefix(f"{self.place}/"): self.files.cat_file(path) for path in found}

    def write(self, name: str, data: bytes) -> None:
        """Write a file."""
        self.files.pipe_file(f"{self.place}/{name}", data)


@pytest.fixture
def bucket(s3, request: pytest.FixtureRequest) -> Bucket:
    """A bucket of the test's own."""
    return Bucket(s3, f"p{abs(hash(request.node.nodeid))}")


@pytest.fixture
def dataset(run: Run, filled: Path, tmp_path: Path) -> Path:
    """A training set of several shards, and the cards beside them."""
    run(filled, tmp_path / "d", shard_mb=0.001)
    return tmp_path / "d"


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written to the server and removed from it, in order."""
    names: list[str] = []
    for method in ("send", "write", "remove"):
        done = getattr(Server, method)

        def watched(self: Server, *args: Any, _done=done, _method=method) -> None:
            names.append(f"{_method} {args[-1]}")
            _done(self, *args)

        monkeypatch.setattr(Server, method, watched)
    return names


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("log.jsonl", ".lock")
    }


def without_cards(dataset: Path) -> None:
    """Make a training set one of an older depx, which wrote no cards."""
    marker = read_sealed(dataset / "dataset.json")
    for card in marker.pop("texts"):
        (dataset / card["path"]).unlink()
    write_sealed(dataset / "dataset.json", marker)


def send(dataset: Path, bucket: Bucket) -> Published:
    return publish(dataset, bucket.url, lambda _line: None)


def test_all_of_a_training_set_arrives_and_its_marker_last(
    dataset: Path, bucket: Bucket, changes: list[str]
) -> None:
    published = send(dataset, bucket)
    assert bucket.content() == contents(dataset)
    assert len([name for name in contents(dataset) if name.startswith("words/")]) > 1
    sent = [change.removeprefix("send ") for change in changes if change.startswith("send")]
    assert set(sent) == contents(dataset).keys() - {"dataset.json"}
    assert sent[-3:] == ["sessions.parquet", "README.md", "croissant.json"]
    assert changes[-2:] == ["write dataset.json", f"remove {JOURNAL}"]
    assert published.sent == len(contents(dataset))
    assert published.sent_bytes == sum(map(len, contents(dataset).values()))
    assert (published.kept, published.removed) == (0, 0)


def test_what_is_all_there_is_not_sent_again(
    dataset: Path, bucket: Bucket, changes: list[str]
) -> None:
    send(dataset, bucket)
    changes.clear()
    published = send(dataset, bucket)
    assert changes == []
    assert (published.sent, published.sent_bytes) == (0, 0)
    assert published.kept == len(contents(dataset))


@pytest.mark.parametrize("lost", ["words/part-00001.parquet", "README.md"])
def test_what_was_lost_at_the_url_is_sent_again_and_nothing_else(
    dataset: Path, bucket: Bucket, changes: list[str], lost: str
) -> None:
    send(dataset, bucket)
    bucket.files.rm_file(f"{bucket.place}/{lost}")
    changes.clear()
    send(dataset, bucket)
    assert bucket.content() == contents(dataset)
    assert [change for change in changes if change.startswith("send")] == [f"send {lost}"]
    assert changes.index("remove dataset.json") < changes.index(f"send {lost}")


def test_without_its_marker_nothing_at_the_url_is_known_to_be_whole(
    dataset: Path, bucket: Bucket
) -> None:
    send(dataset, bucket)
    for name in ("dataset.json", "README.md", "croissant.json"):
        bucket.files.rm_file(f"{bucket.place}/{name}")
    published = send(dataset, bucket)
    assert published.kept == 0
    assert bucket.content() == contents(dataset)


def test_a_shard_that_was_cut_short_at_the_url_is_sent_again(dataset: Path, bucket: Bucket) -> None:
    send(dataset, bucket)
    bucket.write("words/part-00000.parquet", b"PAR1")
    bucket.write("README.md", b"# Another text..\n")
    published = send(dataset, bucket)
    assert published.sent == 3
    assert bucket.content() == contents(dataset)


def test_another_set_replaces_an_older_one_and_keeps_what_both_have(
    run: Run, filled: Path, dataset: Path, bucket: Bucket, changes: list[str]
) -> None:
    send(dataset, bucket)
    run(filled, dataset, views=("words",), shard_mb=0.001, dtype="float16")
    without_cards(dataset)  # as an older depx wrote it
    changes.clear()
    published = send(dataset, bucket)
    assert bucket.content() == contents(dataset)
    assert published.removed == 4
    gone = changes.index("remove dataset.json")
    assert changes[:gone] == [f"write {JOURNAL}"]
    assert {"remove README.md", "remove croissant.json"} <= set(changes[gone:])
    assert "remove frames/part-00000.parquet" in changes[gone:]


KILLED = """
import os, signal, sys
from pathlib import Path
from depx.align.publish import publish
from depx.extract.remote.server import Server
from depx.extract.remote.url import Url

left = int(sys.argv[3])
def deadly(method):
    def call(self, *args):
        global left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        method(self, *args)
    return call

for name in ("send", "write", "remove"):
    setattr(Server, name, deadly(getattr(Server, name)))
publish(Path(sys.argv[1]), Url(sys.argv[2]), print)
"""


@pytest.mark.parametrize(
    "after", [pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), 5]
)
def test_a_publication_that_was_killed_goes_on_where_it_stood(
    run: Run,
    filled: Path,
    dataset: Path,
    bucket: Bucket,
    changes: list[str],
    after: int,
) -> None:
    send(dataset, bucket)  # an older set that must not look finished meanwhile
    run(filled, dataset, shard_mb=0.001, pool=("mean", "std"))
    arguments = [sys.executable, "-c", KILLED, str(dataset), str(bucket.url), str(after)]
    killed = subprocess.run(arguments, cwd="/", check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    here, there = contents(dataset), bucket.content()
    if after < 2:  # the older one is still whole
        assert "dataset.json" in there
    else:
        assert "dataset.json" not in there
        already = json.loads(there[JOURNAL])
        assert all(there[name] == here[name] for name in already)
    changes.clear()
    send(dataset, bucket)
    assert bucket.content() == here
    again = {change.removeprefix("send ") for change in changes if change.startswith("send")}
    if after >= 2:
        assert again.isdisjoint(already)
        assert again | set(already) == here.keys() - {"dataset.json"}


def test_a_publication_that_was_killed_before_its_last_step_only_takes_it(
    dataset: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut_short:
        cut_short.setattr(publishing._There, "forget_journal", lambda _self: None)
        send(dataset, bucket)
    assert JOURNAL in bucket.content()
    assert send(dataset, bucket).sent == 0
    assert bucket.content() == contents(dataset)


def test_a_damaged_file_is_not_sent_and_nothing_is_changed(
    dataset: Path, bucket: Bucket, changes: list[str]
) -> None:
    shard = dataset / "words" / "part-00000.parquet"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DamagedError, match=r"part-00000\.parquet: .*nothing was published"):
        send(dataset, bucket)
    assert changes == []
    assert bucket.content() == {}


def test_what_is_no_training_set_at_the_url_is_left_alone(
    dataset: Path, bucket: Bucket, changes: list[str]
) -> None:
    bucket.write("thesis.tex", b"years of work")
    with pytest.raises(StoreError, match=r"holds something else \(thesis\.tex\)"):
        send(dataset, bucket)
    bucket.write("dataset.json", b'{"somebody": "else"}')
    with pytest.raises(StoreError, match="holds something else"):
        send(dataset, bucket)
    assert changes == []


def test_what_others_put_beside_a_training_set_stays(dataset: Path, bucket: Bucket) -> None:
    send(dataset, bucket)
    bucket.write("notes.txt", b"mine")
    bucket.write("README.md", b"# Another\n")
    send(dataset, bucket)
    assert bucket.content() == contents(dataset) | {"notes.txt": b"mine"}


def test_what_cannot_be_published_or_published_to_is_a_line(
    dataset: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WAITS_S", ())
    with pytest.raises(UsageError, match="a web server takes no files"):
        publish(dataset, Url("https://host/sets"), lambda _line: None)
    with pytest.raises(StoreError, match="expected a dataset"):
        publish(tmp_path, bucket.url, lambda _line: None)
    with pytest.raises(RemoteError, match=r"^s3://nobodys-bucket/d: is not there"):
        publish(dataset, Url("s3://nobodys-bucket/d"), lambda _line: None)
    with locked(dataset), pytest.raises(LockedError):
        send(dataset, bucket)


def test_other_readers_read_what_was_published(dataset: Path, bucket: Bucket, s3) -> None:
    send(dataset, bucket)
    options = {"key": "someone", "secret": s3.environment["AWS_SECRET_ACCESS_KEY"]}
    options |= {"endpoint_url": s3.environment["FSSPEC_S3_ENDPOINT_URL"]}
    sessions = pd.read_parquet(f"{bucket.url}/sessions.parquet", storage_options=options)
    pd.testing.assert_frame_equal(sessions, pd.read_parquet(dataset / "sessions.parquet"))
    words = pyarrow.dataset.dataset(f"{bucket.place}/words", filesystem=bucket.files)
    here = pd.read_parquet(dataset / "words")
    pd.testing.assert_frame_equal(words.to_table().to_pandas(), here)


def test_the_command_aligns_and_publishes(
    filled: Path, bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["align", str(filled), "-o", str(tmp_path / "d"), "--publish", str(bucket.url)]
    for again in (False, True):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--json"])
        assert ended.value.code == 1  # a session without times is left out
        said = capsys.readouterr()
        told = json.loads(said.out)
        assert told["up_to_date"] is again
        assert bool(told["published"]["sent"]) is not again
        assert bucket.content() == contents(tmp_path / "d")
        assert ("publishing words/part-00000.parquet" in said.err) is not again
    with pytest.raises(SystemExit):
        main(arguments)
    assert f"files are there already -> {bucket.url}" in capsys.readouterr().err


def test_a_dry_run_publishes_nothing(filled: Path, bucket: Bucket, tmp_path: Path) -> None:
    arguments = ["align", str(filled), "-o", str(tmp_path / "d"), "--publish", str(bucket.url)]
    with pytest.raises(SystemExit):
        main([*arguments, "--dry-run"])
    assert bucket.content() == {}
    assert os.listdir(tmp_path) == ["store"]
