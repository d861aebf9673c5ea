"""Mel levels and cepstra: the textbook's formula, on a clock, without a trace of the rest."""

import numpy as np
import pytest

from depx.errors import NothingToMeasure, SignalError, UsageError
from depx.features.acoustic.logmel import LogMel
from depx.features.acoustic.mel import Mel, levels
from depx.features.acoustic.mfcc import Mfcc
from depx.features.extractor import Extractor, Inputs, Sound
from depx.features.track import LongTrack, Track
from depx.features.types import F32, F64

RATE = 16_000
BOTH = (LogMel(), Mfcc())


def noise(seconds: float, level: float = 0.05, seed: int = 0) -> F32:
    count = round(seconds * RATE)
    return np.random.default_rng(seed).normal(0, level, count).astype(np.float32)


def speechlike(seconds: float) -> F32:
    """A wide range of levels: harmonics that fall, tremble and pause, over a faint noise."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (140 * t + 20 * np.sin(2 * np.pi * 3 * t))
    y = sum(np.sin(k * phase) / k**2 for k in range(1, 25)) * (np.sin(2 * np.pi * 2 * t) > -0.5)
    return (0.3 * y).astype(np.float32) + noise(seconds, 1e-4)


def measure(extractor: Extractor, y_N: F32, start_s: float = 0.0) -> Track:
    table = extractor(Inputs(sound=Sound(y_N, start_s))).table
    assert isinstance(table, LongTrack)
    return table.whole()


def slaney_hz(mel: F64) -> F64:
    """Slaney's mel scale: linear below 1 kHz, then 27 steps to a factor of 6.4."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))


def naive_levels(y_N: F32, bands: int) -> F64:
    """The definition, a row and a band at a time, in double precision."""
    top = 15 + 27 * np.log(8) / np.log(6.4)
    edge_hz = slaney_hz(np.linspace(0, top, bands + 2))
    bin_hz = np.arange(257) * RATE / 512
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    weights = []
    for low, middle, high in zip(edge_hz, edge_hz[1:], edge_hz[2:], strict=False):
        rising, falling = (bin_hz - low) / (middle - low), (high - bin_hz) / (high - middle)
        weights.append(np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low))
    rows = []
    for centre in range(320, y_N.size - 200 + 1, 160):
        power = np.abs(np.fft.fft(y_N[centre - 200 : centre + 200] * window, 512)[:257]) ** 2
        rows.append([10 * np.log10(max((w * power).sum(), 1e-10)) for w in weights])
    return np.array(rows)


def naive_cepstra(level_FB: F64, coefficients: int) -> F64:
    bands = level_FB.shape[1]
    b = np.arange(bands) + 0.5
    basis = [np.cos(np.pi * k * b / bands) * np.sqrt(2 / bands) for k in range(coefficients)]
    basis[0] /= np.sqrt(2)
    return level_FB @ np.array(basis).T


def test_levels_are_those_of_the_definition() -> None:
    y_N = speechlike(2)
    expected = naive_levels(y_N, 80)
    np.testing.assert_allclose(measure(LogMel(), y_N).value_FC, expected, rtol=0, atol=1e-4)


def test_cepstra_are_those_of_the_definition() -> None:
    y_N = speechlike(2)
    expected = naive_cepstra(naive_levels(y_N, 40), 13)
    np.testing.assert_allclose(measure(Mfcc(), y_N).value_FC, expected, rtol=0, atol=1e-4)


@pytest.mark.slow  # librosa.feature compiles when it is first touched
def test_both_are_what_librosa_gives_for_the_same_frames() -> None:
    import librosa

    y_N = speechlike(2)
    framed = y_N[320 - 256 :]  # librosa centres its window in a frame of 512
    how = dict(sr=RATE, n_fft=512, hop_length=160, win_length=400, center=False)
    for extractor, bands in ((LogMel(), 80), (Mfcc(), 40)):
        level = librosa.power_to_db(
            librosa.feature.melspectrogram(y=framed, n_mels=bands, **how), top_db=None
        )
        expected = level if bands == 80 else librosa.feature.mfcc(S=level, n_mfcc=13)
        ours = measure(extractor, y_N).value_FC[: expected.shape[1]]
        np.testing.assert_allclose(
            ours, expected.T, rtol=1e-4, atol=2e-3
        )  # its spectra are float32


@pytest.mark.parametrize("extractor", BOTH)
def test_rows_lie_on_the_clock_of_opensmile(extractor: Extractor) -> None:
    track = measure(extractor, noise(1), start_s=1.5)
    np.testing.assert_allclose(track.time_s, 1.52 + 0.01 * np.arange(track.rows))


def test_a_click_is_loudest_at_the_centre_of_its_row() -> None:
    for click_s in (0.500, 0.603, 0.707):
        y_N = noise(1, 1e-5)
        y_N[round(click_s * RATE)] = 0.9
        track = measure(LogMel(), y_N)
        power_F = (10 ** (track.value_FC.astype(np.float64) / 10)).sum(axis=1)
        centre_s = (power_F * track.time_s).sum() / power_F.sum()
        assert centre_s == pytest.approx(click_s, abs=0.002)


@pytest.mark.parametrize("samples", [520, 679, 680, 16_000])
def test_every_window_lies_within_the_sound(samples: int) -> None:
    track = measure(LogMel(), noise(1)[:samples])
    assert track.rows == (samples - 520) // 160 + 1
    assert (track.time_s[-1] + 0.0125) * RATE <= samples + 1e-6


