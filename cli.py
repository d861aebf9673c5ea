"""The command line's root: commands in the order of the data flow, errors in one line.

Nothing heavy is imported here, nor by the stages' own ``cli`` modules: ``depx --help`` stays light.
"""

import atexit
import errno
import os
import signal
import sys
import time
import tomllib
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from .align.cli import align
from .clean import clean
from .completion import completion, teach
from .demo import demo
from .doctor.cli import doctor
from .errors import DepxError, UsageError
from .export import export
from .extract.cli import extract
from .extract.store.atomic import NO_ROOM
from .extract.synth.cli import synth
from .report import report
from .status import status
from .train.cli import train
from .train.comparing.cli import compare
from .train.predicting.cli import predict
from .train.ranks import GRACE_S, follows
from .verify import verify
from .view import view

NOT_DONE = 1  # as where some sessions failed: nothing is wrong with what was asked
INTERRUPTED = 130
REMEDIES = {
    errno.EISDIR: "; move it away",
    **dict.fromkeys(
        NO_ROOM,
        "; make room there, then run the same command again; what is done stays",
    ),
}
DEBUG = "--debug"


class Flow(click.Group):
    """A group whose help keeps the order of the data flow (click sorts by name)."""

    def list_commands(self, context: click.Context) -> list[str]:
        """List the commands as they were added."""
        return list(self.commands)


def _config(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Take defaults from a TOML file: a table a command; ``set`` in it holds ``--set`` values."""
    if path is None:
        return None
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: expected a TOML file, got: {error}") from error
    context.default_map = {
        command: _defaults(path, command, table) for command, table in tables.items()
    }
    return path


def _defaults(path: Path, command: str, table: object) -> dict[str, Any]:
    known = {
        "extract": extract,
        "align": align,
        "train": train,
        "compare": compare,
        "predict": predict,
        "export": export,
        "report": report,
        "view": view,
        "status": status,
        "verify": verify,
        "clean": clean,
        "doctor": doctor,
        "synth": synth,
        "demo": demo,
    }.get(command)
    if known is None or not isinstance(table, dict):
        raise UsageError(f"{path}: [{command}] is no command that takes a configuration")
    options = {
        spelled.lstrip("-").replace("-", "_"): parameter
        for parameter in known.params
        if isinstance(parameter, click.Option)
        for spelled in parameter.opts
    }
    defaults: dict[str, Any] = {}
    for name, value in table.items():
        option = options.get(name.replace("-", "_"))
        if name == "set" and isinstance(value, dict):
            defaults["values"] = tuple(f"{key}={text}" for key, text in _flat(value))
        elif option is None or option.name is None or name == "set":
            raise UsageError(f"{path}: [{command}] has no option {name!r}")
        elif isinstance(value, dict) or isinstance(value, bool) is not option.is_flag:
            expected = "true or false" if option.is_flag else "a value"
            raise UsageError(f"{path}: [{command}] {name}: expected {expected}, got {value!r}")
        else:
            defaults[option.name] = _as_given(option, value)
    return defaults


def _as_given(option: click.Option, value: object) -> object:
    """Turn a value of TOML into what the command line would have had; click checks it further."""
    values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if option.is_flag:
        return value
    return tuple(values) if option.multiple else ",".join(values)


def _flat(table: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{before}{key}.")
        else:
            pairs.append(
                (before + key, str(value).lower() if value in (True, False) else str(value))
            )
    return pairs


@click.group(cls=Flow, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="depx")
@click.option(DEBUG, is_flag=True, expose_value=False, help="Show tracebacks; may stand anywhere.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=_config,
    is_eager=True,
    expose_value=False,
    help="TOML file with defaults, a table a command; flags win.",
)
def root() -> None:
    """Interview video, audio, transcripts -> features -> word-aligned shards -> judged models."""


for command in (
    *(extract, align, train, compare, predict, export, report, view),
    *(status, verify, clean, doctor, synth, demo, completion),
):
    root.add_command(command)
teach(root)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    given = [argument for argument in asked if argument != DEBUG]  # it may stand anywhere
    terminals = [stream for stream in (1, 2) if os.isatty(stream)]
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup asks to outlive the terminal
            signal.signal(number, partial(_interrupt, terminals))
    try:
        code = root.main(given, prog_name="depx", standalone_mode=False)
    except DepxError as error:
        if DEBUG in asked:
            traceback.print_exc()
        _say(f"depx: {error}")
        code = error.exit_code
    except OSError as error:  # no space, no permission, a path that cannot be
        if DEBUG in asked:
            traceback.print_exc()
        where = f"{error.filename}: " if error.filename else ""
        remedy = REMEDIES.get(error.errno or 0, "")
        _say(f"depx: {where}{error.strerror or str(error) or type(error).__name__}{remedy}")
        code = NOT_DONE if error.errno in NO_ROOM else DepxError.exit_code
    except click.ClickException as error:
        if follows():
            _await_the_first()
        else:
            error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        if not follows():
            click.echo("depx: interrupted; run the same command again to go on from here", err=True)
        code = INTERRUPTED
    atexit.register(_settle)  # last in, first out: before those of the libraries
    sys.exit(code or 0)


def _say(line: str) -> None:
    """Say why a command ends, once: under torchrun the first process speaks for all."""
    if follows():
        _await_the_first()
    else:
        click.echo(line, err=True)


def _await_the_first() -> None:
    """Let the first process say why: torchrun ends it too as soon as another has ended."""
    with suppress(KeyboardInterrupt):
        time.sleep(GRACE_S)


def _settle() -> None:
    """Let no signal disturb the end of the process: all is done and said."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(terminals: Sequence[int], number: int, _frame: FrameType | None) -> NoReturn:
    if number == signal.SIGHUP:  # what is still said would fail, and hide why the run ends
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in terminals:
            os.dup2(nowhere, stream)
        os.close(nowhere)
    raise KeyboardInterrupt
