"""Damaged, lying and odd files: one clear line, or the sound that is in them, at its place."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from depx.errors import MediaError
from depx.extract import blocks
from depx.extract.corpora.parts import SOUND
from depx.extract.sound import OpenedSound, open_original, open_sound
from depx.features.acoustic.scrubbed import zero_spans
from depx.features.types import F32

RATE = 16_000


def tone(seconds: float = 4.0, hz: float = 440.0) -> F32:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def chirp(seconds: float = 4.0) -> F32:
    """Make a sound of which no stretch equals another, so that a shift shows."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * (200 * t + 150 * t**2))).astype(np.float32)


def encoded(path: Path, y_N: F32, codec: str, *starts: int, **options: str) -> Path:
    """Encode blocks of 1024 samples, the n-th at the n-th start where there is one."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        form = stream.codec_context.codec.audio_formats[0].name
        scale, kind = (1, np.float32) if form.startswith("flt") else (32_767, np.int16)
        kind = np.uint8 if form == "u8" else kind
        for number, first in enumerate(range(0, y_N.size, 1024)):
            block = y_N[None, first : first + 1024] * scale
            if form == "u8":
                block = np.rint(block / 256) + 128
            block = np.ascontiguousarray(block.astype(kind))
            frame = av.AudioFrame.from_ndarray(block, format=form, layout="mono")
            frame.sample_rate = RATE
            frame.pts = starts[number] if number < len(starts) else first
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def opened(path: Path) -> OpenedSound:
    return open_sound(path, path.parent)


def refused(path: Path, *expected: str) -> None:
    """Check that both ways of reading say in one line which file, and what."""
    for read in (open_sound, open_original):
        with pytest.raises(MediaError) as caught:
            read(path, path.parent)
        line = str(caught.value)
        assert line.startswith(str(path))
        assert "\n" not in line
        assert all(words in line for words in expected), line


@pytest.mark.parametrize(
    "data",
    [b"", b"R", b"RIFF\x00\x00\x00\x00WAVE", b"a line of text\n" * 500, bytes(range(256)) * 300],
    ids=["empty", "one byte", "half a header", "text", "garbage"],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a"])
def test_what_is_no_sound_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, "replace the file")


def test_a_playlist_opens_no_connection(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:9/a.ts\n")
    refused(path, "names other files")


def test_a_single_sample_at_a_high_rate_is_refused_or_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", [0.5], RATE)
    assert opened(tmp_path / "a.wav").sound.y_N.size == 1


def test_files_under_a_wrong_name_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", tone(), RATE)
    (tmp_path / "a.mp3").rename(tmp_path / "mp3.wav")
    soundfile.write(tmp_path / "a.wav", tone(), RATE)
    (tmp_path / "a.wav").rename(tmp_path / "mp3.mp3")
    for name, codec in [("mp3.wav", "mp3"), ("mp3.mp3", "pcm_s16le")]:
        found = opened(tmp_path / name)
        assert found.facts["file_codec"] == codec
        assert found.facts["duration_s"] == pytest.approx(4, abs=0.1)
        assert found.warnings == ()


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.mp3", "mp3"), ("a.m4a", "aac"), ("a.mkv", "flac")]
)
def test_what_is_left_of_a_truncated_file_is_read(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    if codec == "mp3":
        soundfile.write(path, chirp(8), RATE)
    else:
        options = {"movflags": "faststart"} if codec == "aac" else {}
        encoded(path, chirp(8), codec, **options)
    found = opened(cut(path, 0.5))
    assert 2 < found.facts["duration_s"] < 6
    assert any(line.startswith("the sound ends at") for line in found.warnings)
    assert np.corrcoef(found.sound.y_N[3_000:30_000], chirp()[3_000:30_000])[0, 1] > 0.99


def test_an_m4a_without_its_index_is_refused(tmp_path: Path) -> None:
    refused(cut(encoded(tmp_path / "a.m4a", tone(), "aac"), 0.7), "replace the file")


def test_damage_in_the_middle_costs_no_more_than_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, chirp(8), RATE)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    path.write_bytes(bytes(data))
    found = opened(path)
    assert found.sound.y_N.size == 8 * RATE
    spans = zero_spans(found.sound.y_N, RATE)
    lost = int((spans[:, 1] - spans[:, 0]).sum())
    assert 0 < lost < 2 * RATE
    right = np.abs(found.sound.y_N[:] - chirp(8)) < 1e-3
    assert right.sum() >= 8 * RATE - lost - 10


def test_a_packet_that_does_not_decode_is_a_span_of_its_own(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mkv", chirp(), "aac")
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray(path.read_bytes())
    at, size = packets[len(packets) // 2]
    data[at + 4 : at + size] = b"\xff" * (size - 4)
    path.write_bytes(bytes(data))
    found = opened(path)
    assert found.facts["packets_lost"] == 1
    assert "do not decode: 1 (aac)" in found.warnings[0]
    spans = zero_spans(found.sound.y_N, RATE)
    assert len(spans) == 1
    assert spans[0, 1] - spans[0, 0] == pytest.approx(RATE // 10, abs=2)  # widened from 64 ms
    behind = slice(int(spans[0, 1]) + 2_000, 60_000)
    assert np.corrcoef(found.sound.y_N[behind], chirp()[behind])[0, 1] > 0.9


def test_gaps_between_packets_are_told_of_and_keep_what_follows_on_the_clock(
    tmp_path: Path,
) -> None:
    late = [0, 1_024, 2_048 + 8_000, 3_072 + 8_000, 4_096 + 12_000]  # .5 s, then .25 s more
    starts = [*late, *(n * 1_024 + 12_000 for n in range(5, 63))]
    found = opened(encoded(tmp_path / "a.mkv", chirp(), "pcm_s16le", *starts))
    assert found.facts["gaps"] == 2
    assert found.facts["gaps_s"] == pytest.approx(0.75, abs=2e-3)
    assert found.facts["scrubbed_s"] == pytest.approx(0.75, abs=2e-3)
    (line,) = found.warnings
    assert "leave 2 gaps, 0.75 s in all, the first at 0.128 s; not measured" in line
    behind = found.sound.y_N[12_000 + 20_000 : 12_000 + 60_000]
    np.testing.assert_allclose(behind, chirp()[20_000:60_000], atol=0.3)  # mkv counts in ms
    assert np.corrcoef(behind, chirp()[20_000:60_000])[0, 1] > 0.8


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_f32le"])
def test_a_gap_is_silent_in_every_format(tmp_path: Path, codec: str) -> None:
    starts = [n * 1_024 + (8_000 if n >= 20 else 0) for n in range(63)]
    encoded(tmp_path / "a.mkv", tone(), codec, *starts)
    y_N = open_original(tmp_path / "a.mkv", tmp_path).sound.y_N[:]
    gap = slice(20 * 1_024 + 20, 20 * 1_024 + 7_980)
    assert not y_N[gap].any()
    assert abs(float(opened(tmp_path / "a.mkv").facts["dc_offset"])) < 2e-3


def test_a_time_stamp_that_leaps_fills_no_disk(tmp_path: Path) -> None:
    starts = [n * 1_024 + (3600 * RATE * 100 if n > 20 else 0) for n in range(63)]
    refused(encoded(tmp_path / "a.mkv", tone(), "pcm_s16le", *starts), "jump by 100 h", "convert")


def hurt_mp3(path: Path, seconds: float, at: float, length: float) -> Path:
    """Write an mp3 whose bytes are noise for a share of it, at another."""
    soundfile.write(path, chirp(seconds), RATE)
    data = bytearray(path.read_bytes())
    first, size = round(at * len(data)), round(length * len(data))
    data[first : first + size] = np.random.default_rng(0).bytes(size)
    path.write_bytes(data)
    return path


def test_what_an_mp3_loses_is_said_to_move_what_follows(tmp_path: Path) -> None:
    found = opened(hurt_mp3(tmp_path / "a.mp3", 20, at=0.5, length=0.1))
    early_s = 20 - found.facts["duration_s"]
    assert 0.5 < early_s < 3
    (line,) = (line for line in found.warnings if "do not decode" in line)
    assert "mp3 tells no times" in line
    assert f"lies early, by up to {early_s:.1f} s" in line
    at_s = float(line.split("the first, at ")[1].split(" s")[0])
    assert at_s == pytest.approx(10, abs=2)
    whole = slice(3_000, round((at_s - 0.5) * RATE))
    assert np.corrcoef(found.sound.y_N[whole], chirp(20)[whole])[0, 1] > 0.99


def test_nothing_lies_early_behind_a_packet_whose_length_is_known(tmp_path: Path) -> None:
    path = hurt_mp3(tmp_path / "a.mp3", 20, at=0.5, length=0)
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray(path.read_bytes())
    at, size = packets[len(packets) // 2]
    data[at + 4 : at + size] = b"\xff" * (size - 4)
    path.write_bytes(data)
    found = opened(path)
    assert found.facts["packets_lost"] == 1
    assert found.facts["duration_s"] == pytest.approx(20, abs=0.05)
    assert not any("early" in line for line in found.warnings)


def test_nothing_lies_early_where_an_mp3_is_only_cut_off(tmp_path: Path) -> None:
    found = opened(hurt_mp3(tmp_path / "a.mp3", 20, at=0.9, length=0.1))
    assert not any("early" in line for line in found.warnings)


def test_raw_aac_says_not_by_how_much_it_is_early(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.aac", chirp(20), "aac")
    assert opened(path).warnings == ()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4_000] = np.random.default_rng(0).bytes(4_000)
    path.write_bytes(data)
    assert any("lies early, nothing tells by how much" in line for line in opened(path).warnings)


@pytest.mark.parametrize("name", ["a.mp3", "a.opus", "a.wav", "a.aiff"])
def test_no_rounding_moves_a_file_off_its_start(tmp_path: Path, name: str) -> None:
    form = {"a.opus": ("OGG", "OPUS")}.get(name, (None, None))
    soundfile.write(tmp_path / name, tone(), RATE, format=form[0], subtype=form[1])
    assert opened(tmp_path / name).facts["sound_start_s"] == 0


@pytest.mark.parametrize(
    ("name", "form", "subtype"),
    [
        ("a.aiff", "AIFF", "PCM_16"),
        ("a.AIF", "AIFF", "PCM_24"),
        ("a.au", "AU", "PCM_16"),
        ("a.caf", "CAF", "PCM_16"),
        ("a.w64", "W64", "PCM_16"),
        ("a.opus", "OGG", "OPUS"),
    ],
)
def test_recorders_own_formats_are_sound(
    tmp_path: Path, name: str, form: str, subtype: str
) -> None:
    soundfile.write(tmp_path / name, chirp(), RATE, format=form, subtype=subtype)
    assert Path(name).suffix.lower() in SOUND
    found = opened(tmp_path / name)
    assert found.warnings == ()
    assert found.facts["duration_s"] == pytest.approx(4, abs=1e-3)
    inside = slice(3_000, 60_000)
    assert np.corrcoef(found.sound.y_N[inside], chirp()[inside])[0, 1] > 0.99


def test_a_rate_that_changes_midway_is_refused(tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("a.mp3", "b.mp3"))
    soundfile.write(first, tone(), RATE)
    soundfile.write(second, tone(), 48_000)
    first.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(MediaError, match=r"change midway, at \d\.\d s \(from 16000 Hz"):
        opened(first)


@pytest.mark.parametrize("rate_hz", [RATE, 44_100])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_not_measured(
    tmp_path: Path, rate_hz: int, odd: float
) -> None:
    t = np.arange(4 * rate_hz) / rate_hz
    y_N = 0.5 * np.sin(2 * np.pi * 440 * t)
    y_N[[rate_hz, rate_hz + 5, 3 * rate_hz]] = odd
    soundfile.write(tmp_path / "a.wav", y_N, rate_hz, subtype="FLOAT")
    found = opened(tmp_path / "a.wav")
    spans = zero_spans(found.sound.y_N, RATE)
    assert len(spans) == 2
    np.testing.assert_allclose(spans.mean(axis=1), [RATE, 3 * RATE], atol=5)
    np.testing.assert_allclose(spans[:, 1] - spans[:, 0], 1_600, atol=10)
    outside = np.ones(4 * RATE, bool)
    for first, stop in spans:
        outside[first - 100 : stop + 100] = False
    outside[:500] = outside[-500:] = False
    np.testing.assert_allclose(found.sound.y_N[:][outside], tone()[outside], atol=2e-3)
    assert found.facts["no_numbers"] == 3
    (line,) = found.warnings
    assert "3 of" in line
    assert "the first at 1.000 s" in line


def test_a_file_without_a_number_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(5_000, np.nan), RATE, subtype="FLOAT")
    refused(tmp_path / "a.wav", "all its 5000 samples are NaN or infinite")


def test_numbers_too_large_for_their_format_are_cut(tmp_path: Path) -> None:
    y_N = tone().astype(np.float64)
    y_N[100:200] = 1e300
    soundfile.write(tmp_path / "a.wav", y_N, RATE, subtype="DOUBLE")
    found = opened(tmp_path / "a.wav")
    assert found.sound.y_N[100:200].min() > 0.99  # its mean is taken off
    assert found.facts["beyond_full_scale"] == 100


def test_a_format_without_a_scale_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(blocks.FULL_SCALE, "s16")
    soundfile.write(tmp_path / "a.wav", tone(), RATE)
    refused(tmp_path / "a.wav", "its samples are s16", "convert it to 16-bit wav")


@pytest.mark.slow
def test_three_hours_of_silence_take_no_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "a.wav"
    soundfile.write(path, tone(0), RATE)
    with path.open("r+b") as file:
        file.seek(40)
        file.write((3 * 3600 * RATE * 2).to_bytes(4, "little"))
        file.truncate(44 + 3 * 3600 * RATE * 2)
    program = (
        "import resource, sys; from pathlib import Path;"
        "from depx.extract.sound import open_sound;"
        "open_sound(Path(sys.argv[2]), Path(sys.argv[2]).parent);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "found = open_sound(Path(sys.argv[1]), Path(sys.argv[1]).parent);"
        "assert found.facts['scrubbed_s'] == found.facts['duration_s'] == 10800;"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    soundfile.write(tmp_path / "short.wav", tone(), RATE)
    told = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path / "short.wav")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) < 20_000  # KiB
