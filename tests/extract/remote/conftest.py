"""Folders at URLs: in this process's memory, and of a web server with the oddities of such."""

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile

from depx.extract.remote.url import Url

TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"
OPENFACE = "frame, face_id, timestamp, confidence, success, pose_Tz, AU12_r\n"


@pytest.fixture
def in_memory() -> Iterator[Callable[..., Url]]:
    """Put files at a URL that only this process has."""
    files = fsspec.filesystem("memory")

    def put(content: Mapping[str, bytes] | Path, place: str = "corpora/S") -> Url:
        if isinstance(content, Path):
            content = {
                path.relative_to(content).as_posix(): path.read_bytes()
                for path in sorted(content.rglob("*"))
                if path.is_file()
            }
        for name, data in content.items():
            files.store[f"/{place}/{name}"] = _file(files, f"/{place}/{name}", data)
        return Url(f"memory://{place}")

    yield put
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def _file(files: fsspec.AbstractFileSystem, path: str, data: bytes) -> object:
    from fsspec.implementations.memory import MemoryFile

    return MemoryFile(files, path, data)


@pytest.fixture
def sessions(tmp_path: Path, write_video: Callable[..., Path]) -> Path:
    """Two sessions: one with sound and transcript, one whose video times OpenFace's table."""
    root = tmp_path / "S"
    for name in ("one", "two"):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(len(name)).normal(0, 0.1, 32_000)
        soundfile.write(root / name / "a.wav", noise, 16_000)
        (root / name / "t.csv").write_text(TRANSCRIPT)
    write_video(root / "two" / "v.mp4")
    rows = (f"{n}, 0, {n / 25:.3f}, 0.9, 1, 500, 1.5\n" for n in range(1, 26))
    (root / "two" / "of.csv").write_text(OPENFACE + "".join(rows))
    return root


class Page(SimpleHTTPRequestHandler):
    """Serves a folder; may know ranges, lose connections, or want a password."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Serve a file or a list."""
        habits: Habits = self.server.habits  # type: ignore[attr-defined]
        name = Path(self.path).name
        habits.asked.append(name)
        if name in habits.forbidden:
            self.send_error(403)
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            super().do_GET()
            return
        data, start = path.read_bytes(), 0
        wanted = self.headers.get("Range")
        if wanted and habits.ranges:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        lost = habits.lost.pop(name, None)
        self.wfile.write(data[start:lost])


class Habits:
    """What a web server does, and what it was asked."""

    def __init__(self) -> None:
        self.ranges = True
        self.lost: dict[str, int] = {}
        """File -> after how many bytes the connection is lost, once."""
        self.forbidden: set[str] = set()
        self.asked: list[str] = []
        self.url = Url("")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Habits]:
    """Serve the test's own folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Page, directory=str(tmp_path)))
    server.habits = Habits()  # type: ignore[attr-defined]
    server.habits.url = Url(f"http://127.0.0.1:{server.server_address[1]}/S")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.habits  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()
