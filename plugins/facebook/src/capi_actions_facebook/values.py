"""Values that events bring, in the form that Meta takes: event times, click ids and currencies."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from capi_actions import EventError

# Beyond these, a number of seconds would lie after the year 5138, so it counts smaller units.
_MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 10**11, 10**14, 10**17

# fb.{subdomain index}.{creation time in ms}.{fbclid}[.{appendix of Meta's parameter builder}]
_CLICK_ID = re.compile(r"fb\.[0-2]\.[0-9]{10,16}\.[!-~]+")

# ISO 4217 (list one and the fund codes that the reference destination accepts), read 2026-11-23.
ISO_4217 = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
    CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
    SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED
    VEF VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL
    """.split()
)

# Meta publishes no list; this valid code was refused in a real call (somebody's public notes, read 2026-11-23).
REFUSED_CURRENCIES = frozenset({"MRU"})
ACCEPTED_CURRENCIES = ISO_4217 - REFUSED_CURRENCIES


def unix_seconds(text: str) -> int:
    """Return an event time as whole Unix seconds; fractions are cut off.

    Reads ISO 8601 (without a zone: UTC), Unix seconds, milliseconds, microseconds or nanoseconds, and
    RFC 2822 dates.

    :raises EventError: when the text is none of these.
    """
    try:
        moment = datetime.fromisoformat(text) if not text.isdecimal() else None
    except ValueError:
        moment = None
    return _timestamp(moment) if moment else _from_number(text)


def _timestamp(moment: datetime) -> int:
    try:
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (OverflowError, ValueError):
        raise _time_error() from None


def _from_number(text: str) -> int:
    try:
        number = float(text)
        seconds = int(text) if text.isdecimal() else int(number)
    except (ValueError, OverflowError):
        return _from_mail_date(text)
    for limit, unit in ((_NANOSECONDS, 10**9), (_MICROSECONDS, 10**6), (_MILLISECONDS, 10**3)):
        if abs(seconds) >= limit:
            return seconds // unit
    return seconds


def _from_mail_date(text: str) -> int:
    try:
        return _timestamp(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        raise _time_error() from None


def _time_error() -> EventError:
    return EventError.of(
        "Event Time must be an ISO 8601 time or a Unix timestamp but it was something else.", "$.event_time"
    )


def is_click_id(text: str) -> bool:
    """Return whether Meta accepts this as ``fbc``."""
    return _CLICK_ID.fullmatch(text) is not None


def fbc_from_url(url: str, first_seen: int) -> str | None:
    """Return an ``fbc`` made from the ``fbclid`` in a page's URL, or None if there is no valid one.

    The click id is case-sensitive and stays as it is.  Index 1 is what a server writes.

    :param first_seen: when the click id was first seen, Unix seconds.
    """
    try:
        query = urlsplit(url).query
    except ValueError:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "fbclid" and value:
            fbc = f"fb.1.{first_seen * 1000}.{unquote(value)}"
            return fbc if is_click_id(fbc) else None
    return None


def is_accepted_currency(currency: Any) -> bool:
    """Return whether Meta accepts this as the currency of a Purchase: in any case, but without spaces."""
    return isinstance(currency, str) and currency.isascii() and currency.upper() in ACCEPTED_CURRENCIES


def currency_code(value: str) -> str:
    """Return the code in upper case, as Meta's examples write it.

    :raises EventError: when it is none of ISO 4217's codes.
    """
    code = value.strip().upper()
    if code in ISO_4217:
        return code
    # A short word of letters can be shown; anything longer might be personal data in the wrong place.
    shown = value if len(value) <= 4 and value.isascii() and value.isalpha() else "This"
    raise EventError.of(f"{shown} is not a valid currency code.", "$.currency", 2804011)
