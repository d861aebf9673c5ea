"""D-Vlog: 961 vlogs as features a second, of the face and of the voice; no picture, sound or text.

``<index>_visual.npy`` and ``<index>_acoustic.npy``, beside one another or in folders, and
``labels.csv``, which says of each vlog whether its maker is depressed: a class, no score.  Who made
which is not published, so every vlog is a participant of its own, though some share a maker.

References
----------
Yoon et al., "D-Vlog: multimodal vlog dataset for depression detection", AAAI 2022.
"""

import re
from pathlib import Path

from ..sessions import Session
from .base import Corpus, Wishes
from .grouped import Group, grouped
from .parts import session_of
from .survey import Survey

NAME = "d-vlog"
FEATURES = re.compile(r"(\d+)_(?:acoustic|visual)\.npy", re.IGNORECASE)


def recognises(surveyed: Survey) -> bool:
    """Tell the corpus by the names of its arrays."""
    return bool(grouped(surveyed, _name_of))


def find(surveyed: Survey, wishes: Wishes) -> list[Session]:
    """Find the vlogs."""
    return [_read(vlog, wishes) for vlog in grouped(surveyed, _name_of)]


CORPUS = Corpus(name=NAME, label="D-Vlog", language="en", recognises=recognises, find=find)


def _name_of(path: Path) -> str | None:
    named = FEATURES.fullmatch(path.name)
    return None if named is None else named[1]


def _read(vlog: Group, wishes: Wishes) -> Session:
    return session_of(
        vlog.tree,
        vlog.paths,
        wishes,
        name=vlog.name,
        participant=f"{NAME}-{vlog.name}",
        corpus=NAME,
        strange=vlog.strange,
    )
