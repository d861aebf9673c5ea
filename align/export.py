"""A training set in the files of other programs: CSV, Hugging Face ``datasets``, MMSA."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..extract.sessions import Choice
from ..extract.store.foreign import Delivered, check_out
from ..features.parameters import configure
from .dataset import Dataset
from .delivery import Delivery
from .export_csv import export_csv
from .export_hf import export_hf
from .export_mmsa import export_mmsa
from .mmsa import Mmsa

MMSA = "mmsa"


@dataclass(frozen=True)
class _Named:
    """A session as `Choice` wants it."""

    id: str


def export_dataset(
    place: Path,
    out: Path,
    form: str,
    choice: Choice,
    values: Mapping[str, str],
    *,
    tell: Callable[[str, Delivered], None],
    note: Callable[[str], None],
    force: bool = False,
) -> Delivery:
    """Write a training set as another program would.

    Parameters
    ----------
    place : Path
        The training set.
    out : Path
        A folder, which may be there.
    form : {"csv", "hf", "mmsa"}
    choice : Choice
        The sessions that the user wants.
    values : mapping of name to text
        ``mmsa.length`` and its like; see `Mmsa`.
    tell, note : callables
        See `Delivery`.
    force : bool
        Replace files that are there and differ.

    Raises
    ------
    StoreError
        If `place` is no training set, or `out` is a file, a place of depx, or inside one.
    UsageError
        If a named session or parameter does not exist.
    """
    dataset = Dataset.open(place)
    check_out(out, place)
    for name in values:
        if form != MMSA or not name.startswith(f"{MMSA}."):
            raise UsageError(f"--set {name}: --as {form} has no such parameter")
    settings = configure(Mmsa, MMSA, values)
    sessions = [named.id for named in choice.apply([_Named(name) for name in dataset.ids()])]
    out.mkdir(parents=True, exist_ok=True)
    delivery = Delivery(out=out, force=force, tell=tell, note=note)
    if form == MMSA:
        export_mmsa(dataset, sessions, settings, delivery)
    else:
        {"csv": export_csv, "hf": export_hf}[form](dataset, sessions, delivery)
    return delivery
