"""Links in folders of sessions: which are followed, and which are named."""

from pathlib import Path

import pytest

from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.parts import session_of
from depx.extract.sessions import Session
from depx.extract.trees import Folder, walk


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A source with a session, and a folder elsewhere."""
    (tmp_path / "S" / "P").mkdir(parents=True)
    (tmp_path / "elsewhere" / "more").mkdir(parents=True)
    (tmp_path / "elsewhere" / "a.wav").touch()
    (tmp_path / "elsewhere" / "more" / "b.wav").touch()
    return tmp_path / "S", tmp_path / "elsewhere"


def find(*sources: Path) -> list[Session]:
    return list(registry.find(sources, Wishes(), "folder").sessions)


def test_a_file_that_is_a_link_out_of_the_source_is_not_read(places) -> None:
    source, elsewhere = places
    (source / "P" / "a.wav").symlink_to(elsewhere / "a.wav")
    (source / "P" / "own.wav").touch()
    (session,) = find(source)
    assert session.files["audio"].name == "own.wav"
    assert "a link out of the session" in session.others["a.wav"]
    assert [line for line in session.warnings if line.startswith("a.wav is not read")]


def test_a_session_of_nothing_but_such_links_says_so(places) -> None:
    source, elsewhere = places
    for name in ("a.wav", "b.wav", "c.wav"):
        (source / "P" / name).symlink_to(elsewhere / "a.wav")
    (session,) = find(source / "P")
    assert "holds nothing that is safe to read" in str(session.problem)
    assert "a.wav is not read" in session.warnings[0]
    assert "2 more" in session.warnings[0]


def test_links_within_the_source_are_followed(places) -> None:
    source, _ = places
    (source / "shared.wav").touch()
    (source / "P" / "a.wav").symlink_to("../shared.wav")
    assert Folder(source).folders()[0].files() == [source / "P" / "a.wav"]


def test_a_source_and_a_session_may_be_links(places) -> None:
    source, elsewhere = places
    (elsewhere / "c.wav").symlink_to("a.wav")
    (elsewhere / "a.wav").rename(elsewhere / "z.mp4")
    (elsewhere / "a.wav").touch()
    (source / "Q").symlink_to(elsewhere)
    (elsewhere.parent / "given").symlink_to(source)
    tree = next(
        tree for tree in Folder(elsewhere.parent / "given").folders() if "Q" in tree.path.name
    )
    assert [path.name for path in tree.files()] == ["a.wav", "c.wav", "z.mp4"]
    assert tree.left_out() == {}
    assert [path.name for path in tree.folders()[0].files()] == ["b.wav"]


def test_links_to_nothing_are_named(places) -> None:
    source, _ = places
    (source / "P" / "a.wav").symlink_to("gone.wav")
    (source / "P" / "b.wav").symlink_to("b.wav")
    assert {name: why.split(";")[0] for name, why in Folder(source / "P").left_out().items()} == {
        "a.wav": "a link to nothing",
        "b.wav": "a link to nothing",
    }


def test_a_folder_that_leads_back_is_not_walked_for_ever(places) -> None:
    source, elsewhere = places
    (source / "P" / "up").symlink_to("..")
    (source / "P" / "there").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(source / "P")
    names = [tree.path.relative_to(source).as_posix() for tree in walk(Folder(source))]
    assert names == [".", "P", "P/there", "P/there/more"]
    assert "a link to a folder around it" in Folder(source).folders()[0].left_out()["up"]


def test_links_below_a_session_are_named_where_files_below_it_are_read(places) -> None:
    source, elsewhere = places
    (source / "P" / "features").mkdir()
    (source / "P" / "features" / "of.csv").symlink_to(elsewhere / "a.wav")
    (source / "P" / "deep").mkdir()
    (source / "P" / "deep" / "a.wav").touch()
    tree = Folder(source / "P")
    session = session_of(tree, [source / "P" / "deep" / "a.wav"], Wishes(), name="P")
    assert list(session.others) == ["features/of.csv"]
    assert session.files["audio"].name == "a.wav"


def test_an_archive_may_be_a_link(places) -> None:
    source, elsewhere = places
    (elsewhere / "x.zip").touch()
    (source / "x.zip").symlink_to(elsewhere / "x.zip")
    assert Folder(source).archives() == [source / "x.zip"]
    assert Folder(source).left_out() == {}
