"""Archives as folders: what lies in them, how it is read, and what was damaged on the way."""

import gzip
import hashlib
import pickle
import random
import zipfile
from pathlib import Path

import pytest

from depx.errors import ArchiveError
from depx.extract.archives import registry, tars, zips
from depx.extract.archives.base import Holder, sha256_of
from depx.extract.archives.registry import is_archive, listed, open_archive
from depx.extract.trees import walk

BYTES = {name: random.Random(name).randbytes(size) for name, size in
         [("P/a.wav", 300_000), ("P/b.csv", 70), ("P/sub/c.bin", 512), ("P/sub/d.bin", 65_536),
          ("P/sub/e.bin", 65_537), ("P/empty.txt", 0)]}  # fmt: skip


def everything(path: Path) -> dict[str, bytes]:
    """Read all files of an archive through its folders."""
    found = {}
    for tree in walk(open_archive(path)):
        for file in tree.files():
            with tree.open(file) as stream:
                found[file.relative_to(path).as_posix()] = stream.read()
    return found


def test_an_archive_holds_what_was_packed(pack, kind: str) -> None:
    assert everything(pack(f"x.{kind}", BYTES)) == BYTES


def test_a_folder_in_an_archive_is_like_one_on_disk(pack, kind: str) -> None:
    path = pack(f"x.{kind}", {"P/b": b"", "P/a": b"", "Q/z/deep": b"", "top": b""})
    root = open_archive(path)
    assert (root.path, root.archive) == (path, path)
    assert root.files() == [path / "top"]
    assert [tree.path for tree in root.folders()] == [path / "P", path / "Q"]
    assert root.folders()[0].files() == [path / "P/a", path / "P/b"]
    assert root.folders()[1].files() == []
    assert root.folders()[1].folders()[0].archive == path


def test_what_nobody_means_is_not_there(pack, kind: str) -> None:
    hidden = {"__MACOSX/P/._a": b"x", "P/.DS_Store": b"x", "P/._a": b"x", ".git/config": b"x"}
    tree = open_archive(pack(f"x.{kind}", {**hidden, "./P//a": b"a", "store/depx.json": b"{}"}))
    assert [folder.path.name for folder in tree.folders()] == ["P"]
    assert [path.name for path in tree.folders()[0].files()] == ["a"]
    assert tree.left_out() == {}


def test_an_archive_in_an_archive_is_no_archive_of_it(pack, kind: str) -> None:
    tree = open_archive(pack(f"x.{kind}", {"P/inner.zip": b"PK\x03\x04"}))
    assert [folder.archives() for folder in walk(tree)] == [[], []]


def test_the_kind_is_told_by_content(pack, tmp_path: Path) -> None:
    for kind in ("zip", "tar", "tar.gz"):
        path = pack(f"x.{kind}", {"P/a": b"a"}).rename(tmp_path / f"named-{kind}-otherwise")
        assert is_archive(path)
        assert everything(path) == {"P/a": b"a"}
    for name, content in {
        "a.wav": b"RIFF" + bytes(600), "table.csv.gz": gzip.compress(b"a,b\n" * 300),
        "empty.zip": b"", "login.zip": b"<html>" * 200, "zeros.tar": bytes(2048),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert not is_archive(tmp_path / name)
        with pytest.raises(ArchiveError, match=f"{name}: is no zip, tar or tar.gz archive"):
            open_archive(tmp_path / name)


def test_a_tar_whose_last_file_is_a_zip_is_a_tar(pack) -> None:
    inner = pack("inner.zip", {"evil": b"x"}).read_bytes()
    assert everything(pack("x.tar", {"a.zip": inner})) == {"a.zip": inner}


def test_names_of_zips_are_read_as_utf_8_and_else_as_dos_wrote_them(pack, tmp_path: Path) -> None:
    for name, raw in {"Gespräch": "Gespräch".encode(), "für": "für".encode("cp437")}.items():
        placeholder = "x" * len(raw)
        data = pack("x.zip", {placeholder: b"a"}).read_bytes()
        (tmp_path / "y.zip").write_bytes(data.replace(placeholder.encode(), raw))
        assert everything(tmp_path / "y.zip") == {name: b"a"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED])
