"""The state of a run at the foot of a terminal, by rich: all of it in a line, then those at work.

Finished sessions scroll away above.  The cursor is never hidden, so a run that is killed leaves
the terminal as it was.
"""

import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, cast

from ...features.types import Seconds
from .amounts import clock, lasting, plain
from .pace import AtWork, Pace
from .screen import Screen

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

EVERY_S: Seconds = 0.25  # between two renewals; lines wait as long, as each costs a renewal
WIDEST, NARROW = 100, 60  # columns: a wide terminal is often made narrower; below, less is said
BAR, LEAST_BAR = 20, 8  # columns
ID = 20  # columns of a session's id
BLOCKS = {True: ("━", "─"), False: ("#", "-")}  # done and left, in UTF-8 or not
SPARE = 3  # rows that stay free on a low terminal
Paces = Callable[[], tuple[Pace, Seconds]]


class Board:
    """Shows a pace until it ends."""

    def __init__(self, screen: Screen, pace: Paces) -> None:
        """Begin.

        Parameters
        ----------
        screen : Screen
            A terminal whose cursor can go up.
        pace : callable
            Gives a copy of the counts, and the time on their clock.
        """
        self._screen, self._pace = screen, pace
        self._lines: list[str] = []
        self._change = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Show it from now on."""
        self._over.clear()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Put a line above."""
        with self._change:
            if self._thread is not None:
                self._lines.append(plain(line))
                return
        self._screen.line(line)

    def end(self) -> None:
        """Take it off."""
        thread = self._thread
        if thread is not None:
            self._over.set()
            thread.join()
            with self._change:
                self._thread = None
                lines, self._lines = self._lines, []
            for line in lines:
                self._screen.line(line)

    def _go_on(self) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(file=cast("IO[str]", self._screen), highlight=False)
        utf8 = console.encoding.startswith("utf")
        live = Live(
            get_renderable=lambda: self._picture(console.width, console.height, utf8),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
        )
        with live:
            console.show_cursor(True)  # else a killed run would leave it hidden
            while not self._over.wait(EVERY_S) and not self._screen.gone:
                with self._change:
                    lines, self._lines = self._lines, []
                if lines:
                    console.print(Text("\n".join(lines)), soft_wrap=True)
                live.refresh()

    def _picture(self, width: int, height: int, utf8: bool) -> "Group":
        from rich.console import Group
        from rich.text import Text

        pace, now = self._pace()
        wide = min(width - 1, WIDEST)
        at_work = sorted(pace.at_work.items(), key=lambda item: item[1].began)
        room = max(1, height - SPARE)
        shown = len(at_work) if len(at_work) <= room else room - 1
        rows = [_overall(pace, now, wide, utf8)]
        rows += [Text(_row(name, one, now, wide)) for name, one in at_work[:shown]]
        if shown < len(at_work):
            rows.append(Text(f" {len(at_work) - shown} more at work"))
        for row in rows:
            row.no_wrap = True
            row.truncate(wide, overflow="ellipsis" if utf8 else "crop")
        return Group(*rows)


def _overall(pace: Pace, now: Seconds, width: int, utf8: bool) -> "Text":
    from rich.text import Text

    facts = pace.facts(now)
    text = Text()
    bar = min(BAR, width - len(", ".join(facts)) - 1)
    if bar >= LEAST_BAR:
        done = round(bar * pace.done / max(pace.total, 1))
        full, empty = BLOCKS[utf8]
        text.append(full * done, style="green").append(f"{empty * (bar - done)} ", style="dim")
    for number, fact in enumerate(facts):
        style = "red" if fact.endswith(" failed") else ""
        text.append(", " if number else "").append(fact, style=style)
    return text


def _row(session: str, one: AtWork, now: Seconds, width: int) -> str:
    name = plain(session) if len(session) <= ID else f"{plain(session[: ID - 2])}.."
    track, of_unit = one.track or ", ".join(one.tracks), ""
    if one.track in one.tracks and len(one.tracks) > 1:
        of_unit = f" ({one.tracks.index(one.track) + 1} of {len(one.tracks)})"
    share = where = ""
    if one.epochs is not None:
        done, most = one.epochs
        share, where = f"{100 * done / most:.0f} %", f"epoch {done} of {most}"
    if one.done_s is not None and one.of_s:
        share = f"{100 * one.done_s / one.of_s:.0f} %"
        where = f"{clock(one.done_s)} of {clock(one.of_s)}"
    parts = (
        [name, track, share, lasting(now - one.began)]
        if width < NARROW
        else [name, track + of_unit, where, share, lasting(now - one.began)]
    )
    return " " + "  ".join(part for part in parts if part)
