"""Whether the sound clips, how loud it is, and how far speech stands above the rest."""

# F = rows, M = minutes

import numpy as np

from ...features.track import Track
from ...features.types import F64, Bool, Seconds
from .base import Check, Measured, Stretch
from .seen import Seen, column
from .spans import longest, rows_apart, worst

LEVEL = ("rms_dbfs", "clipped")
SILENT_DBFS = -60.0  # as the level track counts silence
SILENT_S = 5.0  # a pause for thought is shorter
AWAY_S: Seconds = 0.1  # from speech: the detector lets go late, and a room rings on
LEAST_S: Seconds = 0.3  # of speech and of pauses, 15 rows: fewer tell no level
BLOCK_S: Seconds = 60.0
EVERYWHERE = slice(None)
LOUD = 0.9  # quantile above which it is loud, where nothing is known of speech
MARGIN_DB = 15.9  # what lies so far below active speech is active still (ITU-T P.56)


def _nothing(why: str) -> Measured:
    return Measured(value=None, about=why)


def _clipped(seen: Seen) -> Measured:
    share = seen.media.get("clip_ratio")
    if share is None:
        return _nothing(_unheard(seen))
    stretches: tuple[Stretch, ...] = ()
    if seen.has("level"):
        level = seen.columns("level", LEVEL)
        clipped_F = column(level, "clipped")
        if clipped_F is not None:
            stretches = _by_second(level, np.nan_to_num(clipped_F))
    return Measured(value=float(share), stretches=stretches)


def _by_second(level: Track, clipped_F: F64) -> tuple[Stretch, ...]:
    """Name the seconds that are clipped the most."""
    second_F = np.floor(level.time_s).astype(np.int64)
    clipped_N = np.flatnonzero(clipped_F > 0)
    seconds_U, first_U = np.unique(second_F[clipped_N], return_index=True)
    sums_U = np.add.reduceat(clipped_F[clipped_N], first_U) if clipped_N.size else np.zeros(0)
    rate_hz = level.rate_hz or 1.0
    last_s = float(level.owned()[1][-1]) if level.rows else 0.0
    return worst(
        (
            share,
            Stretch(start_s=s, stop_s=min(s + 1.0, last_s), about=f"{100 * share:.2g} % clipped"),
        )
        for s, share in zip(
            seconds_U.astype(float).tolist(), (sums_U / rate_hz).tolist(), strict=True
        )
    )


def _unheard(seen: Seen) -> str:
    return next(
        (seen.lacks(track) for track in ("level", "vad") if not seen.has(track)),
        "no fact about the sound file on record",
    )


class _Heard:
    """The level of speech and of what lies apart from it."""

    def __init__(self, seen: Seen) -> None:
        level, vad = seen.columns("level", LEVEL), seen.columns("vad", ("speech",))
        self.time_s_F = level.time_s
        start_s_F, stop_s_F = level.owned()
        self.first_s: Seconds = float(start_s_F[0]) if level.rows else 0.0
        self.last_s: Seconds = float(stop_s_F[-1]) if level.rows else 0.0
        dbfs_F = column(level, "rms_dbfs")
        self.power_F: F64 = 10 ** ((np.full(level.rows, np.nan) if dbfs_F is None else dbfs_F) / 10)
        self.known_F: Bool = level.valid_F & np.isfinite(self.power_F)
        self.row_s = 1 / (level.rate_hz or 50.0)
        speech_F = column(vad, "speech")
        said_F = (
            np.zeros(vad.rows, np.bool_) if speech_F is None else vad.valid_F & (speech_F > 0.5)
        )
        self.speech_F = self._near(vad, said_F, 0.0)
        # What was scrubbed is no pause either; its rows in `level` are not known.
        self.pause_F = ~self._near(vad, said_F, AWAY_S)

    def _near(self, vad: Track, said_F: Bool, reach_s: Seconds) -> Bool:
        """Say which rows of the level lie within `reach_s` of speech."""
        start_s_F, stop_s_F = vad.owned()
        count = np.zeros(self.time_s_F.size + 1, dtype=np.int64)
        spans_S2 = rows_apart(said_F, start_s_F, stop_s_F)
        np.add.at(count, np.searchsorted(self.time_s_F, spans_S2[:, 0] - reach_s), 1)
        np.add.at(count, np.searchsorted(self.time_s_F, spans_S2[:, 1] + reach_s), -1)
        near_F: Bool = np.cumsum(count[:-1]) > 0
        return near_F

    def speech(self, among_F: Bool | slice) -> F64:
        """Give the power of the rows of speech among some."""
        power_F: F64 = self.power_F[among_F][(self.speech_F & self.known_F)[among_F]]
        return power_F

    def pauses(self, among_F: Bool | slice) -> F64:
        """Give the power of the rows apart from speech among some."""
        power_F: F64 = self.power_F[among_F][(self.pause_F & self.known_F)[among_F]]
        return power_F

    def enough(self, power_F: F64) -> bool:
        """Say whether rows tell a level."""
        return power_F.size * self.row_s >= LEAST_S


