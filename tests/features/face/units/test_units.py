"""Action units of a head whose skin is moved by known millimetres."""

# F = frames, V = 478 mesh vertices, M = measures, S = sided units

from typing import Any

import numpy as np
import pytest

from depx.features.columns import ACTION_UNIT_SIDES, AU_C, AU_R, AU_SIDED, TIER
from depx.features.face.head.canonical import HEAD, MIRROR
from depx.features.face.head.pose import heads
from depx.features.face.units.signs import RIGHT_SHARE
from depx.features.face.units.texture import TEXTURES
from depx.features.face.units.units import MEASURES, UNIT_COLUMNS, UNITS, measures, unit_columns
from depx.features.face.units.upper import CHEEKBONE
from depx.features.types import F32, F64, I64

STEP_S = 0.2  # too slow for smoothing: each head stands for itself
NEUTRAL = 10  # neutral heads before those that are asked about
UPPER_LIDS, LOWER_LIDS = [158, 159, 160], [153, 145, 144]
JAW = [14, 17, 18, 84, 87, 88, 178, 91, 199, 200, 148, 152]


def moved(vertices: list[int], by_mm: tuple[float, float, float] | F64, *, sides: int = 2) -> F64:
    """Move vertices of the image's left by millimetres, and their mirrors alike."""
    head_V3 = HEAD.copy()
    head_V3[vertices] += by_mm
    if sides == 2:
        others = [v for v in MIRROR[vertices] if v not in vertices]
        head_V3[others] += np.asarray(by_mm) * (-1, 1, 1)
    return head_V3


def smiling(by_mm: float, *, sides: int = 2) -> F64:
    return moved([61, 186, 92, 216], by_mm * CHEEKBONE, sides=sides)


def eyes(closed: float) -> F64:
    head_V3 = HEAD.copy()
    for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        for u, low in ((upper, lower), (MIRROR[upper], MIRROR[lower])):
            head_V3[u] += closed * (HEAD[low] - HEAD[u])
    return head_V3


def skin(frames: int, **values: float) -> F32:
    """Textures of a face whose skin was not read, but for what is given."""
    texture_FT = np.full((frames, len(TEXTURES)), np.nan, dtype=np.float32)
    texture_FT[:, TEXTURES.index(RIGHT_SHARE)] = 0.5
    for name, value in values.items():
        texture_FT[:NEUTRAL, TEXTURES.index(name)] = 0
        texture_FT[NEUTRAL:, TEXTURES.index(name)] = value
    return texture_FT


def columns(heads_FV3: list[F64], **values: float) -> tuple[F32, F32, F32]:
    """Units of heads that follow the neutral one."""
    head_FV3 = np.stack([HEAD] * NEUTRAL + heads_FV3)
    rows = len(head_FV3)
    unit_FU, _ = unit_columns(
        measures(head_FV3, skin(rows, **values)),
        np.zeros(rows, dtype=np.int64),
        np.arange(rows) < NEUTRAL,
        np.arange(rows) * STEP_S,
    )
    r_FA, c_FA, side_FS = (
        unit_FU[NEUTRAL:, [c for c, column in enumerate(UNIT_COLUMNS) if column.group == group]]
        for group in ("au_r", "au_c", "au_side")
    )
    return r_FA, c_FA, side_FS


def rated(*heads_FV3: F64, **values: float) -> dict[str, F64]:
    r_FA, _, _ = columns(list(heads_FV3), **values)
    return {au: r_FA[:, a].astype(float) for a, au in enumerate(AU_R)}


def test_the_neutral_head_shows_nothing() -> None:
    r_FA, c_FA, side_FS = columns([HEAD])
    assert np.nanmax(r_FA) < 1e-3
    assert np.nanmax(c_FA) == 0
    assert np.nanmax(side_FS) < 1e-3


def test_every_unit_has_a_distance_first_and_positive_reaches() -> None:
    assert set(UNITS) == set(AU_C)
    for unit in UNITS.values():
        assert unit.signs[0].of is not None
        assert all(sign.reach > 0 and sign.weight > 0 for sign in unit.signs)
        assert 0 < unit.stops < unit.starts


