"""Text of an utterance into tokens: cleaned, raw, and what they are.

The marks are those of DAIC-WOZ's transcribers, most of which others use too, and what CHAT, LDC's
and German transcripts (Dresing and Pehl) write for the same:

=====================================  ====================================================
``<laughter>`` ``[cough]`` ``<sync``   an event; in brackets of either kind, even if never closed
``(laughs)`` ``*sigh*`` ``(unv.)``     an event, if a name of one stands in between
``{LG}`` ``&=laughs`` ``++NOISE++``    an event; ``{F uh, }`` are words
``(0.5)``                              an event: a pause that was measured
``</laugh>`` ``<i>so</i>``             the end of a mark, and the style of text, are neither
``&-uh`` ``%uh``                       a filler
``xxx`` ``scrubbed_entry``             an event: speech that nobody understood, or had cut out
``people <peop>``                      one word, cut short; what was said is in the brackets
``yeah3 (yeah)``                       the interviewer's prompt by its id: the text is inside
``p_t_s_d``                            one word, spelt by its letters
``我睡不好``                           a word a character: Chinese has no blanks to split at
=====================================  ====================================================

Punctuation belongs to the raw token before it (or after, at the beginning): apart from white space
the raw tokens of a text are the text.  Case is kept; whoever reads the words folds it.
"""

import re
import unicodedata
from dataclasses import dataclass

from ..words import Kind


@dataclass(frozen=True, slots=True)
class Token:
    """What a speaker uttered in one piece, and where it stands in the text."""

    text: str
    """Cleaned: no marks, no punctuation around it."""
    raw: str
    """As the text has it, with the punctuation that follows."""
    kind: Kind
    start: int
    """Offset of its first character; loose punctuation around it is outside."""
    stop: int
    """Offset behind its last character."""


