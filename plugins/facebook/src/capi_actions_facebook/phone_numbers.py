"""Phone numbers that Meta will hardly recognise."""

import re

_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")
_LONGEST_NATIONAL = 10  # digits; with a country code most numbers have 11 or more


def phone_warning(value: str) -> str:
    """Return why Meta will hardly recognise a phone number, or "": it must begin with the country code.

    Source: "customer information" in ``docs/reference/sources.md``.
    """
    text = value.strip()
    digits = "".join(character for character in text if character.isdecimal())
    if not digits or _HASH.fullmatch(text) or text.startswith("+"):
        return ""
    if digits.startswith("0") and not digits.startswith("00"):
        return "begins with 0, so it has no country code"
    return "seems to have no country code" if len(digits) <= _LONGEST_NATIONAL else ""
