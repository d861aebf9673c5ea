"""Data on which a model that learns something must fail: others' faces, and labels dealt anew.

Both are functions of a corpus and a seed.  The model is then fitted and tested on what they give,
by the folds of the run: what is left of its figures did not come from the face, or from the labels.

Labels are dealt within the parts of a fit.  Dealt among all, they differ in mean from fold to fold,
unlike those that the folds were balanced for; who leans on the mean of the training part then says
too little where the fold is high, and what knows nothing lies below chance.
"""

# N = rows, S = sessions, P = participants, I = items

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import TrainingError
from ...features.types import I64
from ..batches import rows as rows_of
from ..cases import Corpus
from ..unit import Unit

VISION, FRAMES = "vision", "frames"
SHUFFLED, PERMUTED = "shuffled_vision", "permuted"
SEED = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Permuted:
    """A corpus whose labels were dealt anew."""

    corpus: Corpus
    kept: tuple[str, ...]
    """Participants who keep their labels: nobody else of their part has as many cases."""


def altered(corpus: Corpus, unit: Unit) -> Corpus:
    """Alter a corpus as the variant of a fit asks; any other variant leaves it as it is."""
    if unit.variant == SHUFFLED:
        return shuffled_vision(corpus, visual_parts(corpus), SEED)
    if unit.variant == PERMUTED:
        return permuted_labels(corpus, [unit.test, unit.validation or ()], SEED).corpus
    return corpus


def visual_parts(corpus: Corpus) -> tuple[str, ...]:
    """Name the parts of a model that show the face: ``vision``, or all where rows are frames."""
    return tuple(part for part in corpus.vectors if part == VISION or corpus.rows == FRAMES)


def shuffled_vision(corpus: Corpus, parts: Collection[str], seed: int) -> Corpus:
    """Give every session some parts of another participant's session.

    Participants stand in one random circle and each takes the next one's, so nobody keeps their
    own and everybody's is used by one other.  Beside parts that stay, what is taken is repeated or
    cut to the rows of the session; where all parts are taken, it comes whole, with its own times.

    Parameters
    ----------
    corpus : Corpus
    parts : collection of str
        See `visual_parts`.
    seed : int >= 0

    Raises
    ------
    TrainingError
        If there is no such part, or only one participant.
    """
    unknown = sorted(set(parts) - set(corpus.vectors))
    if unknown or not parts:
        raise TrainingError(
            f"shuffled vision: no part {', '.join(unknown) or 'is named'}, "
            f"got {', '.join(corpus.vectors)}"
        )
    donor_S = _donors(corpus, seed)
    length_S = np.diff(corpus.offsets_S1)
    if set(parts) == set(corpus.vectors):
        row_N = rows_of(corpus.offsets_S1[donor_S], length_S[donor_S])
        return replace(
            corpus,
            vectors={part: value_NC[row_N] for part, value_NC in corpus.vectors.items()},
            offsets_S1=np.concatenate([[0], np.cumsum(length_S[donor_S])]).astype(np.int64),
            time_s_N=None if corpus.time_s_N is None else corpus.time_s_N[row_N],
        )
    row_N = np.concatenate(
        [
            corpus.offsets_S1[donor] + np.arange(length) % length_S[donor]
            for donor, length in zip(donor_S, length_S, strict=True)
        ]
    )
    taken = {part: corpus.vectors[part][row_N] for part in parts}
    return replace(corpus, vectors={**corpus.vectors, **taken})


def permuted_labels(corpus: Corpus, parts: Sequence[Collection[str]], seed: int) -> Permuted:
    """Deal the labels anew among participants of one part who have as many cases.

    The cases of a participant stay together, in their order; score, class and answers to items go
    along.  Chance may give somebody their own again; who is tested alone keeps it, and is told
    nothing by a training part that was dealt.

    Parameters
    ----------
    corpus : Corpus
    parts : sequence of collections of str
        Participants among whom labels stay, disjoint; all others are a part too.
    seed : int >= 0
    """
    part_of = {participant: part for part, members in enumerate(parts) for participant in members}
    cases: dict[str, dict[str, int]] = {}  # participant -> case -> its first session
    for s, (participant, case) in enumerate(zip(corpus.participants, corpus.cases, strict=True)):
        cases.setdefault(participant, {}).setdefault(case, s)
    alike: dict[tuple[int, int], list[str]] = {}
    for participant in sorted(cases):
        group = part_of.get(participant, len(parts)), len(cases[participant])
        alike.setdefault(group, []).append(participant)
    rng = np.random.default_rng(seed)
    source: dict[str, int] = {}  # case -> session whose label it takes
    for _, members in sorted(alike.items()):
        for taker, p in zip(members, rng.permutation(len(members)), strict=True):
            giver = cases[members[p]]
            source |= {
                case: giver[of]
                for case, of in zip(sorted(cases[taker]), sorted(giver), strict=True)
            }
    from_S = np.array([source[case] for case in corpus.cases], dtype=np.int64)
    return Permuted(
        corpus=replace(
            corpus,
            y_S=corpus.y_S[from_S],
            positive_S=None if corpus.positive_S is None else corpus.positive_S[from_S],
            answer_SI=None if corpus.answer_SI is None else corpus.answer_SI[from_S],
        ),
        kept=tuple(members[0] for _, members in sorted(alike.items()) if len(members) == 1),
    )


def _donors(corpus: Corpus, seed: int) -> I64:
    """Choose for each session one of the next participant, theirs in turn."""
    sessions: dict[str, list[int]] = {}
    for s, participant in enumerate(corpus.participants):
        sessions.setdefault(participant, []).append(s)
    names = sorted(sessions)
    if len(names) < 2:
        raise TrainingError(
            f"shuffled vision: {len(names)} participant, expected at least 2; add others' sessions"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    donor_S = np.zeros(len(corpus.sessions), dtype=np.int64)
    for taker, giver in zip(order, np.roll(order, -1), strict=True):
        theirs = sessions[names[giver]]
        for number, s in enumerate(sessions[names[taker]]):
            donor_S[s] = theirs[number % len(theirs)]
    return donor_S
