"""The corpora that can be written, by the names that ``depx synth`` knows."""

from collections.abc import Mapping

from . import avec2014, cmdc, daic_woz, dvlog, edaic
from .order import Corpus

WRITERS: Mapping[str, Corpus] = {
    "daic-woz": daic_woz,
    "e-daic": edaic,
    "cmdc": cmdc,
    "avec2014": avec2014,
    "d-vlog": dvlog,
}
