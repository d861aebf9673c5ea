"""Any frame of any file by its time: what is shown is what was measured, whatever the container."""

import random
import threading
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from depx.errors import MediaError
from depx.extract.picture import open_film
from depx.extract.viewing.reel import LARGEST_PX, MOST_OPEN, Reel, Reels, Still

FRAMES = 150
FILES = {
    "h264.mp4": ("libx264", {"bf": "3"}),
    "h265.mkv": ("libx265", {}),
    "mpeg4.avi": ("mpeg4", {}),
    "reordered.avi": ("libx264", {"bf": "2"}),
    "mpeg2.mpg": ("mpeg2video", {"bf": "2"}),
    "h264.ts": ("libx264", {"bf": "2"}),
    "windows.wmv": ("wmv2", {}),
    "bare.h264": ("libx264", {"bf": "2"}),
    "vp9.webm": ("libvpx-vp9", {"deadline": "realtime"}),
}


def film_of(path: Path, codec: str, options: dict[str, str], frames: int = FRAMES) -> Path:
    """Write frames whose number is written in their left half: eight bits, dark or light bands."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 128, "yuv420p"
        stream.codec_context.gop_size = 30
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(coded(number), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def coded(number: int) -> np.ndarray:
    image = np.full((128, 64, 3), 128, np.uint8)
    for bit in range(8):
        image[16 * bit : 16 * bit + 16] = 220 if number >> bit & 1 else 30
    return image


def number_of(still: Still) -> int:
    image = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return sum(int(image[16 * b + 4 : 16 * b + 12].mean() > 125) << b for b in range(8))


@pytest.mark.parametrize("name", FILES)
def test_a_search_finds_the_frame_that_is_seen_then(name: str, tmp_path: Path) -> None:
    film = open_film(film_of(tmp_path / name, *FILES[name]))
    time_s_F = np.array([frame.time_s for frame in film.frames()])
    time_s_F = film.settle(time_s_F)  # as the facial track has them
    assert time_s_F.size == FRAMES
    reel, chance = Reel(film, time_s_F), random.Random(3)
    for _ in range(12):
        n = chance.randrange(FRAMES - 3)
        between_s = float(time_s_F[n]) + 0.3 * float(time_s_F[n + 1] - time_s_F[n])
        found = list(reel.stills(between_s, float(time_s_F[n + 3])))
        assert [number_of(still) for still in found] == [n, n + 1, n + 2]
        assert [still.time_s for still in found] == time_s_F[n : n + 3].tolist()
    reel.close()


def test_going_on_gives_every_frame_once(tmp_path: Path) -> None:
    film = open_film(film_of(tmp_path / "a.mp4", "libx264", {"bf": "3"}))
    reels, seen = Reels(film), []
    for tick in range(0, 620, 50):
        with reels.near(tick / 100) as reel:
            seen += [number_of(still) for still in reel.stills(tick / 100, tick / 100 + 0.5)]
    assert sorted(set(seen)) == list(range(FRAMES))
    assert seen == sorted(seen)


def test_before_the_first_frame_there_is_none_and_behind_the_last_it_stays(
    tmp_path: Path, write_video: "object"
) -> None:
    path = write_video(tmp_path / "late.mkv", range(1500, 2500, 40), sound_s=3.0)  # type: ignore[operator]
    reel = Reel(open_film(path))
    assert list(reel.stills(0.0, 1.4)) == []
    assert [still.time_s for still in reel.stills(1.0, 1.55)] == [1.5, 1.54]
    assert [still.time_s for still in reel.stills(20.0, 21.0)] == [2.46]


def test_a_frame_is_as_upright_as_the_measured_one(tmp_path: Path) -> None:
    straight = film_of(tmp_path / "straight.mp4", "libx264", {}, 5)
    turned = tmp_path / "turned.mp4"
    with av.open(str(straight)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = bytearray(turned.read_bytes())
    place = data.index(b"tkhd") + 4 + 4 + 20 + 16  # its matrix: a quarter turn, clockwise
    one, none = (1 << 16).to_bytes(4, "big"), bytes(4)
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    width = (128 << 16).to_bytes(4, "big")
    data[place : place + 36] = b"".join(
        (none, one, none, minus, none, none, width, none, (1 << 30).to_bytes(4, "big"))
    )
    turned.write_bytes(data)
    film = open_film(turned)
    measured = next(iter(film.frames())).image
    shown = next(iter(Reel(film).stills(0.0, 0.01)))
    image = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert measured.shape == (64, 128, 3)
    assert shown.size_px == (128, 64)
    assert np.abs(image.astype(int) - measured).mean() < 4


def test_what_is_sent_is_small_and_says_how_large_it_was(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((1080, 1920, 3), np.uint8), format="bgr24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    still = next(iter(Reel(open_film(path)).stills(0.0, 0.01)))
    image = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert still.size_px == (1920, 1080)
    assert image.shape[:2] == (540, LARGEST_PX)


def test_many_viewers_share_few_decoders(tmp_path: Path) -> None:
    film = open_film(film_of(tmp_path / "a.mp4", "libx264", {"bf": "3"}))
    reels, right = Reels(film), []

    def look(n: int) -> None:
        with reels.near(n / 25) as reel:
            right.append(number_of(next(iter(reel.stills(n / 25, n / 25)))) == n)

    threads = [threading.Thread(target=look, args=(n,)) for n in range(0, FRAMES, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert right == [True] * len(threads)
    assert reels._open <= MOST_OPEN


def test_a_file_that_went_away_is_said_in_one_line(tmp_path: Path) -> None:
    path = film_of(tmp_path / "a.mp4", "libx264", {}, 20)
    film = open_film(path)
    path.unlink()
    with pytest.raises(MediaError, match=r"a\.mp4: no video or sound that can be read"):
        list(Reel(film).stills(0.0, 1.0))
