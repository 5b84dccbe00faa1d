"""Directives that make text: ``@template``, ``@case``, ``@json``."""

import re
from collections.abc import Callable, Iterator
from re import Match
from typing import Any

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Members, expect
from capi_actions.mapping.directives.values import TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_WORDS
from capi_actions.mapping.js_values import WHITESPACE, json_pieces, kind, parse_json, text, truthy
from capi_actions.mapping.limits import MAX_TEXT, too_long
from capi_actions.mapping.nodes import Constant
from capi_actions.mapping.paths import Steps, look_up, split
from capi_actions.model import MISSING, Compiler, Json, Resolver

_CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper}


def compile_template(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@template": "Hello {{traits.name}}"}``."""
    if not expect(value, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_WORDS, compiler):
        return Constant(MISSING)
    path = compiler.path
    if not isinstance(value, str):
        read = compiler.compile(value)
        return lambda payload: _fill_twice(_must_be_text(read(payload), path), payload, path)
    triple = _parts(value, 3)
    names = [
        name for _, name in triple + _parts("".join(before for before, _ in triple), 2) if name is not None
    ]
    for name in names:
        compiler.reads(name)
    if len(triple) > 1:
        return lambda payload: _fill_twice(value, payload, path)
    parts = _split(_parts(value, 2))
    return lambda payload: _joined(parts, payload, path)


def _split(parts: list[tuple[str, str | None]]) -> list[tuple[str, Steps | None]]:
    return [(before, None if name is None else split(name)) for before, name in parts]


def _must_be_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise EventError.of(f"@template: expected string, got {kind(value)}", path)
    if len(value) > MAX_TEXT:
        raise too_long(path, "template")
    return value


def _fill_twice(template: str, payload: Any, path: str) -> str:
    """Fill ``{{{names}}}``, then ``{{names}}`` also in what came out of that, as the reference does."""
    for braces in (3, 2):
        template = _joined(_split(_parts(template, braces)), payload, path)
    return template


def _joined(parts: list[tuple[str, Steps | None]], payload: Any, path: str) -> str:
    filled: list[str] = []
    length = 0
    for before, steps in parts:
        value = "" if steps is None else text(look_up(payload, steps))
        filled += (before, value)
        length += len(before) + len(value)
        if length > MAX_TEXT:
            raise too_long(path)
    return "".join(filled)


def _parts(template: str, braces: int) -> list[tuple[str, str | None]]:
    """Cut a template into pairs of plain text and the name that follows it, None at the end.

    Goes from closing brace to closing brace: a regular expression needs quadratic time for ``{{{{{{…``.
    """
    parts: list[tuple[str, str | None]] = []
    opening, closing = "{" * braces, "}" * braces
    start = after = 0
    while (end := template.find("}", after)) >= 0:
        begin = template.find(opening, after, end) if template.startswith(closing, end) else -1
        after = end + 1
        if begin >= 0 and begin + braces < end:
            parts.append((template[start:begin], template[begin + braces : end].strip(WHITESPACE)))
            start = after = end + braces
    parts.append((template[start:], None))
    return parts


def compile_case(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@case": {"operator": "lower", "value": …}}``."""
    members = Members(value, compiler)
    operator, read = members.string("operator"), members.text("value")
    members.others()
    if members.lacks("operator"):
        compiler.problem('@case requires a "operator" key')
    elif operator and operator not in _CASES:
        compiler.problem('operator key should have a value of "lower" or "upper"', "operator")
    change = _CASES.get(operator or "")
    if change is None or read is None or members.get("value") == "":
        return Constant(MISSING)

    def resolve(payload: Any) -> Any:
        found = read(payload)
        return change(found) if isinstance(found, str) else found

    return resolve


def compile_json(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@json": {"mode": "encode", "value": …}}``."""
    members = Members(value, compiler)
    members.require("mode", "value")
    mode, read = members.one_of("mode", "encode", "decode"), members.any("value")
    members.others()
    if members.has("value") and not truthy(members.get("value")):
        compiler.problem('@json requires a "value" key')
    if mode is None or read is None:
        return Constant(MISSING)
    path, change = compiler.path, _encode if mode == "encode" else _decode
    return lambda payload: change(read(payload), path)


def _encode(value: Any, path: str) -> Any:
    if value is MISSING:
        return MISSING
    pieces = []
    length = 0
    for piece in json_pieces(value):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_TEXT:
            raise too_long(path)
    return "".join(pieces)


def _decode(value: Any, path: str) -> Any:
    if not isinstance(value, str):
        return value
    if len(value) > MAX_TEXT:
        raise too_long(path, "text")
    try:
        return parse_json(value)
    except ValueError:
        return value
    except RecursionError:
        raise EventError.of("the text is nested too deeply to be read as JSON", path) from None


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
