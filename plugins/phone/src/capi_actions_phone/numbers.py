"""International phone numbers (E.164) out of what people type, with the library phonenumbers.

It is imported with the first number: that takes a tenth of a second and some megabytes.
"""

import re
from collections.abc import Iterable

_MAX_LENGTH = 60  # characters; no way to write a number takes more
_DIGITS = re.compile(r"[0-9]")
_INTERNATIONAL_PREFIX = re.compile(r"^\s*00(?=[\s(./-]*[1-9])")
_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")


def international(text: str, countries: Iterable[str] = ()) -> str | None:
    """Return a phone number with ``+`` and country code, digits only, or None if nothing makes it a valid one.

    A number that says its country code itself keeps it.  Any other is tried as a national number of one country after
    the other; the first in which such a number exists is taken.

    :param countries: codes of ISO 3166, such as ``AT``, the most likely first; unknown ones are passed over.

    >>> international("0660 123 45 67", ["US", "AT"]), international("0043 660 1234567"), international("call me")
    ('+436601234567', '+436601234567', None)
    """
    if len(text) > _MAX_LENGTH or not _DIGITS.search(text) or _HASH.fullmatch(text.strip()):
        return None
    if text.lstrip().startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        return _valid(text, None)
    for country in countries:
        if number := _valid(text, country):
            return number
    if _INTERNATIONAL_PREFIX.match(text):
        return _valid(_INTERNATIONAL_PREFIX.sub("+", text), None)
    # Many systems leave out the plus sign; a national number begins with 0 in most countries.
    return None if text.lstrip().startswith("0") else _valid(f"+{text.lstrip()}", None)


def _valid(text: str, country: str | None) -> str | None:
    """Return a number in E.164 if it is one that exists, in this country or, for None, by its own code."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
