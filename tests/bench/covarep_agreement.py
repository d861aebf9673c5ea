"""How far the covarep track agrees with COVAREP's own output, file by file.

Takes a folder that holds sound beside COVAREP's columns for it (``NAME.wav``, ``NAME.covarep.csv``
with a time and the 74 columns), measures each with ``covarep.compat``, and prints a Markdown table:
the share of rows that are equal, or the correlation (circular for angles), by file, beside what is
promised.  What is measured at closures counts where COVAREP hears a voice, Rd where it is sure.
Closures themselves are compared where ``NAME.native.mat`` lies beside.

    python tests/bench/covarep_agreement.py ../shared/data/covarep          # --each: every column
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeAlias

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
import soundfile
from scipy.io import loadmat

from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.acoustic.covarep.extractor import Covarep
from depx.features.acoustic.covarep.measure import measure
from depx.features.acoustic.covarep.voice import everywhere, listen
from depx.features.columns import names
from depx.features.extractor import Inputs, Sound
from depx.features.track import LongTrack

SURE = 0.6  # confidence from which COVAREP's Rd serves as reference
CLOSE_S = 0.0005  # between two closures that are the same
CLOSURES = "closures, share within 0.5 ms"

Lines: TypeAlias = Mapping[str, tuple[tuple[str, ...], float]]

PROMISED: Lines = {
    "F0, share within 0.5 Hz": (("F0",), 0.98),
    "VUV, share equal": (("VUV",), 0.99),
    CLOSURES: ((), 0.95),
    **{name: ((name,), 0.95) for name in ("NAQ", "QOQ", "PSP", "MDQ", "peakSlope")},
    "H1H2": (("H1H2",), 0.9),
    f"Rd (Rd_conf > {SURE})": (("Rd",), 0.9),
    "Rd_conf": (("Rd_conf",), 0.9),
    "MCEP_0 .. 24, least": (tuple(f"MCEP_{i}" for i in range(25)), 0.97),
    "HMPDM_5 .. 23, least": (tuple(f"HMPDM_{i}" for i in range(5, 24)), 0.9),
    "HMPDD_0 .. 12, least": (tuple(f"HMPDD_{i}" for i in range(13)), 0.95),
}
"""A line of the table -> its columns, and the least agreement that is promised."""


def measured(path: Path) -> pd.DataFrame:
    """Measure a sound as COVAREP would."""
    y_N, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    sound = Sound(np.ascontiguousarray(y_N[:, 0]), 0.0, rate_hz)
    table = Covarep(compat=True)(Inputs(sound=sound)).table
    assert isinstance(table, LongTrack)
    return pd.DataFrame(table.whole().value_FC, columns=list(names(COLUMNS)))


def closures(path: Path) -> npt.NDArray[np.int64]:
    """Find the glottal closures of a sound, in samples, as COVAREP would."""
    y_N, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    sound = Sound(np.ascontiguousarray(y_N[:, 0]), 0.0, rate_hz)
    voice = listen(sound, everywhere, TemporaryFile, as_coded=True)
    return measure(sound, voice, TemporaryFile, as_coded=True).closure_G


def shared(ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64], reach: float) -> float:
    """Give the share of closures, of both together, that have one of the other within reach."""
    near = [
        np.abs(one[:, np.newaxis] - other).min(axis=1) <= reach
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    return float(np.concatenate(near).mean())


def agreement(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Compare one column over the rows that count for it."""
    voiced = theirs.VUV == 1
    if name == "F0":
        return float(((ours.F0 - theirs.F0).abs() <= 0.5).mean())
    if name == "VUV":
        return float((ours.VUV == theirs.VUV).mean())
    counts = pd.Series(True, index=theirs.index)
    if not name.startswith(("MCEP", "HMPD")):
        counts = voiced & (theirs.Rd_conf > SURE) if name == "Rd" else voiced
    correlate: Callable[..., float] = circular_r if name.startswith("HMPDM") else r
    return correlate(ours[name][counts].to_numpy(float), theirs[name][counts].to_numpy(float))


def r(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Correlate."""
    return float(np.corrcoef(a, b)[0, 1])


def circular_r(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Correlate angles (Jammalamadaka & SenGupta, "Topics in circular statistics", 8.2.2)."""
    sine = [np.sin(angle - np.angle(np.exp(1j * angle).mean())) for angle in (a, b)]
    return float((sine[0] * sine[1]).sum() / np.sqrt((sine[0] ** 2).sum() * (sine[1] ** 2).sum()))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--each", is_flag=True, help="A line a column, not the least of a group.")
def main(folder: Path, each: bool) -> None:
    """Print the table for FOLDER."""
    lines = _apart(PROMISED) if each else PROMISED
    found: dict[str, dict[str, float]] = {}
    for path in sorted(folder.glob("*.covarep.csv")):
        name = path.name.removesuffix(".covarep.csv")
        ours, theirs = measured(folder / f"{name}.wav"), pd.read_csv(path)
        if len(ours) != len(theirs):
            raise click.ClickException(f"{path.name}: {len(theirs)} rows, and here {len(ours)}")
        found[name] = {
            line: min(agreement(column, ours, theirs) for column in columns)
            for line, (columns, _) in lines.items()
            if columns
        }
        native = folder / f"{name}.native.mat"
        if native.is_file():
            table = loadmat(native)
            theirs_G = table["nat"][0, 0]["GCI"].ravel().astype(np.int64)
            reach = CLOSE_S * float(table["fs"][0, 0])
            found[name][CLOSURES] = shared(closures(folder / f"{name}.wav"), theirs_G, reach)
    click.echo(f"| | promised | {' | '.join(found)} |")
    click.echo("|---" * (len(found) + 2) + "|")
    for line, (_, least) in lines.items():
        cells = " | ".join(_cell(agreed.get(line)) for agreed in found.values())
        click.echo(f"| {line} | {least:g} | {cells} |")


def _apart(lines: Lines) -> Lines:
    """Give every column of a group a line."""
    return {
        (line if len(columns) < 2 else column): ((column,) if columns else (), least)
        for line, (columns, least) in lines.items()
        for column in (columns or (line,))
    }


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return "1" if value == 1 or value > 0.99995 else f"{value:.4f}".rstrip("0")


if __name__ == "__main__":
    main()
