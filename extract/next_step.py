"""The command that goes on from a store that is done.

That is ``depx align``; or ``depx extract`` once more, where align would find the times of the words
missing, or nothing to lay under them.
"""

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from .store.reader import LABELS

SPOKEN = ("words", "word_times")
"""Without these two align knows no word's place."""
NOT_POOLED = frozenset({*SPOKEN, "forced", "vad"})
USUAL = ("face", "egemaps", "bert")


def next_step(store: Path, asked: Sequence[str], there: Collection[str]) -> str:
    """Give the command, as a shell takes it; words in capitals are the user's to fill in.

    Parameters
    ----------
    store : Path
    asked : sequence of str
        The tracks of the last run, in the order of the registry.
    there : collection of str
        The tracks that some session has.
    """
    known = {*asked, *there}
    lacking = [] if known - NOT_POOLED else list(USUAL)
    if lacking or ("words" in known and "word_times" not in known):
        wanted = dict.fromkeys([*asked, *lacking, "word_times"])
        return f"depx extract SESSIONS -o {shlex.quote(str(store))} --tracks {','.join(wanted)}"
    windows = "" if set(SPOKEN) <= set(there) else " --tokens windows:1.0"
    labels = "" if (store / LABELS).is_file() else " --labels LABELS.csv"
    return f"depx align {shlex.quote(str(store))} -o DATASET{windows}{labels}"
