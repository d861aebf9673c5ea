"""Refuse a built site whose pages load anything that does not lie in it.

python docs/outside.py docs/_build/html

A link that a reader may follow is no request; scripts, styles, fonts and pictures are.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""")


class Page(HTMLParser):
    """Gathers what a browser would load with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note the address that a tag loads."""
        said = {name: value or "" for name, value in attributes}
        if tag == "link" and RELATIONS & set(said.get("rel", "").split()):
            self.loaded.append(said.get("href", ""))
        if LOADED.get(tag) in said:
            self.loaded.append(said[LOADED[tag]])
        self.loaded += IN_STYLES.findall(said.get("style", ""))


def outside(site: Path) -> list[str]:
    """List what pages and styles load from elsewhere, or from a file that is not there."""
    bad = []
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".css":
            loaded = IN_STYLES.findall(text)
        else:
            page = Page()
            page.feed(text)
            loaded = page.loaded
        for address in loaded:
            parts = urlsplit(address)
            if parts.scheme == "data" or address.startswith("#"):
                continue
            lies = path.parent / unquote(parts.path)
            if parts.scheme or parts.netloc or not lies.is_file():
                bad.append(f"{path.relative_to(site)}: {address}")
    return bad


if __name__ == "__main__":
    found = outside(Path(sys.argv[1]))
    sys.exit("\n".join(["loaded from elsewhere, or missing:", *found]) if found else 0)
