"""A recording is one file: what names other files or addresses is refused, and none is opened.

A server on the loopback and a file beside the sessions stand for what must not be read: the first
counts requests, the kernel tells who opens the second (inotify).
"""

import ctypes
import os
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest

from depx.errors import MediaError
from depx.extract.blocks import Blocks
from depx.extract.containers import CONTAINERS, open_media
from depx.extract.picture import open_film
from depx.extract.run import extract
from depx.extract.settings import parse

IN_OPEN = 0x20
NAMED = ("mov", "mkv", "webm", "avi", "wmv", "mpg", "ts", "m2ts", "flv", "3gp", "mp4", "m4v")
"""Videos that the manual promises, by suffix; ogv is in the sounds below."""
SOUNDS = {
    "wav": "pcm_s16le", "w64": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac",
    "ogg": "libopus", "opus": "libopus", "aif": "pcm_s16be", "aiff": "pcm_s16be",
    "au": "pcm_s16be", "caf": "pcm_s16le", "wma": "wmav2", "aac": "aac", "ac3": "ac3", "mka": "aac",
    "wv": "wavpack", "nut": "pcm_s16le", "ogv": "libopus",
}  # fmt: skip


class Watched:
    """What must stay unread: an address, and a file with a film."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_error(404)

            def log_message(self, *_said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.file = film(folder / "canary.ts")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._events = self._libc.inotify_init1(os.O_NONBLOCK)
        self._libc.inotify_add_watch(self._events, os.fsencode(self.file), IN_OPEN)

    def opened(self) -> int:
        """Count how often the file was opened since it was last asked."""
        count = 0
        while True:
            try:
                count += len(os.read(self._events, 4096)) // 16  # a file's own events bear no name
            except BlockingIOError:
                return count

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        os.close(self._events)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.close()


def film(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for grey in range(25):
            shown = np.full((48, 64, 3), grey * 9, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="bgr24")))
        out.mux(stream.encode())
    return path


def pointers(watched: Watched) -> dict[str, str]:
    """Give texts that name the file or the address, and what they are called in the message."""
    extm3u = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
    return {
        "hls-file": extm3u.format(watched.file),
        "hls-http": extm3u.format(f"{watched.url}/hls.ts"),
        "hls-url-of-file": extm3u.format(f"file://{watched.file}"),
        "concat-file": f"ffconcat version 1.0\nfile '{watched.file.name}'\n",
        "concat-http": f"ffconcat version 1.0\nfile '{watched.url}/concat.ts'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=video {watched.server.server_port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        f"<Period><AdaptationSet><Representation><BaseURL>{watched.url}/dash.mp4</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>\n",
        "pls": f"[playlist]\nFile1={watched.url}/pls.mp3\nNumberOfEntries=1\n",
        "asx": f'<asx version="3.0"><entry><ref href="{watched.url}/asx.wmv"/></entry></asx>\n',
        "vobsub": "# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:01:000\n",
    }


def referring(path: Path, target: Path) -> Path:
    """Write a QuickTime film that says that its samples lie in `target` (an alias, QTFF)."""
    film(path)
    name, absolute = os.fsencode(target.name), b"x:" + os.fsencode(target).replace(b"/", b":")
    alias = bytes(10) + bytes([1]) + b"x".ljust(27, b"\0") + bytes(12)
    alias += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    alias += struct.pack(">hh", 1, 1) + bytes(16)
    alias += struct.pack(">hH", 2, len(absolute)) + absolute + bytes(len(absolute) % 2)
    alias += struct.pack(">hH", -1, 0)
    entry = struct.pack(">I4s", 12 + len(alias), b"alis") + bytes(4) + alias
    path.write_bytes(_with_box(path.read_bytes(), b"dref", bytes(7) + b"\1" + entry))
    return path


def _with_box(data: bytes, name: bytes, content: bytes) -> bytes:
    """Put other content into the boxes of a name, wherever they lie (ISO/IEC 14496-12)."""
    out, at = b"", 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        inside = data[at + 8 : at + size]
        if kind == name:
            inside = content
        elif kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
            inside = _with_box(inside, name, content)
        out += struct.pack(">I4s", len(inside) + 8, kind) + inside
        at += size
    return out


def test_without_this_ffmpeg_asks_the_address_and_opens_the_file(
    tmp_path: Path, watched: Watched
) -> None:
    texts = pointers(watched)
    lists = tmp_path / "a.m3u8"
    lists.write_text(texts["hls-http"])
    lax = {"protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL"}
    with pytest.raises(av.error.FFmpegError):
        av.open(str(lists), options=lax)
    assert watched.requests == ["/hls.ts"]
    (tmp_path / "a.mp4").write_text(texts["concat-file"])
    with av.open(str(tmp_path / "a.mp4")) as container:  # as it comes
        assert sum(1 for _ in container.decode(video=0)) == 25
    assert watched.opened() > 0
    with av.open(
        str(referring(tmp_path / "b.mov", watched.file)),
        options={"enable_drefs": "1", "use_absolute_path": "1"},
    ):
        assert watched.opened() > 0


@pytest.mark.parametrize("name", ["a.mp4", "a.wav", "a.m3u8", "a%03d.mkv"])
def test_what_names_other_files_is_refused_whatever_it_is_called(
    tmp_path: Path, watched: Watched, name: str
) -> None:
    for kind, text in pointers(watched).items():
        for data in (
            text.encode(),
            b"ID3\4\0\0\0\0\0\5xxxxx" + text.encode(),
            b"\n" + text.encode(),
        ):
            (tmp_path / name).write_bytes(data)
            with pytest.raises(MediaError) as caught:
                open_film(tmp_path / name)
            assert "it names other files, which are never opened" in str(caught.value), kind
            assert "\n" not in str(caught.value)
            with pytest.raises(MediaError, match="names other files"):
                list(Blocks(tmp_path / name))
    assert (watched.requests, watched.opened()) == ([], 0)


def test_a_film_whose_samples_lie_elsewhere_is_not_followed(
    tmp_path: Path, watched: Watched
) -> None:
    seen = open_film(referring(tmp_path / "a.mov", watched.file))
    with pytest.raises(MediaError, match=r"a\.mov: opened, but no frame decodes"):
        list(seen.frames())
    assert watched.opened() == 0


def test_a_whole_run_opens_none_of_them_and_does_the_rest(
    tmp_path: Path, watched: Watched, write_video: Callable[..., Path]
) -> None:
    root = tmp_path / "sessions"
    (root / "good").mkdir(parents=True)
    write_video(root / "good" / "v.mkv", sound_s=1.0)
    texts = pointers(watched)
    for kind, text in texts.items():
        (root / kind).mkdir()
        (root / kind / "v.mp4").write_text(text)
        (root / kind / "a.wav").write_text(text)
    (root / "dref").mkdir()
    referring(root / "dref" / "v.mov", watched.file)
    settings = parse(["face", "vad"], {}, jobs=2)
    summary = extract([root], tmp_path / "F", settings, lambda _outcome: None, lambda _line: None)
    assert summary.exit_code == 1
    outcomes = {outcome.session: outcome for outcome in summary.outcomes}
    assert outcomes["good"].made.keys() == {"face", "vad"}
    for kind in texts:
        assert outcomes[kind].failures.keys() == {"face", "vad"}
        for part, reason in outcomes[kind].failures.items():
            assert "names other files, which are never opened" in reason, (kind, part)
    assert "no frame decodes" in outcomes["dref"].failures["face"]
    assert (watched.requests, watched.opened()) == ([], 0)


@pytest.mark.parametrize("suffix", NAMED)
def test_every_container_of_videos_is_opened(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx" if suffix == "webm" else "mpeg4" if suffix != "wmv" else "wmv2"
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flv1" if suffix == "flv" else codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25):
            shown = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="bgr24")))
        out.mux(stream.encode())
    assert open_film(path).listed_s.size == 25


@pytest.mark.parametrize("suffix", SOUNDS)
def test_every_container_of_sound_is_opened(tmp_path: Path, suffix: str) -> None:
    form = {"wma": "asf", "mka": "matroska", "aac": "adts", "ogv": "ogg"}.get(suffix)
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(SOUNDS[suffix], rate=48_000, layout="mono")
        kind = stream.codec_context.codec.audio_formats[0].name
        whole = kind.startswith("s16")
        data = np.zeros((1, 48_000), np.int16 if whole else np.float32)
        frame = av.AudioFrame.from_ndarray(data, format="s16" if whole else "flt", layout="mono")
        frame.sample_rate = 48_000
        stream.codec_context.bit_rate = 64_000
        stream.codec_context.open()
        size = stream.codec_context.frame_size
        for part in av.AudioResampler(kind, "mono", 48_000, size).resample(frame):
            out.mux(stream.encode(part))
        out.mux(stream.encode())
    blocks = Blocks(path)
    assert sum(block.shape[1] for block in blocks) >= 40_000
    with open_media(path) as container:
        assert set(container.format.name.split(",")) & set(CONTAINERS)


def test_a_format_that_is_on_no_list_is_refused_in_one_line(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.gif"), "w") as out:
        stream = out.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb8"
        shown = np.zeros((48, 64, 3), np.uint8)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="bgr24")))
        out.mux(stream.encode())
    with pytest.raises(MediaError, match=r"a\.gif: no video .* no format that depx opens"):
        open_film(tmp_path / "a.gif")


def test_tags_in_another_encoding_are_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    tag = b"INFOINAM" + struct.pack("<I", 6) + "Café".encode("latin-1") + b"\0\0"
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    sound += struct.pack("<4sI", b"LIST", len(tag)) + tag
    sound += struct.pack("<4sI", b"data", 32_000) + bytes(32_000)
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(sound) + 4) + b"WAVE" + sound)
    with pytest.raises(UnicodeDecodeError):
        av.open(str(tmp_path / "a.wav"))
    assert sum(block.shape[1] for block in Blocks(tmp_path / "a.wav")) == 16_000
