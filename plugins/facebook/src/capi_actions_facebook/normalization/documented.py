"""The profile ``documented``: the rules that Meta has written down for servers.

Source: "customer information" in ``docs/reference/sources.md``.  Its sample hashes are known answers in the
tests.

Every function takes the raw string and returns the string to hash, or None when the value is invalid by
the rules; it is then not sent at all.  Where the rules leave something open, the docstring names our choice.

What is a letter, an accent or a digit is decided by the Unicode version of this Python (3.11: Unicode 14):
characters that are newer are dropped.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import Final
from unicodedata import category, combining, normalize

from capi_actions_facebook.normalization.dates import arrange_date, is_plausible, numbers, yyyymmdd
from capi_actions_facebook.normalization.js_text import NO_DIGITS, WHITE, lower
from capi_actions_facebook.normalization.places import COUNTRIES, STATES, table

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAILTO: Final = re.compile("(?:mailto:)+")
_WHOLE_FLOAT: Final = re.compile(r"(\+?[0-9]{3,})\.0")
# What programs and spreadsheets write for nothing, in lower case.
_NOTHING: Final = frozenset(
    {"undefined", "(null)", "<null>", "n/a", "#n/a", "[object object]", "(none)", "not set", "(not set)"}
    | {"(not provided)"}
)
_ZIP_PLUS_FOUR: Final = re.compile("([0-9]{5})[0-9]{4}")
_US_STATES: Final = {
    **dict(islice(STATES.items(), 13, None)),  # Canada's 13 provinces and territories come first
    "districtofcolumbia": "dc",
    "washingtondc": "dc",
    "puertorico": "pr",
}


def email(value: str) -> str | None:
    """Trim and lower-case.  It must look like an address; letters of all scripts pass."""
    text = lower(value).strip(WHITE)
    if text.startswith("mailto:"):
        text = _MAILTO.sub("", text)
    return text if _ADDRESS.fullmatch(text) else None


def phone(value: str) -> str | None:
    """Keep digits only, without leading zeros.

    The rules want the country code in front.  It can't be known from the number, so it must be
    there already (``+44…``, ``0044…``).  A national zero in brackets, as in ``+44 (0)844``, is left out, and so is
    what spreadsheets put behind a number: ``16505551212.0``.
    """
    digits = (
        _without_fraction(value)
        .replace("(0)", "")
        .encode("ascii", "ignore")
        .translate(None, NO_DIGITS)
        .decode()
    )
    return digits.lstrip("0") or None


def plain(value: str) -> str | None:
    """Lower-case, and keep only letters, accents and digits, of all scripts.

    This is the rule for given names, family names and cities: no punctuation, no special characters.
    The rules don't say whether names keep inner spaces; like the pixel, this drops them.
    """
    text = lower(value)
    if not text.isalnum():
        if text.strip(WHITE) in _NOTHING:
            return None
        text = "".join(character for character in text if category(character)[0] in "LMN")
    return None if text in _NOTHING else text or None


def state(value: str) -> str | None:
    """Return the two letters of a US state that is given by name, else the plain name."""
    name = plain(value)
    return _US_STATES.get(name, name) if name else None


def zip_code(value: str) -> str | None:
    """Lower-case without spaces and dashes; at least two characters.

    Of a US ``12345-6789``, with whatever dash, or none, the first five: no other country has nine digits, but for
    Saudi Arabia, whose last four are as optional.
    """
    text = plain(_without_fraction(value)) or ""
    if us := _ZIP_PLUS_FOUR.fullmatch(text):
        return us[1]
    return text if len(text) > 1 else None


def country(value: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a code (two or three letters) or of a country's name.

    Names are known in English and in the country's own languages, with accents or without.
    """
    return _COUNTRIES.get(_without_accents(value))


def birth_date(value: str) -> str | None:
    """Return an existing date as ``YYYYMMDD``; the order of its parts is guessed as the pixel does."""
    parts = numbers(value)
    if len(parts) == 1 and len(parts[0]) == 8:
        year, month, day = int(parts[0][:4]), int(parts[0][4:6]), int(parts[0][6:])
    elif len(parts) >= 3:
        year, month, day = arrange_date(*parts[:3])
    else:
        return None
    return (
        yyyymmdd(year, month, day) if is_plausible(year, month, day) and _exists(year, month, day) else None
    )


def gender(value: str) -> str | None:
    """Return ``f`` or ``m``, for a letter or an English word."""
    return _GENDERS.get(value.strip(WHITE).lower())


def external_id(value: str) -> str | None:
    """Trim.  The rules ask only that it be the same everywhere."""
    return value.strip(WHITE) or None


def _without_fraction(number: str) -> str:
    """Return a whole number without the ``.0`` of a float, and everything else as it is."""
    match = _WHOLE_FLOAT.fullmatch(number.strip(WHITE)) if ".0" in number else None
    return match[1] if match else number


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _without_accents(name: str) -> str:
    letters = "".join(character for character in normalize("NFKD", name) if not combining(character))
    return plain(letters) or ""


_COUNTRIES: Final = {
    **COUNTRIES,
    **{code: code for code in table("iso_countries").values()},
    **table("iso_countries"),
    **{_without_accents(name): code for name, code in table("country_names").items()},
}

_GENDERS: Final = {
    "f": "f",
    "m": "m",
    **dict.fromkeys(table("aliases")["female"], "f"),
    **dict.fromkeys(table("aliases")["male"], "m"),
}

RULES: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {
        "em": email,
        "ph": phone,
        "fn": plain,
        "ln": plain,
        "ct": plain,
        "st": state,
        "zp": zip_code,
        "country": country,
        "db": birth_date,
        "ge": gender,
        "external_id": external_id,
    }
)
"""The rule of each canonical key."""
