"""Pages as HTML: one file, no request of any kind, and no script but what its blocks need.

A content security policy in the page forbids what it does not need, so that a slip would be a
blank, never a request.  All text is escaped; drawings alone are taken as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .blocks import Block, Facts, Figure, Fold, Page, Section, Table, Text
from .scripts import PLOTLY, TABLES, TIMELINE, policy, script
from .timeline import Timeline

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).parent
KINDS = {
    **{Text: "text", Facts: "facts", Table: "table"},
    **{Figure: "figure", Timeline: "timeline", Fold: "fold"},
}


def render(
    page: Page,
    *,
    top: str = "",
    more: Sequence[str] = (),
    allowed: Mapping[str, str] | None = None,
) -> str:
    """Write a page.

    Parameters
    ----------
    page : Page
    top : str
        Markup before the sections: trusted, never escaped.
    more : sequence of str
        Scripts to run behind those that the blocks need.
    allowed : mapping, optional
        Directives of the content security policy that they need: ``media-src`` -> ``'self'``.

    Returns
    -------
    str
        HTML; the same page gives the same bytes.
    """
    blocks = list(_all(block for section in page.sections for block in section.blocks))
    has_timeline = any(isinstance(block, Timeline) for block in blocks)
    folds = any(isinstance(block, Fold) for block in blocks)
    sorts = folds or any(isinstance(block, Table) and block.sortable for block in blocks)
    names = [*((TABLES,) if sorts else ()), *((PLOTLY, TIMELINE) if has_timeline else ())]
    # An own script reads what is between its tags; that of a caller is held to the same form.
    scripts = [*(script(name) for name in names), *(f"\n{text.strip()}\n" for text in more)]
    return _template().render(
        page=page,
        top=top,
        kind=lambda block: KINDS[type(block)],
        rows_of=_rows_of,
        scripts=scripts,
        policy=policy(scripts, allowed),
        interactive=bool(scripts),
    )


def _all(blocks: Iterator[Block]) -> Iterator[Block]:
    """List blocks with those that are folded into them."""
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from _all(iter(block.blocks))


@cache
def _template() -> "Template":
    """Read the template once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    around = Environment(
        loader=FileSystemLoader(HERE, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return around.get_template("page.html")


def _rows_of(section: Section | Fold) -> list[list[object]]:
    """Put figures that follow one another side by side, where there is room."""
    rows: list[list[object]] = []
    for block in section.blocks:
        if rows and isinstance(block, Figure) and isinstance(rows[-1][-1], Figure):
            rows[-1].append(block)
        else:
            rows.append([block])
    return rows
