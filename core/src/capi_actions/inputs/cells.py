"""Cells of a table: what a person or a spreadsheet wrote, as a JSON value, or a sentence that says why not."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from attrs import frozen

from capi_actions.errors import EventError
from capi_actions.model import Json


@frozen(kw_only=True)
class CellFormat:
    """How cells of one column are written.

    :ivar decimal: the decimal mark.
    :ivar thousands: what groups digits; empty for nothing.  A space stands for every kind of space.
    :ivar zone: of times that name none; None refuses them.
    :ivar time_format: as for :meth:`datetime.datetime.strptime`, or ``unix`` for seconds or milliseconds; empty for
        ISO 8601.
    :ivar digits: how many digits the column's numbers have, leading zeros included; 0 for any number.
    """

    decimal: str = "."
    thousands: str = ""
    zone: ZoneInfo | None = None
    time_format: str = ""
    digits: int = 0


class Amount(NamedTuple):
    """An amount of money.

    :ivar currency: the ISO 4217 code that the cell names by a code or an unmistakable sign, or None.
    """

    value: int | float
    currency: str | None


# Excel's error values in English, German, French, Spanish, Italian, Portuguese and Dutch, without punctuation at the
# end.  "#1001" and "#A7" may well be order numbers.
_ERRORS = frozenset(
    "#N/A #REF #VALUE #DIV/0 #NAME #NULL #NUM #SPILL #CALC #FIELD #BLOCKED #CONNECT #BUSY #GETTING_DATA #UNKNOWN"
    " #NV #WERT #BEZUG #ZAHL #ÜBERLAUF #VALEUR #NOM #NOMBRE #NUL #NB #VALOR #NUM #REF #NOMBRE #NULO #NUL #WAARDE"
    " #NAAM #GETAL #LEEG #DEEL/0 #N/B #VALORE #NOME #ERROR #N/D #DIV/O".split()
)
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[Ee][+-]?[0-9]+")
_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(
        ("true", "yes", "y", "1", "wahr", "ja", "vrai", "oui", "verdadero", "si", "sí", "vero"), True
    ),
    **dict.fromkeys(("false", "no", "n", "0", "falsch", "nein", "faux", "non", "falso"), False),
}
_SPREADSHEET_BOOLEANS = ("TRUE", "FALSE", "WAHR", "FALSCH", "VRAI", "FAUX", "VERDADERO", "FALSO", "VERO")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")


def check_spreadsheet_value(cell: str) -> None:
    """Refuse what a spreadsheet writes instead of a value.

    :raises EventError: saying what to do in the spreadsheet.
    """
    if cell.startswith("#") and (cell.rstrip("!?") in _ERRORS or not cell.strip("#")):
        what = "an error value" if cell.strip("#") else "what a too narrow column shows"
        raise EventError.of(f"holds {what} of a spreadsheet; correct the cell, or leave it empty")
    if _SCIENTIFIC.fullmatch(cell):
        raise EventError.of(
            "holds a number with an exponent: the spreadsheet has rounded it; format the column as text (or as a"
            " number without decimals) before the values are entered, and export it again"
        )


def to_text(cell: str, form: CellFormat) -> str:
    """Return a cell as text.

    :raises EventError: when digits are missing, or it is a truth value.
    """
    if form.digits and cell.isdigit() and len(cell) < form.digits:
        raise EventError.of(
            f"has {len(cell)} digits, but `digits` says {form.digits}: a spreadsheet drops leading zeros; format the"
            " column as text before the values are entered, and export it again"
        )
    if cell in _SPREADSHEET_BOOLEANS:
        raise EventError.of(
            'holds a truth value; set `as = "boolean"` for this column, or `as = "verbatim"` to send the word'
        )
    return cell


def to_verbatim(cell: str, _: CellFormat) -> str:
    """Return a cell as it is."""
    return cell


def to_boolean(cell: str, _: CellFormat) -> bool:
    """Return a cell as true or false.

    :raises EventError: when it is neither.
    """
    value = _BOOLEANS.get(cell.lower())
    if value is None:
        raise EventError.of("should be TRUE or FALSE, yes or no, 1 or 0")
    return value


_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]+([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?))?"
    r"\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_UNIX = re.compile(r"[0-9]{9,10}|[0-9]{12,13}")


def to_time(cell: str, form: CellFormat) -> str | int:
    """Return a cell as a time: ISO 8601 in UTC, or Unix time as it is.

    :raises EventError: when it can't be read with certainty.
    """
    if form.time_format == "unix":
        if not _UNIX.fullmatch(cell):
            raise EventError.of("should be Unix time, in seconds or milliseconds")
        return int(cell)
    if form.time_format:
        return _in_utc(_parse_with_format(cell, form.time_format), form.zone)
    if _SERIAL.fullmatch(cell):
        raise EventError.of(
            "holds a spreadsheet's serial number of a day; format the column as yyyy-mm-dd hh:mm:ss and export it again"
        )
    parts = _ISO.fullmatch(cell)
    if not parts:
        raise EventError.of(
            "should be a time such as 2026-11-30 14:05:00; for another form, set `time_format`, such as"
            ' "%d.%m.%Y %H:%M" for day, month, year, or "unix"'
        )
    offset = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", None: ""}.get(parts[3], parts[3])
    try:
        moment = datetime.fromisoformat(f"{parts[1]}T{(parts[2] or '00:00').replace(',', '.')}{offset}")
    except ValueError:
        moment = None
    if moment is None:  # out here the error has no context: the original's quotes the cell
        raise EventError.of("is no time: there is no such day, hour or offset")
    return _in_utc(moment, form.zone)


def _parse_with_format(cell: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(cell, time_format)
    except ValueError:
        pass
    raise EventError.of(f"isn't of the form that `time_format` says, {time_format!r}")


def _in_utc(moment: datetime, zone: ZoneInfo | None) -> str:
    if moment.tzinfo is None:
        if zone is None:
            raise EventError.of('names no time zone; set `time_zone`, such as time_zone = "Europe/Berlin"')
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        pass
    raise EventError.of("is no time: the year is out of range")


# Signs that name one currency only.  "$", "£", "¥" and "kr" name several: they are skipped.
_SIGNS: Mapping[str, str] = dict(
    sign.split(":")
    for sign in (
        "€:EUR zł:PLN ₹:INR ₩:KRW ₺:TRY ₽:RUB ₴:UAH ₫:VND ฿:THB ₪:ILS ₦:NGN ₱:PHP ₡:CRC ₲:PYG ₸:KZT ₾:GEL Kč:CZK R$:BRL"
        " US$:USD A$:AUD AU$:AUD C$:CAD CA$:CAD NZ$:NZD HK$:HKD"
    ).split()
)
_VAGUE_SIGNS = frozenset(["", "$", "£", "¥", "kr", "Fr", "Rs", "лв", "lei", "Ft", "S/"])
_SIGN = r"[^\W\d_]{1,4}\.?|[^\W\d_]{0,3}[^\w\s.,'’()+−-]|"
_AMOUNT = re.compile(
    rf"(?P<sign>[-−+]?)\s*(?P<before>{_SIGN})\s*(?P<sign2>[-−+]?)\s*"
    r"(?P<number>[.,]?[0-9](?:[0-9.,'’\s\u00a0\u2007\u2009\u202f]*[0-9])?)(?:[.,](?:[-–—]+)?)?\s*"  # "5.–" is 5
    rf"(?P<after>{_SIGN})"
)
_NOT_AN_AMOUNT = "should be an amount such as 1234.50, with a currency's sign or code or without"


def to_amount(cell: str, form: CellFormat) -> Amount:
    """Return a cell as an amount of money, digit for digit.

    :raises EventError: when it can't be read with certainty.
    """
    parts = _AMOUNT.fullmatch(cell)
    if not parts or (parts["sign"] and parts["sign2"]) or (parts["before"] and parts["after"]):
        raise EventError.of(_NOT_AN_AMOUNT)
    sign = parts["sign"] or parts["sign2"]
    value = _parse(parts["number"], form)
    return Amount(
        exact_number(-value if sign in ("-", "−") else value), _currency(parts["before"] or parts["after"])
    )


def to_number(cell: str, form: CellFormat) -> int | float:
    """Return a cell as a number, digit for digit.

    :raises EventError: when it can't be read with certainty.
    """
    amount = to_amount(cell, form)
    if cell[0] not in "+-−.,0123456789" or cell[-1] not in ".,0123456789":
        raise EventError.of("should be a number, without a unit")
    return amount.value


def exact_number(value: Decimal) -> int | float:
    """Return a number that JSON writes with the same digits.

    :raises EventError: when there is none, because it has too many.
    """
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        raise EventError.of("has more digits than a number can hold")
    return number


def _parse(text: str, form: CellFormat) -> Decimal:
    text = _SPACES.sub(" ", text).replace("’", "'")
    thousands = _SPACES.sub(" ", form.thousands).replace("’", "'")
    integer_pattern = "[0-9]+"
    if thousands:  # in India, groups above the last have two digits
        group = re.escape(thousands)
        integer_pattern = rf"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+"
    parts = re.fullmatch(rf"({integer_pattern})?(?:{re.escape(form.decimal)}([0-9]+))?", text)
    if not parts:
        marks = [name for mark, name in _MARKS.items() if mark in text]
        raise EventError.of(
            f"holds {' and '.join(marks)}, but the decimal mark is {_MARKS[form.decimal]}"
            f" and {_MARKS.get(thousands, 'nothing')} groups digits; set `decimal` or `thousands`, such as"
            ' decimal = "," and thousands = "."'
        )
    return Decimal(f"{(parts[1] or '0').replace(thousands or ' ', '')}.{parts[2] or '0'}")


_MARKS: Mapping[str, str] = {",": "a comma", ".": "a point", "'": "an apostrophe", " ": "a space"}


def _currency(sign: str) -> str | None:
    sign = sign.rstrip(".")
    if sign in _VAGUE_SIGNS:
        return None
    if len(sign) == 3 and sign.isascii() and sign.isalpha() and (sign.isupper() or sign.islower()):
        return sign.upper()
    if sign not in _SIGNS:
        raise EventError.of(_NOT_AN_AMOUNT)
    return _SIGNS[sign]


CONVERTERS: Mapping[str, Callable[[str, CellFormat], Json]] = {
    "text": to_text,
    "verbatim": to_verbatim,
    "time": to_time,
    "amount": to_amount,
    "number": to_number,
    "boolean": to_boolean,
}
"""What ``as`` may say of a column, and what makes a value of its cells."""
