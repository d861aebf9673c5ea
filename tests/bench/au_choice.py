"""Which signs tell an action unit best: candidates judged on clips that did not choose them.

Takes a folder that holds videos beside OpenFace's output for the same frames (``clip.avi``,
``clip.csv``).  For each action unit a handful of candidates stand to choice, all of them signs that
FACS describes, with reaches from anatomy: nothing is fitted, only chosen.  Each clip is left out in
turn, the candidate with the best median correlation with OpenFace on the other clips is taken, and
its correlation on the clip that was left out is what counts.  Candidates run from simple to
complicated, and the first that comes within `SIMPLER` of the best is taken: eight clips cannot tell
less apart.  A line a unit: the median of what depx ships, the median over the clips left out, the
candidate that all clips together choose and its median; then mean intensity, F1 and shares of
frames of what depx ships.  Which candidates are tried at all was found on these same clips, so that
even the clips left out flatter.

    python tests/bench/au_choice.py ../shared/data/openface
"""

# F = frames, T = textures

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
import pandas as pd

from depx.features.columns import AU_C, AU_R
from depx.features.face.finding.crop import to_crop
from depx.features.face.finding.following import Follower, Seen
from depx.features.face.head.canonical import VERTICES
from depx.features.face.head.pose import camera_of, heads
from depx.features.face.units import texture as tx
from depx.features.face.units.intensity import Faces, faces_of, presence, rated
from depx.features.face.units.signs import (
    LAID,
    SIDES,
    STEEPER,
    Sign,
    Unit,
    apart,
    backward,
    distances,
    outward,
    up,
)
from depx.features.face.units.units import UNITS
from depx.features.face.units.upper import TURNED_EDGE
from depx.features.types import F64, Bool

SURE = 0.8  # OpenFace's confidence from which its row serves as reference
STILL = 0.02  # standard deviation below which a reference column cannot be correlated
VIDEOS = (".avi", ".wmv", ".mp4", ".mkv", ".mov")
SIMPLER = 0.03  # correlation that a more complicated candidate must win
FRONTAL_RAD = float(np.radians(20.0))  # as the extractor chooses frames for the neutral face

EXTRA = {
    "forehead": tx.Patch(vertices=(108, 337, 151), width=0.50, height=0.22),
    "temple": tx.Patch(vertices=(104, 68, 105), width=0.30, height=0.20, sided=True),
    "canthus": tx.Patch(vertices=(35, 143, 226), width=0.14, height=0.22, sided=True),
    "below_lid": tx.Patch(vertices=(229, 230, 118, 119), width=0.32, height=0.12, sided=True),
    "mouth": tx.Patch(vertices=(13, 14), width=0.28, height=0.12),
    "corner": tx.Patch(vertices=(61, 57), width=0.16, height=0.16, sided=True),
}
"""Patches that were tried and do not ship: forehead over the brow's middle and end, crow's feet,
the furrow under the lid, the dark inside of an open mouth, the dimple."""
PLACES = tx.laid_out({**tx.PATCHES, **EXTRA})

