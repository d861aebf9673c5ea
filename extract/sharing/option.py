"""``--pseudonyms KEYFILE``, for the commands that have it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def pseudonyms_option(command: F) -> F:
    """Add ``--pseudonyms`` to a command; it gives the path of a key file, or None."""
    return click.option(
        "--pseudonyms",
        "key_file",
        metavar="KEYFILE",
        type=click.Path(path_type=Path),
        help="Give sessions, cases, participants and speakers names that only this key tells; "
        "made if it is not there.",
    )(command)
