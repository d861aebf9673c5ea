"""What the fuzzers share: files that are damaged by chance, and what must hold of whoever reads.

A reader gives a result, or raises one `DepxError` of one line that names the file and holds nothing
of its content.  It opens nothing for good, leaves no file behind, and takes no memory with it.
"""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import strategies as st

from depx.errors import DepxError
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA, SIGNALS

SECRET = "Xylophonquarz"
"""A word that is said in every interview here; no message may hold it."""
PARTS = ("transcript: ", "bert: ", "the sound ")
"""How messages begin of what knows no files (features); a session has one such part."""
LONGEST = 600  # characters of a message
HANG_S = 60  # of one file that is read
GROWTH_MB = 400  # in the second half of a test: allocators keep what they had, up to a plateau
NASTY = (
    *(
        b'"',
        b"'",
        b"\n",
        b"\r\n",
        b"\0",
        b"\t",
        b",",
        b";",
        b"<",
        b"&x;",
        b"]]>",
        b"\\",
        b"}",
        b"]",
    ),
    *(b"nan", b"inf", b"-1", b"1e308", b"-1e-320", b"9" * 30, b"9" * 5000, b"1_0", b"0x10"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\\ud800", "\u2028".encode()),
    *(b"[" * 3000, b'{"a":' * 3000, b"(" * 300, b"-->", b"00:00:01,000 --> 99:99:99,999"),
    *(b"true", b"null", b"[]", b"{}", b"\x80\x03cos\nsystem\n", b"\xff\xff\xff\xff", b"\x7f" * 8),
)
"""What parsers stumble over, to be put in anywhere."""


def places(size: int) -> st.SearchStrategy[int]:
    """Draw a place in a file: half of the time near its start, where formats keep their sizes."""
    return st.integers(0, min(size, 96)) | st.integers(0, size)


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """Damage a file once to four times."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(places(len(data)))
        length = draw(st.sampled_from((1, 2, 4, 16, 256, 4096)))
        match draw(
            st.sampled_from(("cut", "flip", "zero", "drop", "repeat", "put", "swap", "set"))
        ):
            case "cut":
                del data[at:]
            case "flip":
                if at < len(data):
                    data[at] ^= 1 << draw(st.integers(0, 7))
            case "zero":
                data[at : at + length] = bytes(len(data[at : at + length]))
            case "drop":
                del data[at : at + length]
            case "repeat":
                data[at:at] = data[at : at + length] * draw(st.integers(1, 3))
            case "put":
                data[at:at] = draw(st.sampled_from(NASTY))
            case "set":
                data[at : at + length] = draw(st.binary(min_size=1, max_size=length))
            case _:
                other = draw(places(len(data)))
                one, two = data[at : at + length], data[other : other + length]
                if len(one) == len(two) and abs(at - other) >= length:
                    data[at : at + length], data[other : other + length] = two, one
    return bytes(data)


class Fuzzer:
    """Reads damaged files, and holds the readers to their promises."""

    secret = SECRET

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = damaged
        self.refused = self.read = 0
        self.resident_mb: list[float] = []

    def check(self, name: str, data: bytes, read: Callable[[Path], object]) -> object:
        """Write a file and read it; None where it was refused as it should be."""
        path = self.folder / name
        path.write_bytes(data)
        self.resident_mb.append(_resident_mb())
        try:
            with within(HANG_S):
                result = read(path)
        except DepxError as error:
            self.refused += 1
            self.line(str(error), name)
            return None
        self.read += 1
        assert [one.name for one in self.folder.iterdir()] == [name]
        return result

    def line(self, message: str, name: str) -> None:
        """Hold a message to what all messages must be."""
        assert name in message or message.startswith(PARTS), message
        assert message.isprintable(), message
        assert len(message) - message.count(str(self.folder)) * len(str(self.folder)) <= LONGEST
        assert SECRET not in message


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise where something takes for ever."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"it takes longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Fuzzer:
    """Read damaged files in a folder of their own."""
    return Fuzzer(tmp_path_factory.mktemp("fuzzed"))


@pytest.fixture
def nothing_grows(fuzz: Fuzzer) -> Iterator[None]:
    """Hold a test to leave no descriptor open, no file behind, and no memory taken."""
    for left in fuzz.folder.iterdir():
        left.unlink()
    fuzz.resident_mb.clear()
    opened = len(os.listdir("/proc/self/fd"))
    yield
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= opened + 2  # a library may open its own, once
    taken_mb = fuzz.resident_mb or [0.0]
    assert taken_mb[-1] - taken_mb[len(taken_mb) // 2] < GROWTH_MB


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the smallest synthetic corpus of each kind: real formats, invented people."""
    root = tmp_path_factory.mktemp("corpora")
    for name, kind in CORPORA.items():
        if name != "avec2014":  # nothing but videos
            order = Order(
                corpus=name,
                sessions=1,
                seed=0,
                minutes=0.1,
                signal=next(iter(SIGNALS)),
                layout=next(iter(kind.layouts)),
                daic_ids=False,
                heavy=name == "daic-woz",
                faults=(),
            )
            build(root / name, order, jobs=1)
    return root
