"""Picture the timeline of a session for the README, as a browser shows it.

depx report DEMO/store --only demo-03 -o page.html
python docs/timeline.py page.html docs/timeline.png      (needs chromium on PATH)
"""

from pathlib import Path

import click
from browser import pictured

EDGE = 16
WAIT_MS = 20_000
HIDDEN = (
    "header, footer, main > section:not(#sessions), h2, .fold .wide, .fold .data, .fold .about "
    "{display: none}"
)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def main(page: Path, output: Path) -> None:
    """Picture what PAGE, of one session, shows of it, in OUTPUT."""
    html = page.read_text(encoding="utf-8")
    image, box = pictured(html, HIDDEN, width=1200, height=2400, wait_ms=WAIT_MS)
    left, top, right, bottom = box
    image = image.crop((max(0, left - EDGE), max(0, top - EDGE), right + EDGE, bottom + EDGE))
    image.quantize(64).save(output, optimize=True)


if __name__ == "__main__":
    main()
