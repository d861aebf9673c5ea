"""Which sessions an archive of the generic layout holds, and their names."""

from pathlib import Path

import pytest

from depx.errors import UsageError
from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.run import extract
from depx.extract.sessions import Session
from depx.extract.settings import parse

DAIC = b"start_time\tstop_time\tspeaker\tvalue\n0.5\t1.0\tParticipant\thello there\n"


def find(*sources: Path, corpus: str = "folder") -> list[Session]:
    return list(registry.find(sources, Wishes(), corpus).sessions)


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["a.wav", "t.csv"], ["x"]),  # the archive's own name
        (["P/a.wav", "P/t.csv"], ["P"]),
        (["P/a.wav", "Q/a.wav"], ["P", "Q"]),
        (["P/P/a.wav"], ["P"]),
        (["data/P/a.wav", "data/Q/a.wav"], ["P", "Q"]),
        (["P/a.wav", "P/features/of.csv"], ["P"]),
        (["__MACOSX/P/._a.wav", "P/a.wav"], ["P"]),
    ],
)
def test_sessions_of_an_archive(pack, kind: str, names: list[str], ids: list[str]) -> None:
    path = pack(f"x.{kind}", {name: DAIC if name.endswith("csv") else b"" for name in names})
    sessions = find(path)
    assert [session.id for session in sessions] == ids
    assert {session.archive for session in sessions} == {path}
    assert {session.problem for session in sessions} == {None}
    for session in sessions:
        assert session.files["audio"] == session.folder / "a.wav"


def test_a_transcript_in_an_archive_is_told_by_content(pack, kind: str) -> None:
    (session,) = find(pack(f"x.{kind}", {"P/anything.txt": DAIC, "P/labels.csv": b"session,y\n"}))
    assert session.files["transcript"].name == "anything.txt"
    assert session.transcript_format == "DAIC-WOZ table"


def test_the_name_of_an_archive_is_told_without_its_kind(pack) -> None:
    for name in ("300_P.zip", "301_P.tar.gz", "302_P.TGZ", "303.x.tar"):
        path = pack(name.lower(), {"a.wav": b""}).rename(pack.folder / name)
        (session,) = find(path)
        assert session.id in ("300_P", "301_P", "302_P", "303.x")


def test_an_archive_without_anything_usable_is_a_session_with_a_problem(pack, kind: str) -> None:
    (session,) = find(pack(f"x.{kind}", {"P/notes.docx": b"x"}))
    assert "expected a video" in str(session.problem)


def test_archives_in_a_folder_are_told_of_and_not_opened(pack) -> None:
    (pack.folder / "one").mkdir()
    (pack.folder / "one" / "a.wav").touch()
    pack("two.zip", {"a.wav": b""})
    pack("three.tar.gz", {"a.wav": b""})
    told: list[str] = []
    found = registry.find([pack.folder], Wishes(notice=told.append), "folder")
    assert [session.id for session in found.sessions] == ["one"]
    (line,) = told
    assert "three.tar.gz and 1 more inside it is not opened" in line


def test_a_folder_and_an_archive_of_the_same_session_are_one_problem(pack) -> None:
    (pack.folder / "P").mkdir()
    (pack.folder / "P" / "a.wav").touch()
    (clash,) = find(pack.folder / "P", pack("P.zip", {"a.wav": b""}))
    assert "two folders have this name" in str(clash.problem)


def test_an_archive_that_is_none_is_named(pack) -> None:
    (pack.folder / "300_P.zip").write_bytes(b"<html>log in</html>")
    (session,) = find(pack.folder / "300_P.zip")
    assert session.id == "300_P"
    assert "is no zip, tar or tar.gz archive" in str(session.problem)
    (pack.folder / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(UsageError, match="got a file that is neither"):
        find(pack.folder / "a.wav")


def test_a_store_is_never_made_in_an_archive(pack) -> None:
    path = pack("x.zip", {"a.wav": b""})
    before = path.read_bytes()
    quiet = (lambda _outcome: None, lambda _line: None)
    for store in (path, path / "F"):
        with pytest.raises(Exception, match="lies inside session 'x'"):
            extract([path], store, parse(("vad",), {}), *quiet)
    assert path.read_bytes() == before
