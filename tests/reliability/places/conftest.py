"""A small corpus, its store and its training set, and tools to harm them and to look at them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.cli import main

TRACKS = "face,covarep,words,word_times"
UNREAD = ("AUDIO.wav", "FORMANT.csv", "CLNF_features.txt", "CLNF_features3D.txt")


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


class Places:
    """Sources W, store F, training set D in a folder."""

    tracks = TRACKS

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources, self.store, self.dataset = root / "W", root / "F", root / "D"

    def depx(self, *arguments: object) -> int:
        """Run a command in this process; give its exit code."""
        return depx(*arguments)

    def extract(self, *more: object) -> int:
        """Run the extract that made the store."""
        return depx("extract", self.sources, "-o", self.store, "--tracks", TRACKS, "-q", *more)

    def align(self, *more: object) -> int:
        """Run the align that made the training set: each session has a shard of its own."""
        options = ("--views", "words,frames,turns", "--shard-mb", "0.00001", "-q")
        return depx("align", self.store, "-o", self.dataset, *options, *more)

    def contents(self, place: Path) -> dict[str, bytes]:
        """Read all files of a place but the log."""
        return {str(path.relative_to(place)): path.read_bytes() for path in _files(place)}

    def stamps(self, place: Path) -> dict[str, tuple[int, int]]:
        """Say of each file when it was written, and which it is."""
        return {
            str(path.relative_to(place)): (path.stat().st_mtime_ns, path.stat().st_ino)
            for path in _files(place)
        }

    def rot(self, path: Path, seed: int) -> None:
        """Change one byte, as a disk does: the log believes that the file is as it was."""
        chance = np.random.default_rng(seed)
        content = bytearray(path.read_bytes())
        content[int(chance.integers(len(content)))] ^= 1 << int(chance.integers(8))
        with path.open("r+b") as stream:
            stream.write(content)
        place = self.store if path.is_relative_to(self.store) else self.dataset
        lines = (place / "log.jsonl").read_text().splitlines()
        known = [line for line in lines if '"hashed"' in line and f'"{path}"' in line]
        if known:
            event, stat = json.loads(known[-1]), path.stat()
            event["identity"] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
            with (place / "log.jsonl").open("a") as log:
                log.write(json.dumps(event) + "\n")


def _files(place: Path) -> list[Path]:
    return [
        path for path in sorted(place.rglob("*")) if path.is_file() and path.name != "log.jsonl"
    ]


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Places:
    places = Places(tmp_path_factory.mktemp("places"))
    assert depx("synth", "daic-woz", places.sources, "--sessions", 2, "--minutes", "0.2") == 0
    for path in places.sources.glob("*/*"):
        if path.name.partition("_")[2] in UNREAD:
            path.unlink()
    assert places.extract() == 0
    assert places.align() == 0
    return places


@pytest.fixture
def places(_built: Places, tmp_path: Path) -> Places:
    """A copy of one's own, whose logs name its own paths."""
    for name in ("W", "F", "D"):
        shutil.copytree(_built.root / name, tmp_path / name)
    mine = Places(tmp_path)
    for log in (mine.store / "log.jsonl", mine.dataset / "log.jsonl"):
        text = log.read_text().replace(os.fspath(_built.root), os.fspath(tmp_path))
        log.write_text(text)
    for place in (mine.store, mine.dataset):  # what is trusted is known by its inode
        assert depx("verify", place) == 0
    assert mine.extract() == 0
    assert mine.align() == 0
    return mine


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Give what was printed since it was asked last."""

    def read() -> str:
        printed = capsys.readouterr()
        return printed.out + printed.err

    return read
