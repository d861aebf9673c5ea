"""Published errors of DAIC-WOZ sessions, planted in the synthetic ones of the same number.

References
----------
The corpus' documentation (AVEC 2017): interruptions, sessions without the agent's rows, the video
of 402.  github.com/adbailey1/daic_woz_process, ``config_process.py``: transcripts that are early;
the interruption of 373 is the union of both.
"""

from ....features.types import Seconds

NO_SUCH_SESSION = frozenset({342, 394, 398, 460})
EARLY_TRANSCRIPT_S = {318: 34.319917, 321: 3.8379167, 341: 6.1892, 362: 16.8582}
"""To be added to a transcript's times; the sound is right."""
INTERRUPTION_S: dict[int, tuple[Seconds, Seconds]] = {373: (352.0, 428.0), 444: (286.0, 387.0)}
WITHOUT_ELLIE = frozenset({451, 458, 480})
VIDEO_ENDS_EARLY_S = {402: 120.0}
LABELS = (319, 409)
EVENTFUL = tuple(
    sorted({*EARLY_TRANSCRIPT_S, *INTERRUPTION_S, *WITHOUT_ELLIE, *VIDEO_ENDS_EARLY_S, *LABELS})
)


def daic_numbers(count: int) -> list[int]:
    """Choose session numbers of DAIC-WOZ: 300, 301, those with a published error, then the rest."""
    known = [n for n in range(300, 493) if n not in NO_SUCH_SESSION]
    order = dict.fromkeys([*known[:2], *EVENTFUL, *known])
    return sorted(list(order)[:count])


def shortest_s(number: int) -> Seconds:
    """Say how long a session must be, at least, to have room for its error."""
    if number in INTERRUPTION_S:
        return INTERRUPTION_S[number][1] + 30.0
    return 2 * VIDEO_ENDS_EARLY_S.get(number, 0.0)
