"""Bad and odd video files through the facial track: a right track, or one clear line.

The files are made here, of the demo's face, with the encoders that PyAV brings.
"""

# F = frames

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from depx.doctor.codecs import as_scheduled
from depx.errors import MediaError, NothingToMeasure
from depx.extract.picture import Film, open_film
from depx.extract.run import extract
from depx.extract.settings import parse
from depx.extract.synth.warp import Moment, render
from depx.features.columns import names
from depx.features.extractor import Inputs
from depx.features.face.extractor import Face
from depx.features.track import LongTrack, Track
from depx.features.types import F32, U8

FPS = 25
LOSSLESS = {"qp": "0", "preset": "ultrafast"}
AV1 = "libsvtav1"  # its encoder; OpenCV's FFmpeg does not decode it


@cache
def heads(frames: int) -> tuple[U8, ...]:
    """A real face that turns, blinks and speaks, 384 x 384 px."""
    time_F = np.arange(frames) / FPS
    return tuple(
        render(
            Moment(
                yaw_rad=0.14 * np.sin(2.5 * time_s),
                pitch_rad=0.05 * np.sin(2 * time_s + 1),
                roll_rad=0.05 * np.sin(1.5 * time_s + 2),
                blink=float(abs(time_s % 1 - 0.5) < 0.08),
                mouth=0.5 * abs(np.sin(8 * time_s)),
            )
        )
        for time_s in time_F.tolist()
    )


