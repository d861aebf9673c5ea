"""Pseudonyms of sessions, cases, participants and speakers, under a key that stays at home.

A pseudonym is ``p-`` and 16 letters: 80 bits of HMAC-SHA256(key, domain || id) (RFC 2104).
The same key gives the same pseudonyms in every store and at any time, so that people still link;
equal ids stay equal whatever they name, so that a case that is called like its session still is.
Without the key nobody can try ids out: a hash without one is no pseudonym, as DAIC-WOZ's 189 ids
are hashed in no time.  Whoever has the key can find the ids again, which is what makes them
pseudonyms and not anonymous data.
"""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UsageError
from ..store.atomic import naming

ID, SPEAKER, RECORD, FINGERPRINT = "id", "speaker", "record", "fingerprint"
"""Domains: what is named.  A speaker that is called like a session has another pseudonym."""
KEY_BYTES = 32
LETTERS = 16  # of base32: 80 bits, so that two of a million ids are alike once in 10^12
MARK = "depx-pseudonyms-1"
KEY_FILE = re.compile(rf"{MARK} ([0-9a-f]{{{2 * KEY_BYTES}}})\s*")
OTHERS = 0o077  # rights of the group and of the world


@dataclass(frozen=True)
class Pseudonyms:
    """Names under a key; the key is in no ``repr``, no output and no log."""

    key: bytes = field(repr=False)

    def of(self, name: str) -> str:
        """Give the pseudonym of a session, case or participant."""
        return f"p-{self._letters(ID, name)}"

    def speaker(self, name: str) -> str:
        """Give the pseudonym of a speaker's name; no name stays none."""
        return f"v-{self._letters(SPEAKER, name)}" if name else name

    def blinded(self, digest: str) -> str:
        """Turn a content key or hash into one that no file can be held against."""
        return self._mac(RECORD, digest).hex()

    @property
    def fingerprint(self) -> str:
        """Tell keys apart without telling anything of them."""
        return self._mac(FINGERPRINT, "").hex()[:16]

    def named(self, ids: Iterable[str]) -> dict[str, str]:
        """Map ids to their pseudonyms.

        Raises
        ------
        UsageError
            If two ids have one pseudonym.
        """
        named = {name: self.of(name) for name in sorted(set(ids))}
        if len(set(named.values())) < len(named):
            raise UsageError(
                f"--pseudonyms: two of {len(named)} ids have one pseudonym under key "
                f"{self.fingerprint}; take another key"
            )
        return named

    def _letters(self, domain: str, name: str) -> str:
        return base64.b32encode(self._mac(domain, name)).decode().lower()[:LETTERS]

    def _mac(self, domain: str, name: str) -> bytes:
        said = f"{domain}\0{name}".encode("utf-8", "surrogatepass")
        return hmac.new(self.key, said, "sha256").digest()


def pseudonyms_of(
    path: Path, places: Iterable[Path], report: Callable[[str], None], *, make: bool = True
) -> Pseudonyms:
    """Read a key file, or make one where there is none.

    Parameters
    ----------
    path : Path
    places : iterable of Path
        What is read and written: the key may lie in none of them.
    report : callable
        Takes a line when a key is made.
    make : bool
        Whether to make one; else a missing one is an error.

    Raises
    ------
    UsageError
        If it is no key file, others may read it, or it would travel with the data.
    """
    for place in places:
        if path.resolve().is_relative_to(place.resolve()):
            raise UsageError(f"{path}: the key lies in {place}; keep it apart from the data")
    if not path.exists() and not make:
        raise UsageError(f"{path}: is not there; without --dry-run it is made")
    if not path.exists():
        made = _made(path)
        report(
            f"{path}: was not there; made a new key ({made.fingerprint}), for you to read only; "
            "keep it, and keep it apart from what you share"
        )
        return made
    if not path.is_file():
        raise UsageError(f"{path}: expected a key file, got a folder or a device")
    if path.stat().st_mode & OTHERS:
        raise UsageError(f"{path}: others may read this key; chmod 600 it, or take a new one")
    found = KEY_FILE.fullmatch(path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise UsageError(
            f"{path}: expected {MARK} and {2 * KEY_BYTES} hexadecimal digits, got something else; "
            "name a file that is not there, and a key is made"
        )
    return Pseudonyms(bytes.fromhex(found[1]))


def _made(path: Path) -> Pseudonyms:
    key = secrets.token_bytes(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"{path}: no key can be made there ({error.strerror})") from error
    try:
        with naming(path), open(descriptor, "w", encoding="ascii") as out:
            out.write(f"{MARK} {key.hex()}\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        path.unlink()  # half a key would stand in the way of a whole one
        raise
    return Pseudonyms(key)
