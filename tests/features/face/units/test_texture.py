"""Furrows drawn on a made face crop, and what must not look like one."""

# V = 478 mesh vertices, T = textures

import itertools

import cv2
import numpy as np
import pytest

from depx.features.face.head.canonical import HEAD, MIRROR
from depx.features.face.units.texture import PATCHES, TEXTURES, laid_out, patch_statistics, texture
from depx.features.types import F32, F64, U8

SIDE = 192  # px
PX_PER_MM = 128 / (HEAD[152, 1] - HEAD[10, 1])  # as the crop holds a face
MESH: F64 = HEAD[:, :2] * PX_PER_MM + SIDE / 2
NEIGHBOURS = {  # patches that overlap: a line in one may be seen in the other
    "malar_lines": ("cheek_lines",),
    "cheek_lines": ("malar_lines", "fold_depth"),
    "fold_depth": ("cheek_lines",),
    "brow_slant": ("glabella_lines",),
    "glabella_lines": ("brow_slant", "nose_root_lines"),
    "chin_pits": ("lip_shadow",),
    "lip_shadow": ("chin_pits",),
    "nose_root_lines": ("glabella_lines",),
}


def face() -> U8:
    """Paint a plain face: shaded skin with fine grain, brows, eyes, nostrils, mouth."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:SIDE, :SIDE]
    grey = 150 - 0.004 * ((x - 96) ** 2 + (y - 90) ** 2) + rng.normal(0, 2, (SIDE, SIDE))
    for vertices in ((70, 105, 107), (300, 334, 336), (33, 133), (263, 362), (61, 291)):
        places = [tuple(int(v) for v in MESH[vertex]) for vertex in vertices]
        for a, b in itertools.pairwise(places):
            cv2.line(grey, a, b, 60.0, 3)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def middle_of(name: str) -> tuple[int, int]:
    x, y = MESH[list(PATCHES[name].vertices)].mean(axis=0).round().astype(int)
    return int(x), int(y)


def furrowed(name: str, along: tuple[int, int], *, times: int = 1) -> U8:
    """Draw dark lines through the middle of a patch."""
    crop = face()
    x, y = middle_of(name)
    for n in range(times):
        shift = 4 * n - 2 * (times - 1)
        across = np.array([-along[1], along[0]]) / np.hypot(*along) * shift
        start = (int(x - along[0] + across[0]), int(y - along[1] + across[1]))
        stop = (int(x + along[0] + across[0]), int(y + along[1] + across[1]))
        cv2.line(crop, start, stop, (70, 70, 70), 2)
    return crop


def read(crop: U8, mesh_V2: F64 = MESH) -> dict[str, float]:
    return dict(zip(TEXTURES, texture(crop, mesh_V2).tolist(), strict=True))


DRAWN = [  # texture, patch, direction of the line in px, how many
    ("malar_lines_right", "malar", (7, 1), 1),
    ("cheek_lines_right", "cheek", (7, 0), 1),
    ("fold_depth_right", "fold", (-4, 6), 1),
    ("glabella_lines", "glabella", (0, 5), 2),
    ("nose_root_lines", "root", (5, 0), 1),
    ("chin_pits", "chin", (0, 6), 3),
    ("lip_shadow", "under_lip", (0, 3), 3),
    ("brow_slant_right", "brow", (3, -4), 1),
]


@pytest.mark.parametrize(("name", "patch", "along", "times"), DRAWN)
def test_a_drawn_furrow_raises_its_measure_and_hardly_another(
    name: str, patch: str, along: tuple[int, int], times: int
) -> None:
    plain, drawn = read(face()), read(furrowed(patch, along, times=times))
    assert drawn[name] - plain[name] > 0.2
    base = name.removesuffix("_right")
    for other in TEXTURES:
        if not other.startswith((base, *NEIGHBOURS[base])):
            assert drawn[other] - plain[other] < 0.3 * (drawn[name] - plain[name]), other


def test_a_furrow_s_depth_is_graded() -> None:
    found = []
    for share in (0.0, 0.3, 0.6, 1.0):
        mixed = (1 - share) * face() + share * furrowed("fold", (-4, 6))
        found.append(read(mixed.astype(np.uint8))["fold_depth_right"])
    assert (np.diff(found) > 0.05).all()


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (lambda crop: crop * 0.6, 0.08),
        (lambda crop: np.minimum(crop * 1.3, 255), 0.08),
        (lambda crop: crop + 15.0, 0.16),
        (lambda crop: cv2.GaussianBlur(crop, (0, 0), 0.6), 0.25),
    ],
    ids=["darker", "brighter", "offset", "blur"],
)
def test_light_offset_and_a_slight_blur_change_a_furrow_s_rise_little(change, most) -> None:  # type: ignore[no-untyped-def]
    for name, patch, along, times in DRAWN:
        rises = []
        for alter in (lambda crop: crop, change):
            plain, drawn = face(), furrowed(patch, along, times=times)
            before = read(alter(plain.astype(float)).astype(np.uint8))
            after = read(alter(drawn.astype(float)).astype(np.uint8))
            rises.append(after[name] - before[name])
        assert rises[1] == pytest.approx(rises[0], rel=0.35, abs=most), name


def test_a_brighter_lamp_changes_no_measure() -> None:
    plain, dark = read(face()), read((face() * 0.6).astype(np.uint8))
    for name in TEXTURES:
        assert dark[name] == pytest.approx(plain[name], abs=0.12), name


def test_a_mirrored_face_swaps_right_and_left() -> None:
    crop = furrowed("fold", (-4, 6))
    flipped_V2 = (MESH * (-1, 1) + (SIDE - 1, 0))[MIRROR]
    found, mirrored = read(crop), read(np.ascontiguousarray(crop[:, ::-1]), flipped_V2)
    assert mirrored["right_share"] == pytest.approx(1 - found["right_share"], abs=1e-6)
    for name in TEXTURES[:-1]:
        other = name
        if name.endswith("_right"):
            other = name.replace("_right", "_left")
        elif name.endswith("_left"):
            other = name.replace("_left", "_right")
        assert mirrored[other] == pytest.approx(found[name], abs=0.12), name
    assert found["fold_depth_right"] > found["fold_depth_left"] + 0.2


def test_a_shift_of_half_a_pixel_changes_little() -> None:
    crop = furrowed("fold", (-4, 6))
    shifted = cv2.warpAffine(crop, np.array([[1, 0, 0.5], [0, 1, 0.5]]), (SIDE, SIDE))
    found, moved = read(crop), read(np.asarray(shifted, dtype=np.uint8), MESH + 0.5)
    for name in TEXTURES:
        assert moved[name] == pytest.approx(found[name], abs=0.35), name


def nothing(values_T: F32) -> bool:
    return bool(np.isnan(values_T[:-1]).all())  # the last is the share of the right side


def test_a_face_without_contrast_tells_nothing() -> None:
    assert nothing(texture(np.full((SIDE, SIDE, 3), 128, dtype=np.uint8), MESH))


def test_a_black_crop_a_lost_mesh_and_a_face_beside_the_crop_tell_nothing() -> None:
    assert nothing(texture(np.zeros((SIDE, SIDE, 3), dtype=np.uint8), MESH))
    assert nothing(texture(face(), np.full_like(MESH, np.nan)))
    assert nothing(texture(face(), MESH + 500))
    assert nothing(texture(face(), MESH - 500))


def test_a_patch_beyond_the_crop_is_unknown_and_the_others_are_not() -> None:
    found = read(face(), MESH + np.array([0, 65]))  # the chin leaves at the bottom
    assert np.isnan(found["chin_pits"])
    assert np.isfinite(found["glabella_lines"])


def test_a_face_too_small_for_its_folds_is_unknown_in_the_small_patches() -> None:
    found = read(face(), (MESH - 96) * 0.12 + 96)
    assert np.isnan(found["lip_shadow"])


def test_the_far_side_of_a_turned_face_is_unknown() -> None:
    turn = np.radians(65)
    turned_V2 = MESH.copy()
    turned_V2[:, 0] = (HEAD[:, 0] * np.cos(turn) + HEAD[:, 2] * np.sin(turn)) * PX_PER_MM + 96
    found = read(face(), turned_V2)
    far = "right" if found["right_share"] < 0.5 else "left"
    assert min(found["right_share"], 1 - found["right_share"]) < 0.1
    assert np.isnan(found[f"brow_slant_{far}"])


def test_patches_are_laid_out_once_a_side() -> None:
    places = laid_out(PATCHES)
    assert len(places.names) == sum(1 + patch.sided for patch in PATCHES.values())
    _, found = patch_statistics(face(), MESH, places)
    assert tuple(found) == places.names
    assert all(np.isfinite(place).all() for place in found.values())
