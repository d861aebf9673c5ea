"""What ``--labels`` points at as a label table: one in depx's names, or a corpus's official files.

A file with a column ``session`` or ``case`` is read as it is.  Else it may be an official label
file of a corpus, or a folder of such files, told by their headers; then it becomes the sheet that
`depx extract` would have made of them.
"""

from collections.abc import Callable
from pathlib import Path

from ..errors import LabelError
from ..extract.labels.cells import header_of
from ..extract.labels.registry import read_labels as read_official
from ..extract.labels.registry import recognise
from ..extract.transcripts.decoding import HEAD_BYTES, decode_head
from .label_file import UNITS
from .labels import LabelTable, read_labels

TABLES = frozenset({".csv", ".tsv", ".txt"})
"""Files that may be official label files."""


def label_table(path: Path, note: Callable[[str], None]) -> LabelTable:
    """Read labels.

    Parameters
    ----------
    path : Path
        A label table, an official label file, or a folder of official files.
    note : callable
        Takes what was remarked on the files, a line each.

    Raises
    ------
    LabelError
        If nothing can be read, or a folder holds files of several corpora.
    """
    names = _official(path)
    if not names:
        if path.is_dir():
            raise LabelError(
                f"{path}: holds no official label file that depx knows; name a table with a "
                "column 'session' or 'case'"
            )
        table = read_labels(path)
        for line in table.remarks():
            note(line)
        return table
    corpora = sorted(set(names.values()))
    if len(corpora) > 1:
        raise LabelError(
            f"{path}: holds label files of {' and '.join(corpora)}; name the folder of one corpus"
        )
    root = path.absolute().parent
    try:
        files = [(name, (root / name).read_bytes()) for name in names]
    except OSError as error:
        raise _unreadable(path, error) from error
    sheet = read_official(corpora[0], files)
    for line in sheet.notes:
        note(line)
    return LabelTable(name=path.name, unit=sheet.unit, rows=sheet.rows, columns=sheet.columns)


def _official(path: Path) -> dict[str, str]:
    """Find official label files: name -> corpus.

    Names begin with the folder's own, which may tell a split (``Training``).
    """
    path = path.absolute()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found: dict[str, str] = {}
    for file in files:
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.suffix.lower() not in TABLES or hidden or not file.is_file():
            continue
        name = file.relative_to(path.parent).as_posix()
        try:
            with file.open("rb") as opened:
                head = decode_head(opened.read(HEAD_BYTES))
        except OSError as error:
            raise _unreadable(file, error) from error
        if head is None or set(UNITS) & set(header_of(head)):  # media, or a table of ours
            continue
        form = recognise(head, name)
        if form is not None:
            found[name] = form.corpus
    return found


def _unreadable(path: Path, error: OSError) -> LabelError:
    return LabelError(f"{path}: cannot be read ({error.strerror}); mend its permissions")
