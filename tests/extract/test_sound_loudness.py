"""Level, loudness, clipping: measured on every recording, changed on request only."""

from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pytest
import soundfile

from depx.extract.blanks import at_rate, united, widened
from depx.extract.loudness import Loudness, gain_to, measure
from depx.extract.samples import FileSamples
from depx.extract.sound import OpenedSound, open_sound
from depx.features.spool import Spool
from depx.features.types import F32, F64

RATE = 16_000
NO_SPANS = np.empty((0, 2), np.int64)


def tone(amplitude: float, seconds: float = 3.0, hz: float = 997.0, rate: int = RATE) -> F32:
    t = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def heard(folder: Path, y_N: F32, subtype: str = "FLOAT", **wanted: float) -> OpenedSound:
    soundfile.write(folder / "a.wav", y_N, RATE, subtype=subtype)
    return open_sound(folder / "a.wav", folder, **wanted)


def bs1770(y_N: F64, rate: int) -> float:
    """Integrated loudness of a mono sound by ITU-R BS.1770-5, biquads by De Man's formulas."""
    from scipy.signal import lfilter

    k = np.tan(np.pi * 1681.974450955533 / rate)
    q, gain = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = gain**0.4996667741545416
    norm = 1 + k / q + k * k
    shelf = np.array([gain + band * k / q + k * k, 2 * (k * k - gain), gain - band * k / q + k * k])
    y_N = lfilter(shelf / norm, [1, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm], y_N)
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    norm = 1 + k / q + k * k
    y_N = lfilter([1, -2, 1], [1, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm], y_N)
    block, hop = round(0.4 * rate), round(0.1 * rate)
    power = np.array(
        [np.mean(y_N[i : i + block] ** 2) for i in range(0, len(y_N) - block + 1, hop)]
    )
    loud = -0.691 + 10 * np.log10(power + 1e-30)
    power = power[loud > -70]
    gate = -0.691 + 10 * np.log10(power.mean()) - 10
    return float(-0.691 + 10 * np.log10(power[-0.691 + 10 * np.log10(power) > gate].mean()))


def test_a_997_hz_tone_of_full_scale_is_minus_3_lufs() -> None:
    found = measure(tone(1.0), RATE, NO_SPANS)
    assert found.lufs == pytest.approx(-3.01, abs=0.05)  # BS.1770-5, annex 1
    assert found.rms_dbfs == pytest.approx(-3.01, abs=0.01)
    assert found.peak == pytest.approx(1, abs=1e-3)


