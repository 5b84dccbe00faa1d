"""The syntax tree of a trigger, and its text.

A tree is in normal form when it is built with :func:`all_of` and :func:`any_of`: no ``AllOf``
directly in an ``AllOf``, no ``AnyOf`` directly in an ``AnyOf``, and at least two parts in each.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from attrs import frozen

Path: TypeAlias = tuple[str, ...]
"""The keys that lead to a field, from the event's root; an index into a list is its digits."""

Value: TypeAlias = str | int | float | bool | None

Operator: TypeAlias = Literal["==", "!=", "<=", ">=", "=", "<", ">"]
# An operator that another begins with comes after it.
OPERATORS: Final[tuple[Operator, ...]] = ("==", "!=", "<=", ">=", "=", "<", ">")
ORDERING: Final[frozenset[Operator]] = frozenset({"<", "<=", ">", ">="})

Function: TypeAlias = Literal["contains", "match", "starts_with", "ends_with"]
FUNCTIONS: Final[dict[str, Function]] = {
    "contains": "contains",
    "match": "match",
    "starts_with": "starts_with",
    "ends_with": "ends_with",
}

JOINERS: Final = frozenset({"and", "or", "not"})
CONSTANTS: Final[dict[str, Value]] = {"null": None, "true": True, "false": False}
RESERVED: Final = JOINERS | CONSTANTS.keys()
"""Words that are keys only behind a backslash, in lower case; any case is reserved."""


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

    :ivar negated: true for a text that doesn't match; false for a value that is no text, as the
        plain form is.
    """

    function: Function
    path: Path
    text: str
    negated: bool = False


@frozen
class Not:
    """True when its part is false, and the other way round."""

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
    """Join parts by ``and``, without nesting; a single part is returned as it is."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AllOf) else (part,))
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """Join parts by ``or``, without nesting; a single part is returned as it is."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AnyOf) else (part,))
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def compared_texts(node: Node, path: Path) -> Iterator[str]:
    """Yield the texts that a field is compared with for being equal, in their order in the tree."""
    match node:
        case Comparison(own, "=", str(text)) if own == path:
            yield text
        case Not(part):
            yield from compared_texts(part, path)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from compared_texts(part, path)


def unparse(node: Node) -> str:
    """Return the canonical spelling of a tree in normal form."""
    match node:
        case Comparison(path, operator, value):
            return f"{_unparse_path(path)} {operator} {_unparse_value(value)}"
        case Search(function, path, text, negated):
            return f"{'!' if negated else ''}{function}({_unparse_path(path)}, {_quote(text)})"
        case Not(part):
            # Without parentheses, "not" before a function would make the negated function.
            bare = isinstance(part, Comparison | Not) or (isinstance(part, Search) and part.negated)
            return f"not {unparse(part)}" if bare else f"not ({unparse(part)})"
        case AllOf(parts):
            return " and ".join(
                f"({unparse(part)})" if isinstance(part, AnyOf) else unparse(part) for part in parts
            )
        case AnyOf(parts):
            return " or ".join(unparse(part) for part in parts)


_PLAIN_KEY: Final = re.compile(r"[\w-]+")
_LETTER: Final = re.compile(r"[^\W\d]")
_NEEDS_BACKSLASH: Final = re.compile(r"([^\w-])")


def _unparse_path(path: Path) -> str:
    """Spell a path.  Keys that aren't plain words are quoted, but the first one takes backslashes."""
    first, *others = path
    return _escape(first) + "".join(f".{key if _PLAIN_KEY.fullmatch(key) else _quote(key)}" for key in others)


def _escape(key: str) -> str:
    if key.lower() in RESERVED:
        return "\\" + key
    head = key[0] if _LETTER.fullmatch(key[0]) else "\\" + key[0]
    return head + _NEEDS_BACKSLASH.sub(r"\\\1", key[1:])


def _unparse_value(value: Value) -> str:
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


def read_paths(tree: object) -> set[Path]:
    """Return the paths of all fields that a trigger's tree looks at."""
    paths: set[Path] = set()
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Comparison | Search):
            paths.add(node.path)
        elif isinstance(node, Not):
            pending.append(node.part)
        elif isinstance(node, AllOf | AnyOf):
            pending += node.parts
    return paths
