"""``depx extract``: session folders in, feature store out."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError

MOST_JOBS = 512  # sessions at a time on a cluster, if -j does not say: a thread each waits here

if TYPE_CHECKING:
    from .remote.url import Where
    from .settings import ExtractSettings


class LocalPath(click.Path):
    """A path on disk; a URL is refused, where it would become a folder called ``s3:``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn text into a path."""
        if "://" in str(value):
            what = "" if param is None else f"{str(param.human_readable_name).upper()}: "
            raise UsageError(f"{what}expected a path on disk, got a URL")
        return super().convert(value, param, ctx)


class SourcePath(click.Path):
    """A path on disk, or the URL of a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Tell one from the other."""
        from .remote.url import where_of

        return where_of(str(value))


def _with_configured(
    context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """Put the values of a configuration file before those of the command line; the later win."""
    configured = (context.default_map or {}).get("values", ())
    return (*configured, *given)


def set_option(about: str) -> Callable[[Any], Any]:
    """Make the ``--set NAME=VALUE`` option of a command."""
    return click.option(
        "--set",
        "values",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_with_configured,
        help=about,
    )


def jobs_option(about: str, *, default: int = 1) -> Callable[[Any], Any]:
    """Make the ``--jobs`` option of a command."""
    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help=about,
    )


def backend_options(command: Any) -> Any:
    """Add the options that say where the work is done."""
    for option in (
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Of --backend dask, as tcp://HOST:8786; tls:// takes dask's certificates. Who can "
            "reach a tcp:// scheduler can run code as its workers: keep it on a network that you "
            "trust.",
        ),
        click.option(
            "--backend",
            type=click.Choice(["local", "dask"]),
            default="local",
            show_default=True,
            help="Where the work is done: on this machine, or by dask workers that share its "
            "disks.",
        ),
    ):
        command = option(command)
    return command


def log_json_option(command: Any) -> Any:
    """Add ``--log-json`` to a command."""
    return click.option(
        "--log-json",
        metavar="FILE",
        help="Append what happens to FILE as it happens, a JSON object a line (- is stdout): "
        "begun, session, track, progress, failure, warning, notice, done, and others; never what "
        "was said.",
    )(command)


def choice_options(command: Any) -> Any:
    """Add ``--only``, ``--exclude`` and ``--limit`` to a command."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="Only the first so many, by id."),
        click.option(
            "--exclude", metavar="ID", multiple=True, help="Not this session; repeatable."
        ),
        click.option("--only", metavar="ID", multiple=True, help="Only this session; repeatable."),
    ):
        command = option(command)
    return command


