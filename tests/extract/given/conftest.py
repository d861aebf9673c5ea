"""What the tests of all formats use."""

from pathlib import Path
from tempfile import TemporaryFile

import pytest

from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head


@pytest.fixture
def read_given() -> "ReadGiven":
    """Read a file in the format that its head and name tell."""
    return ReadGiven()


class ReadGiven:
    """Recognises a file and reads it, without a video."""

    def __call__(self, path: Path, **parameters: object) -> Reading:
        form = recognise(Head.of(path), path.name)
        assert form is not None
        return read(GivenFile(path=path, format=form), None, TemporaryFile, parameters)

    def label(self, path: Path) -> str | None:
        """Say as what a file is recognised."""
        form = recognise(Head.of(path), path.name)
        return form.label if form else None
