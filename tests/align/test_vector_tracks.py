"""Tracks of nameless numbers: opened in parts, and pooled under words as any other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.summary import AlignSummary
from depx.extract.store.reader import Store
from depx.features.columns import numbered

Run = Callable[..., tuple[AlignSummary, list[str]]]
WIDTH = 4464
HOG = numbered("hog", WIDTH)


@pytest.fixture
def filled(shelf: Any) -> Path:
    """One session with a track of vectors, one without."""
    made = shelf.sound(8.0, columns=HOG)
    made.valid_F[200:260] = False
    made.value_FC[200:260] = np.nan
    shelf.session("with", {**shelf.dialogue(), "hog": made})
    shelf.session("without", shelf.dialogue())
    return Path(shelf.path)


def test_parts_batches_and_columns_are_those_that_were_written(filled: Path, shelf: Any) -> None:
    stored = next(one for one in Store.open(filled).sessions() if one.has("hog"))
    whole = stored.samples("hog")
    assert stored.columns("hog") == whole.columns == HOG
    for wanted in (["hog_7", "nowhere", "hog_3"], [column.name for column in HOG], []):
        parts = list(stored.open("hog").parts(wanted))
        assert len(parts) > 1
        kept = [c for c, column in enumerate(HOG) if column.name in wanted]
        assert parts[0].columns == tuple(HOG[c] for c in kept)
        np.testing.assert_array_equal(
            np.concatenate([part.value_FC for part in parts]), whole.value_FC[:, kept]
        )
    batches = list(stored.batches("hog", ("time_s", "vector"), rows=100))
    vectors = np.concatenate([np.stack(batch["vector"].to_numpy(False)) for batch in batches])
    np.testing.assert_array_equal(vectors, whole.value_FC)


def test_they_are_pooled_as_the_weighted_mean_of_the_samples_under_a_word(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    summary, _ = run(filled, tmp_path / "d", pool=("mean", "max"))
    assert summary.sessions == 2
    words = pd.read_parquet(tmp_path / "d" / "words")
    stored = next(one for one in Store.open(filled).sessions() if one.has("hog"))
    track = stored.samples("hog")
    start_s, stop_s = track.owned()
    mine = words[(words.session == "with") & ~words.masked]
    for _, word in mine.iterrows():
        overlap_F = np.minimum(stop_s, word.stop_s) - np.maximum(start_s, word.start_s)
        under_F = (overlap_F > 1e-9) & track.valid_F
        if not under_F.any():
            assert np.isnan(word.hog_mean).all()
            continue
        expected_C = np.average(track.value_FC[under_F], axis=0, weights=overlap_F[under_F])
        np.testing.assert_allclose(word.hog_mean, expected_C, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(word.hog_max, track.value_FC[under_F].max(axis=0))
    assert np.isnan(np.stack(list(words[words.session == "without"].hog_mean))).all()
    modality = Dataset.open(tmp_path / "d").modalities["hog"]
    assert (modality.column, modality.names, modality.width) == ("hog_mean", (), WIDTH)
