"""Action units of real faces, against OpenFace's output for the same frames."""

# F = frames

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from depx.features.columns import AU_C, AU_R, AU_SIDED
from depx.features.face.finding.crop import to_crop
from depx.features.face.finding.following import Follower
from depx.features.face.head.canonical import VERTICES
from depx.features.face.head.pose import camera_of, heads
from depx.features.face.units.texture import TEXTURES, texture
from depx.features.face.units.units import UNIT_COLUMNS, measures, unit_columns
from depx.features.types import F32, F64

CLIPS = ("clip04.avi", "clip05.avi", "clip06.avi", "webcam_light.wmv")
LEAST = {  # median r over the clips; measured: .85 .57 .91 .71 .64 .85
    "06": 0.6,
    "10": 0.5,
    "12": 0.7,
    "25": 0.55,
    "26": 0.5,
    "45": 0.7,
}


def units_of(path: Path) -> tuple[F32, F32, F32]:
    """Follow the first face of a clip: AU_r (F, 17), AU_c (F, 18), sides (F, 18)."""
    capture, follower = cv2.VideoCapture(str(path)), Follower()
    rate_hz = capture.get(cv2.CAP_PROP_FPS)
    meshes, textures, size = [], [], (0, 0)
    while (decoded := capture.read())[0]:
        image = decoded[1].astype(np.uint8, copy=False)
        size = (image.shape[1], image.shape[0])
        seen = follower.see(image, len(meshes) / rate_hz).faces
        meshes.append(seen[0].mesh_V3 if seen else np.full((VERTICES, 3), np.nan))
        textures.append(
            texture(seen[0].crop, to_crop(seen[0].mesh_V3, seen[0].region))
            if seen
            else np.full(len(TEXTURES), np.nan, dtype=np.float32)
        )
    follower.close()
    mesh_FV3 = np.stack(meshes)
    found_F = np.isfinite(mesh_FV3).all(axis=(1, 2))
    head_FV3 = np.full_like(mesh_FV3, np.nan)
    head_FV3[found_F] = heads(mesh_FV3[found_F], camera_of(*size, None)).in_head_frame()
    unit_FU, counts = unit_columns(
        measures(head_FV3, np.stack(textures)),
        np.where(found_F, 0, -1),
        found_F,
        np.arange(len(meshes)) / rate_hz,
    )
    assert 0 < counts["neutral_frames"] <= found_F.sum()
    r_FA, c_FA, side_FS = (
        unit_FU[:, [c for c, column in enumerate(UNIT_COLUMNS) if column.group == group]]
        for group in ("au_r", "au_c", "au_side")
    )
    return r_FA, c_FA, side_FS


def openface(path: Path) -> dict[str, F64]:
    with path.open(newline="") as lines:
        reader = csv.reader(lines, skipinitialspace=True)
        header = next(reader)
        rows = np.array([[float(cell) for cell in row] for row in reader])
    return dict(zip(header, rows.T, strict=True))


Pairs = list[tuple[tuple[F32, F32, F32], dict[str, F64]]]


@pytest.fixture(scope="module")
def pairs(real_data: Path) -> Pairs:
    paths = [real_data / "openface" / clip for clip in CLIPS]
    return [(units_of(path), openface(path.with_suffix(".csv"))) for path in paths]


def test_units_of_tier_a_agree_with_openface_s(pairs: Pairs) -> None:
    for au, least in LEAST.items():
        found = []
        for (r_FA, _, _), theirs in pairs:
            rows = min(len(r_FA), theirs["frame"].size)
            ours_F = r_FA[:rows, AU_R.index(au)].astype(float)
            sure_F = np.isfinite(ours_F) & (theirs["confidence"][:rows] > 0.8)
            their_F = theirs[f"AU{au}_r"][:rows]
            found.append(np.corrcoef(ours_F[sure_F], their_F[sure_F])[0, 1])
        assert np.median(found) > least, f"AU{au}: {np.round(found, 2)}"


def test_no_unit_but_a_speaker_s_open_mouth_is_on_half_of_the_time(pairs: Pairs) -> None:
    for a, au in enumerate(AU_C):
        if au in ("25", "26"):
            continue
        assert np.mean([np.nanmean(c_FA[:, a]) for (_, c_FA, _), _ in pairs]) < 0.5, au


def test_the_sides_of_a_unit_lie_around_the_whole(pairs: Pairs) -> None:
    for (r_FA, _, side_FS), _ in pairs:
        for s, au in enumerate(AU_SIDED):
            pair_F2 = side_FS[:, 2 * s : 2 * s + 2]
            whole_F = r_FA[:, AU_R.index(au)]
            # where a texture is seen on one side only the whole may lie a little outside
            inside_F = (whole_F >= pair_F2.min(axis=1) - 0.01) & (
                whole_F <= pair_F2.max(axis=1) + 0.01
            )
            assert inside_F[np.isfinite(whole_F)].mean() > 0.9, au
