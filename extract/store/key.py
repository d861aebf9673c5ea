"""Content keys: two results with the same key are the same bytes."""

import hashlib
import json
from pathlib import Path

BLOCK = 1 << 20  # bytes read at a time


def digest(document: object) -> str:
    """Hash a JSON-able document; the order of keys in mappings does not matter."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def sha256_file(path: Path) -> str:
    """Hash the content of a file."""
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            state.update(block)
    return state.hexdigest()