def test_every_texture_serves_a_unit() -> None:
    used = {name for unit in UNITS.values() for sign in unit.signs for name in sign.names()}
    assert set(TEXTURES) - {RIGHT_SHARE} <= used
    assert len(set(MEASURES)) == len(MEASURES)


def test_an_hour_and_a_half_of_measures_fits_in_15_megabytes() -> None:
    assert measures(HEAD[None], skin(1)).dtype == np.float32
    assert 90_000 * len(MEASURES) * 4 < 15e6


def test_a_smile_raises_au12_by_its_millimetres_and_no_other_unit_of_tier_a() -> None:
    found = rated(*(smiling(mm) for mm in (0, 3, 6, 9.3, 15)))
    np.testing.assert_allclose(found["12"], [0, 5 * 3 / 9.3, 5 * 6 / 9.3, 5, 5], atol=1e-4)
    for au in AU_R:
        if au != "12" and TIER[au] == "A":
            np.testing.assert_allclose(found[au], 0, atol=1e-3)


BELOW = [43, 202, 106, 204]
ACTIONS = [  # unit, vertices of the image's left, mm, other units that FACS lets move with it
    ("01", [107, 55], (0, -4, 0), ()),
    ("02", [63, 105, 52, 53, 70, 46], (0, -4, 0), ()),
    ("04", [107, 55, 66, 65], (0, 3, 0), ("09",)),
    ("05", UPPER_LIDS, (0, -2, 0), ()),
    ("06", [123, 147, 187, 50, 205], 3 * CHEEKBONE, ()),
    ("07", LOWER_LIDS, (0, -1.5, 0), ()),
    ("09", [129, 98, 64, 48], (0, -4, 0), ("25", "26")),
    ("10", [64, 48, 129, 98], (-3, 0, 0), ()),
    ("12", [61, 186, 92, 216], 4 * CHEEKBONE, ()),
    ("14", [61, 185, 40, 39, 74, 73], (0, 0, 4), ()),
    ("15", [61, 78], (0, 3, 0), ()),
    ("17", [17, 18], (0, -3, 0), ("23",)),
    ("20", BELOW, (-3, 3, 0), ()),
    ("23", [0], (0, 3, 0), ("15",)),
    ("25", [14, 87, 178, 88], (0, 8, 0), ("26",)),
]


@pytest.mark.parametrize(("au", "vertices", "by_mm", "along"), ACTIONS, ids=lambda v: str(v)[:2])
def test_a_muscle_s_pull_raises_its_unit_and_the_opposite_does_not(
    au: str, vertices: list[int], by_mm: tuple[float, float, float], along: tuple[str, ...]
) -> None:
    by = np.asarray(by_mm, dtype=float)
    found = rated(*(moved(vertices, by * share) for share in (0.0, 0.5, 1.0)))
    assert found[au][2] > 1
    assert (np.diff(found[au]) > 0.2).all()
    assert rated(moved(vertices, -by))[au][0] == pytest.approx(0, abs=1e-3)
    for other in AU_R:
        if other not in (au, *along):
            assert found[other][2] < 0.55 * found[au][2], other


def test_closing_eyes_raise_au45_evenly_to_its_maximum_at_four_fifths() -> None:
    closed = np.linspace(0, 1, 11)
    found = rated(*(eyes(share) for share in closed))
    np.testing.assert_allclose(found["45"], np.minimum(5 * closed / 0.8, 5), atol=0.06)
    assert found["05"].max() < 1e-3


def test_an_opening_mouth_raises_au25_and_au26_steadily() -> None:
    found = rated(*(moved(JAW, (0, mm, 0)) for mm in np.linspace(0, 24, 13)))
    for au in ("25", "26"):
        assert (np.diff(found[au]) > 0.3).all()
        assert found[au][-1] > 4


def test_parted_lips_with_a_still_jaw_raise_au25_more_than_au26() -> None:
    found = rated(moved([14, 87, 178, 88], (0, 8, 0)))
    assert found["25"][0] > 1
    assert found["26"][0] < 0.4


