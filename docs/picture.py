"""Draw the first picture of README and site: one session of the demo beside the exact truth.

depx demo demo && python docs/picture.py demo demo-08 docs/session.png
"""

import json
from pathlib import Path

import click
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from depx.align.dataset import Dataset

mpl.use("Agg")
INK, TRUTH, SPEECH = "#1f4e79", "#d1495b", "#edae49"
CURVES = (  # title, unit, how it is measured from the face, what was rendered
    ("head yaw  pose_Ry", "deg", lambda face: np.degrees(face["pose_Ry"]), "yaw_rad"),
    ("head roll  pose_Rz", "deg", lambda face: np.degrees(face["pose_Rz"]), "roll_rad"),
    ("blink  AU45_r", "0..5", lambda face: face["AU45_r"], "blink"),
    ("lips part  AU25_r", "0..5", lambda face: face["AU25_r"], "mouth"),
)


@click.command()
@click.argument("demo", type=click.Path(path_type=Path, exists=True))
@click.argument("session")
@click.argument("output", type=click.Path(path_type=Path))
def main(demo: Path, session: str, output: Path) -> None:
    """Draw OUTPUT from SESSION of the folder that ``depx demo`` wrote."""
    told = json.loads((demo / "truth.json").read_text())["sessions"][session]["frames"]
    face = pd.read_parquet(demo / "store" / session / "face.parquet")
    voice = pd.read_parquet(demo / "store" / session / "egemaps.parquet")
    words = pd.read_parquet(demo / "dataset" / "words")
    words = words[(words["session"] == session) & ~words["masked"]]
    names = Dataset.open(demo / "dataset").modalities["face"].names
    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 8, "axes.spines.top": False,
                         "axes.spines.right": False})  # fmt: skip
    figure = plt.figure(figsize=(10, 8.2), dpi=130, layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.7, 4.6, 2.2))
    _frames(top, demo / "sessions" / session / "video.mp4", face, told)
    _curves(middle, face, voice, words, told)
    _vectors(bottom, words, names)
    figure.savefig(output)


def _frames(figure: plt.Figure, video: Path, face: pd.DataFrame, told: dict[str, list]) -> None:
    import cv2

    picks = sorted(
        {
            int(np.argmin(told["yaw_rad"])), int(np.argmax(told["yaw_rad"])),
            int(np.argmax(told["blink"])), int(np.argmax(told["mouth"])),
            int(np.argmin(told["roll_rad"])), int(np.argmax(told["pitch_rad"])),
        }
    )  # fmt: skip
    capture, images = cv2.VideoCapture(str(video)), []
    while True:
        decoded, image = capture.read()
        if not decoded:
            break
        images.append(image)
    for axis, i in zip(figure.subplots(1, len(picks)), picks, strict=True):
        row = face.iloc[i]
        axis.imshow(images[i][40:300, 70:330, ::-1], extent=(70, 330, 300, 40))
        x = [row[f"x_{point}"] for point in range(68)]
        y = [row[f"y_{point}"] for point in range(68)]
        axis.scatter(x, y, s=1.5, color="#7fffd4", linewidths=0)
        axis.set_title(f"{row['time_s']:.2f} s", fontsize=8)
        axis.axis("off")
    figure.suptitle("video in: 68 landmarks, pose, gaze, action units at every frame", x=0.01,
                    ha="left", fontweight="bold")  # fmt: skip


def _curves(
    figure: plt.Figure, face: pd.DataFrame, voice: pd.DataFrame, words: pd.DataFrame,
    told: dict[str, list],
) -> None:  # fmt: skip
    ratios = [1] * len(CURVES) + [1.9]
    axes = figure.subplots(len(CURVES) + 1, 1, sharex=True, height_ratios=ratios)
    figure.suptitle("tracks on one clock: measured against what was rendered", x=0.01, ha="left",
                    fontweight="bold")  # fmt: skip
    for axis, (title, unit, measure, truth) in zip(axes, CURVES, strict=False):
        got, want = np.asarray(measure(face)), np.asarray(told[truth])
        slope, offset = np.polyfit(want, got, 1)
        axis.plot(face["time_s"], slope * want + offset, color=TRUTH, lw=2.5, alpha=0.45,
                  label="rendered (scaled)")  # fmt: skip
        axis.plot(face["time_s"], got, color=INK, lw=1, label="measured")
        axis.set_ylabel(unit)
        r = np.corrcoef(got, want)[0, 1]
        axis.set_title(f"{title}   r = {r:.2f}", loc="left", fontsize=8)
    axes[0].legend(loc="upper right", ncols=2, frameon=False, bbox_to_anchor=(1, 1.35))
    pitch = voice["F0semitoneFrom27.5Hz_sma3nz"].where(lambda values: values > 0)
    axes[-1].plot(voice["time_s"], pitch, color=INK, lw=1)
    axes[-1].set_title("voice  F0semitoneFrom27.5Hz, and the timed words", loc="left", fontsize=8)
    axes[-1].set_ylabel("semitones")
    axes[-1].set_xlabel("seconds")
    low = np.nanmin(pitch) - 14
    axes[-1].set_ylim(low - 1, np.nanpercentile(pitch, 98) + 3)
    for number, word in enumerate(words.itertuples()):
        for axis in axes:
            shade = 0.28 if number % 2 else 0.14
            axis.axvspan(word.start_s, word.stop_s, color=SPEECH, alpha=shade, lw=0)
        axes[-1].text((word.start_s + word.stop_s) / 2, low, word.text, rotation=50, ha="center",
                      va="bottom", fontsize=6.5)  # fmt: skip
    axes[-1].set_xlim(0, face["time_s"].iloc[-1])


def _vectors(figure: plt.Figure, words: pd.DataFrame, names: tuple[str, ...]) -> None:
    value_WC = np.stack(words["face_mean"].to_list())
    spread = np.nanstd(value_WC, axis=0)
    shown = [c for c, name in enumerate(names) if spread[c] > 0 and not name.endswith("_c")]
    score_CW = ((value_WC - np.nanmean(value_WC, axis=0))[:, shown] / spread[shown]).T
    axis = figure.subplots()
    axis.imshow(score_CW, aspect="auto", cmap="RdBu_r", vmin=-2.5, vmax=2.5,
                interpolation="nearest")  # fmt: skip
    axis.set_xticks(range(len(words)), words["text"], rotation=50, ha="right", fontsize=6.5)
    ticks = list(range(0, len(shown), 3))
    axis.set_yticks(ticks, [names[shown[c]] for c in ticks], fontsize=5.5)
    figure.suptitle("training set out: a row a word (face_mean, standardised)", x=0.01, ha="left",
                    fontweight="bold")  # fmt: skip


if __name__ == "__main__":
    main()
