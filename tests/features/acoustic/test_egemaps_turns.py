"""Functionals of turns: openSMILE's 88, over exactly the turn, and only of what was measured."""

import math
from pathlib import Path

import numpy as np
import pytest

from depx.errors import NothingToMeasure, SignalError, UsageError
from depx.features.acoustic.egemaps_turns import COLUMNS, REASONS, EgemapsTurns
from depx.features.extractor import Inputs, Measured, Sound
from depx.features.types import F32
from depx.features.words import Role, Turn, TurnTable

RATE = 16_000
NAMES = [column.name for column in COLUMNS]
AMPLITUDES = [c for c, name in enumerate(NAMES) if "amplitudeLogRelF0" in name]
UNITS = dict(zip(NAMES, (column.unit for column in COLUMNS), strict=True))
NAN = math.nan


def voice(seconds: float, f0_hz: float = 120.0) -> F32:
    """Harmonics with falling level, trembling a little, with a pause every half second."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (f0_hz * t + np.sin(2 * np.pi * 4 * t) / 10)
    y = sum(np.sin(k * phase) / k for k in range(1, 20)) * (np.sin(4 * np.pi * t) > -0.5)
    return (0.2 * y).astype(np.float32) + room(seconds)


def room(seconds: float) -> F32:
    noise = np.random.default_rng(0).normal(0, 1e-3, round(seconds * RATE))
    return noise.astype(np.float32)


def turns(*times: tuple[float, float]) -> tuple[Turn, ...]:
    return tuple(
        Turn(index=t, speaker="S", role=Role.UNKNOWN, start_s=start_s, stop_s=stop_s, words=())
        for t, (start_s, stop_s) in enumerate(times)
    )


def measure(
    y_N: F32, *times: tuple[float, float], start_s: float = 0.0, **how: object
) -> tuple[TurnTable, Measured]:
    sound = Sound(y_N, start_s)
    measured = EgemapsTurns(**how)(Inputs(sound=sound, turns=turns(*times)))
    assert isinstance(measured.table, TurnTable)
    return measured.table, measured


def bare(y_N: F32) -> F32:
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    return smile(y_N, RATE)[0, :, 0]


def column(table: TurnTable, name: str) -> F32:
    return table.value_TC[:, NAMES.index(name)]


def test_the_columns_are_those_of_opensmile() -> None:
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    assert smile.feature_names == NAMES
    assert len(NAMES) == 88


def test_a_functional_has_the_unit_of_its_descriptor() -> None:
    assert UNITS["F0semitoneFrom27.5Hz_sma3nz_amean"] == "semitone"
    assert UNITS["F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2"] == "semitone"
    assert UNITS["F0semitoneFrom27.5Hz_sma3nz_meanRisingSlope"] == "semitone/s"
    assert UNITS["F2bandwidth_sma3nz_amean"] == "Hz"
    assert UNITS["F2bandwidth_sma3nz_stddevNorm"] == "1"
    assert UNITS["alphaRatioUV_sma3nz_amean"] == "dB"
    assert UNITS["slopeV0-500_sma3nz_amean"] == "dB/Hz"
    assert UNITS["loudness_sma3_stddevFallingSlope"] == "1/s"
    assert UNITS["MeanUnvoicedSegmentLength"] == "s"
    assert UNITS["equivalentSoundLevel_dBp"] == "dB"


def test_a_turn_is_summed_up_by_itself_from_its_first_to_its_last_sample() -> None:
    y_N = voice(4)
    table, _ = measure(y_N, (10.5, 12.0), (11.0, 13.25), start_s=10.0)
    kept = np.setdiff1d(np.arange(88), AMPLITUDES)
    for row, part in zip(table.value_TC, (y_N[8_000:32_000], y_N[16_000:52_000]), strict=True):
        np.testing.assert_array_equal(row[kept], bare(part)[kept])
    assert table.valid_T.all()
    assert np.isfinite(table.value_TC).all()


def test_with_compat_every_value_is_that_of_opensmile() -> None:
    y_N = np.concatenate([voice(2), room(1)])
    table, _ = measure(y_N, (0.0, 2.0), (2.0, 3.0), compat=True)
    np.testing.assert_array_equal(table.value_TC, [bare(y_N[: 2 * RATE]), bare(y_N[2 * RATE :])])


def test_amplitudes_of_formants_are_summed_up_in_voice_only() -> None:
    """Longer pauses leave them where they are; openSMILE's own go towards -201."""
    pause = room(1)
    y_N = np.concatenate([voice(2), pause, pause, pause])
    name = "F1amplitudeLogRelF0_sma3nz_amean"
    ours, theirs = (
        column(measure(y_N, (0, 2), (0, 5), compat=compat)[0], name) for compat in (False, True)
    )
    assert ours[1] == pytest.approx(ours[0], abs=0.5)
    assert -40 < ours[0] < 10
    assert theirs[1] < -100


