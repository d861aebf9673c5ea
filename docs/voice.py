"""Draw F0, NAQ and Rd over a spoken sentence: the covarep track over COVAREP's own numbers.

python docs/voice.py docs/covarep.png

The recording (LibriVox, public domain) is among the demo's, COVAREP's numbers among the tests.
"""

from pathlib import Path

import click
import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import soundfile

from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.acoustic.covarep.extractor import Covarep
from depx.features.columns import names
from depx.features.extractor import Inputs, Sound
from depx.features.track import LongTrack

mpl.use("Agg")
ROOT = Path(__file__).parent.parent
SOUND = ROOT / "extract" / "synth" / "assets" / "librivox_0870.flac"
REFERENCE = ROOT / "tests" / "features" / "acoustic" / "covarep" / "librivox_0870.parquet"
WAVE, THEIRS, SAME, OURS = "#9aa5b1", "#d1495b", "#1f4e79", "#111111"
SPAN_S = (0.0, 4.2)
CURVES = (("F0", "F0", "Hz", (50, 230)), ("NAQ", "NAQ", "", (0, 0.3)), ("Rd", "Rd", "", (0, 2.6)))


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
def main(output: Path) -> None:
    """Draw OUTPUT."""
    theirs, same, ours = pd.read_parquet(REFERENCE), track(compat=True), track(compat=False)
    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False})  # fmt: skip
    figure, (above, *axes) = plt.subplots(
        4, 1, figsize=(10, 7), dpi=130, sharex=True, layout="constrained",
        height_ratios=(1, 2, 2, 2),
    )  # fmt: skip
    y_N, rate_hz = soundfile.read(SOUND)
    above.plot([n / rate_hz for n in range(len(y_N))], y_N, color=WAVE, lw=0.4)
    above.set_axis_off()
    for axis, (column, title, unit, limits) in zip(axes, CURVES, strict=True):
        axis.plot(theirs.time, theirs[column], color=THEIRS, lw=3.2, alpha=0.6, label="COVAREP")
        axis.plot(same.time, same[column], color=SAME, lw=0.9, label="depx, covarep.compat=true")
        axis.plot(ours.time, ours[column], ".", color=OURS, ms=3.6, label="depx: voiced rows")
        axis.set(xlim=SPAN_S, ylim=limits, ylabel=unit)
        axis.set_title(title, loc="left", fontsize=9)
    axes[0].legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
    axes[-1].set_xlabel("seconds")
    figure.savefig(output)


def track(*, compat: bool) -> pd.DataFrame:
    """Measure the sentence."""
    y_N, rate_hz = soundfile.read(SOUND, dtype="float32")
    table = Covarep(compat=compat)(Inputs(sound=Sound(y_N, 0.0, rate_hz))).table
    if not isinstance(table, LongTrack):
        raise TypeError(f"{SOUND.name}: expected a track, got {type(table).__name__}")
    whole = table.whole()
    return pd.DataFrame(whole.value_FC, columns=names(COLUMNS)).assign(time=whole.time_s)


if __name__ == "__main__":
    main()