Distance = Callable[[F64], F64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip:
    """What one clip tells of all candidates."""

    name: str
    head_FV3: F64
    texture_F: dict[str, F64]
    faces: Faces
    sure_F: Bool
    theirs_F: dict[str, F64]

    def rate(self, unit: Unit) -> F64:
        """Give the intensity (F,) of a candidate."""
        distance_F = distances((*unit.signs, *UNITS["05"].signs), self.head_FV3)
        return rated({**self.texture_F, **distance_F}.__getitem__, unit, self.faces, SIDES)

    def correlation(self, unit: Unit, au: str) -> float:
        """Correlate a candidate with OpenFace; NaN where OpenFace sees no movement."""
        ours_F = self.rate(unit)
        both_F = self.sure_F & np.isfinite(ours_F)
        theirs_F = self.theirs_F[f"AU{au}_r"][both_F]
        if theirs_F.std() <= STILL:
            return float("nan")
        if ours_F[both_F].std() == 0:
            return 0.0
        return float(np.corrcoef(ours_F[both_F], theirs_F)[0, 1])


def describe(face: Seen) -> dict[str, float]:
    """Measure the textures that ship, and all kinds of measures of all patches."""
    mesh_V2 = to_crop(face.mesh_V3, face.region)
    whole, found = tx.patch_statistics(face.crop, mesh_V2, PLACES)
    values = dict(zip(tx.TEXTURES, tx.texture(face.crop, mesh_V2).tolist(), strict=True))
    for name, place in found.items():
        values[f"lines_{name}"] = tx.lines(place)
        values[f"slant_{name}"] = tx.slant(place, whole)
        values[f"level_{name}"] = tx.level_lines(place, whole)
        values[f"dark_{name}"] = tx.darkness(place, whole)
    return values


def look(path: Path) -> Clip:
    """Measure heads and textures of a clip; the first face of a frame is the one."""
    capture, follower = cv2.VideoCapture(str(path)), Follower()
    rate_hz = capture.get(cv2.CAP_PROP_FPS) or 25.0
    meshes: list[F64] = []
    textures: list[dict[str, float]] = []
    size = (0, 0)
    while (decoded := capture.read())[0]:
        image = decoded[1].astype(np.uint8, copy=False)
        size = (image.shape[1], image.shape[0])
        seen = follower.see(image, len(meshes) / rate_hz).faces
        meshes.append(seen[0].mesh_V3 if seen else np.full((VERTICES, 3), np.nan))
        textures.append(describe(seen[0]) if seen else {})
    follower.close()
    mesh_FV3 = np.stack(meshes)
    found_F = np.isfinite(mesh_FV3).all(axis=(1, 2))
    placed = heads(mesh_FV3[found_F], camera_of(*size, None))
    head_FV3 = np.full_like(mesh_FV3, np.nan)
    head_FV3[found_F] = placed.in_head_frame()
    turn_F = np.full(len(meshes), np.inf)
    turn_F[found_F] = np.hypot(*placed.angle_rad()[:, :2].T)
    good_F = turn_F <= max(FRONTAL_RAD, float(np.median(turn_F[found_F])))
    table = pd.read_csv(path.with_suffix(".csv"), skipinitialspace=True)
    rows = slice(0, min(len(table), len(meshes)))
    time_s = np.arange(len(meshes)) / rate_hz
    names = next(texture for texture in textures if texture)
    return Clip(
        name=path.stem,
        head_FV3=head_FV3[rows],
        texture_F={n: np.array([t.get(n, np.nan) for t in textures[rows]]) for n in names},
        faces=faces_of(np.where(found_F, 0, -1)[rows], good_F[rows], time_s[rows]),
        sure_F=(table["confidence"].to_numpy()[rows] > SURE) & found_F[rows],
        theirs_F={name: table[name].to_numpy()[rows] for name in table if name.startswith("AU")},
    )


def unit(*signs: Sign) -> Unit:
    """Make a candidate."""
    return Unit(signs=signs)


def shipped(au: str, **changes: object) -> Unit:
    """Make a candidate of the distance that ships, alone, with changes."""
    return Unit(signs=(replace(UNITS[au].signs[0], **changes),))  # type: ignore[arg-type]


def skin(name: str, *, sided: bool = True, reach: float = STEEPER, weight: float = 1.0) -> Sign:
    """Make a sign of a texture."""
    return Sign(name=name, sided=sided, reach=reach, weight=weight)


def gap(name: str, of: Distance, reach: float, *, sided: bool = True, on: str = "plain") -> Sign:
    """Make a sign of a distance."""
    return Sign(name=name, of=of, reach=reach, sided=sided, on=on)


def with_first(au: str, *more: Sign, **changes: object) -> Unit:
    """Make a candidate of the distance that ships and other signs."""
    return Unit(signs=(*shipped(au, **changes).signs, *more))


def candidates(au: str) -> dict[str, Unit]:
    """List the candidates of a unit, from simple to complicated."""
    first, *others = UNITS[au].signs
    alone = {
        "distance that ships": unit(first),
        "on a plain head": shipped(au, on="plain"),
        "on a laid head": shipped(au, on=LAID),
        "median neutral": shipped(au, neutral=0.5),
    }
    if others:
        alone |= {
            "texture that ships": unit(*others),
            "signs that ship": UNITS[au],
            "signs 1:1": unit(*(replace(sign, weight=1) for sign in UNITS[au].signs)),
            "signs 1:2": unit(replace(first, weight=1), *(replace(s, weight=2) for s in others)),
            "signs 4:1": unit(replace(first, weight=4), *(replace(s, weight=1) for s in others)),
        }
    return alone | OTHERS.get(au, {})


def eye_line(head_FV3: F64) -> F64:
    """Height of the corners of the eye."""
    return up(head_FV3, 33, 133)


OTHERS: dict[str, dict[str, Unit]] = {
    "01": {
        "over both corners": unit(
            gap("a", lambda h: up(h, 107, 55, 66, 65) - eye_line(h), 10.6, on=LAID)
        ),
        "and forehead lines": with_first("01", skin("lines_forehead", sided=False)),
        "and slant, forehead lines": with_first(
            "01", skin("brow_slant", reach=TURNED_EDGE), skin("lines_forehead", sided=False)
        ),
    },
    "02": {
        "arch over outer corner": unit(gap("a", lambda h: up(h, 63, 105) - up(h, 33), 10.6)),
        "and temple lines": with_first("02", skin("lines_temple")),
    },
    "04": {
        "drawn together": unit(gap("a", lambda h: -outward(h, 107, 55), 3.8)),
        "drawn together, lines": unit(
            gap("a", lambda h: -outward(h, 107, 55), 3.8), skin("glabella_lines", sided=False)
        ),
    },
    "05": {
        "upper lid over corners": unit(
            gap("a", lambda h: up(h, 158, 159, 160) - eye_line(h), 4.0, sided=False)
        ),
    },
    "06": {
        "skin under the eye up": unit(gap("a", lambda h: up(h, 117, 118), 4.0)),
        "and crow's feet": with_first("06", skin("lines_canthus")),
        "and furrow under the lid": with_first("06", skin("lines_below_lid")),
    },
    "07": {
        "and furrow under the lid": with_first("07", skin("lines_below_lid")),
        "narrowed opening": unit(gap("a", lambda h: -apart(h, (159, 145), (160, 144)), 4.0)),
    },
    "09": {
        "wing over eye corner": unit(
            gap("a", lambda h: up(h, 129, 98) - up(h, 133), 6.2, sided=False)
        ),
    },
    "10": {
        "lip over nose": unit(gap("a", lambda h: up(h, 0, 37) - up(h, 2), 6.2)),
        "lip over nose, fold": unit(
            gap("a", lambda h: up(h, 0, 37) - up(h, 2), 6.2),
            skin("fold_depth", reach=STEEPER + np.log(2)),
        ),
    },
    "12": {
        "mouth wider": unit(gap("a", lambda h: outward(h, 61, 78), 6.7)),
        "and fold": with_first("12", skin("lines_fold"), weight=4),
    },
    "14": {
        "corner backwards": unit(gap("a", lambda h: backward(h, 61), 6.7)),
        "and dimple": with_first("14", skin("lines_corner")),
    },
    "15": {
        "all lips over corner": unit(
            gap("a", lambda h: up(h, 0, 37, 17, 84) - up(h, 61), 4.7, on=LAID)
        ),
        "corner under cheek": unit(gap("a", lambda h: up(h, 205, 50) - up(h, 61), 4.7, on=LAID)),
    },
    "17": {
        "and lines of the chin": with_first("17", skin("lines_chin", sided=False)),
        "and shadow": with_first("17", skin("lip_shadow", sided=False, reach=2 * STEEPER)),
    },
    "20": {
        "corner aside, not up": unit(gap("a", lambda h: outward(h, 61) - up(h, 61), 6.7)),
        "corner aside and back": unit(gap("a", lambda h: outward(h, 61) + backward(h, 61), 6.7)),
    },
    "23": {
        "red of the lips": unit(
            gap("a", lambda h: -apart(h, (0, 13)) - apart(h, (14, 17)), 9.8, sided=False)
        ),
    },
    "25": {
        "middle of the lips": unit(
            replace(UNITS["25"].signs[0], of=lambda h: apart(h, (13, 14), (82, 87)))
        ),
        "outer edges": unit(replace(UNITS["25"].signs[0], of=lambda h: apart(h, (0, 17)))),
        "and dark mouth": with_first("25", skin("dark_mouth", sided=False)),
    },
    "26": {
        "chin alone": unit(
            replace(UNITS["26"].signs[0], of=lambda h: up(h, 2) - up(h, 152, 148, 200))
        ),
        "lower lip alone": unit(replace(UNITS["26"].signs[0], of=lambda h: -up(h, 14, 17, 84))),
    },
    "45": {
        "opening": unit(
            replace(
                UNITS["45"].signs[0],
                of=lambda h: -apart(h, (159, 145), (158, 153), (160, 144)),
            )
        ),
    },
}


def median(values: list[float]) -> float:
    """Take the median of what is known; NaN where nothing is."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.median(known)) if known else float("nan")


def choice(score: dict[str, float]) -> str:
    """Take the simplest candidate that is about as good as the best."""
    best = max(score.values())
    return next(name for name, value in score.items() if value >= best - SIMPLER)


def left_out(table: dict[str, list[float]]) -> list[float]:
    """Judge the choice: for each clip the correlation of what the other clips choose."""
    clips = len(next(iter(table.values())))
    found = []
    for c in range(clips):
        others = {name: median(r[:c] + r[c + 1 :]) for name, r in table.items()}
        found.append(table[choice(others)][c])
    return found


def f1_and_shares(clips: list[Clip], au: str) -> tuple[float, float, float]:
    """Median F1 of what ships over the clips in which OpenFace sees the unit, and shares on."""
    f1, ours, theirs = [], [], []
    for clip in clips:
        on_F = presence(clip.rate(UNITS[au]), clip.faces, UNITS[au])[clip.sure_F] == 1
        their_F = clip.theirs_F[f"AU{au}_c"][clip.sure_F] == 1
        ours.append(float(on_F.mean()))
        theirs.append(float(their_F.mean()))
        if their_F.any():
            f1.append(2 * float((on_F & their_F).sum()) / float(on_F.sum() + their_F.sum()))
    return median(f1), float(np.mean(ours)), float(np.mean(theirs))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--clips", "each", is_flag=True, help="Print what ships clip by clip as well.")
def main(folder: Path, each: bool) -> None:
    """Print the table of choices over the clips of FOLDER."""
    paths = [p for p in sorted(folder.iterdir()) if p.suffix in VIDEOS]
    clips = [look(path) for path in paths if path.with_suffix(".csv").exists()]
    click.echo(
        f"{'':6}{'ships':>7}{'left out':>10}{'chosen':>8}  {'candidate chosen by all clips':34}"
        f"{'mean':>6}{'F1':>6}{'on':>6}{'theirs':>8}"
    )
    for au in AU_C:
        f1, ours, theirs = f1_and_shares(clips, au)
        shares = f"{f1:6.2f}{ours:6.2f}{theirs:8.2f}"
        if au not in AU_R:
            click.echo(f"AU{au:4}{'':67}{shares}")
            continue
        table = {
            name: [clip.correlation(candidate, au) for clip in clips]
            for name, candidate in candidates(au).items()
        }
        best = choice({name: median(r) for name, r in table.items()})
        ships = [clip.correlation(UNITS[au], au) for clip in clips]
        level = np.mean([np.nanmean(clip.rate(UNITS[au])[clip.sure_F]) for clip in clips])
        click.echo(
            f"AU{au:4}{median(ships):7.2f}{median(left_out(table)):10.2f}"
            f"{median(table[best]):8.2f}  {best:34}{level:6.2f}{shares}"
        )
        if each:
            click.echo(" " * 6 + " ".join(f"{value:.2f}" for value in ships))


if __name__ == "__main__":
    main()
