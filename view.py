"""``depx view``: one session of a store played beside what was measured of it, in a browser.

The page is served to this machine only, as long as the command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import UsageError

if TYPE_CHECKING:
    from .extract.viewing.server import Server
    from .extract.viewing.view import View


@click.command(short_help="Play a session with its landmarks, words and curves in a browser.")
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("session", metavar="ID")
@click.option(
    "--media",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder that the session's recording lies in, where it was moved.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to serve on; 0, the default, takes a free one.",
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option("--force", is_flag=True, help="Show a recording that has changed since.")
def view(
    *, store: Path, session: str, folder: Path | None, port: int, no_browser: bool, force: bool
) -> None:
    """Play session ID of STORE: video and sound, with what was measured laid over them.

    Landmarks, gaze, head pose, action units and the word that is spoken are shown in step. The
    page is served on the loopback address, under a secret in its address, until Ctrl-C.

    Whoever may list your processes can see the address with which a browser is started; with
    --no-browser it is only printed. From another machine: ssh -L PORT:127.0.0.1:PORT, with --port.
    """
    from .extract.viewing.view import open_view

    shown = open_view(store, session, folder=folder, force=force)
    with _listening(shown, port) as server:
        for alarm in shown.alarms:
            click.echo(alarm, err=True)
        click.echo(f"{session}: {server.url} (Ctrl-C ends)")
        if not no_browser:
            import webbrowser

            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended", err=True)


def _listening(shown: "View", port: int) -> "Server":
    from .extract.viewing.server import Server

    try:
        return Server(shown.routes(), port)
    except OSError as error:
        raise UsageError(
            f"--port {port}: cannot be served on ({error.strerror}); choose another, or leave "
            "--port out to take a free one"
        ) from error
