"""Sessions from a web server: read page by page, with ranges or without them."""

import os
import shutil
from pathlib import Path

import pytest

from depx.errors import RemoteError
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import find
from depx.extract.remote import server as serving
from depx.extract.remote.folder import Remote, open_remote
from depx.extract.remote.url import Url
from depx.extract.run import extract
from depx.extract.settings import parse


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "WAITS_S", (0.01, 0.01))


def content(remote: Remote, name: str) -> bytes:
    ((_, data),) = ((name, file.read()) for name, file in remote.each([name]))
    return data


def test_sessions_of_a_web_server_are_those_of_its_folder(
    web, sessions: Path, tmp_path: Path
) -> None:
    stores = []
    for source, name in ((sessions, "F"), (web.url, "U")):
        settings = parse(("words", "vad"), {})
        extract([source], tmp_path / name, settings, lambda _outcome: None, lambda _line: None)
        paths = sorted((tmp_path / name).glob("*/*.parquet"))
        stores.append([path.read_bytes() for path in paths])
    assert len(stores[0]) == 4
    assert stores[0] == stores[1]


def test_names_are_read_as_they_are_meant(web, tmp_path: Path) -> None:
    for name in ("P 1/a & b.wav", "Pä/50%.wav", "Q+#/c?.wav"):
        (tmp_path / "S" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "S" / name).write_bytes(name.encode())
    remote = open_remote(web.url).remote
    assert set(remote.contents.members) == {"P 1/a & b.wav", "Pä/50%.wav", "Q+#/c?.wav"}
    for name in remote.contents.members:
        assert content(remote, name) == name.encode()
    found = find([web.url], Wishes()).sessions
    assert [session.id for session in found] == ["P 1", "Pä", "Q+#"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_is_lost_in_a_file_is_taken_up_again(
    web, tmp_path: Path, ranges: bool
) -> None:
    data = os.urandom(300_000)
    (tmp_path / "S" / "P").mkdir(parents=True)
    (tmp_path / "S" / "P" / "a.wav").write_bytes(data)
    web.ranges = ranges
    remote = open_remote(web.url).remote
    web.lost["a.wav"] = 123_456
    web.asked.clear()
    assert content(remote, "P/a.wav") == data
    assert web.asked.count("a.wav") == 2


def test_a_connection_that_is_always_lost_is_a_line(web, tmp_path: Path) -> None:
    (tmp_path / "S" / "P").mkdir(parents=True)
    (tmp_path / "S" / "P" / "a.wav").write_bytes(bytes(300_000))
    remote = open_remote(web.url).remote

    class Always(dict[str, int]):
        def pop(self, *_: object) -> int:
            return 10

    web.lost, web.ranges = Always(), False
    with pytest.raises(RemoteError, match=r"^P/a\.wav: (cannot be reached|has changed)"):
        content(remote, "P/a.wav")


def test_a_file_that_is_forbidden_costs_its_session_and_no_other(web, sessions: Path) -> None:
    web.forbidden.add("t.csv")
    shutil.copy(sessions / "one" / "t.csv", sessions / "one" / "words.csv")
    (sessions / "one" / "t.csv").unlink()
    one, two = find([web.url], Wishes(), "folder").sessions
    assert one.problem is None
    assert "two/t.csv: no permission" in str(two.problem)


def test_a_folder_that_is_forbidden_or_shows_no_links_is_a_line(web, tmp_path: Path) -> None:
    (tmp_path / "S").mkdir()
    with pytest.raises(RemoteError, match=r"lists no files; its server must show folders as pages"):
        open_remote(web.url)
    web.forbidden.add("S")
    with pytest.raises(RemoteError, match=r"no permission"):
        open_remote(web.url)
    with pytest.raises(RemoteError, match=r"is not there"):
        open_remote(Url(f"{web.url}/none"))


def test_links_that_lead_elsewhere_are_not_followed(web, tmp_path: Path) -> None:
    (tmp_path / "S" / "P").mkdir(parents=True)
    (tmp_path / "S" / "P" / "a.wav").write_bytes(b"a")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "b.wav").write_bytes(b"b")
    links = ("P/", "/secret/", "../secret/", "?C=N;O=D", "P/../../secret/b.wav", "#top", "/S/")
    page = "".join(f'<a href="{link}">{link}</a>\n' for link in links)
    (tmp_path / "S" / "index.html").write_text(f"<html><body>{page}</body></html>")
    remote = open_remote(web.url).remote
    assert set(remote.contents.members) == {"P/a.wav"}
    assert {"secret", "b.wav"} & set(web.asked) == set()
