"""Check that no row of a corpus's files is lost, and write the tables of these pages.

``python docs/corpora/rows.py daic-woz e-daic cmdc avec2014 d-vlog`` makes a synthetic corpus of
each, extracts it, counts the rows of every file with pandas, NumPy, SciPy or PyAV, never with depx,
and those of every track with pyarrow, and puts both side by side into the corpus's page.  It ends
with 1 where they differ.  Without names: all five.
"""

# Counts are of rows: frames of a film or table, windows of a sound's features, utterances.

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow.parquet as pq

from depx.extract.given.registry import FORMATS

HERE = Path(__file__).parent
PAGES = {
    "daic-woz": "daic-woz.md",
    "e-daic": "e-daic.md",
    "cmdc": "cmdc.md",
    "avec2014": "avec.md",
    "d-vlog": "d-vlog.md",
}
BEGIN, END = "<!-- rows: written by rows.py -->", "<!-- end of rows -->"
HOG_BYTES = 17_872  # of a frame in CLNF_hog.bin
SHORT = (
    (re.compile(r"^\d{3}_(\d)_(Freeform|Northwind)"), "NNN_V_TASK"),
    (re.compile(r"^\d{3}_"), "NNN_"),
    (re.compile(r"^\d+_"), "N_"),
    (re.compile(r"^Q\d+-?"), "Qn"),
)
"""What stands for numbers in a file's name, the first that fits."""
NO_ROWS = "measured"


@dataclass
class Line:
    """A kind of file under a track: both counts, summed over the sessions."""

    files: int = 0
    in_files: int | None = 0
    in_track: int = 0


def main(corpora: list[str]) -> int:
    """Check each corpus; 1 if a row is missing or too many."""
    wrong = 0
    for corpus in corpora:
        with TemporaryDirectory() as place:
            source, store = Path(place) / "corpus", Path(place) / "store"
            _depx("synth", corpus, source, "--sessions", 2, "--seed", 0, *_more(corpus))
            tracks = ",".join(dict.fromkeys(["words", *(form.track for form in FORMATS)]))
            _depx("extract", source, "-o", store, "--tracks", tracks, "--quiet")
            lines, unread = counted(source, store)
        wrong += sum(line.in_files not in (None, line.in_track) for line in lines.values())
        text = table(lines, unread)
        _write(HERE / PAGES[corpus], text)
        sys.stdout.write(f"{corpus}\n{text}\n\n")
    return int(bool(wrong))


def counted(source: Path, store: Path) -> tuple[dict[tuple[str, str], Line], list[str]]:
    """Count the rows of all files that were read, and name those that were not."""
    by_hash: dict[str, Path] = {}
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and _is_data(path)]
    for path in files:
        by_hash[sha256(path.read_bytes()).hexdigest()] = path
    lines: dict[tuple[str, str], Line] = {}
    read: set[str] = set()
    for record in sorted(store.glob("*/session.json")):
        session = json.loads(record.read_text())
        for part, entry in session["inputs"].items():
            path = by_hash[entry["sha256"]]
            read.add(short(path.name))
            for track, in_track in _tracks(session, part, record.parent):
                line = lines.setdefault((short(path.name), track), Line())
                line.files += 1
                line.in_track += in_track
                rows = None if track == NO_ROWS else rows_in(path)
                line.in_files = None if rows is None else (line.in_files or 0) + rows
    return lines, sorted({short(path.name) for path in files} - read)


def rows_in(path: Path) -> int:
    """Count the rows of a file without depx."""
    name = path.name.lower()
    if name.endswith(".npy"):
        import numpy as np

        return len(np.load(path, mmap_mode="r"))
    if name.endswith(".mat"):
        from scipy.io import loadmat

        return len(loadmat(path)["feature"])
    if name.endswith(".bin"):
        frames, rest = divmod(path.stat().st_size, HOG_BYTES)
        return frames if rest == 0 else -1
    if name.endswith(".mp4"):
        import av

        with av.open(str(path)) as film:
            return sum(1 for _ in film.decode(video=0))
    if re.fullmatch(r"q\d+-?\.txt", name):
        return 1  # an answer is one utterance
    head = path.open(encoding="utf-8", errors="replace").readline()
    separator = next((mark for mark in "\t;," if mark in head), ",")
    first = head.split(separator)[0].strip()
    headless = re.fullmatch(r"'?-?[\d.]+'?|'?unknown'?|'?\d{3}_?.*", first) is not None
    return len(
        pd.read_csv(
            path,
            sep=separator,
            header=None if headless else 0,
            quoting=3 if separator == "\t" else 0,
            skipinitialspace=True,
            keep_default_na=False,
            dtype=str,
        )
    )


def table(lines: dict[tuple[str, str], Line], unread: list[str]) -> str:
    """Write the counts as a table of Markdown."""
    rows = [
        "| file | read as | files | rows in them | rows of the track |",
        "|---|---|---|---|---|",
    ]
    for (name, track), line in sorted(lines.items()):
        of_files = "" if line.in_files is None else f"{line.in_files:,}"
        of_track = "" if line.in_files is None else f"{line.in_track:,}"
        rows.append(f"| `{name}` | {track} | {line.files} | {of_files} | {of_track} |")
    if unread:
        rows += ["", f"Not read: {', '.join(f'`{name}`' for name in unread)}."]
    return "\n".join(rows)


def short(name: str) -> str:
    """Write a file's name without the numbers of its session."""
    for pattern, instead in SHORT:
        if pattern.match(name):
            return pattern.sub(instead, name)
    return name


def _tracks(session: dict, part: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Name the track that a part is read as, with its rows; nothing where it failed."""
    if part == "audio":
        yield NO_ROWS, 0
        return
    track = {"video": "face", "transcript": "words"}.get(part) or part.split(".")[1]
    if part.count(".") > 1 and track != "face":
        return  # a table that only tells the times of the track
    made = session["tracks"].get(track)
    if made is None:
        yield track, 0
    elif track == "words":
        quality = made["quality"]
        yield track, quality.get("corrections", {}).get("rows", quality["utterances"])
    else:
        yield track, pq.read_metadata(folder / f"{track}.parquet").num_rows


def _is_data(path: Path) -> bool:
    """Leave out what the generator says of its corpus, and label files, which become labels."""
    hidden = any(part.startswith(".") for part in path.parts)
    about = path.name in ("README.txt", "truth.json")
    labels = re.search(r"split|label|lables|metadata|subjectinfo|depression", path.name.lower())
    return not hidden and not about and not labels


def _more(corpus: str) -> list[str]:
    return ["--heavy"] if corpus == "daic-woz" else []


def _depx(*words: object) -> None:
    done = subprocess.run([sys.executable, "-m", "depx", *map(str, words)], check=False)
    if done.returncode != 0:
        raise SystemExit(f"depx {words[0]} ended with {done.returncode}")


def _write(page: Path, text: str) -> None:
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(PAGES)))
