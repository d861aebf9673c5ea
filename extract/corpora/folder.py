"""The generic layout: a folder is a session and its name the id.

A folder holds any of a video, a sound file, a transcript and feature files of other programs.
Given a folder without any, each folder inside it is a session.  Several candidates for one part: a
transcript with word times goes before a table, a table before subtitles, these before plain text; a
sound file goes before the video's own sound.  The choice and the others are recorded; only two
files of the same format are an error.

Sound and video are told by their extension (what is inside shows when they are decoded),
transcripts and feature files by their content, read once a file.  Plain text says nothing of what
it is: it is a transcript where its name says so, or the user does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from unicodedata import normalize

from ...errors import SessionError, UsageError
from ...features.registry import EXTRACTORS
from ..given.base import Format, GivenFile
from ..given.registry import FORMATS as GIVEN_FORMATS
from ..given.registry import recognise as recognise_given
from ..given.registry import refused as refused_given
from ..sessions import INPUT, Part, Session, unreadable
from ..store.place import kind_of
from ..transcripts import plain
from ..transcripts.decoding import head_of
from ..transcripts.registry import recognise

VIDEO = frozenset(
    {".mp4", ".m4v", ".mkv", ".mov", ".avi", ".webm", ".wmv", ".mpg", ".mpeg"}
    | {".3gp", ".mts", ".m2ts", ".ogv", ".flv"}
)
SOUND = frozenset(
    {".wav", ".w64", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aif", ".aiff", ".au", ".caf"}
)
SUBTITLES = frozenset({".srt", ".vtt"})
TEXT = SUBTITLES | plain.EXTENSIONS | {".csv", ".tsv", ".json"}
MAYBE = TEXT | {".textgrid", ".eaf"}
TABLES = frozenset({".csv", ".tsv", ".txt"})
UNKNOWN_FORMAT = (
    "not a transcript in a format that depx knows; if it is a table, "
    "--set transcript.columns=start:A,stop:B,text:C names its columns (or numbers them, from 1)"
)
NO_TEXT = "no text in UTF-8, UTF-16 or Windows-1252"
EMPTY = "empty"
PLAIN = "plain text by no transcript's name; --set transcript.file=NAME takes it for one"
OTHER_COLUMNS = (
    "not a transcript in a format that depx knows, nor a table with the columns that "
    "transcript.columns names; expected names as its header spells them, or numbers from 1"
)
UNREAD = frozenset({UNKNOWN_FORMAT, NO_TEXT, EMPTY, PLAIN, OTHER_COLUMNS})
"""Why a file was not read that may have been meant as a transcript."""
SKIPPED = ("__MACOSX",)

EVERY_TRACK: Mapping[str, str | None] = {form.track: None for form in GIVEN_FORMATS}

# Rank of a file that only its name calls a transcript: reading it says what is wrong with it.
CLAIMED = 99


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Files of a folder that depx may read."""

    parts: dict[Part, list[tuple[int, Path]]] = field(default_factory=dict)
    """Files that may play a part, with their ranks; 0 goes first."""
    formats: dict[Path, str] = field(default_factory=dict)
    """Transcripts -> what they were recognised as."""
    given: dict[str, list[GivenFile]] = field(default_factory=dict)
    """Track -> files in which another program left it."""
    unread: dict[str, str] = field(default_factory=dict)
    """Files that may be meant as transcripts, by name, and why they are not read."""
    refused: dict[str, tuple[Format, str]] = field(default_factory=dict)
    """Files that are not what their names promise: name -> the promised format, what is lacking."""

    def paths(self) -> list[Path]:
        """List them all."""
        ranked = [path for files in self.parts.values() for _, path in files]
        return ranked + [file.path for files in self.given.values() for file in files]


