"""The syntax tree of a trigger.

A tree is in normal form when it is built with :func:`all_of` and :func:`any_of`: no ``AllOf``
directly in an ``AllOf``, no ``AnyOf`` directly in an ``AnyOf``, and at least two parts in each.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from attrs import frozen

Path: TypeAlias = tuple[str, ...]
"""The keys that lead to a field, from the event's root; an index into a list is its digits."""

Value: TypeAlias = str | int | float | bool | None

Operator: TypeAlias = Literal["==", "!=", "<=", ">=", "=", "<", ">"]
OPERATORS: Final[tuple[Operator, ...]] = ("==", "!=", "<=", ">=", "=", "<", ">")  # the longer ones first
ORDERING: Final[frozenset[Operator]] = frozenset({"<", "<=", ">", ">="})

Function: TypeAlias = Literal["contains", "match", "starts_with", "ends_with"]
FUNCTIONS: Final[dict[str, Function]] = {
    "contains": "contains",
    "match": "match",
    "starts_with": "starts_with",
    "ends_with": "ends_with",
}


@frozen
class Comparison:
    """``path operator value``.

    :ivar operator: ``==`` is accepted because stored triggers hold it, and is never true.
    """

    path: Path
    operator: Operator
    value: Value


@frozen
class Search:
    """``function(path, "text")``.

    :ivar negated: true for a text that doesn't match, false like the plain form for what is no text.
    """

    function: Function
    path: Path
    text: str
    negated: bool = False


@frozen
class Not:
    """The plain opposite of its part."""

    part: "Node"


@frozen
class AllOf:
    """Parts joined by ``and``."""

    parts: "tuple[Node, ...]"


@frozen
class AnyOf:
    """Parts joined by ``or``."""

    parts: "tuple[Node, ...]"


Condition: TypeAlias = Comparison | Search
Node: TypeAlias = Comparison | Search | Not | AllOf | AnyOf


def all_of(parts: Iterable[Node]) -> Node:
    """Join by ``and``, flat; a single part stays itself."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AllOf) else (part,))
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """Join by ``or``, flat; a single part stays itself."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AnyOf) else (part,))
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


_PLAIN = re.compile(r"[\w-]+")
_RESERVED = frozenset({"and", "or", "not", "null", "true", "false"})


def write(node: Node) -> str:
    """Spell a tree in normal form."""
    match node:
        case Comparison(path, operator, value):
            return f"{write_path(path)} {operator} {_value(value)}"
        case Search(function, path, text, negated):
            return f"{'!' if negated else ''}{function}({write_path(path)}, {_quote(text)})"
        case Not(part):
            plain = isinstance(part, Comparison | Not) or (isinstance(part, Search) and part.negated)
            return f"not {write(part)}" if plain else f"not ({write(part)})"
        case AllOf(parts):
            return " and ".join([f"({write(p)})" if isinstance(p, AnyOf) else write(p) for p in parts])
        case AnyOf(parts):
            return " or ".join([write(part) for part in parts])


def write_path(path: Path) -> str:
    """Spell a path; keys that aren't plain words are put in quotes, the first one behind backslashes."""
    first, *others = path
    return _first(first) + "".join(f".{p if _PLAIN.fullmatch(p) else _quote(p)}" for p in others)


def _first(key: str) -> str:
    if key.lower() in _RESERVED:
        return "\\" + key
    head = key[0] if re.fullmatch(r"[^\W\d]", key[0]) else "\\" + key[0]
    return head + re.sub(r"([^\w-])", r"\\\1", key[1:])


def _value(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quote(value)
        case _:
            return repr(value)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
