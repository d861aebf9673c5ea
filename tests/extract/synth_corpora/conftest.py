"""Small corpora, written once, that several tests look at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA


def ordered(corpus: str, **changed: object) -> Order:
    """Ask for a corpus; everything but what is named is as the command has it."""
    plain: dict[str, object] = {
        "corpus": corpus,
        "sessions": 6,
        "seed": 0,
        "minutes": None,
        "signal": "face-from-speech",
        "layout": next(iter(CORPORA[corpus].layouts)),
        "daic_ids": False,
        "heavy": False,
        "faults": (),
    }
    return Order(**{**plain, **changed})


@pytest.fixture(scope="session")
def order() -> Callable[..., Order]:
    """Make an order."""
    return ordered


@pytest.fixture(scope="session")
def daic_woz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six short sessions of DAIC-WOZ, two of them with each event."""
    folder = tmp_path_factory.mktemp("daic-woz")
    build(folder, ordered("daic-woz", minutes=0.8, heavy=True))
    return folder


@pytest.fixture(scope="session")
def e_daic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen short sessions of E-DAIC."""
    folder = tmp_path_factory.mktemp("e-daic")
    build(folder, ordered("e-daic", minutes=0.7, sessions=14))
    return folder
