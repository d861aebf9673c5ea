"""Picture the head of a run's report for README and site, as a browser shows it.

python docs/report.py RUN docs/report.png      (needs chromium on PATH)
"""

from pathlib import Path

import click
from browser import pictured
from PIL import Image

WIDTH, HEIGHT, GAP = 1000, 2000, 40
HEAD = "main > section:not(#results), #results > :nth-child(n + 5), footer {display: none}"
PROBES = "header, main > section:not(#probes):not(#agreement), footer {display: none}"


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def main(run: Path, output: Path) -> None:
    """Picture RUN's report in OUTPUT: its head on the left, its probes on the right."""
    html = (run / "report.html").read_text(encoding="utf-8")
    sides = []
    for hidden in (HEAD, PROBES):
        image, box = pictured(html, hidden, width=WIDTH, height=HEIGHT)
        sides.append(image.crop((0, 0, WIDTH, box[3] + GAP)))
    whole = Image.new("RGB", (2 * WIDTH, max(side.height for side in sides)), "white")
    for number, side in enumerate(sides):
        whole.paste(side, (number * WIDTH, 0))
    whole.quantize(128).save(output, optimize=True)


if __name__ == "__main__":
    main()
