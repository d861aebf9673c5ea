"""Where a session's recording lies, and whether it is still the one that was measured."""

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.errors import DamagedError, MediaError, SessionError, UsageError
from depx.extract.store.log import Hashes, Log
from depx.extract.store.reader import Store, StoredSession
from depx.extract.viewing.media import find_media
from depx.extract.viewing.view import open_view


@pytest.fixture
def recorded(shelf: Any, write_video: Any) -> Path:
    """A session whose video and sound lie in `media`."""
    video = write_video(shelf.media / "a.mkv")
    sound = shelf.media / "a.wav"
    sound.write_bytes(b"sound")
    shelf.session("s", {}, video=video, sound=sound)
    return video


def stored(shelf: Any) -> StoredSession:
    return Store.open(shelf.path).sessions()[0]


def logged(shelf: Any, *paths: Path) -> None:
    hashes = Hashes(Log(shelf.path), shelf.path)
    for path in paths:
        hashes.of(path)


def test_the_log_says_where_it_was_read(shelf: Any, recorded: Path) -> None:
    logged(shelf, recorded, recorded.with_suffix(".wav"))
    found = find_media(shelf.path, stored(shelf))
    assert (found.video, found.sound) == (recorded, recorded.with_suffix(".wav"))
    assert found.changed == ()


def test_a_named_folder_counts_more_than_the_log(
    shelf: Any, recorded: Path, tmp_path: Path
) -> None:
    logged(shelf, recorded, recorded.with_suffix(".wav"))
    for moved in (tmp_path / "moved", tmp_path / "all" / "s"):
        moved.mkdir(parents=True)
        for name in ("a.mkv", "a.wav"):
            (moved / name).write_bytes((shelf.media / name).read_bytes())
    assert find_media(shelf.path, stored(shelf), folder=tmp_path / "moved").video == (
        tmp_path / "moved" / "a.mkv"
    )
    assert find_media(shelf.path, stored(shelf), folder=tmp_path / "all").video == (
        tmp_path / "all" / "s" / "a.mkv"
    )


def test_a_file_that_was_moved_is_asked_for(shelf: Any, recorded: Path, tmp_path: Path) -> None:
    logged(shelf, recorded, recorded.with_suffix(".wav"))
    recorded.rename(tmp_path / "elsewhere.mkv")
    with pytest.raises(SessionError, match=r"s: a\.mkv is not there any more .*--media FOLDER"):
        find_media(shelf.path, stored(shelf))


def test_a_lost_log_is_told_from_a_lost_file(shelf: Any, recorded: Path) -> None:
    with pytest.raises(SessionError, match=r"log does not say where a\.mkv lay; .*--media FOLDER"):
        find_media(shelf.path, stored(shelf))


def test_another_file_of_its_name_is_refused_unless_wanted(shelf: Any, recorded: Path) -> None:
    logged(shelf, recorded, recorded.with_suffix(".wav"))
    before = recorded.stat()
    data = bytearray(recorded.read_bytes())
    data[-1] ^= 1
    recorded.write_bytes(data)
    os.utime(recorded, ns=(before.st_atime_ns, before.st_mtime_ns))  # ctime still tells
    for folder in (None, shelf.media):
        with pytest.raises(SessionError, match=r"a\.mkv: is not the file that s .*--force"):
            find_media(shelf.path, stored(shelf), folder=folder)
        found = find_media(shelf.path, stored(shelf), folder=folder, force=True)
        assert found.changed == ("a.mkv",)
    view = open_view(shelf.path, "s", force=True)
    assert "a.mkv is not the file that was measured" in view.alarms[0]


def test_looking_leaves_no_trace(shelf: Any, recorded: Path) -> None:
    logged(shelf, recorded)
    before = {path: path.stat().st_mtime_ns for path in shelf.path.rglob("*")}
    find_media(shelf.path, stored(shelf), folder=shelf.media)
    assert {path: path.stat().st_mtime_ns for path in shelf.path.rglob("*")} == before


