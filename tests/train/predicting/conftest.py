"""A finished run, and training sets that say how their features were made."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from depx.extract.store.atomic import write_sealed
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.run import TrainSettings, train

SOURCE: Mapping[str, Any] = {
    "extractor": "bert",
    "version": "3",
    "origin": "computed",
    "parameters": {"window": "session", "dtype": "float32"},
    "models": {"model.safetensors": "a" * 64},
    "libraries": {"torch": "2.0"},
    "licences": {},
}
SOURCES: Mapping[str, Mapping[str, Any]] = {
    "words": {
        **SOURCE,
        "extractor": "words",
        "parameters": {"language": "en", "participant": None},
        "models": {},
    },
    "bert": SOURCE,
    "egemaps": {**SOURCE, "extractor": "egemaps", "parameters": {}, "models": {}},
    "face": {
        **SOURCE,
        "extractor": "openface",
        "origin": "given",
        "parameters": {},
        "models": {},
    },
}
"""Track -> its source in training."""

Sources = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def made(dataset: Callable[..., Path]) -> Callable[..., Path]:
    """Write a training set whose sessions were made from `sources`, with align's `settings`."""

    def make(
        corpus: Corpus,
        name: str = "dataset",
        *,
        sources: Sources = SOURCES,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Path:
        place = dataset(corpus, name=name, **options)
        manifest = json.loads((place / "dataset.json").read_text())
        del manifest["seal"]
        manifest["settings"] |= settings or {}
        manifest["provenance"] = {
            "sources": {f"id-{track}": dict(source) for track, source in sources.items()},
            "tracks": {
                session: {track: {"key": "k", "source": f"id-{track}"} for track in sources}
                for session in corpus.sessions
            },
        }
        write_sealed(place / "dataset.json", manifest)
        return place

    return make


@pytest.fixture
def other() -> Callable[..., Sources]:
    """Change facts of one source."""

    def make(track: str, **facts: Any) -> Sources:
        return {**SOURCES, track: {**SOURCES[track], **facts}}

    return make


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep trained runs, for all tests that ask for the same."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def trained(
    corpus: Callable[..., Corpus],
    made: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    runs: Path,
    tmp_path: Path,
) -> Callable[..., Path]:
    """Train a run of 3 folds and 2 seeds on 9 participants with two sessions each."""

    def make(**arm: Any) -> Path:
        kept = runs / "-".join(["run", *(f"{name}={value}" for name, value in arm.items())])
        data = made(corpus(9, sessions_a_case=2), "training")
        if not kept.exists():
            settings = TrainSettings(model=tiny(epochs=1, lr=1e-2, **arm), folds=3, seeds=2)
            train([data], kept, settings, report=print, tell=print)
        return shutil.copytree(kept, tmp_path / "run")

    return make
