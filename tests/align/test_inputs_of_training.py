"""What ``depx align --pool mean,std`` writes is what models read of spreads and shares."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.align.dataset import Dataset
from depx.align.summary import AlignSummary
from depx.errors import TrainingError
from depx.features.columns import FACE_VECTOR, names
from depx.train.words import read_words

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]
PARTS = {"text": "bert", "acoustic": "egemaps", "vision": "face"}
EVERYTHING = ("mean", "std", "valid")


def test_a_training_set_pooled_with_spreads_is_read_with_them(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    table = labels("session,phq8\ns1,3\ns2,9\ns3,12\n")
    run(filled, tmp_path / "d", labels=table, pool=("mean", "std"))
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    found = read_words(dataset, dataset.target, PARTS, inputs=EVERYTHING)
    face = names(FACE_VECTOR)
    assert found.names["vision"] == (*face, *(f"{name}_std" for name in face), "valid")
    assert len(found.names["text"]) == dataset.modalities["bert"].width + 1
    for s, session in enumerate(found.sessions):
        rows = slice(*found.offsets_S1[s : s + 2])
        arrays = dataset.session(session)
        kept = ~arrays["masked"]
        vision_WC = found.vectors["vision"][rows]
        np.testing.assert_array_equal(vision_WC[:, : len(face)], arrays["face_mean"][kept])
        np.testing.assert_array_equal(vision_WC[:, len(face) : -1], arrays["face_std"][kept])
        share_W = arrays["face_valid"][kept]
        np.testing.assert_array_equal(vision_WC[:, -1], np.where(share_W > 0, share_W, np.nan))
        assert np.isfinite(vision_WC).any() == (session != "s2")  # which has no face


def test_a_training_set_pooled_without_spreads_names_what_mends_it(
    run: Run, filled: Path, tmp_path: Path, labels: Write
) -> None:
    run(filled, tmp_path / "d", labels=labels("session,phq8\ns1,3\ns2,9\ns3,12\n"))
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.target is not None
    lacks = r"no spread of egemaps and face, .*depx align --pool mean,std"
    with pytest.raises(TrainingError, match=lacks):
        read_words(dataset, dataset.target, PARTS, inputs=EVERYTHING)
