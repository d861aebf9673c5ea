"""E-DAIC's DeepSpectrum features: the tracks `deepspectrum_densenet201` and `deepspectrum_vgg16`.

``_densenet201.csv`` and ``_vgg16.csv`` hold what a network for pictures makes of the spectrogram of
4 s, every second.  DeepSpectrum writes a header: ``name``, ``timeStamp``, ``neuron_0`` and so on;
columns are found by these names, in any order.  Where neither is called so, the numbers are the
last so many columns, and the time is the one before them that grows by equal steps.

A time is that of the beginning of a window, so the row lies 2 s later.  DeepSpectrum takes exact
zeros off the beginning of a sound before it counts, so where a recording begins with some, its
times are early by as much; nobody can tell that from the file.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge", AVEC 2019.  Amiriparian et al., "Snore sound
classification using image-based deep spectrum features", Interspeech 2017.
"""

# R = rows of the head

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from ...errors import TrackError
from ...features.acoustic.given_only import DEEPSPECTRUM_DENSENET201, DEEPSPECTRUM_VGG16
from ...features.columns import Column, names
from ...features.types import Seconds
from ..heads import Head
from .base import READERS, Beside, Format, Reading, lacking, of_text
from .sheet import as_read, reading, spooled, times
from .table import NumberTable, header_of, is_number, told

CENTRE_S: Seconds = 2.0  # of a window of 4 s
TIME = "time"
CALLED = frozenset({"timestamp", "time", "frametime", "time_s"})  # lower case
NEURON = "neuron_"
STEP_S: Seconds = 1e-3  # by which equal steps may differ
SEPARATORS = (",", ";")


def matches(word: str, width: int, head: str, name: str) -> bool:
    """Tell a file by its name and the number of its columns."""
    return promises(word, name.casefold()) and len(header_of(head)[0]) > width


def promises(word: str, name: str) -> bool:
    """Say whether a file of this name ought to hold such features."""
    return word in name and "cnn" not in name and name.endswith((".csv", ".txt"))


def lacks(width: int, head: str) -> str:
    """Say what a head holds instead."""
    return f"not a time and {width} numbers a row as DeepSpectrum has them (got {told(head)})"


def read(columns: tuple[Column, ...], path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If no column is the time, a cell is no number, the file has no row, or its times are
        damaged.
    """
    table = NumberTable.open(path, separators=SEPARATORS)
    if is_number(table.header[-1]):  # a row, not a header
        numbers = tuple(str(c) for c in range(len(table.header)))
        table = NumberTable.open(path, columns=numbers, separators=SEPARATORS)
    sheet = spooled(table.renamed(_called(table, columns)), columns, beside.scratch)
    placed = times(sheet, first_s=CENTRE_S, centre_s=CENTRE_S)

    return reading(sheet, placed, sheet.measured_F, as_read, {})


def _called(table: NumberTable, columns: Sequence[Column]) -> tuple[str, ...]:
    """Name the columns of a table: the time, the track's own, and the rest by their places."""
    width = len(columns)
    place = {name: c for c, name in reversed(list(enumerate(table.header)))}
    wanted = [f"{NEURON}{i}" for i in range(width)]
    last = range(len(table.header) - width, len(table.header))
    neurons = [place[name] for name in wanted] if place.keys() >= set(wanted) else list(last)
    rest = [c for c in range(len(table.header)) if c not in set(neurons)]
    timed = [c for c in rest if table.header[c].casefold() in CALLED]
    timed = timed or [c for c in rest if _is_time(table, c)]
    if len(timed) != 1:
        raise TrackError(
            f"{table.path.name}: {len(timed) or 'none'} of its columns can be the time; expected "
            "one called timeStamp; name it so in the header"
        )
    called = [f"#{c}" for c in range(len(table.header))]
    called[timed[0]] = TIME
    for column, c in zip(names(columns), neurons, strict=True):
        called[c] = column
    return tuple(called)


def _is_time(table: NumberTable, c: int) -> bool:
    """Say whether a column grows by equal steps from 0 s on, as far as the head shows."""
    with table.path.open("rb") as file:
        text = Head.read(file).text or ""
    cells = [line.split(table.separator)[c] for line in text.splitlines()[table.skip : -1] if line]
    if len(cells) < 2 or not all(map(is_number, cells)):
        return False
    at_s = [float(cell) for cell in cells]
    step_s = [after - before for before, after in pairwise(at_s)]
    return min(step_s) > 0 and max(step_s) - min(step_s) < STEP_S


def _format(track: str, columns: tuple[Column, ...], word: str, label: str) -> Format:
    return Format(
        name="deepspectrum",
        label=label,
        track=track,
        version="1",
        licence="DeepSpectrum: GPL-3.0-or-later",
        libraries=READERS,
        filmed=False,
        matches=of_text(partial(matches, word, len(columns))),
        promises=partial(promises, word),
        lacks=lacking(partial(lacks, len(columns))),
        honours=(),
        read=partial(read, columns),
    )


FORMATS = (
    _format(
        "deepspectrum_densenet201",
        DEEPSPECTRUM_DENSENET201,
        "densenet201",
        "DeepSpectrum DenseNet-201",
    ),
    _format("deepspectrum_vgg16", DEEPSPECTRUM_VGG16, "vgg16", "DeepSpectrum VGG-16"),
)
