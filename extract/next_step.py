"""The command that goes on from a store that is done.

That is ``depx align``; or ``depx extract`` once more, where align would find the times of the words
missing, or nothing to lay under them.
"""

import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from .store.reader import LABELS

SPOKEN = ("words", "word_times")
"""Without these two align knows no word's place."""
NOT_POOLED = frozenset({*SPOKEN, "forced", "vad", "level"})
USUAL = ("face", "egemaps", "bert")


def next_step(
    store: Path,
    asked: Collection[str],
    there: Collection[str],
    sources: Sequence[str],
    recipe: Mapping[str, Any],
) -> str:
    """Give the command, as a shell takes it; words in capitals are the user's to fill in.

    Parameters
    ----------
    store : Path
    asked : collection of str
        The tracks of the last run, with what they need.
    sources, recipe
        Of that run, as `extract_command` takes them.
    there : collection of str
        The tracks that some session has.
    """
    known = {*asked, *there}
    lacking = [] if known - NOT_POOLED else list(USUAL)
    if lacking or ("words" in known and "word_times" not in known):
        wanted = list(dict.fromkeys([*recipe["tracks"], *lacking, "word_times"]))
        return extract_command(sources, {**recipe, "tracks": wanted}, store)
    windows = "" if set(SPOKEN) <= set(there) else " --tokens windows:1.0"
    labels = "" if (store / LABELS).is_file() else " --labels LABELS.csv"
    return f"depx align {shlex.quote(str(store))} -o DATASET{windows}{labels}"


def extract_command(sources: Sequence[str], recipe: Mapping[str, Any], store: Path) -> str:
    """Give the command that makes a store of sources by a recipe of `ExtractSettings`."""
    words = ["depx", "extract", *sources, "-o", str(store)]
    if recipe["tracks"]:
        words += ["--tracks", ",".join(recipe["tracks"])]
    if recipe["corpus"] != "auto":
        words += ["--corpus", recipe["corpus"]]
    if recipe["corrections"] != "published":
        words += ["--corrections", recipe["corrections"]]
    if not recipe["prefer_given"]:
        words += ["--given", "ignore"]
    for name, value in recipe["values"].items():
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)