def test_what_only_voice_has_is_not_measured_in_a_turn_without_voice() -> None:
    table, measured = measure(np.concatenate([room(1), voice(1)]), (0, 1), (1, 2))
    for name in (
        "F0semitoneFrom27.5Hz_sma3nz_amean",
        "F0semitoneFrom27.5Hz_sma3nz_meanRisingSlope",
        "jitterLocal_sma3nz_amean",
        "F1frequency_sma3nz_stddevNorm",
        "mfcc2V_sma3nz_amean",
    ):
        assert np.isnan(column(table, name)).tolist() == [True, False], name
    for name in ("loudness_sma3_amean", "alphaRatioUV_sma3nz_amean", "VoicedSegmentsPerSec"):
        assert np.isfinite(column(table, name)).all(), name
    assert column(table, "VoicedSegmentsPerSec")[0] == 0
    assert table.valid_T.all()
    assert measured.quality["turns_without_voice"] == 1


def test_pitch_is_that_of_the_turn() -> None:
    y_N = np.concatenate([voice(1, 110.0), voice(1, 220.0)])
    table, _ = measure(y_N, (0, 1), (1, 2))
    median = column(table, "F0semitoneFrom27.5Hz_sma3nz_percentile50.0")
    np.testing.assert_allclose(median, [24, 36], atol=0.7)


def test_a_turn_that_cannot_be_measured_is_a_row_of_nan_and_counted() -> None:
    y_N = voice(2)
    y_N[8_000:16_000] = 0
    table, measured = measure(
        y_N,
        *((NAN, NAN), (1.0, NAN), (1.5, 1.2)),
        *((2.0, 3.0), (-2.0, -1.0)),
        *((1.0, 1.05), (1.97, 3.0)),
        *((0.3, 1.5), (0.5, 1.0)),
        (1.2, 2.0),
    )
    assert table.valid_T.tolist() == [False] * 9 + [True]
    assert np.isnan(table.value_TC[:9]).all()
    assert {reason: measured.quality[reason] for reason in REASONS} == {
        "turns_without_times": 3,
        "turns_beyond_sound": 2,
        "turns_too_short": 2,
        "turns_scrubbed": 2,
        "turns_too_long": 0,
    }
    assert measured.quality["turns"] == 10
    assert measured.quality["turns_measured"] == 1
    assert len(table.turns) == 10


def test_the_shortest_turn_is_60_milliseconds() -> None:
    table, _ = measure(voice(1), (0.3, 0.36), (0.3, 0.3599))
    assert table.valid_T.tolist() == [True, False]


def test_a_turn_that_passes_the_end_of_the_sound_is_cut_there() -> None:
    y_N = voice(2)
    table, measured = measure(y_N, (1.0, 2.0), (1.0, 9.0), (-1.0, 1.0), (0.0, 1.0))
    np.testing.assert_array_equal(table.value_TC[1], table.value_TC[0])
    np.testing.assert_array_equal(table.value_TC[2], table.value_TC[3])
    assert measured.quality["turns_shortened"] == 2


