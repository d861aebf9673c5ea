"""Whether picture, sound and transcript keep one time.

Presentation times are believed, so a rate that varies is no fault in itself; but where it does, or
frames are missing, somebody should look.
"""

# F = frames

import numpy as np

from ...features.types import F64, Seconds
from .base import Check, Measured, Stretch, counted
from .seen import Seen
from .spans import worst

HOLE = 1.5  # periods: a longer step is owned by nobody, see `Track.owned`
THIRDS = 3
WORTH_S = 0.5  # of an end without the other, to be named
FEWEST = 50  # steps: fewer show no trend


def _nothing(why: str) -> Measured:
    return Measured(value=None, about=why)


def _steps(seen: Seen) -> tuple[F64, F64, float] | str:
    """Give the times of frames, the steps between them, and the nominal period, in s."""
    if not seen.has("face"):
        return seen.lacks("face")
    opened = seen.opened("face")
    step_s = np.diff(opened.time_s_F)
    if not step_s.size:
        return "fewer than two frames"
    period_s = 1 / opened.rate_hz if opened.rate_hz else float(np.median(step_s))
    return opened.time_s_F, step_s, period_s


def _own_steps(seen: Seen) -> tuple[F64, float] | str:
    """Give the steps without a hole and the nominal period; or say why there are none."""
    steps = _steps(seen)
    if isinstance(steps, str):
        return steps
    _, step_s, period_s = steps
    return step_s[step_s <= HOLE * period_s], period_s  # a hole is no slow frame


def _rate(seen: Seen) -> Measured:
    steps = _own_steps(seen)
    if isinstance(steps, str):
        return _nothing(steps)
    own_s, period_s = steps
    if not own_s.size:
        return _nothing("no two frames that follow each other")
    mean_s = float(own_s.mean())  # a median would tell 33 ms where times are rounded to 1 ms
    return Measured(
        value=abs(100 * (period_s / mean_s - 1)),
        about=f"{1 / mean_s:.3f} frames a second, {1 / period_s:.3f} nominal",
    )


def _drift(seen: Seen) -> Measured:
    steps = _own_steps(seen)
    if isinstance(steps, str):
        return _nothing(steps)
    own_s, _ = steps
    third = own_s.size // THIRDS
    if third < FEWEST:
        return _nothing(f"fewer than {THIRDS * FEWEST} frames without a hole between them")
    first_s, last_s = float(own_s[:third].mean()), float(own_s[-third:].mean())
    return Measured(
        value=abs(100 * (first_s / last_s - 1)),
        about=f"{1 / first_s:.3f} frames a second in the first third, {1 / last_s:.3f} in the last",
    )


def _jitter(seen: Seen) -> Measured:
    steps = _own_steps(seen)
    if isinstance(steps, str):
        return _nothing(steps)
    own_s, period_s = steps
    if not own_s.size:
        return _nothing("no two frames that follow each other")
    return Measured(value=float(100 * np.std(own_s) / period_s))


def _holes(seen: Seen) -> Measured:
    steps = _steps(seen)
    if isinstance(steps, str):
        return _nothing(steps)
    time_s_F, step_s, period_s = steps
    hole_N = np.flatnonzero(step_s > HOLE * period_s)
    lost_s = step_s[hole_N] - period_s
    return Measured(
        value=float(lost_s.sum() / (time_s_F[-1] - time_s_F[0])),
        about=f"about {counted(round(lost_s.sum() / period_s), 'frame')} "
        f"in {counted(hole_N.size, 'place')}",
        stretches=worst(
            (
                float(step_s[n]),
                Stretch(
                    start_s=float(time_s_F[n]),
                    stop_s=float(time_s_F[n + 1]),
                    about=f"{counted(round(step_s[n] / period_s) - 1, 'frame')} missing",
                ),
            )
            for n in hole_N[np.argsort(-step_s[hole_N], kind="stable")[:100]]
        ),
    )


def _length(seen: Seen) -> Measured:
    picture, sound = seen.picture, seen.sound
    if picture is None or sound is None:
        return _nothing(seen.lacks("face") if picture is None else "no sound")
    difference_s = sound.stop_s - picture.stop_s
    spans = sorted((picture.stop_s, sound.stop_s))
    about = f"the {'sound' if difference_s > 0 else 'picture'} ends later"
    return Measured(
        value=abs(difference_s),
        about=about if difference_s else "",
        side=_side(difference_s),
        stretches=(Stretch(start_s=spans[0], stop_s=spans[1], about=f"no {_other(difference_s)}"),)
        if abs(difference_s) >= WORTH_S
        else (),
    )


