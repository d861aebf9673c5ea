"""Pages: escaped, self-contained, the same bytes each time, every figure with its data."""

import base64
import csv
import io
import re
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib.axes import Axes

from depx.extract.pages.blocks import MOST_ROWS, Estimate, Facts, Figure, Page, Section, Table, Text
from depx.extract.pages.drawing import COLOURS, ONE, TWO, draw
from depx.extract.pages.render import render

EVIL = '<script>alert("1")</script>'


def paint(axes: Axes) -> None:
    axes.plot([0, 1, 2], [3.5, 1.0, 2.0], "o-", color=ONE, label="a line")
    axes.axhline(2, color=TWO)
    axes.legend()


def page(*blocks: Text | Facts | Table | Figure) -> str:
    section = Section(title="One & two", blocks=blocks)
    return render(Page(title=EVIL, notice="n", lead="l", alarms=[EVIL], sections=[section]))


def data_of(html: str) -> list[list[list[str]]]:
    found = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', html)
    return [list(csv.reader(io.StringIO(base64.b64decode(one).decode()))) for one in found]


def test_all_text_is_escaped() -> None:
    table = Table(head=[EVIL], rows=[[EVIL]], file="x.csv", about=EVIL)
    html = page(Text(text=EVIL), Facts(rows=[(EVIL, EVIL)]), table)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 10


def test_a_table_shows_digits_and_gives_them_all() -> None:
    rows = [("a", 1 / 3, Estimate(value=0.5, low=-0.25, high=2 / 3)), ("b", None, None)]
    html = page(Table(head=["name", "x", "y"], rows=rows, file="x.csv"))
    assert ">0.333<" in html
    assert '0.500 <span class="ci">[-0.250, 0.667]</span>' in html
    assert html.count(">\N{EN DASH}<") == 2
    assert data_of(html) == [
        [
            ["name", "x", "y", "y low", "y high"],
            ["a", repr(1 / 3), "0.5", "-0.25", repr(2 / 3)],
            ["b", "", "", "", ""],
        ]
    ]


def test_what_is_undefined_is_no_zero() -> None:
    table = Table(head=["n", "x"], rows=[("nan", float("nan")), ("zero", 0.0)], file="x.csv")
    html = page(table)
    assert html.count(">\N{EN DASH}<") == 1
    assert data_of(html)[0][1:] == [["nan", ""], ["zero", "0.0"]]


def test_a_long_table_says_how_many_rows_are_in_its_data_alone() -> None:
    rows = [(f"row {k}", k) for k in range(MOST_ROWS + 7)]
    html = page(Table(head=["n", "k"], rows=rows, file="x.csv"))
    assert "7 more rows" in html
    assert f"row {MOST_ROWS - 1}<" in html
    assert f"row {MOST_ROWS}<" not in html
    assert len(data_of(html)[0]) == 1 + len(rows)


def test_numbers_stand_to_the_right_names_and_words_do_not() -> None:
    table = Table(head=["n", "x", "word"], rows=[(1, 2.0, "a"), (2, None, "b")], file="x.csv")
    assert table.numeric == [False, True, False]


def test_a_figure_has_its_data_beside_it() -> None:
    table = Table(head=["x", "y"], rows=[(0, 3.5), (1, 1.0)], file="figure.csv")
    svg = draw(paint, name="one", title="t")
    html = page(Figure(title="t", about="a", svg=svg, table=table))
    assert svg in html
    assert 'download="figure.csv"' in html
    assert data_of(html) == [[["x", "y"], ["0", "3.5"], ["1", "1.0"]]]


def test_a_drawing_takes_colours_and_type_from_the_page() -> None:
    svg = draw(paint, name="one", title='a "title"')
    assert svg.startswith('<svg viewBox="')
    assert 'aria-label="a &quot;title&quot;"' in svg
    assert "var(--one)" in svg
    assert "var(--two)" in svg
    assert not [colour for colour in COLOURS if colour in svg]
    assert "font-family" not in svg
    assert ">a line</text>" in svg
    assert "http" not in svg
    assert set(re.findall(r"(?:href=\"|url\()#([\w-]+)", svg)) == set(
        re.findall(r' id="([^"]*)"', svg)
    )


def test_two_drawings_share_no_id() -> None:
    one, two = (set(re.findall(r' id="([^"]*)"', draw(paint, name=n, title="t"))) for n in "ab")
    assert one
    assert not one & two


def test_a_drawing_is_the_same_whatever_style_its_user_likes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = draw(paint, name="one", title="t")
    for name, value in {"font.size": 22.0, "svg.fonttype": "path", "axes.grid": True}.items():
        monkeypatch.setitem(matplotlib.rcParams, name, value)
    assert draw(paint, name="one", title="t") == plain
    assert matplotlib.rcParams["font.size"] == 22.0


def test_a_dollar_is_no_formula() -> None:
    svg = draw(lambda axes: axes.set_xlabel("$x_1$"), name="one", title="t")
    assert ">$x_1$</text>" in svg


def test_the_browser_would_have_noticed(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        '<!DOCTYPE html><meta name="viewport" content="width=device-width"><img src="missing.png">'
        '<script>console.log("here")</script><div style="width: 999px">wide</div>'
    )
    seen = browser.look(path, width_px=390)
    assert [url.rpartition("/")[2] for url in seen.requests] == ["missing.png"]
    assert len(seen.console) == 2
    assert seen.width_px > 390
