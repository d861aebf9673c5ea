"""Headers that lie, contradict themselves or cannot be: what is in the file is what counts."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.errors import MediaError
from depx.extract.riff import data_bytes
from depx.extract.sound import OpenedSound, open_original, open_sound
from depx.features.types import F32

RATE = 16_000


def chirp(seconds: float = 4.0) -> F32:
    """Make a sound of which no stretch equals another, so that a shift shows."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * (200 * t + 150 * t**2))).astype(np.float32)


def chunk(name: bytes, held: bytes, size: int | None = None) -> bytes:
    size = len(held) if size is None else size
    return name + struct.pack("<I", size) + held + bytes(len(held) % 2)


def riff(
    path: Path,
    y_N: F32,
    *,
    before: bytes = b"",
    behind: bytes = b"",
    tail: bytes = b"",
    **lies: int,
) -> Path:
    """Write 16-bit sound under a header of which any field may lie; `tail` ends its format."""
    sound = np.rint(y_N * 32_767).astype("<i2").tobytes()
    told = {"size": len(sound), "tag": 1, "rate": RATE, "channels": 1, "bits": 16} | lies
    block = told.get("block", told["channels"] * told["bits"] // 8)
    bytes_s = told.get("bytes_s", told["rate"] * block) & 0xFFFFFFFF
    form = struct.pack(
        "<HHIIHH", told["tag"], told["channels"], told["rate"], bytes_s, block, told["bits"]
    )
    body = b"WAVE" + chunk(b"fmt ", form + tail) + before + chunk(b"data", sound, told["size"])
    path.write_bytes(chunk(b"RIFF", body + behind))
    return path


def opened(path: Path) -> OpenedSound:
    return open_sound(path, path.parent)


def refused(path: Path, *expected: str) -> None:
    """Check that both ways of reading say in one line which file, and what."""
    for read in (open_sound, open_original):
        with pytest.raises(MediaError) as caught:
            read(path, path.parent)
        line = str(caught.value)
        assert line.startswith(str(path))
        assert "\n" not in line
        assert all(words in line for words in expected), line


def test_headers_that_cannot_be_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    refused(tmp_path / "empty.wav", "is empty (0 bytes); replace the file")
    y_N = chirp()
    refused(riff(tmp_path / "r.wav", y_N, rate=0), "a sampling rate of 0 Hz; mend its header")
    refused(riff(tmp_path / "c.wav", y_N, channels=0), "states 0 channels; mend its header")
    refused(riff(tmp_path / "s.wav", y_N, rate=1), "states 1 samples a second; expected 4000")
    refused(riff(tmp_path / "f.wav", y_N, rate=4_000_000), "expected 4000 to 768000")
    refused(riff(tmp_path / "b.wav", y_N, bits=0, block=2), "codec unknown to FFmpeg")
    refused(riff(tmp_path / "n.wav", chirp(0)), "no sample of it decodes")


@pytest.mark.parametrize(
    "lie", [{"bits": 8, "block": 2}, {"channels": 2, "block": 2}, {"bytes_s": 16_000}]
)
def test_a_format_that_contradicts_itself_is_told_of(tmp_path: Path, lie: dict[str, int]) -> None:
    told = "the file's header contradicts itself"
    assert opened(riff(tmp_path / "a.wav", chirp(), **lie)).warnings[0].startswith(told)
    guid = bytes.fromhex("0100000000001000800000aa00389b71")  # of PCM
    hidden = struct.pack("<HHI", 22, 16, 4) + guid
    path = riff(tmp_path / "b.wav", chirp(), tag=0xFFFE, tail=hidden, **lie)
    assert opened(path).warnings[0].startswith(told)


@pytest.mark.parametrize(
    ("form", "subtype"),
    [
        *(("WAV", kind) for kind in ("PCM_U8", "PCM_24", "DOUBLE", "ALAW", "GSM610", "IMA_ADPCM")),
        *(("WAVEX", kind) for kind in ("PCM_U8", "PCM_24", "FLOAT", "ULAW")),
    ],
)
def test_no_honest_format_contradicts_itself(tmp_path: Path, form: str, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", chirp(), RATE, format=form, subtype=subtype)
    assert opened(tmp_path / "a.wav").warnings == ()


def test_a_header_that_says_too_little_loses_nothing(tmp_path: Path) -> None:
    found = opened(riff(tmp_path / "a.wav", chirp(), size=8_000))
    np.testing.assert_allclose(found.sound.y_N[:], chirp(), atol=1e-4)
    (line,) = found.warnings
    assert "states 8000 bytes of sound, and it holds 128000" in line


def test_sound_that_looks_like_a_chunk_is_sound(tmp_path: Path) -> None:
    y_N = chirp()
    y_N[500:504] = 0x2041 / 32_767  # behind 1000 bytes, as text: "A A A A "
    found = opened(riff(tmp_path / "a.wav", y_N, size=1_000))
    np.testing.assert_allclose(found.sound.y_N[:], y_N, atol=1e-4)
    assert "states 1000 bytes of sound, and it holds 128000" in found.warnings[0]


def test_no_length_that_is_too_small_loses_sound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise_N = rng.uniform(-1, 1, 2 * RATE).astype(np.float32)
    data = bytearray(riff(tmp_path / "a.wav", noise_N).read_bytes())
    held = 4 * RATE
    for size in 2 * rng.integers(1, held // 2 - 3_000, 1_000):
        data[40:44] = struct.pack("<I", size)
        (tmp_path / "b.wav").write_bytes(data)
        assert data_bytes(tmp_path / "b.wav") == (size, held)


def test_an_odd_chunk_before_the_sound_is_padded(tmp_path: Path) -> None:
    path = riff(tmp_path / "a.wav", chirp(), before=chunk(b"LIST", b"INFOx"), size=1_000)
    found = opened(path)
    np.testing.assert_allclose(found.sound.y_N[:], chirp(), atol=1e-4)
    assert "header states 1000 bytes" in found.warnings[0]


def test_a_header_that_says_too_much_is_told_of(tmp_path: Path) -> None:
    found = opened(riff(tmp_path / "a.wav", chirp(), size=1_280_000))
    np.testing.assert_allclose(found.sound.y_N[:], chirp(), atol=1e-4)
    (line,) = found.warnings
    assert line.startswith("the sound ends at 4.0 s, but its file says 40.0 s")


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_header_that_does_not_know_the_length_is_no_lie(tmp_path: Path, size: int) -> None:
    found = opened(riff(tmp_path / "a.wav", chirp(), size=size))
    np.testing.assert_allclose(found.sound.y_N[:], chirp(), atol=1e-4)
    assert found.warnings == ()


@pytest.mark.parametrize(
    "behind",
    [
        chunk(b"LIST", bytes(9_001)) + chunk(b"id3 ", b""),
        bytes(1_000),
        b"TAG" + bytes(3_997),
        chunk(b"id3 ", bytes(2_000), 9_000),
    ],
    ids=["chunks", "zeros", "a tag", "half a chunk"],
)
def test_what_lies_behind_the_sound_is_no_sound(tmp_path: Path, behind: bytes) -> None:
    path = riff(tmp_path / "a.wav", chirp(), behind=behind)
    assert data_bytes(path) == (128_000, 128_000)
    found = opened(path)
    assert found.sound.y_N.size == chirp().size
    assert found.warnings == ()
