"""``@replace``."""

import re
from collections.abc import Callable, Iterator
from re import Match
from typing import Any

from capi_actions.mapping.javascript import text
from capi_actions.mapping.limits import MAX_TEXT, too_long
from capi_actions.mapping.members import Members
from capi_actions.mapping.nodes import Constant
from capi_actions.model import MISSING, Compiler, Json, Resolver

MAX_PATTERN = 10
"""UTF-16 units in a pattern or replacement."""

_TEMPLATE = re.compile(r"\$([$&`'])")


def compile_replace(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@replace": {"pattern": "-", "replacement": " ", "value": …}}``."""
    members = Members(value, compiler)
    members.require("pattern", "value")
    pattern = members.string("pattern", least=1, most=MAX_PATTERN)
    replacement = members.string("replacement", most=MAX_PATTERN) or ""
    pattern2 = members.optional_string("pattern2", most=MAX_PATTERN)
    replacement2 = members.optional_string("replacement2", most=MAX_PATTERN) or ""
    fold, everywhere = members.boolean("ignorecase", False), members.boolean("global", True)
    read = members.text("value")
    members.others()
    if pattern is None or read is None or members.get("value") == "":
        return Constant(MISSING)
    path = compiler.path
    first = _replacer(pattern, replacement, fold, everywhere, path)
    second = _replacer(pattern2, replacement2, fold, everywhere, path) if pattern2 else None

    def resolve(payload: Any) -> Any:
        found = read(payload)
        if not isinstance(found, str | bool | int | float):
            return ""
        replaced = first(text(found))
        return second(replaced) if second else replaced

    return resolve


def _replacer(
    pattern: str, replacement: str, fold: bool, everywhere: bool, path: str
) -> Callable[[str], str]:
    wanted = _folded(pattern) if fold else pattern
    fixed = None if _TEMPLATE.search(replacement) else replacement

    def replace(value: str) -> str:
        if len(value) > MAX_TEXT:
            raise too_long(path, "text")
        if fixed is not None and not fold:
            replaced = value.replace(pattern, fixed, -1 if everywhere else 1)
            if len(replaced) > MAX_TEXT:
                raise too_long(path)
            return replaced
        pieces: list[str] = []
        end = length = 0
        for begin in _places(_folded(value) if fold else value, wanted, everywhere):
            filled = _fill(replacement, value, begin, begin + len(wanted)) if fixed is None else fixed
            pieces += (value[end:begin], filled)
            length += begin - end + len(filled)
            if length > MAX_TEXT:
                raise too_long(path)
            end = begin + len(wanted)
        return "".join((*pieces, value[end:]))

    return replace


def _places(value: str, wanted: str, everywhere: bool) -> Iterator[int]:
    begin = value.find(wanted)
    while begin >= 0:
        yield begin
        begin = value.find(wanted, begin + len(wanted)) if everywhere else -1


def _fill(template: str, value: str, begin: int, end: int) -> str:
    """Expand ``$$``, ``$&``, ``$``` and ``$'`` in a replacement."""

    def part(found: Match[str]) -> str:
        match found[1]:
            case "&":
                return value[begin:end]
            case "`":
                return value[:begin]
            case "'":
                return value[end:]
        return "$"

    return _TEMPLATE.sub(part, template)


class _Folding(dict[int, str]):
    """Code point to what it counts as when case doesn't matter, for ``str.translate``.

    As JavaScript's ``/i`` has it: the upper case, when that is a single UTF-16 unit and doesn't turn
    into ASCII what wasn't (ECMA-262, Canonicalize, read 2026-11-23).
    """

    def __missing__(self, code: int) -> str:
        if code > 0xFFFF:
            return chr(code)  # not kept: what a stranger can make this grow by must be bounded
        upper = chr(code).upper()
        kept = len(upper) != 1 or upper > "\uffff" or (code >= 128 > ord(upper))
        self[code] = chr(code) if kept else upper
        return self[code]


_FOLDING = _Folding()


def _folded(value: str) -> str:
    return value.upper() if value.isascii() else value.translate(_FOLDING)
