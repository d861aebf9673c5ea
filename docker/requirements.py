"""Print what ``pyproject.toml`` asks for, a line a library: ``requirements.py PYPROJECT EXTRAS``.

EXTRAS are names of extras, comma-separated, as ``distributed,cloud``; empty for none.  So an image
has its libraries in a layer that a change of depx's own code leaves alone.
"""

import sys
import tomllib
from pathlib import Path


def main(pyproject: str, extras: str) -> None:
    """Print the requirements."""
    project = tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))["project"]
    known = project["optional-dependencies"]
    for extra in filter(None, (one.strip() for one in extras.strip("[]").split(","))):
        if extra not in known:
            sys.exit(f"EXTRAS: no extra {extra!r}; there are: {', '.join(known)}")
        project["dependencies"] += known[extra]
    print(*project["dependencies"], sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
