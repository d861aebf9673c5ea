"""Parameters by name: ``--set face.focal=800`` to a field of a frozen dataclass, and back to text.

A component declares its parameters as the fields of its dataclass, each with a docstring that gives
unit and source; this module parses, refuses and lists them, so no component does.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import UsageError

T = TypeVar("T")
PRIVATE = {"recorded": "sha256"}
"""Metadata of a field whose value must not be written down, such as a person's name."""
PLACE = {"recorded": "name"}
"""Metadata of a field that names a place on this machine; only its last part is written down."""
LEAVE = {"recorded": "never"}
"""Metadata of a field that gives leave and shapes no number: with it or without, same content."""
TRUE, FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What ``--list`` says of one parameter."""

    name: str
    default: object
    choices: tuple[str, ...]
    doc: str


def configure(kind: type[T], prefix: str, values: Mapping[str, str]) -> T:
    """Make a component from the values that carry its prefix.

    Parameters
    ----------
    kind : dataclass type
        Its fields are the parameters.
    prefix : str
        ``face`` reads ``face.focal``; an empty prefix reads plain names.
    values : mapping of name to text
        All values that the user set; those of other prefixes are left alone.

    Raises
    ------
    UsageError
        If a name is no parameter, or a value does not fit its type.
    """
    hints = get_type_hints(kind)
    known = {field.name: hints[field.name] for field in fields(kind)}  # type: ignore[arg-type]
    chosen: dict[str, Any] = {}
    for full_name, text in values.items():
        before, dot, name = full_name.rpartition(".")
        if before != prefix or bool(dot) != bool(prefix):
            continue
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"--set {full_name}: no such parameter; there are: {listed}")
        chosen[name] = _parse(full_name, text, known[name])
    return kind(**chosen)


def parameters(kind: type[object]) -> tuple[Parameter, ...]:
    """List the parameters of a component with defaults, choices and docstrings.

    What it declares itself comes first, then what it inherits.
    """
    hints = get_type_hints(kind)
    docs: dict[str, str] = {}
    for base in kind.__mro__[:-1]:
        docs |= {name: doc for name, doc in _field_docs(base).items() if name not in docs}
    place = {name: at for at, name in enumerate(docs)}
    return tuple(
        Parameter(
            name=field.name,
            default=None if field.default is MISSING else field.default,
            choices=_choices(hints[field.name]),
            doc=docs.get(field.name, ""),
        )
        for field in sorted(
            fields(kind),  # type: ignore[arg-type]
            key=lambda field: place.get(field.name, len(place)),
        )
    )


def recorded(component: object) -> dict[str, object]:
    """Give the parameters of a component as they may be written down.

    What differs between two values still differs, except for places: what lies there must be told
    apart by its content (a model's files are, by their sha256).
    """
    shown: dict[str, object] = {}
    for field in fields(component):  # type: ignore[arg-type]
        value = getattr(component, field.name)
        how = field.metadata.get("recorded")
        if how == "never":
            continue
        if value is not None and how == "sha256":
            value = "sha256:" + hashlib.sha256(str(value).encode()).hexdigest()
        elif value is not None and how == "name":
            value = Path(str(value)).name
        shown[field.name] = value
    return shown


def _members(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) in (Union, UnionType):
        return tuple(member for part in get_args(hint) for member in _members(part))
    return (hint,)


def _choices(hint: Any) -> tuple[str, ...]:
    literals = [m for m in _members(hint) if get_origin(m) is Literal]
    return tuple(str(value) for literal in literals for value in get_args(literal))


def _parse(name: str, text: str, hint: Any) -> Any:
    members = _members(hint)
    if NoneType in members and text.strip().casefold() in ("", "none"):
        return None
    for member in members:
        if get_origin(member) is Literal:
            for value in get_args(member):
                if str(value) == text:
                    return value
        elif member is bool and text.casefold() in TRUE + FALSE:
            return text.casefold() in TRUE
        elif member in (int, float):
            try:
                return member(text)
            except ValueError:
                continue
        elif member is str:
            return text
    expected = "|".join(_choices(hint)) or " or ".join(
        getattr(m, "__name__", str(m)) for m in members if m is not NoneType
    )
    raise UsageError(f"--set {name}: expected {expected}, got {text!r}")


def _field_docs(kind: type[object]) -> dict[str, str]:
    """Read the string that stands below each field; Python keeps none at run time."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs = {}
    for statement, following in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            docs[statement.target.id] = " ".join(following.value.value.split())
    return docs
