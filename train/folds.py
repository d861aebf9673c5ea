"""Which participants are tested when: stratified k-fold, and the inner validation.

A participant is in one fold, with all cases and sessions.  Folds are dealt: participants sorted by
group (gender), and in a group by score, each run of k neighbours spread over the k folds at random,
so that every fold has its share of each group and of low and high scores, and sizes differ by one
at most.
"""

# P = participants

from collections.abc import Mapping

import numpy as np

from ..errors import TrainingError

LEAST = 2  # participants that train, and that validate: below, nothing can be compared


def enough(count: int, folds: int, who: str) -> None:
    """Hold that each fold can have somebody.

    Raises
    ------
    TrainingError
        If there are fewer participants than folds; `who` is what one of them is called.
    """
    if count < folds:
        mend = f"lower --folds to {count}, or " if count > 1 else ""
        raise TrainingError(
            f"{count} {who}{'s' * (count != 1)} for {folds} folds; "
            f"{mend}add labelled sessions of other participants"
        )


def deal(
    score_of: Mapping[str, float],
    folds: int,
    seed: int,
    group_of: Mapping[str, str] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Deal participants to folds.

    Parameters
    ----------
    score_of : mapping of participant to score
        Mean label of the participant's cases; its order does not matter.
    folds : int >= 2
    seed : int >= 0
    group_of : mapping of participant to group, or None
        None: all are of one.

    Returns
    -------
    tuple of tuples of participants
        The members of each fold, sorted; every participant is in exactly one.

    Raises
    ------
    TrainingError
        If there are fewer participants than folds.
    """
    enough(len(score_of), folds, "labelled participant")
    rng = np.random.default_rng(seed)
    names = sorted(score_of)
    shuffled = [names[i] for i in rng.permutation(len(names))]  # order among equal scores
    of_group: dict[str, list[str]] = {}
    for name in shuffled:
        of_group.setdefault("" if group_of is None else group_of[name], []).append(name)
    ranked: list[str] = []
    for number, (_, group) in enumerate(sorted(of_group.items())):
        # Every other one falls: neighbours where two groups meet are then of like scores.
        ranked += sorted(group, key=lambda name: score_of[name], reverse=number % 2 == 1)
    members: list[list[str]] = [[] for _ in range(folds)]
    for first in range(0, len(ranked), folds):
        hand = ranked[first : first + folds]
        for name, fold in zip(hand, rng.permutation(folds), strict=False):
            members[fold].append(name)
    return tuple(tuple(sorted(fold)) for fold in members)


def split_inner(
    score_of: Mapping[str, float], share: float, seed: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split training participants into those that train and those that choose the epoch.

    Parameters
    ----------
    score_of : mapping of participant to score
        Training participants only.
    share : float in 0..0.5
        Share that validates; at least `LEAST` participants, none if 0.

    Returns
    -------
    training, validation : tuples of participants, sorted

    Raises
    ------
    TrainingError
        If fewer than `LEAST` are left on either side.
    """
    count = 0 if share == 0 else max(LEAST, round(share * len(score_of)))
    if len(score_of) - count < LEAST:
        remedy = "add sessions" if share == 0 else "add sessions, or --set validation=0"
        raise TrainingError(
            f"a fold has {len(score_of)} labelled participants to train on, expected at least "
            f"{LEAST + count}; {remedy}"
        )
    if count == 0:
        return tuple(sorted(score_of)), ()
    validation = deal(score_of, len(score_of) // count, seed)[0]
    return tuple(sorted(set(score_of) - set(validation))), validation