@pytest.mark.parametrize(
    ("where", "match"),
    [
        ({"archive": "all.zip"}, r"a\.mkv lies in the archive all\.zip, .*--media FOLDER"),
        ({"url": "s3://b/s"}, r"a\.mkv lies at a URL \(s3://b/s\), .*--media FOLDER"),
    ],
)
def test_what_lies_in_an_archive_or_far_away_is_said(
    shelf: Any, write_video: Any, where: dict[str, str], match: str
) -> None:
    shelf.session("s", {}, video=write_video(shelf.media / "a.mkv"), **where)
    with pytest.raises(SessionError, match=match):
        find_media(shelf.path, stored(shelf))
    assert find_media(shelf.path, stored(shelf), folder=shelf.media).video is not None


def test_a_session_without_recording_says_so(shelf: Any) -> None:
    shelf.session("s", {})
    with pytest.raises(SessionError, match=r"neither video nor sound.*depx report"):
        find_media(shelf.path, stored(shelf))


def test_an_unknown_session_is_a_slip_of_the_user(shelf: Any) -> None:
    shelf.session("s", {})
    with pytest.raises(UsageError, match="no session 't' among the 1 found"):
        open_view(shelf.path, "t")


def test_a_damaged_table_costs_only_what_it_holds(shelf: Any, write_video: Any) -> None:
    video = write_video(shelf.media / "a.mkv", sound_s=1.0)
    face = shelf.numbered_face([t / 1000 for t in range(0, 1000, 40)])
    shelf.session("s", {"face": face, **shelf.spoken(["a"])}, video=video, sound=video)
    table = shelf.path / "s" / "face.parquet"
    table.write_bytes(table.read_bytes()[:-8])
    view = shelf.open("s")
    assert view.face is None
    assert [word[2] for word in view.words] == ["a"]
    assert "face.parquet: is not the file" in view.alarms[0]
    assert view.routes()[""]({}) is not None


def test_a_picture_that_does_not_decode_leaves_the_sound(shelf: Any, write_video: Any) -> None:
    sound = write_video(shelf.media / "a.mkv", sound_s=1.0)
    video = shelf.media / "b.mp4"
    video.write_bytes(b"no video at all")
    shelf.session("s", {}, video=video, sound=sound)
    view = shelf.open("s")
    assert view.picture is None
    assert view.alarms[0].startswith("no picture: ")
    sound.write_bytes(b"nor this")
    with pytest.raises(SessionError, match=r"nothing can be shown of it: .*no picture.*no sound"):
        shelf.open("s", force=True)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    body = path.read_bytes()
    with path.open("r+b") as file:
        file.write(bytes(len(body)))


def replaced(path: Path) -> None:
    """Put another file of the same size and time in its place."""
    stat, other = path.stat(), path.with_name("other")
    other.write_bytes(bytes(stat.st_size))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [truncated, overwritten, replaced, Path.unlink])
def test_what_changes_while_it_is_viewed_is_not_shown(
    change: Callable[[Path], None], shelf: Any, serve: Any, write_video: Any
) -> None:
    video = write_video(shelf.media / "a.mkv", sound_s=2.0)
    shelf.session("s", {}, video=video, sound=video)

    def ask(url: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    with serve(shelf.open("s")) as server:
        asked = [server.url + name for name in ("frames?from=0&to=1", "sound.wav")]
        assert [ask(url)[0] for url in asked] == [200, 200]
        change(video)
        said = (409, b"the recording has changed since this page was opened")
        assert [ask(url) for url in asked] == [said, said]
        assert ask(server.url)[0] == 200


def test_sound_that_is_being_sent_ends_where_the_file_changes(shelf: Any, write_video: Any) -> None:
    video = write_video(shelf.media / "a.mkv", sound_s=8.0)
    shelf.session("s", {}, sound=video)
    view = shelf.open("s")
    reply = view.routes()["sound.wav"]({})
    assert reply is not None
    blocks = iter(reply.read(0, reply.size))
    assert next(blocks).startswith(b"RIFF")
    assert len(next(blocks)) > 1000
    video.write_bytes(video.read_bytes())
    with pytest.raises(MediaError, match="has changed since"):
        next(blocks)


def test_a_damaged_record_is_a_damaged_place(shelf: Any, recorded: Path) -> None:
    (shelf.path / "s" / "session.json").write_text("{")
    with pytest.raises(DamagedError, match=r"s: session\.json is damaged"):
        find_media(shelf.path, stored(shelf))
