"""Directives that make text: ``@template``, ``@case``, ``@json``, ``@replace``."""

import re
from collections.abc import Callable, Iterator
from re import Match
from typing import Any

from attrs import evolve, frozen

from capi_actions.errors import EventError
from capi_actions.mapping.arguments import Arguments, expect
from capi_actions.mapping.directives.values import TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_PHRASE
from capi_actions.mapping.js_values import WHITESPACE, json_pieces, parse_json, text, truthy, type_name
from capi_actions.mapping.limits import MAX_TEXT, spend, text_too_long
from capi_actions.mapping.nodes import Constant, Node, with_missing
from capi_actions.mapping.paths import Steps, look_up, parse_path
from capi_actions.model import MISSING, Compiler, Json, Resolver


def compile_template(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@template": "Hello {{traits.name}}"}``."""
    if not expect(value, TEXT_OR_DIRECTIVE, TEXT_OR_DIRECTIVE_PHRASE, compiler):
        return Constant(MISSING)
    path = compiler.path
    if not isinstance(value, str):
        resolve = compiler.compile(value)
        return lambda payload: _fill_twice(_checked_template(resolve(payload), path), payload, path)
    triple = _parts(value, 3)
    double = _parts("".join(before for before, _ in triple), 2)
    for _, name in triple + double:
        if name is not None:
            compiler.reads(name)
    if len(triple) > 1:
        return lambda payload: _fill_twice(value, payload, path)
    parts = _parse_parts(_parts(value, 2))
    return lambda payload: _fill(parts, payload, path)


def _checked_template(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise EventError.of(f"@template: expected string, got {type_name(value)}", path)
    if len(value) > MAX_TEXT:
        raise text_too_long(path, "template")
    return value


def _fill_twice(template: str, payload: Any, path: str) -> str:
    """Fill ``{{{names}}}``, then ``{{names}}``, also in what the first step put in, as the reference does."""
    for braces in (3, 2):
        spend(len(template), path)
        template = _fill(_parse_parts(_parts(template, braces)), payload, path)
    return template


def _fill(parts: list[tuple[str, Steps | None]], payload: Any, path: str) -> str:
    pieces: list[str] = []
    length = 0
    spend(len(parts), path)
    for before, steps in parts:
        value = "" if steps is None else text(look_up(payload, steps))
        pieces += (before, value)
        length += len(before) + len(value)
        if length > MAX_TEXT:
            raise text_too_long(path)
    spend(length, path)
    return "".join(pieces)


def _parse_parts(parts: list[tuple[str, str | None]]) -> list[tuple[str, Steps | None]]:
    return [(before, None if name is None else parse_path(name)) for before, name in parts]


def _parts(template: str, braces: int) -> list[tuple[str, str | None]]:
    """Split a template into pairs of plain text and the name that follows it, None at the end.

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


_CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper}


def compile_case(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@case": {"operator": "lower", "value": …}}``."""
    arguments = Arguments(value, compiler)
    operator, resolve_value = arguments.string("operator"), arguments.text("value")
    arguments.compile_unread()
    if arguments.lacks("operator"):
        compiler.problem('@case requires a "operator" key')
    elif operator and operator not in _CASES:
        compiler.problem('operator key should have a value of "lower" or "upper"', "operator")
    change = _CASES.get(operator or "")
    if change is None or resolve_value is None or arguments.get("value") == "":
        return Constant(MISSING)

    path = compiler.path

    def convert(value: str) -> str:
        spend(len(value), path)
        return change(value)

    return Converted(resolve_value, convert)


@frozen
class Converted(Node):
    """A text made into another value; what isn't text stays as it is."""

    value: Resolver
    convert: Callable[[str], Any]

    def __call__(self, payload: Any) -> Any:
        """Resolve the value and convert it."""
        value = self.value(payload)
        return self.convert(value) if isinstance(value, str) else value

    def with_missing(self, *, deep: bool) -> Node:
        """Keep what is missing in an object or list."""
        return evolve(self, value=with_missing(self.value, deep=deep))


def compile_json(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@json": {"mode": "encode", "value": …}}``."""
    arguments = Arguments(value, compiler)
    arguments.require("mode", "value")
    mode, resolve = arguments.choice("mode", "encode", "decode"), arguments.value("value")
    arguments.compile_unread()
    if arguments.has("value") and not truthy(arguments.get("value")):
        compiler.problem('@json requires a "value" key')
    if mode is None or resolve is None:
        return Constant(MISSING)
    path = compiler.path
    if mode == "decode":
        return Converted(resolve, lambda value: _decode(value, path))
    return lambda payload: _encode(resolve(payload), path)


def _encode(value: Any, path: str) -> Any:
    if value is MISSING:
        return MISSING
    pieces = []
    length = 0
    for piece in json_pieces(value):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_TEXT:
            raise text_too_long(path)
    spend(length, path)
    return "".join(pieces)


def _decode(value: str, path: str) -> Any:
    if len(value) > MAX_TEXT:
        raise text_too_long(path, "text")
    spend(len(value), path)
    try:
        return parse_json(value)
    except ValueError:
        return value
    except RecursionError:
        raise EventError.of("the text is nested too deeply to be read as JSON", path) from None


MAX_PATTERN = 10
"""UTF-16 units in a pattern or replacement."""


def compile_replace(value: Json, compiler: Compiler) -> Resolver:
    """Compile ``{"@replace": {"pattern": "-", "replacement": " ", "value": …}}``."""
    arguments = Arguments(value, compiler)
    arguments.require("pattern", "value")
    pattern = arguments.string("pattern", min_length=1, max_length=MAX_PATTERN)
    replacement = arguments.string("replacement", max_length=MAX_PATTERN) or ""
    pattern2 = arguments.optional_string("pattern2", max_length=MAX_PATTERN)
    replacement2 = arguments.optional_string("replacement2", max_length=MAX_PATTERN) or ""
    ignore_case, everywhere = arguments.boolean("ignorecase", False), arguments.boolean("global", True)
    resolve_value = arguments.text("value")
    arguments.compile_unread()
    if pattern is None or resolve_value is None or arguments.get("value") == "":
        return Constant(MISSING)
    path = compiler.path
    replace = _replacer(pattern, replacement, ignore_case, everywhere, path)
    replace2 = _replacer(pattern2, replacement2, ignore_case, everywhere, path) if pattern2 else None

    def resolve(payload: Any) -> Any:
        value = resolve_value(payload)
        if not isinstance(value, str | bool | int | float):
            return ""
        replaced = replace(text(value))
        return replace2(replaced) if replace2 else replaced

    return resolve


_SPECIAL = re.compile(r"\$([$&`'])")


def _replacer(
    pattern: str, replacement: str, ignore_case: bool, everywhere: bool, path: str
) -> Callable[[str], str]:
    folded_pattern = _fold_case(pattern) if ignore_case else pattern
    is_fixed = not _SPECIAL.search(replacement)

    def replace(value: str) -> str:
        if len(value) > MAX_TEXT:
            raise text_too_long(path, "text")
        spend(len(value), path)
        if is_fixed and not ignore_case:
            replaced = value.replace(pattern, replacement, -1 if everywhere else 1)
            if len(replaced) > MAX_TEXT:
                raise text_too_long(path)
            spend(len(replaced), path)
            return replaced
        pieces: list[str] = []
        end = length = 0
        for begin in _occurrences(_fold_case(value) if ignore_case else value, folded_pattern, everywhere):
            after = begin + len(folded_pattern)
            inserted = replacement if is_fixed else _expand(replacement, value, begin, after)
            pieces += (value[end:begin], inserted)
            length += begin - end + len(inserted)
            if length > MAX_TEXT:
                raise text_too_long(path)
            end = after
        spend(length, path)
        return "".join((*pieces, value[end:]))

    return replace


def _occurrences(value: str, pattern: str, everywhere: bool) -> Iterator[int]:
    begin = value.find(pattern)
    while begin >= 0:
        yield begin
        begin = value.find(pattern, begin + len(pattern)) if everywhere else -1


def _expand(replacement: str, value: str, begin: int, end: int) -> str:
    """Return a replacement with ``$$``, ``$&``, ``$``` and ``$'`` expanded for one occurrence."""

    def expand(special: Match[str]) -> str:
        match special[1]:
            case "&":
                return value[begin:end]
            case "`":
                return value[:begin]
            case "'":
                return value[end:]
        return "$"

    return _SPECIAL.sub(expand, replacement)


def _fold_case(value: str) -> str:
    return value.upper() if value.isascii() else value.translate(_FOLDING)


class _Folding(dict[int, str]):
    """Code points to what they count as when case is ignored, for ``str.translate``.

    As JavaScript's ``/i`` has it: the upper case, if that is a single UTF-16 unit and doesn't turn
    what isn't ASCII into ASCII (ECMA-262, Canonicalize, read 2026-11-23).
    """

    def __missing__(self, code: int) -> str:
        if code > 0xFFFF:
            return chr(code)  # not kept: what a stranger can make this grow by must be bounded
        upper = chr(code).upper()
        unchanged = len(upper) != 1 or upper > "\uffff" or (code >= 128 > ord(upper))
        self[code] = chr(code) if unchanged else upper
        return self[code]


_FOLDING = _Folding()
