"""Which device a model computes on: settled before keys are made, as the numbers differ a little.

A machine without an NVIDIA device, or with a PyTorch that is built without CUDA, is told by its
files.  Where both seem to be there, PyTorch is asked, in a process of its own: CUDA must not be
started in a process that others are forked from, nor PyTorch be loaded before it is needed.
"""

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from ..errors import UsageError

Device: TypeAlias = Literal["auto", "cpu", "cuda"]

NODES = ("nvidia[0-9]*", "dxg")  # device files of the driver: Linux, WSL
ASK = "import sys, torch; sys.exit(0 if torch.cuda.is_available() else 1)"


def settled(device: Device, name: str) -> Literal["cpu", "cuda"]:
    """Turn ``auto`` into what there is.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
    name : str
        Of the parameter, for messages.

    Raises
    ------
    UsageError
        If CUDA is asked for and not there.
    """
    if device == "cpu":
        return "cpu"
    why_not = obstacle()
    if why_not is None:
        return "cuda"
    if device == "cuda":
        raise UsageError(f"{name}=cuda: {why_not}; --device cpu, or auto, computes without")
    return "cpu"


@cache
def obstacle() -> str | None:
    """Say why CUDA cannot be used; None if it can."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides all devices"
    if not any(node for pattern in NODES for node in Path("/dev").glob(pattern)):
        return "this machine has no NVIDIA device"
    spec = find_spec("torch")
    places = (spec and spec.submodule_search_locations) or ()
    if not any((Path(place) / "lib" / "libtorch_cuda.so").is_file() for place in places):
        return "the installed PyTorch is built without CUDA"
    if subprocess.run([sys.executable, "-c", ASK], capture_output=True).returncode:
        return "PyTorch cannot use the NVIDIA device of this machine (is its driver too old?)"
    return None
