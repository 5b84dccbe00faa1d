"""Compile a tree to functions.

A test takes an event.  A partial test takes only the event's type and name, and answers None when
the result depends on other fields: this lets most triggers pass over most events.

A missing key and null are the same for every operator, so a look-up returns None for both.
"""

import operator
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from capi_actions.model import JsonObject
from capi_actions.triggers.syntax import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Node,
    Not,
    Operator,
    Path,
    Search,
)

Test: TypeAlias = Callable[[JsonObject], bool]
"""An event in, whether it matches out."""

PartialTest: TypeAlias = Callable[[str | None, str | None], bool | None]
"""An event's type and name in, None for a missing one or no string; whether it matches out."""

Check: TypeAlias = Callable[[Any], bool]
"""A field's value in, whether the condition is true out."""


def compile_test(node: Node) -> Test:
    """Compile a tree to a function of an event."""
    match node:
        case AllOf(parts):
            return _join_tests(tuple(compile_test(part) for part in parts), False)
        case AnyOf(parts):
            return _join_tests(tuple(compile_test(part) for part in parts), True)
        case Not(part):
            test = compile_test(part)
            return lambda event: not test(event)
        case Comparison((key,), "=", str(text)):  # by far the most frequent condition
            return lambda event: event.get(key) == text
        case _:
            look_up, check = compile_path(node.path), compile_check(node)
            return lambda event: check(look_up(event))


def _join_tests(tests: tuple[Test, ...], decisive: bool) -> Test:
    """Return a test that returns ``decisive`` as soon as one of the tests does."""
    if len(tests) == 2:  # the usual trigger: 0.2 µs instead of 0.34 µs
        first, second = tests
        if decisive:
            return lambda event: first(event) or second(event)
        return lambda event: first(event) and second(event)

    def evaluate(event: JsonObject) -> bool:
        for test in tests:  # `all` with a generator takes twice as long
            if test(event) is decisive:
                return decisive
        return not decisive

    return evaluate


def compile_partial_test(node: Node) -> PartialTest:
    """Compile a tree to a function of an event's type and name."""
    match node:
        case AllOf(parts):
            return _join_partial_tests(tuple(compile_partial_test(part) for part in parts), False)
        case AnyOf(parts):
            return _join_partial_tests(tuple(compile_partial_test(part) for part in parts), True)
        case Not(part):
            return _negate(compile_partial_test(part))
        case Comparison() | Search():
            return _partial_check(node)


def _join_partial_tests(tests: tuple[PartialTest, ...], decisive: bool) -> PartialTest:
    def evaluate(type: str | None, name: str | None) -> bool | None:
        result: bool | None = not decisive
        for test in tests:
            outcome = test(type, name)
            if outcome is decisive:
                return decisive
            if outcome is None:
                result = None
        return result

    return evaluate


def _negate(test: PartialTest) -> PartialTest:
    def evaluate(type: str | None, name: str | None) -> bool | None:
        outcome = test(type, name)
        return None if outcome is None else not outcome

    return evaluate


def _partial_check(condition: Condition) -> PartialTest:
    root, *nested = condition.path
    if root not in ("type", "event"):
        return lambda type, name: None
    check, is_type = compile_check(condition), root == "type"
    # A comparison with a text, and a search, has one result for all values that are no text.
    same_for_others = isinstance(condition, Search) or isinstance(condition.value, str)

    def test(type: str | None, name: str | None) -> bool | None:
        value = type if is_type else name
        if value is None:
            return None if nested or not same_for_others else check(None)
        return check(None if nested else value)

    return test


def compile_path(path: Path) -> Callable[[JsonObject], Any]:
    """Compile a look-up: objects by key, lists by index.  Every other value has nothing in it."""
    if len(path) == 1:
        return operator.methodcaller("get", path[0])
    steps = tuple((key, _index(key)) for key in path)

    def look_up(event: JsonObject) -> Any:
        value: Any = event
        for key, index in steps:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and 0 <= index < len(value):
                value = value[index]
            else:
                return None
        return value

    return look_up


def _index(key: str) -> int:
    is_index = key.isascii() and key.isdigit() and len(key) < 10 and (key == "0" or key[0] != "0")
    return int(key) if is_index else -1


_COMPARE: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_check(condition: Condition) -> Check:
    """Compile a condition to a function of its field's value."""
    if isinstance(condition, Search):
        fits, expected = compile_pattern(search_pattern(condition)), not condition.negated
        return lambda value: isinstance(value, str) and fits(value) is expected
    match condition.operator, condition.value:
        case "=", (None | bool()) as constant:
            return lambda value: value is constant
        case "!=", (None | bool()) as constant:
            return lambda value: value is not constant
        case "=", str(text):
            return lambda value: value == text
        case "!=", str(text):
            return lambda value: value != text
        case sign, int() | float() as number if sign in _COMPARE and not isinstance(number, bool):
            compare = _COMPARE[sign]
            return lambda value: (
                isinstance(value, int | float) and not isinstance(value, bool) and compare(value, number)
            )
    return _never


def _never(_value: Any) -> bool:
    return False


Pattern: TypeAlias = tuple[str, ...]
"""``("a", "b", "c")`` is ``a*b*c``: starts with a, then somewhere b, ends with c.  A single piece is
the whole text."""

_PATTERN_PART = re.compile(r"\\[\\*]|\*|\\|[^*\\]+")
_ESCAPES = {r"\*", "\\\\"}


def search_pattern(search: Search) -> Pattern:
    r"""Return the pattern of a search.  In ``match``, ``*`` is any run of characters and ``\*`` a star."""
    match search.function:
        case "contains":
            return "", search.text, ""
        case "starts_with":
            return search.text, ""
        case "ends_with":
            return "", search.text
        case "match":
            pieces = [""]
            for part in _PATTERN_PART.findall(search.text):
                if part == "*":
                    pieces.append("")
                else:
                    pieces[-1] += part[1] if part in _ESCAPES else part
            return tuple(pieces)


def compile_pattern(pattern: Pattern) -> Callable[[str], bool]:
    """Compile a pattern to a function of a text.

    Its time is linear in the text's length for each piece.
    """
    match pattern:
        case (text,):
            return lambda value: value == text
        case ("", piece, ""):
            return lambda value: piece in value
        case (start, ""):
            return lambda value: value.startswith(start)
        case ("", end):
            return lambda value: value.endswith(end)
    start, *middle, end = pattern

    def fits(value: str) -> bool:
        position, last = len(start), len(value) - len(end)
        if position > last or not value.startswith(start) or not value.endswith(end):
            return False
        for piece in middle:
            index = value.find(piece, position, last)
            if index < 0:
                return False
            position = index + len(piece)
        return True

    return fits
