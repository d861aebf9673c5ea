"""The generic layout: a folder is a session and its name the id.

A folder holds any of a video, a sound file and a transcript.  Given a folder without any, each
folder inside it is a session.  Several candidates for one part: a transcript with word times goes
before a table, a table before subtitles; a sound file goes before the video's own sound.  The
choice and the others are recorded; only two of the same kind and rank are an error.

Sound and video are told by their extension (what is inside shows when they are decoded),
transcripts by their content.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from ...errors import SessionError, UsageError
from ..sessions import Part, Session
from ..transcripts.registry import recognise

VIDEO = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".wmv", ".mpg"})
SOUND = frozenset({".wav", ".flac", ".mp3", ".m4a", ".ogg"})
SUBTITLES = frozenset({".srt", ".vtt"})
CLAIMED = (
    99  # rank of a file that only its name calls a transcript: reading it will say what is wrong
)
SKIPPED = ("__MACOSX",)


def find(sources: Iterable[Path], choose: Mapping[Part, str | None]) -> list[Session]:
    """Find the sessions under each source, sorted by id.

    Parameters
    ----------
    sources : paths
        Session folders, or folders of session folders.
    choose : mapping of part to file name pattern or None
        Which file the user wants where several would do (``--set transcript.file=*.srt``).

    Raises
    ------
    UsageError
        If a source is no folder.
    SessionError
        If two folders would be the same session.
    """
    sessions: dict[str, Session] = {}
    for source in sources:
        if not source.is_dir():
            got = "a file" if source.exists() else "nothing"
            raise UsageError(f"{source}: expected a session folder, got {got}")
        for folder in _session_folders(source):
            session = read(folder, choose)
            known = sessions.setdefault(session.id, session)
            if known.folder.resolve() != folder.resolve():
                raise SessionError(
                    f"{folder}: session {session.id!r} is also {known.folder}; rename one of them"
                )
    return sorted(sessions.values(), key=lambda session: session.id)


def read(folder: Path, choose: Mapping[Part, str | None]) -> Session:
    """Tell which file of a session folder plays which part."""
    name = folder.resolve().name
    others: dict[str, str] = {}
    try:
        files = _choose(folder, choose, others)
    except (SessionError, OSError) as error:
        return Session(id=name, folder=folder, case=name, participant=name, problem=str(error))
    problem = None if files else _nothing_usable(folder)
    return Session(
        id=name,
        folder=folder,
        case=name,
        participant=name,
        files=files,
        others=others,
        problem=problem,
    )


def _session_folders(source: Path) -> list[Path]:
    if _candidates(source):
        return [source]
    inside = [
        entry
        for entry in sorted(source.iterdir())
        if entry.is_dir() and not entry.name.startswith(".") and entry.name not in SKIPPED
    ]
    return inside or [source]


def _files(folder: Path) -> list[Path]:
    return [
        entry
        for entry in sorted(folder.iterdir())
        if entry.is_file() and not entry.name.startswith(".")
    ]


def _candidates(folder: Path) -> dict[Part, list[tuple[int, Path]]]:
    """Rank the candidates for each part; rank 0 goes first."""
    found: dict[Part, list[tuple[int, Path]]] = {}
    for path in _files(folder):
        extension = path.suffix.lower()
        if extension in VIDEO:
            found.setdefault("video", []).append((0, path))
        elif extension in SOUND:
            found.setdefault("audio", []).append((0, path))
        elif (form := recognise(path)) is not None:
            found.setdefault("transcript", []).append((form.rank, path))
        elif extension in SUBTITLES or "transcript" in path.name.casefold():
            found.setdefault("transcript", []).append((CLAIMED, path))
    return found


def _choose(
    folder: Path, choose: Mapping[Part, str | None], others: dict[str, str]
) -> dict[Part, Path]:
    files: dict[Part, Path] = {}
    for part, ranked in _candidates(folder).items():
        pattern = choose.get(part)
        if pattern is not None:
            wanted = [(rank, path) for rank, path in ranked if fnmatch(path.name, pattern)]
            for _, path in ranked:
                if path not in [kept for _, kept in wanted]:
                    others[path.name] = f"{part}.file={pattern} does not match it"
            ranked = wanted
        if ranked:
            files[part] = _best(part, ranked, others)
    if "video" in files:
        if "audio" in files:
            others[f"{files['video'].name} (its sound)"] = f"{files['audio'].name} goes before it"
        else:
            files["audio"] = files["video"]
    return files


def _best(part: Part, ranked: Sequence[tuple[int, Path]], others: dict[str, str]) -> Path:
    best = min(rank for rank, _ in ranked)
    chosen = [path for rank, path in ranked if rank == best]
    if len(chosen) > 1:
        raise SessionError(
            f"two files for the {part}: {chosen[0].name} and {chosen[1].name}; "
            f"choose with --set {part}.file=NAME"
        )
    for rank, path in ranked:
        if rank != best:
            others[path.name] = f"{chosen[0].name} goes before it"
    return chosen[0]


def _nothing_usable(folder: Path) -> str:
    count = len(_files(folder))
    holds = f"holds {count} file{'s' * (count > 1)}, none usable" if count else "is empty"
    if any(entry.is_dir() and not entry.name.startswith(".") for entry in folder.iterdir()):
        holds += "; it has folders inside: give those as SESSIONS"
    return (
        f"{holds}; expected a video ({' '.join(sorted(VIDEO))}), "
        f"a sound ({' '.join(sorted(SOUND))}) or a transcript"
    )
