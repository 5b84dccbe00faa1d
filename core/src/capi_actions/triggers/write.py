"""From tree to text: one canonical spelling, which reads back as the same tree."""

import re

from capi_actions.triggers.nodes import AllOf, AnyOf, Comparison, Node, Not, Path, Search, Value

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
