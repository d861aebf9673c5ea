"""Nobody on both sides: the splits of participants, across corpora too.

All of DAIC-WOZ is in E-DAIC, and its whole test split is in the train or dev split there; what was
trained on the one and tested on the other would have seen its test persons.  A participant in two
splits is an error that names everybody, unless the user says whose splits count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..errors import LabelError, UsageError
from .labels import Known
from .settings import NO_SPLITS, OFFICIAL
from .splits import NAMES

LISTED = 300  # participants that the error names: all 275 of E-DAIC, were they torn


def with_splits(known: Iterable[Known], splits: str, corpora: Sequence[str]) -> list[Known]:
    """Choose whose splits count.

    Parameters
    ----------
    known : iterable of Known
        Joined sessions of all corpora.
    splits : str
        ``official``: each session's own; ``none``: no split; or a corpus: all sessions of a
        participant have the split that this corpus gives the person; those that it does not know
        keep theirs.
    corpora : sequence of str
        Corpora of the stores.

    Raises
    ------
    UsageError
        If `splits` is neither of the words, nor one of the corpora.
    LabelError
        If the corpus itself has a participant in two splits.
    """
    sessions = list(known)
    if splits == OFFICIAL:
        return sessions
    if splits == NO_SPLITS:
        return [replace(one, split=None) for one in sessions]
    if splits not in corpora:
        raise UsageError(
            f"--splits: got {splits}, expected {OFFICIAL}, {NO_SPLITS}, or a corpus of the stores: "
            f"{', '.join(corpora) or 'none'}"
        )
    own = [one for one in sessions if one.corpus == splits and one.split is not None]
    check_leaks(own)
    of = {one.participant: one.split for one in own}
    return [replace(one, split=of.get(one.participant, one.split)) for one in sessions]


def check_leaks(known: Iterable[Known]) -> None:
    """Refuse a participant whose sessions are in different splits.

    A session that has a label row without a split counts as in none: what is tested elsewhere
    would be free to train here.

    Raises
    ------
    LabelError
        With the list.
    """
    where: dict[str, dict[str, set[str]]] = {}
    for one in known:
        if one.found:
            split = "no split" if one.split is None else one.split
            where.setdefault(one.participant, {}).setdefault(_plain(split), set()).add(
                f"{split} in {one.corpus}" if one.corpus else split
            )
    torn = {who: splits for who, splits in sorted(where.items()) if len(splits) > 1}
    if not torn:
        return
    how = Counter(
        ", ".join(sorted(said for of in splits.values() for said in of)) for splits in torn.values()
    )
    kinds = "; ".join(f"{count}: {said}" for said, count in sorted(how.items()))
    names = ", ".join(list(torn)[:LISTED])
    more = f" and {len(torn) - LISTED} more" if len(torn) > LISTED else ""
    several = len(torn) > 1
    raise LabelError(
        f"{len(torn)} participant{'s are' if several else ' is'} in different splits ({kinds}): "
        f"{names}{more}; nobody may be trained on and tested: --splits CORPUS takes that corpus's "
        "split for all sessions of a person, --splits none carries none, --exclude ID leaves a "
        "session out; or put all sessions of a person in one split of the label table"
    )


def told_of_corpora(known: Iterable[Known]) -> list[str]:
    """Say in a line how many participants have sessions in several corpora; none if nobody has."""
    corpora: dict[str, set[str]] = {}
    for one in known:
        corpora.setdefault(one.participant, set()).add(one.corpus)
    both = Counter(" and ".join(sorted(of)) for of in corpora.values() if len(of) > 1)
    return [
        f"{count} participant{'s have' if count > 1 else ' has'} sessions in {which}; "
        "they share one fold and one split"
        for which, count in sorted(both.items())
    ]


def _plain(split: str) -> str:
    return NAMES.get(split.casefold(), split)
