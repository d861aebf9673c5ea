"""The models that ``depx train`` knows.  A new one is a folder and one line here."""

from collections.abc import Mapping

from .cmgvs.config import CmgVs
from .mccl.config import Mccl
from .model import Model

MODELS: Mapping[str, type[Model]] = {model.name: model for model in (CmgVs, Mccl)}
