"""Action units of a head whose skin is moved by known millimetres."""

# F = frames, V = 478 mesh vertices, A = 18 action units

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from depx.features.columns import AU_C, AU_R, TIER
from depx.features.face.action_units import (
    TO_CHEEKBONE,
    UNITS,
    distances,
    intensities,
    neutral_face,
    presences,
    unit_columns,
)
from depx.features.face.canonical import HEAD
from depx.features.types import F64

UPPER_LIDS, LOWER_LIDS = [158, 159, 160, 385, 386, 387], [153, 145, 144, 380, 374, 373]
LOWER_FACE = [14, 17, 18, 84, 87, 91, 200, 148, 152, 314, 317, 321, 377]
TIER_A = [au for au in AU_C if TIER[au] == "A"]


def moved(vertices: list[int], by_mm: tuple[float, float, float]) -> F64:
    head_V3 = HEAD.copy()
    head_V3[vertices] += by_mm
    return head_V3


def smiling(by_mm: float) -> F64:
    head_V3 = HEAD.copy()
    head_V3[61] += by_mm * TO_CHEEKBONE
    head_V3[291] += by_mm * TO_CHEEKBONE * (-1, 1, 1)
    return head_V3


def eyes(closed: float) -> F64:
    head_V3 = HEAD.copy()
    head_V3[UPPER_LIDS] += closed * (HEAD[LOWER_LIDS] - HEAD[UPPER_LIDS])
    return head_V3


def rated(*head_V3: F64) -> dict[str, F64]:
    """Intensities of heads against the neutral one, by unit."""
    neutral_A = distances(HEAD[None])[0]
    intensity_FA = intensities(distances(np.stack(head_V3)), neutral_A)
    return {au: intensity_FA[:, a] for a, au in enumerate(AU_C)}


def test_the_neutral_head_shows_nothing() -> None:
    assert max(value.max() for value in rated(HEAD).values()) == 0


def test_every_unit_has_a_measure_and_a_positive_reach() -> None:
    assert set(UNITS) == set(AU_C)
    assert all(unit.reach_mm is None or unit.reach_mm > 0 for unit in UNITS.values())
    assert all(unit.stops < unit.starts for unit in UNITS.values())


def test_a_smile_raises_au12_by_its_millimetres_and_no_other_unit_of_tier_a() -> None:
    found = rated(*(smiling(mm) for mm in (0, 3, 6, 9.3, 15)))
    np.testing.assert_allclose(found["12"], [0, 5 * 3 / 9.3, 5 * 6 / 9.3, 5, 5], atol=1e-9)
    for au in TIER_A:
        if au != "12":
            np.testing.assert_allclose(found[au], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("au", "vertices", "by_mm"),
    [
        ("01", [107, 55, 336, 285], (0, -4, 0)),
        ("02", [63, 105, 70, 293, 334, 300], (0, -4, 0)),
        ("10", [0, 37, 267], (0, -3, 0)),
        ("06", [117, 118, 346, 347], (0, -2, -1)),
        ("09", [98, 129, 327, 358], (0, -3, 0)),
        ("15", [61, 291], (0, 3, 0)),
        ("17", [17, 18], (0, -3, 0)),
    ],
)
def test_a_muscle_s_pull_raises_its_unit_most(
    au: str, vertices: list[int], by_mm: tuple[float, float, float]
) -> None:
    found = {name: float(value[0]) for name, value in rated(moved(vertices, by_mm)).items()}
    assert found[au] > 1
    assert all(found[other] < 1e-9 for other in TIER_A if other != au)
    x, y, z = by_mm
    assert rated(moved(vertices, (-x, -y, -z)))[au][0] == 0


def test_closing_eyes_raise_au45_evenly_to_its_maximum_at_four_fifths() -> None:
    closed = np.linspace(0, 1, 11)
    found = rated(*(eyes(share) for share in closed))
    np.testing.assert_allclose(found["45"], np.minimum(5 * closed / 0.8, 5), atol=1e-9)
    assert found["05"].max() == 0


def test_widened_eyes_raise_au05_and_not_au45() -> None:
    found = rated(moved(UPPER_LIDS, (0, -2, 0)))
    assert found["05"][0] == pytest.approx(2.5, rel=0.05)
    assert found["45"][0] == 0


def test_an_opening_mouth_raises_au25_and_au26_steadily() -> None:
    found = rated(*(moved(LOWER_FACE, (0, mm, 0)) for mm in np.linspace(0, 24, 13)))
    for au in ("25", "26"):
        assert (np.diff(found[au]) > 0.3).all()
        assert found[au][-1] > 4
    for au in TIER_A:
        if au not in ("25", "26"):
            assert found[au].max() < 1e-9


def test_parted_lips_with_a_still_jaw_raise_au25_alone() -> None:
    found = rated(moved([14, 87, 317], (0, 8, 0)))
    assert found["25"][0] > 1
    assert found["26"][0] == 0


