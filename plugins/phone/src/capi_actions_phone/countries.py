"""The country that an event is likely to come from, by several signs."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_ADDRESSES = (
    ("context", "traits", "address", "country"),
    ("traits", "address", "country"),
    ("properties", "address", "country"),
    ("properties", "shipping_address", "country"),
    ("properties", "billing_address", "country"),
    ("context", "traits", "country"),
    ("traits", "country"),
    ("properties", "country"),
)
_LOCALES = (("context", "locale"), ("context", "traits", "locale"), ("traits", "locale"))
_IP_COUNTRIES = (("context", "ip_country"), ("context", "ipCountry"), ("context", "location", "country"))
_IP_HEADERS = frozenset(
    (
        "cf-ipcountry",
        "cloudfront-viewer-country",
        "x-vercel-ip-country",
        "x-appengine-country",
        "x-country-code",
    )
)
"""Headers in which content delivery networks name the country of the visitor's address."""

READS = [*_ADDRESSES, *_LOCALES, *_IP_COUNTRIES, ("context", "headers")]
"""The paths of events that are looked at."""

_CODE = re.compile(r"[A-Za-z]{2}")
_REGION = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})\b")
_LONGEST_NAME = 80  # characters
_SHORT_NAMES = {"UK": "GB", "USA": "US", "UAE": "AE", "EL": "GR"}


def likely_countries(event: Any) -> Iterator[str]:
    """Return codes of ISO 3166: of the address, of the language's region, and of the visitor's IP address.

    Any of them may be wrong, and the same may come twice.  The region of a language comes after the address, as
    browsers that were never set up say en-US in many countries; a number that doesn't exist there is tried elsewhere.
    """
    for path in _ADDRESSES:
        if code := country_code(_value(event, path)):
            yield code
    for path in _LOCALES:
        locale = _value(event, path)
        if isinstance(locale, str) and (match := _REGION.match(locale)):
            yield match[1].upper()
    for path in _IP_COUNTRIES:
        if code := country_code(_value(event, path)):
            yield code
    headers = _value(event, ("context", "headers"))
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        if isinstance(name, str) and name.lower() in _IP_HEADERS and (code := country_code(value)):
            yield code


def country_code(country: Any) -> str | None:
    """Return the ISO 3166 code of a country that is given by its code or by its name in one of many languages.

    >>> country_code("at"), country_code("Österreich"), country_code("USA"), country_code("nowhere")
    ('AT', 'AT', 'US', None)
    """
    if not isinstance(country, str) or len(country) > _LONGEST_NAME:
        return None
    name = country.strip()
    if short := _SHORT_NAMES.get(name.upper()):
        return short
    if _CODE.fullmatch(name) and name.isascii():
        return name.upper()
    return _codes_by_name().get(name.casefold()) if name else None


def _value(event: Any, path: tuple[str, ...]) -> Any:
    value = event
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


@cache
def _codes_by_name() -> Mapping[str, str]:
    """Return the codes of countries by their names in lower case.

    The file has the names of libphonenumber's metadata, without names of two countries.  Its own module takes four
    seconds to compile where Python may not keep byte code.
    """
    names = json.loads(
        files("capi_actions_phone").joinpath("data", "countries.json").read_text(encoding="utf-8")
    )
    return {name: code for code, own_names in names.items() for name in own_names}
