"""How far the covarep track agrees with COVAREP's own output, file by file.

Takes a folder that holds sound beside COVAREP's columns for it (``NAME.wav``, ``NAME.covarep.csv``
with a time and the 74 columns), measures each with ``covarep.compat``, and prints a Markdown table:
the share of rows that are equal, or the correlation (circular for angles), by file, beside what is
promised.  What is measured at closures counts where COVAREP hears a voice, Rd where it is sure.

    python tests/bench/covarep_agreement.py ../shared/data/covarep
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import click
import numpy as np
import pandas as pd
import soundfile

from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.acoustic.covarep.extractor import Covarep
from depx.features.columns import names
from depx.features.extractor import Inputs, Sound
from depx.features.track import LongTrack

SURE = 0.6  # confidence from which COVAREP's Rd serves as reference

PROMISED: Mapping[str, tuple[tuple[str, ...], float]] = {
    "F0, share within 0.5 Hz": (("F0",), 0.98),
    "VUV, share equal": (("VUV",), 0.99),
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


def r(a: np.ndarray, b: np.ndarray) -> float:  # type: ignore[type-arg]
    """Correlate."""
    return float(np.corrcoef(a, b)[0, 1])


def circular_r(a: np.ndarray, b: np.ndarray) -> float:  # type: ignore[type-arg]
    """Correlate angles (Jammalamadaka & SenGupta, "Topics in circular statistics", 8.2.2)."""
    sine = [np.sin(angle - np.angle(np.exp(1j * angle).mean())) for angle in (a, b)]
    return float((sine[0] * sine[1]).sum() / np.sqrt((sine[0] ** 2).sum() * (sine[1] ** 2).sum()))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Print the table for FOLDER."""
    found: dict[str, dict[str, float]] = {}
    for path in sorted(folder.glob("*.covarep.csv")):
        name = path.name.removesuffix(".covarep.csv")
        ours, theirs = measured(folder / f"{name}.wav"), pd.read_csv(path)
        if len(ours) != len(theirs):
            raise click.ClickException(f"{path.name}: {len(theirs)} rows, and here {len(ours)}")
        found[name] = {
            line: min(agreement(column, ours, theirs) for column in columns)
            for line, (columns, _) in PROMISED.items()
        }
    click.echo(f"| | promised | {' | '.join(found)} |")
    click.echo("|---" * (len(found) + 2) + "|")
    for line, (_, least) in PROMISED.items():
        cells = " | ".join(_cell(agreed[line]) for agreed in found.values())
        click.echo(f"| {line} | {least:g} | {cells} |")


def _cell(value: float) -> str:
    return "1" if value == 1 or value > 0.99995 else f"{value:.4f}".rstrip("0")


if __name__ == "__main__":
    main()
