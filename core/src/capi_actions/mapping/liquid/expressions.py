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
    contains,
    equals,
    is_nothing,
    is_true,
    member,
    number,
    ordered,
    size,
)
from capi_actions.model import MISSING

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|(.)|$)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(quoted: str) -> str:
    r"""Replace ``\n``, ``\u00e9``, ``\101`` and the like; any other character after a backslash is itself."""
    return _ESCAPE.sub(_character, quoted) if "\\" in quoted else quoted


def _character(found: Match[str]) -> str:
    code, octal, letter = found.groups()
    if code is not None:
        return chr(int(code or "0", 16))
    if octal:
        return chr(int(octal, 8))
    return _LETTERS.get(letter, letter) if letter else ""


Evaluate: TypeAlias = Callable[[Context], Any]

_MAX_DEPTH: Final = 150
_COST = 10  # a look-up or filter does at least as much as reading ten characters

_ORDER: Mapping[type[Expression], Callable[[Any, Any], bool]] = {
    logic.LtExpression: operator.lt,
    logic.LeExpression: operator.le,
    logic.GtExpression: operator.gt,
    logic.GeExpression: operator.ge,
}


class Noting(Environment):
    """An environment that can note which filters templates ask for in vain.

    :ivar unknown: their names; None: nobody wants to know.
    """

    unknown: set[str] | None = None


class SwitchedOffError(LiquidSyntaxError):
    """A template uses what the reference has switched off."""


_WITH_NIL: Mapping[type[Expression], Callable[[Evaluate], Evaluate]] = {
    logic.EqExpression: lambda other: lambda context: is_nothing(other(context)),
    logic.NeExpression: lambda other: lambda context: not is_nothing(other(context)),
    **{kind: lambda other: lambda context: False for kind in _ORDER},
}
"""Comparisons with a literal ``nil``, which equals null and undefined alike."""


def parse_value(env: Environment, tokens: TokenStream) -> Evaluate:
    """Read a value with its filters, to the end of the tag.

    :raises LiquidSyntaxError: when it is malformed, or uses a filter that is switched off.
    """
    evaluate = compile_expression(logic.parse_boolean_primitive(env, tokens))
    while tokens.current.kind != TOKEN_EOF:
        evaluate = _filtered(evaluate, env, tokens)
    return evaluate


def parse_plain(env: Environment, tokens: TokenStream) -> Evaluate:
    """Read a single literal or path."""
    return compile_expression(parse_primitive(env, tokens))


def compile_expression(expression: Expression, depth: int = 0) -> Evaluate:
    """Turn a parsed expression into a function."""
    if depth > _MAX_DEPTH:
        raise LiquidSyntaxError("too many operators or brackets inside one another", token=expression.token)
    if isinstance(expression, Path):
        return _path(expression, depth)
    if isinstance(expression, literal.RangeLiteral):
        return _range(expression, depth)
    if isinstance(expression, literal.StringLiteral):
        return _constant(unescaped(expression.value))
    if isinstance(expression, literal.Literal):
        return _constant(expression.value)
    for kind, value in ((literal.Nil, None), (literal.Empty, EMPTY), (literal.Blank, BLANK)):
        if isinstance(expression, kind):
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
    left, right = (compile_expression(each, depth + 1) for each in (expression.left, expression.right))
    nil = isinstance(expression.left, literal.Nil), isinstance(expression.right, literal.Nil)
    if any(nil) and type(expression) in _WITH_NIL:
        return _WITH_NIL[type(expression)](right if nil[0] else left)
    if isinstance(expression, logic.LogicalAndExpression):
        return lambda context: is_true(left(context)) and is_true(right(context))
    if isinstance(expression, logic.LogicalOrExpression):
        return lambda context: is_true(left(context)) or is_true(right(context))
    if isinstance(expression, logic.EqExpression):
        return lambda context: equals(context.work, left(context), right(context))
    if isinstance(expression, logic.NeExpression):
        return lambda context: not equals(context.work, left(context), right(context))
    if isinstance(expression, logic.ContainsExpression):
        return lambda context: contains(context.work, left(context), right(context))
    holds = _ORDER[type(expression)]
    return lambda context: ordered(context.work, left(context), right(context), holds)


def _path(path: Path, depth: int) -> Evaluate:
    keys = [
        compile_expression(key, depth + 1) if isinstance(key, Path) else _constant(key) for key in path.path
    ]
    first, others = keys[0], keys[1:]

    def evaluate(context: Context) -> Any:
        context.work.spend(_COST)
        value = context.variable(first(context))
        for key in others:
            value = member(value, key(context))
        return value

    return evaluate


def _range(expression: literal.RangeLiteral, depth: int) -> Evaluate:
    start, stop = (compile_expression(each, depth + 1) for each in (expression.start, expression.stop))

    def evaluate(context: Context) -> Any:
        low, high = (number(context.work, each(context)) for each in (start, stop))
        length = max(0, high - low + 1)
        context.work.spend(int(min(length, context.work.left + 1)))
        return [low + index for index in range(int(length))]

    return evaluate


def _filtered(left: Evaluate, env: Environment, tokens: TokenStream) -> Evaluate:
    """Read one filter and put it behind a value."""
    tokens.eat(TOKEN_PIPE)
    token = tokens.eat(TOKEN_WORD)
    arguments = list(_arguments(env, tokens)) if tokens.current.kind == TOKEN_COLON else []
    if token.value in DISABLED:
        raise SwitchedOffError(f'filter "{token.value}" is disabled', token=token)
    if token.value not in FILTERS:
        if isinstance(env, Noting) and env.unknown is not None:
            env.unknown.add(token.value)
        return left  # as in the reference
    apply = FILTERS[token.value]
    if len(arguments) < apply.least:
        raise LiquidSyntaxError(f'filter "{token.value}" needs an argument', token=token)
    used = list(zip(arguments, apply.defaults, strict=False))

    def evaluate(context: Context) -> Any:
        value = left(context)
        given = [default if (each := argument(context)) is MISSING else each for argument, default in used]
        context.work.spend(_COST + size(value) + sum(map(size, given)))
        made = apply.function(context.work, value, *given)
        context.work.spend(size(made))
        return made

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
