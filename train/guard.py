"""What must never happen between those who train and those who are tested, checked as it is.

Nobody is on two sides of a split; no recording is there under two names; no normaliser has seen
anybody but the training part.  Each check goes its own simple way, not that of the code it guards.
"""

# N = rows, C = columns, K = columns that are kept

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from itertools import combinations
from typing import Literal

import numpy as np

from ..errors import TrainingError
from .cases import Corpus
from .normalise import Normaliser
from .protocol import Split

TEXT = "text"  # a part that whoever reads the same passage shares, word by word
COLUMNS = 8  # of a part, whose centres are computed again
CLOSE = 1e-5  # of a column's scale; float32 rounds a centre by 6e-8 of itself
SHOWN = 5  # participants that a line names


def check_splits(splits: Sequence[Split], everybody: Collection[str] | None = None) -> None:
    """Hold that nobody is on two sides of a split.

    Parameters
    ----------
    splits : sequence of Split
    everybody : collection of str or None
        Participants of whom each is to be tested exactly once a repeat (cross-validation, leaving
        one out); None: not to be held.

    Raises
    ------
    TrainingError
        With their names.
    """
    for split in splits:
        sides = {
            "training": frozenset(split.training),
            "validation": frozenset(split.validation or ()),
            "test": frozenset(split.test),
        }
        for one, other in combinations(sides, 2):
            both = sorted(sides[one] & sides[other])
            if both:
                raise TrainingError(
                    f"fold {split.fold} of repeat {split.repeat}: {_some(both)} in both {one} and "
                    f"{other}, expected a participant on one side only; mend the splits"
                )
    if everybody is None:
        return
    for repeat in sorted({split.repeat for split in splits}):
        tested = Counter(who for split in splits if split.repeat == repeat for who in split.test)
        wrong = sorted(who for who in {*everybody, *tested} if tested[who] != (who in everybody))
        if wrong:
            counts = ", ".join(sorted({str(tested[who]) for who in wrong}))
            raise TrainingError(
                f"repeat {repeat}: {_some(wrong)} tested {counts} times, expected each labelled "
                "participant once; mend the splits"
            )


def check_twins(corpus: Corpus) -> None:
    """Hold that no recording is there under the names of two participants.

    Sessions are twins where the vectors of every part but the text are the same to the byte; NaN
    equals NaN.  Two people who read the same passage share the text and are none, nor are those of
    whom nothing was measured, nor the sessions of one participant.

    Raises
    ------
    TrainingError
        With the two sessions.
    """
    seen: dict[bytes, int] = {}
    parts = [part for part in sorted(corpus.vectors) if part != TEXT]
    for s in range(len(corpus.sessions)):
        rows = slice(int(corpus.offsets_S1[s]), int(corpus.offsets_S1[s + 1]))
        values = [corpus.vectors[part][rows] for part in parts]
        if not any(np.isfinite(value_NC).any() for value_NC in values):
            continue
        made = sha256()
        for value_NC in values:
            made.update(np.where(np.isnan(value_NC), np.float32(np.nan), value_NC).tobytes())
        first = seen.setdefault(made.digest(), s)
        if corpus.participants[first] != corpus.participants[s]:
            raise TrainingError(
                f"sessions {corpus.sessions[first]} and {corpus.sessions[s]}: the same vectors to "
                f"the byte, of participants {corpus.participants[first]} and "
                f"{corpus.participants[s]}, expected two recordings; give both the same "
                "participant in the label table, or depx align --exclude one of them"
            )


def check_normalisers(
    corpus: Corpus,
    training: Collection[str],
    normalisers: Mapping[str, Normaliser],
    how: Literal["standard", "robust"],
) -> None:
    """Hold that normalisers saw the training participants' rows, all of them and no others.

    The centres of a few columns of each part, from the first to the last, are computed again.

    Parameters
    ----------
    corpus : Corpus
    training : collection of str
        Participants.
    normalisers : mapping of part to Normaliser
    how : standard or robust
        Whether a centre is a mean or a median.

    Raises
    ------
    TrainingError
        With the column.
    """
    inside_S = np.isin(np.array(corpus.participants), list(training))
    inside_N = np.repeat(inside_S, np.diff(corpus.offsets_S1))
    for part, one in normalisers.items():
        for k in np.unique(np.linspace(0, one.kept_K.size - 1, COLUMNS).round().astype(int)):
            c = int(one.kept_K[k])
            column_N = corpus.vectors[part][:, c][inside_N].astype(np.float64)
            measured_N = column_N[np.isfinite(column_N)]
            middle = float("nan")
            if measured_N.size:
                middle = float(np.median(measured_N) if how == "robust" else np.mean(measured_N))
            within = CLOSE * (float(one.scale_K[k]) + abs(middle))
            if not abs(middle - float(one.centre_K[k])) <= within:  # also where nothing is measured
                raise TrainingError(
                    f"{part}, column {corpus.names[part][c]}: is centred at "
                    f"{float(one.centre_K[k]):g}, expected {middle:g}, that of the training "
                    "participants alone; the normaliser saw others"
                )


def _some(names: Sequence[str]) -> str:
    few = ", ".join(names[:SHOWN])
    return few if len(names) <= SHOWN else f"{few} and {len(names) - SHOWN} more"
