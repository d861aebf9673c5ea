"""Which file of a session plays which part: picture, sound, transcript, features of others.

All corpora are read by this; a reader only says which files make a session.  Several candidates for
one part: a transcript with word times goes before a table, a table before subtitles, these before
plain text; a sound file goes before the video's own sound.  The choice and the others are recorded;
only two files of the same format are an error.

Sound and video are told by their extension (what is inside shows when they are decoded),
transcripts and feature files by their content, read once a file.  Plain text says nothing of what
it is: it is a transcript where its name says so, or the user does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from unicodedata import normalize

from ...errors import SessionError
from ...features.registry import EXTRACTORS, OPTIONAL
from ..given.base import Format, GivenFile
from ..given.gather import gathered, lacks_part
from ..given.registry import recognise as recognise_given
from ..given.registry import refused as refused_given
from ..heads import APPLE_DOUBLE
from ..sessions import INPUT, UNREADABLE, Part, Session, unreadable
from ..transcripts import plain
from ..transcripts.registry import recognise
from ..trees import Tree, escaped, head_in
from .base import Wishes

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
TABLES = frozenset({".csv", ".tsv", ".txt", ".bin", ".mat", ".npy"})
"""Files that are refused in a few words where their names promise features that are not there."""
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
APPLES = "what macOS writes beside a file (AppleDouble), not the file; copy the file itself again"
UNREAD = frozenset({UNKNOWN_FORMAT, NO_TEXT, EMPTY, PLAIN, OTHER_COLUMNS, APPLES})
"""Why a file was not read that may have been meant as a transcript."""
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


def session_of(
    tree: Tree,
    paths: Sequence[Path],
    wishes: Wishes,
    *,
    name: str,
    case: str | None = None,
    participant: str | None = None,
    corpus: str = "folder",
    speaker: str | None = None,
    aside: Mapping[str, str] | None = None,
    strange: Callable[[Path], bool] = lambda _path: False,
) -> Session:
    """Tell which file of a session plays which part.

    Parameters
    ----------
    tree : Tree
        The session's folder; opens the files.
    paths : sequence of Path
        Files of the session, in `tree` or below it.
    wishes : Wishes
    name : str
        Id of the session.
    case, participant : str or None
        What a label belongs to, and who it is of; None is `name`.
    corpus : str
        Name of the corpus.
    speaker : str or None
        Who speaks where the transcript names nobody.
    aside : mapping of str to str, or None
        Files that the reader did not take, by name, and why.
    strange : callable
        Says whether a file in `tree`, which several sessions share, is another session's.
    """
    unsafe = {
        name: why for name, why in _unsafe(tree, paths).items() if not strange(tree.path / name)
    }
    others = {**unsafe, **(aside or {})}
    session = Session(
        id=escaped(name),
        folder=tree.path,
        archive=tree.archive,
        remote=None if tree.remote is None else tree.remote.only(paths),
        case=case or name,
        participant=participant or name,
        corpus=corpus,
        speaker=speaker,
        others=others,
        warnings=not_read(unsafe),
    )
    try:
        for text in (name, *(path.name for path in paths)):
            if not text.isprintable():
                raise SessionError(f"the name '{escaped(text)}' is no readable text; rename it")
        candidates = candidates_in(tree, paths, wishes, wishes.choose.get("transcript"))
        others |= candidates.unread
        others |= {name: lack for name, (_, lack) in candidates.refused.items()}
        files = _choose(candidates.parts, wishes.choose, others)
        taken = _choose_given(candidates.given, wishes.given, others)
        warnings = (*session.warnings, *_warnings(candidates, wishes, files, taken))
        problem = None if candidates.paths() else _nothing_usable(tree, paths)
    except SessionError as error:
        return replace(session, problem=str(error))
    except UNREADABLE as error:
        return replace(session, problem=unreadable(error))
    return replace(
        session,
        files=files,
        transcript_format=candidates.formats.get(files.get("transcript", tree.path)),
        given=taken,
        warnings=warnings,
        problem=problem,
    )


def candidates_in(
    tree: Tree, paths: Sequence[Path], wishes: Wishes, pattern: str | None = None
) -> Candidates:
    """Find the files that may be read, and rank those that may play a part.

    Parameters
    ----------
    tree : Tree
        Opens the files.
    paths : sequence of Path
        Files of one session.
    wishes : Wishes
    pattern : str or None
        Of the transcript that is wanted, even if only its name could tell that it is one.
    """
    candidates = Candidates()
    found, columns = candidates.parts, wishes.columns
    recordings = {path.stem for path in paths if path.suffix.lower() in VIDEO | SOUND}
    unnamed: list[Path] = []  # plain texts that may be anything
    for path in paths:
        extension = path.suffix.lower()
        if extension in VIDEO:
            found.setdefault("video", []).append((0, path))
        elif extension in SOUND:
            found.setdefault("audio", []).append((0, path))
        elif (given := recognise_given(head := head_in(tree, path), path.name)) is not None:
            file = GivenFile(path=path, format=given)
            candidates.given.setdefault(given.track, []).append(file)
        elif head.raw.startswith(APPLE_DOUBLE):
            _add_apple_double(candidates, path, refused_given(head, path.name))
        elif (form := recognise(text := head.text, columns)) is not None:
            _add_transcript(candidates, path, form.rank, form.name)
        elif text is not None and extension in plain.EXTENSIONS and plain.matches(text):
            if plain.is_named_so(path, path.parent.name, recordings):
                _add_transcript(candidates, path, plain.FORMAT.rank, plain.FORMAT.name)
            else:
                unnamed.append(path)
                candidates.unread[path.name] = PLAIN
        elif extension in SUBTITLES or (extension in TEXT and plain.is_called_transcript(path)):
            found.setdefault("transcript", []).append((CLAIMED, path))
        elif extension in TABLES and (refusal := refused_given(head, path.name)) is not None:
            candidates.refused[path.name] = refusal
        elif extension in MAYBE:
            candidates.unread[path.name] = _why_unread(text, columns)
    told = [path for _, path in found.get("transcript", ())]
    if pattern is not None and not any(_fits(path, pattern) for path in told):
        for path in (path for path in unnamed if _fits(path, pattern)):
            _add_transcript(candidates, path, plain.FORMAT.rank, plain.FORMAT.name)
    return candidates


def _add_transcript(candidates: Candidates, path: Path, rank: int, name: str) -> None:
    candidates.parts.setdefault("transcript", []).append((rank, path))
    candidates.formats[path] = name
    candidates.unread.pop(path.name, None)


def _add_apple_double(
    candidates: Candidates, path: Path, refusal: tuple[Format, str] | None
) -> None:
    if refusal is None:
        candidates.unread[path.name] = APPLES
    else:
        candidates.refused[path.name] = (refusal[0], APPLES)


def _why_unread(text: str | None, columns: Mapping[str, str] | None) -> str:
    if text is None:
        return NO_TEXT
    if not text.strip():
        return EMPTY
    return UNKNOWN_FORMAT if columns is None else OTHER_COLUMNS


def _fits(path: Path, pattern: str) -> bool:
    name, pattern = normalize("NFC", path.name), normalize("NFC", pattern)
    return name == pattern or fnmatch(name, pattern)


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
        sets, aside = gathered(files)
        others |= aside
        wanted = _matching(option, choose[track], [file.path for file in sets], others)
        ranked = [(file.format.rank, file.path) for file in sets if file.path in wanted]
        path = _best(f"given {track}", option, ranked, others)
        taken[track] = next(file for file in sets if file.path == path)
        for file in sets:  # a set that is left aside is so with all its files
            if file is not taken[track]:
                others |= {one.name: others[file.path.name] for one in file.more}
    for track, file in taken.items():
        clock = taken.get(file.format.timed_by or "")
        if clock is not None:
            taken[track] = replace(file, more=(clock.path,))
    return taken


def _warnings(
    candidates: Candidates,
    wishes: Wishes,
    files: Mapping[Part, Path],
    taken: Mapping[str, GivenFile],
) -> tuple[str, ...]:
    """Tell of given features that the user may take for read, and that are not."""
    missing = {
        track: pattern
        for track, pattern in wishes.given.items()
        if track not in candidates.given
        and (track not in OPTIONAL or track in wishes.named or pattern is not None)
    }
    lines: list[str] = []
    told: set[str] = set()
    for name, (form, lack) in candidates.refused.items():
        if form.track in missing:
            told.add(form.track)
            takes = EXTRACTORS[form.track].takes
            how = f"is measured from the {takes}" if INPUT.get(takes) in files else "cannot be made"
            lines.append(f"{name} is not taken: {lack}; without it {form.track} {how}")
        elif form.track in taken and lacks_part(taken[form.track], form, name):
            lines.append(f"{name} is not taken: {lack}; {form.track} goes without its columns")
    lines += [
        f"--set given.{track}={pattern}: there is no file with {track} features"
        for track, pattern in missing.items()
        if pattern is not None and track not in told
    ]
    return tuple(lines)


def _unsafe(tree: Tree, paths: Sequence[Path]) -> dict[str, str]:
    """Name what is not opened for safety; below `tree` only where files below it are read."""
    try:
        return tree.left_out(deep=any(path.parent != tree.path for path in paths))
    except OSError:  # whoever listed the files was told
        return {}


def not_read(files: Mapping[str, str]) -> tuple[str, ...]:
    """Say in one line which files are not read, by name, and why the first is not."""
    if not files:
        return ()
    name, why = next(iter(files.items()))
    more = f"; {len(files) - 1} more, which session.json names" if len(files) > 1 else ""
    return (f"{name} is not read: {why}{more}",)


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
        one, other = chosen[0], chosen[1]
        if one.name == other.name:  # in two folders of the session
            raise SessionError(
                f"two files for the {part}: {one.parent.name}/{one.name} and "
                f"{other.parent.name}/{other.name}; remove or rename one"
            )
        raise SessionError(
            f"two files for the {part}: {one.name} and {other.name}; "
            f"choose with --set {option}=NAME"
        )
    for rank, path in ranked:
        if rank != best:
            others[path.name] = f"{chosen[0].name} goes before it"
    return chosen[0]


def _nothing_usable(tree: Tree, paths: Sequence[Path]) -> str:
    count = len(paths)
    empty = "holds nothing that is safe to read" if _unsafe(tree, ()) else "is empty"
    holds = f"holds {count} file{'s' * (count > 1)}, none usable" if count else empty
    if tree.folders():
        unpacked = "unpack it and " if tree.archive is not None else ""
        holds += f"; it has folders inside: {unpacked}give those as SESSIONS"
    return (
        f"{holds}; expected a video ({' '.join(sorted(VIDEO))}), "
        f"a sound ({' '.join(sorted(SOUND))}), a transcript or features that depx reads"
    )
