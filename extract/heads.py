"""The beginning of a file, which tells its format: read once, asked by every format there is."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .transcripts.decoding import HEAD_BYTES, decode_head

APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""How the files begin that macOS writes beside others (``._NAME``), under whatever name."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first `HEAD_BYTES` of a file."""

    raw: bytes
    text: str | None
    """Decoded; None where it is no text."""

    @classmethod
    def read(cls, file: IO[bytes]) -> "Head":
        """Read the beginning of an opened file."""
        raw = file.read(HEAD_BYTES)
        return cls(raw=raw, text=decode_head(raw))

    @classmethod
    def of(cls, path: Path) -> "Head":
        """Read the beginning of a file on disk."""
        with path.open("rb") as file:
            return cls.read(file)
