"""Rows come back from the spool as they went in."""

from io import BytesIO
from pathlib import Path

import numpy as np

from depx.features.columns import Column
from depx.features.spool import Spool
from depx.features.track import LongTrack, Track


def test_rows_come_back_in_any_range_and_between_appends() -> None:
    value_NC = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
    value_NC[5, 1] = np.nan
    spool = Spool(BytesIO(), 3)
    spool.append(value_NC[:20])
    np.testing.assert_array_equal(spool.read(4, 9), value_NC[4:9])
    spool.append(value_NC[20:].astype(np.float64))
    assert spool.rows == 70
    np.testing.assert_array_equal(spool.read(0, 70), value_NC)
    assert spool.read(30, 30).shape == (0, 3)


def test_a_long_track_is_the_same_every_time_it_is_asked_for() -> None:
    value_FC = np.arange(20, dtype=np.float32).reshape(10, 2)
    columns = (Column("a", "mm"), Column("b", "mm"))

    def part(rows: slice) -> Track:
        return Track(
            time_s=np.arange(10.0)[rows],
            value_FC=value_FC[rows],
            columns=columns,
            valid_F=np.ones(10, dtype=np.bool_)[rows],
            rate_hz=1.0,
        )

    track = LongTrack(
        rows=10,
        columns=columns,
        rate_hz=1.0,
        parts=lambda: (part(slice(first, first + 4)) for first in (0, 4, 8)),
    )
    for _ in range(2):
        whole = track.whole()
        np.testing.assert_array_equal(whole.value_FC, value_FC)
        np.testing.assert_array_equal(whole.time_s, np.arange(10.0))
        assert whole.valid_F.all()


def test_the_file_is_closed_with_the_spool(tmp_path: Path) -> None:
    file = (tmp_path / "rows").open("w+b")
    spool = Spool(file, 2)
    spool.append(np.ones((4, 2), dtype=np.float32))
    assert not file.closed
    del spool
    assert file.closed
