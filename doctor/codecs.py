"""Whether recordings can be decoded: each codec by a tiny film or tone that is coded and read back.

What has no encoder here (a codec of others that FFmpeg only reads) is looked up by name.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .findings import Finding, pip

AREA = "codecs"
FRAMES, SIDE_PX = 5, 128
RATE_HZ, SOUND_S = 48_000, 0.5
NEEDED = frozenset({"h264", "mpeg4", "aac", "mp3", "flac", "pcm_s16le"})
"""What nearly every corpus is in; of the others a lack is told, and nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a codec is tried."""

    encoders: tuple[str, ...]
    """FFmpeg's names, the best first; none where there is only a decoder."""
    container: str
    serves: str


PICTURES: Mapping[str, Coding] = {
    "h264": Coding(("libx264", "libopenh264"), "mp4", "most cameras and meetings (mp4)"),
    "hevc": Coding(("libx265",), "mp4", "telephones"),
    "mpeg4": Coding(("mpeg4",), "avi", "older cameras (avi)"),
    "mjpeg": Coding(("mjpeg",), "avi", "webcams"),
    "vp8": Coding(("libvpx",), "webm", "recordings of browsers"),
    "vp9": Coding(("libvpx-vp9",), "webm", "recordings of browsers"),
    "av1": Coding(("libsvtav1", "libaom-av1"), "mp4", "newer downloads"),
    "wmv2": Coding(("wmv2",), "avi", "older Windows (wmv)"),
    "wmv3": Coding((), "", "older Windows (wmv)"),
    "mpeg2video": Coding(("mpeg2video",), "mpg", "camcorders, DVDs"),
    "prores": Coding(("prores_ks", "prores"), "mov", "studios (mov)"),
}
SOUNDS: Mapping[str, Coding] = {
    "aac": Coding(("aac",), "mp4", "sound of most films, m4a"),
    "mp3": Coding(("libmp3lame",), "mp3", "mp3"),
    "opus": Coding(("libopus",), "webm", "recordings of browsers"),
    "vorbis": Coding(("libvorbis",), "ogg", "ogg"),
    "flac": Coding(("flac",), "flac", "flac"),
    "pcm_s16le": Coding(("pcm_s16le",), "wav", "wav"),
    "ac3": Coding(("ac3",), "ac3", "camcorders"),
    "wmav2": Coding(("wmav2",), "asf", "older Windows (wma)"),
    "amrnb": Coding((), "", "dictaphones, telephones (amr, 3gp)"),
}


def codecs() -> list[Finding]:
    """Try each codec."""
    with tempfile.TemporaryDirectory(prefix="depx-doctor-") as folder:
        pictures = [_picture(name, coding, Path(folder)) for name, coding in PICTURES.items()]
        return pictures + [_sound(name, coding, Path(folder)) for name, coding in SOUNDS.items()]


@contextmanager
def as_scheduled() -> Iterator[None]:
    """Keep the priority of this process: SVT-AV1's encoder takes that of real time as root.

    It would stay, and everything that is started later would have it too, ahead of all else.
    """
    if not hasattr(os, "sched_getscheduler"):  # no Linux
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def _picture(name: str, coding: Coding, folder: Path) -> Finding:
    """Code a few frames; PyAV and OpenCV read them."""
    encoder = _first(coding.encoders)
    if encoder is None:
        return _by_name(name, coding)
    import av

    path = folder / f"{name}.{coding.container}"
    try:
        with as_scheduled():
            _write_film(path, encoder)
        read = _frames_av(path)
    except av.error.FFmpegError as error:
        return _finding(name, coding, False, f"{error.strerror or type(error).__name__}")
    by = "PyAV and OpenCV" if _frames_cv(path) == FRAMES else "PyAV"
    what = f"{read} of {FRAMES} frames came back" if read != FRAMES else f"decoded by {by}"
    return _finding(name, coding, read == FRAMES, what)


def _sound(name: str, coding: Coding, folder: Path) -> Finding:
    """Code half a second of a tone, and read it."""
    encoder = _first(coding.encoders)
    if encoder is None:
        return _by_name(name, coding)
    import av

    path = folder / f"{name}.{coding.container}"
    try:
        _write_tone(path, encoder)
        with av.open(str(path)) as container:
            count = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    except av.error.FFmpegError as error:
        return _finding(name, coding, False, f"{error.strerror or type(error).__name__}")
    good = count > 0.8 * SOUND_S  # a codec may swallow a frame, or pad one
    what = "decoded by PyAV" if good else f"{count:.2f} of {SOUND_S} s came back"
    return _finding(name, coding, good, what)


def _by_name(name: str, coding: Coding) -> Finding:
    """Look a decoder up."""
    import av

    there = name in av.codecs_available
    what = "PyAV has a decoder (not tried: there is no encoder here)" if there else "no decoder"
    return _finding(name, coding, there, what)


def _first(encoders: tuple[str, ...]) -> str | None:
    import av

    for name in encoders:
        try:
            av.codec.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:
            continue
        return name
    return None


def _write_film(path: Path, encoder: str) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = SIDE_PX
        stream.pix_fmt = {"mjpeg": "yuvj420p"}.get(encoder, "yuv420p")
        if encoder.startswith("prores"):
            stream.pix_fmt = "yuv422p10le"
        for number in range(FRAMES):
            grey = np.full((SIDE_PX, SIDE_PX, 3), 40 * number + 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
        container.mux(stream.encode())


def _write_tone(path: Path, encoder: str) -> None:
    import av
    import numpy as np

    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(SOUND_S * RATE_HZ)) / RATE_HZ)
    samples = (tone * 32767).astype(np.int16)[None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=RATE_HZ)
        assert isinstance(stream, av.AudioStream)
        stream.layout, stream.bit_rate = "mono", 64_000
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _frames_av(path: Path) -> int:
    import av

    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _frames_cv(path: Path) -> int:
    try:
        import cv2
    except ImportError:
        return 0
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        count = 0
        while capture.read()[0]:
            count += 1
        return count
    finally:
        capture.release()


def _finding(name: str, coding: Coding, good: bool, found: str) -> Finding:
    return Finding(
        area=AREA,
        name=name,
        state="ok" if good else "wrong" if name in NEEDED else "note",
        found=found,
        serves=coding.serves,
        mend=None if good else pip("--force-reinstall", "--no-deps", "av"),
    )
