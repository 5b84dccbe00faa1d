"""Expressions of templates: parsed by python-liquid, evaluated by LiquidJS's rules."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from re import Match
from typing import Any, Final, TypeAlias

from liquid import Environment, TokenStream
from liquid.builtin.expressions import Path, parse_primitive
from liquid.builtin.expressions import logical as logic
from liquid.builtin.expressions import primitive as literal
from liquid.exceptions import LiquidSyntaxError
from liquid.expression import Expression
from liquid.token import TOKEN_COLON, TOKEN_COMMA, TOKEN_EOF, TOKEN_PIPE, TOKEN_WORD

from capi_actions.mapping.liquid.context import Context
from capi_actions.mapping.liquid.filters import DISABLED, FILTERS
from capi_actions.mapping.liquid.values import (
    BLANK,
    EMPTY,
    compare_order,
    contains,
    cost,
    equals,
    is_nothing,
    is_true,
    member,
    number,
)
from capi_actions.model import MISSING

Evaluate: TypeAlias = Callable[[Context], Any]

_MAX_DEPTH: Final = 150
_COST = 10  # a look-up or filter does at least as much as reading ten characters

_ORDER: Mapping[type[Expression], Callable[[Any, Any], bool]] = {
    logic.LtExpression: operator.lt,
    logic.LeExpression: operator.le,
    logic.GtExpression: operator.gt,
    logic.GeExpression: operator.ge,
}


class RecordingEnvironment(Environment):
    """An environment that can record the unknown filters of the templates it parses.

    :ivar unknown_filters: their names; None if they aren't recorded.
    """

    unknown_filters: set[str] | None = None


class DisabledError(LiquidSyntaxError):
    """A template uses a filter that the reference has disabled."""


_WITH_NIL: Mapping[type[Expression], Callable[[Evaluate], Evaluate]] = {
    logic.EqExpression: lambda other: lambda context: is_nothing(other(context)),
    logic.NeExpression: lambda other: lambda context: not is_nothing(other(context)),
    **{comparison: lambda other: lambda context: False for comparison in _ORDER},
}
"""Comparisons with a literal ``nil``, which equals null and undefined alike."""


def parse_value(env: Environment, tokens: TokenStream) -> Evaluate:
    """Parse a value with its filters, up to the end of the tag.

    :raises LiquidSyntaxError: when it is malformed, or uses a disabled filter.
    """
    evaluate = compile_expression(logic.parse_boolean_primitive(env, tokens))
    while tokens.current.kind != TOKEN_EOF:
        evaluate = _parse_filter(evaluate, env, tokens)
    return evaluate


def parse_plain(env: Environment, tokens: TokenStream) -> Evaluate:
    """Parse a single literal or path."""
    return compile_expression(parse_primitive(env, tokens))


def compile_expression(expression: Expression, depth: int = 0) -> Evaluate:
    """Compile a parsed expression to a function."""
    if depth > _MAX_DEPTH:
        raise LiquidSyntaxError("too many operators or brackets inside one another", token=expression.token)
    if isinstance(expression, Path):
        return _path(expression, depth)
    if isinstance(expression, literal.RangeLiteral):
        return _range(expression, depth)
    if isinstance(expression, literal.StringLiteral):
        return _constant(_unescape(expression.value))
    if isinstance(expression, literal.Literal):
        return _constant(expression.value)
    for constant, value in ((literal.Nil, None), (literal.Empty, EMPTY), (literal.Blank, BLANK)):
        if isinstance(expression, constant):
            return _constant(value)
    return _operation(expression, depth)


def _constant(value: Any) -> Evaluate:
    return lambda context: value


def _operation(expression: Any, depth: int) -> Evaluate:
    if isinstance(expression, logic.LogicalNotExpression):
        inner = expression.right
        if isinstance(inner, logic.LogicalAndExpression | logic.LogicalOrExpression):
            # python-liquid reads "not a and b" as "not (a and b)"
            negated = logic.LogicalNotExpression(inner.token, inner.left)
            return _operation(type(inner)(inner.token, negated, inner.right), depth)
        right = compile_expression(inner, depth + 1)
        return lambda context: not is_true(right(context))
    left, right = (compile_expression(side, depth + 1) for side in (expression.left, expression.right))
    left_is_nil = isinstance(expression.left, literal.Nil)
    if (left_is_nil or isinstance(expression.right, literal.Nil)) and type(expression) in _WITH_NIL:
        return _WITH_NIL[type(expression)](right if left_is_nil else left)
    if isinstance(expression, logic.LogicalAndExpression):
        return lambda context: is_true(left(context)) and is_true(right(context))
    if isinstance(expression, logic.LogicalOrExpression):
        return lambda context: is_true(left(context)) or is_true(right(context))
    if isinstance(expression, logic.EqExpression):
        return lambda context: equals(context.budget, left(context), right(context))
    if isinstance(expression, logic.NeExpression):
        return lambda context: not equals(context.budget, left(context), right(context))
    if isinstance(expression, logic.ContainsExpression):
        return lambda context: contains(context.budget, left(context), right(context))
    holds = _ORDER[type(expression)]
    return lambda context: compare_order(context.budget, left(context), right(context), holds)


def _path(path: Path, depth: int) -> Evaluate:
    keys = [
        compile_expression(key, depth + 1) if isinstance(key, Path) else _constant(key) for key in path.path
    ]
    name, members = keys[0], keys[1:]

    def evaluate(context: Context) -> Any:
        context.budget.spend(_COST)
        value = context.variable(name(context))
        for key in members:
            value = member(value, key(context))
        return value

    return evaluate


def _range(expression: literal.RangeLiteral, depth: int) -> Evaluate:
    start, stop = (compile_expression(bound, depth + 1) for bound in (expression.start, expression.stop))

    def evaluate(context: Context) -> Any:
        low, high = (number(context.budget, bound(context)) for bound in (start, stop))
        length = max(0, high - low + 1)
        context.budget.spend(int(min(length, context.budget.left + 1)))
        return [low + index for index in range(int(length))]

    return evaluate


def _parse_filter(left: Evaluate, env: Environment, tokens: TokenStream) -> Evaluate:
    """Parse one filter and apply it to a value."""
    tokens.eat(TOKEN_PIPE)
    token = tokens.eat(TOKEN_WORD)
    arguments = list(_arguments(env, tokens)) if tokens.current.kind == TOKEN_COLON else []
    if token.value in DISABLED:
        raise DisabledError(f'filter "{token.value}" is disabled', token=token)
    if token.value not in FILTERS:
        if isinstance(env, RecordingEnvironment) and env.unknown_filters is not None:
            env.unknown_filters.add(token.value)
        return left  # as in the reference
    filter_ = FILTERS[token.value]
    if len(arguments) < filter_.min_arguments:
        raise LiquidSyntaxError(f'filter "{token.value}" needs an argument', token=token)
    with_defaults = list(zip(arguments, filter_.defaults, strict=False))

    def evaluate(context: Context) -> Any:
        value = left(context)
        values = [
            default if (argument_value := argument(context)) is MISSING else argument_value
            for argument, default in with_defaults
        ]
        context.budget.spend(_COST + cost(value) + sum(map(cost, values)))
        result = filter_.function(context.budget, value, *values)
        context.budget.spend(cost(result))
        return result

    return evaluate


def _arguments(env: Environment, tokens: TokenStream) -> Iterator[Evaluate]:
    tokens.eat(TOKEN_COLON)
    while tokens.current.kind not in (TOKEN_PIPE, TOKEN_EOF):
        if tokens.current.kind == TOKEN_WORD and tokens.peek.kind == TOKEN_COLON:
            yield _keyword(tokens.eat(TOKEN_WORD).value, env, tokens)
        else:
            yield parse_plain(env, tokens)
        if tokens.current.kind not in (TOKEN_PIPE, TOKEN_EOF):
            tokens.eat(TOKEN_COMMA)


def _keyword(name: str, env: Environment, tokens: TokenStream) -> Evaluate:
    tokens.eat(TOKEN_COLON)
    value = parse_plain(env, tokens)
    return lambda context: (name, value(context))


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|(.)|$)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(quoted: str) -> str:
    r"""Return a string with ``\n``, ``\u00e9``, ``\101`` and the like replaced.

    Any other character after a backslash stands for itself.
    """
    return _ESCAPE.sub(_escaped_character, quoted) if "\\" in quoted else quoted


def _escaped_character(escape: Match[str]) -> str:
    code, octal, letter = escape.groups()
    if code is not None:
        return chr(int(code or "0", 16))
    if octal:
        return chr(int(octal, 8))
    return _LETTERS.get(letter, letter) if letter else ""
