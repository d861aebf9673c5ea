"""Ctrl-C during an import: it comes when the import is over, and is never lost."""

import signal
from collections.abc import Iterator

import pytest

from depx.extract.forks import heard_later


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Whoever runs the tests in the background has Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_comes_when_the_block_is_over() -> None:
    done = []

    def imported() -> None:
        with heard_later():
            signal.raise_signal(signal.SIGINT)
            done.append("the import")

    with pytest.raises(KeyboardInterrupt):
        imported()
    assert done == ["the import"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_block_goes_before_and_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ImportError), heard_later():
        raise ImportError
    assert signal.getsignal(signal.SIGTERM) is before
