"""The sound of any media file: 16 kHz mono float32 within [-1, 1], at its own place on the clock.

PyAV decodes (any container, so also the sound of a video), soxr resamples.  Which channels are
heard, `channels` says; how loud it is, `loudness`.  The level is kept unless another is asked for.
A constant part (DC) is taken off, unless it is wanted: in pauses it would be the largest part of
the spectrum.  What holds no measurement is exactly zero (`blanks`), also behind the resampler,
which smears it.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from ..features.extractor import SOUND_RATE_HZ, Sound
from .channels import Survey, candidates, choose
from .hearing import Heard, hear
from .loudness import gain_to, measure
from .picture import cut_short
from .samples import FileSamples

READING = 2
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
        heard = hear(path, scratch, lambda names: choice.taken, rate_hz=rate_hz)
    offset = heard.mean if remove_dc and abs(heard.mean) > LEAST_DC else 0.0
    samples = FileSamples(spool=heard.spool, blank_S2=heard.blank_S2, offset=offset)
    loudness = measure(samples, rate_hz, heard.blank_S2)
    gain, of_gain = 1.0, tuple[str, ...]()
    if loudness_target is not None:
        gain, of_gain = gain_to(loudness_target, loudness)
    clipped = max(int(levels.clipped_K[list(heard.taken)].max()), heard.blocks.beyond)
    return OpenedSound(
        sound=Sound(y_N=replace(samples, gain=gain), start_s=heard.blocks.start_s),
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
        warnings=(*choice.warnings, *_oddities(heard, clipped), *of_gain),
    )


def open_original(path: Path, scratch: Path, *, channel: str = "mean") -> OpenedSound:
    """Read one channel of a file at the file's own rate, with nothing taken off or added.

    So COVAREP reads it: ``mean`` is the first channel here, as it takes no mean.  `path`, `scratch`
    and the errors are those of `open_sound`.
    """
    which = "0" if channel == "mean" else channel
    heard = hear(path, scratch, lambda names: candidates(which, names, path), rate_hz=None)
    samples = FileSamples(spool=heard.spool, blank_S2=heard.blank_S2)
    return OpenedSound(
        sound=Sound(y_N=samples, start_s=heard.blocks.start_s, rate_hz=heard.rate_hz),
        facts={"file_rate_hz": heard.rate_hz, "channels_taken": list(heard.taken)},
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


def _oddities(heard: Heard, clipped: int) -> tuple[str, ...]:
    """Say what the user had better look at; one line each."""
    blocks, end_s, lines = heard.blocks, heard.blocks.start_s + heard.duration_s, list[str]()
    stated_s = blocks.stated_s
    if heard.header_bytes is not None:
        stated, held = heard.header_bytes
        stated_s = blocks.start_s + heard.duration_s * stated / max(held, 1)
        if stated < held:
            lines.append(
                f"the file's header states {stated} bytes of sound, and it holds {held}; took all; "
                "check its end"
            )
    lines += cut_short("sound", end_s, stated_s)
    if blocks.lost:
        lines.append(
            f"packets of the sound that do not decode: {blocks.lost} ({blocks.codec}); what they "
            "held is not measured; check that the file is whole"
        )
    if heard.no_numbers:
        lines.append(
            f"{heard.no_numbers} of {blocks.size} samples are NaN or infinite, the first at "
            f"{heard.no_number_s:.3f} s; .1 s around each is not measured; repair the file"
        )
    if blocks.beyond > CLIPPED_SHARE * blocks.size:
        lines.append(
            f"{blocks.beyond} of {blocks.size} samples are beyond full scale (up to "
            f"{blocks.largest:.4g}, expected -1 .. 1) and were cut to it; write the file anew at a "
            "lower level"
        )
    elif clipped > CLIPPED_SHARE * blocks.size:
        lines.append(
            f"{100 * clipped / blocks.size:.2g} % of the samples are clipped: loud syllables are "
            "flat, and measures of voice quality unsure; take a copy that is not, if there is one"
        )
    if heard.rms > 0 and heard.blank > SCRUBBED_SHARE * heard.spool.rows:
        lines.append(
            f"{100 * heard.blank / heard.spool.rows:.0f} % of the sound is exactly zero for .1 s "
            "or more (removed, missing, cut by a noise gate) and not measured; take the recording "
            "before that, if there is one"
        )
    return tuple(lines)
