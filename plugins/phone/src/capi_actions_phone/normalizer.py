"""The normalizer of the profile ``phone``, which is joined to a platform's own: ``normalization = "pixel+phone"``."""

import os

from capi_actions import Normalizer
from capi_actions_phone.countries import country_code
from capi_actions_phone.numbers import international

COUNTRY_VARIABLE = "CAPI_PHONE_COUNTRY"
"""The environment variable that names the country of numbers without a country code."""


def normalize_phone(text: str) -> str | None:
    """Return the digits of an international number, or None: a normalizer sees the number alone, and no event."""
    country = country_code(os.environ.get(COUNTRY_VARIABLE, ""))
    number = international(text, [country] if country else [])
    return number.removeprefix("+") if number else None


PHONE = Normalizer(profile="phone", key="ph", normalize=normalize_phone, otherwise="drop")
