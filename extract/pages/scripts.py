"""The scripts of a page: what stands in it, and the policy that lets these run and nothing else.

A script is named in the policy by the sha256 of exactly what stands between its tags; so nothing
else runs, whatever a table or a transcript holds.  plotly comes out of its installed package
(MIT licence, which stands at the head of the file), and is in a page once.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

HERE = Path(__file__).parent
TABLES, TIMELINE, PLOTLY = "tables.js", "timeline.js", "plotly"
QUIET = {"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:"}
"""What every page is held to: nothing is loaded, nothing is run."""
RUNS = {"connect-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
"""And a page with scripts: they reach nobody."""


@cache
def script(name: str) -> str:
    """Read a script as it stands in a page."""
    if name == PLOTLY:
        path = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))
    else:
        path = HERE / name
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    # A string may hold these; so written they mean the same and cannot end the element.
    return "\n" + text.replace("</script", "<\\/script").replace("<!--", "<\\!--").strip() + "\n"


def policy(scripts: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Write the content security policy of a page.

    Parameters
    ----------
    scripts : sequence of str
        Their texts, each as it stands between its tags.
    more : mapping, optional
        Directives to add, or to put in the place of these.
    """
    held = dict(QUIET)
    if scripts:
        hashes = " ".join(f"'sha256-{_hash(text)}'" for text in scripts)
        held |= {"script-src": hashes, **RUNS}
    held |= more or {}
    return "; ".join(f"{name} {value}" for name, value in held.items())


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
