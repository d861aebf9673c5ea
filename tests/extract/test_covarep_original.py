"""COVAREP hears a file as it was recorded, and the record says what it heard."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from depx.extract.run import extract
from depx.extract.settings import parse

VOICE = Path(__file__).parents[2] / "extract" / "synth" / "assets" / "librivox_0930.flac"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Two seconds of speech at 32 kHz on the right channel; a hiss on the left."""
    y_N, _ = soundfile.read(VOICE, frames=32_000)
    right_N = np.interp(np.arange(64_000) / 2, np.arange(32_000), y_N)
    left_N = 1e-3 * np.random.default_rng(0).standard_normal(64_000)
    (tmp_path / "in" / "a").mkdir(parents=True)
    soundfile.write(tmp_path / "in" / "a" / "a.wav", np.stack([left_N, right_N], 1), 32_000)
    return tmp_path


def measured(session: Path, **values: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    settings = parse(("covarep",), {name.replace("_", ".", 1): v for name, v in values.items()})
    summary = extract(
        [session / "in"], session / "S", settings, lambda _outcome: None, lambda _line: None
    )
    assert summary.exit_code == 0
    record = json.loads((session / "S" / "a" / "session.json").read_text())
    return pd.read_parquet(session / "S" / "a" / "covarep.parquet"), record["tracks"]["covarep"]


def test_compat_hears_the_first_channel_at_the_files_rate_and_says_so(session: Path) -> None:
    table, record = measured(session, covarep_compat="true")
    assert record["quality"]["rate_hz"] == 32_000
    assert record["quality"]["media"]["channels_taken"] == [0]
    assert record["quality"]["media"]["dc_removed"] is False
    assert any("hears the first of 2 channels" in line for line in record["warnings"])
    assert not any("took" in line for line in record["warnings"])
    assert table.time_s[0] == pytest.approx(159 / 32_000)
    assert table.VUV.mean() < 0.1


def test_compat_hears_the_channel_that_the_user_names(session: Path) -> None:
    table, record = measured(session, covarep_compat="true", audio_channel="right")
    assert record["quality"]["media"]["channels_taken"] == [1]
    assert table.VUV.mean() > 0.4


def test_without_compat_the_channels_that_sound_are_heard_at_16_khz(session: Path) -> None:
    table, record = measured(session)
    assert record["quality"]["rate_hz"] == 16_000
    assert record["quality"]["media"]["file_rate_hz"] == 32_000
    assert table.VUV.mean() > 0.4
