"""Fixtures that every test may use."""

import base64
import fcntl
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    import s3fs

# The same examples every time, and no deadline: a landing must not hang on luck or load.
# `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("depx", derandomize=True, deadline=None)
hypothesis.settings.load_profile("depx")

ROOT = Path(__file__).resolve().parents[1]
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32}
SHIFT = 8


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
def everything() -> "Callable[[Path], str]":
    """Read all that the files of a folder say, their names, tables and what tables say included."""
    return _everything


def _everything(folder: Path) -> str:
    said = []
    for path in sorted(folder.rglob("*")):
        said.append(path.relative_to(folder).as_posix())
        if path.is_file():
            said.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            said.append(str(table.schema.metadata))
            texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
            said += [str(cell) for name in texts for cell in table[name].to_pylist()]
    return "\n".join(said)


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


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a browser makes of a page."""

    width_px: int
    """Of what it laid out, every fold-out open: more than its window has a bar to scroll."""
    requests: list[str]
    """Addresses that it asked for, the page itself and data in it left out."""
    console: list[str]
    """What it had to say."""
    png: bytes
    """The window, from the top."""


class Tab:
    """A tab of the browser, open on an address and loaded."""

    def __init__(self, browser: "Browser", url: str, width_px: int, height_px: int, dark: bool):
        self._browser, self.url = browser, url
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        size = {"width": width_px, "height": height_px, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", **size, mobile=width_px < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        browser.told.clear()
        self.call("Page.navigate", url=url)
        while not browser.of("Page.loadEventFired"):
            browser.told.append(browser.next())

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, session=self._session, **params)

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript, waiting for what it promises."""
        said = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def until(self, condition: str, *, seconds: float = 30) -> None:
        """Wait until a condition holds in the page."""
        deadline = time.monotonic() + seconds
        while not self.value(condition):
            assert time.monotonic() < deadline, f"not so: {condition}"
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        code = {"key": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": SHIFT * shift}
        text = {"text": " "} if key == " " else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def drag(self, from_x: float, to_x: float, y: float) -> None:
        """Press at one place, let go at another; the same place is a click."""
        for kind, x in (
            ("mouseMoved", from_x),
            ("mousePressed", from_x),
            ("mouseMoved", (from_x + to_x) / 2),
            ("mouseMoved", to_x),
            ("mouseReleased", to_x),
        ):
            place = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", **place)

    def picture(self) -> bytes:
        """The window, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def said(self) -> list[str]:
        """All that the browser had to say, but that a test reads pixels back."""
        of = self._browser.of
        lines = [
            *(str(one["exceptionDetails"]) for one in of("Runtime.exceptionThrown")),
            *(one["entry"]["text"] for one in of("Log.entryAdded")),
            *(str(one["args"]) for one in of("Runtime.consoleAPICalled")),
        ]
        return [line for line in lines if "willReadFrequently" not in line]

    def asked(self) -> list[str]:
        """Addresses that it asked for, the page itself and data in it left out."""
        asked = [one["request"]["url"] for one in self._browser.of("Network.requestWillBeSent")]
        return [url for url in asked if url != self.url and not url.startswith("data:")]

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)


class Browser:
    """A headless Chromium, spoken to through its DevTools pipe."""

    def __init__(self, program: str, profile: Path) -> None:
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        # Not 3 and 4 themselves, which the shell gives to the browser.
        given = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands, answers)]
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        self._process = subprocess.Popen(
            [
                *("bash", "-c", f'exec "$0" "$@" 3<&{given[0]} 4>&{given[1]}', program, *flags),
                *("--remote-debugging-pipe", f"--user-data-dir={profile}"),
            ],
            pass_fds=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (commands, answers, *given):
            os.close(end)
        self._read, self._calls, self.told = b"", 0, list[dict[str, Any]]()

    def open(
        self, url: str, *, width_px: int = 1200, height_px: int = 900, dark: bool = False
    ) -> Tab:
        """Open an address; under 600 px wide it is a phone."""
        return Tab(self, url, width_px, height_px, dark)

    def look(self, page: Path, *, width_px: int, dark: bool = False) -> Seen:
        """Open a file in a window of a phone's height, and all that folds out in it."""
        tab = self.open(page.as_uri(), width_px=width_px, height_px=844, dark=dark)
        width = tab.value(
            "document.querySelectorAll('details').forEach(one => one.open = true);"
            "document.documentElement.scrollWidth"
        )
        seen = Seen(width_px=width, requests=tab.asked(), console=tab.said(), png=tab.picture())
        tab.close()
        return seen

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def of(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.told if event.get("method") == method]

    def call(self, method: str, *, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._calls += 1
        call = {"id": self._calls, "method": method, "params": params}
        call |= {} if session is None else {"sessionId": session}
        os.write(self._commands, json.dumps(call).encode() + b"\0")
        while (said := self.next()).get("id") != self._calls:
            self.told.append(said)
        assert "error" not in said, said
        return said["result"]

    def next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._answers], [], [], 60)
            more = os.read(self._answers, 1 << 20) if ready else b""
            assert more, "the browser went away, or says nothing for a minute"
            self._read += more
        first, _, self._read = self._read.partition(b"\0")
        return json.loads(first)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start a browser for the whole session."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on PATH: pages are not looked at; apt-get install chromium")
    browser = Browser(program, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open tabs, which are closed at the end."""
    opened: list[Tab] = []

    def tab(url: str, **options: Any) -> Tab:
        opened.append(browser.open(url, **options))
        return opened[-1]

    yield tab
    for one in opened:
        one.close()
