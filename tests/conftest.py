"""Fixtures that every test may use."""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import hypothesis
import numpy as np
import pytest

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
