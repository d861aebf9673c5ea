"""Sounds that a track cannot be measured on: too short, or with samples that are no numbers.

One wording for all tracks; what `open_sound` gives is never of the second kind.
"""

# N = samples

import numpy as np

from ...errors import SignalError
from ..extractor import Sound
from ..types import F32


def refuse_shorter(sound: Sound, least_n: int, track: str) -> None:
    """Refuse a sound that has no room for the track's first row.

    Parameters
    ----------
    sound : Sound
    least_n : int > 0
        Samples that the first row takes.
    track : str
        Its name.

    Raises
    ------
    SignalError
        If there are fewer samples.
    """
    got_ms, least_ms = (1000 * n / sound.rate_hz for n in (sound.y_N.size, least_n))
    if sound.y_N.size < least_n:
        raise SignalError(
            f"the sound is {got_ms:.4g} ms long; {track} takes at least {least_ms:.4g}; "
            "check the file"
        )


def refuse_no_numbers(y_N: F32) -> None:
    """Refuse samples that are not finite, of any shape.

    Raises
    ------
    SignalError
        If there is one.
    """
    if not np.isfinite(y_N).all():
        raise SignalError("the sound has a sample that is NaN or infinite; check the file")