def test_zips_of_other_methods_are_read(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as archive:
        for name, content in BYTES.items():
            archive.writestr(name, content)
    assert everything(tmp_path / "x.zip") == BYTES


def test_members_come_in_one_pass_also_in_another_process(pack, kind: str) -> None:
    archive: Holder = listed(pack(f"x.{kind}", BYTES))
    sent = pickle.loads(pickle.dumps(archive))
    wanted = ["P/sub/e.bin", "P/a.wav", "P/empty.txt"]
    assert {name: file.read() for name, file in sent.each(wanted)} == {
        name: BYTES[name] for name in wanted
    }


def test_hashes_are_those_of_the_content(pack, kind: str) -> None:
    archive = listed(pack(f"x.{kind}", BYTES))
    assert {name: sha256_of(archive, name) for name in archive.contents.members} == {
        name: hashlib.sha256(content).hexdigest() for name, content in BYTES.items()
    }


def test_a_gzipped_tar_is_run_through_once_for_all_heads(
    pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    stream = tars.Tar.stream
    monkeypatch.setattr(tars.Tar, "stream", lambda tar: passes.append(tar) or stream(tar))
    path = pack("x.tar.gz", BYTES)
    for _ in range(2):
        tree = open_archive(path).folders()[0]
        for file in tree.files():
            with tree.open(file) as opened:
                assert opened.read(65_536) == BYTES[f"P/{file.name}"][:65_536]
    assert len(passes) == 1


def test_beginnings_are_kept_while_there_is_room(pack, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.forget_heads()
    heads = sum(min(len(content), 65_536) for content in BYTES.values())
    monkeypatch.setattr(registry, "WARM_BYTES", 2 * heads)
    paths = [pack(f"{number}.tar.gz", BYTES) for number in range(4)]
    trees = [open_archive(path) for path in paths]
    assert [tree.holder.heads_bytes for tree in trees] == [0, 0, heads, heads]
    assert [everything(path) for path in paths] == [BYTES] * len(paths)
    registry.forget_heads()
    assert [tree.holder.heads for tree in trees] == [{}] * 4
    assert [everything(path) for path in paths] == [BYTES] * len(paths)


def test_a_changed_archive_is_listed_anew(pack, kind: str) -> None:
    path = pack(f"x.{kind}", {"P/a": b"a"})
    assert everything(path) == {"P/a": b"a"}
    assert everything(pack(f"x.{kind}", {"P/b": b"other"})) == {"P/b": b"other"}


def test_a_truncated_archive_is_refused_in_one_line(pack, kind: str, tmp_path: Path) -> None:
    data = pack(f"x.{kind}", BYTES).read_bytes()
    whole = len(data) - 10_240 if kind == "tar" else len(data)  # zeros behind the last file
    for share in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / f"y.{kind}").write_bytes(data[: int(share * whole)])
        with pytest.raises(ArchiveError, match=r"(cut short or )?damaged.*again") as refused:
            everything(tmp_path / f"y.{kind}")
        assert "\n" not in str(refused.value)


def test_a_tar_without_its_end_mark_is_told_of(pack) -> None:
    path = pack("x.tar", {"P/a": bytes(512)})
    path.write_bytes(path.read_bytes()[:1024])
    tree = open_archive(path)
    assert everything(path) == {"P/a": bytes(512)}
    assert "without an end mark" in tree.left_out()["x.tar"]


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_a_damaged_header_is_not_taken_for_the_end_of_a_tar(pack, kind: str) -> None:
    path = pack(f"x.{kind}", {"a": b"a", "b": b"b"})
    data = path.read_bytes() if kind == "tar" else gzip.decompress(path.read_bytes())
    broken = data[:1024] + b"?" * 512 + data[1536:]
    path.write_bytes(broken if kind == "tar" else gzip.compress(broken))
    with pytest.raises(ArchiveError, match="a header: is damaged"):
        open_archive(path)


def test_content_of_another_checksum_is_refused(pack, tmp_path: Path) -> None:
    content = random.Random(0).randbytes(200_000)  # does not compress: it stands as it is
    for kind in ("zip", "tar.gz"):
        data = bytearray(pack(f"x.{kind}", {"P/a.wav": content}).read_bytes())
        data[len(data) // 2] ^= 0xFF
        (tmp_path / f"y.{kind}").write_bytes(data)
        with pytest.raises(ArchiveError, match=r"damaged.*again"):
            everything(tmp_path / f"y.{kind}")


def test_whatever_byte_is_wrong_it_is_one_line_or_the_same_bytes(pack, kind: str) -> None:
    files = {"P/a.csv": b"start,stop\n" * 40, "P/b": b"b" * 700}
    path = pack(f"x.{kind}", files)
    data, chance = path.read_bytes(), random.Random(0)
    told = []
    for number in range(400):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0xFF))
        other = path.with_name(f"{number}.{kind}")
        other.write_bytes(changed)
        try:
            found = everything(other)
        except ArchiveError as error:
            told.append(str(error))
        else:
            if kind != "tar":  # whose content has no checksum
                assert all(content in files.values() for content in found.values())
    assert told
    assert not any("\n" in line for line in told)


def test_a_zip_is_listed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", b"one")
    listings: list[Path] = []
    read = zips.read
    monkeypatch.setattr(zips, "read", lambda path: listings.append(path) or read(path))
    first, second = listed(path), listed(path)
    assert len(listings) == 1
    assert first.open("a.txt").read() == second.open("a.txt").read() == b"one"
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("b.txt", b"two")
    assert listed(path).open("b.txt").read() == b"two"
    assert len(listings) == 2
