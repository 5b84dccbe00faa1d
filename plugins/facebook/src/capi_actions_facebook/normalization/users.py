"""A whole user object, as the pixel's ``fbq('init', id, user)`` treats it.

Before it hashes the fields, ``init`` tidies e-mail addresses, takes values from other key names, and
fills missing keys with values of the right form, wherever they are.  Source: "the pixel" in
``docs/reference/sources.md``.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from capi_actions import Hasher, make_hasher, number_text
from capi_actions_facebook.normalization.js_text import ADDRESS, HASH_LIKE, WHITE, lower
from capi_actions_facebook.normalization.places import table
from capi_actions_facebook.normalization.profiles import normalizers_of

Values: TypeAlias = "dict[str, str | int | float | None]"

_TABLES: Final = table("aliases")
ALIASES: Final[Mapping[str, list[str]]] = _TABLES["aliases"]
"""Canonical key to the other key names that are taken for it, in the order in which they are tried."""

_GENDERS: Final = {**dict.fromkeys(_TABLES["male"], "m"), **dict.fromkeys(_TABLES["female"], "f")}
_PART: Final = f"[-.{WHITE}]?"
_PHONE: Final = re.compile(rf"\+?[0-9]{{1,4}}{_PART}\(?[0-9]{{1,3}}\)?{_PART}[0-9]{{1,4}}{_PART}[0-9]{{1,9}}")
_US_ZIP: Final = re.compile(rf"[0-9]{{5}}(?:[-{WHITE}][0-9]{{4}})?")
_INDEX: Final = re.compile("(?:0|[1-9][0-9]{0,9})")
_LAST_INDEX: Final = 2**32 - 2

_HASHERS: Final = {key: make_hasher(normalizers) for key, normalizers in normalizers_of("pixel").items()}


def normalize_user(
    user: Mapping[str, object], hashers: Mapping[str, Hasher] = _HASHERS
) -> dict[str, str | list[str]]:
    """Hash a whole user object.

    :param user: key names and values as passed to ``init``: see :func:`settle`.
    :param hashers: by canonical key; keys without one are left out.
    :returns: hash by canonical key, without the keys that aren't sent.
    """
    hashes = {key: hashers[key](value) for key, value in settle(user).items() if key in hashers}
    return {key: hashed for key, hashed in hashes.items() if hashed is not None}


def settle(user: Mapping[str, object]) -> dict[str, str]:
    """Return the raw value of each canonical key.

    :param user: strings and numbers count; everything else is taken for null.
    :returns: raw values by canonical key, in the order of the keys' specification.
    """
    values: Values = {key: _scalar(user[key]) for key in sorted(user, key=_rank)}
    _tidy_addresses(values)
    _fill_from_aliases(values)
    _fill_by_form(values)
    _complete_address(values)
    return {key: text for key in _HASHERS if (text := _text(values.get(key)))}


def _tidy_addresses(values: Values) -> None:
    for key in ("em", "email"):
        value = values.get(key)
        if isinstance(value, str) and not HASH_LIKE.fullmatch(value) and (text := value.strip(WHITE)):
            values[key] = text.removesuffix(",")


def _fill_from_aliases(values: Values) -> None:
    lowered = {lower(key): value for key, value in values.items()}
    for key, aliases in ALIASES.items():
        if _lacks(values, key):
            value = next((lowered[alias] for alias in aliases if lowered.get(alias) is not None), None)
            if value is not None:
                values[key] = value


def _fill_by_form(values: Values) -> None:
    """Fill keys that are still missing with values of their form; each value fills at most one key.

    A key that was null and has been filled meanwhile is examined with its new value.
    """
    for key in list(values):
        value = values[key]
        text = _text(value)
        if text is None:
            continue
        if _lacks(values, "em") and isinstance(value, str) and _is_address(text):
            values["em"] = value
        elif _lacks(values, "ph") and len(text) > 6 and _PHONE.fullmatch(text):
            values["ph"] = value
        elif _lacks(values, "zp") and _US_ZIP.fullmatch(text):
            values["zp"] = value
        elif _lacks(values, "ge") and isinstance(value, str) and lower(text) in _GENDERS:
            values["ge"] = _GENDERS.get(text, "")  # MALE gives nothing, and ends the search all the same


def _complete_address(values: Values) -> None:
    value = values.get("em")
    if isinstance(value, str) and value.strip(WHITE) and "@" not in value and not HASH_LIKE.fullmatch(value):
        values["em"] = f"{value}@gmail.com"


def _lacks(values: Values, key: str) -> bool:
    return values.get(key) is None


def _is_address(text: str) -> bool:
    return text.isascii() and ADDRESS.fullmatch(text.lower()) is not None


def _rank(key: str) -> int:
    """Return the sort key of JavaScript's objects: numbers first, by size, then the others as they came."""
    index = int(key) if _INDEX.fullmatch(key) else _LAST_INDEX + 1
    return min(index, _LAST_INDEX + 1)


def _scalar(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _text(value: str | int | float | None) -> str | None:
    return value if value is None or isinstance(value, str) else number_text(value)
