"""Write a synthetic corpus into a folder: unit by unit, then labels, then what was planted.

    DIR/...              the corpus, in its own layout and under its own names
    DIR/README.txt       what this is
    DIR/truth.json       severity, planted habits, events and faults of each unit; written last

A unit that is whole stays when the command runs again: ``DIR/.synth/ID.json`` lists its files and
their sizes.  Another order (seed, signal, ...) needs another folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ....errors import StoreError, UsageError
from ...store.atomic import read_json, replacing, sweep, write_json
from ...store.key import digest
from ...store.lock import locked
from ..menu import CORPORA, SIGNALS
from . import signal
from .faults import put_in, spread
from .order import Order, Unit
from .registry import WRITERS
from .sink import place

GENERATOR = 1  # counts up when the same order yields other bytes
LIBRARIES = ("numpy", "scipy", "pyarrow", "av", "opencv-contrib-python", "soundfile", "soxr")
RECORDS = ".synth"
ORDER = "order.json"
TITLE = "depx synthetic corpus"


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What a run left."""

    units: tuple[Unit, ...]
    written: int
    """Units that were not there before."""
    faults: dict[str, str]
    """Fault -> the unit in which it lies."""


def build(folder: Path, order: Order, *, jobs: int = 1) -> Built:
    """Write a corpus, or what is missing of it.

    Parameters
    ----------
    folder : Path
        Made if absent; otherwise empty or of the same order.
    order : Order
    jobs : int >= 1
        Units at a time, each in a process of its own.

    Raises
    ------
    UsageError
        If the order cannot be carried out.
    StoreError
        If `folder` holds something else, or a corpus of another order.
    """
    check(order)
    corpus = WRITERS[order.corpus]
    units = corpus.units(order)
    faults = spread(order, units)
    key = _key(order)
    _refuse_what_is_not_ours(folder, key)
    (folder / RECORDS).mkdir(parents=True, exist_ok=True)
    with locked(folder):
        write_json(folder / RECORDS / ORDER, {"key": key, "order": order.document()})
        for inside in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            sweep(inside)
        missing = [unit for unit in units if not _whole(folder, unit)]
        _write_all(folder, order, missing, faults, jobs)
        for name, content in {"README.txt": _readme(order), **corpus.tables(order, units)}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as written:
                written.write_bytes(content)
        records = {unit.id: read_json(folder / RECORDS / f"{unit.id}.json") for unit in units}
        truth = {
            "about": "synthetic; nobody here exists, and no number says anything about depression",
            "key": key,
            "order": order.document(),
            "faults": {fault: unit for unit, fault in faults.items()},
            "units": {name: record["truth"] for name, record in records.items()},
        }
        write_json(folder / "truth.json", truth)
    return Built(
        units=tuple(units),
        written=len(missing),
        faults={fault: unit for unit, fault in faults.items()},
    )


def _write_all(
    folder: Path, order: Order, units: Sequence[Unit], faults: Mapping[str, str], jobs: int
) -> None:
    if jobs == 1:
        for unit in units:
            _write(folder, order, unit, faults.get(unit.id))
        return
    from joblib import Parallel, delayed

    Parallel(n_jobs=jobs, batch_size=1)(
        delayed(_write)(folder, order, unit, faults.get(unit.id)) for unit in units
    )


def _write(folder: Path, order: Order, unit: Unit, fault: str | None) -> None:
    """Write a unit, then the record that says it is whole."""
    made, told = WRITERS[order.corpus].files(order, unit)
    if fault is not None:
        unit, made = put_in(fault, order, unit, made)
        told |= {"fault": fault}
    names = place(folder, unit, made)
    sizes = {name: (folder / name).lstat().st_size for name in names}
    write_json(folder / RECORDS / f"{unit.id}.json", {"files": sizes, "truth": told})


def _whole(folder: Path, unit: Unit) -> bool:
    try:
        sizes = read_json(folder / RECORDS / f"{unit.id}.json")["files"]
        return all((folder / name).lstat().st_size == size for name, size in sizes.items())
    except (StoreError, OSError):  # not written yet, or touched by other hands
        return False


def _key(order: Order) -> str:
    libraries = {name: version(name) for name in LIBRARIES}
    return digest({"generator": GENERATOR, "order": order.document(), "libraries": libraries})


def _refuse_what_is_not_ours(folder: Path, key: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose a folder for the corpus")
    marker = folder / RECORDS / ORDER
    if marker.is_file():
        known = read_json(marker).get("key")
        if known != key:
            raise StoreError(
                f"{folder}: holds a corpus of another seed, other settings or another version; "
                "choose another folder"
            )
    elif folder.exists() and any(not p.name.startswith(".") for p in folder.iterdir()):
        raise StoreError(f"{folder}: is neither empty nor a synthetic corpus; choose another")


def _readme(order: Order) -> bytes:
    return f"""{TITLE}: {order.corpus}

Everything here was drawn by a program, in the file formats of {order.corpus}. Nobody in it exists,
no line of it was said in an interview, and no number in it says anything about depression. It is
there to test readers, trainers and probes.

Order: {order.sessions} sessions, seed {order.seed}, signal {order.signal}, layout {order.layout}.
truth.json says what is planted in each session, and where faults were put in.

{signal.__doc__}
LOADING is {signal.LOADING}, FOLLOWS {signal.FOLLOWS}.
""".encode()


def check(order: Order) -> None:
    """Refuse an order that cannot be carried out.

    Raises
    ------
    UsageError
        If a number is out of range, a name not known, or the corpus has no such layout.
    """
    kind = CORPORA.get(order.corpus)
    if kind is None:
        raise UsageError(f"synth: expected one of {', '.join(CORPORA)}, got {order.corpus!r}")
    if order.layout not in kind.layouts:
        raise UsageError(
            f"--layout: {order.corpus} has {', '.join(kind.layouts)}, got {order.layout!r}"
        )
    if order.signal not in SIGNALS:
        raise UsageError(f"--signal: expected one of {', '.join(SIGNALS)}, got {order.signal!r}")
    if not 1 <= order.sessions <= kind.most or order.seed < 0:
        raise UsageError(
            f"synth: {order.corpus} has 1 to {kind.most} sessions and a seed of 0 or more, "
            f"got {order.sessions} and {order.seed}"
        )
    if order.heavy and order.corpus != "daic-woz":
        raise UsageError(f"--heavy: {order.corpus} has nothing that is left out without it")
    if order.daic_ids and order.corpus not in ("daic-woz", "e-daic"):
        raise UsageError(f"--daic-ids: {order.corpus} has no numbers of DAIC-WOZ")
