"""Fixtures that every test may use."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

if TYPE_CHECKING:
    import s3fs

# The same examples every time, and no deadline: a landing must not hang on luck or load.
# `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("depx", derandomize=True, deadline=None)
hypothesis.settings.load_profile("depx")

ROOT = Path(__file__).resolve().parents[1]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the benchmarks out unless they are asked for: ``make bench``."""
    asked = any("bench" in argument for argument in config.args)
    return True if collection_path.name == "bench" and not asked else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real recordings and reference outputs; not part of the repository."""
    folder = Path(os.environ.get("DEPX_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings: {folder.name} is not there; set DEPX_TEST_DATA")
    return folder


@pytest.fixture
def write_video() -> "VideoWriter":
    """Write a small video whose frames are told apart by their brightness."""
    return VideoWriter()


class VideoWriter:
    """Encodes grey frames at chosen times, with a tone at a chosen start."""

    def __call__(
        self,
        path: Path,
        times_ms: Sequence[int] = tuple(range(0, 1000, 40)),
        *,
        size: tuple[int, int] = (64, 48),
        sound_s: float = 0.0,
        sound_start_s: float = 0.0,
        rate_hz: int = 16_000,
    ) -> Path:
        import av

        with av.open(str(path), "w") as container:
            video = container.add_stream("mpeg4", rate=25)
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            video.time_base = video.codec_context.time_base = Fraction(1, 1000)
            sound = container.add_stream(
                "pcm_s16le" if path.suffix == ".mkv" else "aac", rate=rate_hz
            )
            sound.layout = "mono"
            for number, time_ms in enumerate(times_ms):
                grey = np.full((size[1], size[0], 3), 40 + number * 4 % 200, np.uint8)
                grey[: size[1] // 4] = 255  # the top of the picture is white
                frame = av.VideoFrame.from_ndarray(grey, format="bgr24")
                frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
                container.mux(video.encode(frame))
            container.mux(video.encode())
            count = round(sound_s * rate_hz)
            tone = (np.sin(np.arange(count) * 2 * np.pi * 440 / rate_hz) * 8000).astype(np.int16)
            for first in range(0, count, 1024):
                block = np.ascontiguousarray(tone[None, first : first + 1024])
                chunk = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                chunk.sample_rate = rate_hz
                chunk.pts = first + round(sound_start_s * rate_hz)
                chunk.time_base = Fraction(1, rate_hz)
                container.mux(sound.encode(chunk))
            if count:
                container.mux(sound.encode())
        return path


class S3Server:
    """An S3 server of this machine, in a process of its own; it forgets all when it stops."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "hidden-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",  # else one that is gone takes 13 s to be missed
            "FSSPEC_S3_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def start(self) -> None:
        """Begin, with nothing in it."""
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self) -> None:
        """End at once, as a machine does that loses its power."""
        self._process.kill()
        self._process.wait()

    def files(self) -> "s3fs.S3FileSystem":
        """Give another program's view of it."""
        import s3fs

        return s3fs.S3FileSystem(
            key="someone",
            secret="hidden-secret",
            endpoint_url=self.environment["FSSPEC_S3_ENDPOINT_URL"],
            use_listings_cache=False,
        )

    def fill(self, folder: Path, place: str) -> None:
        """Copy a folder to ``BUCKET/FOLDER``, and make the bucket."""
        files = self.files()
        files.makedirs(place.partition("/")[0], exist_ok=True)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                files.put_file(str(path), f"{place}/{path.relative_to(folder).as_posix()}")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Start an S3 server for the whole session."""
    pytest.importorskip("moto")
    server = S3Server()
    server.start()
    yield server
    server.stop()


def _known(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process, and those it starts, take a server for S3."""
    import fsspec

    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    endpoint = {"endpoint_url": server.environment["FSSPEC_S3_ENDPOINT_URL"]}
    monkeypatch.setitem(fsspec.config.conf, "s3", endpoint)


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Give an S3 server that this process, and those it starts, take for S3."""
    _known(s3_server, monkeypatch)
    return s3_server


@pytest.fixture
def fleeting_s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """Give one that a test may stop and start again; it is not started yet."""
    pytest.importorskip("moto")
    server = S3Server()
    _known(server, monkeypatch)
    yield server
    server.stop()
