"""Crops are upright, and the way back leads to where one came from."""

# V = 478 mesh vertices

import numpy as np
import pytest

from depx.features.face.finding.crop import (
    MARGIN,
    SIDE_PX,
    Region,
    around,
    cut_out,
    patch,
    to_crop,
    to_picture,
)
from depx.features.types import F64

REGION = Region(x_px=310.5, y_px=170.25, side_px=260.0, angle_rad=0.4)


def mesh(angle_rad: float = 0.0) -> F64:
    """Random vertices whose outer eye corners lie on a line that is turned by an angle."""
    vertex_V3 = np.random.default_rng(1).uniform(-50, 50, size=(478, 3))
    vertex_V3[33], vertex_V3[263] = (-40, 0, 0), (40, 0, 0)
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    turned_V2 = vertex_V3[:, :2] @ np.array([[cos, sin], [-sin, cos]])
    return np.column_stack([np.add(turned_V2, (300, 200)), vertex_V3[:, 2]])


def test_points_come_back_from_the_crop() -> None:
    point_V3 = mesh()
    crop_V2 = to_crop(point_V3, REGION)
    scale = SIDE_PX / REGION.side_px
    back_V3 = to_picture(np.column_stack([crop_V2, scale * point_V3[:, 2]]), REGION)
    np.testing.assert_allclose(back_V3, point_V3, atol=1e-9)


@pytest.mark.parametrize("angle_rad", [0.0, 0.5, -1.2, 3.0])
def test_the_crop_of_a_tilted_face_is_upright_and_holds_it_with_a_margin(angle_rad: float) -> None:
    mesh_V3 = mesh(angle_rad)
    region = around(mesh_V3)
    assert region.angle_rad == pytest.approx(angle_rad)
    crop_V2 = to_crop(mesh_V3, region)
    assert crop_V2[33, 1] == pytest.approx(crop_V2[263, 1])
    assert crop_V2[33, 0] < crop_V2[263, 0]
    longer_px = np.ptp(mesh_V3[:, :2], axis=0).max()
    assert region.side_px == pytest.approx(MARGIN * longer_px)


def test_a_dot_lands_where_the_map_says() -> None:
    image = np.zeros((400, 600, 3), dtype=np.uint8)
    image[180:183, 330:333] = 255
    crop = cut_out(image, REGION)
    assert crop.shape == (SIDE_PX, SIDE_PX, 3)
    row_N, column_N = np.nonzero(crop[..., 0])
    expected_2 = to_crop(np.array([[331.0, 181.0]]), REGION)[0]
    np.testing.assert_allclose((column_N.mean(), row_N.mean()), expected_2, atol=0.6)


def test_a_likeness_forgives_light_and_movement_but_no_other_picture() -> None:
    rng = np.random.default_rng(2)
    coarse = rng.uniform(20, 200, size=(40, 60, 3)).astype(np.uint8)
    image = np.kron(coarse, np.ones((10, 10, 1), dtype=np.uint8))
    other = rng.permutation(image.reshape(-1, 3)).reshape(image.shape)
    still = patch(cut_out(image, REGION), REGION, REGION)
    assert still @ still == pytest.approx(1, abs=1e-6)
    brighter = patch(cut_out((image * 0.5 + 60).astype(np.uint8), REGION), REGION, REGION)
    assert still @ brighter > 0.99
    slipped = Region(REGION.x_px + 12, REGION.y_px - 8, REGION.side_px * 1.1, REGION.angle_rad)
    assert still @ patch(cut_out(image, slipped), slipped, REGION) > 0.9
    assert still @ patch(cut_out(other, REGION), REGION, REGION) < 0.5


def test_an_even_crop_has_no_likeness() -> None:
    grey = np.full((SIDE_PX, SIDE_PX, 3), 90, dtype=np.uint8)
    assert not patch(grey, REGION, REGION).any()
