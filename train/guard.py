"""What must never happen between those who train and those who are tested, checked as it is.

Nobody is on two sides of a split; no recording is there under two names; no normaliser has seen
anybody but the training part.  Each check goes its own simple way, not that of the code it guards.
"""

# N = rows, C = columns, K = columns that are kept

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from itertools import combinations
from typing import Literal

import numpy as np

from ..align.dataset import Dataset
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


def fingerprints(corpus: Corpus) -> dict[str, str | None]:
    """Hash what was measured of each session, so that a recording is known under any name.

    The hash is of the vectors of every part but the text, to the byte, column by column in the
    order of their names; NaN equals NaN, and a part or column of which nothing was measured is the
    same as one that is not there.  People who read the same passage share the text, so it is left
    out.

    Returns
    -------
    dict of session to str or None
        SHA-256; None where nothing but text was measured.
    """
    found: dict[str, str | None] = {}
    for s, session in enumerate(corpus.sessions):
        rows = slice(int(corpus.offsets_S1[s]), int(corpus.offsets_S1[s + 1]))
        made, is_empty = sha256(), True
        for part in sorted(set(corpus.vectors) - {TEXT}):
            value_NC, names = corpus.vectors[part][rows], corpus.names[part]
            there = np.flatnonzero(np.isfinite(value_NC).any(axis=0)).tolist()
            if not there:
                continue
            order = sorted(there, key=names.__getitem__)
            value_NK = value_NC[:, order]
            made.update(json.dumps([part, len(value_NK), [names[c] for c in order]]).encode())
            made.update(np.where(np.isnan(value_NK), np.float32(np.nan), value_NK).tobytes())
            is_empty = False
        found[session] = None if is_empty else made.hexdigest()
    return found


def files_of(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """List the sha256 of the files that each session was measured from, where they are known."""
    found = dataset.manifest["provenance"].get("inputs", {})
    return {session: tuple(found.get(session, ())) for session in dataset.ids()}


def owners_of_files(dataset: Dataset, corpus: Corpus) -> dict[str, str]:
    """Name the participant whom a file belongs to; one that several have, a read text, is nobody's.

    Returns
    -------
    dict of sha256 to participant
    """
    files = files_of(dataset)
    owners: dict[str, set[str]] = {}
    for session, participant in zip(corpus.sessions, corpus.participants, strict=True):
        for one in files[session]:
            owners.setdefault(one, set()).add(participant)
    return {one: min(who) for one, who in sorted(owners.items()) if len(who) == 1}


def check_twins(corpus: Corpus) -> dict[str, str]:
    """Hold that no recording is there under the names of two participants.

    Sessions are twins where their `fingerprints` are the same.  Those of whom nothing was measured
    are none, nor are the sessions of one participant.

    Returns
    -------
    dict of fingerprint to participant

    Raises
    ------
    TrainingError
        With the two sessions.
    """
    seen: dict[str, int] = {}
    for s, made in enumerate(fingerprints(corpus).values()):
        if made is None:
            continue
        first = seen.setdefault(made, s)
        if corpus.participants[first] != corpus.participants[s]:
            raise TrainingError(
                f"sessions {corpus.sessions[first]} and {corpus.sessions[s]}: the same vectors to "
                f"the byte, of participants {corpus.participants[first]} and "
                f"{corpus.participants[s]}, expected two recordings; give both the same "
                "participant in the label table, or depx align --exclude one of them"
            )
    return {made: corpus.participants[s] for made, s in seen.items()}


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
