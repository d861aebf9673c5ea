"""Which channels of a recording are heard, so that the voice is among them.

The mean of all channels but those of low-frequency effects, unless the user names one.  A channel
40 dB below the loudest adds nothing and is left out of it.  Where the mean cancels the sound (the
two wires of a microphone as left and right), the loudest channel takes its place; in surround
sound, the centre, where the voice is, unless little is heard there.  Each is said in a warning.

Microphones at different distances cancel some frequencies in their mean, and a microphone for each
speaker makes all of them quieter.  That is left alone; correlation and levels are recorded.
"""

# K = channels, N = samples, B = blocks of about a second

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..errors import UsageError
from ..features.types import F32, F64, I64
from .blocks import Blocks
from .clipping import CLIPPED_FROM, COARSE, Edge, shares
from .loudness import decibels

Power = TypeVar("Power", float, F64)

SIDES = {"left": 0, "right": 1}
NAMELESS = "NONE"  # FFmpeg's name of a channel of no layout, as in a mono wav
CENTRE = "FC"
BASS = ("LFE", "LFE2")  # FFmpeg's names of channels that carry no voice
SILENT_DB = 40.0  # below the loudest channel, a channel is not heard beside it
CANCELLED_DB = 10.0  # mean below that of channels that have nothing in common; for two in
# anti-phase, one of them up to 1.6 times the other
SURROUND = 4  # channels beside those of low-frequency effects
CENTRE_DB = 20.0  # below the loudest channel, the centre of surround sound has no voice
ACTIVE_DB = 20.0  # a block this far below the recording's level says nothing of its voice
CANCELLED_SHARE = 0.1  # of the active blocks: one speaker of two may be in phase, the other not


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Levels:
    """What a pass over a recording says of its channels; constant parts do not count."""

    names: tuple[str, ...]
    power_K: F64
    """Mean square of each channel."""
    power_BK: F64
    """The same in each block."""
    mixed_B: F64
    """Mean square of the mean of the `candidates`."""
    weight_B: F64
    """Samples of each block."""
    candidates: tuple[int, ...]
    """Channels that a mean is taken of."""
    correlation: float | None
    """Of the two channels of a stereo recording, -1 .. 1."""
    clipped_K: I64
    """Samples at full scale of each channel, in runs of three or more."""

    def label(self, k: int) -> str:
        """Name a channel and its level."""
        level = decibels(float(self.power_K[k]))
        name = f"{k} ({self.names[k]})" if self.names[k] != NAMELESS else str(k)
        return f"channel {name} at {level:.1f} dB" if level is not None else f"channel {name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The channels that are heard, and why."""

    taken: tuple[int, ...]
    """One, or those whose mean is taken."""
    facts: dict[str, object]
    warnings: tuple[str, ...]


def candidates(channel: str, names: tuple[str, ...], path: Path) -> tuple[int, ...]:
    """List the channels to be heard as far as their names tell.

    Parameters
    ----------
    channel : str
        ``mean``, ``left``, ``right`` or the number of a channel, from 0.
    names : tuple of str
        Of the recording's channels.

    Raises
    ------
    UsageError
        If the channel does not exist.
    """
    count = len(names)
    if channel == "mean":
        voiced = tuple(k for k, name in enumerate(names) if name not in BASS)
        return voiced or tuple(range(count))
    index = str(SIDES.get(channel, channel))
    if not (index.isascii() and index.isdecimal() and int(index) < count):
        raise UsageError(
            f"{path}: audio.channel={channel}, but it has {count} channel{'s' * (count > 1)} "
            "(mean, left, right or a number from 0)"
        )
    return (int(index),)


def choose(channel: str, levels: Levels) -> Choice:
    """Choose the channels of a recording by their levels; see `candidates` for `channel`."""
    power_K = levels.power_K
    among = levels.candidates
    loudest = max(among, key=lambda k: float(power_K[k]))
    top = float(power_K[loudest])
    heard = tuple(k for k in among if power_K[k] > _less(top, SILENT_DB))
    facts: dict[str, object] = {
        "channel": channel,
        "channels": [name if name != NAMELESS else str(k) for k, name in enumerate(levels.names)],
        "channels_dbfs": [decibels(float(power)) for power in power_K],
        "channels_taken": list(heard or among),
        "correlation": levels.correlation,
    }
    if top == 0:
        return Choice(taken=among, facts=facts, warnings=(_silent(levels),))
    if len(among) == 1:
        return Choice(taken=among, facts=facts, warnings=())
    mean_B = levels.mixed_B * (len(among) / len(heard)) ** 2  # the silent ones added nothing
    unlike_B = levels.power_BK[:, list(heard)].sum(axis=1) / len(heard) ** 2
    mean, unlike = (float(np.average(x_B, weights=levels.weight_B)) for x_B in (mean_B, unlike_B))
    share = _cancelled(mean_B, unlike_B)
    facts |= {"mean_db": decibels(mean / unlike), "cancelled_share": round(share, 4)}
    one = loudest
    centre = _centre(levels)
    if centre is not None:
        one, why = centre, "the voice of surround sound is in its centre"
    elif mean < _less(unlike, CANCELLED_DB) or share > CANCELLED_SHARE:
        why = (
            f"the mean of {len(heard)} channels cancels the sound ({100 * share:.0f} % of the time)"
        )
    elif len(heard) < len(among):
        few = "is" if len(heard) == 1 else "are"
        why = (
            f"{len(heard)} of {len(among)} channels {few} heard, the others at least "
            f"{SILENT_DB:.0f} dB less"
        )
        return Choice(taken=heard, facts=facts, warnings=(_told(why, levels, heard),))
    else:
        return Choice(taken=among, facts=facts, warnings=())
    facts["channels_taken"] = [one]
    return Choice(taken=(one,), facts=facts, warnings=(_told(why, levels, (one,)),))


