"""A small store with recordings, its view served, and a browser's tab that is spoken to."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.extract.store import tables
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest, Record
from depx.extract.store.place import found_store
from depx.extract.viewing.server import Server
from depx.extract.viewing.view import View, open_view
from depx.features.columns import FACE
from depx.features.extractor import Table
from depx.features.track import Source, Track
from depx.features.words import Kind, Role, Timing, Turn, Word, WordTime


def numbered_face(time_s: Sequence[float], *, lost: Sequence[int] = ()) -> Track:
    """A face whose landmarks say which frame they are of: its number, in px, in ``x_30``."""
    names = [column.name for column in FACE]
    value_FC = np.zeros((len(time_s), len(FACE)), np.float32)
    number_F = np.arange(len(time_s), dtype=np.float32)
    for point in range(68):
        value_FC[:, names.index(f"x_{point}")] = number_F if point == 30 else 20 + point % 10
        value_FC[:, names.index(f"y_{point}")] = 10 + point % 20
    value_FC[:, names.index("gaze_0_z")] = value_FC[:, names.index("gaze_1_z")] = -1
    value_FC[:, names.index("AU12_r")] = 2.5
    valid_F = np.ones(len(time_s), np.bool_)
    valid_F[list(lost)] = False
    value_FC[~valid_F] = np.nan
    return Track(
        time_s=np.asarray(time_s, np.float64),
        value_FC=value_FC,
        columns=FACE,
        valid_F=valid_F,
        rate_hz=25.0,
    )


def spoken(texts: Sequence[str], *, each_s: float = 0.5) -> dict[str, Table]:
    """Words one after the other, of both roles in turn."""
    roles = (Role.INTERVIEWER, Role.PARTICIPANT)
    turns = [
        Turn(
            index=n,
            speaker=str(roles[n % 2]),
            role=roles[n % 2],
            start_s=n * each_s,
            stop_s=(n + 1) * each_s,
            words=(
                Word(
                    text=text,
                    raw=text,
                    kind=Kind.WORD,
                    speaker=str(roles[n % 2]),
                    role=roles[n % 2],
                    turn=n,
                ),
            ),
        )
        for n, text in enumerate(texts)
    ]
    times = [
        WordTime(
            word=n,
            method=Timing.FORCED,
            start_s=n * each_s,
            stop_s=(n + 0.8) * each_s,
            confidence=0.9,
        )
        for n in range(len(texts))
    ]
    return {"words": tuple(turns), "word_times": tuple(times)}


class Shelf:
    """A store whose sessions have recordings in `media`."""

    numbered_face = staticmethod(numbered_face)
    spoken = staticmethod(spoken)

    def __init__(self, folder: Path) -> None:
        self.path, self.media = folder / "store", folder / "media"
        self.media.mkdir()
        found_store(self.path, corpus="folder")

    def session(
        self,
        name: str,
        made: Mapping[str, Table],
        *,
        video: Path | None = None,
        sound: Path | None = None,
        **identity: Any,
    ) -> None:
        folder = self.path / name
        folder.mkdir()
        files = {"video": video, "audio": sound}
        inputs = {
            part: {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_file(path)}
            for part, path in files.items()
            if path is not None
        }
        who = {
            "session": name, "case": name, "participant": name, "corpus": "folder",
            "inputs": inputs, **identity,
        }  # fmt: skip
        with locked(folder) as lease:
            manifest = Manifest(folder, who, lease)
            manifest.save()
            for track, table in made.items():
                written = folder / f".{track}"
                rows = tables.write(table, written, {"track": track})
                record = Record(
                    key=digest([name, track]),
                    kind=tables.kind_of(table),
                    rows=rows,
                    bytes=written.stat().st_size,
                    sha256=sha256_file(written),
                    source=Source(extractor=track, version="1", parameters={}),
                    input=None,
                )
                manifest.publish(track, written, record)
            manifest.save()

    def open(self, name: str, *, force: bool = False) -> View:
        return open_view(self.path, name, folder=self.media, force=force)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@contextmanager
def _served(view: View) -> Iterator[Server]:
    with Server(view.routes()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def serve() -> Callable[[View], Any]:
    """Serve a view while a block runs."""
    return _served


@pytest.fixture
def tab(tab: Callable[..., Any]) -> Callable[..., Any]:
    """Open tabs and wait until their page is ready."""

    def ready(url: str, **options: Any) -> Any:
        page = tab(url, **options)
        page.until("document.body && document.body.dataset.ready === 'yes'")
        return page

    return ready
