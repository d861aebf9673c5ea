"""The corpora that can be written, by the names that ``--corpus`` knows."""

from collections.abc import Mapping
from types import ModuleType

from . import daic_woz, edaic

CORPORA: Mapping[str, ModuleType] = {
    "daic-woz": daic_woz,
    "e-daic": edaic,
}