def _centre(levels: Levels) -> int | None:
    """Find the centre of surround sound, if it is heard."""
    if len(levels.candidates) < SURROUND or CENTRE not in levels.names:
        return None
    centre = levels.names.index(CENTRE)
    top = max(float(levels.power_K[k]) for k in levels.candidates)
    return centre if levels.power_K[centre] > _less(top, CENTRE_DB) else None


def _cancelled(mean_B: F64, unlike_B: F64) -> float:
    """Give the share of the active blocks in which the mean is far below `unlike_B`."""
    active_B = unlike_B > _less(float(unlike_B.mean()), ACTIVE_DB)
    return float((mean_B < _less(unlike_B, CANCELLED_DB))[active_B].mean())


def _told(why: str, levels: Levels, taken: tuple[int, ...]) -> str:
    """Say what was taken, and how to take another."""
    which = levels.label(taken[0]) if len(taken) == 1 else f"the mean of {len(taken)} channels"
    return f"{why}; took {which}; --set audio.channel= with a number takes another"


def _less(power: Power, by_db: float) -> Power:
    return power * 10 ** (-by_db / 10)


def _silent(levels: Levels) -> str:
    others = [k for k in range(len(levels.names)) if levels.power_K[k] > 0]
    if not others:
        return (
            "the sound is digital silence throughout: every sample is the same; nothing is "
            "measured on it; check the recording"
        )
    return (
        f"digital silence throughout in what was taken, but not in {levels.label(others[0])}; "
        f"--set audio.channel={others[0]} takes it"
    )


class Survey:
    """Listens to all channels of a recording, block by block."""

    def __init__(self, channel: str, path: Path) -> None:
        self.channel, self.path = channel, path
        self.names: tuple[str, ...] = ()
        self.among: tuple[int, ...] = ()
        self._edges: list[Edge] = []
        self._power: list[F64] = []
        self._mixed: list[float] = []
        self._weight: list[int] = []
        self._product = 0.0

    def begin(self, blocks: Blocks) -> tuple[int, ...]:
        """Learn the names of the channels; give the `candidates`."""
        self.names = blocks.names
        self.among = candidates(self.channel, blocks.names, self.path)
        least = COARSE.get(blocks.codec, CLIPPED_FROM)
        self._edges = [
            Edge(sign, least, blocks.rate_hz) for _ in blocks.names for sign in (1.0, -1.0)
        ]
        return self.among

    def add(self, y_KN: F32) -> None:
        """Listen to the next block, about a second; a sample that is NaN counts as none."""
        for k, plane_N in enumerate(y_KN):
            for edge in self._of(k):
                edge.add(plane_N)
        if np.isnan(y_KN).any():
            y_KN = np.nan_to_num(y_KN)
        y_KN = y_KN - y_KN.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        length = y_KN.shape[1]
        self._power.append(np.square(y_KN, dtype=np.float64).sum(axis=1) / length)
        mixed_N = y_KN[list(self.among)].mean(axis=0)
        self._mixed.append(float(np.square(mixed_N, dtype=np.float64).sum()) / length)
        self._weight.append(length)
        if len(y_KN) == 2:
            self._product += float(np.multiply(*y_KN, dtype=np.float64).sum())

    def levels(self) -> Levels:
        """Give what was found, when the last block was heard."""
        power_BK, weight_B = np.array(self._power), np.array(self._weight, dtype=np.float64)
        energy_K = (weight_B[:, np.newaxis] * power_BK).sum(axis=0)
        both = math.prod(np.sqrt(energy_K).tolist())
        return Levels(
            names=self.names,
            power_K=energy_K / weight_B.sum(),
            power_BK=power_BK,
            mixed_B=np.array(self._mixed),
            weight_B=weight_B,
            candidates=self.among,
            correlation=round(self._product / both, 4) if len(self.names) == 2 and both else None,
            clipped_K=np.array([edge.clipped for edge in self._edges]).reshape(-1, 2).sum(axis=1),
        )

    def clipped(self, taken: Sequence[int], samples: int) -> F32:
        """Give the share of the samples that clipped, a row, in the worst of some channels, (F,).

        `samples` is how many there were.
        """
        of_KF = [shares(self._of(k), samples) for k in taken]
        worst_F: F32 = np.max(of_KF, axis=0)
        return worst_F

    def peak(self, taken: Sequence[int]) -> float:
        """Give the largest magnitude in some channels, as far as it is within full scale."""
        return max(edge.reach for k in taken for edge in self._of(k))

    def _of(self, k: int) -> list[Edge]:
        """Give the top and the bottom of a channel."""
        return self._edges[2 * k : 2 * k + 2]
