"""How far the facial track agrees with OpenFace, clip by clip: agreement, not FACS truth.

Takes a folder that holds videos beside OpenFace's output for the same frames (``clip.avi``,
``clip.csv``), measures each with the extractor, and prints the correlation of each column over the
frames in which OpenFace is sure (confidence > 0.8), by clip and the median over the clips in which
the reference moves at all.

    python tests/bench/face_agreement.py ../shared/data/openface
"""

from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
import pandas as pd

from depx.features.columns import ACTION_UNITS_C, ACTION_UNITS_R, GAZE, POSE, names
from depx.features.extractor import Frame, Inputs, Picture
from depx.features.face.extractor import Face
from depx.features.track import LongTrack

SURE = 0.8  # OpenFace's confidence from which its row serves as reference
STILL = 0.02  # standard deviation below which a reference column cannot be correlated
VIDEOS = (".avi", ".wmv", ".mp4", ".mkv", ".mov")


def picture(path: Path) -> Picture:
    """Read a video with cv2 alone; the extractor's own reader is not what is measured."""
    rate_hz = cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) or 25.0

    def frames() -> Iterator[Frame]:
        capture = cv2.VideoCapture(str(path))
        count = 0
        while (decoded := capture.read())[0]:
            yield Frame(count / rate_hz, decoded[1].astype(np.uint8, copy=False))
            count += 1

    return Picture(frames=frames, rate_hz=rate_hz)


def reference(path: Path) -> pd.DataFrame:
    """Read OpenFace's table; versions before 2.2 lack the gaze angles, which are filled in."""
    table = pd.read_csv(path, skipinitialspace=True)
    if "gaze_angle_x" in table:
        return table
    mean = {a: table[f"gaze_0_{a}"] + table[f"gaze_1_{a}"] for a in "xyz"}
    angles = {f"gaze_angle_{a}": np.arctan2(mean[a], -mean["z"]) for a in "xy"}
    return pd.concat([table, pd.DataFrame(angles)], axis=1)


def agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, float]:
    """Correlate the columns of one clip; landmark errors are shares of the outer-eye distance."""
    rows = min(len(ours), len(theirs))
    ours, theirs = ours.iloc[:rows], theirs.iloc[:rows]
    sure = (theirs["confidence"] > SURE) & ours["x_0"].notna()
    ours, theirs = ours[sure], theirs[sure]
    found = {}
    for name in names(POSE + GAZE + ACTION_UNITS_R):
        pair = pd.DataFrame({"ours": ours[name], "theirs": theirs[name]}).dropna()
        moves = pair["theirs"].std() > STILL and pair["ours"].std() > 0
        found[name] = float(pair.corr().iloc[0, 1]) if moves else np.nan
    for name in ("pose_Rx", "pose_Ry", "pose_Rz", "gaze_angle_x", "gaze_angle_y"):
        bias_rad = float((ours[name] - theirs[name]).median())
        found[f"bias {name} (degrees)"] = float(np.degrees(bias_rad))
    found["ratio pose_Tz"] = float((ours["pose_Tz"] / theirs["pose_Tz"]).median())
    for name in names(ACTION_UNITS_C):
        both = float(((ours[name] == 1) & (theirs[name] == 1)).sum())
        either = float((ours[name] == 1).sum() + (theirs[name] == 1).sum())
        found[f"F1 {name}"] = 2 * both / either if (theirs[name] == 1).any() else np.nan
    eye_px = np.hypot(theirs["x_36"] - theirs["x_45"], theirs["y_36"] - theirs["y_45"])
    for name, points in (("68", range(68)), ("inner 51", range(17, 68))):
        off_px = [
            np.hypot(ours[f"x_{p}"] - theirs[f"x_{p}"], ours[f"y_{p}"] - theirs[f"y_{p}"])
            for p in points
        ]
        found[f"landmarks {name} / eye distance"] = float(
            (np.mean(off_px, axis=0) / eye_px).median()
        )
    return found


def measure(clip: Path) -> dict[str, float]:
    """Compare one clip with its reference."""
    track = Face()(Inputs(picture=picture(clip))).table
    if not isinstance(track, LongTrack):
        raise TypeError(f"{clip.name}: expected a track, got {type(track).__name__}")
    value_FC = track.whole().value_FC
    ours = pd.DataFrame(value_FC, columns=list(names(track.columns)), dtype=float)
    return agreement(ours, reference(clip.with_suffix(".csv")))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Print the table of agreement over the clips of FOLDER, in Markdown."""
    clips = sorted(
        p for p in folder.iterdir() if p.suffix in VIDEOS and p.with_suffix(".csv").exists()
    )
    table = pd.DataFrame([measure(clip) for clip in clips], index=[clip.stem for clip in clips])
    click.echo(f"| {'':33} | median | {' | '.join(clip.stem for clip in clips)} |")
    click.echo(f"|---|{'---|' * (1 + len(clips))}")
    for name, value_C in table.items():
        cells = [f"**{value_C.median():.2f}**", *(_cell(value) for value in value_C)]
        click.echo(f"| {name:33} | {' | '.join(cells)} |")


def _cell(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


if __name__ == "__main__":
    main()
