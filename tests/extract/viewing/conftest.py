"""A small store with recordings, its view served, and a browser's tab that is spoken to."""

import base64
import threading
import time
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

KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32}
SHIFT = 8


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


class Tab:
    """A tab of the browser, open on an address."""

    def __init__(
        self, browser: Any, url: str, *, width_px: int = 1200, height_px: int = 900
    ) -> None:
        self._browser = browser
        self._target = browser._call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser._call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        size = {"width": width_px, "height": height_px, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        browser._events.clear()
        self.url = url
        self.call("Page.navigate", url=url)
        self.until("document.body && document.body.dataset.ready === 'yes'")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser._call(method, session=self._session, **params)

    def value(self, expression: str) -> Any:
        """Evaluate an expression in the page, waiting for what it promises."""
        said = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def until(self, expression: str, *, seconds: float = 30) -> None:
        """Wait until something holds in the page."""
        deadline = time.monotonic() + seconds
        while not self.value(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        code = {"key": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": SHIFT * shift}
        text = {"text": " "} if key == " " else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def picture(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def said(self) -> list[str]:
        """All that the browser complained of, but that a test reads pixels back."""
        of = self._browser._of
        lines = [
            *(str(one["exceptionDetails"]) for one in of("Runtime.exceptionThrown")),
            *(one["entry"]["text"] for one in of("Log.entryAdded")),
            *(str(one["args"]) for one in of("Runtime.consoleAPICalled")),
        ]
        return [line for line in lines if "willReadFrequently" not in line]

    def asked(self) -> list[str]:
        """Addresses that were asked for."""
        return [one["request"]["url"] for one in self._browser._of("Network.requestWillBeSent")]

    def close(self) -> None:
        self._browser._call("Target.closeTarget", targetId=self._target)


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[..., Tab]]:
    """Open tabs, which are closed at the end."""
    opened: list[Tab] = []

    def tab(url: str, **options: Any) -> Tab:
        opened.append(Tab(browser, url, **options))
        return opened[-1]

    yield tab
    for one in opened:
        one.close()
