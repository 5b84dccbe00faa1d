"""Words for messages: numbers as text, names of JSON types, and hints at misspelt words."""

import math
from collections.abc import Collection
from decimal import Decimal
from difflib import get_close_matches

_EXPONENT_FROM = 10**21  # JavaScript writes numbers from here on with an exponent


def number_text(value: int | float) -> str:
    """Return a number as JavaScript writes it, so that mapped and coerced text equals the reference's.

    Whole floats lose their ``.0``; an exponent appears from 1e21 on and below 1e-6.  Integers below
    1e21 keep every digit, which JavaScript's own lose beyond 2**53.

    Source: ECMA-262, Number::toString (read 2026-11-23).

    >>> number_text(5.0), number_text(9007199254740993), number_text(1e21), number_text(1e-7)
    ('5', '9007199254740993', '1e+21', '1e-7')
    """
    if isinstance(value, int):
        if -_EXPONENT_FROM < value < _EXPONENT_FROM:
            return str(value)
        try:
            value = float(value)
        except OverflowError:
            value = math.inf if value > 0 else -math.inf
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = repr(value).removesuffix(".0")
    if "e" not in text:
        return "0" if text == "-0" else text
    if 1e-6 <= abs(value) < _EXPONENT_FROM:
        return format(Decimal(text), "f")
    digits, exponent = text.split("e")
    return f"{digits}e{int(exponent):+d}"


def json_type(value: object) -> str | None:
    """Return the name of a value's JSON type, or None for what JSON can't hold.

    >>> [json_type(value) for value in ({}, [], "", 1, 1.5, True, None, object)]
    ['object', 'array', 'string', 'number', 'number', 'boolean', 'null', None]
    """
    if value is None:
        return "null"
    return next((name for types, name in _JSON_TYPES if isinstance(value, types)), None)


_JSON_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "string"),
    (bool, "boolean"),  # before numbers: Python's booleans are integers
    ((int, float), "number"),
    (list, "array"),
    (dict, "object"),
)


def with_article(noun: str) -> str:
    """Return a noun with its indefinite article.

    >>> with_article("array"), with_article("string")
    ('an array', 'a string')
    """
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that a misspelt one is most like, or None if none is.

    >>> closest("ping", ["pings", "pongs"]), closest("x", ["pings"])
    ('pings', None)
    """
    return next(iter(get_close_matches(word, known, n=1)), None)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the end of a message about an unknown word: the closest known one, else all of them.

    >>> did_you_mean("ping", ["pings", "pongs"]), did_you_mean("x", ["b", "a"]), did_you_mean("x", [])
    ("; did you mean 'pings'?", '; there are: a, b', '')
    """
    if match := closest(word, known):
        return f"; did you mean {match!r}?"
    return f"; there are: {', '.join(sorted(known))}" if known else ""


def platform_words(message: str, field: str, trace_id: str) -> str:
    """Return a platform's own message with the field and the id that it names; "" if it said nothing.

    >>> platform_words("Invalid parameter", "user_data.em", "AbC")
    'The platform said: "Invalid parameter" (field user_data.em; trace id AbC)'
    """
    notes = "; ".join(
        note for note in (field and f"field {field}", trace_id and f"trace id {trace_id}") if note
    )
    said = f'The platform said: "{message}"' if message else ""
    return f"{said} ({notes})" if said and notes else said or notes.capitalize()
