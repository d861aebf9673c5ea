"""Write the pictures and the sound of a demo session as users have them: MP4, WAV or FLAC.

Encoders run bit-exact and on one thread, and no clock time is written: same input, same bytes.
"""

# N = samples

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from ...features.types import F32, U8

CRF = "20"  # x264's constant quality: below what the eye sees
AAC_BITS_PER_S = 64_000


def write_video(
    path: Path, frames: Iterable[U8], fps: int, sound_N: F32 | None, rate_hz: int
) -> None:
    """Encode frames as H.264, and sound (None: none) as AAC beside it, into an MP4 file.

    Parameters
    ----------
    path : Path
        File to write; its suffix does not matter.
    frames : iterable of uint8 arrays of shape (height, width, 3)
        Blue, green, red; all of one even size.  Frame ``i`` is shown at ``i / fps``.
    sound_N : float32 array of shape (N,) or None
        Mono, in [-1, 1], beginning with the first frame.
    """
    import av
    from av.codec.context import Flags

    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        # A stream must be declared before the first packet is written, the pictures' size with it.
        frames = iter(frames)
        first = next(frames)
        video = container.add_stream(
            "libx264", rate=fps, options={"preset": "veryfast", "crf": CRF}
        )
        video.height, video.width = first.shape[:2]
        video.pix_fmt = "yuv420p"
        voice = None
        if sound_N is not None:
            voice = container.add_stream("aac", rate=rate_hz, layout="mono")
            voice.bit_rate = AAC_BITS_PER_S
        for stream in filter(None, (video, voice)):
            stream.codec_context.flags |= Flags.bitexact
            stream.codec_context.thread_count = 1
        if voice is not None and sound_N is not None:
            heard = av.AudioFrame.from_ndarray(sound_N[None, :], format="fltp", layout="mono")
            heard.sample_rate, heard.time_base, heard.pts = rate_hz, Fraction(1, rate_hz), 0
            container.mux(voice.encode(heard))
            container.mux(voice.encode(None))
        for i, image in enumerate((first, *frames)):
            shown = av.VideoFrame.from_ndarray(image, format="bgr24")
            shown.pts, shown.time_base = i, Fraction(1, fps)
            container.mux(video.encode(shown))
        container.mux(video.encode(None))


def write_sound(path: Path, sound_N: F32, rate_hz: int, container: str) -> None:
    """Write mono samples in [-1, 1] as 16-bit ``WAV`` or ``FLAC``."""
    import soundfile

    pcm_N = np.clip(np.rint(sound_N * 32767), -32768, 32767).astype(np.int16)
    soundfile.write(path, pcm_N, rate_hz, format=container, subtype="PCM_16")
