"""Picture the timeline of a session for the README, as a browser shows it.

depx report DEMO/store --only demo-03 -o page.html
python docs/timeline.py page.html docs/timeline.png      (needs chromium on PATH)
"""

import subprocess
import tempfile
from pathlib import Path

import click
from PIL import Image, ImageChops

WIDTH, HEIGHT, EDGE = 1200, 2400, 16
WAIT_MS = 20_000  # of the page's own clock: until plotly has drawn
SHOWN = (
    "header, footer, main > section:not(#sessions), h2, .fold .wide, .fold .data, .fold .about "
    "{display: none}"
)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def main(page: Path, output: Path) -> None:
    """Picture what PAGE, of one session, shows of it, in OUTPUT."""
    html = page.read_text(encoding="utf-8").replace("</style>", f"{SHOWN}</style>", 1)
    with tempfile.TemporaryDirectory() as folder:
        copy, png = Path(folder) / "page.html", Path(folder) / "page.png"
        copy.write_text(html, encoding="utf-8")
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars"),
                *(f"--window-size={WIDTH},{HEIGHT}", f"--virtual-time-budget={WAIT_MS}"),
                *(f"--screenshot={png}", copy.as_uri()),
            ],
            check=True,
            capture_output=True,
        )
        image = Image.open(png).convert("RGB")
    paper = Image.new("RGB", image.size, image.getpixel((0, 0)))
    left, top, right, bottom = ImageChops.difference(image, paper).getbbox()
    box = (max(0, left - EDGE), max(0, top - EDGE), right + EDGE, bottom + EDGE)
    image.crop(box).quantize(64).save(output, optimize=True)


if __name__ == "__main__":
    main()