def test_scrubbed_spans_at_the_ends_of_a_turn_are_cut_off() -> None:
    y_N = voice(3)
    y_N[:16_000] = y_N[40_000:] = 0
    table, measured = measure(y_N, (0.5, 3.0), (1.0, 2.5))
    np.testing.assert_array_equal(table.value_TC[0], table.value_TC[1])
    assert measured.quality["turns_shortened"] == 1


@pytest.mark.parametrize(("scrubbed_ms", "measured"), [(190, True), (210, False)])
def test_a_tenth_of_a_turn_may_be_scrubbed(scrubbed_ms: int, measured: bool) -> None:
    y_N = voice(2)
    y_N[16_000 : 16_000 + 16 * scrubbed_ms] = 0
    table, _ = measure(y_N, (0.0, 2.0))
    assert table.valid_T.tolist() == [measured]


def test_a_turn_longer_than_memory_allows_is_not_measured_and_the_user_is_told_how() -> None:
    table, measured = measure(voice(3), (0.0, 2.5), (1.0, 2.0), longest_s=2.0)
    assert table.valid_T.tolist() == [False, True]
    assert measured.quality["turns_too_long"] == 1
    assert measured.warnings == (
        "egemaps_turns: 1 of 2 turns are longer than 2 s and were not measured; --set "
        "egemaps_turns.longest_s=SECONDS allows more, at 30 MB of memory a minute",
    )
    assert measure(voice(3), (0.0, 2.5))[1].warnings == ()


def test_turns_that_are_scrubbed_are_told_of_in_one_line() -> None:
    y_N = voice(4)
    y_N[8_000:16_000] = y_N[40_000:48_000] = 0
    _, measured = measure(y_N, (0.3, 1.5), (2.3, 3.5), (1.0, 2.0))
    (line,) = measured.warnings
    assert line.startswith("egemaps_turns: 2 of 3 turns are exactly zero for more than a tenth")


def test_repeated_runs_give_the_same_bytes() -> None:
    y_N = voice(2)
    first, second = (measure(y_N, (0, 1), (0.5, 2))[0].value_TC.tobytes() for _ in range(2))
    assert first == second


def test_bad_input_is_refused() -> None:
    y_N = voice(1)
    with pytest.raises(NothingToMeasure, match="no sound"):
        EgemapsTurns()(Inputs(turns=turns((0, 1))))
    with pytest.raises(NothingToMeasure, match="no words"):
        EgemapsTurns()(Inputs(sound=Sound(y_N, 0.0)))
    y_N[500] = np.nan
    with pytest.raises(SignalError, match="NaN or infinite"):
        measure(y_N, (0.0, 1.0))
    with pytest.raises(UsageError, match=r"longest_s: expected at least 0\.06 s, got nan"):
        EgemapsTurns(longest_s=NAN)


def test_real_amplitudes_are_the_mean_over_voiced_rows(real_data: Path) -> None:
    """Against openSMILE's own descriptors, averaged where their neighbours are voiced, too."""
    import opensmile
    import soundfile

    y_N, _ = soundfile.read(real_data / "speech" / "librivox_0870.wav", dtype="float32")
    smile = opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors
    )
    rows = dict(zip(smile.feature_names, smile(y_N, RATE)[0], strict=True))
    voiced = rows["F0semitoneFrom27.5Hz_sma3nz"] > 0
    inside = voiced & np.roll(voiced, 1) & np.roll(voiced, -1)
    table, _ = measure(y_N, (0.0, y_N.size / RATE))
    for i in (1, 2, 3):
        name = f"F{i}amplitudeLogRelF0_sma3nz"
        expected = float(rows[name][inside].mean())
        assert column(table, f"{name}_amean")[0] == pytest.approx(expected, abs=1.0)
    assert np.isfinite(table.value_TC).all()
