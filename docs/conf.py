"""Settings of the documentation site: ``make docs`` writes it to docs/_build/html.

Pages are Markdown that GitHub shows too.  Nothing is fetched while it is built, and the pages
fetch nothing when they are read.
"""

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

from depx.cli import root

sys.path.insert(0, str(Path(__file__).parent))
from parameters import as_page

project = "depx"
author = "the depx authors"
copyright = "the depx authors, Apache-2.0"
release = version_of("depx")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_click",
    "sphinx_copybutton",
]
root_doc = "index"
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True
# Types of other libraries, whose pages would have to be fetched, and aliases of types; and what a
# docstring sets in single backticks: a link where it is public, else plain.
nitpick_ignore_regex = [("py:(class|obj|data|attr)", r".*")]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_exclude = ".linenos, .gp, .go"

smartquotes = False  # they would turn --option into a dash

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False
autosummary_generate = False

html_theme = "furo"
html_title = "depx"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
html_show_sphinx = False
html_copy_source = False


def written(app: Sphinx, name: str, source: list[str]) -> None:
    """Put into a page what the code knows: commands in their order, parameters."""
    if name == "reference/command-line":
        source[0] = source[0].replace("IN_ORDER", ", ".join(root.commands))
    if name == "reference/parameters":
        source[0] = source[0].replace("PARAMETERS", as_page())


ALIASES = {"float32": "F32", "float64": "F64", "int64": "I64", "uint8": "U8", "bool": "Bool"}
PLACE = r"~?(?:\w+\.)?"
ARRAY = re.compile(rf"{PLACE}ndarray\[{PLACE}Any, {PLACE}dtype\[{PLACE}(\w+?)_?\]\]")


def short(app: Sphinx, what: str, name: str, of: object, options: object, takes: str, gives: str):
    """Name arrays as the code does (`depx.features.types`)."""
    return tuple(
        said and ARRAY.sub(lambda found: ALIASES.get(found[1], found[0]), said)
        for said in (takes, gives)
    )


def setup(app: Sphinx) -> None:
    """Connect what is written at build time."""
    app.connect("source-read", written)
    app.connect("autodoc-process-signature", short)
