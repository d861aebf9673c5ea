"""What an archive may hold that is never read: each is named, with the reason."""

import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from depx.errors import ArchiveError
from depx.extract.archives.registry import open_archive
from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.trees import walk

OUT = ["/etc/passwd", "../x.wav", "P/../../x.wav", "C:/x.wav", "c:x.wav", "//host/share/x.wav"]


def names(path: Path) -> set[str]:
    tree = open_archive(path)
    return {file.relative_to(path).as_posix() for each in walk(tree) for file in each.files()}


def left_out(path: Path) -> dict[str, str]:
    return open_archive(path).left_out()


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_of_the_archive_is_never_read(pack, kind: str, name: str) -> None:
    path = pack(f"x.{kind}", {name: b"evil", "P/a.wav": b"a"})
    assert names(path) == {"P/a.wav"}
    assert "leads out of the archive" in left_out(path)[name]
    (session,) = registry.find([path], Wishes()).sessions
    assert "leads out of the archive" in session.others[name]
    assert [line for line in session.warnings if name in line]
    assert session.files["audio"] == path / "P/a.wav"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("P\\a.wav", "a backslash"),
        ("..\\..\\a.wav", "a backslash"),
        (f"P/{'x' * 256}", "255 bytes"),
    ],
)
def test_a_name_that_means_different_things_is_never_read(
    pack, kind: str, name: str, why: str
) -> None:
    path = pack(f"x.{kind}", {name: b"evil", "P/a.wav": b"a"})
    assert names(path) == {"P/a.wav"}
    assert why in left_out(path)[name]


def test_a_zero_byte_in_a_name_hides_nothing(pack, tmp_path: Path) -> None:
    data = pack("x.zip", {"a.wavXexe": b"evil"}).read_bytes()
    (tmp_path / "y.zip").write_bytes(data.replace(b"a.wavX", b"a.wav\0"))
    assert names(tmp_path / "y.zip") == set()
    assert left_out(tmp_path / "y.zip") == {
        "a.wav\\x00exe": "its name has a zero byte; pack the folder anew"
    }


def test_names_of_folders_lead_nowhere(pack, kind: str) -> None:
    if kind == "zip":
        path = pack("x.zip", {"../up/": b"", "P/a.wav": b"a"})
    else:
        folder = tarfile.TarInfo("../up")
        folder.type = tarfile.DIRTYPE
        path = pack.tar(f"x.{kind}", {"P/a.wav": b"a"}, more=[folder])
    assert [tree.path for tree in walk(open_archive(path))] == [path, path / "P"]
    assert len(left_out(path)) == 1