@as_scheduled()
def encode(
    path: Path,
    *pictures: Sequence[U8],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fps: int = FPS,
    at_ms: Sequence[int] | None = None,
    form: str | None = None,
    cover: U8 | None = None,
    sound_s: float = 0.0,
    container: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write each of `pictures` as a video stream, a cover and a tone beside them if asked for."""
    base = Fraction(1, fps) if at_ms is None else Fraction(1, 1000)
    with av.open(str(path), "w", format=form, options=dict(container or {})) as out:
        streams = []
        for images in pictures:
            stream = out.add_stream(codec, rate=fps, options=dict(options or {}))
            stream.height, stream.width = images[0].shape[:2]
            stream.pix_fmt, stream.time_base = pix_fmt, base
            stream.codec_context.time_base, stream.codec_context.gop_size = base, 12
            streams.append(stream)
        if cover is not None:
            album = out.add_stream("mjpeg", rate=1)
            album.height, album.width, album.pix_fmt = *cover.shape[:2], "yuvj420p"
            album.disposition = av.stream.Disposition.attached_pic
        sound = out.add_stream("aac", rate=16_000, layout="mono") if sound_s else None
        if cover is not None:
            shown = av.VideoFrame.from_ndarray(cover, format="bgr24").reformat(format="yuvj420p")
            out.mux([*album.encode(shown), *album.encode(None)])
        for stream, images in zip(streams, pictures, strict=True):
            for number, image in enumerate(images):
                shown = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pix_fmt)
                shown.pts = number if at_ms is None else at_ms[number]
                shown.time_base = base
                out.mux(stream.encode(shown))
            out.mux(stream.encode(None))
        if sound is not None:
            tone_N = 0.2 * np.sin(np.arange(round(sound_s * 16_000)) * 0.17).astype(np.float32)
            heard = av.AudioFrame.from_ndarray(tone_N[None], format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = 16_000, 0, Fraction(1, 16_000)
            out.mux([*sound.encode(heard), *sound.encode(None)])
    return path


@dataclass(frozen=True, eq=False)
class Seen:
    """What came of a file."""

    track: Track
    film: Film
    quality: Mapping[str, object]
    warnings: tuple[str, ...]

    def column(self, name: str) -> F32:
        return self.track.value_FC[:, names(self.track.columns).index(name)]


def see(path: Path) -> Seen:
    film = open_film(path)
    measured = Face()(Inputs(picture=film.picture()))
    assert isinstance(measured.table, LongTrack)
    return Seen(
        measured.table.whole(), film, measured.quality, (*measured.warnings, *film.warnings)
    )


def test_a_whole_file_is_a_track_without_a_warning(tmp_path: Path) -> None:
    seen = see(encode(tmp_path / "a.mp4", heads(30)))
    assert seen.track.rows == 30
    assert seen.track.valid_F.all()
    assert seen.warnings == ()


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "options"),
    [
        ("hevc10.mp4", "libx265", "yuv420p10le", {"x265-params": "log-level=none"}),
        ("h264_10.mp4", "libx264", "yuv420p10le", {}),
        ("h264_444.mp4", "libx264", "yuv444p", {}),
        ("grey.mkv", "ffv1", "gray", {}),
        ("grey.mp4", "libx264", "gray", {}),
        ("vp9.webm", "libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
        ("mpeg4.avi", "mpeg4", "yuv420p", {}),
        ("motion_jpeg.avi", "mjpeg", "yuvj420p", {}),
        ("av1.mp4", AV1, "yuv420p", {"preset": "12"}),
        ("av1_10.mkv", AV1, "yuv420p10le", {"preset": "12"}),
    ],
)
def test_a_face_is_found_in_every_frame_of_any_pixel_format(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, options: dict[str, str]
) -> None:
    path = encode(tmp_path / name, heads(12), codec=codec, pix_fmt=pix_fmt, options=options)
    seen = see(path)
    assert seen.track.rows == 12
    assert seen.track.valid_F.all()
    assert seen.quality["identities"] == 1
    assert np.ptp(seen.column("pose_Tz")) < 60  # the head moves, it does not leap
    assert seen.warnings == ()


@pytest.mark.parametrize(("codec", "pix_fmt"), [("ffv1", "yuv444p"), (AV1, "yuv420p")])
def test_odd_sizes_are_as_good_as_even_ones(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    odd = [cv2.resize(image, (333, 217)).astype(np.uint8) for image in heads(10)]
    seen = see(encode(tmp_path / "odd.mkv", odd, codec=codec, pix_fmt=pix_fmt))
    assert seen.track.valid_F.all()


@pytest.mark.parametrize("frames", [1, 5])
def test_the_shortest_videos_are_tracks_of_as_many_rows(tmp_path: Path, frames: int) -> None:
    seen = see(encode(tmp_path / "short.mp4", heads(5)[:frames]))
    assert seen.track.rows == frames
    assert seen.track.valid_F.all()
    assert any("single frame" in line for line in seen.warnings) == (frames == 1)


@pytest.mark.parametrize("fps", [1, 120])
def test_any_rate_keeps_its_times_and_its_one_identity(tmp_path: Path, fps: int) -> None:
    moving = heads(50)[:: 5 if fps == 1 else 1][:40]
    seen = see(encode(tmp_path / "rate.mp4", moving, fps=fps))
    np.testing.assert_allclose(seen.track.time_s, np.arange(len(moving)) / fps, atol=1e-3)
    assert seen.track.rate_hz == pytest.approx(fps)
    assert seen.quality["identities"] == 1
    assert seen.track.valid_F.all()


def test_irregular_times_are_kept(tmp_path: Path) -> None:
    at_ms = [1, 38, 120, 121, 250, 600, 610, 655, 1400, 1440]
    seen = see(encode(tmp_path / "irregular.mp4", heads(10), at_ms=at_ms))
    np.testing.assert_allclose(seen.track.time_s, np.array(at_ms) / 1000, atol=1e-3)
    assert seen.track.valid_F.all()
    assert seen.quality["identities"] == 1


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_a_picture_that_starts_after_its_sound_is_that_late(tmp_path: Path, name: str) -> None:
    at_ms = [1500 + 40 * i for i in range(10)]
    seen = see(encode(tmp_path / name, heads(10), at_ms=at_ms, sound_s=2.0))
    np.testing.assert_allclose(seen.track.time_s, np.array(at_ms) / 1000, atol=2e-3)


@pytest.mark.parametrize("index_first", [True, False])
def test_a_cut_mp4_is_what_is_left_or_one_line(tmp_path: Path, index_first: bool) -> None:
    flags = {"movflags": "faststart"} if index_first else {}
    path = encode(tmp_path / "cut.mp4", heads(60), container=flags)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if not index_first:
        with pytest.raises(MediaError, match=r"cut\.mp4: no video .*replace the file"):
            open_film(path)
        return
    seen = see(path)
    assert 10 < seen.track.rows < 50
    assert seen.track.valid_F.all()
    assert any("its file says 2.4 s" in line for line in seen.warnings)


@pytest.mark.parametrize("codec", ["libx264", AV1])
def test_what_lies_behind_a_damaged_packet_still_decodes(tmp_path: Path, codec: str) -> None:
    path = encode(tmp_path / "flips.mp4", heads(60), codec=codec)
    data = bytearray(path.read_bytes())
    first, stop = data.index(b"mdat") + 8, data.index(b"moov")
    chance = np.random.default_rng(1)
    for at in chance.integers(first + (stop - first) // 3, first + (stop - first) // 2, 150):
        data[at] ^= 1 << int(chance.integers(8))
    path.write_bytes(bytes(data))
    seen = see(path)
    facts = seen.film.facts
    assert facts["frames_listed"] == 60
    assert 40 <= seen.track.rows == facts["frames_decoded"]
    assert seen.track.time_s[-1] == pytest.approx(59 / FPS)  # those behind keep their times
    missing = 60 - seen.track.rows
    assert missing <= 1 or any(f"{missing} of 60 frames do not" in s for s in seen.warnings)


@pytest.mark.parametrize("lie", [7, 2**31 - 1])
def test_frame_counts_that_lie_are_not_believed(tmp_path: Path, lie: int) -> None:
    path = encode(tmp_path / "lie.avi", heads(20), codec="mpeg4")
    data = bytearray(path.read_bytes())
    for head, field in ((b"avih", 16), (b"strh", 32)):
        at = data.index(head) + 8 + field
        assert struct.unpack_from("<I", data, at) == (20,)
        struct.pack_into("<I", data, at, lie)
    path.write_bytes(bytes(data))
    seen = see(path)
    assert seen.track.rows == 20
    assert seen.track.valid_F.all()


def test_a_video_turned_by_its_metadata_is_the_same_track(tmp_path: Path) -> None:
    upright = [np.ascontiguousarray(image[:, 42:342]) for image in heads(8)]
    straight = see(encode(tmp_path / "0.mp4", upright, pix_fmt="yuv444p", options=LOSSLESS))
    assert straight.track.valid_F.all()
    for deg, back, matrix in (
        (90, cv2.ROTATE_90_COUNTERCLOCKWISE, (0, 1, -1, 0)),
        (180, cv2.ROTATE_180, (-1, 0, 0, -1)),
        (270, cv2.ROTATE_90_CLOCKWISE, (0, -1, 1, 0)),
    ):
        lying = [np.ascontiguousarray(cv2.rotate(image, back), np.uint8) for image in upright]
        path = encode(tmp_path / f"{deg}.mp4", lying, pix_fmt="yuv444p", options=LOSSLESS)
        data = bytearray(path.read_bytes())
        a, b, c, d = (x << 16 for x in matrix)
        struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
        path.write_bytes(bytes(data))
        turned = see(path)
        assert turned.film.facts["rotation_deg"] == deg
        np.testing.assert_array_equal(turned.track.value_FC, straight.track.value_FC)


def test_a_name_that_lies_about_the_container_does_not_matter(tmp_path: Path) -> None:
    path = encode(tmp_path / "really_mp4.avi", heads(8), form="mp4")
    assert see(path).track.valid_F.all()


def test_a_photograph_called_mp4_is_one_row_and_one_warning(tmp_path: Path) -> None:
    path = tmp_path / "photo.mp4"
    path.write_bytes(cv2.imencode(".jpg", heads(5)[0])[1].tobytes())
    seen = see(path)
    assert seen.track.rows == 1
    assert "check that the file is a video" in seen.warnings[0]


def test_of_two_moving_pictures_the_first_is_taken_and_said_so(tmp_path: Path) -> None:
    black = [np.zeros((240, 320, 3), dtype=np.uint8)] * 20
    seen = see(encode(tmp_path / "two.mp4", heads(10), black))
    assert seen.track.rows == 10
    assert seen.track.valid_F.all()
    assert any("2 moving pictures; took the first" in line for line in seen.warnings)


def test_a_cover_beside_a_picture_is_not_counted_as_one(tmp_path: Path) -> None:
    cover = np.zeros((64, 64, 3), dtype=np.uint8)
    seen = see(encode(tmp_path / "album.mp4", heads(10), cover=cover))
    assert seen.track.rows == 10
    assert seen.warnings == ()


@pytest.mark.parametrize("flagged", [True, False])
def test_a_cover_in_front_of_the_film_is_not_the_film(tmp_path: Path, flagged: bool) -> None:
    black = np.zeros((64, 64, 3), dtype=np.uint8)
    if flagged:
        path = encode(tmp_path / "album.mp4", heads(10), cover=black)
        data = path.read_bytes()  # the box of the cover goes in front of that of the film
        film, cover = data.rindex(b"trak") - 4, data.rindex(b"udta") - 4
        path.write_bytes(data[:film] + data[cover:] + data[film:cover])
    else:
        path = encode(tmp_path / "still.mkv", [black], heads(10))
    seen = see(path)
    assert seen.track.rows == 10
    assert seen.track.valid_F.all()
    assert seen.film.facts["decoder"] == "pyav"
    assert seen.warnings == ()


def test_a_cover_beside_sound_is_no_picture(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp4", cover=heads(5)[0], sound_s=1.0)
    with pytest.raises(NothingToMeasure, match="holds no picture"):
        open_film(path)


@pytest.mark.parametrize(("form", "codec"), [("h264", "libx264"), ("obu", AV1)])
def test_another_size_midway_is_followed_and_no_identity_crosses_it(
    tmp_path: Path, form: str, codec: str
) -> None:
    small = [cv2.resize(image, (256, 256)).astype(np.uint8) for image in heads(12)]
    parts = [
        encode(tmp_path / f"{k}.{form}", images, codec=codec, form=form)
        for k, images in enumerate((heads(12), small))
    ]
    joined = tmp_path / f"joined.{form}"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    seen = see(joined)
    assert seen.track.rows == 24
    assert seen.track.valid_F.all()
    # Pixels of another size are other pixels: the face comes two thirds as large.
    shrunk = np.median(seen.column("x_30")[12:]) / np.median(seen.column("x_30")[:12])
    assert shrunk == pytest.approx(256 / 384, abs=0.02)


def test_files_joined_end_to_end_whose_times_start_again_are_warned_of(tmp_path: Path) -> None:
    part = encode(tmp_path / "part.ts", heads(10)).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part + part)
    seen = see(tmp_path / "joined.ts")
    assert seen.track.rows == 20
    assert (np.diff(seen.track.time_s) > 0).all()
    assert seen.quality["times_moved"] == 10
    assert any("lie at the time of another" in line for line in seen.warnings)


def _eight_k(path: Path) -> Path:
    frame = np.zeros((4320, 7680, 3), dtype=np.uint8)
    frame[:, 1680:6000] = cv2.resize(heads(5)[0], (4320, 4320))
    return encode(path, [frame] * 3, options={"preset": "ultrafast"})


@pytest.mark.slow
def test_depx_extract_says_it_in_one_line_and_does_the_rest(tmp_path: Path) -> None:
    make: dict[str, Callable[[Path], object]] = {
        "av1": lambda path: encode(path, heads(12), codec=AV1),
        "cut": lambda path: path.write_bytes(
            encode(tmp_path / "whole.mp4", heads(20)).read_bytes()[:9000]
        ),
        "eight_k": _eight_k,
        "empty": Path.touch,
        "song": lambda path: encode(path, cover=heads(5)[0], sound_s=1.0),
        "text": lambda path: path.write_text("it was a dark and stormy night\n" * 9),
        "whole": lambda path: encode(path, heads(20)),
    }
    for name, write in make.items():
        folder = tmp_path / "sessions" / name
        folder.mkdir(parents=True)
        write(folder / "video.mp4")
    settings = parse(("face",), {"limits.memory_gb": "2"}, jobs=2)
    summary = extract(
        [tmp_path / "sessions"], tmp_path / "F", settings, lambda _: None, lambda _: None
    )
    made = {outcome.session: outcome.made.get("face") for outcome in summary.outcomes}
    failed = {o.session: o.failures["face"] for o in summary.outcomes if o.failures}
    assert summary.exit_code == 1
    assert {name: rows for name, rows in made.items() if rows} == {
        "av1": 12,
        "eight_k": 3,
        "whole": 20,
    }
    assert set(failed) == {"cut", "empty", "text"}
    for reason in failed.values():
        assert "video.mp4: " in reason
        assert "\n" not in reason
        assert "Traceback" not in reason
    absent = json.loads((tmp_path / "F" / "song" / "session.json").read_text())["absent"]
    assert "holds no picture" in absent["face"]["reason"]