def test_a_band_is_loudest_for_the_tone_in_it() -> None:
    t = np.arange(RATE) / RATE
    middle_hz = slaney_hz(np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), 82))[1:-1]
    for band in (10, 40, 70):
        tone = (0.5 * np.sin(2 * np.pi * middle_hz[band] * t)).astype(np.float32)
        assert (measure(LogMel(), tone).value_FC.argmax(axis=1) == band).all()


@pytest.mark.parametrize("chunk_rows", [1, 7, 100])
def test_chunks_equal_the_whole_bit_by_bit(chunk_rows: int) -> None:
    y_N, mel = speechlike(4), LogMel().mel()
    whole = np.concatenate(list(levels(y_N, mel, chunk_rows=10_000)))
    parts = np.concatenate(list(levels(y_N, mel, chunk_rows=chunk_rows)))
    np.testing.assert_array_equal(parts, whole)


def test_a_row_does_not_depend_on_what_is_far_from_it() -> None:
    quiet, loud = speechlike(1) * np.float32(0.01), noise(1, 0.2)
    alone = measure(LogMel(), quiet).value_FC
    beside = measure(LogMel(), np.concatenate([quiet, loud])).value_FC
    np.testing.assert_array_equal(beside[: len(alone)], alone)


def test_a_fainter_sound_moves_levels_by_as_much_and_cepstra_but_the_first_not() -> None:
    y_N = noise(1)
    faint_N = (y_N.astype(np.float64) / 10).astype(np.float32)
    moved = measure(LogMel(), faint_N).value_FC - measure(LogMel(), y_N).value_FC
    np.testing.assert_allclose(moved, -20, atol=1e-4)
    moved = measure(Mfcc(), faint_N).value_FC - measure(Mfcc(), y_N).value_FC
    np.testing.assert_allclose(moved[:, 0], -20 * np.sqrt(40), atol=1e-3)
    np.testing.assert_allclose(moved[:, 1:], 0, atol=1e-3)


def test_no_level_is_below_that_of_digital_silence() -> None:
    y_N = np.concatenate([noise(0.5), np.zeros(800, np.float32), noise(0.5)])
    track = measure(LogMel(), y_N)  # 50 ms of zeros are not yet a scrubbed span
    assert track.valid_F.all()
    assert track.value_FC.min() == -100


@pytest.mark.parametrize("extractor", BOTH)
def test_rows_that_a_scrubbed_span_touches_are_not_measured(extractor: Extractor) -> None:
    y_N = noise(1)
    y_N[6_000:8_000] = 0
    track = measure(extractor, y_N)
    centre_F = 320 + 160 * np.arange(track.rows)
    touched_F = (centre_F + 200 >= 6_000) & (centre_F - 200 < 8_000)
    np.testing.assert_array_equal(track.valid_F, ~touched_F)
    assert np.isnan(track.value_FC[touched_F]).all()
    assert np.isfinite(track.value_FC[~touched_F]).all()


@pytest.mark.parametrize("extractor", BOTH)
def test_repeated_runs_give_the_same_bytes(extractor: Extractor) -> None:
    y_N = speechlike(1)
    first, second = (measure(extractor, y_N).value_FC.tobytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("extractor", BOTH)
def test_bad_sounds_are_refused(extractor: Extractor) -> None:
    with pytest.raises(NothingToMeasure):
        extractor(Inputs())
    with pytest.raises(
        SignalError, match=rf"is 32\.44 ms long; {extractor.name} takes at least 32\.5; check"
    ):
        measure(extractor, noise(1)[:519])
    y_N = noise(1)
    y_N[700] = np.nan
    with pytest.raises(SignalError, match="NaN or infinite"):
        measure(extractor, y_N)


@pytest.mark.parametrize(
    ("field", "value"),
    [("bands", 0), ("window_s", 0.05), ("fft", 256), ("low_hz", 9e3), ("high_hz", 9e3)],
)
def test_parameters_out_of_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(UsageError, match=rf"logmel\.{field}: expected .*, got"):
        LogMel(**{field: value})


def test_a_window_of_no_length_is_refused_with_the_shortest() -> None:
    with pytest.raises(UsageError, match=r"expected 0\.000125 to 0\.04 s, got 0$"):
        Mfcc(window_s=0)


def test_bands_too_narrow_for_the_spectrum_are_refused() -> None:
    with pytest.raises(UsageError, match="of 400 bands hold no bin of a 512-point spectrum"):
        measure(LogMel(bands=400), noise(1))


def test_there_are_no_more_coefficients_than_bands() -> None:
    with pytest.raises(UsageError, match=r"mfcc\.coefficients: expected 1 to 40"):
        Mfcc(coefficients=41)


def test_parameters_shape_the_columns() -> None:
    y_N = noise(0.2)
    assert measure(LogMel(bands=23), y_N).value_FC.shape[1] == 23
    names = [column.name for column in measure(Mfcc(coefficients=20), y_N).columns]
    assert names == [f"mfcc_{i}" for i in range(20)]
    longer = Mel(bands=80, window_s=0.032, fft=512, low_hz=0, high_hz=8000)
    assert measure(LogMel(window_s=0.032), y_N).rows == longer.rows(y_N.size)
