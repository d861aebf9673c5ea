"""The corpus' own reader finds in a synthetic corpus what was written, in every layout."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import Discovery, find
from depx.extract.labels.registry import read_labels
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA

LAYOUTS = [
    pytest.param(
        corpus,
        layout,
        marks=pytest.mark.slow if corpus == "avec2014" else (),
        id=f"{corpus}-{layout}",
    )
    for corpus, kind in CORPORA.items()
    for layout in kind.layouts
]
GIVEN = {
    "daic-woz": {"face", "covarep", "formant"},
    "e-daic": {"face", "egemaps", "opensmile_mfcc"},
    "cmdc": {"face"},
    "avec2014": set(),
    "d-vlog": {"dvlog_acoustic", "dvlog_visual"},
}
PARTS = {
    "daic-woz": {"audio", "transcript"},
    "e-daic": {"audio", "transcript"},
    "cmdc": {"audio", "transcript"},
    "avec2014": {"audio", "video"},
    "d-vlog": set(),
}


SCORE = {"cmdc": "phq9", "avec2014": "bdi2", "d-vlog": "depressed"}
"""Columns of the sheet, and of truth.json; elsewhere it is ``phq8``."""


def planted(corpus: str, folder: Path) -> dict[str, float]:
    """Give the score of each unit as `truth.json` has it."""
    units = json.loads((folder / "truth.json").read_text())["units"]
    return {unit: told[SCORE.get(corpus, "phq8")] for unit, told in units.items()}


def read(found: Discovery) -> dict[str, float]:
    """Give the score of each session or case as the label files have it."""
    corpus = found.corpus.name
    files = [(place.name, place.content()) for place in found.labels]
    rows = read_labels(corpus, files).rows
    return {one: row[SCORE.get(corpus, "phq8")] for one, row in rows.items()}


@pytest.mark.parametrize(("corpus", "layout"), LAYOUTS)
def test_a_reader_finds_every_session_with_its_parts_and_labels(
    corpus: str, layout: str, tmp_path: Path, order: Callable[..., Order]
) -> None:
    minutes = None if corpus == "avec2014" else 0.7
    build(tmp_path, order(corpus, sessions=2, minutes=minutes, layout=layout))
    notices: list[str] = []
    found = find([tmp_path], Wishes(notice=notices.append))
    assert found.corpus.name == corpus
    scores = planted(corpus, tmp_path)
    assert {session.case for session in found.sessions} == set(scores)
    assert all(session.problem is None for session in found.sessions)
    for session in found.sessions:
        assert set(session.files) >= PARTS[corpus]
        assert set(session.given) >= GIVEN[corpus] or corpus == "cmdc"  # part2 has no face
    assert any(set(session.given) >= GIVEN[corpus] for session in found.sessions)
    assert read(found) == scores
    assert not any("truth" in line or ".synth" in line for line in notices)
