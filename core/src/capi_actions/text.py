"""Words for messages: numbers as text, names of JSON types, and hints at misspelt words."""

import math
from collections.abc import Collection
from decimal import Decimal

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


_MAX_COMPARED = 60  # characters
_LETTERS_PER_TYPO = 4  # one typo for each that many
_MAX_ADDED = 3  # characters


def closest(word: str, known: Collection[str], *, certain: bool = False) -> str | None:
    """Return the known word that a misspelt one most likely stands for, or None: better none than a wrong one.

    Case and separators don't matter.  One typo is allowed for every four letters or part of four: two letters in the
    wrong order, or one that is wrong, missing or too many.  If no word is that close, the beginning of exactly one
    known word counts, or what is after the last point of one.

    :param certain: where other words are allowed, too: there may be one typo less (but one in any case), and a
        beginning won't do.

    >>> closest("ping", ["pings", "pongs"]), closest("orderId", ["order_id"]), closest("pixel", ["pixel_id", "tag"])
    ('pings', 'order_id', 'pixel_id')
    >>> closest("purchase", ["acme.purchase", "acme.search"]), closest("purchase", ["acme.purchase", "shop.purchase"])
    ('acme.purchase', None)
    >>> closest("userId", ["event_id", "user_data"]), closest("event", ["event_id", "event_time"])
    (None, None)
    """
    folded = _fold(word)
    if not folded:
        return None
    continued = [
        name for name in known if _fold(name).startswith(folded) and len(_fold(name)) > len(folded) + 1
    ]
    distances = {name: _edit_distance(folded, _fold(name)) for name in known if name not in continued}
    likeliest = min(distances, key=lambda name: distances[name], default=None)
    if likeliest is not None:
        distance = distances[likeliest]
        typos = -(-len(folded) // _LETTERS_PER_TYPO)
        allowed = max(1, typos - 1) if certain else typos
        if distance <= allowed and 2 * distance < len(folded):
            return likeliest
    tails = [name for name in known if "." in name and _fold(name.rpartition(".")[2]) == folded]
    if len(tails) == 1 and not certain:
        return tails[0]
    is_clear = not certain and len(continued) == 1 and len(_fold(continued[0])) - len(folded) <= _MAX_ADDED
    return continued[0] if is_clear else None


def _fold(word: str) -> str:
    return "".join(character for character in word[:_MAX_COMPARED].lower() if character.isalnum())


def _edit_distance(word: str, other: str) -> int:
    """Return how many letters must be replaced, added, left out, or swapped with the next.

    The algorithm is known as "optimal string alignment".
    """
    if abs(len(word) - len(other)) > len(word) // _LETTERS_PER_TYPO + 1:
        return _MAX_COMPARED
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(word, 1):
        line = [row]
        for column, other_letter in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != other_letter))
            if row > 1 < column and letter == other[column - 2] and word[row - 2] == other_letter:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


def count_noun(number: float, noun: str, plural: str = "") -> str:
    """Return a number with the noun that it counts, for messages.

    :param plural: of the noun, if that isn't the noun with an s.

    >>> count_noun(1, "item"), count_noun(2_000, "item"), count_noun(0, "reply", "replies"), count_noun(0.5, "second")
    ('1 item', '2,000 items', '0 replies', '0.5 seconds')
    """
    digits = f"{number:,}" if isinstance(number, int) else f"{number:,.15g}"
    return f"{digits} {noun if number == 1 else plural or f'{noun}s'}"


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