def test_loudness_agrees_with_the_filters_of_the_standard() -> None:
    rng = np.random.default_rng(0)
    y_N = rng.normal(0, 1, 20 * RATE) * np.repeat(10 ** rng.uniform(-3, -0.7, 40), RATE // 2)
    y_N = np.clip(y_N, -1, 1).astype(np.float32)
    found = measure(y_N, RATE, NO_SPANS)
    assert found.lufs == pytest.approx(bs1770(y_N.astype(np.float64), RATE), abs=0.05)


def test_pauses_weigh_on_the_level_but_not_on_the_loudness() -> None:
    spoken, both = tone(0.1), np.concatenate([tone(0.1), tone(1e-4, 6)])
    alone, with_pause = (measure(y_N, RATE, NO_SPANS) for y_N in (spoken, both))
    assert with_pause.rms_dbfs == pytest.approx(alone.rms_dbfs - 4.77, abs=0.02)
    assert with_pause.lufs == pytest.approx(alone.lufs, abs=0.5)


def test_scrubbed_spans_are_no_part_of_the_level(tmp_path: Path) -> None:
    scrubbed = np.concatenate([tone(0.1), np.zeros(2 * RATE, np.float32), tone(0.1)])
    whole, cut = heard(tmp_path, tone(0.1)).facts, heard(tmp_path, scrubbed).facts
    assert cut["rms_dbfs"] == pytest.approx(whole["rms_dbfs"], abs=0.01)
    assert cut["scrubbed_s"] == pytest.approx(2)


def test_a_sound_too_short_or_too_quiet_has_no_loudness() -> None:
    assert measure(tone(0.1, 0.2), RATE, NO_SPANS).lufs is None
    assert measure(tone(1e-5), RATE, NO_SPANS).lufs is None


def test_the_level_is_kept_unless_another_is_asked_for(tmp_path: Path) -> None:
    opened = heard(tmp_path, tone(0.01))
    np.testing.assert_array_equal(opened.sound.y_N[:], tone(0.01))
    assert opened.facts["gain_db"] == 0


@pytest.mark.parametrize("target", [-23.0, -40.0])
def test_a_target_is_met_by_one_gain(tmp_path: Path, target: float) -> None:
    y_N = tone(0.02) * np.linspace(0.5, 1, 3 * RATE, dtype=np.float32)
    opened = heard(tmp_path, y_N, loudness_target=target)
    louder = opened.sound.y_N[:]
    assert measure(louder, RATE, NO_SPANS).lufs == pytest.approx(target, abs=0.02)
    gain = 10 ** (opened.facts["gain_db"] / 20)
    np.testing.assert_allclose(louder, gain * y_N, atol=2e-3 * np.abs(louder).max())
    assert opened.facts["lufs"] == heard(tmp_path, y_N).facts["lufs"]  # the recording's own
    assert opened.warnings == ()


def test_a_target_that_would_clip_is_not_met(tmp_path: Path) -> None:
    y_N = tone(0.02)
    y_N[5_000] = 0.5
    opened = heard(tmp_path, y_N, loudness_target=-14.0)
    assert np.abs(opened.sound.y_N[:]).max() == pytest.approx(1, abs=1e-4)
    assert opened.facts["gain_db"] == pytest.approx(6.02, abs=0.02)
    (line,) = opened.warnings
    assert "which would clip the sound; got +6.0 dB" in line


def test_silence_gets_no_gain() -> None:
    gain, warnings = gain_to(-23, Loudness(rms_dbfs=None, lufs=None, peak=0.0))
    assert gain == 1
    assert "audio.loudness_target did nothing" in warnings[0]


def test_samples_beyond_full_scale_are_cut_counted_and_told_of(tmp_path: Path) -> None:
    y_N = 3 * tone(1.0)
    opened = heard(tmp_path, y_N)
    assert np.abs(opened.sound.y_N[:]).max() == 1
    assert opened.facts["beyond_full_scale"] == np.sum(np.abs(y_N) > 1)
    (line,) = opened.warnings
    assert "up to 3, expected -1 .. 1" in line


def test_a_few_samples_beyond_full_scale_are_only_counted(tmp_path: Path) -> None:
    y_N = tone(0.5)
    y_N[[100, 9_000]] = 1.2, -1.1
    opened = heard(tmp_path, y_N)
    assert opened.facts["beyond_full_scale"] == 2
    assert opened.warnings == ()


def test_the_largest_sample_told_of_is_that_of_the_whole_file(tmp_path: Path) -> None:
    y_N = np.concatenate([3 * tone(1.0), 1.5 * tone(1.0)])
    assert "up to 3, expected" in heard(tmp_path, y_N).warnings[0]


def test_no_gain_goes_beyond_full_scale(tmp_path: Path) -> None:
    spool = Spool(TemporaryFile(dir=tmp_path), 1)  # noqa: SIM115  (the spool closes it)
    spool.append(tone(0.5)[:, np.newaxis])
    samples = FileSamples(spool=spool, gain=2.5)
    np.testing.assert_allclose(samples[:], np.clip(2.5 * tone(0.5), -1, 1), atol=1e-6)
    assert np.abs(samples[:]).max() == 1


def test_a_sound_that_is_nearly_silent_is_told_of_once(tmp_path: Path) -> None:
    (line,) = heard(tmp_path, tone(1e-5)).warnings
    assert line.startswith("the sound is nearly silent (RMS -103.01 dB")
    assert len(heard(tmp_path, tone(1e-5), loudness_target=-23.0).warnings) == 1
    assert heard(tmp_path, tone(0.1, 0.2)).warnings == ()  # too short for a loudness
    assert "digital silence" in heard(tmp_path, np.zeros_like(tone(1))).warnings[0]
    assert len(heard(tmp_path, np.zeros_like(tone(1))).warnings) == 1


def test_clipping_is_that_of_the_channel_heard(tmp_path: Path) -> None:
    soundfile.write(
        tmp_path / "a.wav", np.stack([np.clip(tone(2.0), -0.9, 0.9), tone(0.3)], 1), RATE
    )
    right, left = (open_sound(tmp_path / "a.wav", tmp_path, channel=c) for c in ("right", "left"))
    assert right.facts["clip_ratio"] == 0
    assert right.warnings == ()
    assert left.facts["clip_ratio"] > 0.1


def test_half_a_percent_of_clipped_samples_is_told_of(tmp_path: Path) -> None:
    y_N = tone(0.15, 100)
    y_N[:RATE] = np.clip(tone(1.2, 1), -0.9, 0.9)
    opened = heard(tmp_path, y_N, "PCM_16")
    assert 0.001 < opened.facts["clip_ratio"] < 0.02
    assert "clipped" in opened.warnings[0]


@pytest.mark.parametrize("subtype", ["PCM_U8", "ULAW", "ALAW"])
def test_the_steps_of_eight_bits_are_no_clipping(tmp_path: Path, subtype: str) -> None:
    for amplitude in (0.55, 0.9):
        opened = heard(tmp_path, tone(amplitude, hz=100), subtype)
        assert opened.facts["clip_ratio"] == 0
        assert opened.warnings == ()
    assert "clipped" in heard(tmp_path, np.clip(tone(2, hz=100), -1, 1), subtype).warnings[0]


@pytest.mark.parametrize(
    ("subtype", "ceiling"), [("PCM_16", 1.0), ("PCM_16", 0.6), ("PCM_24", 0.6), ("PCM_U8", 1.0)]
)
def test_clipping_is_found_in_the_format_of_the_file(
    tmp_path: Path, subtype: str, ceiling: float
) -> None:
    rng = np.random.default_rng(0)
    y_N = np.clip(tone(2.0, hz=150) * rng.uniform(0.9, 1.0), -1, 1) * ceiling
    opened = heard(tmp_path, y_N, subtype)
    flat = float(np.mean(np.abs(y_N) >= ceiling * 0.9999))
    assert opened.facts["clip_ratio"] == pytest.approx(flat, rel=0.1)
    assert "clipped" in opened.warnings[0]


def test_a_loud_sound_that_is_not_clipped_is_not_called_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    y_N = rng.normal(0, 1, 10 * RATE)
    y_N = (0.999 * y_N / np.abs(y_N).max()).astype(np.float32)
    for subtype in ("PCM_16", "PCM_24"):
        assert heard(tmp_path, y_N, subtype).facts["clip_ratio"] == 0


def test_many_zeros_are_told_of(tmp_path: Path) -> None:
    gated = tone(0.1, 4)
    gated[RATE : 3 * RATE] = 0
    (line,) = heard(tmp_path, gated).warnings
    assert "50 % of the sound is exactly zero" in line


def test_spans_are_united_and_widened_within_the_sound() -> None:
    spans = np.array([(50, 60), (55, 400), (900, 1_000)])
    np.testing.assert_array_equal(united(spans[::-1]), [(50, 400), (900, 1_000)])
    wide = widened(np.array([(0, 1), (5_000, 5_001), (9_999, 10_000)]), RATE, 10_000)
    assert ((wide[:, 1] - wide[:, 0]) == 1_600).all()
    assert wide.min() == 0
    assert wide.max() == 10_000
    assert wide[1, 0] <= 5_000 < wide[1, 1]


def test_no_span_gets_shorter_than_100_ms_by_rounding() -> None:
    for first in range(0, 1_000, 7):
        span = np.array([(first, first + 4_410)])
        ((start, stop),) = at_rate(span, 44_100, RATE, 16_000)
        assert stop - start in (1_600, 1_601)
        assert abs(start - first * RATE / 44_100) <= 1
