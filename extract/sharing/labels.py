"""Which columns of a label table may go out: scores, classes and groups, not who somebody is.

Names are a deny-list: a column stays out whose name points to a person, or is in letters that no
list here knows.  Any other goes out if its values pass too: numbers on a questionnaire's scale, or
a few texts that several people have.  Ids are looked for in `ids`.  Names follow the
18 identifiers of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2)(i): names, places smaller than a state,
dates, telephone, fax, mail and URL, numbers of any record, account or device, pictures, and any
other number that is somebody's own; exact ages above 89 become 90.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from ..labels.base import AGE, Cell

OLDEST = 90.0
"""Stands for every age of 90 and more: 45 CFR 164.514(b)(2)(i)(C)."""
SCALE = 200.0
"""Numbers beyond it are on no questionnaire's scale: zip codes, record numbers, dates, incomes."""
FEW_VALUES = 10
"""Distinct texts that a column of groups may have."""
FEW_PEOPLE = 25
"""With so many people, whole numbers that are all different count people."""
WORDS = frozenset(
    {"name", "forename", "initials", "alias", "street", "address", "city", "town", "county"}
    | {"village", "district", "zip", "zipcode", "postcode", "postal", "plz", "place", "location"}
    | {"site", "ward", "clinic", "hospital", "employer", "school", "day", "month", "year", "time"}
    | {"dob", "born", "death", "died", "admission", "discharge", "visit", "phone", "tel", "mobile"}
    | {"fax", "mail", "email", "ssn", "mrn", "insurance", "account", "licence", "license", "plate"}
    | {"device", "serial", "url", "web", "ip", "mac", "gps", "lat", "lon", "latitude", "longitude"}
    | {"photo", "picture", "image", "file", "path", "id", "uid", "code", "number", "nr", "key"}
    | {"note", "notes", "remark", "remarks", "text", "description", "comments", "interviewer"}
    | {"rater", "examiner", "therapist", "doctor", "nationality", "occupation", "profession"}
    | {"strasse", "ort", "wohnort", "adresse", "beruf", "bemerkung", "bemerkungen", "telefon"}
    | {"vorname", "nachname", "familienname", "patient", "initialen", "kuerzel", "kürzel", "arzt"}
    | {"ärztin", "therapeut", "therapeutin", "untersucher", "untersucherin", "klinik", "akte"}
    | {"aktenzeichen", "fall", "station", "praxis", "schule", "arbeitgeber", "stadt", "gemeinde"}
    | {"nummer", "probandennummer", "clinician", "physician", "room", "bed", "subj", "center"}
    | {"centre", "job", "given", "nom", "prenom", "prénom", "ville", "hopital", "hôpital"}
    | {"apellido", "apellidos", "nombre", "ciudad"}
)
"""Parts of a column's name that point to a person."""
PHRASES = frozenset({("case", "no"), ("recorded", "by")})
"""The same in two words, each of which says nothing."""
INSIDE = re.compile(
    r"birth|geburt|date|datum|comment|address|phone|surname|(first|last|full)name"
    r"|vorname|nachname|nummer|姓名|医院|城市|电话|地址"
)
"""The same where it stands inside a longer word."""
AGES = frozenset({AGE, "alter", "âge", "edad", "年龄"})
"""Words that name an age in years."""


def may_go(
    name: str, cells: Sequence[Cell], people: Sequence[str], *, target: Collection[str] = ()
) -> str | None:
    """Say why a label column is left out; None if it may go out.

    Parameters
    ----------
    name : str
    cells : sequence of str, float or None
        One a session.
    people : sequence of str
        The participant of each session.
    target : collection of str
        Columns that models learn from; they always go out.
    """
    if name in target:
        return None
    words = _words(name)
    pairs = set(pairwise(words))
    if WORDS & set(words) or PHRASES & pairs or INSIDE.search(name.casefold()):
        return "its name points to a person (HIPAA Safe Harbor)"
    if not words or not all(word.isascii() or word in AGES for word in words):
        return "its name is in letters that no list knows, so it is left out like free text"
    by_person: dict[str, set[Cell]] = {}
    for cell, person in zip(cells, people, strict=True):
        if not _is_empty(cell):
            by_person.setdefault(person, set()).add(cell)
    values = {cell for held in by_person.values() for cell in held}
    numbers = [float(cell) for cell in values if isinstance(cell, int | float)]
    if len(numbers) < len(values):
        if len(values) > FEW_VALUES:
            return f"{len(values)} different texts"
        if len(values) == len(by_person) > 1:
            return "a text of everybody's own"
        return None
    if AGES.issuperset(words):
        return None
    if any(abs(number) > SCALE for number in numbers):
        return f"numbers beyond {SCALE:g}, which are on no scale of a questionnaire"
    whole = all(number.is_integer() for number in numbers)
    if whole and len(values) == len(by_person) >= FEW_PEOPLE:
        return "a number of everybody's own"
    return None


def capped(name: str, cell: Cell) -> Cell:
    """Give an age of 90 and more as 90; everything else as it is."""
    if _is_age(name) and isinstance(cell, int | float) and cell >= OLDEST:
        return OLDEST
    return cell


def singled_out(
    columns: Mapping[str, Sequence[Cell]], people: Sequence[str], *, target: Collection[str] = ()
) -> str | None:
    """Say how many people are the only one with what others may know of them: groups and age.

    Parameters
    ----------
    columns : mapping of name to cells
        Labels that go out, a cell a session.
    people : sequence of str
        The participant of each session.
    target : collection of str
        Columns that models learn from, which nobody is known by.

    Returns
    -------
    str or None
        A line; None where no such column goes out.
    """
    known = [
        name
        for name, cells in columns.items()
        if name not in target and (_is_age(name) or any(isinstance(cell, str) for cell in cells))
    ]
    if not known:
        return None
    of: dict[str, tuple[Cell, ...]] = {}
    for s, person in enumerate(people):
        of.setdefault(person, tuple(columns[name][s] for name in known))
    count = Counter(map(str, of.values()))
    alone = sum(many == 1 for many in count.values())
    return (
        f"{', '.join(known)}: {alone} of {len(of)} participants are the only one with theirs, "
        f"{min(count.values())} share the rarest"
    )


def _is_age(name: str) -> bool:
    return not AGES.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    """Take a name apart: ``DateOfBirth``, ``date_of_birth``, ``PHQ8_Score``."""
    composed = unicodedata.normalize("NFC", name)
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", composed)
    return [word for word in re.split(r"[\W_]+", apart.casefold()) if word]


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