@click.command(short_help="Session folders -> feature store.")
@click.argument("sessions", nargs=-1, type=SourcePath())
@click.option("-o", "store", type=LocalPath(), help="The feature store to write.")
@click.option(
    "--tracks",
    default="",
    help="Names of tracks, comma-separated  [default: all but compare, mfcc, logmel, hog, "
    "cnn_resnet, cnn_vgg, bovw_openface, boaw_egemaps, boaw_mfcc, deepspectrum_densenet201, "
    "deepspectrum_vgg16]",
)
@click.option(
    "--corpus",
    type=click.Choice(["auto", "folder", "daic-woz", "e-daic", "cmdc", "avec2014", "d-vlog"]),
    default="auto",
    show_default=True,
    help="Whose layout the sessions have; auto tells it by content.",
)
@click.option("--participant", metavar="NAME", help="Who of the speakers is the participant.")
@click.option(
    "--text-model", metavar="FOLDER", help="A BERT-like model  [default: MiniLM, built in]"
)
@click.option(
    "--language", metavar="LANG", help="What is spoken, as an ISO 639-1 code  [default: en]"
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    help="Where text models compute  [default: auto, CUDA where it can be used]",
)
@click.option(
    "--given",
    type=click.Choice(["prefer", "ignore"]),
    default="prefer",
    show_default=True,
    help="Features that came with a session (OpenFace's, COVAREP's CSV): take them, or measure.",
)
@click.option(
    "--corrections",
    type=click.Choice(["published", "none", "strict"]),
    default="published",
    show_default=True,
    help="Known errors of the corpus: mend them, or not; strict: and leave bad sessions out.",
)
@click.option(
    "--allow-telemetry",
    is_flag=True,
    help="Go on with a version of mediapipe that opens network connections.",
)
@set_option("A parameter of one extractor, as in face.focal=800; --list prints them all.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    help="Sessions at a time  [default: 1; with dask as many as its workers have threads]",
)
@backend_options
@click.option(
    "--shard",
    metavar="I/N",
    help="Only the I-th of N parts of the sessions, so that N runs share a store; slurm: the part "
    "of this task of a job array or of srun.",
)
@choice_options
@click.option("--force", is_flag=True, help="Measure anew what is up to date.")
@click.option(
    "--checksum", is_flag=True, help="Hash inputs and tables anew even if they look unchanged."
)
@click.option("--fail-fast", is_flag=True, help="Stop after the first session that fails.")
@click.option("--dry-run", is_flag=True, help="Say what would be read, and stop.")
@click.option("--list", "list_all", is_flag=True, help="Print the tracks and their parameters.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@log_json_option
@click.option("-v", "--verbose", is_flag=True, help="Print each track, its seconds and memory.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.pass_context
def extract(
    context: click.Context,
    /,
    sessions: "tuple[Where, ...]",
    store: Path | None,
    *,
    list_all: bool,
    dry_run: bool,
    as_json: bool,
    log_json: str | None,
    verbose: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Turn session folders into a feature store.

    SESSIONS are folders that hold a video, a sound file, a transcript, tables of OpenFace, COVAREP
    or openSMILE, or several of these; or folders of such folders; or archives of either (.zip,
    .tar, .tar.gz), which are read without being unpacked; or the URL of a folder, as in
    s3://BUCKET/FOLDER (pip install 'depx[cloud]').  Each session's tracks land in STORE/ID/ as
    Parquet tables, beside a session.json that says what they are made of and what failed.
    Running the same command again does what is missing or stale, and nothing else.
    """
    if (as_json or log_json) and (list_all or dry_run):
        raise UsageError(
            "extract: --json and --log-json tell of a run; not with --list or --dry-run"
        )
    if list_all:
        click.echo(describe())
        return
    if not sessions or store is None:
        raise UsageError("extract: expected SESSIONS... -o STORE; see depx extract --help")
    check_stdout(log_json, as_json=as_json)
    from .run import extract as run
    from .shard import slurm_tasks
    from .telling.summary import conclusion, counts, document, next_command
    from .telling.watch import Watch

    settings = settings_of(**options)
    if settings.shard is None and (tasks := slurm_tasks(os.environ)) > 1:
        noticer(quiet=quiet)(
            f"Slurm runs {tasks} tasks of this, each for all sessions; --shard slurm deals them out"
        )
    if dry_run:
        _preview(sessions, store, settings)
        return
    with Watch(
        "extract", quiet=quiet, verbose=verbose, log_json=log_json, named=settings.named
    ) as watch:
        summary = run(sessions, store, settings, watch.outcome, watch.notice, watch.hear)
        watch.done(summary.exit_code, counts=counts(summary), next=next_command(summary))
    if as_json:
        click.echo(json.dumps(document(summary), indent=1))
    elif not quiet:
        width = min(get_terminal_size().columns, 80)
        click.echo(conclusion(summary, width), err=log_json == "-")
    context.exit(summary.exit_code)


def check_stdout(log_json: str | None, *, as_json: bool) -> None:
    """Refuse two kinds of JSON on stdout."""
    if as_json and log_json == "-":
        raise UsageError("--json and --log-json - both print on stdout; give --log-json a file")


def check_scheduler(backend: str, scheduler: str | None) -> None:
    """Refuse one of the options that belong together without the other."""
    if (backend == "dask") is not (scheduler is not None):
        raise UsageError(
            "--backend dask and --scheduler ADDRESS go together: the address of a running dask "
            "scheduler, as tcp://HOST:8786"
        )


def settings_of(
    *,
    tracks: str = "",
    participant: str | None = None,
    text_model: str | None = None,
    language: str | None = None,
    device: str | None = None,
    allow_telemetry: bool = False,
    given: str = "prefer",
    values: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    limit: int | None = None,
    jobs: int | None = None,
    backend: str = "local",
    scheduler: str | None = None,
    shard: str | None = None,
    **rest: Any,
) -> "ExtractSettings":
    """Turn options of the command line into settings."""
    from ..features.language import code
    from .sessions import Choice
    from .settings import LANGUAGE, common, parse
    from .shard import parse as parse_shard

    check_scheduler(backend, scheduler)
    named = pairs(values)
    if participant is not None:
        named["words.participant"] = participant
    if text_model is not None:
        named["bert.model"] = text_model
    if language is not None:
        named |= common(LANGUAGE, code(language))
    if device is not None:
        named |= common("device", device)
    if allow_telemetry:
        named |= common("allow_telemetry", "true")
    names = [name.strip() for name in tracks.split(",") if name.strip()]
    choice = Choice(only=only, exclude=exclude, limit=limit)
    return parse(
        names,
        named,
        choice=choice,
        prefer_given=given == "prefer",
        jobs=jobs or (1 if scheduler is None else MOST_JOBS),
        scheduler=scheduler,
        shard=None if shard is None else parse_shard(shard, os.environ),
        **rest,
    )


def pairs(values: tuple[str, ...]) -> dict[str, str]:
    """Split ``NAME=VALUE`` options."""
    named = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise UsageError(f"--set {value}: expected NAME=VALUE")
        named[name.strip()] = text.strip()
    return named


def noticer(*, quiet: bool) -> Callable[[str], None]:
    """Make the function that prints lines about what is not read, on stderr."""
    return lambda line: None if quiet else click.echo(line, err=True)


def _preview(sources: "tuple[Where, ...]", store: Path, settings: "ExtractSettings") -> None:
    from .run import discover

    found = discover(sources, store, settings, noticer(quiet=False))
    click.echo(f"corpus: {found.corpus.name} ({found.corpus.label})")
    sessions = found.sessions if settings.shard is None else settings.shard.of(found.sessions)
    for session in sessions:
        files = [
            f"{part} {path.name}"
            + (f" ({session.transcript_format or 'no format known'})" * (part == "transcript"))
            for part, path in session.files.items()
        ]
        files += [
            f"given {track} {file.path.name}{f' and {len(file.more)} more' if file.more else ''} "
            f"({file.format.label})"
            for track, file in session.given.items()
            if track in settings.extractors
        ]
        left_out = session.corrections.left_out
        said = f"left out, {left_out}" if left_out else session.problem or ", ".join(files)
        click.echo(f"{session.id}: {said}")
        for warning in session.warnings:
            click.echo(f"{session.id}: warning: {warning}")
    if found.labels:
        click.echo(f"labels: {', '.join(place.name for place in found.labels)}")
    there = {track for session in found.sessions for track in session.given}
    made = [
        name
        for name, extractor in settings.extractors.items()
        if extractor.takes != "given" or name in there
    ]
    click.echo(f"tracks: {', '.join(made)}")


def describe() -> str:
    """List all tracks and parameters with defaults, choices and units."""
    from ..features.parameters import parameters
    from ..features.registry import EXTRACTORS, OPTIONAL
    from .settings import PREFIXES

    remarks = dict.fromkeys(PREFIXES.keys() - EXTRACTORS, " (no track)")
    remarks |= dict.fromkeys(OPTIONAL, " (only if named)")
    for name, extractor in EXTRACTORS.items():
        if extractor.takes == "given":
            asked = "only if named, " if name in OPTIONAL else ""
            remarks[name] = f" ({asked}only from a file of another program)"

    lines = []
    for prefix, component in PREFIXES.items():
        doc = (component.__doc__ or "").strip().splitlines()[0]
        lines.append(f"{prefix}{remarks.get(prefix, '')}: {doc}")
        for parameter in parameters(component):
            choices = f" [{'|'.join(parameter.choices)}]" if parameter.choices else ""
            default = "none" if parameter.default is None else parameter.default
            lines.append(f"  {prefix}.{parameter.name}={default}{choices}  {parameter.doc}")
    return "\n".join(lines)
