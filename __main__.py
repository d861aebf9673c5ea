"""``python -m depx``: the same as the command ``depx``."""

from .cli import main

if __name__ == "__main__":
    main()
