"""The frames of a video stream as PyAV decodes them, upright, with their positions.

For what OpenCV does not decode: AV1 (PyAV's wheel brings dav1d), and a film behind a cover picture.
A pixel is what OpenCV would have made of it: BT.601 whatever the file says, bicubic chroma.  So a
film has the same colours in any codec, and the same track.  One thread decodes and converts,
however many cores there are.  What time a frame has is `frame_clock`'s to say.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..features.types import U8, Seconds
from .containers import open_media

if TYPE_CHECKING:
    from av import VideoFrame


class AvFrames:
    """The picture of `path` in its stream number `stream`, counted over streams of any kind."""

    decoder: ClassVar[str] = "pyav"

    def __init__(self, path: Path, stream: int) -> None:
        self.path, self.stream = path, stream
        self.rotation_deg = 0
        """Clockwise, as the file asks for; known from the first frame on."""

    def __iter__(self) -> Iterator[tuple[Seconds, U8]]:
        """Decode from the start: position from the start of the stream, and (height, width, 3).

        A damaged packet yields no frame, and what lies behind it still decodes.

        Raises
        ------
        av.error.FFmpegError
            If the container cannot be read.
        """
        import av

        with open_media(self.path) as container:
            stream = next(one for one in container.streams.video if one.index == self.stream)
            stream.codec_context.thread_type, stream.codec_context.thread_count = "NONE", 1
            base, start = float(stream.time_base or 0), stream.start_time or 0
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except MemoryError:
                    raise
                except av.error.FFmpegError:  # counted: it is listed, and no frame comes of it
                    continue
                for frame in frames:
                    self.rotation_deg = _clockwise_deg(frame)
                    position = 0 if frame.pts is None else frame.pts - start
                    yield position * base, upright(frame)


def upright(frame: "VideoFrame") -> U8:
    """Turn a decoded frame into blue, green, red, as it is to be seen; (height, width, 3)."""
    import cv2

    image = frame.to_ndarray(
        format="bgr24", src_colorspace="ITU601", interpolation="BICUBIC", threads=1
    )
    turn = {
        90: cv2.ROTATE_90_CLOCKWISE,
        180: cv2.ROTATE_180,
        270: cv2.ROTATE_90_COUNTERCLOCKWISE,
    }.get(_clockwise_deg(frame))  # at other angles it is left lying, as OpenCV does
    upright = image if turn is None else cv2.rotate(image, turn)  # five times as fast as NumPy
    return np.ascontiguousarray(upright, dtype=np.uint8)


def _clockwise_deg(frame: "VideoFrame") -> int:
    return -frame.rotation % 360
