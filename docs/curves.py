"""Draw how the facial track follows OpenFace on one clip: AU12, AU45, yaw and gaze.

python docs/curves.py ../shared/data/openface/webcam_light.wmv docs/openface.png

Beside the clip lies OpenFace's table of the same frames.  No face is drawn.
"""

from pathlib import Path

import click
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from depx.extract.picture import open_film
from depx.features.columns import names
from depx.features.extractor import Inputs
from depx.features.face.extractor import Face
from depx.features.track import LongTrack

mpl.use("Agg")
OURS, THEIRS = "#1f4e79", "#d1495b"
CURVES = (  # column, title, unit, factor
    ("AU12_r", "smile  AU12_r", "0..5", 1.0),
    ("AU45_r", "blink  AU45_r", "0..5", 1.0),
    ("pose_Ry", "head yaw  pose_Ry", "degrees", 180 / np.pi),
    ("gaze_angle_x", "gaze, horizontal  gaze_angle_x", "degrees", 180 / np.pi),
)


@click.command()
@click.argument("clip", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def main(clip: Path, output: Path) -> None:
    """Draw OUTPUT from CLIP."""
    ours, theirs = track_of(clip), openface(clip.with_suffix(".csv"))
    rows = min(len(ours), len(theirs))
    ours, theirs = ours.iloc[:rows], theirs.iloc[:rows]
    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9, "axes.spines.top": False,
                         "axes.spines.right": False})  # fmt: skip
    figure, axes = plt.subplots(4, 1, figsize=(10, 7), dpi=130, sharex=True, layout="constrained")
    for axis, (column, title, unit, factor) in zip(axes, CURVES, strict=True):
        sure = (theirs["confidence"] > 0.8) & ours[column].notna()
        r = float(np.corrcoef(ours[column][sure], theirs[column][sure])[0, 1])
        axis.plot(ours["time_s"], factor * theirs[column], color=THEIRS, lw=1.6, label="OpenFace")
        axis.plot(ours["time_s"], factor * ours[column], color=OURS, lw=1.2, label="depx")
        axis.set_title(f"{title}    r = {r:.2f}", loc="left", fontsize=9)
        axis.set_ylabel(unit)
        axis.margins(x=0)
    axes[0].legend(frameon=False, ncols=2, loc="upper center")
    axes[-1].set_xlabel("seconds")
    figure.savefig(output)


def track_of(clip: Path) -> pd.DataFrame:
    """Make the facial track of a clip."""
    track = Face()(Inputs(picture=open_film(clip).picture())).table
    if not isinstance(track, LongTrack):
        raise TypeError(f"{clip.name}: expected a track, got {type(track).__name__}")
    whole = track.whole()
    table = pd.DataFrame(whole.value_FC, columns=names(whole.columns))
    return table.assign(time_s=whole.time_s)


def openface(path: Path) -> pd.DataFrame:
    """Read OpenFace's table; versions before 2.2 lack the gaze angles, which are filled in."""
    table = pd.read_csv(path, skipinitialspace=True)
    if "gaze_angle_x" not in table:
        mean_x, mean_z = (table[f"gaze_0_{a}"] + table[f"gaze_1_{a}"] for a in "xz")
        angle = pd.DataFrame({"gaze_angle_x": np.arctan2(mean_x, -mean_z)})
        table = pd.concat([table, angle], axis=1)
    return table


if __name__ == "__main__":
    main()