def test_lips_that_vanish_are_au28() -> None:
    head_V3 = HEAD.copy()
    head_V3[0], head_V3[17] = HEAD[13], HEAD[14]
    assert columns([HEAD, head_V3])[1][:, AU_C.index("28")].tolist() == [0, 1]


@pytest.mark.parametrize("au", ["04", "06", "09", "10", "12", "17", "23", "01"])
def test_furrows_raise_their_unit_alone(au: str) -> None:
    names = [name for sign in UNITS[au].signs[1:] for name in sign.names()]
    found = rated(HEAD, **dict.fromkeys(names, 1.0))
    assert found[au][0] > 0.1
    assert all(found[other][0] < 1e-3 for other in AU_R if other != au)
    smooth = rated(HEAD, **dict.fromkeys(names, -1.0))
    assert smooth[au][0] < 1e-3


def test_a_furrow_that_one_side_shows_stands_for_both() -> None:
    one = rated(HEAD, fold_depth_left=1.0)["10"]
    both = rated(HEAD, fold_depth_left=1.0, fold_depth_right=1.0)["10"]
    np.testing.assert_allclose(one, both)


def test_sides_have_their_columns() -> None:
    names = [column.name for column in ACTION_UNIT_SIDES]
    assert names[:2] == ["AU01_r_right", "AU01_r_left"]
    assert columns([HEAD])[2].shape == (1, len(names))


def test_one_sided_smile_is_the_person_s_own_right_on_the_image_s_left() -> None:
    r_FA, _, side_FS = columns([smiling(6, sides=1)])
    first = 2 * AU_SIDED.index("12")
    np.testing.assert_allclose(side_FS[0, [first, first + 1]], [5 * 6 / 9.3, 0], atol=1e-3)
    assert r_FA[0, AU_R.index("12")] == pytest.approx(5 * 3 / 9.3, rel=1e-3)  # the mean of both


def test_a_mirrored_head_swaps_left_and_right_exactly() -> None:
    rng = np.random.default_rng(4)
    head_V3 = HEAD + rng.normal(0, 1.5, HEAD.shape)
    mirrored_V3 = head_V3[MIRROR] * (-1, 1, 1)
    r_FA, c_FA, side_FS = columns([head_V3, mirrored_V3])
    np.testing.assert_allclose(r_FA[0], r_FA[1], atol=1e-4)
    np.testing.assert_array_equal(c_FA[0], c_FA[1])
    swapped = np.arange(side_FS.shape[1]) ^ 1
    np.testing.assert_allclose(side_FS[0], side_FS[1, swapped], atol=1e-4)


@pytest.mark.parametrize("degrees", [(0, 0, 0), (15, 0, 0), (-10, 30, 5), (10, -35, -20)])
@pytest.mark.parametrize("place", [(0, 0, 600), (120, -60, 450)])
def test_pose_and_distance_change_no_unit(
    stage: Any, degrees: tuple[float, float, float], place: tuple[float, float, float]
) -> None:
    heads_FV3 = [smiling(5), eyes(0.6), moved([107, 55], (0, -4, 0)), moved(JAW, (0, 9, 0))]
    turned = [
        heads(
            stage.seen(stage.placed(degrees, place, head_V3))[None], stage.camera
        ).in_head_frame()[0]
        for head_V3 in heads_FV3
    ]
    np.testing.assert_allclose(columns(turned)[0], columns(heads_FV3)[0], atol=0.02)


def test_proportions_and_slant_of_a_head_do_not_count_where_the_head_is_laid_out() -> None:
    slant = np.array([[1.05, 0, 0.04], [0, 0.95, -0.06], [0, 0, 1.1]])
    smile, plain = smiling(5), HEAD
    found_FM = measures(np.stack([plain, smile, plain @ slant.T, smile @ slant.T]), skin(4))
    for name in ("corner_pulled_left", "cheek_raised_right", "nose_wing_left"):
        column_F = found_FM[:, MEASURES.index(name)]
        np.testing.assert_allclose(column_F[:2], column_F[2:], atol=1e-3)


def test_a_mesh_that_collapsed_gives_numbers_or_none_and_no_error() -> None:
    flat_V3 = HEAD * (1, 1, 0)
    assert measures(np.stack([HEAD, flat_V3, 0 * HEAD]), skin(3)).shape == (3, len(MEASURES))