@pytest.mark.parametrize(
    ("type_", "why"),
    [
        (tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a hard link"), (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "a device"), (tarfile.FIFOTYPE, "a pipe"), (b"V", "no regular file"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_of_a_tar_regular_files_are_read_and_nothing_else(
    pack, kind: str, type_: bytes, why: str
) -> None:
    odd = tarfile.TarInfo("P/odd.wav")
    odd.type, odd.linkname = type_, "/etc/passwd"
    path = pack.tar(f"x.{kind}", {"P/a.wav": b"a"}, more=[odd])
    assert names(path) == {"P/a.wav"}
    assert why in left_out(path)["P/odd.wav"]


@pytest.mark.parametrize(("mode", "why"), [(0o120777, "a link"), (0o010644, "no regular file")])
def test_of_a_zip_regular_files_are_read_and_nothing_else(pack, mode: int, why: str) -> None:
    odd = zipfile.ZipInfo("P/odd.wav")
    odd.create_system, odd.external_attr = 3, mode << 16
    path = pack.zip("x.zip", [(odd, b"/etc/passwd"), ("P/a.wav", b"a")])
    assert names(path) == {"P/a.wav"}
    assert why in left_out(path)["P/odd.wav"]


def test_of_two_members_of_one_name_neither_is_read(pack, kind: str) -> None:
    twice = [("P/a.wav", b"one"), ("P//a.wav", b"two"), ("./P/a.wav", b"three"), ("P/b", b"b")]
    path = pack.zip("x.zip", twice) if kind == "zip" else pack.tar(f"x.{kind}", dict(twice))
    assert names(path) == {"P/b"}
    assert "several members have this name" in left_out(path)["P/a.wav"]


def test_a_link_does_not_stand_for_the_file_of_its_name(pack) -> None:
    link = tarfile.TarInfo("P/a.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = pack.tar("x.tar", {"P/a.wav": b"a"}, more=[link])
    assert names(path) == set()


def test_a_file_that_is_a_folder_too_is_never_read(pack, kind: str) -> None:
    path = pack(f"x.{kind}", {"P": b"file", "P/a.wav": b"a"})
    assert names(path) == {"P/a.wav"}
    assert "a file and a folder" in left_out(path)["P"]


def _with_field(path: Path, name: str, offset: int, value: bytes) -> Path:
    """Change a field of a member in the list at the end of a zip (APPNOTE 4.3.12)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(name)] != name.encode():
        at = data.index(b"PK\x01\x02", at + 1)
    data[at + offset : at + offset + len(value)] = value
    path.write_bytes(data)
    return path


def test_an_encrypted_member_is_named(pack) -> None:
    path = pack("x.zip", {"P/a.wav": b"a", "P/b.wav": b"b"})
    _with_field(path, "P/b.wav", 8, struct.pack("<H", 1))
    assert names(path) == {"P/a.wav"}
    assert "encrypted" in left_out(path)["P/b.wav"]


def test_a_method_that_cannot_be_read_is_named(pack) -> None:
    path = pack("x.zip", {"P/a.wav": b"a", "P/b.wav": b"b"})
    _with_field(path, "P/b.wav", 10, struct.pack("<H", 9))  # Windows' for more than 2 GB
    assert names(path) == {"P/a.wav"}
    assert left_out(path)["P/b.wav"].startswith("compressed by method 9 (deflate64)")


def _read(path: Path, name: str) -> bytes:
    with open_archive(path).open(path / name) as file:
        return file.read()


def test_no_more_is_read_than_a_zip_states(pack) -> None:
    path = pack("x.zip", {"P/bomb.wav": bytes(50_000_000)})
    _with_field(path, "P/bomb.wav", 24, struct.pack("<I", 1000))
    with pytest.raises(ArchiveError, match=r"P/bomb.wav: is damaged in x\.zip"):
        _read(path, "P/bomb.wav")


def test_a_zip_that_states_too_much_is_damaged(pack) -> None:
    path = pack("x.zip", {"P/a.wav": b"short"})
    _with_field(path, "P/a.wav", 24, struct.pack("<I", 4_000_000_000))
    with pytest.raises(ArchiveError, match=r"P/a.wav: is damaged in x\.zip"):
        _read(path, "P/a.wav")


def test_real_silence_is_read_however_well_it_compresses(pack, kind: str) -> None:
    assert _read(pack(f"x.{kind}", {"P/a.wav": bytes(20_000_000)}), "P/a.wav") == bytes(20_000_000)


def test_a_header_of_a_tar_takes_no_more_memory_than_a_header(pack) -> None:
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    stream = io.BytesIO(name.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    (pack.folder / "x.tar").write_bytes(stream.getvalue())
    with pytest.raises(ArchiveError, match="cut short or damaged"):
        open_archive(pack.folder / "x.tar")


def test_a_negative_size_ends_in_an_error_and_not_in_a_loop(pack) -> None:
    header = bytearray(tarfile.TarInfo("P/a.wav").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"  # -1024 in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (pack.folder / "x.tar").write_bytes(bytes(header) + bytes(1024))
    with pytest.raises(ArchiveError, match="cut short or damaged"):
        open_archive(pack.folder / "x.tar")


def test_the_messages_of_unreadable_names_are_readable(pack, kind: str) -> None:
    path = pack(f"x.{kind}", {"../\x1b[31m.wav": b"evil", "P/a.wav": b"a"})
    (name,) = left_out(path)
    assert name == "../\\x1b[31m.wav"