def test_narrowed_brows_raise_au04() -> None:
    head_V3 = HEAD.copy()
    head_V3[107] += (2, 0, 0)
    head_V3[336] += (-2, 0, 0)
    assert rated(head_V3)["04"][0] == pytest.approx(5 * 4 / 7.6)


def test_the_neutral_face_is_the_median_but_the_closed_mouth_for_the_mouth() -> None:
    talking = [moved(LOWER_FACE, (0, mm, 0)) for mm in [0] * 3 + [12] * 7]
    distance_FA = distances(np.stack(talking))
    neutral_A = neutral_face(distance_FA, np.ones(10, dtype=bool))
    closed_A = distances(HEAD[None])[0]
    for au in ("25", "26"):
        assert neutral_A[AU_C.index(au)] == pytest.approx(closed_A[AU_C.index(au)])
    assert neutral_A[AU_C.index("17")] == distance_FA[-1, AU_C.index("17")]


def test_only_good_frames_tell_the_neutral_face() -> None:
    distance_FA = distances(np.stack([HEAD, HEAD, smiling(9), smiling(9), smiling(9)]))
    good_F = np.array([True, True, False, False, False])
    np.testing.assert_array_equal(neutral_face(distance_FA, good_F), distance_FA[0])
    assert np.isnan(neutral_face(distance_FA, np.zeros(5, dtype=bool))).all()


def test_a_lost_frame_stays_unknown_and_moves_no_other() -> None:
    distance_FA = distances(np.stack([HEAD, smiling(5), HEAD]))
    lost_FA = np.insert(distance_FA, 1, np.nan, axis=0)
    neutral_A = distance_FA[0]
    for whole_FA, with_gap_FA in zip(
        unit_columns(distance_FA, neutral_A), unit_columns(lost_FA, neutral_A), strict=True
    ):
        assert np.isnan(with_gap_FA[1]).all()
        np.testing.assert_array_equal(np.delete(with_gap_FA, 1, axis=0), whole_FA)


def test_presence_starts_high_and_stops_low() -> None:
    a = AU_C.index("12")
    intensity_FA = np.zeros((8, len(AU_C)))
    intensity_FA[:, a] = [0.7, 1.0, 0.7, 0.5, 0.4, 0.7, 1.2, 0.0]
    np.testing.assert_array_equal(presences(intensity_FA)[:, a], [0, 1, 1, 1, 0, 0, 1, 0])
    assert presences(intensity_FA)[:, 0].max() == 0


def test_presence_does_not_bridge_a_lost_face() -> None:
    a = AU_C.index("12")
    intensity_FA = np.zeros((3, len(AU_C)))
    intensity_FA[:, a] = [1.5, np.nan, 0.7]
    np.testing.assert_array_equal(presences(intensity_FA)[:, a], [1, np.nan, 0])


def test_presence_agrees_with_a_plain_loop() -> None:
    intensity_FA = np.random.default_rng(7).uniform(0, 3, (200, len(AU_C)))
    intensity_FA[50:53] = np.nan
    expected_FA = np.full_like(intensity_FA, np.nan)
    for a, unit in enumerate(UNITS[au] for au in AU_C):
        on = False
        for f, value in enumerate(intensity_FA[:, a]):
            on = value >= unit.starts or (on and value >= unit.stops)
            expected_FA[f, a] = np.nan if np.isnan(value) else on
    np.testing.assert_array_equal(presences(intensity_FA), expected_FA)


def test_intensity_columns_are_openface_s_17_and_presences_its_18() -> None:
    intensity_FA, presence_FA = unit_columns(distances(smiling(6)[None]), distances(HEAD[None])[0])
    assert intensity_FA.shape == (1, 17)
    assert presence_FA.shape == (1, 18)
    assert intensity_FA[0].argmax() == AU_R.index("12")
    assert presence_FA[0, AU_C.index("12")] == 1


def test_distances_do_not_change_when_the_head_is_mirrored() -> None:
    rough_V3 = HEAD + np.random.default_rng(3).normal(0, 1, HEAD.shape)
    known = np.flatnonzero(~np.isnan(HEAD[:, 0]))
    mirrored_V3 = np.full_like(HEAD, np.nan)
    for vertex in known:
        gap = np.linalg.norm(HEAD[known] * (-1, 1, 1) - HEAD[vertex], axis=1)
        mirrored_V3[vertex] = rough_V3[known[gap.argmin()]] * (-1, 1, 1)
    ours_A, theirs_A = distances(np.stack([rough_V3, mirrored_V3]))
    np.testing.assert_allclose(ours_A, theirs_A, atol=1e-9)


def test_distances_do_not_depend_on_where_the_origin_of_the_head_lies() -> None:
    pushed_V3 = HEAD + np.array([3.0, 0.0, 0.0])
    np.testing.assert_allclose(distances(pushed_V3[None]), distances(HEAD[None]), atol=1e-9)
    tilted_V3 = HEAD @ Rotation.from_euler("z", 30, degrees=True).as_matrix().T
    assert np.abs(distances(tilted_V3[None]) - distances(HEAD[None])).max() > 1
