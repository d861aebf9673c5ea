"""Languages by their ISO 639 codes: what a user may write, and the names that models carry."""

import re

from ..errors import UsageError

NAMES = {
    "arabic": "ar",
    "bulgarian": "bg",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "vietnamese": "vi",
}
"""Names of languages in English, lower case, and their codes."""


def code(language: str) -> str:
    """Give the code of a language without its region: ``en`` for ``en-GB``.

    Raises
    ------
    UsageError
        If it is no code of two or three letters.
    """
    bare = re.split("[-_]", language.strip().casefold())[0]
    if not re.fullmatch("[a-z]{2,3}", bare):
        known = NAMES.get(bare, "en, de or zh")
        raise UsageError(f"language {language!r}: expected an ISO 639-1 code such as {known}")
    return bare
