"""Pages as HTML: one file, no script, no request of any kind.

A content security policy in the page forbids what it does not need, so that a slip would be a
blank, never a request.  All text is escaped; drawings alone are taken as they are.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .blocks import Facts, Figure, Page, Section, Table, Text

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).parent
KINDS = {Text: "text", Facts: "facts", Table: "table", Figure: "figure"}


def render(page: Page) -> str:
    """Write a page.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        HTML; the same page gives the same bytes.
    """
    return _template().render(page=page, kind=lambda block: KINDS[type(block)], rows_of=_rows_of)


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


def _rows_of(section: Section) -> list[list[object]]:
    """Put figures that follow one another side by side, where there is room."""
    rows: list[list[object]] = []
    for block in section.blocks:
        if rows and isinstance(block, Figure) and isinstance(rows[-1][-1], Figure):
            rows[-1].append(block)
        else:
            rows.append([block])
    return rows
