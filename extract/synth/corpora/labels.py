"""Questionnaires and splits: severity -> items -> total -> binary, and who is in which part.

An item is a noisy copy of the severity, cut at three thresholds into 0..3; the total is their sum.
About three of ten reach 10.  Splits have the shares of the real corpora.
"""

from collections.abc import Sequence

import numpy as np

from .signal import ANSWERS, Person, stream

CUT_OFF = 10
"""PHQ-8 (and PHQ-9) of this or more counts as depressed (Kroenke et al., 2009)."""
PARTS = ("train", "dev", "test")
ITEM_LOADING = 0.75
THRESHOLDS = (-0.15, 0.75, 1.5)  # of a standard normal: the item is 0, 1, 2 or 3

WRONG_BINARY = frozenset({409, 903})
"""Score 10 with a binary of 0: a known error of DAIC-WOZ, and the same for ids of ours."""
EMPTY_SLEEP = frozenset({319, 904})
"""`PHQ8_Sleep` is empty: likewise."""


def items(seed: int, person: Person, count: int) -> list[int]:
    """Answer a questionnaire of `count` items, each 0..3; the first eight are those of PHQ-8."""
    noise = stream(seed, person.number, ANSWERS).standard_normal(count)
    latent = ITEM_LOADING * person.severity + np.sqrt(1 - ITEM_LOADING**2) * noise
    answers = [int(a) for a in np.digitize(latent, THRESHOLDS)]
    if person.number in WRONG_BINARY:  # the error needs this very score
        _bring_to(answers, CUT_OFF)
    return answers


def split(
    numbers: Sequence[int],
    shares: tuple[int, int, int],
    seed: int,
    *,
    held: frozenset[int] = frozenset(),
    test_last: bool = False,
) -> dict[int, str]:
    """Deal sessions to train, dev and test, interleaved as in the real corpus.

    Parameters
    ----------
    numbers : sequence of int
        All sessions.
    shares : (int, int, int)
        Of train, dev and test; their sizes in the real corpus.
    seed : int
    held : frozenset of int
        Sessions that must be in train, whose items are told.
    test_last : bool
        Test is the last sessions instead of some of all, as in E-DAIC.
    """
    free = [n for n in numbers if n not in held]
    dev, test = (
        min(max(round(len(numbers) * share / sum(shares)), int(len(numbers) > 2)), len(free))
        for share in shares[1:]
    )
    dealt = dict.fromkeys(numbers, "train")
    if test_last and test:
        dealt |= dict.fromkeys(free[-test:], "test")
        free = free[:-test]
    order = np.random.default_rng([seed, 1, sum(shares)]).permutation(len(free))
    dealt |= {free[index]: "dev" for index in order[:dev]}
    if not test_last:
        dealt |= {free[index]: "test" for index in order[dev : dev + test]}
    return dealt


def _bring_to(answers: list[int], total: int) -> None:
    """Raise or lower the first eight answers one by one until they sum to `total`."""
    at = 0
    while (short := total - sum(answers[:8])) != 0:
        step = 1 if short > 0 else -1
        if 0 <= answers[at] + step <= 3:
            answers[at] += step
        at = (at + 1) % 8
