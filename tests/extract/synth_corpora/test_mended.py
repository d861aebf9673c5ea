"""The planted errors are those that the published corrections mend."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from depx.cli import root
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, order: Callable[..., Order]) -> Path:
    """Sessions 300, 301 and 318, whose transcript is half a minute early."""
    folder = tmp_path_factory.mktemp("corpus")
    build(folder, order("daic-woz", sessions=3, daic_ids=True, minutes=1.0))
    return folder


@pytest.mark.parametrize(("corrections", "share"), [("published", 1.0), ("none", 0.0)])
def test_turns_of_318_lie_on_speech_once_the_offset_is_added(
    corpus: Path, tmp_path: Path, corrections: str, share: float
) -> None:
    asked = ["extract", str(corpus), "-o", str(tmp_path), "--tracks", "words,vad", "--only", "318"]
    done = CliRunner().invoke(root, [*asked, "--corrections", corrections])
    assert done.exit_code == 0, done.output
    words = pd.read_parquet(tmp_path / "318" / "words.parquet")
    vad = pd.read_parquet(tmp_path / "318" / "vad.parquet")
    own = words[(words.role == "participant") & (words.kind == "word")]
    inside = np.zeros(len(vad), dtype=bool)
    for start_s, stop_s in {*zip(own.turn_start_s, own.turn_stop_s, strict=True)}:
        inside |= (vad.time_s >= start_s) & (vad.time_s < stop_s)
    assert inside.any()
    assert vad.speech[inside].mean() == pytest.approx(share, abs=0.05)
