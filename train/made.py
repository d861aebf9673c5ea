"""How the features that a model reads were made, as ``run.json`` carries it.

A model predicts only of features that were made as those that it was trained on; what that means
is held in `depx.train.predicting.alike`.
"""

from collections.abc import Collection
from typing import Any

from ..align.dataset import Dataset
from ..align.tokens import TRANSCRIPT, VAD
from ..extract.store.key import digest

SHAPES = ("extractor", "version", "origin", "parameters", "models", "libraries")
"""What a source says of how its numbers came about."""


def how_made(dataset: Dataset, tracks: Collection[str]) -> dict[str, Any]:
    """Collect the settings of the alignment, and the distinct sources of some tracks.

    Parameters
    ----------
    dataset : Dataset
    tracks : collection of str
        Those that a model reads.  The words, their times, and voice activity where it says what is
        a row, are added: all others are pooled under them.

    Returns
    -------
    dict
        ``align``: settings by name; ``tracks``: of each track that the set has, its sources.
    """
    settings = dict(dataset.manifest["settings"])
    heard = settings["tokens"] != "words" or settings["pauses_s"] is not None
    found = {}
    for track in sorted({*tracks, *TRANSCRIPT, *([VAD] if heard else [])}):
        sources = {digest(source): source for source, _ in sources_of(dataset, track)}
        if sources:
            found[track] = [sources[key] for key in sorted(sources)]
    return {"align": settings, "tracks": found}


def sources_of(dataset: Dataset, track: str) -> list[tuple[dict[str, Any], list[str]]]:
    """List the sources of a track, as `SHAPES` describes them, each with its sessions."""
    provenance = dataset.manifest["provenance"]
    sessions: dict[str, list[str]] = {}
    for session, made in sorted(provenance["tracks"].items()):
        if track in made:
            sessions.setdefault(made[track]["source"], []).append(session)
    return [
        ({name: provenance["sources"][source][name] for name in SHAPES}, sessions[source])
        for source in sorted(sessions)
    ]
