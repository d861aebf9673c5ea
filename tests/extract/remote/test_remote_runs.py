"""Sessions from an S3 server: the same bytes as from disk, fetched once, whatever goes wrong."""

import io
import logging
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from depx.errors import RemoteError
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import find
from depx.extract.local import Local
from depx.extract.remote import server as serving
from depx.extract.remote.folder import Remote, open_remote
from depx.extract.remote.server import Server
from depx.extract.remote.url import Url, Where
from depx.extract.run import ExtractSummary, extract
from depx.extract.session_run import Outcome
from depx.extract.sessions import Session
from depx.extract.settings import parse
from depx.extract.store.atomic import read_sealed
from depx.extract.workplace import Workplace

TRACKS = ("words", "vad")


def run(
    source: Where,
    store: Path,
    *,
    tracks: tuple[str, ...] = TRACKS,
    report: Callable[[Outcome], None] = lambda _outcome: None,
    **options: object,
) -> ExtractSummary:
    return extract([source], store, parse(tracks, {}, **options), report, lambda _line: None)


def tables(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.glob("*/*.parquet"))
    }


def records(store: Path) -> list[dict[str, object]]:
    return [read_sealed(path) for path in sorted(store.glob("*/session.json"))]


@pytest.fixture
def url(s3, sessions: Path, request: pytest.FixtureRequest) -> Url:
    """The sessions in a bucket of the test's own."""
    bucket = f"b{abs(hash(request.node.nodeid))}"
    s3.fill(sessions, f"{bucket}/corpora/S")
    return Url(f"s3://{bucket}/corpora/S")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were fetched as a whole, in order."""
    names: list[str] = []
    each = Remote.each

    def watched(self: Remote, wanted):
        for name, file in each(self, wanted):
            names.append(name)
            yield name, file

    monkeypatch.setattr(Remote, "each", watched)
    return names


def test_a_session_is_the_same_from_a_folder_a_zip_and_a_url(
    sessions: Path, url: Url, tmp_path: Path, fetched: list[str]
) -> None:
    tracks = (*TRACKS, "face")  # from a table whose times are the video's
    assert run(sessions, tmp_path / "F", tracks=tracks).exit_code == 0
    archive = Path(shutil.make_archive(str(sessions), "zip", sessions.parent, sessions.name))
    assert run(archive, tmp_path / "Z", tracks=tracks).exit_code == 0
    assert run(url, tmp_path / "U", tracks=tracks, jobs=2).exit_code == 0
    assert tables(tmp_path / "F").keys() >= {"one/vad.parquet", "two/face.parquet"}
    assert tables(tmp_path / "U") == tables(tmp_path / "Z") == tables(tmp_path / "F")
    here, there = records(tmp_path / "F"), records(tmp_path / "U")
    assert [record.pop("url") for record in here] == [None, None]
    assert [record.pop("url") for record in there] == [str(url)] * 2
    assert there == here
    assert sorted(fetched) == ["one/a.wav", "one/t.csv"] + [
        f"two/{name}" for name in ("a.wav", "of.csv", "t.csv", "v.mp4")
    ]


def test_nothing_but_tables_and_records_is_left(url: Url, tmp_path: Path) -> None:
    run(url, tmp_path / "U")
    names = {path.name for path in (tmp_path / "U").rglob("*") if path.is_file()}
    left = {"depx.json", "log.jsonl", "session.json"}
    assert names == left | {"words.parquet", "vad.parquet"}


def test_an_unchanged_file_is_not_fetched_again(
    s3, url: Url, tmp_path: Path, fetched: list[str]
) -> None:
    run(url, tmp_path / "U")
    fetched.clear()
    assert [outcome.made for outcome in run(url, tmp_path / "U").outcomes] == [{}, {}]
    assert fetched == []
    s3.files().pipe_file(f"{str(url)[5:]}/one/t.csv", b"start,stop,text\n0.1,0.9,other words\n")
    one, two = run(url, tmp_path / "U").outcomes
    assert fetched == ["one/t.csv"]
    assert (set(one.made), set(two.made)) == ({"words"}, set())
    fetched.clear()
    run(url, tmp_path / "U", checksum=True)
    assert len(fetched) == 6


def test_only_what_a_stale_track_is_made_of_is_fetched(
    url: Url, tmp_path: Path, fetched: list[str]
) -> None:
    run(url, tmp_path / "U")
    (tmp_path / "U" / "two" / "vad.parquet").unlink()
    fetched.clear()
    assert [set(outcome.made) for outcome in run(url, tmp_path / "U").outcomes] == [set(), {"vad"}]
    assert fetched == ["two/a.wav"]


def test_a_large_file_comes_in_several_requests(
    s3, url: Url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depx.extract.remote.download.REQUEST_BYTES", 1000)
    data = os.urandom(64 * 1024 + 12_345)
    s3.files().pipe_file(f"{str(url)[5:]}/one/a.wav", data)
    remote = open_remote(url).remote
    with remote.open("one/a.wav") as file:
        assert file.read(10) == data[:10]
        assert file.read() == data[10:]
    ((_, file),) = ((name, file.read()) for name, file in remote.each(["one/a.wav"]))
    assert file == data


@pytest.mark.parametrize("change", ["written", "removed"])
def test_a_file_that_changes_after_the_listing_is_a_line(s3, url: Url, change: str) -> None:
    remote = open_remote(url).remote
    path = f"{str(url)[5:]}/one/a.wav"
    size = remote.contents.members["one/a.wav"].size
    s3.files().pipe_file(path, bytes(size)) if change == "written" else s3.files().rm_file(path)
    why = "has changed" if change == "written" else "is not there"
    with pytest.raises(RemoteError, match=rf"^one/a\.wav: {why}"):
        [file.read() for _, file in remote.each(["one/a.wav"])]


def test_a_bucket_that_is_not_there_is_a_line(s3) -> None:
    with pytest.raises(RemoteError, match=r"^s3://nobodys-bucket/S: is not there; check the name"):
        open_remote(Url("s3://nobodys-bucket/S"))


def test_without_credentials_a_line_says_so_and_names_no_server(
    s3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = {**fsspec.config.conf["s3"], "default_block_size": 5 << 20}  # no connection that is there
    monkeypatch.setitem(fsspec.config.conf, "s3", own)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    with pytest.raises(RemoteError, match=r"no permission.*give credentials") as refused:
        open_remote(Url("s3://nobodys-business/S"))
    assert str(s3.port) not in str(refused.value)


def test_nothing_secret_is_written_or_said(
    s3, url: Url, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    s3.files().pipe_file(f"{str(url)[5:]}/one/a.wav", b"no sound")
    summary = run(url, tmp_path / "U")
    assert summary.exit_code == 1
    (reason,) = (outcome.failures["vad"] for outcome in summary.failed)
    assert reason.startswith("a.wav: ")
    for path in (tmp_path / "U").rglob("*"):
        if path.is_file():
            written = path.read_bytes()
            assert b"hidden-secret" not in written
            assert str(s3.port).encode() not in written
            assert b"/proc" not in written
            assert b".local" not in written
    assert "hidden-secret" not in caplog.text
    assert b"hidden-secret" not in pickle.dumps(open_remote(url).remote)


def test_a_session_can_be_sent_to_another_process(url: Url, sessions: Path) -> None:
    (one, _) = find([url], Wishes()).sessions
    sent = pickle.loads(pickle.dumps(one))
    assert (sent.files, sent.remote.heads) == (one.files, {})
    with sent.remote.open("one/t.csv") as file:
        assert file.read() == (sessions / "one" / "t.csv").read_bytes()


def test_a_run_that_is_stopped_leaves_a_file_half_fetched(url: Url, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    (one, _) = find([url], Wishes()).sessions
    with (
        pytest.raises(KeyboardInterrupt),
        Local(one.remote, tmp_path, in_memory=0, between=stop) as local,
    ):
        local.path(one.files["audio"])
    assert list(tmp_path.glob(".local*")) == []


def test_a_full_disk_costs_the_session_with_a_line(
    url: Url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> io.RawIOBase:
        return open("/dev/full", "r+b", buffering=0)

    monkeypatch.setattr("depx.extract.local._on_disk", full)
    one, two = run(url, tmp_path / "U").failed
    for outcome in (one, two):
        assert outcome.failures["session"].startswith("No space left on device; mend it")


def test_a_server_that_goes_away_costs_the_sessions_at_hand_until_the_next_run(
    fleeting_s3, sessions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WAITS_S", (0.1,))
    url = Url("s3://fleeting/S")
    fleeting_s3.start()
    fleeting_s3.fill(sessions, "fleeting/S")
    with monkeypatch.context() as patched:
        real = Workplace.work_on

        def last(place: Workplace, session: Session) -> Outcome:
            outcome = real(place, session)
            if outcome.made:  # before the next session has its turn
                fleeting_s3.stop()
            return outcome

        patched.setattr(Workplace, "work_on", last)
        ended = run(url, tmp_path / "U")
    (failed,) = ended.failed
    assert "cannot be reached" in failed.failures["session"]
    assert "\n" not in failed.failures["session"]
    assert str(fleeting_s3.port) not in failed.failures["session"]
    fleeting_s3.start()
    fleeting_s3.fill(sessions, "fleeting/S")
    mended = run(url, tmp_path / "U")
    assert mended.exit_code == 0
    assert [bool(outcome.made) for outcome in mended.outcomes].count(True) == 1
    run(sessions, tmp_path / "F")
    assert tables(tmp_path / "U") == tables(tmp_path / "F")


def test_a_lost_connection_is_tried_again(
    url: Url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WAITS_S", (0.01, 0.01))
    files = Server(url).connect()[0]
    cat_file, calls = files.cat_file, []

    def lost(*args: object, **options: object) -> bytes:
        calls.append(args)
        if len(calls) % 3:
            raise ConnectionResetError
        return cat_file(*args, **options)

    monkeypatch.setattr(files, "cat_file", lost)
    assert run(url, tmp_path / "U").exit_code == 0
    assert len(calls) == 18


@pytest.mark.slow
def test_what_a_killed_run_left_is_gone_after_the_next(
    sessions: Path, url: Url, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F")
    store = tmp_path / "U"
    arguments = [sys.executable, "-m", "depx", "extract", str(url), "-o", str(store)]
    arguments += ["--tracks", ",".join(TRACKS)]
    for left in ("one/.local.*.tmp/one/a.wav", "two/.local.*.tmp/two/*"):
        child = subprocess.Popen(arguments, cwd="/", stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not list(store.glob(left)):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert tables(store) != tables(tmp_path / "F")
    left_behind = [path for path in store.rglob("*.wav") if not path.is_symlink()]
    assert left_behind == []
    done = subprocess.run(arguments, cwd="/", check=True, capture_output=True, text=True)
    assert "0 failed" in done.stdout
    assert tables(store) == tables(tmp_path / "F")
    assert list(store.rglob("*.tmp")) == []


def test_the_files_of_a_session_go_with_the_process_that_fetched_them(
    url: Url, tmp_path: Path, fetched: list[str]
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    run(url, tmp_path / "U")
    run(url, tmp_path / "U", checksum=True)
    assert len(fetched) == 12
    assert len(os.listdir("/proc/self/fd")) <= before + 4  # the forkserver's, and the server's
