"""A track that is read in parts is the track that was written, and no more than a part is held."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.align.moments import STATISTICS
from depx.align.pool import pool
from depx.align.samples import samples_of, stored_samples
from depx.errors import DamagedError
from depx.extract.store import layout
from depx.extract.store.reader import Store, StoredSession
from depx.features.columns import Column

COLUMNS = (Column("a", "1"), Column("confidence", "0..1"), Column("b", "1", absent=0.0))


@pytest.fixture
def stored(shelf: Any) -> StoredSession:
    """One session with 110 s of sound, at a rate that drifts."""
    track = shelf.sound(110.0, columns=COLUMNS)
    track.value_FC[::5, 2] = 0.0
    track.value_FC[:, 1] = np.abs(track.value_FC[:, 1])
    track.valid_F[::11] = False
    track.time_s[:] += np.cumsum(np.random.default_rng(0).uniform(0, 0.004, track.rows))
    shelf.session("a", {"sound": track})
    (session,) = Store.open(shelf.path).sessions()
    return session


def test_parts_are_the_track(stored: StoredSession) -> None:
    whole = stored.samples("sound")
    opened = stored.open("sound")
    parts = list(opened.parts(("b", "nowhere", "a")))
    assert len(parts) == 3
    assert max(part.rows for part in parts) == layout.ROW_GROUP
    assert [column.name for column in parts[0].columns] == ["a", "b"]
    np.testing.assert_array_equal(
        np.concatenate([part.value_FC for part in parts]), whole.value_FC[:, [0, 2]]
    )
    np.testing.assert_array_equal(np.concatenate([p.valid_F for p in parts]), whole.valid_F)
    np.testing.assert_array_equal(np.concatenate([p.time_s for p in parts]), whole.time_s)


def test_words_over_parts_pool_as_over_the_whole(stored: StoredSession) -> None:
    start_s_W = np.sort(np.random.default_rng(1).uniform(0, 130, 300))
    stop_s_W = start_s_W + 2.0
    whole, names = stored.samples("sound"), ("b", "a")
    pooled = [
        pool(parts, start_s_W, stop_s_W, width=2, statistics=STATISTICS).pooled(STATISTICS)
        for parts in (
            [samples_of(whole, names, *whole.owned())],
            stored_samples(stored.open("sound"), names),
        )
    ]
    np.testing.assert_array_equal(pooled[0].n_frames_W, pooled[1].n_frames_W)
    np.testing.assert_allclose(pooled[0].valid_W, pooled[1].valid_W, rtol=1e-6)
    for statistic in STATISTICS:
        np.testing.assert_allclose(
            pooled[1].value[statistic], pooled[0].value[statistic], rtol=1e-5, atol=1e-6
        )


def test_a_file_that_is_not_the_one_on_record_is_not_read(stored: StoredSession) -> None:
    path: Path = stored.folder / "sound.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=r"is not the file that session\.json records"):
        stored.open("sound")