def find(
    sources: Iterable[Path],
    choose: Mapping[Part, str | None],
    *,
    given: Mapping[str, str | None] = EVERY_TRACK,
    columns: Mapping[str, str] | None = None,
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
    given : mapping of track to file name pattern or None
        Tracks that are read from files of other programs, and which file the user wants.
    columns : mapping of str to str, or None
        What the user said of the columns of transcripts that are tables.
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
        for folder in _session_folders(source, store, notice, columns):
            session = read(folder, choose, given=given, columns=columns)
            known = sessions.setdefault(session.id, session)
            if known.folder.resolve() != folder.resolve():
                clash = f"two folders have this name: {known.folder} and {folder}; rename one"
                sessions[session.id] = replace(known, files={}, given={}, problem=clash)
    return sorted(sessions.values(), key=lambda session: session.id)


def read(
    folder: Path,
    choose: Mapping[Part, str | None],
    *,
    given: Mapping[str, str | None] = EVERY_TRACK,
    columns: Mapping[str, str] | None = None,
) -> Session:
    """Tell which file of a session folder plays which part."""
    own = folder.name if folder.name not in ("", "..") else folder.resolve().name
    name = own if own.isprintable() else _escaped(own)
    others: dict[str, str] = {}
    try:
        for text in (own, *(path.name for path in _files(folder))):
            if not text.isprintable():
                raise SessionError(f"the name '{_escaped(text)}' is no readable text; rename it")
        candidates = _candidates(folder, columns, choose.get("transcript"))
        others |= candidates.unread
        others |= {name: lack for name, (_, lack) in candidates.refused.items()}
        files = _choose(candidates.parts, choose, others)
        taken = _choose_given(candidates.given, given, others)
        warnings = _warnings(candidates, given, files)
    except (SessionError, OSError) as error:
        why = unreadable(error) if isinstance(error, OSError) else str(error)
        return Session(id=name, folder=folder, case=name, participant=name, problem=why)
    problem = None if candidates.paths() else _nothing_usable(folder)
    return Session(
        id=name,
        folder=folder,
        case=name,
        participant=name,
        files=files,
        transcript_format=candidates.formats.get(files.get("transcript", folder)),
        given=taken,
        others=others,
        warnings=warnings,
        problem=problem,
    )


def _session_folders(
    source: Path,
    store: Path | None,
    notice: Callable[[str], None],
    columns: Mapping[str, str] | None,
) -> list[Path]:
    inside = [
        entry
        for entry in sorted(source.iterdir())
        if entry.is_dir()
        and not entry.name.startswith(".")
        and entry.name not in SKIPPED
        and kind_of(entry) is None
        and (store is None or not store.resolve().is_relative_to(entry.resolve()))
    ]
    loose = [path.name for path in _candidates(source, columns).paths()]
    if not any(_looks_like_session(entry, columns) for entry in inside):
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


def _candidates(
    folder: Path, columns: Mapping[str, str] | None = None, pattern: str | None = None
) -> Candidates:
    """Find the files that may be read, and rank those that may play a part."""
    candidates = Candidates()
    found = candidates.parts
    paths = _files(folder)
    recordings = {path.stem for path in paths if path.suffix.lower() in VIDEO | SOUND}
    unnamed: list[Path] = []  # plain texts that may be anything
    for path in paths:
        extension = path.suffix.lower()
        if extension in VIDEO:
            found.setdefault("video", []).append((0, path))
        elif extension in SOUND:
            found.setdefault("audio", []).append((0, path))
        elif (given := recognise_given(head := head_of(path), path.name)) is not None:
            file = GivenFile(path=path, format=given)
            candidates.given.setdefault(given.track, []).append(file)
        elif (form := recognise(head, columns)) is not None:
            _add_transcript(candidates, path, form.rank, form.name)
        elif head is not None and extension in plain.EXTENSIONS and plain.matches(head):
            if plain.is_named_so(path, folder.name, recordings):
                _add_transcript(candidates, path, plain.FORMAT.rank, plain.FORMAT.name)
            else:
                unnamed.append(path)
                candidates.unread[path.name] = PLAIN
        elif extension in SUBTITLES or (extension in TEXT and plain.is_called_transcript(path)):
            found.setdefault("transcript", []).append((CLAIMED, path))
        elif extension in TABLES and (refusal := refused_given(head, path.name)) is not None:
            candidates.refused[path.name] = refusal
        elif extension in MAYBE:
            candidates.unread[path.name] = _why_unread(head, columns)
    told = [path for _, path in found.get("transcript", ())]
    if pattern is not None and not any(_fits(path, pattern) for path in told):
        for path in (path for path in unnamed if _fits(path, pattern)):
            _add_transcript(candidates, path, plain.FORMAT.rank, plain.FORMAT.name)
    return candidates


def _add_transcript(candidates: Candidates, path: Path, rank: int, name: str) -> None:
    candidates.parts.setdefault("transcript", []).append((rank, path))
    candidates.formats[path] = name
    candidates.unread.pop(path.name, None)


def _why_unread(head: str | None, columns: Mapping[str, str] | None) -> str:
    if head is None:
        return NO_TEXT
    if not head.strip():
        return EMPTY
    return UNKNOWN_FORMAT if columns is None else OTHER_COLUMNS


def _fits(path: Path, pattern: str) -> bool:
    name, pattern = normalize("NFC", path.name), normalize("NFC", pattern)
    return name == pattern or fnmatch(name, pattern)


def _escaped(name: str) -> str:
    return name.encode("unicode_escape").decode()


def _looks_like_session(folder: Path, columns: Mapping[str, str] | None) -> bool:
    try:
        return bool(_candidates(folder, columns).paths())
    except OSError:  # it cannot be read, and reading it will say so
        return True


def _choose(
    parts: Mapping[Part, Sequence[tuple[int, Path]]],
    choose: Mapping[Part, str | None],
    others: dict[str, str],
) -> dict[Part, Path]:
    files: dict[Part, Path] = {}
    for part, ranked in parts.items():
        wanted = _matching(f"{part}.file", choose.get(part), [path for _, path in ranked], others)
        kept = [(rank, path) for rank, path in ranked if path in wanted]
        files[part] = _best(part, f"{part}.file", kept, others)
    if "video" in files:
        if "audio" in files:
            others[f"{files['video'].name} (its sound)"] = f"{files['audio'].name} goes before it"
        else:
            files["audio"] = files["video"]
    return files


def _choose_given(
    given: Mapping[str, Sequence[GivenFile]],
    choose: Mapping[str, str | None],
    others: dict[str, str],
) -> dict[str, GivenFile]:
    """Choose the file of each track that is read from one."""
    taken: dict[str, GivenFile] = {}
    for track, files in given.items():
        if track not in choose:
            others |= {
                file.path.name: f"{file.format.label} features, left aside by --given ignore"
                for file in files
            }
            continue
        option = f"given.{track}"
        wanted = _matching(option, choose[track], [file.path for file in files], others)
        path = _best(f"given {track}", option, [(0, path) for path in wanted], others)
        taken[track] = next(file for file in files if file.path == path)
    return taken


def _warnings(
    candidates: Candidates, given: Mapping[str, str | None], files: Mapping[Part, Path]
) -> tuple[str, ...]:
    """Tell of given features that the user may take for read, and that are not."""
    missing = {track: pattern for track, pattern in given.items() if track not in candidates.given}
    lines: list[str] = []
    told: set[str] = set()
    for name, (form, lack) in candidates.refused.items():
        if form.track in missing:
            told.add(form.track)
            takes = EXTRACTORS[form.track].takes
            how = f"is measured from the {takes}" if INPUT.get(takes) in files else "cannot be made"
            lines.append(f"{name} is not taken: {lack}; without it {form.track} {how}")
    lines += [
        f"--set given.{track}={pattern}: there is no file with {track} features"
        for track, pattern in missing.items()
        if pattern is not None and track not in told
    ]
    return tuple(lines)


def _matching(
    option: str, pattern: str | None, paths: Sequence[Path], others: dict[str, str]
) -> list[Path]:
    """Keep the files that the user's pattern matches; all where there is none."""
    if pattern is None:
        return list(paths)
    wanted = [path for path in paths if _fits(path, pattern)]
    if not wanted:
        names = ", ".join(path.name for path in paths)
        raise SessionError(f"--set {option}={pattern} matches none of: {names}")
    others |= {
        path.name: f"{option}={pattern} does not match it" for path in paths if path not in wanted
    }
    return wanted


def _best(
    part: str, option: str, ranked: Sequence[tuple[int, Path]], others: dict[str, str]
) -> Path:
    best = min(rank for rank, _ in ranked)
    chosen = [path for rank, path in ranked if rank == best]
    if len(chosen) > 1:
        raise SessionError(
            f"two files for the {part}: {chosen[0].name} and {chosen[1].name}; "
            f"choose with --set {option}=NAME"
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
        f"a sound ({' '.join(sorted(SOUND))}), a transcript or features that depx reads"
    )
