"""The page of a store in a browser: silent, offline, and its timeline does what it says."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

EVIL = "</script><img src=x onerror=alert(1)><a href='https://example.org'>&amp;<b>{}"
DRAWN = "document.querySelector('.plot').data !== undefined"
PLOT = "document.querySelector('.plot')"
AU12 = f"{PLOT}.data.find((one) => one.name === 'AU12_r')"
LOUD = f"{PLOT}.data.find((one) => one.name === 'Loudness')"


def drawn(seen: Any) -> None:
    """Scroll to the first timeline, and wait until it is drawn: that is when it comes into view."""
    seen.value("document.querySelector('.timeline').scrollIntoView(), 0")
    seen.until(DRAWN)


@pytest.fixture
def page(shelf: Any, depx: Callable[..., int]) -> Callable[..., Path]:
    """Write the page of a store of so many sessions."""

    def write(*names: str, minutes: float = 1.0, text: str = "word{}", **options: str) -> Path:
        for n, name in enumerate(names):
            shelf.session(name, shelf.interview(minutes, text=text.format, seed=10 * n))
        assert depx("report", shelf.path, "-q") == 0
        return Path(shelf.path) / "report.html"

    return write


def test_half_an_hour_is_below_10_mb_and_finer_where_one_looks(
    page: Callable[..., Path], tab: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = page("long", minutes=30.0)
    assert path.stat().st_size < 10_000_000
    begun = time.monotonic()
    seen = tab(path.as_uri())
    loaded_s = time.monotonic() - begun
    drawn(seen)
    drawn_s = time.monotonic() - begun
    whole = seen.value(f"[{AU12}.x.length, {AU12}.x[2] - {AU12}.x[0]]")
    assert whole[0] <= 2 * 1002
    assert whole[1] == pytest.approx(1.8, abs=1e-3)
    begun = time.monotonic()
    seen.value(
        "document.querySelector('.timeline').dispatchEvent(new CustomEvent('depx:time',"
        " {detail: {time_s: 905, from: 'test', show: true}}))"
    )
    seen.until(f"{PLOT}.layout.xaxis.range[0] === 895 && {AU12}.x[0] > 880")
    zoomed_s = time.monotonic() - begun
    assert seen.value(f"{PLOT}.layout.xaxis.range") == [895, 915]
    first, step, last = seen.value(
        f"[{AU12}.x[0], {AU12}.x[2] - {AU12}.x[0], {AU12}.x[{AU12}.x.length - 1]]"
    )
    assert step == pytest.approx(0.1, abs=1e-3)
    assert 884 <= first <= 886
    assert 924 <= last <= 926
    assert seen.value(f"{LOUD}.x[2] - {LOUD}.x[0]") == pytest.approx(0.1, abs=1e-3)
    assert seen.said() == []
    assert seen.asked() == []
    with capsys.disabled():
        print(
            f"\n{path.stat().st_size / 1e6:.1f} MB, loaded in {loaded_s:.1f} s, drawn after "
            f"{drawn_s:.1f} s, zoomed in {zoomed_s:.1f} s"
        )


def test_a_short_session_is_seen_sample_by_sample(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("short").as_uri())
    drawn(seen)
    x = seen.value(f"{AU12}.x")
    np.testing.assert_allclose(x, np.arange(1800) / 30, atol=1e-4)
    y = np.array(seen.value(f"{AU12}.y"), dtype=float)
    assert np.isnan(y[300:420]).all()  # the face is lost from 10 to 14 s
    assert np.isfinite(y[:300]).all()


def test_dragging_zooms_a_click_gives_the_time_and_the_buttons_move(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("one").as_uri())
    drawn(seen)
    seen.value(f"{PLOT}.scrollIntoView(), 0")
    seen.value(
        "window.told = []; document.addEventListener('depx:time',"
        " (event) => window.told.push(event.detail)), 0"
    )
    left, top, width = seen.value(
        f"(({{left, top, width}}) => [left, top, width])({PLOT}.getBoundingClientRect())"
    )
    inner = width - 150 - 12
    at = [left + 150 + inner * share for share in (0.25, 0.5)]
    seen.drag(at[0], at[1], top + 120)
    seen.until(f"Math.abs({PLOT}.layout.xaxis.range[0] - 15) < 0.3")
    seen.until(f"Math.abs({PLOT}.layout.xaxis.range[1] - 30) < 0.3")
    assert seen.value("window.told") == []
    seen.drag(at[1], at[1], top + 120)
    seen.until("window.told.length === 1")
    (told,) = seen.value("window.told")
    assert told["from"] == "timeline"
    assert told["time_s"] == pytest.approx(22.5, abs=0.3)
    cursor = seen.value("document.querySelector('.cursor').getBoundingClientRect().left")
    assert cursor == pytest.approx(at[1], abs=1.5)
    for name, expected in (("Later", 22.5), ("Earlier", 15.0), ("Whole", 0.0)):
        seen.value(
            "[...document.querySelectorAll('.tools button')]"
            f".find((one) => one.textContent === '{name}').click()"
        )
        seen.until(f"Math.abs({PLOT}.layout.xaxis.range[0] - {expected}) < 0.5")
    assert seen.said() == []


def test_a_stretch_in_the_table_leads_to_its_place(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("one").as_uri())
    drawn(seen)
    seen.value(
        "[...document.querySelectorAll('button.to')]"
        ".find((one) => one.textContent === '0:10.0').click()"
    )
    seen.until(f"{PLOT}.layout.xaxis.range[1] < 25")
    shown = seen.value(f"{PLOT}.layout.xaxis.range")
    assert shown == pytest.approx([0, 20], abs=0.1)  # the face is lost at 9.98 s


def test_a_click_on_a_head_sorts_and_says_so(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("s10", "s9", "s2").as_uri())
    first = "[...document.querySelectorAll('tbody')][0].rows"
    names = f"[...{first}].map((row) => row.cells[0].textContent)"
    head = "document.querySelector('th button.sort')"
    for way, expected in (
        ("ascending", ["s2", "s9", "s10"]),
        ("descending", ["s10", "s9", "s2"]),
    ):
        seen.value(f"{head}.click()")
        assert seen.value(names) == expected
        assert seen.value(f"{head}.closest('th').getAttribute('aria-sort')") == way
    assert seen.value("document.querySelectorAll('[aria-sort]').length") == 1


def test_a_link_to_a_session_unfolds_it_and_draws_it(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("a", "b").as_uri())
    assert seen.value("document.querySelectorAll('.plot svg').length") == 0
    seen.value("document.querySelector('tbody a').click()")
    seen.until("document.querySelector('details.fold').open")
    seen.until(DRAWN)
    assert seen.value("document.querySelectorAll('.plot').length") == 2
    assert seen.said() == []


def test_words_and_names_are_text_whatever_they_hold(
    page: Callable[..., Path], tab: Callable[..., Any]
) -> None:
    seen = tab(page("a & b <i>'\"%zz", text=EVIL).as_uri())
    drawn(seen)
    seen.value(
        "document.querySelector('.timeline').dispatchEvent(new CustomEvent('depx:time',"
        " {detail: {time_s: 7, from: 'test', show: true}}))"
    )
    for _ in range(3):
        seen.value("document.querySelector('.tools button').click()")
    seen.until(f"{PLOT}.layout.xaxis.range[1] - {PLOT}.layout.xaxis.range[0] < 1")
    assert seen.value(f"{PLOT}.querySelectorAll('a, img, image').length") == 0
    hidden = seen.value(f"{PLOT}.data.flatMap((one) => one.hovertext || []).join()")
    assert "&lt;/script>" in hidden
    assert "<a" not in hidden
    assert seen.said() == []
    assert seen.asked() == []


@pytest.mark.parametrize(("width_px", "dark"), [(390, False), (390, True), (1200, True)])
def test_nothing_scrolls_sideways_by_day_or_night(
    page: Callable[..., Path], browser: Any, width_px: int, dark: bool
) -> None:
    seen = browser.look(page("a", "b" * 60), width_px=width_px, dark=dark)
    assert seen.requests == []
    assert seen.console == []
    assert seen.width_px <= width_px
    grey = np.asarray(Image.open(io.BytesIO(seen.png)).convert("L"))
    assert np.ptp(grey) > 100
    assert (np.median(grey) < 60) == dark
