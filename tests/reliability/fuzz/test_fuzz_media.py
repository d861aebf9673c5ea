"""Damaged recordings through the whole engine: a track, or one line, and a child that lives.

Decoders are C: what they do to a process shows only in a process of its own, which the engine has
for each unit anyway.  So the files of all formats are sessions of one run.
"""

import os
import random
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import pytest

from depx.extract.run import extract
from depx.extract.session_run import Outcome
from depx.extract.settings import parse

EXAMPLES = int(os.environ.get("DEPX_FUZZ_EXAMPLES", "20"))
VIDEOS = {
    "mp4": "libx264", "mov": "mpeg4", "mkv": "libx264", "webm": "libvpx", "avi": "mpeg4",
    "wmv": "wmv2", "mpg": "mpeg2video", "m2ts": "mpeg2video", "flv": "flv1", "3gp": "mpeg4",
}  # fmt: skip
SOUNDS = {
    "wav": "pcm_s16le", "w64": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac",
    "ogg": "libopus", "opus": "libopus", "aiff": "pcm_s16be", "au": "pcm_s16be",
    "caf": "pcm_s16le",
}  # fmt: skip
LIMITS = {"limits.wall_s": "60", "limits.cpu_s": "30", "limits.memory_gb": "2"}


def seed(path: Path) -> bytes:
    """Make a second of a film with a tone, or of a tone."""
    kind = path.suffix[1:]
    form = {"m2ts": "mpegts", "wmv": "asf"}.get(kind)
    with av.open(str(path), "w", format=form, options={"fflags": "+bitexact"}) as out:
        codec = SOUNDS.get(kind) or {"webm": "libopus", "wmv": "wmav2", "flv": "libmp3lame"}.get(
            kind, "mp2" if kind in ("mpg", "m2ts", "avi") else "aac"
        )
        sound = out.add_stream(codec, rate=44_100 if kind == "flv" else 48_000, layout="mono")
        sound.codec_context.bit_rate = 64_000
        sound.codec_context.open()  # which frame size it wants
        film = None
        if kind in VIDEOS:
            film = out.add_stream(VIDEOS[kind], rate=25)
            film.width, film.height, film.pix_fmt = 96, 80, "yuv420p"
            film.codec_context.gop_size = 6
        if film is not None:
            for number in range(20):
                shown = np.roll(np.arange(96 * 80 * 3) % 251, number * 99).astype(np.uint8)
                frame = av.VideoFrame.from_ndarray(shown.reshape(80, 96, 3), format="bgr24")
                out.mux(film.encode(frame))
            out.mux(film.encode())
        rate = sound.codec_context.sample_rate
        tone = (0.3 * np.sin(np.arange(rate) * 0.05)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(tone[None], format="flt", layout="mono")
        frame.sample_rate = rate
        fit = av.AudioResampler(
            sound.codec_context.format.name, "mono", rate, sound.codec_context.frame_size
        )
        for part in [*fit.resample(frame), *fit.resample(None)]:
            out.mux(sound.encode(part))
        out.mux(sound.encode())
    return path.read_bytes()


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Cut, flip, blank, swap or drop bytes, half of the time near the start."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        size = len(data)
        at = chance.randrange(min(size, 256) if chance.random() < 0.5 else size) if size else 0
        length = chance.choice((1, 4, 32, 512, 4096))
        match chance.choice(("cut", "flip", "flip", "zero", "random", "swap", "drop")):
            case "cut":
                del data[max(at, 16) :]
            case "flip":
                for place in range(at, min(at + length // 4 + 1, size)):
                    data[place] ^= 1 << chance.randrange(8)
            case "zero":
                data[at : at + length] = bytes(len(data[at : at + length]))
            case "random":
                data[at : at + length] = chance.randbytes(len(data[at : at + length]))
            case "drop":
                del data[at : at + length]
            case _:
                other = chance.randrange(max(size - length, 1))
                data[at : at + length], data[other : other + length] = (
                    data[other : other + length],
                    data[at : at + length],
                )
    return bytes(data)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """Run all damaged files through one run; session -> outcome."""
    root = tmp_path_factory.mktemp("media")
    (root / "seeds").mkdir()
    for kind in (*VIDEOS, *SOUNDS):
        whole = seed(root / "seeds" / f"a.{kind}")
        chance = random.Random(kind)
        for number in range(EXAMPLES):
            session = root / "sessions" / f"{kind}-{number:03}"
            session.mkdir(parents=True)
            content = whole if number == 0 else damaged(whole, chance)
            (session / f"a.{kind}").write_bytes(content)
    settings = parse(["vad", "face"], LIMITS, jobs=2)
    quiet = (lambda _outcome: None, lambda _line: None)
    summary = extract([root / "sessions"], root / "store", settings, *quiet)
    assert summary.exit_code == 1
    assert [path for path in (root / "store").rglob(".*") if path.is_file()] == []
    assert not list((root / "store").rglob("*.tmp"))
    return {outcome.session: outcome for outcome in summary.outcomes}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*VIDEOS, *SOUNDS])
def test_a_damaged_recording_is_a_track_or_one_line(
    fuzz, outcomes: Mapping[str, Outcome], kind: str
) -> None:
    whole = outcomes[f"{kind}-000"]
    assert not whole.failures
    assert {"vad"} <= whole.made.keys() if kind in SOUNDS else {"vad", "face"} <= whole.made.keys()
    for number in range(EXAMPLES):
        outcome = outcomes[f"{kind}-{number:03}"]
        assert outcome.locked is None
        for track, reason in outcome.failures.items():
            fuzz.line(f"{reason} (a.{kind})" if "limits." in reason else reason, f"a.{kind}")
            assert "please report it" not in reason, (number, track)
            assert "crashed" not in reason, (number, track)
            assert "was killed" not in reason, (number, track)
        for warning in outcome.warnings:
            assert warning.isprintable()
