"""The sound of any media file: 16 kHz mono float32 within [-1, 1], at its own place on the clock.

PyAV decodes (any container, so also the sound of a video), soxr resamples.  Which channels are
heard, `channels` says; how loud it is, `loudness`.  The level is kept unless another is asked for.
A constant part (DC) is taken off, unless it is wanted: in pauses it would be the largest part of
the spectrum.  What holds no measurement is exactly zero (`blanks`), also behind the resampler,
which smears it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..features.extractor import SOUND_RATE_HZ, Recorded, Sound
from ..features.types import Seconds
from .blocks import GAP_S, TIMELESS, Blocks
from .channels import Survey, candidates, choose
from .hearing import Heard, hear
from .loudness import GATE_LUFS, LEAST_LOUD_S, Loudness, gain_to, measure
from .picture import cut_short
from .samples import FileSamples

READING = 3
"""Raised whenever other samples come out of the same file."""
LEAST_DC = 1e-4  # -80 dB: below, the noise of any microphone hides it
CLIPPED_SHARE = 0.001  # of the samples: above, loud syllables are flat
SCRUBBED_SHARE = 0.2  # of the sound: nobody removes so much; a noise gate does


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class OpenedSound:
    """The sound of a file, and what was found while reading it."""

    sound: Sound
    facts: dict[str, object]
    warnings: tuple[str, ...] = ()


def open_sound(
    path: Path,
    scratch: Path,
    *,
    channel: str = "mean",
    loudness_target: float | None = None,
    remove_dc: bool = True,
) -> OpenedSound:
    """Read the first sound stream of a file.

    Parameters
    ----------
    path : Path
        Any sound or video file.
    scratch : Path
        Folder on whose disk the samples lie while they are used.
    channel : str
        ``mean``, ``left``, ``right`` or the number of a channel, from 0.
    loudness_target : float or None
        Loudness to bring it to, in LUFS; None keeps its own.
    remove_dc : bool
        Whether to take a constant part off.

    Raises
    ------
    MediaError
        If the file is no media file, or its sound does not decode.
    NothingToMeasure
        If it holds no sound.
    UsageError
        If the channel does not exist.
    """
    rate_hz = SOUND_RATE_HZ
    survey = Survey(channel, path)
    heard = hear(path, scratch, survey.begin, rate_hz=rate_hz, listen=survey.add)
    levels = survey.levels()
    choice = choose(channel, levels)
    if choice.taken != heard.taken:
        heard = hear(path, scratch, lambda blocks: choice.taken, rate_hz=rate_hz)
    offset = heard.mean if remove_dc and abs(heard.mean) > LEAST_DC else 0.0
    samples = FileSamples(spool=heard.spool, blank_S2=heard.blank_S2, offset=offset)
    loudness = measure(samples, rate_hz, heard.blank_S2)
    gain, of_level = 1.0, tuple[str, ...]()
    if loudness_target is not None:
        gain, of_level = gain_to(loudness_target, loudness)
    elif levels.power_K[list(heard.taken)].any():  # or `choice` tells of digital silence
        of_level = tuple(_too_quiet(loudness, heard))
    clipped = max(int(levels.clipped_K[list(heard.taken)].max()), heard.blocks.beyond)
    recorded = Recorded(
        clipped_F=survey.clipped(heard.taken, heard.blocks.size),
        clipped=clipped,
        samples=heard.blocks.size,
        peak=max(survey.peak(heard.taken), heard.blocks.largest),
        offset=heard.mean,
    )
    return OpenedSound(
        sound=Sound(
            y_N=replace(samples, gain=gain), start_s=heard.blocks.start_s, recorded=recorded
        ),
        facts={
            **_facts(heard),
            **choice.facts,
            "clip_ratio": round(clipped / heard.blocks.size, 7),
            "rms_dbfs": loudness.rms_dbfs,
            "lufs": loudness.lufs,
            "peak": round(loudness.peak, 6),
            "dc_removed": offset != 0,
            "gain_db": round(20 * math.log10(gain), 2),
        },
        warnings=(*choice.warnings, *_of_file(heard), *_of_samples(heard, clipped), *of_level),
    )


def open_original(path: Path, scratch: Path, *, channel: str = "mean") -> OpenedSound:
    """Read one channel of a file at the file's own rate, with nothing taken off or added.

    So COVAREP reads it: ``mean`` is the first channel here, as it takes no mean.  `path`, `scratch`
    and the errors are those of `open_sound`.
    """
    which = "0" if channel == "mean" else channel
    heard = hear(path, scratch, lambda b: candidates(which, b.names, path), rate_hz=None)
    samples = FileSamples(spool=heard.spool, blank_S2=heard.blank_S2)
    first: tuple[str, ...] = ()
    if channel == "mean" and len(heard.blocks.names) > 1:
        first = (
            f"covarep.compat hears the first of {len(heard.blocks.names)} channels, as COVAREP "
            "does; --set audio.channel= with a number takes another",
        )
    return OpenedSound(
        sound=Sound(y_N=samples, start_s=heard.blocks.start_s, rate_hz=heard.rate_hz),
        facts={
            **_facts(heard),
            "channels_taken": list(heard.taken),
            "dc_removed": False,
            "gain_db": 0.0,
        },
        warnings=(*first, *_of_file(heard), *_of_samples(heard, heard.blocks.beyond)),
    )


def _facts(heard: Heard) -> dict[str, object]:
    blocks = heard.blocks
    return {
        "file_rate_hz": blocks.rate_hz,
        "file_channels": len(blocks.names),
        "file_codec": blocks.codec,
        "file_samples": blocks.sample_format,
        "sound_start_s": round(blocks.start_s, 6),
        "duration_s": round(heard.duration_s, 6),
        "gaps": blocks.gaps,
        "gaps_s": round(blocks.gaps_s, 6),
        "packets_lost": blocks.lost,
        "no_numbers": heard.no_numbers,
        "scrubbed_s": round(heard.blank / heard.rate_hz, 3),
        "beyond_full_scale": blocks.beyond,
        "dc_offset": round(heard.mean, 7),
    }


def _of_file(heard: Heard) -> Iterator[str]:
    """Say what is odd about the file; one line each."""
    blocks, end_s = heard.blocks, heard.blocks.start_s + heard.duration_s
    stated_s = blocks.stated_s
    if heard.odd_format:
        yield heard.odd_format
    if heard.header_bytes is not None:
        stated, held = heard.header_bytes
        stated_s = blocks.start_s + heard.duration_s * stated / max(held, 1)
        if stated < held:
            yield (
                f"the file's header states {stated} bytes of sound, and it holds {held}; took all; "
                "check its end"
            )
    yield from cut_short("sound", end_s, stated_s)
    if blocks.lost:
        yield f"packets of the sound that do not decode: {blocks.lost} ({blocks.codec})" + (
            _early(blocks, None if stated_s is None else stated_s - end_s)
            or "; what they held is not measured; check that the file is whole"
        )
    if blocks.gaps:
        yield (
            f"the time stamps of the sound leave {blocks.gaps} gap{'s' * (blocks.gaps > 1)}, "
            f"{blocks.gaps_s:.3g} s in all, the first at {_time_s(blocks, blocks.first_gap):.3f} "
            "s; not measured; check that the file is whole"
        )
    if blocks.rate_hz < SOUND_RATE_HZ:
        yield (
            f"the file has {blocks.rate_hz} samples a second and holds nothing above "
            f"{blocks.rate_hz / 2:g} Hz: MCEP, formants and glottal measures are not comparable "
            "with those of 16 kHz recordings; take a copy of a higher rate, if there is one"
        )


def _early(blocks: Blocks, missing_s: Seconds | None) -> str:
    """Say how much too early all lies behind packets that are lost without a time; or nothing."""
    behind_s = (blocks.size - blocks.first_lost) / blocks.rate_hz
    if blocks.container not in TIMELESS or behind_s < GAP_S:
        return ""
    if missing_s is not None and missing_s < GAP_S:
        return ""
    much = "nothing tells by how much" if missing_s is None else f"by up to {missing_s:.1f} s"
    return (
        f", and {blocks.container} tells no times: all sound behind the first, at "
        f"{_time_s(blocks, blocks.first_lost):.1f} s, lies early, {much}; take a copy that is whole"
    )


def _time_s(blocks: Blocks, sample: int) -> Seconds:
    return blocks.start_s + sample / blocks.rate_hz


def _of_samples(heard: Heard, clipped: int) -> Iterator[str]:
    """Say what is odd about the samples; one line each."""
    blocks = heard.blocks
    if heard.no_numbers:
        yield (
            f"{heard.no_numbers} of {blocks.size} samples are NaN or infinite, the first at "
            f"{heard.no_number_s:.3f} s; .1 s around each is not measured; repair the file"
        )
    if blocks.beyond > CLIPPED_SHARE * blocks.size:
        yield (
            f"{blocks.beyond} of {blocks.size} samples are beyond full scale (up to "
            f"{blocks.largest:.4g}, expected -1 .. 1) and were cut to it; write the file anew at a "
            "lower level"
        )
    elif clipped > CLIPPED_SHARE * blocks.size:
        yield (
            f"{100 * clipped / blocks.size:.2g} % of the samples are clipped: loud syllables are "
            "flat, and measures of voice quality unsure; take a copy that is not, if there is one"
        )
    if heard.rms > 0 and heard.blank > SCRUBBED_SHARE * heard.spool.rows:
        yield (
            f"{100 * heard.blank / heard.spool.rows:.0f} % of the sound is exactly zero for .1 s "
            "or more (removed, missing, cut by a noise gate) and not measured; take the recording "
            "before that, if there is one"
        )


def _too_quiet(found: Loudness, heard: Heard) -> Iterator[str]:
    heard_s = (heard.spool.rows - heard.blank) / heard.rate_hz
    if found.lufs is None and heard_s >= LEAST_LOUD_S:
        yield (
            f"the sound is nearly silent (RMS {found.rms_dbfs} dB, loudness below "
            f"{GATE_LUFS:.0f} LUFS): what is measured is noise; check the recording"
        )
