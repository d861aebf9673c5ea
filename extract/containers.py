"""Which files FFmpeg may take for media: containers that hold what they show, and no others.

FFmpeg tells a format by content, whatever a file is called, and some formats are lists of other
files and addresses: a playlist named ``a.mp4`` would have it read what the list names.  So every
file is opened here, with the formats and protocols that FFmpeg may use spelt out.  OpenCV brings an
FFmpeg of its own that takes no such options: it sees only files that were opened here before.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer

CONTAINERS = (
    *("mov", "matroska", "webm", "avi", "asf", "mpeg", "mpegts", "flv", "ogg", "mxf", "nut", "dv"),
    *("rm", "wtv", "gxf", "ivf", "yuv4mpegpipe"),
    *("mpegvideo", "m4v", "h263", "h264", "hevc", "av1", "obu", "vc1", "mjpeg"),  # bare streams
    *("wav", "w64", "flac", "mp3", "aac", "aiff", "au", "caf", "amr", "ac3", "eac3", "dts"),
    *("loas", "latm", "wv", "ape", "tta", "voc", "sox", "nistsphere", "ircam", "gsm", "mpc"),
    *("mpc8", "dss"),
    *("png_pipe", "jpeg_pipe"),  # a photograph is a film of one frame
)
"""FFmpeg's names of the formats that are opened: none of them names other files.  Those that do
(hls, dash, concat, sdp, rtsp, image2, imf, vobsub) are not here."""
LOCAL = {
    "format_whitelist": ",".join(CONTAINERS),
    "protocol_whitelist": "file",
    "enable_drefs": "0",  # a QuickTime film may say that its samples lie in another file
    "use_absolute_path": "0",
}
POINTERS = (
    (b"#EXTM3U", "a playlist (HLS, m3u)"),
    (b"ffconcat version", "a list of files (FFmpeg's concat)"),
    (b"# VobSub", "an index of subtitles (VobSub)"),
    (b"v=0\r", "a description of a stream (SDP)"),
    (b"v=0\n", "a description of a stream (SDP)"),
    (b"[playlist]", "a playlist (pls)"),
    (b"[Reference]", "a playlist (asx)"),
    (b"<", "a manifest or a page (XML: DASH, SMIL, HTML ...)"),
)
"""How files begin that name others, and what they are; no container begins so."""
HEAD_BYTES = 32
ID3_BYTES = 10  # of the head of a tag that FFmpeg skips before it looks what a file is


def open_media(path: Path, options: dict[str, str] | None = None) -> "InputContainer":
    """Open a media file with PyAV, and nothing but that file.

    Parameters
    ----------
    path : Path
    options : dict of str to str, or None
        Further options of FFmpeg's.

    Raises
    ------
    MediaError
        If it names other files instead of holding media, or is in no format of `CONTAINERS`.
    av.error.FFmpegError, OSError
        If it cannot be read.
    """
    import av

    pointer = _pointer(path)
    if pointer is not None:
        raise MediaError(
            f"{path}: got {pointer}, expected a video or a sound: it names other files, which are "
            "never opened; give the recording itself"
        )
    try:
        # An absolute path, so that no name is taken for an address.
        return av.open(
            os.path.abspath(path),
            options={**(options or {}), **LOCAL},
            metadata_errors="replace",  # tags in other encodings are no reason to refuse a file
        )
    except av.error.ArgumentError as error:  # also what FFmpeg says of a format not on the list
        raise MediaError(
            f"{path}: no video or sound that can be read (got no format that depx opens, as mp4, "
            "mkv, avi, wav, flac, mp3); convert it, or replace the file"
        ) from error


def _pointer(path: Path) -> str | None:
    """Say what a file is that names others; None for all else."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
        if head[:3] == b"ID3" and len(head) >= ID3_BYTES:  # OpenCV's FFmpeg looks behind it
            length = 0
            for byte in head[6:ID3_BYTES]:  # seven bits each (ID3v2, 3.1)
                length = length << 7 | byte & 0x7F
            foot = ID3_BYTES if head[5] & 0x10 else 0
            file.seek(ID3_BYTES + length + foot)
            head = file.read(HEAD_BYTES)
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((what for start, what in POINTERS if head.startswith(start)), None)