def _heard(seen: Seen) -> _Heard | str:
    for track in ("level", "vad"):
        if not seen.has(track):
            return seen.lacks(track)
    return _Heard(seen)


def _level(seen: Seen) -> Measured:
    heard = _heard(seen)
    if isinstance(heard, str):
        return _nothing(heard)
    speech_F, told = heard.speech(EVERYWHERE), ""
    if not heard.enough(speech_F):  # the detector hears no voice that is too quiet
        known_F = heard.power_F[heard.known_F]
        if not known_F.size:
            return _nothing("no sound but digital silence")
        loud = float(known_F[known_F >= np.quantile(known_F, LOUD)].mean())
        speech_F = known_F[known_F >= loud * 10 ** (-MARGIN_DB / 10)]
        told = "no speech found, so of what is loud; "
    peak = seen.quality("level").get("peak_dbfs")
    return Measured(
        value=float(10 * np.log10(speech_F.mean())),
        about=told + ("" if peak is None else f"peak of the file {peak:.1f} dBFS"),
    )


def snr_db(speech_F: F64, pause_F: F64) -> float | None:
    """Estimate how far speech stands above the noise, in dB.

    The noise is the median power of the rows apart from speech: a cough or a missed word is no
    noise.  Rows of speech hold it too, so it is taken off their mean.  None where speech is not
    above it.
    """
    noise = float(np.median(pause_F))
    speech = float(speech_F.mean()) - noise
    return 10 * float(np.log10(speech / noise)) if speech > 0 and noise > 0 else None


def _snr(seen: Seen) -> Measured:
    heard = _heard(seen)
    if isinstance(heard, str):
        return _nothing(heard)
    speech_F, pause_F = heard.speech(EVERYWHERE), heard.pauses(EVERYWHERE)
    for power_F, what in ((speech_F, "speech"), (pause_F, "pauses")):
        if not heard.enough(power_F):
            return _nothing(f"less than {LEAST_S:g} s of {what}")
    value = snr_db(speech_F, pause_F)
    return Measured(
        value=value,
        about="" if value is not None else "speech is not above the rest",
        stretches=_noisiest(heard),
    )


def _noisiest(heard: _Heard) -> tuple[Stretch, ...]:
    """Name the minutes in which speech stands least above the rest."""
    minute_F = np.floor(heard.time_s_F / BLOCK_S).astype(np.int64)
    found = []
    for minute in np.unique(minute_F).tolist():
        among_F = minute_F == minute
        speech_F, pause_F = heard.speech(among_F), heard.pauses(among_F)
        snr = (
            snr_db(speech_F, pause_F) if heard.enough(speech_F) and heard.enough(pause_F) else None
        )
        if snr is not None and snr < DOUBTFUL_SNR_DB:
            start_s = minute * BLOCK_S
            stretch = Stretch(
                start_s=max(start_s, heard.first_s),
                stop_s=min(start_s + BLOCK_S, heard.last_s),
                about=f"{snr:.1f} dB",
            )
            found.append((-snr, stretch))
    return worst(found)


