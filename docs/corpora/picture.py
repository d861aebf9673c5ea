"""Draw ``session.png``: a synthetic DAIC-WOZ session as depx reads it, known errors mended.

``python docs/corpora/picture.py`` writes the corpus (session 318, whose transcript is early by the
published offset), extracts it twice and draws what the stores hold.  Nobody in it exists.
"""

import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from depx.cli import main as depx

mpl.use("Agg")
SESSION = "318"
SHOWN_S = (0.0, 110.0)
PARTICIPANT, ELLIE, OUT, INK = "#2a6f97", "#c97b3d", "#bbbbbb", "#333333"
TRACKS = "words,vad,face,covarep"


def main() -> None:
    """Draw the picture beside this file."""
    with tempfile.TemporaryDirectory() as place:
        corpus = f"{place}/corpus"
        run("synth", "daic-woz", corpus, "--sessions", "3", "--daic-ids", "--minutes", "2.5")
        asked = ("extract", corpus, "--only", SESSION, "--tracks", TRACKS, "-q")
        for mode in ("none", "published"):
            run(*asked, "-o", f"{place}/{mode}", "--corrections", mode)
        draw(Path(place), Path(__file__).with_name("session.png"))


def run(*arguments: str) -> None:
    """Run a command of depx."""
    try:
        depx(list(arguments))
    except SystemExit as done:
        if done.code:
            raise


def draw(place: Path, output: Path) -> None:
    """Draw both stores."""
    raw, mended = (place / mode / SESSION for mode in ("none", "published"))
    figure, axes = plt.subplots(
        4, 1, figsize=(11, 5), sharex=True, height_ratios=[0.6, 1.2, 1, 1], layout="constrained"
    )
    vad = pd.read_parquet(mended / "vad.parquet")
    axes[0].fill_between(vad.time_s, vad.speech, step="mid", color=INK, lw=0)
    axes[0].set_yticks([0.5], ["voice in the sound"])
    lanes(
        axes[1], pd.read_parquet(raw / "words.parquet"), pd.read_parquet(mended / "words.parquet")
    )
    curve(axes[2], mended / "covarep.parquet", "F0", "F0 (COVAREP's table), Hz")
    curve(axes[3], mended / "face.parquet", "AU12_r", "AU12_r (CLNF's table)")
    axes[3].set_xlabel("seconds")
    axes[3].set_xlim(*SHOWN_S)
    for axis in axes:
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(left=False)
    figure.savefig(output, dpi=110)


def lanes(axis: Axes, raw: pd.DataFrame, mended: pd.DataFrame) -> None:
    """Draw the turns as the file has them, and as they are in the store."""
    kept = set(mended.groupby("turn").raw.agg(" ".join))
    for lane, words in ((0, raw), (-1, mended)):
        for _, turn in words.groupby("turn"):
            first = turn.iloc[0]
            colour = ELLIE if first.role == "interviewer" else PARTICIPANT
            left_out = lane == 0 and " ".join(turn.raw) not in kept
            axis.barh(
                lane,
                first.turn_stop_s - first.turn_start_s,
                left=first.turn_start_s,
                height=0.6,
                color=OUT if left_out else colour,
            )
    axis.set_yticks([0, -1], ["transcript as released", "words: mended"])
    for colour, said in (
        (PARTICIPANT, "participant"),
        (ELLIE, "Ellie"),
        (OUT, "before the interview: left out"),
    ):
        axis.barh(0, 0, color=colour, label=said)
    axis.legend(frameon=False, ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.95))


def curve(axis: Axes, table: Path, column: str, title: str) -> None:
    """Draw a column; rows in which nothing was measured are marked at the foot."""
    frame = pd.read_parquet(table, columns=["time_s", "valid", column])
    axis.plot(frame.time_s, frame[column], color=PARTICIPANT, lw=0.9)
    low = float(np.nanmin(frame[column]))
    lost = frame.time_s[~frame.valid]
    axis.plot(lost, np.full(lost.size, low), "|", color=ELLIE, ms=5, label="nothing measured")
    axis.set_title(title, loc="left", fontsize=9)
    axis.legend(frameon=False, fontsize=8, loc="upper right")


if __name__ == "__main__":
    main()
