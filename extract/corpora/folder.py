"""The generic layout: a folder is a session and its name the id.

A folder holds any of a video, a sound file and a transcript.  Given a folder without any, each
folder inside it is a session.  Several candidates for one part: a transcript with word times goes
before a table, a table before subtitles; a sound file goes before the video's own sound.  The
choice and the others are recorded; only two of the same kind and rank are an error.

Sound and video are told by their extension (what is inside shows when they are decoded),
transcripts by their content.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeAlias

from ...errors import SessionError, UsageError
from ..sessions import Part, Session, unreadable
from ..store.place import kind_of
from ..transcripts.registry import recognise

VIDEO = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".wmv", ".mpg"})
SOUND = frozenset({".wav", ".flac", ".mp3", ".m4a", ".ogg"})
SUBTITLES = frozenset({".srt", ".vtt"})
TEXT = SUBTITLES | {".txt", ".csv", ".tsv", ".json"}
MAYBE = TEXT | {".textgrid", ".eaf"}
UNKNOWN_FORMAT = "not a transcript in a format that depx knows"
SKIPPED = ("__MACOSX",)

Candidates: TypeAlias = dict[Part, list[tuple[int, Path]]]
"""Files that may play a part, with their ranks; 0 goes first."""

# Rank of a file that only its name calls a transcript: reading it says what is wrong with it.
CLAIMED = 99


def find(
    sources: Iterable[Path],
    choose: Mapping[Part, str | None],
    *,
    store: Path | None = None,
    notice: Callable[[str], None] = lambda _line: None,
) -> list[Session]:
    """Find the sessions under each source, sorted by id.

    Parameters
    ----------
    sources : paths
        Session folders, or folders of session folders.
    choose : mapping of part to file name pattern or None
        Which file the user wants where several would do (``--set transcript.file=*.srt``).
    store : Path or None
        Where the features go; a folder on the way to it is no session.
    notice : callable
        Takes a line about files that lie beside session folders and are not read.

    Raises
    ------
    UsageError
        If a source is no folder.
    """
    sessions: dict[str, Session] = {}
    for source in sources:
        if not source.is_dir():
            got = "a file" if source.exists() else "nothing"
            raise UsageError(f"{source}: expected a session folder, got {got}")
        for folder in _session_folders(source, store, notice):
            session = read(folder, choose)
            known = sessions.setdefault(session.id, session)
            if known.folder.resolve() != folder.resolve():
                clash = f"two folders have this name: {known.folder} and {folder}; rename one"
                sessions[session.id] = replace(known, files={}, problem=clash)
    return sorted(sessions.values(), key=lambda session: session.id)


def read(folder: Path, choose: Mapping[Part, str | None]) -> Session:
    """Tell which file of a session folder plays which part."""
    own = folder.name if folder.name not in ("", "..") else folder.resolve().name
    name = own if own.isprintable() else _escaped(own)
    others: dict[str, str] = {}
    try:
        for text in (own, *(path.name for path in _files(folder))):
            if not text.isprintable():
                raise SessionError(f"the name '{_escaped(text)}' is no readable text; rename it")
        candidates = _candidates(folder)
        others |= _unread(folder, candidates)
        files = _choose(candidates, choose, others)
    except (SessionError, OSError) as error:
        why = unreadable(error) if isinstance(error, OSError) else str(error)
        return Session(id=name, folder=folder, case=name, participant=name, problem=why)
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


def _session_folders(source: Path, store: Path | None, notice: Callable[[str], None]) -> list[Path]:
    inside = [
        entry
        for entry in sorted(source.iterdir())
        if entry.is_dir()
        and not entry.name.startswith(".")
        and entry.name not in SKIPPED
        and kind_of(entry) is None
        and (store is None or not store.resolve().is_relative_to(entry.resolve()))
    ]
    loose = [path.name for ranked in _candidates(source).values() for _, path in ranked]
    if not any(_looks_like_session(entry) for entry in inside):
        return [source] if loose else inside or [source]
    if loose:
        more = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        notice(
            f"{source}: holds session folders, so {loose[0]}{more} beside them is not read; "
            "put a session's files into a folder of their own"
        )
    return inside


def _files(folder: Path) -> list[Path]:
    return [
        entry
        for entry in sorted(folder.iterdir())
        if entry.is_file() and not entry.name.startswith(".")
    ]


def _candidates(folder: Path) -> Candidates:
    """Rank the candidates for each part; rank 0 goes first."""
    found: Candidates = {}
    for path in _files(folder):
        extension = path.suffix.lower()
        if extension in VIDEO:
            found.setdefault("video", []).append((0, path))
        elif extension in SOUND:
            found.setdefault("audio", []).append((0, path))
        elif (form := recognise(path)) is not None:
            found.setdefault("transcript", []).append((form.rank, path))
        elif extension in SUBTITLES or (extension in TEXT and "transcript" in path.stem.lower()):
            found.setdefault("transcript", []).append((CLAIMED, path))
    return found


def _escaped(name: str) -> str:
    return name.encode("unicode_escape").decode()


def _looks_like_session(folder: Path) -> bool:
    try:
        return bool(_candidates(folder))
    except OSError:  # it cannot be read, and reading it will say so
        return True


def _unread(folder: Path, candidates: Candidates) -> dict[str, str]:
    """Name the files that might be transcripts and are in no format known."""
    read = {path for ranked in candidates.values() for _, path in ranked}
    return {
        path.name: UNKNOWN_FORMAT
        for path in _files(folder)
        if path.suffix.lower() in MAYBE and path not in read
    }


def _choose(
    candidates: Candidates, choose: Mapping[Part, str | None], others: dict[str, str]
) -> dict[Part, Path]:
    files: dict[Part, Path] = {}
    for part, ranked in candidates.items():
        pattern = choose.get(part)
        if pattern is not None:
            wanted = [
                (rank, path)
                for rank, path in ranked
                if path.name == pattern or fnmatch(path.name, pattern)
            ]
            if not wanted:
                names = ", ".join(path.name for _, path in ranked)
                raise SessionError(f"--set {part}.file={pattern} matches none of: {names}")
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