def _silence(seen: Seen) -> Measured:
    if not seen.has("level"):
        return _nothing(seen.lacks("level"))
    level = seen.columns("level", LEVEL)
    dbfs_F = column(level, "rms_dbfs")
    if dbfs_F is None or not level.rows:
        return _nothing("no level")
    silent_F = ~level.valid_F | (dbfs_F < SILENT_DBFS)
    return Measured(
        value=float(silent_F.mean()),
        stretches=longest(rows_apart(silent_F, *level.owned()), "silence", least_s=SILENT_S),
    )


def _removed(seen: Seen) -> Measured:
    if not seen.has("level"):
        return _nothing(seen.lacks("level"))
    level = seen.columns("level", LEVEL)
    if not level.rows:
        return _nothing("no level")
    return Measured(
        value=float((~level.valid_F).mean()),
        stretches=longest(rows_apart(~level.valid_F, *level.owned()), "removed or missing"),
    )


def _dc(seen: Seen) -> Measured:
    offset = seen.media.get("dc_offset")
    return _nothing(_unheard(seen)) if offset is None else Measured(value=abs(float(offset)))


DOUBTFUL_SNR_DB = 15.0

CHECKS = (
    Check(
        name="sound.clipped",
        title="Clipped",
        unit="share",
        about="Share of the file's own samples that stand, three or more side by side, at the "
        "recording's extreme. From a thousandth on loud syllables are flat: jitter, shimmer, HNR "
        "and spectra are wrong there. What was clipped and then coded with losses hides it.",
        doubtful=0.001,
        bad=0.01,
        measure=_clipped,
    ),
    Check(
        name="sound.level",
        title="Speech level",
        unit="dBFS",
        about="Mean power of what the voice detector takes for speech. Telephony aims at -26 dB "
        "(ITU-T P.56); some 15 dB below that the voice detector begins to miss speech, and the "
        "microphone's own noise comes near.",
        doubtful=-40.0,
        bad=-55.0,
        measure=_level,
    ),
    Check(
        name="sound.snr",
        title="SNR",
        unit="dB",
        about="Mean power of speech less the noise, above the noise: the median power of all that "
        "lies .1 s and more from what the voice detector takes for speech. Perturbation measures "
        "want 30 dB and more (Deliyski et al., J. Voice 2005), which few interviews have; below "
        "15 dB words get lost, below 5 dB so does the voice.",
        doubtful=DOUBTFUL_SNR_DB,
        bad=5.0,
        measure=_snr,
    ),
    Check(
        name="sound.silence",
        title="Silence",
        unit="share",
        about="Share of the sound that is quieter than -60 dBFS (as FFmpeg's silencedetect has it) "
        "or exact zeros. Pauses of a good microphone in a quiet room are; three quarters are more "
        "than pauses: it was muted, or the other one's was recorded.",
        doubtful=0.75,
        bad=0.95,
        measure=_silence,
    ),
    Check(
        name="sound.removed",
        title="Removed",
        unit="share",
        about="Share of the sound that is exact zeros for .1 s or more, or no numbers: names that "
        "were removed, a noise gate, a hole in the file. Acoustic tracks have no rows there.",
        doubtful=0.05,
        bad=0.5,
        measure=_removed,
    ),
    Check(
        name="sound.dc",
        title="DC offset",
        unit="of full scale",
        about="Constant part of the sound, of full scale. It is taken off before anything is "
        "measured; a large one tells of a damaged input and costs headroom.",
        doubtful=0.02,
        bad=0.1,
        measure=_dc,
    ),
)
