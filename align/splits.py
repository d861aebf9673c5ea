"""Which sessions train, validate and test: the splits of a training set, or participants dealt.

A participant never crosses: a set in which one does is refused, and a deal is by participants.
"""

import hashlib
from collections.abc import Sequence

from ..errors import LabelError
from .dataset import Dataset

TRAIN, VALID, TEST = "train", "valid", "test"
NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("valid", "val", "validation", "dev", "devel", "development"), VALID),
    **dict.fromkeys(("test", "testing"), TEST),
}
"""Names that corpora use (DAIC-WOZ: train, dev, test), in lower case."""
HELD_OUT = 0.2
"""Share of the participants that validate, and that test, where a deal is needed."""


def own_splits(dataset: Dataset, sessions: Sequence[str]) -> dict[str | None, list[str]]:
    """Group sessions by the split that the label table gave them.

    Returns
    -------
    mapping of split to sessions in the order given
        Splits go by the names above where they are known, else by their own; None has those that
        have no split.

    Raises
    ------
    LabelError
        If a participant is in two splits.
    """
    table = dataset.sessions().set_index("session")
    splits: dict[str | None, list[str]] = {}
    where: dict[str, str] = {}
    for session in sessions:
        row = table.loc[session]
        named = row.get("split")
        split = NAMES.get(named.casefold(), named) if isinstance(named, str) else None
        splits.setdefault(split, []).append(session)
        if split is None:
            continue
        other = where.setdefault(row["participant"], split)
        if other != split:
            raise LabelError(
                f"{dataset.path}: participant {row['participant']} is in {other} and in {split}; "
                "a participant belongs to one split, mend the label table"
            )
    return splits


def dealt_splits(dataset: Dataset, sessions: Sequence[str], seed: int) -> dict[str, list[str]]:
    """Deal participants into train, valid and test, in an order that the seed alone gives.

    Fewer than three participants all train.
    """
    table = dataset.sessions().set_index("session")
    of = {session: str(table.loc[session, "participant"]) for session in sessions}
    order = sorted(set(of.values()), key=lambda participant: _draw(seed, participant))
    held = max(1, round(HELD_OUT * len(order))) if len(order) >= 3 else 0
    part = dict.fromkeys(order, TRAIN)
    part |= dict.fromkeys(order[:held], VALID) | dict.fromkeys(order[held : 2 * held], TEST)
    dealt: dict[str, list[str]] = {TRAIN: [], VALID: [], TEST: []}
    for session in sessions:
        dealt[part[of[session]]].append(session)
    return dealt


def _draw(seed: int, participant: str) -> str:
    return hashlib.sha256(f"{seed}:{participant}".encode("utf-8", "backslashreplace")).hexdigest()
