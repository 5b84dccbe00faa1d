"""From text to tree, by recursive descent; ``docs/reference/triggers.md`` has the grammar."""

from typing import Final

from capi_actions.triggers.lexer import Literal, Scanner, to_number
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
"""Characters a trigger may have."""

MAX_DEPTH: Final = 100
"""How deep parentheses and negations may nest."""

_TEXT_FIELDS: Final = frozenset({("type",), ("event",), ("name",)})
_ID_FIELDS: Final = frozenset(
    (key,) for key in ("userId", "anonymousId", "groupId", "previousId", "messageId")
)
_ARROWS: Final = {"<>": "; write !=", "=>": "; write >=", "=<": "; write <="}


def parse(text: str) -> Node:
    """Read a trigger.

    :raises TriggerError: at the first character that can't be read.
    """
    scanner = Scanner(text)
    if len(text) > MAX_LENGTH:
        scanner.refuse(f"a trigger has at most {MAX_LENGTH} characters, this one {len(text)}", MAX_LENGTH)
    node = _expression(scanner, 0)
    if not scanner.at_end():
        scanner.fail("and, or, or the end of the trigger")
    return node


def _expression(scanner: Scanner, depth: int) -> Node:
    """Read conditions joined by ``and`` (or a comma) and ``or``; ``and`` binds tighter."""
    groups = [[_condition(scanner, depth)]]
    while joiner := ("and" if scanner.take(",") else scanner.keyword("and", "or")):
        if joiner == "or":
            groups.append([])
        groups[-1].append(_condition(scanner, depth))
    return any_of(all_of(group) for group in groups)


def _condition(scanner: Scanner, depth: int) -> Node:
    scanner.skip()
    start = scanner.position
    negated = scanner.take("!") or scanner.keyword("not") is not None
    grouped = not negated and scanner.take("(")
    if (negated or grouped) and depth == MAX_DEPTH:
        scanner.refuse(f"parentheses and negations may be nested {MAX_DEPTH} deep at most", start)
    if grouped:
        node = _expression(scanner, depth + 1)
        if not scanner.take(")"):
            scanner.fail(f"and, or, or the closing ) of the ( at position {start}")
        return node
    search = _search(scanner, negated=negated)
    if search is not None:
        return search
    return Not(_condition(scanner, depth + 1)) if negated else _comparison(scanner)


def _search(scanner: Scanner, *, negated: bool) -> Search | None:
    scanner.skip()
    start, name = scanner.position, scanner.call()
    if name is None:
        return None
    if name not in FUNCTIONS:
        scanner.fail(f"a field, or one of the functions {', '.join(FUNCTIONS)}", start)
    path = _path(scanner, "a field such as event")
    if not scanner.take(","):
        scanner.fail(f'a comma and a text, as in {name}(event, "text")')
    literal = scanner.literal()
    if literal is None:
        scanner.fail('a text such as "Order"')
    if not scanner.take(")"):
        scanner.fail(f"the closing ) of {name}(")
    return Search(FUNCTIONS[name], path, literal.written, negated)


def _comparison(scanner: Scanner) -> Comparison:
    path = _path(scanner, 'a condition such as type = "track"')
    operator = next((each for each in OPERATORS if scanner.take(each)), None)
    if operator is None:
        scanner.fail("an operator (=, !=, <, <=, > or >=) after the field")
    literal = scanner.literal()
    if literal is None:
        arrow = scanner.text[scanner.position - 1 : scanner.position + 1]
        scanner.fail(f"a value after {operator}", hint=_ARROWS.get(arrow, ""))
    return Comparison(path, operator, _meant(path, operator, literal))


def _path(scanner: Scanner, expected: str) -> Path:
    pieces = [_required(scanner.word(), scanner, expected)]
    while True:
        if scanner.take("."):
            pieces.append(_required(scanner.piece(), scanner, "a key after the dot"))
        elif scanner.take("["):
            pieces.append(_required(scanner.index(), scanner, "an index such as 0, or a key in quotes"))
            if not scanner.take("]"):
                scanner.fail("a closing ]")
        elif (index := scanner.escaped_index()) is not None:
            pieces.append(index)
        else:
            return tuple(pieces)


def _required(piece: str | None, scanner: Scanner, expected: str) -> str:
    return scanner.fail(expected) if piece is None else piece


def _meant(path: Path, operator: Operator, literal: Literal) -> Value:
    """Say what a value means for this field.

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
    return literal.written if is_text else value
