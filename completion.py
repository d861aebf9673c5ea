"""``depx completion``: commands, options and their values as they are typed, in bash, zsh and fish.

click makes the scripts and asks depx at each TAB, so nothing heavy may be imported: names of tracks
and models stand here, and a test holds them against the registries.  Ids of sessions are the
folders of the store, or else of the sessions, that is named on the line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

VARIABLE = "_DEPX_COMPLETE"
MODELS = ("cmg-vs", "mccl")
TRACKS = (
    *("words", "vad", "level", "forced", "word_times", "face", "covarep", "egemaps"),
    *(
        "egemaps_turns",
        "compare",
        "mfcc",
        "logmel",
        "bert",
        "formant",
        "opensmile_mfcc",
        "dvlog_visual",
    ),
    *("dvlog_acoustic", "hog", "cnn_resnet", "cnn_vgg", "bovw_openface", "boaw_egemaps"),
    *("boaw_mfcc", "deepspectrum_densenet201", "deepspectrum_vgg16"),
)
HOW: Mapping[str, str] = {
    "bash": "depx completion bash > ~/.local/share/bash-completion/completions/depx",
    "zsh": 'depx completion zsh > "${fpath[1]}/_depx"   # or: source <(depx completion zsh)',
    "fish": "depx completion fish > ~/.config/fish/completions/depx.fish",
}
"""How a script is put where the shell reads it when it begins."""
PLACES = ("store", "stores", "place", "sessions", "inputs")
"""Parameters that name folders with a folder a session in them, the likeliest first."""

Offer = Callable[[click.Context, str], Iterable[str]]


class Offered(click.types.StringParamType):
    """Text as it is, with values that are offered while it is typed."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """List what begins like this."""
        values = self.offer(ctx, incomplete)
        return [CompletionItem(one) for one in values if one.startswith(incomplete)]


class Written(Offered):
    """Text that names a file or a folder."""

    def __init__(self, kind: str) -> None:
        super().__init__(lambda _context, _incomplete: ())
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type=self.kind)]


def _tracks(_context: click.Context, incomplete: str) -> Iterator[str]:
    """Offer what may follow the last comma."""
    before, comma, _ = incomplete.rpartition(",")
    taken = before.split(",")
    return (before + comma + name for name in TRACKS if name not in taken)


def _models(_context: click.Context, _incomplete: str) -> tuple[str, ...]:
    return MODELS


def _ids(context: click.Context, _incomplete: str) -> list[str]:
    """Offer the sessions of the first folder on the line that holds some."""
    named = [context.params.get(name) or () for name in PLACES]
    named.append(tuple(context.args))  # where they are while an option still lacks its value
    for given in named:
        for place in given if isinstance(given, tuple) else (given,):
            if isinstance(place, (str, Path)) and (found := _inside(Path(place))):
                return found
    return []


def _inside(place: Path) -> list[str]:
    try:
        folders = sorted(
            one.name for one in place.iterdir() if one.is_dir() and not one.name.startswith(".")
        )
    except OSError:
        return []
    recorded = [name for name in folders if (place / name / "session.json").is_file()]
    return recorded or folders


VALUES: Mapping[str, Offer] = {
    "tracks": _tracks,
    "model": _models,
    "only": _ids,
    "exclude": _ids,
    "session": _ids,
}
"""What is offered for a parameter that is plain text, by its name in the code."""
FILES: Mapping[str, str] = {"FILE": "file", "TABLE": "file", "FOLDER": "dir", "DIR": "dir"}
"""What a parameter that is plain text names, by how the help calls it."""


def teach(root: click.Group) -> None:
    """Have the commands offer the values of their parameters."""
    for command in root.commands.values():
        for parameter in command.params:
            if parameter.type is not click.STRING or parameter.name is None:
                continue
            if parameter.name in VALUES:
                parameter.type = Offered(VALUES[parameter.name])
            elif str(parameter.metavar) in FILES:
                parameter.type = Written(FILES[str(parameter.metavar)])


@click.command(short_help="The script that completes commands in bash, zsh or fish.")
@click.argument("shell", type=click.Choice(list(HOW)))
@click.pass_context
def completion(context: click.Context, /, shell: str) -> None:
    """Print the script that makes SHELL complete depx's commands, options, tracks and session ids.

    \b
    bash  depx completion bash > ~/.local/share/bash-completion/completions/depx
    zsh   depx completion zsh > "${fpath[1]}/_depx"
    fish  depx completion fish > ~/.config/fish/completions/depx.fish

    Then begin a new shell.  For this one alone: source <(depx completion bash).  A TAB costs 0.1 s.
    """  # noqa: D301  (click's own mark, no backslash)
    of_shell = get_completion_class(shell)
    assert of_shell is not None, "click knows the three shells"
    script = of_shell(context.find_root().command, {}, "depx", VARIABLE).source()
    remark = f"# {HOW[shell]}"
    # zsh reads on the first line what the script is for, if that is where it finds it
    click.echo(f"{script.strip()}\n{remark}" if shell == "zsh" else f"{remark}\n{script.strip()}")
