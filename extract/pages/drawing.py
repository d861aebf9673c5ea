"""Figures of a page: matplotlib's, as SVG that takes its colours and its type from the page.

Marks are drawn in colours that stand for names (`INK`, `ONE`, ...), and the page says what each is:
by day, by night, on paper.  They differ in brightness and, where two meet, in line or mark as well,
so that they are told apart in grey and without colour vision (palette after Okabe and Ito, 2008).
Text stays text.  The same figure gives the same bytes.
"""

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, GRID, ONE, TWO, THREE = (f"#01010{n}" for n in range(1, 7))
COLOURS = {INK: "ink", SOFT: "soft", GRID: "grid", ONE: "one", TWO: "two", THREE: "three"}
"""What is drawn -> the page's name of the colour."""
WIDTH, HEIGHT = 4.3, 3.5  # inches; a phone shows type of 10 points as about 9
STYLE: dict[Any, Any] = {  # matplotlib types names one by one
    "svg.fonttype": "none",
    "svg.hashsalt": "depx",
    "svg.id": None,
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "axes.labelsize": 10.0,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
}
PROLOGUE = re.compile(r"^.*?(?=<svg)|<metadata>.*?</metadata>|<style[^>]*>.*?</style>", re.DOTALL)
ROOT = re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>')
FACE = re.compile(r" ?font-family: [^;\"]*;?")
NAMED = re.compile(r' id="([^"]*)"')


def draw(paint: "Callable[[Axes], None]", *, name: str, title: str, height: float = HEIGHT) -> str:
    """Draw a figure.

    Parameters
    ----------
    paint : callable
        Draws on the axes, in the colours of this module.
    name : str of letters, digits and dashes
        Tells the figure's parts from those of others on the page.
    title : str
        What a reader who does not see it is told.
    height : float > 0
        Inches, beside a width of 4.3.

    Returns
    -------
    str
        An ``svg`` element, as wide as where it stands.
    """
    from html import escape

    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's own style would change the bytes
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH, height), facecolor="none", layout="constrained")
        axes = figure.add_subplot(facecolor="none")
        paint(axes)
        text = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(text, metadata=nothing)  # type: ignore[no-untyped-call]
    svg = FACE.sub("", PROLOGUE.sub("", text.getvalue())).replace("xlink:href", "href")
    for colour, of_page in COLOURS.items():
        svg = svg.replace(colour, f"var(--{of_page})")
    used = set(re.findall(r'(?:href="|url\()#([^")]*)', svg))
    svg = NAMED.sub(lambda found: found[0] if found[1] in used else "", svg)
    for one in used:
        svg = re.sub(rf'(id="|#){re.escape(one)}(?=["\)])', rf"\g<1>{name}-{one}", svg)
    opening = f'<svg viewBox="{{}}" role="img" aria-label="{escape(title)}">'
    return " ".join(ROOT.sub(lambda found: opening.format(found[1]), svg, count=1).split())
