"""Frames and their presentation times."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.errors import MediaError, NothingToMeasure
from depx.extract.picture import open_film

IRREGULAR_MS = (0, 40, 80, 200, 210, 500, 540, 580)


def _times(path: Path) -> np.ndarray:
    return np.array([frame.time_s for frame in open_film(path).frames()])


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


def test_a_text_file_called_mp4_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("it was a dark and stormy night\n" * 9)
    with pytest.raises(MediaError, match=r"a\.mp4: .*replace the file"):
        open_film(tmp_path / "a.mp4")


def test_subtitles_called_mp4_are_no_video_either(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("1\n00:00:00,650 --> 00:00:02,330\nhello\n")
    with pytest.raises(MediaError, match="replace the file"):
        open_film(tmp_path / "a.mp4")


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
