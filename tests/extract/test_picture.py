"""Frames and their presentation times."""

import struct
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from depx.doctor.codecs import as_scheduled
from depx.errors import DepxError, MediaError, NothingToMeasure
from depx.extract.frames_av import AvFrames
from depx.extract.frames_cv import CvFrames
from depx.extract.picture import open_film

GREY_LEVELS = 2  # between the two libraries: none in 8 bits; their FFmpegs round 10 differently
IRREGULAR_MS = (0, 40, 80, 200, 210, 500, 540, 580)


def _times(path: Path) -> np.ndarray:
    return np.array([frame.time_s for frame in open_film(path).frames()])


@as_scheduled()
def _coloured(
    path: Path,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (320, 240),
    space: int = 2,
) -> Path:
    """Write 12 frames of drifting colours; `space` as H.264 numbers matrices, 2 is unsaid."""
    colours = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        (stream.width, stream.height), stream.pix_fmt = size, pix_fmt
        stream.codec_context.colorspace = space
        for number in range(12):
            drifted = cv2.resize(np.roll(colours, number, axis=1), size).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(drifted, format="bgr24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize("container", ["a.mkv", "a.mov", "a.mp4"])
def test_variable_rate_video_keeps_its_presentation_times(
    tmp_path: Path, write_video, container
) -> None:
    path = write_video(tmp_path / container, IRREGULAR_MS)
    np.testing.assert_allclose(_times(path), np.array(IRREGULAR_MS) / 1000, atol=1e-3)


def test_a_video_that_starts_after_its_sound_says_so(tmp_path: Path, write_video) -> None:
    times_ms = [1520 + 40 * i for i in range(25)]
    path = write_video(tmp_path / "late.mkv", times_ms, sound_s=3)
    np.testing.assert_allclose(_times(path), np.array(times_ms) / 1000, atol=2e-3)


def test_a_container_with_an_arbitrary_zero_counts_from_its_start(
    tmp_path: Path, write_video
) -> None:
    path = write_video(tmp_path / "a.ts", [5000 + 40 * i for i in range(25)])
    assert _times(path)[0] == pytest.approx(0, abs=0.05)


def test_frames_that_do_not_decode_do_not_shift_those_behind(tmp_path: Path, write_video) -> None:
    path = write_video(tmp_path / "a.avi", [40 * i for i in range(50)])
    whole = {round(t, 3) for t in _times(path)}
    film = open_film(path)
    film.listed_s = np.insert(film.listed_s, 10, film.listed_s[9] + 0.02)  # one that never decodes
    assert {round(frame.time_s, 3) for frame in film.frames()} == whole


def test_without_listed_times_the_reported_position_counts(tmp_path: Path, write_video) -> None:
    path = write_video(tmp_path / "a.mkv", IRREGULAR_MS)
    film = open_film(path)
    film.listed_s = film.listed_s[:0]
    np.testing.assert_allclose(
        [frame.time_s for frame in film.frames()][1:], np.array(IRREGULAR_MS[1:]) / 1000, atol=2e-3
    )
    assert "position" in str(film.facts["time_source"])


def test_every_frame_comes_and_is_counted(tmp_path: Path, write_video) -> None:
    film = open_film(write_video(tmp_path / "a.mp4"))
    assert sum(1 for _ in film.frames()) == 25
    assert film.facts["frames_decoded"] == film.facts["frames_listed"] == 25
    assert film.facts["time_source"] == "pts"


def _turn_phone(path: Path) -> None:
    """Rotate the display matrix in an mp4's track header by 90 degrees, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: the matrix begins 40 bytes behind the type
    data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(data))


def test_phone_video_stands_upright(tmp_path: Path, write_video) -> None:
    path = write_video(tmp_path / "phone.mp4", size=(64, 48))
    lying = next(open_film(path).frames()).image.copy()
    _turn_phone(path)
    film = open_film(path)
    upright = next(film.frames()).image
    assert lying.shape == (48, 64, 3)
    assert upright.shape == (64, 48, 3)
    assert upright[:, -6:].mean() > 200  # what was the top has turned to the right
    assert upright[:, :6].mean() < 100


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"it was a dark and stormy night\n" * 9,
        b"1\n00:00:00,650 --> 00:00:02,330\nhello\n",
        np.random.default_rng(0).bytes(9000),
    ],
    ids=["empty", "text", "subtitles", "noise"],
)
def test_what_is_no_video_is_one_line_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.mp4"
    path.write_bytes(content)
    with pytest.raises(DepxError, match=r"no\.mp4: .*replace the file") as caught:
        open_film(path)
    assert "\n" not in str(caught.value)


def test_what_no_library_decodes_is_one_line(tmp_path: Path) -> None:
    path = _coloured(tmp_path / "zeros.mp4")
    data = path.read_bytes()
    first, stop = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:first] + bytes(stop - first) + data[stop:])
    with pytest.raises(
        MediaError, match=r"zeros\.mp4: opened, but no frame .*convert it to H\.264"
    ):
        list(open_film(path).frames())
    path.write_bytes(data.replace(b"avc1", b"zzzz"))
    with pytest.raises(MediaError, match=r"zeros\.mp4: .*codec unknown to FFmpeg; convert it"):
        open_film(path)


def test_sound_without_a_picture_is_nothing_to_measure(real_data: Path) -> None:
    with pytest.raises(NothingToMeasure, match="holds no picture"):
        open_film(real_data / "sessions" / "901_P" / "901_AUDIO.wav")


def test_real_files_give_their_own_times(real_data: Path) -> None:
    times = _times(real_data / "video" / "variable_rate_face_then_none.mov")
    assert len(times) == 169
    assert times[-1] == pytest.approx(6.36, abs=0.01)  # i / fps would end 0.04 s later
    assert _times(real_data / "video" / "small_face.mkv")[0] == pytest.approx(0.033)


def test_if_no_frame_is_missing_the_listed_times_hold_whatever_the_decoder_reports(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    film = open_film(write_video(tmp_path / "a.mp4", IRREGULAR_MS))
    wrong_s = film.listed_s + np.array([0, 0.1, 0, 0, 0.2, 0, 0, 0])
    np.testing.assert_array_equal(film.settle(wrong_s), film.listed_s)
    np.testing.assert_array_equal(film.settle(wrong_s[1:]), wrong_s[1:])


def test_a_picture_that_ends_before_its_file_says_so_is_warned_of(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    path = write_video(tmp_path / "a.mkv", [40 * i for i in range(100)])
    whole = open_film(path)
    assert sum(1 for _ in whole.frames()) == 100
    assert whole.warnings == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = open_film(path)
    assert 0 < sum(1 for _ in cut.frames()) < 100
    assert "its file says 4.0 s" in cut.warnings[0]


def _assert_alike(path: Path) -> None:
    """Compare what the two libraries make of a file: number, size, position, grey levels."""
    film = open_film(path)
    by_cv, by_av = CvFrames(path, film.listed_s.size), AvFrames(path, film.stream)
    frames = 0
    for (cv_s, cv_image), (av_s, av_image) in zip(by_cv, by_av, strict=True):
        frames += 1
        assert av_s == pytest.approx(cv_s, abs=2e-3)
        assert av_image.shape == cv_image.shape
        assert av_image.dtype == cv_image.dtype
        assert cv2.absdiff(cv_image, av_image).mean() < GREY_LEVELS
    assert frames == film.listed_s.size > 0
    assert by_av.rotation_deg == by_cv.rotation_deg


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "size", "space"),
    [
        ("a.mp4", "libx264", "yuv420p", (320, 240), 2),
        ("bt709.mp4", "libx264", "yuv420p", (320, 240), 1),
        ("full_range.mp4", "libx264", "yuvj420p", (320, 240), 2),
        ("10_bit.mp4", "libx264", "yuv420p10le", (320, 240), 2),
        ("grey.mkv", "ffv1", "gray", (320, 240), 2),
        ("odd.mkv", "ffv1", "yuv420p", (333, 217), 2),
    ],
)
def test_pyav_makes_the_pixels_and_times_that_opencv_makes(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, size: tuple[int, int], space: int
) -> None:
    _assert_alike(_coloured(tmp_path / name, codec, pix_fmt, size, space))


@pytest.mark.parametrize(
    "matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1), (0.6, 0.8, -0.8, 0.6)]
)
def test_pyav_turns_a_picture_as_opencv_does(
    tmp_path: Path, matrix: tuple[float, float, float, float]
) -> None:
    path = _coloured(tmp_path / "turned.mp4")
    data = bytearray(path.read_bytes())
    a, b, c, d = (round(x * (1 << 16)) for x in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(data))
    _assert_alike(path)


@pytest.mark.parametrize("container", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_times_are_the_same_whichever_library_decodes(
    tmp_path: Path, write_video: Callable[..., Path], container: str
) -> None:
    irregular_ms = [1520 + time_ms for time_ms in IRREGULAR_MS]
    path = write_video(tmp_path / container, irregular_ms, sound_s=2)
    _assert_alike(path)
    by_av = open_film(path)
    by_av.leads = False
    np.testing.assert_allclose([frame.time_s for frame in by_av.frames()], _times(path))
    assert by_av.facts["decoder"] == "pyav"
    assert by_av.facts["time_source"] == "pts"


def test_the_facts_say_which_library_decoded(tmp_path: Path) -> None:
    for codec, decoder in (("libx264", "opencv"), ("libsvtav1", "pyav")):
        film = open_film(_coloured(tmp_path / f"{codec}.mp4", codec))
        np.testing.assert_allclose(
            [frame.time_s for frame in film.frames()], np.arange(12) / 25, atol=1e-3
        )
        assert film.facts["decoder"] == decoder
        assert film.facts["frames_decoded"] == film.facts["frames_listed"] == 12


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc to count threads in")
def test_pyav_decodes_in_one_thread_on_any_machine(tmp_path: Path) -> None:
    path = _coloured(tmp_path / "a.mp4", "libsvtav1", size=(640, 480))
    before = set(Path("/proc/self/task").iterdir())
    for _ in AvFrames(path, 0):
        assert set(Path("/proc/self/task").iterdir()) <= before
