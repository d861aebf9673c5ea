"""Draw ``house.svg``: the stages, what flows between them, and which way imports point.

python docs/house.py docs/house.svg
"""

from pathlib import Path

import click

WIDTH, HEIGHT = 920, 300
BOX_W, BOX_H, TOP = 190, 92, 60
INK, FILL, DATA = "#1f4e79", "#e8f0f7", "#8a5a00"
STAGES = (
    ("features/", "what is computed:", "arrays in, a Track out"),
    ("extract/", "sessions in,", "feature store out"),
    ("align/", "store in,", "training set out"),
    ("train/", "training set in,", "run out"),
)
FLOW = (
    ("SESSIONS", "video, sound, words"),
    ("STORE", "a table a track"),
    ("DATASET", "a row a word"),
    ("RUN", "models, report"),
)
STEP = (WIDTH - BOX_W - 20) / (len(STAGES) - 1)


def text(x: float, y: float, said: str, style: str) -> str:
    """Write a centred line."""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" {style}>{said}</text>'


def arrow(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    """Draw an arrow."""
    head = "a" if colour == INK else "b"
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="{colour}" '
        f'stroke-width="2" marker-end="url(#{head})"/>'
    )


def drawing() -> str:
    """Give the whole picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="14" role="img">',
        "<title>features, extract, align, train: data flows to the right, imports to the left"
        "</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        "<defs>",
        *(
            f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="{colour}"/>'
            "</marker>"
            for name, colour in (("a", INK), ("b", DATA))
        ),
        "</defs>",
        text(WIDTH / 2, 28, "imports point to the left", f'fill="{INK}"'),
    ]
    for number, (name, first, second) in enumerate(STAGES):
        left = 10 + number * STEP
        middle = left + BOX_W / 2
        parts += [
            f'<rect x="{left:.0f}" y="{TOP}" width="{BOX_W}" height="{BOX_H}" rx="6" '
            f'fill="{FILL}" stroke="{INK}"/>',
            text(middle, TOP + 30, name, f'font-weight="bold" font-size="17" fill="{INK}"'),
            text(middle, TOP + 54, first, 'fill="#333"'),
            text(middle, TOP + 74, second, 'fill="#333"'),
        ]
        if number:
            parts.append(arrow(left, TOP + 25, left - STEP + BOX_W, TOP + 25, INK))
    y = TOP + BOX_H + 80
    for number, (name, what) in enumerate(FLOW):
        middle = 10 + number * STEP + BOX_W / 2
        parts += [
            text(middle, y, name, f'font-weight="bold" fill="{DATA}"'),
            text(middle, y + 20, what, 'fill="#333"'),
        ]
        if number:
            parts += [
                arrow(middle - STEP + 55, y - 5, middle - 55, y - 5, DATA),
                text(middle - STEP / 2, y - 14, f"depx {STAGES[number][0][:-1]}", f'fill="{DATA}"'),
            ]
    parts += [text(WIDTH / 2, HEIGHT - 14, "data flows to the right", f'fill="{DATA}"'), "</svg>"]
    return "\n".join(parts) + "\n"


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
def main(output: Path) -> None:
    """Draw OUTPUT."""
    output.write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
