"""The page of a view in a browser: in step with the tables, silent to the outside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.extract.picture import open_film

GREY = (
    "(() => { const c = document.getElementById('picture');"
    "const p = c.getContext('2d').getImageData(c.width / 2, c.height * 0.7, 1, 1).data;"
    "return (p[0] + p[1] + p[2]) / 3; })()"
)
FRAME = "document.getElementById('picture').dataset.frame"
ROW = "document.getElementById('overlay').dataset.row"
NOSE = "Number(document.getElementById('overlay').dataset.nose.split(',')[0])"
TIME = "Number(document.body.dataset.time)"
STATE = "document.getElementById('state').textContent"
FACE = "document.getElementById('face').textContent"
LATE_MS = tuple(range(1500, 5500, 40))
VARIABLE_MS = tuple(1500 + 25 * n + (n % 3) * 9 + 300 * (n > 20) for n in range(50))


def greys(path: Path) -> list[float]:
    """What depx measures at the place that `GREY` looks at, frame by frame; 4 apart."""
    images = [frame.image for frame in open_film(path).frames()]
    return [float(image[int(0.7 * len(image)), image.shape[1] // 2].mean()) for image in images]


def seek(tab: Any, time_s: float) -> None:
    """Move the slider, as a hand would."""
    move = "const s = document.getElementById('seek'); s.value = place;"
    tab.value(f"(place => {{ {move} s.dispatchEvent(new Event('input')); }})({time_s!r})")


def shown(tab: Any, frame_s: float) -> None:
    """Wait until the picture and what is laid over it are of a time."""
    wanted = f"Math.abs(Number({{}}) - {frame_s!r}) < 1e-6"
    tab.until(wanted.format(FRAME))
    tab.until(wanted.format(ROW))


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.avi"])
@pytest.mark.parametrize("times_ms", [LATE_MS, VARIABLE_MS], ids=["even", "uneven"])
def test_landmarks_are_those_of_the_frame_that_is_seen(
    name: str, times_ms: tuple[int, ...], shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    if name == "late.avi":
        if times_ms is VARIABLE_MS:
            pytest.skip("AVI has one rate")
        times_ms = tuple(range(0, 4000, 40))
    path = write_video(shelf.media / name, times_ms, sound_s=6.0 if name != "late.avi" else 0.0)
    time_s, grey = [t / 1000 for t in times_ms], greys(path)
    shelf.session("s", {"face": shelf.numbered_face(time_s)}, video=path, sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        for n in (0, 1, 17, 30, 44, 45, 3, len(times_ms) - 1):
            after_s = (time_s[n + 1] if n + 1 < len(time_s) else time_s[n] + 0.04) - time_s[n]
            seek(page, time_s[n] + 0.4 * after_s)
            shown(page, time_s[n])
            assert page.value(GREY) == pytest.approx(grey[n], abs=1.5)
            assert page.value(NOSE) == n
        assert page.said() == []


def test_before_the_first_frame_nothing_is_shown(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "late.mkv", LATE_MS, sound_s=6.0)
    face = shelf.numbered_face([t / 1000 for t in LATE_MS])
    shelf.session("s", {"face": face}, video=path, sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        page.until(f"{STATE} === 'no picture at this time'")
        assert page.value(FRAME) is None
        assert page.value(ROW) is None


def test_playing_keeps_picture_and_sound_together(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    times_ms = tuple(range(0, 6000, 40))
    path = write_video(shelf.media / "a.mp4", times_ms, sound_s=6.0)
    face, expected = shelf.numbered_face([t / 1000 for t in times_ms]), greys(path)
    shelf.session("s", {"face": face}, video=path, sound=path)
    # Asked where the page has just drawn; on a busy machine sound runs on even while it draws.
    state = (
        "new Promise(tell => requestAnimationFrame(since => tell("
        "[document.getElementById('sound').currentTime, (performance.now() - since) / 1000,"
        f"{TIME}, Number({FRAME}), Number({ROW}), {NOSE}, {GREY}, {STATE}])))"
    )
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        shown(page, 0.0)
        page.press(" ")
        page.until(f"{TIME} > 0.5")
        seen = []
        while not seen or seen[-1][0] < 3.0:
            seen.append(page.value(state))
        page.press(" ")
        paused = page.value(f"new Promise(r => setTimeout(() => r({TIME}), 200))")
        assert page.value(f"new Promise(r => setTimeout(() => r({TIME}), 300))") == paused
        assert page.said() == []
    for sound_s, drawing_s, time_s, frame_s, row_s, nose, grey, state in seen:
        assert frame_s == row_s
        assert nose == round(frame_s / 0.04)
        assert grey == pytest.approx(expected[int(nose)], abs=1.5)
        assert 0 <= time_s - frame_s + 1e-3 < 1  # the sound waits for a picture that lags
        assert time_s - frame_s < 0.0405 or state == "loading"
        assert -0.02 < sound_s - time_s < drawing_s + 0.02
    assert any(state != "loading" for *_, state in seen)


def test_keys_go_by_frames_and_seconds(shelf: Any, serve: Any, tab: Any, write_video: Any) -> None:
    time_s = [t / 1000 for t in VARIABLE_MS]
    path = write_video(shelf.media / "a.mkv", VARIABLE_MS, sound_s=3.5)
    shelf.session("s", {"face": shelf.numbered_face(time_s)}, video=path, sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        seek(page, time_s[25] + 0.001)
        shown(page, time_s[25])
        for key, by in [("ArrowRight", 1)] * 3 + [("ArrowLeft", -1)] * 9:
            before = time_s.index(page.value(f"Number({FRAME})"))
            page.press(key)
            shown(page, time_s[before + by])
        here = page.value(TIME)
        page.press("ArrowRight", shift=True)
        page.until(f"Math.abs({TIME} - {here + 1!r}) < 1e-3")
        page.press("Home")
        page.until(f"{TIME} === 0")
        page.press("End")
        shown(page, time_s[-1])
        page.press("ArrowLeft")
        shown(page, time_s[-2])


def test_a_lost_face_is_said_and_not_drawn(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv")
    face = shelf.numbered_face([t / 1000 for t in range(0, 1000, 40)], lost=range(10, 20))
    shelf.session("s", {"face": face}, video=path)
    inked = (
        "(() => { const o = document.getElementById('overlay');"
        "return o.getContext('2d').getImageData(0, 0, o.width, o.height).data.some(v => v); })()"
    )
    unit = "document.querySelector('#units b').textContent"
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        shown(page, 0.0)
        assert page.value(inked)
        assert page.value(FACE).startswith("face found")
        seek(page, 0.5)
        shown(page, 0.48)
        assert not page.value(inked)
        assert page.value(FACE).startswith("face lost")
        assert page.value(unit) == "\N{EN DASH}"
        seek(page, 0.9)
        shown(page, 0.88)
        for what in ("landmarks", "gaze", "pose"):
            page.value(f"document.getElementById('show-{what}').checked = false")
        page.value("document.getElementById('show-pose').dispatchEvent(new Event('change'))")
        page.until(f"!{inked}")


def test_words_are_shown_as_they_are_spoken_and_are_never_markup(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    evil = "<img src=x onerror=alert(1)></script>"
    path = write_video(shelf.media / "a.mkv", range(0, 3000, 40))
    shelf.session("s", shelf.spoken(["hello", evil, "there"]), video=path)
    spoken = "document.querySelector('#words .spoken')?.textContent"
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        for time_s, text in ((0.1, "hello"), (0.6, evil), (1.2, "there"), (1.45, None)):
            seek(page, time_s)
            page.until(f"{spoken} === {json.dumps(text) if text else 'undefined'}")
        roles = "[...document.querySelectorAll('#words .role')].map(r => r.textContent)"
        assert page.value(roles) == ["interviewer:", "participant:", "interviewer:"]
        assert page.value("document.querySelector('#words img')") is None
        assert page.said() == []


def test_a_session_without_video_is_heard(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv", sound_s=2.0)
    shelf.session("s", shelf.spoken(["one", "two"]), sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        assert page.value("document.getElementById('stage').hidden")
        page.press(" ")
        page.until(f"{TIME} > 0.3")
        assert page.said() == []


def test_a_face_without_video_shows_its_action_units_by_the_clock(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv", sound_s=4.0)
    face = shelf.numbered_face([t / 1000 for t in range(0, 4000, 40)], lost=range(50, 60))
    shelf.session("s", {"face": face}, sound=path)
    units = "[...document.querySelectorAll('#units div')].map(u => u.textContent)"
    switches = (
        "[...document.querySelectorAll('#controls input[type=checkbox]')]"
        ".filter(one => one.offsetParent).map(one => one.id)"
    )
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        text = page.value("document.body.innerText")
        assert "no picture: the session has no video" in text
        assert "Frames are decoded" not in text
        assert "directions" not in text
        assert page.value(switches) == ["show-units"]
        page.until(f"{ROW} === '0'")
        assert page.value(FACE).startswith("face found")
        assert "AU122.5" in page.value(units)
        seek(page, 2.1)
        page.until(f"{ROW} === '2.08'")
        assert page.value(FACE) == "face lost: nothing is measured at this time"
        assert "AU12\N{EN DASH}" in page.value(units)
        seek(page, 3.0)
        page.press("ArrowRight")
        page.until(f"{ROW} === '3.04'")
        page.press("Home")
        page.press(" ")
        page.until(f"{TIME} > 0.5 && Math.abs({TIME} - {ROW}) < 0.031")
        assert page.said() == []


def test_with_a_video_all_switches_are_there(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv")
    face = shelf.numbered_face([t / 1000 for t in range(0, 1000, 40)])
    shelf.session("s", {"face": face, **shelf.spoken(["a"])}, video=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        text = page.value("document.body.innerText")
        assert "no picture" not in text
        assert "Frames are decoded" in text
        shown_ = "[...document.querySelectorAll('#controls input')].every(one => one.offsetParent)"
        assert page.value(shown_)


CHANGED = "the recording has changed since this page was opened"


def test_a_recording_that_changes_meanwhile_is_shown_no_longer(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    times_ms = tuple(range(0, 8000, 40))
    path = write_video(shelf.media / "a.mkv", times_ms, sound_s=8.0)
    face = shelf.numbered_face([t / 1000 for t in times_ms])
    shelf.session("s", {"face": face}, video=path, sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        shown(page, 0.0)
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2)
        seek(page, 6.0)
        page.until(f"{STATE}.endsWith({CHANGED!r})")


def test_a_sound_that_has_changed_is_said(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv", sound_s=2.0)
    shelf.session("s", shelf.spoken(["one", "two"]), sound=path)
    view = shelf.open("s")
    path.write_bytes(path.read_bytes())
    with serve(view) as server:
        page = tab(server.url)
        page.until(f"{STATE} === 'sound: {CHANGED}'")


def test_nothing_is_asked_of_anybody_else(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    path = write_video(shelf.media / "a.mkv", sound_s=1.0)
    face = shelf.numbered_face([t / 1000 for t in range(0, 1000, 40)])
    shelf.session("s", {"face": face, **shelf.spoken(["a"])}, video=path, sound=path)
    with serve(shelf.open("s")) as server:
        page = tab(server.url)
        shown(page, 0.0)
        others = [
            url
            for url in page.asked()
            if not url.startswith((server.url, "data:", f"blob:{server.url[:20]}"))
        ]
        assert others == []
        refused = page.value("fetch('http://127.0.0.1:9/').then(() => 'came', () => 'refused')")
        assert refused == "refused"
        assert any("Content Security Policy" in line for line in page.said())


def test_timeline_and_player_follow_each_other(
    shelf: Any, serve: Any, tab: Any, write_video: Any
) -> None:
    times_ms = tuple(range(0, 6000, 40))
    path = write_video(shelf.media / "a.mkv", times_ms, sound_s=6.0)
    face = shelf.numbered_face([t / 1000 for t in times_ms])
    shelf.session("s", {"face": face, **shelf.spoken(["a", "b"])}, video=path, sound=path)
    cursor = "document.querySelector('.timeline .cursor')"
    left = f"{cursor}.getBoundingClientRect().left"
    with serve(shelf.open("s")) as server:
        page = tab(server.url, height_px=2000)
        shown(page, 0.0)
        page.until(f"{cursor} && !{cursor}.hidden && document.querySelector('.timeline .nsewdrag')")
        places = {}
        for time_s in (1.0, 2.0, 4.0):
            seek(page, time_s)
            shown(page, time_s)
            page.value("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
            places[time_s] = page.value(left)
        second = places[2.0] - places[1.0]
        assert second > 20
        assert places[4.0] - places[2.0] == pytest.approx(2 * second, abs=2)
        y = page.value("document.querySelector('.timeline .nsewdrag').getBoundingClientRect().top")
        for kind in ("mousePressed", "mouseReleased"):
            page.call(
                "Input.dispatchMouseEvent",
                **{"type": kind, "x": places[2.0] + second, "y": y + 20},
                **{"button": "left", "clickCount": 1},
            )
        page.until(f"Math.abs({TIME} - 3) < 0.05")
        shown(page, 0.04 * int(page.value(TIME) / 0.04 + 1e-3))
        assert page.said() == []


def test_it_plays_a_real_recording(
    real_data: Path, tmp_path: Path, shelf: Any, serve: Any, tab: Callable[..., Any]
) -> None:
    media = real_data / "sessions" / "901_P"
    shelf.media = media
    video, sound = media / "901_VIDEO.mp4", media / "901_AUDIO.wav"
    face = shelf.numbered_face([n / 25 for n in range(825)])
    shelf.session("901_P", {"face": face}, video=video, sound=sound)
    with serve(shelf.open("901_P")) as server:
        page = tab(server.url)
        seek(page, 20.01)
        shown(page, 20.0)
        page.press(" ")
        page.until(f"{TIME} > 21 && {FRAME} > 20.9")
        assert page.value(f"{FRAME} === {ROW}")
        assert page.said() == []
