"""Values that events bring, in the form that Meta takes: currencies."""

from typing import Any

from capi_actions import EventError

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
