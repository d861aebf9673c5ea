"""Faults lie where they are said to, one a session, and nothing else changes."""

import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from depx.errors import UsageError
from depx.extract.synth.corpora.faults import NEEDS, chosen
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA, FAULTS


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, order: Callable[..., Order]
) -> tuple[Path, Path]:
    """The same sixteen sessions, whole and with every fault."""
    root = tmp_path_factory.mktemp("faults")
    plain = order("daic-woz", sessions=16, minutes=0.7, heavy=True)
    faults = chosen(["all"], "daic-woz", heavy=True)
    build(root / "whole", plain)
    build(root / "hurt", order("daic-woz", sessions=16, minutes=0.7, heavy=True, faults=faults))
    return root / "whole", root / "hurt"


def where(folder: Path) -> dict[str, str]:
    return json.loads((folder / "truth.json").read_text())["faults"]


def changed(pair: tuple[Path, Path], unit: str) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Files of a session that differ: name -> whole, hurt."""
    content = []
    for folder in pair:
        paths = [p for p in (folder / f"{unit}_P").rglob("*") if p.is_file() and not p.is_symlink()]
        content.append({path.name: path.read_bytes() for path in paths})
    whole, hurt = content
    names = whole.keys() | hurt.keys()
    return {n: (whole.get(n), hurt.get(n)) for n in names if whole.get(n) != hurt.get(n)}


def test_every_fault_is_in_a_session_of_its_own(pair: tuple[Path, Path]) -> None:
    faults = where(pair[1])
    assert set(faults) == set(FAULTS)
    assert len(set(faults.values())) == len(faults) == 16
    assert where(pair[0]) == {}


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("truncated-sound", "AUDIO.wav"),
        ("truncated-table", "CLNF_AUs.txt"),
        ("truncated-hog", "CLNF_hog.bin"),
    ],
)
def test_a_truncated_file_is_the_beginning_of_the_whole_one(
    pair: tuple[Path, Path], fault: str, name: str
) -> None:
    unit = where(pair[1])[fault]
    ((found, (whole, hurt)),) = changed(pair, unit).items()
    assert found == f"{unit}_{name}"
    assert whole.startswith(hurt)
    assert 0 < len(hurt) < len(whole)
    if fault == "truncated-hog":
        assert len(hurt) % 17_872
    if fault == "truncated-table":
        assert hurt[-1:] == b"."


def test_text_faults_change_the_transcript_alone(pair: tuple[Path, Path]) -> None:
    expected = {
        "crlf": lambda whole: whole.replace(b"\n", b"\r\n"),
        "bom": lambda whole: b"\xef\xbb\xbf" + whole,
        "empty-file": lambda _whole: b"",
    }
    for fault, change in expected.items():
        unit = where(pair[1])[fault]
        ((name, (whole, hurt)),) = changed(pair, unit).items()
        assert name == f"{unit}_TRANSCRIPT.csv"
        assert hurt == change(whole)
    unit = where(pair[1])["cp1252"]
    ((name, (whole, hurt)),) = changed(pair, unit).items()
    assert hurt.replace(b"\x92s", b"") == whole
    with pytest.raises(UnicodeDecodeError):
        hurt.decode()
    unit = where(pair[1])["appledouble"]
    ((name, (_, hurt)),) = changed(pair, unit).items()
    assert name == f"{unit}_TRANSCRIPT.csv"
    assert hurt[:4] == bytes([0, 5, 0x16, 7])


def test_frames_are_doubled_and_times_swapped(pair: tuple[Path, Path]) -> None:
    for fault in ("duplicate-frame", "backward-time"):
        unit = where(pair[1])[fault]
        ((name, _),) = changed(pair, unit).items()
        assert name == f"{unit}_CLNF_AUs.txt"
        whole, hurt = (
            pd.read_csv(folder / f"{unit}_P" / name, skipinitialspace=True) for folder in pair
        )
        if fault == "duplicate-frame":
            assert hurt.frame.duplicated().sum() == 1
            assert hurt.drop_duplicates().reset_index(drop=True).equals(whole)
        else:
            assert not hurt.timestamp.is_monotonic_increasing
            assert sorted(hurt.timestamp) == list(whole.timestamp)
            assert hurt.drop(columns="timestamp").equals(whole.drop(columns="timestamp"))


def test_files_are_missing_misnamed_or_too_many(pair: tuple[Path, Path]) -> None:
    faults = where(pair[1])
    unit = faults["missing-file"]
    ((name, (_, hurt)),) = changed(pair, unit).items()
    assert (name, hurt) == (f"{unit}_AUDIO.wav", None)
    unit = faults["wrong-id"]
    renamed = changed(pair, unit)
    assert set(renamed) == {f"{unit}_TRANSCRIPT.csv", f"{int(unit) + 1}_TRANSCRIPT.csv"}
    unit = faults["dot-underscore"]
    assert all(n.startswith("._") and w is None for n, (w, _) in changed(pair, unit).items())
    unit = faults["empty-parquet"]
    assert changed(pair, unit) == {f"{unit}_features.parquet": (None, b"")}


def test_a_link_leads_out_of_the_corpus(pair: tuple[Path, Path]) -> None:
    unit = where(pair[1])["symlink"]
    link = pair[1] / f"{unit}_P" / f"{unit}_TRANSCRIPT.csv"
    assert link.is_symlink()
    target = (link.parent / link.readlink()).resolve()
    assert target == (pair[1].parent / "outside.txt").resolve()


def test_zip_slip_is_an_archive_with_a_path_that_climbs(pair: tuple[Path, Path]) -> None:
    unit = where(pair[1])["zip-slip"]
    assert not (pair[1] / f"{unit}_P").exists()
    with zipfile.ZipFile(pair[1] / f"{unit}_P.zip") as archive:
        assert sum(".." in name for name in archive.namelist()) == 1
        own = archive.read(f"{unit}_P/{unit}_TRANSCRIPT.csv")
    assert own == (pair[0] / f"{unit}_P" / f"{unit}_TRANSCRIPT.csv").read_bytes()


def test_e_daic_packs_its_slip_as_tar(tmp_path: Path, order: Callable[..., Order]) -> None:
    build(tmp_path, order("e-daic", sessions=1, minutes=0.7, faults=("zip-slip",)))
    with tarfile.open(tmp_path / "data" / "900_P.tar.gz") as archive:
        assert [name for name in archive.getnames() if ".." in name] == ["900_P/../../outside.txt"]


@pytest.mark.parametrize(
    "corpus", ["cmdc", "d-vlog", pytest.param("avec2014", marks=pytest.mark.slow)]
)
def test_other_corpora_take_every_fault_that_they_can_have(
    corpus: str, tmp_path: Path, order: Callable[..., Order]
) -> None:
    faults = chosen(["all"], corpus, heavy=False)
    without = {fault for fault in FAULTS if fault not in NEEDS}
    assert without < set(faults) < set(FAULTS)
    built = build(tmp_path, order(corpus, sessions=len(faults) + 1, minutes=0.1, faults=faults))
    assert set(built.faults) == set(faults)


def test_what_cannot_be_put_in_is_refused(tmp_path: Path, order: Callable[..., Order]) -> None:
    with pytest.raises(UsageError, match="expected all or of truncated-sound"):
        chosen(["rust"], "daic-woz", heavy=False)
    with pytest.raises(UsageError, match="truncated-hog in daic-woz needs --heavy"):
        chosen(["truncated-hog"], "daic-woz", heavy=False)
    with pytest.raises(UsageError, match="crlf in d-vlog needs another corpus"):
        chosen(["crlf"], "d-vlog", heavy=False)
    with pytest.raises(UsageError, match="3 faults need as many sessions, got 2"):
        build(tmp_path / "x", order("daic-woz", sessions=2, faults=("bom", "crlf", "cp1252")))
    assert not (tmp_path / "x").exists()


def test_each_corpus_has_a_menu_of_faults() -> None:
    for corpus in CORPORA:
        assert "missing-file" in chosen(["all"], corpus, heavy=False)
