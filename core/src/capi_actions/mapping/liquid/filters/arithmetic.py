"""Filters for arithmetic with JavaScript's numbers: doubles, and no error ever."""

import math
from collections.abc import Callable
from typing import Any

from capi_actions.mapping.liquid.budget import Budget
from capi_actions.mapping.liquid.values import Number, number, to_number
from capi_actions.model import MISSING

_EXACT = 2**53
_EPSILON = 2.0**-52


def _normalize(value: Number) -> Number:
    """Return a number as an integer if it is whole and doubles are exact there: nothing grows without bound."""
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else float(value)
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


def _divide(left: Number, right: Number) -> Number:
    if right == 0:
        return math.nan if left == 0 or left != left else math.copysign(math.inf, left)
    return left / right


def _floor(value: Number) -> Number:
    return math.floor(value) if math.isfinite(value) else value


def _ceil(value: Number) -> Number:
    return math.ceil(value) if math.isfinite(value) else value


def _remainder(left: Number, right: Number) -> float:
    if right == 0 or math.isinf(left) or left != left:
        return math.nan
    return math.fmod(left, right)


def _modulo(left: Number, right: Number) -> Number:
    return _remainder(_remainder(left, right) + right, right)


def _power_of_ten(exponent: Number) -> float:
    try:
        return math.pow(10, exponent)
    except OverflowError:
        return math.inf


def _times(left: Number, right: Number) -> Number:
    return left * right


def divided_by(budget: Budget, value: Any, divisor: Any = MISSING, whole: Any = False) -> Number:
    """Divide; round down if a third number is given and not 0."""
    result = _divide(number(budget, value), number(budget, divisor))
    return _normalize(_floor(result) if number(budget, whole) else result)


def round_(budget: Budget, value: Any, digits: Any = 0) -> Number:
    """Round to a number of digits, halves up."""
    power = _power_of_ten(number(budget, digits))
    scaled = float(number(budget, value)) * power * (1 + _EPSILON)
    return _normalize(_divide(_floor(scaled + 0.5), power))


def at_least(budget: Budget, value: Any, limit: Any = MISSING) -> Number:
    """Return the greater number."""
    return number(budget, value) if limit is MISSING else max(number(budget, value), number(budget, limit))


def at_most(budget: Budget, value: Any, limit: Any = MISSING) -> Number:
    """Return the smaller number."""
    return number(budget, value) if limit is MISSING else min(number(budget, value), number(budget, limit))


def to_integer(budget: Budget, value: Any) -> Number:
    """Convert to a number, whole or not."""
    return to_number(budget, value)


def _unary(change: Callable[[Number], Number]) -> Callable[[Budget, Any], Number]:
    return lambda budget, value: _normalize(change(number(budget, value)))


def _binary(combine: Callable[[Number, Number], Number]) -> Callable[[Budget, Any, Any], Number]:
    def apply(budget: Budget, value: Any, other: Any = MISSING) -> Number:
        return _normalize(combine(number(budget, value), number(budget, other)))

    return apply


ARITHMETIC_FILTERS: dict[str, Callable[..., Any]] = {
    "abs": _unary(abs),
    "at_least": at_least,
    "at_most": at_most,
    "ceil": _unary(_ceil),
    "divided_by": divided_by,
    "floor": _unary(_floor),
    "minus": _binary(lambda left, right: left - right),
    "modulo": _binary(_modulo),
    "plus": _binary(lambda left, right: left + right),
    "round": round_,
    "times": _binary(_times),
    "to_integer": to_integer,
}
