"""JSON of recognisers: the document, and the times and texts of its segments and words.

What is odd in one entry costs no other: it is read as far as it goes, and counted.
"""

import json
import math
from collections.abc import Mapping

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import NO_TIME
from .faults import Faults
from .times import time_of


def document_of(text: str) -> object:
    """Read JSON.

    Raises
    ------
    TranscriptError
        If it is none, with the place where it ends to be one.
    """
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(
            f"is no valid JSON at line {error.lineno}, column {error.colno}; "
            "was it written to its end?"
        ) from None
    except (RecursionError, ValueError) as error:
        raise TranscriptError(
            f"is no JSON that can be read ({type(error).__name__}); expected a recogniser's"
        ) from None
    return document


def as_entry(item: object, key: str) -> Mapping[str, object] | None:
    """Give a segment or word as an object; a mere text is one without times."""
    if isinstance(item, str):
        return {key: item}
    return item if isinstance(item, dict) else None


def time_in(entry: Mapping[str, object], key: str, faults: Faults, where: str) -> Seconds:
    """Read a time of an entry; NaN, and no fault, where it has none."""
    value = entry.get(key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NO_TIME
    time_s = time_of(value)
    faults.add("rows_untimed", where, times=int(math.isnan(time_s)))
    return time_s


def text_in(entry: Mapping[str, object], key: str) -> str:
    """Read a text of an entry; empty where it has none.  A number is one that was said."""
    value = entry.get(key)
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()
