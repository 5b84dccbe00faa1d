"""Parse a trigger by recursive descent; ``docs/reference/triggers.md`` has the grammar."""

from typing import Final

from capi_actions.triggers.lexer import Lexer, Literal, to_number
from capi_actions.triggers.syntax import (
    FUNCTIONS,
    OPERATORS,
    ORDERING,
    Comparison,
    Node,
    Not,
    Operator,
    Path,
    Search,
    Value,
    all_of,
    any_of,
)

MAX_LENGTH: Final = 10_000
"""Most characters that a trigger may have."""

MAX_DEPTH: Final = 100
"""Most levels of parentheses and negations."""

_TEXT_FIELDS: Final = frozenset({("type",), ("event",), ("name",)})
_ID_FIELDS: Final = frozenset(
    (key,) for key in ("userId", "anonymousId", "groupId", "previousId", "messageId")
)
_ARROWS: Final = {"<>": "; write !=", "=>": "; write >=", "=<": "; write <="}


def parse(text: str) -> Node:
    """Return the tree of a trigger.

    :raises TriggerError: with the position of the first wrong character.
    """
    lexer = Lexer(text)
    if len(text) > MAX_LENGTH:
        lexer.refuse(f"a trigger has at most {MAX_LENGTH} characters, this one {len(text)}", MAX_LENGTH)
    node = _expression(lexer, 0)
    if not lexer.at_end():
        lexer.fail("and, or, or the end of the trigger")
    return node


def _expression(lexer: Lexer, depth: int) -> Node:
    """Parse conditions joined by ``and`` (or a comma) and ``or``; ``and`` binds tighter."""
    groups = [[_condition(lexer, depth)]]
    while joiner := ("and" if lexer.take(",") else lexer.keyword("and", "or")):
        if joiner == "or":
            groups.append([])
        groups[-1].append(_condition(lexer, depth))
    return any_of(all_of(group) for group in groups)


def _condition(lexer: Lexer, depth: int) -> Node:
    lexer.skip()
    start = lexer.position
    negated = lexer.take("!") or lexer.keyword("not") is not None
    grouped = not negated and lexer.take("(")
    if (negated or grouped) and depth == MAX_DEPTH:
        lexer.refuse(f"parentheses and negations may be nested {MAX_DEPTH} deep at most", start)
    if grouped:
        node = _expression(lexer, depth + 1)
        if not lexer.take(")"):
            lexer.fail(f"and, or, or the closing ) of the ( at position {start}")
        return node
    search = _search(lexer, negated=negated)
    if search is not None:
        return search
    return Not(_condition(lexer, depth + 1)) if negated else _comparison(lexer)


def _search(lexer: Lexer, *, negated: bool) -> Search | None:
    lexer.skip()
    start, name = lexer.position, lexer.call()
    if name is None:
        return None
    if name not in FUNCTIONS:
        lexer.fail(f"a field, or one of the functions {', '.join(FUNCTIONS)}", start)
    path = _path(lexer, "a field such as event")
    if not lexer.take(","):
        lexer.fail(f'a comma and a text, as in {name}(event, "text")')
    literal = lexer.literal()
    if literal is None:
        lexer.fail('a text such as "Order"')
    if not lexer.take(")"):
        lexer.fail(f"the closing ) of {name}(")
    return Search(FUNCTIONS[name], path, literal.spelling, negated)


def _comparison(lexer: Lexer) -> Comparison:
    path = _path(lexer, 'a condition such as type = "track"')
    operator = next((symbol for symbol in OPERATORS if lexer.take(symbol)), None)
    if operator is None:
        lexer.fail("an operator (=, !=, <, <=, > or >=) after the field")
    literal = lexer.literal()
    if literal is None:
        arrow = lexer.text[lexer.position - 1 : lexer.position + 1]
        lexer.fail(f"a value after {operator}", hint=_ARROWS.get(arrow, ""))
    return Comparison(path, operator, _convert(path, operator, literal))


def _path(lexer: Lexer, expected: str) -> Path:
    keys = [_require(lexer.word(), lexer, expected)]
    while True:
        if lexer.take("."):
            keys.append(_require(lexer.key(), lexer, "a key after the dot"))
        elif lexer.take("["):
            keys.append(_require(lexer.index(), lexer, "an index such as 0, or a key in quotes"))
            if not lexer.take("]"):
                lexer.fail("a closing ]")
        elif (index := lexer.escaped_index()) is not None:
            keys.append(index)
        else:
            return tuple(keys)


def _require(key: str | None, lexer: Lexer, expected: str) -> str:
    return lexer.fail(expected) if key is None else key


def _convert(path: Path, operator: Operator, literal: Literal) -> Value:
    """Return the value to compare a field with.

    Only numbers have an order, so ``> "6"`` means 6.  Names and ids are texts: ``userId = 007``
    means the text 007.
    """
    value = literal.value
    if operator in ORDERING:
        number = to_number(value) if isinstance(value, str) else None
        return value if number is None else number
    if value is None or isinstance(value, str):
        return value
    is_text = path in _TEXT_FIELDS or (path in _ID_FIELDS and not isinstance(value, bool))
    return literal.spelling if is_text else value
