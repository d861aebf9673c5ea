"""``SHARED.md`` and ``SHARED.json``: what is in a share, what was left out and why, what it tells.

Both are made from the same facts.  They hold no id, no name of a file and no value of anybody.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...errors import StoreError

MARKDOWN, DOCUMENT = "SHARED.md", "SHARED.json"
SHARED = (MARKDOWN, DOCUMENT)
"""What lies beside the data of a share, and no hash is recorded of."""
MARK = "shared"
"""Key of the marker of a store or training set that is a share."""
REMEDY_OF_SHARE = "run the same depx export --as share again, or ask whoever shared it"
SCHEMA = 1
HEAD = """# What was shared, and what was not

Made by `depx export --as share`. Sessions, cases, participants and speakers go by pseudonyms,
HMAC-SHA256 under the key with the fingerprint `{fingerprint}`. Whoever has the key can
name them: these are pseudonymous data, not anonymous ones (GDPR, recital 26), and are to be kept as
such. Times are seconds from the start of each recording. File names, hashes of files, dates,
places, hosts, warnings and reasons in free text were not taken along.
"""


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something that was left out."""

    what: str
    count: str
    why: str
    keep: str | None = None
    """What ``--keep`` would let it in; None where nothing does."""


@dataclass(eq=False, kw_only=True)
class Shared:
    """All that is said of a share."""

    kind: str
    """``store`` or ``dataset``."""
    fingerprint: str
    """Of the key."""
    holds: list[tuple[str, str]] = field(default_factory=list)
    """What, and how much of it."""
    left: list[Left] = field(default_factory=list)
    before: list[Left] = field(default_factory=list)
    """What earlier shares left out, if this is a share of a share; nothing lets it in."""
    changed: list[str] = field(default_factory=list)
    """What was made coarser."""
    reveals: list[str] = field(default_factory=list)
    permitted: list[str] = field(default_factory=list)
    """Licences that forbid it, of which the user said that they do not here."""
    licences: dict[str, str] = field(default_factory=dict)
    """Of the models and libraries that shaped the numbers."""

    def document(self) -> str:
        """As JSON."""
        said = {"schema": SCHEMA, **asdict(self)}
        return json.dumps(said, sort_keys=True, indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """As a page."""
        lines = [HEAD.format(fingerprint=self.fingerprint)]
        lines += ["## In it", "", *_table(("what", "how much"), self.holds)]
        left = [(one.what, one.count, one.why, _keep(one)) for one in self.left]
        head = ("what", "how much", "why", "let in by")
        lines += ["", "## Left out", "", *(_table(head, left) if left else ["Nothing."])]
        if self.before:
            earlier = [(one.what, one.count, one.why) for one in self.before]
            lines += ["", "## Left out by an earlier share", "", *_table(head[:-1], earlier)]
        if self.changed:
            lines += ["", "## Made coarser", "", *(f"- {line}" for line in self.changed)]
        lines += ["", "## What it still tells", "", *(f"- {line}" for line in self.reveals)]
        lines += ["", "Pass it on under a contract that forbids to look for people in it.", ""]
        lines += ["## Licences", ""]
        lines += [
            f"- {one}: forbids to pass it on; whoever shared it said that they may"
            for one in self.permitted
        ]
        lines += [f"- {name}: {licence}" for name, licence in sorted(self.licences.items())]
        return "\n".join(lines) + "\n"


def pages(out: Path, shared: Shared) -> dict[Path, bytes]:
    """Lay out both pages of a share; the one that is read first comes last."""
    texts = ((DOCUMENT, shared.document()), (MARKDOWN, shared.markdown()))
    return {out / name: text.encode("utf-8") for name, text in texts}


def carry_over(place: Path, shared: Shared) -> None:
    """Take over from a share what it says that it, and those before it, left out or made coarser.

    Raises
    ------
    StoreError
        If its document is missing or damaged.
    """
    path = place / DOCUMENT
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        left = [*told.get("before", ()), *told["left"]]
        shared.before = [Left(**{**one, "keep": None}) for one in left]
        shared.changed = [*map(str, told["changed"])]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{path}: expected what this share left out, got {type(error).__name__}; bring it "
            "back from whoever shared it, or share anew what it was made from"
        ) from error


def _keep(one: Left) -> str:
    return f"`--keep {one.keep}`" if one.keep else "nothing"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
