"""What is a URL, what is a path, and what is neither; nothing secret comes back."""

from pathlib import Path

import fsspec
import pytest

from depx.cli import main
from depx.errors import UsageError
from depx.extract.remote.server import Server
from depx.extract.remote.url import Url, shown, url_of, where_of


@pytest.mark.parametrize("text", ["S", "/data/S", "a b/S.zip", "C:/S", "s3:/bucket/S"])
def test_what_has_no_protocol_is_a_path(text: str) -> None:
    assert where_of(text) == Path(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("s3://bucket", "s3://bucket"),
        ("S3://bucket/a/b/", "s3://bucket/a/b"),
        ("s3://bucket/a:b@c", "s3://bucket/a:b@c"),
        ("sftp://me@host:22/data@2", "sftp://me@host:22/data@2"),
        ("http://127.0.0.1:8000/S", "http://127.0.0.1:8000/S"),
        ("hdfs:///data/S", "hdfs:///data/S"),
    ],
)
def test_a_url_keeps_its_slashes(text: str, kept: str) -> None:
    url = where_of(text)
    assert url == Url(kept)
    assert str(url) == kept


def test_a_path_at_a_url_is_shown_as_one() -> None:
    assert shown(url_of("s3://bucket/S").path / "300_P" / "a.wav") == "s3://bucket/S/300_P/a.wav"
    assert shown(Path("/data/S")) == "/data/S"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file:///data/S", "give the path"),
        ("local://data/S", "give the path"),
        ("simplecache::s3://bucket/S", "not chained"),
        ("zip://a.wav::s3://bucket/S.zip", "no place of its own"),
        ("reference://S", "no place of its own"),
        ("s3://bucket/S?versionId=1", "query"),
        ("https://host/S#here", "fragment"),
        ("s3://bucket/../S", "no part empty"),
        ("s3://bucket//S", "no part empty"),
        ("s3://", "no part empty"),
    ],
)
def test_what_is_no_folder_at_a_url_is_refused_in_a_line(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        where_of(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "sftp://eve:pass-word@host/S",
        "s3://KEY:pass-word/with@bucket/S",
        "file://eve:pass-word@host/S",
        "https://eve:pass-word@host/S?token=pass-word",
        "https://host/S?token=pass-word",
        "https://host/S#pass-word",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["extract", text, "-o", str(tmp_path / "F")],
        ["extract", "S", "-o", text],
        ["align", str(tmp_path), "-o", str(tmp_path / "D"), "--publish", text],
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        assert ended.value.code == 2
        assert len(said.err.splitlines()) == 1
        assert "pass-word" not in said.err + said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["extract", "S", "-o", "s3://bucket/F"],
        ["align", "F", "-o", "s3://bucket/D"],
        ["align", "s3://bucket/F", "-o", "D"],
        ["train", "cmg-vs", "F", "-o", "s3://bucket/R"],
        ["train", "cmg-vs", "s3://bucket/F", "-o", "R"],
    ],
)
def test_what_must_lie_on_disk_is_no_url(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "expected a path on disk, got a URL" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_protocol_that_nobody_speaks_is_a_line() -> None:
    with pytest.raises(UsageError, match=r"^nothing://b/S: fsspec knows no such protocol"):
        Server(url_of("nothing://b/S")).connect()


def test_a_protocol_that_needs_a_package_is_a_line() -> None:
    missing = "no_such_package_anywhere.FileSystem"
    fsspec.register_implementation("lacking", missing, errtxt="install no_such_package")
    with pytest.raises(UsageError, match=r"^lacking://b/S: .*not installed.*depx\[cloud\]"):
        Server(url_of("lacking://b/S")).connect()