def test_a_lost_mesh_is_unknown_and_moves_no_other() -> None:
    face_id_F: I64 = np.zeros(15, dtype=np.int64)
    head_FV3 = np.stack([HEAD] * 14 + [smiling(5)])
    whole_FU, _ = unit_columns(
        measures(head_FV3, skin(15)), face_id_F, face_id_F == 0, np.arange(15) * STEP_S
    )
    head_FV3[12], face_id_F[12] = np.nan, -1
    holed_FU, _ = unit_columns(
        measures(head_FV3, skin(15)), face_id_F, face_id_F == 0, np.arange(15) * STEP_S
    )
    assert np.isnan(holed_FU[12]).all()
    kept = np.arange(15) != 12
    np.testing.assert_allclose(whole_FU[kept], holed_FU[kept], atol=1e-4)


def test_two_people_in_one_video_do_not_share_a_neutral_face() -> None:
    rng = np.random.default_rng(5)
    other_V3 = HEAD * (1.06, 0.94, 1.0) + rng.normal(0, 2, HEAD.shape)
    head_FV3 = np.stack([HEAD] * 10 + [other_V3] * 10 + [HEAD] * 10)
    measure_FM = measures(head_FV3, skin(30))
    time_s, good_F = np.arange(30) * STEP_S, np.ones(30, dtype=np.bool_)
    apart_FU, _ = unit_columns(measure_FM, np.repeat([0, 1, 0], 10), good_F, time_s)
    assert np.nanmax(apart_FU) < 1e-3
    together_FU, _ = unit_columns(measure_FM, np.zeros(30, dtype=np.int64), good_F, time_s)
    assert np.nanmax(together_FU) > 1


def test_a_video_without_a_face_and_one_without_a_frame_give_no_number() -> None:
    for rows in (0, 1, 4):
        unit_FU, counts = unit_columns(
            np.full((rows, len(MEASURES)), np.nan, dtype=np.float32),
            np.full(rows, -1),
            np.zeros(rows, dtype=np.bool_),
            np.arange(rows) * STEP_S,
        )
        assert unit_FU.shape == (rows, len(UNIT_COLUMNS))
        assert np.isnan(unit_FU).all()
        assert counts["neutral_frames"] == 0


def test_a_blink_of_one_frame_is_present_though_intensities_are_averaged() -> None:
    head_FV3 = np.stack([HEAD] * 40)
    head_FV3[20] = eyes(1.0)
    unit_FU, _ = unit_columns(
        measures(head_FV3, skin(40)),
        np.zeros(40, dtype=np.int64),
        np.ones(40, dtype=np.bool_),
        np.arange(40) / 25,
    )
    names = [column.name for column in UNIT_COLUMNS]
    assert list(np.flatnonzero(unit_FU[:, names.index("AU45_c")])) == [20]
    assert 1 < unit_FU[20, names.index("AU45_r")] < 2.5


def of_unit(unit_FU: F32, name: str) -> F32:
    return unit_FU[:, [column.name for column in UNIT_COLUMNS].index(name)]


def rated_over(head_FV3: F64) -> F32:
    rows = len(head_FV3)
    everybody, good = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=np.bool_)
    return unit_columns(measures(head_FV3, skin(rows)), everybody, good, np.arange(rows) / 25)[0]


def test_a_grin_that_lasts_for_most_of_the_recording_is_no_neutral_face() -> None:
    unit_FU = rated_over(np.stack([HEAD] * 20 + [smiling(9)] * 80))
    assert of_unit(unit_FU, "AU12_r")[:18].max() < 0.1
    assert of_unit(unit_FU, "AU12_r")[22:].min() > 3
    assert of_unit(unit_FU, "AU15_r").max() < 0.1  # at rest the corners are not pulled down


def test_who_never_stops_to_grin_still_smiles() -> None:
    unit_FU = rated_over(np.stack([smiling(9)] * 50))
    assert of_unit(unit_FU, "AU12_r").min() > 1
    assert (of_unit(unit_FU, "AU12_c") == 1).all()
