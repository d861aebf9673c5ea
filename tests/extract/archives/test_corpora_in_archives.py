"""Corpora that lie on disk as they were downloaded, an archive a session."""

import tarfile
from pathlib import Path

import pytest

from depx.errors import ArchiveError
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import find

DAIC = b"start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tEllie\thi\n3.0\t4.0\tParticipant\tyes\n"
EDAIC = b"Start_Time,End_Time,Text,Confidence\n1.0,2.0,well yes,0.9\n"
FORMANT = b"500,1500,2500,3500,4500\n" * 3


def session(number: str, folder: str = "") -> dict[str, bytes]:
    return {
        f"{folder}{number}_AUDIO.wav": b"",
        f"{folder}{number}_TRANSCRIPT.csv": DAIC,
        f"{folder}{number}_FORMANT.csv": FORMANT,
    }


def test_zips_of_daic_woz_are_its_sessions(pack) -> None:
    for number, folder in (
        ("300", ""),
        ("301", "301_P/"),
        ("302", "302/"),
        ("303", "303_P/303_P/"),
    ):
        pack(f"{number}_P.zip", session(number, folder))
    found = find([pack.folder], Wishes())
    assert found.corpus.name == "daic-woz"
    assert [each.id for each in found.sessions] == ["300", "301", "302", "303"]
    for each in found.sessions:
        assert (each.problem, each.archive) == (None, pack.folder / f"{each.id}_P.zip")
        assert set(each.files) == {"audio", "transcript"}
        assert set(each.given) == {"formant"}


@pytest.mark.parametrize("ahead", ["600_P/", "data/600_P/", "600_P/600_P/", "train/600_P/"])
def test_tars_of_e_daic_are_its_sessions(pack, ahead: str) -> None:
    files = {"600_AUDIO.wav": b"", "600_Transcript.csv": EDAIC, "features/600_densenet201.csv": b""}
    pack("600_P.tar.gz", {f"{ahead}{name}": content for name, content in files.items()})
    found = find([pack.folder], Wishes())
    assert found.corpus.name == "e-daic"
    (each,) = found.sessions
    assert (each.id, each.problem) == ("600", None)
    assert set(each.files) == {"audio", "transcript"}


def test_an_archive_that_is_cut_short_costs_its_session(pack) -> None:
    pack("300_P.zip", session("300"))
    cut = pack("301_P.zip", session("301"))
    cut.write_bytes(cut.read_bytes()[:-30])
    one, two = find([pack.folder], Wishes()).sessions
    assert (one.id, one.problem) == ("300", None)
    assert (two.id, two.participant, two.folder) == ("301", "daic-301", cut)
    assert "cut short or damaged" in str(two.problem)
    assert [each.id for each in find([cut, pack.folder / "300_P.zip"], Wishes()).sessions] == [
        "300",
        "301",
    ]
    with pytest.raises(ArchiveError, match="cut short or damaged"):
        find([cut], Wishes())


def test_an_archive_that_is_cut_short_is_not_missed_beside_its_folder(pack) -> None:
    pack("300_P.zip", session("300")).rename(pack.folder / "whole")
    (pack.folder / "300_P.zip").write_bytes((pack.folder / "whole").read_bytes()[:-30])
    (pack.folder / "300_P").mkdir()
    for name, content in session("300").items():
        (pack.folder / "300_P" / name).write_bytes(content)
    (each,) = find([pack.folder], Wishes()).sessions
    assert each.problem is None
    assert each.others["300_P.zip"].startswith("300_P goes before it")


@pytest.mark.parametrize("corpus", ["auto", "folder", "daic-woz"])
def test_a_damaged_file_costs_its_session_and_no_other(pack, corpus: str) -> None:
    pack("x.zip", {**session("300", "300_P/"), **session("301", "301_P/")})
    path = pack.folder / "x.zip"
    data = bytearray(path.read_bytes())
    data[data.index(b"301_TRANSCRIPT.csv") + 30] ^= 0xFF
    path.write_bytes(data)
    one, two = find([path], Wishes(), corpus).sessions
    assert one.problem is None
    assert "301_TRANSCRIPT.csv: is damaged in x.zip" in str(two.problem)


def test_tricks_in_the_archive_of_a_session_are_named_once(pack) -> None:
    link = tarfile.TarInfo("300_P/300_COVAREP.csv")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    out = tarfile.TarInfo("../../300_CLNF_AUs.txt")
    out.size = 0
    pack.tar("300_P.tar.gz", session("300", "300_P/"), more=[link, out])
    (each,) = find([pack.folder], Wishes()).sessions
    assert list(each.others) == ["300_P/300_COVAREP.csv", "../../300_CLNF_AUs.txt"]
    assert each.problem is None
    assert [line for line in each.warnings if "300_COVAREP.csv is not read: a link" in line]


def test_a_link_among_features_is_named_by_its_path(tmp_path: Path) -> None:
    place = tmp_path / "300_P" / "features"
    place.mkdir(parents=True)
    for name, content in session("300").items():
        (place.parent / name).write_bytes(content)
    (tmp_path / "elsewhere.csv").write_bytes(FORMANT)
    (place / "300_COVAREP.csv").symlink_to(tmp_path / "elsewhere.csv")
    (each,) = find([place.parent], Wishes()).sessions
    assert list(each.others) == ["features/300_COVAREP.csv"]
