"""What a probe finds: one thing, how it stands, what it is for and the command that mends it."""

import shlex
import sys
from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "note", "missing", "wrong"]
"""``note``: depx works as it is, and it is good to know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the doctor's."""

    area: str
    """The heading that it stands under."""
    name: str
    state: State
    found: str
    """What there is: a version, a size, why it does not work."""
    serves: str
    """What it is for."""
    mend: str | None = None
    """A command to type, or else what to do; None where nothing is to be done."""

    @property
    def failed(self) -> bool:
        """Whether something that depx needs is not there."""
        return self.state in ("missing", "wrong")


def pip(*arguments: str) -> str:
    """Give the command that installs into the Python that runs depx, whatever is activated."""
    return shlex.join([sys.executable, "-m", "pip", "install", *arguments])


def apt(package: str) -> str:
    """Give the command that installs a package of Debian or Ubuntu."""
    return f"sudo apt-get install {package}"


def size(count: float) -> str:
    """Say how many bytes, in GiB."""
    return f"{count / (1 << 30):.1f} GiB"