_EVENTS = (
    r"laugh|chuckl|giggl|cough|sigh|sniff|sneez|throat|breath|inhal|exhal|gasp|yawn|cry|cries|sob"
    r"|nois|silen|paus|music|sync|inaud|unintel|crosstalk"
    r"|lach(?:t|en|end)\b|kicher|hust|seufz|räusper|schnief|wein(?:t|en|end)\b|schluchz|gähn"
    r"|unv(?:\.|erst)|rires?\b|soupir"
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"  # written without blanks between words
_EVENT = rf"(?:\w+ ){{0,2}}(?:{_EVENTS})\w*(?: [\w:.]+)?"
_PIECE = re.compile(
    r"(?P<none></[^<>]*>|<(?P<style>[ibu])>(?=[^<]*</(?P=style)>)|\{[ACDEF](?=\s))"
    r"|(?P<mark><[^<>]*>|\[[^\[\]]*\]|[<\[][^\s<>\[\]]*"  # one never closed is one word long
    rf"|\{{(?:[A-Za-z]{{2,3}}|{_EVENT})\}}|&=\S+|\+\+\w+\+\+)"
    rf"|(?P<aside>\({_EVENT}\)|\*{_EVENT}\*|\(\d+[.,]\d+\))"
    rf"|(?P<word>[{_HAN}]|[({{]?[^\s<\[({{{_HAN}]+|[({{])",
    flags=re.IGNORECASE,
)
_LEADING = re.compile(r"^[&%][-+~]?(?=[^\W\d_])")  # CHAT's and LDC's marks of fillers and fragments
_PROMPT = re.compile(r"^\s*([^\W_]\w*)\s+\((?=(.*)\)\s*$)", flags=re.DOTALL)
_UNHEARD = re.compile(r"x{3,}|scrubbed_?entry", flags=re.IGNORECASE)
_SPELT = re.compile(r"[^\W\d_](?:_[^\W\d_])+(?:'?s)?")
_FILLER = re.compile(
    r"u+h+|u+h*m+|e+r+m+|er|hm+|mm+|m+-?h+m*|m+-?m+|uh-?(?:huh|uh)|huh-?uh|[äö]+h+m*|e+hm+|eu+h+"
    r"|[嗯呃]+",
    re.IGNORECASE,
)
_WORDS_ELSEWHERE = {
    "de": frozenset({"er", "um"}),
    "nl": frozenset({"er", "um"}),
    "da": frozenset({"er", "um"}),
    "no": frozenset({"er", "um"}),
    "sv": frozenset({"er", "um"}),
    "pt": frozenset({"um"}),
}
"""By language, what would be a filler in English and is a word there."""
_CLITICS = frozenset({"'cause", "'em", "'til", "'bout", "'kay", "'round", "'tis", "'twas"})
_APOSTROPHES = str.maketrans("\u2018\u2019", "''")
_SPOKEN_SIGNS = frozenset("$€£¥%&#@+°")


def tokenise(text: str, language: str = "en") -> tuple[Token, ...]:
    """Split the text of an utterance; a text of nothing but punctuation has no token.

    Parameters
    ----------
    text : str
        One utterance, as its transcript has it.
    language : str
        ISO 639-1 code; some fillers of English are words elsewhere.

    Returns
    -------
    tuple of Token
        In order, not overlapping: words, fillers and events.
    """
    found: list[tuple[str, Kind, int, int]] = []
    begin, end = _prompt_inside(text)
    for piece in _PIECE.finditer(text, begin, end):
        start, stop = piece.span()
        name = _clean(piece[0])
        if not name or piece["none"]:  # punctuation by itself
            continue
        if piece["word"] is None:
            if found and found[-1][1] is not Kind.EVENT and _cut_short(found[-1][0], name):
                cleaned, kind, first, _ = found.pop()
                found.append((cleaned, kind, first, stop))
            else:
                found.append(((name.strip("&=+") or name).casefold(), Kind.EVENT, start, stop))
        else:
            found.append((*_classified(name, language), start, stop))
    return _with_raw(text, found)


def _prompt_inside(text: str) -> tuple[int, int]:
    """Find the text of a prompt that is given as ``id (text)``, else the whole.

    An id has a digit or an underscore, or is how its text begins: "well (laughs)" is no prompt.
    """
    prompt = _PROMPT.match(text)
    if prompt is None:
        return 0, len(text)
    name, inside = prompt[1].casefold(), prompt[2].casefold()
    if re.search(r"[\d_]", name) or re.sub(r"\W", "", inside).startswith(name):
        return prompt.end(), prompt.end(2)
    return 0, len(text)


def _with_raw(text: str, found: list[tuple[str, Kind, int, int]]) -> tuple[Token, ...]:
    """Give each token the text up to the next one, and the first what stands before it too."""
    border = [0, *(start for _, _, start, _ in found[1:]), len(text)]
    return tuple(
        Token(cleaned, text[border[i] : border[i + 1]].strip(), kind, start, stop)
        for i, (cleaned, kind, start, stop) in enumerate(found)
    )


def _clean(piece: str) -> str:
    """Take off what is not spoken at both ends, and write apostrophes and letters one way."""
    text = unicodedata.normalize("NFC", piece).translate(_APOSTROPHES)
    inner = [i for i, character in enumerate(text) if _is_spoken(character)]
    if not inner:
        return ""
    cleaned = text[inner[0] : inner[-1] + 1]
    if inner[0] > 0 and text[inner[0] - 1] == "'" and f"'{cleaned}".casefold() in _CLITICS:
        return f"'{cleaned}"
    return _LEADING.sub("", cleaned)


def _is_spoken(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM" or character in _SPOKEN_SIGNS


def _classified(cleaned: str, language: str) -> tuple[str, Kind]:
    if _UNHEARD.fullmatch(cleaned):
        return cleaned.casefold(), Kind.EVENT
    if _SPELT.fullmatch(cleaned):
        return cleaned.replace("_", ""), Kind.WORD  # before fillers: e_r is a place
    elsewhere = _WORDS_ELSEWHERE.get(language, frozenset())
    if _FILLER.fullmatch(cleaned) and cleaned.casefold() not in elsewhere:
        return cleaned, Kind.FILLER
    return cleaned, Kind.WORD


def _cut_short(word: str, said: str) -> bool:
    """Tell whether what stands in brackets is the beginning of the word before them."""
    return 0 < len(said) < len(word) and word.casefold().startswith(said.casefold())
