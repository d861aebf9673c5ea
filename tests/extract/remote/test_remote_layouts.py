"""A corpus at a URL is found as from disk: the same sessions, files, labels and reasons."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from depx.errors import RemoteError
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.official import sheet_of
from depx.extract.corpora.registry import Discovery, find
from depx.extract.remote.folder import open_remote
from depx.extract.remote.url import Url, Where
from depx.extract.sessions import Session
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA
from depx.extract.trees import walk

Put = Callable[..., Url]

TALK = b"start_time\tstop_time\tspeaker\tvalue\n0.5\t1.0\tParticipant\thello there\n"
DEEP = {("daic-woz", "nested"), ("e-daic", "split"), ("cmdc", "nested"), ("d-vlog", "nested")}
LAYOUTS = [
    pytest.param(corpus, layout, marks=() if (corpus, layout) in DEEP else pytest.mark.slow)
    for corpus, kind in CORPORA.items()
    for layout in kind.layouts
    if layout != "zip"
]


def order(corpus: str, layout: str, minutes: float | None) -> Order:
    return Order(
        corpus=corpus, sessions=2, seed=0, minutes=minutes, signal="face-from-speech",
        layout=layout, daic_ids=False, heavy=False, faults=(),
    )  # fmt: skip


def told(session: Session) -> dict[str, object]:
    """Give all that was found out of a session, but where it lies."""
    inside = {
        part: path.relative_to(session.folder).as_posix() for part, path in session.files.items()
    }
    given = {
        track: [path.relative_to(session.folder).as_posix() for path in file.paths]
        for track, file in session.given.items()
    }
    rest = replace(session, folder=Path(), files={}, given={}, remote=None)
    return {**vars(rest), "files": inside, "given": given}


def found(source: Where, corpus: str = "auto") -> tuple[Discovery, list[str]]:
    lines: list[str] = []
    return find([source], Wishes(notice=lines.append), corpus), lines


def names(url: Url) -> set[str]:
    tree = open_remote(url)
    return {path.relative_to(url.path).as_posix() for each in walk(tree) for path in each.files()}


@pytest.mark.parametrize(("corpus", "layout"), LAYOUTS)
def test_a_corpus_is_the_same_at_a_url(
    corpus: str, layout: str, tmp_path: Path, in_memory: Put
) -> None:
    build(tmp_path / "S", order(corpus, layout, 0.2 if corpus in ("daic-woz", "e-daic") else None))
    (here, lines), (there, remote_lines) = found(tmp_path / "S"), found(in_memory(tmp_path / "S"))
    assert there.corpus is here.corpus
    assert here.corpus.name == corpus
    assert [told(session) for session in there.sessions] == [told(one) for one in here.sessions]
    assert [place.name for place in there.labels] == [place.name for place in here.labels]
    assert sheet_of(there, "none") == sheet_of(here, "none")
    assert [line.replace("memory://corpora", str(tmp_path)) for line in remote_lines] == lines


@pytest.mark.parametrize(
    "files",
    [
        {"a.wav": b"", "t.csv": TALK},
        {"P/a.wav": b"", "Q/a.wav": b"", "loose.wav": b""},
        {"P/a.wav": b"", "P/features/of.csv": b"", "labels.csv": b"session,phq8\nP,3\n"},
        {"deep/P/a.wav": b""},
        {"P/.hidden.wav": b"", "P/a.wav": b"", "__MACOSX/P/._a.wav": b""},
        {"P/depx.json": b"{}", "P/a.wav": b"", "Q/a.wav": b""},
        {"P/a.wav": b"", "P/b.wav": b""},
        {"P/notes.docx": b"x"},
        {"P/a.wav": b"", "P/x.zip": b"PK"},
    ],
)
def test_session_folders_are_the_same_at_a_url(
    files: Mapping[str, bytes], tmp_path: Path, in_memory: Put
) -> None:
    for name, content in files.items():
        (tmp_path / "S" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "S" / name).write_bytes(content)
    (here, lines), (there, remote_lines) = found(tmp_path / "S"), found(in_memory(files))
    assert [told(session) for session in there.sessions] == [told(one) for one in here.sessions]
    assert [line.replace("memory://corpora", str(tmp_path)) for line in remote_lines] == lines


def test_an_archive_at_a_url_is_named_and_not_read(in_memory: Put) -> None:
    _, lines = found(in_memory({"P/a.wav": b"", "x.zip": b"PK"}))
    assert lines == [
        "memory://corpora/S: x.zip inside it is not opened; download and give archives themselves "
        "as SESSIONS"
    ]
    with pytest.raises(RemoteError, match=r"S/x\.zip: is an archive at a URL.*download it"):
        open_remote(Url("memory://corpora/S/x.zip"))


def test_an_archive_that_is_named_after_a_session_is_a_session_that_failed(in_memory: Put) -> None:
    formants = {"300_P/300_AUDIO.wav": b"", "300_P/300_FORMANT.csv": b"500,1500,2500,3500,4500\n"}
    discovery, _ = found(in_memory({**formants, "301_P.zip": b"PK"}))
    assert [session.id for session in discovery.sessions] == ["300", "301"]
    assert discovery.sessions[0].problem is None
    assert "301_P.zip: is an archive at a URL" in str(discovery.sessions[1].problem)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.wav", "leads out of the folder"),
        ("P/../../evil.wav", "leads out of the folder"),
        ("/etc/passwd", "leads out of the folder"),
        ("P\\evil.wav", "a backslash"),
        ("P/x\0.wav", "a zero byte"),
    ],
)
def test_a_name_that_says_no_place_in_the_folder_is_never_read(
    name: str, why: str, in_memory: Put
) -> None:
    url = in_memory({name: b"evil", "P/a.wav": b""})
    assert names(url) == {"P/a.wav"}
    _, lines = found(url)
    assert len(lines) == 1
    assert why in lines[0]
    assert "give it another name there" in lines[0]


@pytest.mark.parametrize("name", ["P//evil.wav", "P/./evil.wav"])
def test_a_name_that_could_be_written_otherwise_is_never_read(name: str, in_memory: Put) -> None:
    url = in_memory({name: b"evil", "P/a.wav": b""})
    assert names(url) == {"P/a.wav"}
    (session,) = found(url)[0].sessions
    assert "an empty part or a dot" in session.others["evil.wav"]
    assert any("evil.wav is not read" in line for line in session.warnings)


def test_a_url_without_anything_is_a_line(in_memory: Put) -> None:
    in_memory({"a.wav": b""})
    with pytest.raises(RemoteError, match=r"^memory://corpora/T: expected a folder with sessions"):
        open_remote(Url("memory://corpora/T"))
    with pytest.raises(RemoteError, match=r"^memory://corpora/S/a\.wav: expected a folder, got"):
        open_remote(Url("memory://corpora/S/a.wav"))


def test_a_session_carries_no_more_than_its_own_files(in_memory: Put) -> None:
    url = in_memory({f"P{n}/a.wav": b"" for n in range(100)} | {"P0/t.csv": TALK})
    sessions = found(url)[0].sessions
    assert [len(session.remote.contents.members) for session in sessions[:2]] == [2, 1]
