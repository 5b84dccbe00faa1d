"""Currencies: which codes are sent, which are refused, and what is said about each.

Meta publishes no list for the Conversions API.  Known are the lists of its other products, and one code
that was refused in a real call; the test data hold them: ``tests/data/meta/currencies.json``.
"""

import logging
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from capi_actions import EventError, note_uncertain
from capi_actions_facebook.facts import CURRENCIES_READ

# Named by the pixel's own checks (script 2.9.324), the ad account's or the Marketing API's list, without those
# that are WITHDRAWN.
LISTED_BY_META = frozenset(
    """
    AED ARS AUD BDT BHD BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK
    JOD JPY KES KRW LKR MOP MXN MYR NGN NIO NOK NZD PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TRY TWD
    UAH USD UYU VES VND ZAR
    """.split()
)

# This valid code was refused in a real call (somebody's public notes, read 2026-11-23).
REFUSED_BY_META = frozenset({"MRU"})

# ISO 4217, list one: currencies and units of account in which prices are quoted.
ISO_4217 = LISTED_BY_META | frozenset(
    """
    AFN ALL AMD AOA AWG AZN BAM BBD BIF BMD BND BOV BSD BTN BWP BYN BZD CDF CHE CHW CLF COU CUP CVE DJF DOP ERN
    ETB FJD FKP GEL GHS GIP GMD GNF GYD HTG IQD IRR JMD KGS KHR KMF KPW KWD KYD KZT LAK LBP LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MRU MUR MVR MWK MXV MZN NAD NPR OMR PAB PGK RWF SBD SCR SDG SHP SLE SOS SRD SSP STN SVC SYP
    SZL TJS TMT TND TOP TTD TZS UGX USN UYI UYW UZS VED VUV WST XAF XCD XCG XOF XPF YER ZMW ZWG
    """.split()
)

# Codes of ISO 4217 that name no money: for tests, for "no currency", metals, bonds and banks' units of account.
NO_MONEY = frozenset("XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split())

# ISO 4217, list three, as far as a shop may still have them: the code, and the one that took its place.
WITHDRAWN: Mapping[str, str] = {
    **dict.fromkeys(
        "ATS BEF BGN CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK".split(), "EUR"
    ),
    "AFA": "AFN",
    "ANG": "XCG",
    "AZM": "AZN",
    "BGL": "EUR",
    "BYR": "BYN",
    "CSD": "RSD",
    "CUC": "CUP",
    "GHC": "GHS",
    "MGF": "MGA",
    "MRO": "MRU",
    "MZM": "MZN",
    "PLZ": "PLN",
    "ROL": "RON",
    "RUR": "RUB",
    "SDD": "SDG",
    "SLL": "SLE",
    "SRG": "SRD",
    "STD": "STN",
    "TMM": "TMT",
    "TRL": "TRY",
    "VEB": "VES",
    "VEF": "VES",
    "YUM": "RSD",
    "ZMK": "ZMW",
    "ZWD": "ZWG",
    "ZWL": "ZWG",
}

# "currencies", read 2026-11-30: the list of the EU with the amendments 156 to 178 of ISO; for BGN, the European Central
# Bank's press release of 2025-07-08.  Older withdrawals have no date here: no shop writes these codes since.
WITHDRAWN_ON: Mapping[str, date] = {
    "LVL": date(2014, 1, 15),
    "LTL": date(2015, 1, 1),
    "BYR": date(2017, 1, 1),
    "MRO": date(2018, 7, 1),
    "STD": date(2018, 7, 1),
    "VEF": date(2018, 8, 20),
    "CUC": date(2021, 1, 1),
    "SLL": date(2022, 7, 1),
    "HRK": date(2023, 1, 1),
    "ZWL": date(2024, 6, 25),
    "ANG": date(2025, 3, 31),
    "BGN": date(2026, 1, 1),
}

# What people write for a currency of ISO 4217, and don't find there.
OTHER_NAMES: Mapping[str, str] = {
    "CNH": "CNY",
    "NIS": "ILS",
    "NTD": "TWD",
    "RMB": "CNY",
    "UKP": "GBP",
    "YEN": "JPY",
}

ACCEPTED = ISO_4217 - REFUSED_BY_META
"""Codes that are sent; those that aren't LISTED_BY_META with a notice."""

_USUAL_SPELLINGS = {spelling: code for code in LISTED_BY_META for spelling in (code, code.lower())}
_SUBCODE = 2804011
_NO_CODE = "a currency is written as three letters of ISO 4217, such as EUR; this is something else"
_LOGGER = logging.getLogger("capi_actions.facebook")


def currency_code(text: str, path: str = "$.currency") -> str:
    """Return a currency's code in upper case, as Meta's examples write it, of a text in any case.

    A code that Meta's lists don't name is logged, once in a process.

    :param path: where the text stands, for the error.
    :raises EventError: when the text is no code that Meta may take.
    """
    if text in _USUAL_SPELLINGS:  # 0.1 µs less than what follows
        return _USUAL_SPELLINGS[text]
    code = text.strip().upper()
    if code in LISTED_BY_META:
        return code
    if reason := refusal(text):
        message = f"{text} is not a valid currency code." if reason == _NO_CODE and _is_word(code) else reason
        raise EventError.of(message, path, _SUBCODE, logged=reason)
    note_uncertain(path, f"that no list of Meta's names: {code}, which Meta may refuse")
    _log_unlisted(code)
    return code


def is_accepted(currency: Any) -> bool:
    """Return whether this is sent as the currency of a Purchase: a code in any case, but without spaces."""
    return isinstance(currency, str) and currency.isascii() and currency.upper() in ACCEPTED


def refusal(currency: Any) -> str | None:
    """Return why a currency isn't sent, or None if it is."""
    code = currency.strip().upper() if isinstance(currency, str) else ""
    if code in ACCEPTED:
        return None
    if code in REFUSED_BY_META:
        return f"Meta accepts most of ISO 4217's currencies, but not {code}"
    if code in WITHDRAWN:
        day = WITHDRAWN_ON.get(code)
        return f"{code} is withdrawn{f' since {day}' if day else ''}: {WITHDRAWN[code]} took its place"
    if code in OTHER_NAMES:
        return f"{code} is no code of ISO 4217: write {OTHER_NAMES[code]}"
    if code in NO_MONEY:
        return f"{code} is a code of ISO 4217 that names no money: write the order's currency, such as EUR"
    # A code of a list can be named.  Any other text might be personal data in the wrong place.
    if len(code) == 3 and code.isascii() and code.isalpha():
        return f"the code is unknown: this release has the currencies of ISO 4217 as of {CURRENCIES_READ}"
    return _NO_CODE


def _is_word(code: str) -> bool:
    """Return whether a text is so short that the reference's own sentence about it is kept."""
    return 0 < len(code) <= 4 and code.isascii() and code.isalpha()


def notice(code: str) -> str | None:
    """Return what is uncertain about an accepted currency, or None.

    :param code: in upper case.
    """
    if code in LISTED_BY_META or code not in ACCEPTED:
        return None
    return (
        f"no list of Meta's names the currency {code} (as of {CURRENCIES_READ}); events with it are sent, but Meta"
        f" may refuse them with {_SUBCODE}"
    )


@cache
def _log_unlisted(code: str) -> None:
    _LOGGER.warning("%s", notice(code))
