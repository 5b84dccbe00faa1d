"""The normalizer of the profile ``phone``, which is joined to a platform's own: ``normalization = "pixel+phone"``."""

import os
from collections.abc import Sequence
from functools import partial

from capi_actions import Normalizer
from capi_actions_phone.countries import country_code
from capi_actions_phone.numbers import international

COUNTRY_VARIABLE = "CAPI_PHONE_COUNTRY"
"""The environment variable that names the country of numbers without a country code."""


def configured_normalizer() -> Normalizer:
    """Return the normalizer for the country that the environment names at this moment.

    :raises ValueError: if that is none.
    """
    name = os.environ.get(COUNTRY_VARIABLE, "").strip()
    country = country_code(name)
    if name and country is None:
        raise ValueError(f"{COUNTRY_VARIABLE} should be a country, such as AT")
    countries = [country] if country else []
    normalize = partial(normalize_phone, countries=countries)
    return Normalizer(profile="phone", key="ph", normalize=normalize, otherwise="drop")


def normalize_phone(text: str, countries: Sequence[str] = ()) -> str | None:
    """Return the digits of an international number, or None: a normalizer sees the number alone, and no event.

    :param countries: those of numbers without a country code, as for :func:`~capi_actions_phone.international`.
    """
    number = international(text, countries)
    return number.removeprefix("+") if number else None
