"""Picture the head of a run's report for README and site, as a browser shows it.

python docs/report.py RUN docs/report.png      (needs chromium on PATH)
"""

import subprocess
import tempfile
from pathlib import Path

import click
from PIL import Image, ImageChops

WIDTH, HEIGHT, GAP = 1000, 2000, 40
HEAD = "main > section:not(#results), #results > :nth-child(n + 5), footer {display: none}"
PROBES = "header, main > section:not(#probes):not(#agreement), footer {display: none}"


def pictured(page: str, hidden: str) -> Image.Image:
    """Show a page without what `hidden` names, cut to what is there."""
    with tempfile.TemporaryDirectory() as folder:
        copy, png = Path(folder) / "page.html", Path(folder) / "page.png"
        copy.write_text(page.replace("</style>", f"{hidden}</style>", 1), encoding="utf-8")
        browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars"]
        size = f"--window-size={WIDTH},{HEIGHT}"
        subprocess.run(
            [*browser, size, f"--screenshot={png}", copy.as_uri()], check=True, capture_output=True
        )
        image = Image.open(png).convert("RGB")
    paper = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, paper).getbbox()
    return image.crop((0, 0, WIDTH, box[3] + GAP))


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def main(run: Path, output: Path) -> None:
    """Picture RUN's report in OUTPUT: its head on the left, its probes on the right."""
    page = (run / "report.html").read_text(encoding="utf-8")
    sides = [pictured(page, hidden) for hidden in (HEAD, PROBES)]
    whole = Image.new("RGB", (2 * WIDTH, max(side.height for side in sides)), "white")
    for number, side in enumerate(sides):
        whole.paste(side, (number * WIDTH, 0))
    whole.quantize(128).save(output, optimize=True)


if __name__ == "__main__":
    main()
