"""Values of a person that Meta will hardly recognise: phone numbers above all."""

import re

from capi_actions_facebook.people import PLACEHOLDERS

_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")
_LONGEST_NATIONAL = 10  # digits; with a country code most numbers have 11 or more
_LONGEST = 15  # digits of E.164
_WHOLE_FLOAT = re.compile(r"[0-9]{3,}\.0")
_TEMPLATE = re.compile(r"\{\{.*\}\}|\$\{.*\}|<%.*%>|%%.*%%", re.DOTALL)
_REAL_NAMES = frozenset({"null", "nan", "na", "true"})  # a family name, cities, a country


def value_warning(key: str, value: str) -> str:
    """Return why Meta will hardly recognise the person by a value, or "".

    :param key: Meta's name of the field.
    :param value: as it stands in the event, before it is hashed.
    """
    word = value.strip().lower()
    if _TEMPLATE.fullmatch(word):
        return "is a template's placeholder, which nothing was put in place of"
    if word in PLACEHOLDERS and not (key in ("fn", "ln", "ct", "country") and word in _REAL_NAMES):
        return "is a placeholder, the same for many people"
    if _WHOLE_FLOAT.fullmatch(word) and key in ("ph", "zp", "external_id"):
        return "ends in .0: a spreadsheet or a data frame has made a decimal number of it"
    return phone_warning(value) if key == "ph" else ""


def phone_warning(value: str) -> str:
    """Return why Meta will hardly recognise a phone number, or "": it must begin with the country code.

    Source: "customer information" in ``docs/reference/sources.md``.
    """
    text = value.strip()
    digits = "".join(character for character in text if character.isdecimal())
    if not digits or _HASH.fullmatch(text):
        return ""
    if len(digits) > _LONGEST:
        return f"has more than {_LONGEST} digits: it may be several numbers, or have an extension"
    if text.startswith("+"):
        return ""
    if digits.startswith("0") and not digits.startswith("00"):
        return "begins with 0, so it has no country code"
    return "seems to have no country code" if len(digits) <= _LONGEST_NATIONAL else ""
