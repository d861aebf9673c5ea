"""A page as a headless browser shows it, for the pictures of the docs; needs chromium on PATH."""

import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops


def pictured(
    html: str, hidden: str, *, width: int, height: int, wait_ms: int = 0
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Show a page without what the style `hidden` hides: the picture, and where it is not empty.

    `wait_ms` is of the page's own clock: until its scripts have drawn.
    """
    waiting = [f"--virtual-time-budget={wait_ms}"] if wait_ms else []
    with tempfile.TemporaryDirectory() as folder:
        copy, png = Path(folder) / "page.html", Path(folder) / "page.png"
        copy.write_text(html.replace("</style>", f"{hidden}</style>", 1), encoding="utf-8")
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars"),
                *(f"--window-size={width},{height}", *waiting),
                *(f"--screenshot={png}", copy.as_uri()),
            ],
            check=True,
            capture_output=True,
        )
        image = Image.open(png).convert("RGB")
    paper = Image.new("RGB", image.size, image.getpixel((0, 0)))
    return image, ImageChops.difference(image, paper).getbbox()
