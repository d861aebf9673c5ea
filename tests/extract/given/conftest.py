"""What the tests of all formats use."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pandas as pd
import pytest

from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head

HEAD = ("frame", "timestamp", "confidence", "success")
UNITS_R = ("01", "02", "04", "05", "06", "09", "10", "12", "14", "15", "17", "20", "25", "26")
UNITS_C = ("04", "12", "15", "23", "28", "45")


@pytest.fixture
def read_given() -> "ReadGiven":
    """Read a file in the format that its head and name tell."""
    return ReadGiven()


class ReadGiven:
    """Recognises a file and reads it, without a video."""

    def __call__(self, path: Path, **parameters: object) -> Reading:
        form = recognise(Head.of(path), path.name)
        assert form is not None
        return read(GivenFile(path=path, format=form), None, TemporaryFile, parameters)

    def label(self, path: Path) -> str | None:
        """Say as what a file is recognised."""
        form = recognise(Head.of(path), path.name)
        return form.label if form else None


@pytest.fixture
def clnf() -> "ClnfFiles":
    """Write CLNF's files."""
    return ClnfFiles()


class ClnfFiles:
    """CLNF's five text files; values differ from cell to cell."""

    columns: Mapping[str, tuple[str, ...]] = {
        "AUs": (*(f"AU{au}_r" for au in UNITS_R), *(f"AU{au}_c" for au in UNITS_C)),
        "features": tuple(f"{a}{p}" for a in "xy" for p in range(68)),
        "features3D": tuple(f"{a}{p}" for a in "XYZ" for p in range(68)),
        "gaze": tuple(f"{a}_{eye}" for eye in ("0", "1", "h0", "h1") for a in "xyz"),
        "pose": ("Tx", "Ty", "Tz", "Rx", "Ry", "Rz"),
    }

    def in_track(self, name: str) -> str:
        """Translate a column by hand: ``X12`` to ``X_12``, ``x_h0`` to ``gaze_h0_x``."""
        if name.startswith("AU"):
            return name
        if name[0] in "TR":
            return f"pose_{name}"
        if "_" in name:
            axis, eye = name.split("_")
            return f"gaze_{eye}_{axis}"
        return f"{name[0]}_{name[1:]}"

    def rows(self, kind: str, count: int, *, rate_hz: float = 30.0) -> pd.DataFrame:
        """Give the rows of a file, all of them of a face that was found."""
        chance = np.random.default_rng(list(self.columns).index(kind))
        head = {
            "frame": np.arange(1, count + 1),
            "timestamp": np.arange(count) / rate_hz,
            "confidence": 0.9,
            "success": 1,
        }
        value = {name: chance.uniform(-5, 5, count).round(4) for name in self.columns[kind]}
        return pd.DataFrame(head | value)

    def write(self, path: Path, rows: pd.DataFrame, end: str = "\n") -> Path:
        """Write as CLNF does: six significant digits, and a space behind each comma."""
        lines = [", ".join(rows.columns)]
        for row in rows.itertuples(index=False):
            cells = (cell if isinstance(cell, str) else f"{cell:.6g}" for cell in row)
            lines.append(", ".join(cells))
        path.write_bytes((end.join(lines) + end).encode())
        return path

    def write_set(
        self, folder: Path, count: int = 20, *, kinds: tuple[str, ...] = (), name: str = "300"
    ) -> dict[str, Path]:
        """Write the files of a recording: kind -> file."""
        return {
            kind: self.write(folder / f"{name}_CLNF_{kind}.txt", self.rows(kind, count))
            for kind in kinds or self.columns
        }
