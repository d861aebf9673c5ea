"""Timelines: what a page carries of curves and spans, and that nothing in it ends its script."""

import base64
import hashlib
import json
import re
from typing import Any

import numpy as np
import pytest

from depx.extract.pages.blocks import (
    Block,
    Fold,
    Link,
    Mark,
    Moment,
    Page,
    Section,
    Table,
    Text,
)
from depx.extract.pages.render import render
from depx.extract.pages.scripts import PLOTLY, TABLES, TIMELINE, policy, script
from depx.extract.pages.timeline import FULL_BYTES, Curve, Lane, Spans, Timeline, packed
from depx.features.types import F32, F64

EVIL = "</script><script>alert(1)</script><!--\u2028\ud800"


def curve(rows: int, rate_hz: float = 30.0) -> Curve:
    value = np.random.default_rng(3).normal(size=rows).astype(np.float32)
    value[rows // 2 : rows // 2 + rows // 10] = np.nan
    return Curve(name="c", time_s_F=np.arange(rows) / rate_hz, value_F=value)


def read(*lanes: Lane, stop_s: float, start_s: float = 0.0) -> dict[str, Any]:
    document = json.loads(packed(lanes, stop_s=stop_s, start_s=start_s))
    document["numbers"] = [
        np.frombuffer(base64.b64decode(text), "<f4") for text in document["numbers"]
    ]
    return document


def levels(document: dict[str, Any]) -> list[dict[str, Any]]:
    of_numbers = document["numbers"]
    return [
        {k: v if k == "step" else of_numbers[v] for k, v in level.items()}
        for level in document["lanes"][0]["curves"][0]["levels"]
    ]


def page(*blocks: Block) -> str:
    section = Section(title="s", blocks=blocks)
    return render(Page(title="t", notice="n", lead="l", alarms=[], sections=[section]))


def ends(time_s: F64, value: F32, step_s: float, bins: int) -> Any:
    """The ends of each bin, sample by sample."""
    found = np.full((2, bins), np.nan, np.float32)
    edges = step_s * np.arange(bins + 1)
    for t, v in zip(time_s, value, strict=True):
        b = int(np.searchsorted(edges, t, side="right")) - 1
        if np.isfinite(v) and 0 <= b < bins:
            found[:, b] = np.fmin(found[0, b], v), np.fmax(found[1, b], v)
    return found


def test_a_short_curve_is_carried_sample_by_sample() -> None:
    one = curve(300)
    (*_, full) = levels(read(Lane(title="l", curves=[one]), stop_s=10.0))
    np.testing.assert_array_equal(full["time"], one.time_s_F.astype(np.float32))
    np.testing.assert_array_equal(full["low"], one.value_F)
    np.testing.assert_array_equal(full["high"], one.value_F)


def test_half_an_hour_is_carried_in_a_thousand_bins_and_at_10_hz() -> None:
    one = curve(54_000)
    lanes = [Lane(title="l", curves=[one])] * 6
    assert FULL_BYTES < 4 * 6 * 54_000
    coarse, fine = levels(read(*lanes, stop_s=1800.0))
    assert (coarse["step"], fine["step"]) == (1.8, 0.1)
    for level in (coarse, fine):
        expected = ends(one.time_s_F, one.value_F, level["step"], level["low"].size)
        np.testing.assert_array_equal([level["low"], level["high"]], expected)
        assert np.isnan(level["low"]).any()  # the gap is one at each level


def test_what_is_sampled_below_10_hz_is_not_torn_apart_by_empty_bins() -> None:
    one = curve(90, rate_hz=3.0)
    one.value_F[:] = 1.0
    (level,) = levels(read(Lane(title="l", curves=[one]), stop_s=30.0))
    assert level["time"].size == 90
    assert np.isfinite(level["low"]).all()


def test_a_curve_is_broken_where_nothing_was_sampled_for_a_while() -> None:
    time_s = np.concatenate([np.arange(30) / 30, 5 + np.arange(30) / 30])
    one = Curve(name="c", time_s_F=time_s, value_F=np.ones(60, np.float32))
    full = levels(read(Lane(title="l", curves=[one]), stop_s=6.0))[-1]
    assert np.flatnonzero(np.isnan(full["low"])).tolist() == [30]


def test_a_band_has_the_least_of_its_lower_and_the_greatest_of_its_upper_edge() -> None:
    time_s = np.arange(50_000) / 50
    low, high = (np.full(50_000, fill, np.float32) for fill in (-0.5, 0.25))
    low[777], high[40_000] = -1.0, 0.75
    one = Curve(name="c", time_s_F=time_s, value_F=low, high_F=high)
    coarse = levels(read(*[Lane(title="l", curves=[one])] * 3, stop_s=1000.0))[0]
    assert (np.nanmin(coarse["low"]), np.nanmax(coarse["low"][20:])) == (-1.0, -0.5)
    assert (np.nanmax(coarse["high"]), coarse["high"][0]) == (0.75, 0.25)


def test_spans_without_times_are_not_drawn_and_take_their_text_along() -> None:
    spans = Spans(
        row="r",
        start_s_N=np.array([0.0, np.nan, 2.0]),
        stop_s_N=np.array([1.0, np.nan, 3.0]),
        text_N=["a", "b", "c"],
    )
    document = read(Lane(title="l", spans=[spans]), stop_s=3.0)
    (one,) = document["lanes"][0]["spans"]
    assert one["text"] == ["a", "c"]
    assert document["numbers"][one["start"]].tolist() == [0.0, 2.0]


def test_nothing_that_is_said_ends_the_script_it_stands_in() -> None:
    spans = Spans(
        row=EVIL, start_s_N=np.array([0.0]), stop_s_N=np.array([1.0]), text_N=[EVIL], about=EVIL
    )
    data = packed([Lane(title=EVIL, spans=[spans])], stop_s=1.0)
    assert not re.search("[<>&\u2028\u2029\ud800]", data)
    assert json.loads(data)["lanes"][0]["title"] == EVIL.replace("\ud800", "?")
    html = page(Timeline(anchor="a", data=data))
    before, _, after = html.partition(data)
    assert after.startswith("</script>")
    assert before.endswith('<script type="application/json">')


def test_each_script_runs_by_the_hash_of_what_stands_in_the_page() -> None:
    html = page(
        Timeline(anchor="a", data=packed([], stop_s=1.0)), Fold(title="f", anchor="b", blocks=[])
    )
    (held,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    held = held.replace("&#39;", "'")
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert scripts == [script(name) for name in (TABLES, PLOTLY, TIMELINE)]
    for text in scripts:
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{hashed}'" in held
    assert "default-src 'none'" in held
    assert "connect-src 'none'" in held
    assert "unsafe-inline" not in held.partition("script-src")[2].partition(";")[0]
    assert "eval" not in held


@pytest.mark.parametrize("name", [TABLES, TIMELINE, PLOTLY])
def test_no_script_ends_its_element_early(name: str) -> None:
    assert "</script" not in script(name)
    assert "<!--" not in script(name)
    assert "\r\n" not in script(name)


def test_a_page_of_text_has_no_script_and_may_run_none() -> None:
    html = page(Text(text="x"), Table(head=["n"], rows=[["a"]], file="x.csv"))
    assert "<script" not in html
    assert policy([]) == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_a_page_that_sorts_carries_no_plotly() -> None:
    html = page(Table(head=["n"], rows=[["a"]], file="x.csv", sortable=True))
    assert re.findall(r"<script>(.*?)</script>", html, re.DOTALL) == [script(TABLES)]


def test_scripts_of_a_caller_run_too_and_directives_are_added() -> None:
    section = Section(title="s", blocks=[Text(text="x")])
    html = render(
        Page(title="t", notice="n", lead="l", alarms=[], sections=[section]),
        more=["let x = 1;"],
        allowed={"media-src": "'self'", "connect-src": "'self'"},
    )
    hashed = base64.b64encode(hashlib.sha256(b"\nlet x = 1;\n").digest()).decode()
    assert "<script>\nlet x = 1;\n</script>" in html
    assert f"sha256-{hashed}" in html
    assert "media-src &#39;self&#39;" in html
    assert "connect-src &#39;self&#39;" in html


def test_marks_links_and_moments_are_shown_sorted_and_saved() -> None:
    table = Table(
        head=["session", "share", "at"],
        rows=[
            [
                Link(text=EVIL[:8], anchor="a"),
                Mark(value=0.25, grade="bad", about='"why"', digits=2),
                Moment(time_s=62.54, timeline="t"),
            ],
            [Link(text="b", anchor="b"), Mark(value=None, grade="absent"), None],
        ],
        file="x.csv",
        sortable=True,
    )
    html = page(table)
    assert '<a href="#a">&lt;/script</a>' in html
    assert '<td data-value="0.25" title="&#34;why&#34;" class="n g-bad">0.25' in html
    assert '<span class="sr"> bad</span>' in html
    assert 'data-timeline="t" data-time="62.54">1:02.5</button>' in html
    (link,) = re.findall(r"base64,([^\"]*)\"", html)
    assert base64.b64decode(link).decode() == (f"session,share,at\n{EVIL[:8]},0.25,62.54\nb,,\n")


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (-1.25, "-0:01.2"), (3600, "60:00.0")]
)
def test_a_moment_is_minutes_and_seconds(time_s: float, shown: str) -> None:
    assert str(Moment(time_s=time_s, timeline=None)) == shown
