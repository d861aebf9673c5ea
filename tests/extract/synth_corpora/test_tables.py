"""Numbers as C++ prints them."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.extract.synth.corpora.tables import significant, table


@given(
    st.lists(st.floats(min_value=1e-3, max_value=9e7), min_size=1, max_size=20),
    st.sampled_from([5, 6]),
)
def test_rounding_is_that_of_printf(values: list[float], digits: int) -> None:
    x = np.array([*values, *(-v for v in values)])
    expected = np.array([float(f"{v:.{digits}g}") for v in x])
    # a number exactly between two roundings may go either way
    np.testing.assert_allclose(significant(x, digits), expected, rtol=1.01 * 10.0 ** (1 - digits))
    clear = np.abs(x / expected - 1) < 0.49 * 10.0 ** (1 - digits)
    np.testing.assert_array_equal(significant(x, digits)[clear], expected.astype(np.float32)[clear])


def test_a_table_reads_back_with_its_own_separator_and_its_own_nan() -> None:
    columns = [np.arange(1, 4), np.array([0.5, np.nan, 1234567.0]), np.array([0, -np.inf, 2.0])]
    text = b"".join(table("a, b, c", columns, separator=", ", nan="-1.#IND", infinity="Inf"))
    assert text == b"a, b, c\n1, 0.5, 0\n2, -1.#IND, -Inf\n3, 1234570, 2\n"


@pytest.mark.parametrize("rows", [1, 4096, 4097, 9000])
def test_blocks_join_without_a_seam(rows: int) -> None:
    column = np.arange(rows) / 2
    text = b"".join(table("", [column], separator=","))
    np.testing.assert_allclose(np.loadtxt(io.BytesIO(text), ndmin=1), column)
