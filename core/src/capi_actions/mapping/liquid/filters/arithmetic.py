"""Arithmetic with JavaScript's numbers: doubles, and no error ever."""

import math
from collections.abc import Callable
from typing import Any

from capi_actions.mapping.liquid.budget import Work
from capi_actions.mapping.liquid.values import Number, number, to_number
from capi_actions.model import MISSING

_EXACT = 2**53
_EPSILON = 2.0**-52


def _tidy(value: Number) -> Number:
    """Keep whole numbers whole as far as doubles are exact, so that nothing grows without bound."""
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


def divided_by(work: Work, value: Any, divisor: Any = MISSING, whole: Any = False) -> Number:
    """Divide; with a third number that isn't 0, round down."""
    result = _divide(number(work, value), number(work, divisor))
    return _tidy(_floor(result) if number(work, whole) else result)


def round_(work: Work, value: Any, digits: Any = 0) -> Number:
    """Round half up to so many digits."""
    power = _power_of_ten(number(work, digits))
    scaled = float(number(work, value)) * power * (1 + _EPSILON)
    return _tidy(_divide(_floor(scaled + 0.5), power))


def at_least(work: Work, value: Any, limit: Any = MISSING) -> Number:
    """Take the greater one."""
    return number(work, value) if limit is MISSING else max(number(work, value), number(work, limit))


def at_most(work: Work, value: Any, limit: Any = MISSING) -> Number:
    """Take the smaller one."""
    return number(work, value) if limit is MISSING else min(number(work, value), number(work, limit))


def to_integer(work: Work, value: Any) -> Number:
    """Convert to a number, whole or not."""
    return to_number(work, value)


def _alone(change: Callable[[Number], Number]) -> Callable[[Work, Any], Number]:
    return lambda work, value: _tidy(change(number(work, value)))


def _with(combine: Callable[[Number, Number], Number]) -> Callable[[Work, Any, Any], Number]:
    def apply(work: Work, value: Any, other: Any = MISSING) -> Number:
        return _tidy(combine(number(work, value), number(work, other)))

    return apply


NUMBERS: dict[str, Callable[..., Any]] = {
    "abs": _alone(abs),
    "at_least": at_least,
    "at_most": at_most,
    "ceil": _alone(_ceil),
    "divided_by": divided_by,
    "floor": _alone(_floor),
    "minus": _with(lambda left, right: left - right),
    "modulo": _with(_modulo),
    "plus": _with(lambda left, right: left + right),
    "round": round_,
    "times": _with(_times),
    "to_integer": to_integer,
}