def _other(difference_s: float) -> str:
    return "picture" if difference_s > 0 else "sound"


def _offset(seen: Seen) -> Measured:
    picture, sound = seen.picture, seen.sound
    if picture is None or sound is None:
        return _nothing(seen.lacks("face") if picture is None else "no sound")
    # Not where the first frame's own time begins, but where it stands: half a period is no offset.
    first_s = float(seen.opened("face").time_s_F[0])
    difference_s = sound.start_s - first_s
    return Measured(
        value=abs(difference_s),
        about=f"the {'picture' if difference_s > 0 else 'sound'} begins first"
        if difference_s
        else "",
        side=_side(difference_s),
    )


def _side(difference_s: Seconds) -> str:
    """Say how the sound lies to the picture."""
    return "later" if difference_s > 0 else "earlier" if difference_s < 0 else ""


def _beyond(seen: Seen) -> Measured:
    if not seen.has("words"):
        return _nothing(seen.lacks("words"))
    ends = [span for span in (seen.picture, seen.sound) if span is not None]
    if not ends:
        return _nothing("neither picture nor sound")
    start_s = min(span.start_s for span in ends)
    stop_s = max(span.stop_s for span in ends)
    timed = [turn for turn in seen.turns if np.isfinite([turn.start_s, turn.stop_s]).all()]
    if not timed:
        return _nothing("the transcript has no times")
    far = [
        (beyond_s, Stretch(start_s=turn.start_s, stop_s=turn.stop_s, about="turn outside"))
        for turn in timed
        if (beyond_s := max(turn.stop_s - stop_s, start_s - turn.start_s)) > 0
    ]
    return Measured(
        value=max((beyond_s for beyond_s, _ in far), default=0.0),
        about=f"{len(far)} of {len(timed)} turns reach beyond the recording" if far else "",
        stretches=worst(far),
    )


CHECKS = (
    Check(
        name="clock.rate",
        title="Frame rate",
        unit="%",
        about="How far the mean step between frames, holes left out, lies from the nominal one. "
        "Times are the file's own, so nothing is misplaced, but a tool that counts frames would.",
        doubtful=1.0,
        bad=20.0,
        measure=_rate,
    ),
    Check(
        name="clock.drift",
        title="Rate drift",
        unit="%",
        about="How far the mean step of the first third of the frames lies from that of the last, "
        "holes left out: a camera that slowed down in bad light, or a clock that ran away. A "
        "tenth of a percent is 1.8 s in half an hour for whoever counts frames.",
        doubtful=0.1,
        bad=25.0,
        measure=_drift,
    ),
    Check(
        name="clock.jitter",
        title="Frame jitter",
        unit="%",
        about="Standard deviation of the steps, of a period, holes left out. Times rounded to 1 ms "
        "give 1.5 at 30 frames a second.",
        doubtful=5.0,
        bad=30.0,
        measure=_jitter,
    ),
    Check(
        name="clock.holes",
        title="Frames missing",
        unit="share",
        about="Share of the picture's time that lies in steps of more than 1.5 periods, less a "
        "period each: frames that were dropped or cut out. Words there have no face.",
        doubtful=0.005,
        bad=0.1,
        measure=_holes,
    ),
    Check(
        name="clock.length",
        title="End of sound",
        unit="s",
        about="How far the ends of sound and picture lie apart. Recorders stop a moment after each "
        "other; more says that one is cut short, or that they are not one recording.",
        doubtful=2.0,
        bad=30.0,
        measure=_length,
    ),
    Check(
        name="clock.offset",
        title="Start of sound",
        unit="s",
        about="How far the beginnings of sound and picture lie apart by the file's own times; they "
        "are kept. Beyond .2 s everybody sees lips and voice apart (ITU-R BT.1359 accepts .185), "
        "should the times be wrong. Two files without a common clock both begin at 0.",
        doubtful=0.2,
        bad=5.0,
        measure=_offset,
    ),
    Check(
        name="clock.beyond",
        title="Beyond the end",
        unit="s",
        about="How far the transcript reaches beyond picture and sound, at either end: it is of "
        "another recording, or another clock.",
        doubtful=1.0,
        bad=10.0,
        measure=_beyond,
    ),
)
