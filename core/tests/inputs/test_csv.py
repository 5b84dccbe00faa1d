"""CSV files become events, or say with file and line what is wrong and what to do."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions import EventError
from capi_actions.config import read_config
from capi_actions.errors import ConfigError
from capi_actions.inputs import Column, CsvInput, CsvOptions, read_events
from capi_actions.inputs.cells import CellFormat, to_amount
from capi_actions.inputs.columns import parse_target

ORDERS = """
[inputs.orders]
format = "csv"
event = "Order Completed"
time_zone = "Europe/Berlin"
{options}

[inputs.orders.columns]
"Order" = ["properties.order_id", "messageId"]
"Date" = "timestamp"
"Total" = "properties.revenue"
{columns}
"""


class Result:
    """What was read of a file."""

    def __init__(self, records: list[Any], warnings: list[str]) -> None:
        self.events = [record.event for record in records if isinstance(record.event, dict)]
        self.errors = [f"{r.line}: {r.event}" for r in records if isinstance(r.event, EventError)]
        self.warnings = warnings


@pytest.fixture
def read(plugins: Any, config_text: str) -> Any:
    """Read a CSV file as a table of the configuration says."""

    def read(text: str | bytes, options: str = "", columns: str = "", table: str = ORDERS) -> Result:
        config = read_config(config_text + table.format(options=options, columns=columns), plugins)
        file = io.BytesIO(text.encode() if isinstance(text, str) else text)
        warnings: list[str] = []
        return Result(list(read_events([file], CsvInput(config.inputs["orders"]), warnings.append)), warnings)

    return read


def test_a_row_is_an_event(read: Any) -> None:
    """With numbers, times in UTC, and nothing for empty cells."""
    result = read("Order,Date,Total\n1001,2026-11-30 14:05,12.50\n1002,2026-07-01,\n")

    assert result.errors == []
    assert result.events == [
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "1001",
            "timestamp": "2026-11-30T13:05:00Z",
            "properties": {"order_id": "1001", "revenue": 12.5},
        },
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "1002",
            "timestamp": "2026-06-30T22:00:00Z",
            "properties": {"order_id": "1002"},
        },
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found_out_or_said(read: Any, delimiter: str, encoding: str) -> None:
    """As spreadsheets of several countries and ages write them."""
    text = delimiter.join(["Order", "Date", "Total", "Käufer"]) + "\r\n"
    text += delimiter.join(["1", "2026-11-30", "5", '"Zoë"']) + "\r\n"
    said = 'encoding = "cp1252"' if encoding == "cp1252" else ""
    result = read(text.encode(encoding), said, '"Käufer" = "context.traits.firstName"')

    assert result.errors == []
    assert result.events[0]["context"] == {"traits": {"firstName": "Zoë"}}


# What people and spreadsheets write as a total, the options that say how, and what is meant.
AMOUNTS: list[tuple[str, str, object]] = [
    ("12.50", "", 12.5),
    ("1234", "", 1234),
    ("0.1", "", 0.1),
    ("-5.00", "", -5),
    (".5", "", 0.5),
    ("12,50", 'decimal = ","', 12.5),
    ("1.234,50", 'decimal = ","\nthousands = "."', 1234.5),
    ("1,234,567.89", 'thousands = ","', 1234567.89),
    ("1,23,456.70", 'thousands = ","', 123456.7),
    ("1 234,50", 'decimal = ","\nthousands = " "', 1234.5),
    ("1\u202f234,50", 'decimal = ","\nthousands = " "', 1234.5),
    ("1'234.50", 'thousands = "\'"', 1234.5),
    ("1’234.50", 'thousands = "\'"', 1234.5),
    ("$12.50", "", 12.5),
    ("-$12.50", "", -12.5),
    ("12.50 kr.", "", 12.5),
    ("Fr. 12.50", "", 12.5),
    ("Rs.12.50", "", 12.5),
    ("5.–", "", 5),
    ("99999999999.99", "", 99999999999.99),
]


@pytest.mark.parametrize(("cell", "options", "amount"), AMOUNTS)
def test_amounts_are_read_digit_for_digit(read: Any, cell: str, options: str, amount: object) -> None:
    """Separators only as the configuration says."""
    result = read(f'Order;Date;Total\n1;2026-11-30;"{cell}"\n', options)

    assert result.errors == []
    assert result.events[0]["properties"] == {"order_id": "1", "revenue": amount}


@pytest.mark.parametrize(
    ("cell", "currency"),
    [
        ("12.50 EUR", "EUR"),
        ("USD 12.50", "USD"),
        ("€ 12.50", "EUR"),
        ("12.50 zł", "PLN"),
        ("US$12.50", "USD"),
        ("R$ 12.50", "BRL"),
    ],
)
def test_an_amount_may_name_its_currency(read: Any, cell: str, currency: str) -> None:
    """By a code, or by a sign that no other currency has."""
    result = read(f"Order;Date;Total\n1;2026-11-30;{cell}\n")

    assert result.events[0]["properties"] == {"order_id": "1", "revenue": 12.5, "currency": currency}


# Cells that could be read wrongly: each is refused with a sentence that says what to do.
REFUSED = [
    ("Total", "1,234", "", "holds a comma, but the decimal mark is a point"),
    ("Total", "1.234", 'decimal = ","', "holds a point, but the decimal mark is a comma"),
    ("Total", "1.234,5", "", "set `decimal` or `thousands`"),
    ("Total", "12,34,5", 'thousands = ","', "holds a comma"),
    ("Total", "(12.50)", "", "should be an amount such as 1234.50"),
    ("Total", "TRUE", "", "should be an amount"),
    ("Total", "12.5 EUR each", "", "should be an amount"),
    ("Total", "1,23E+05", 'decimal = ","', "the spreadsheet has rounded it"),
    ("Total", "#N/A", "", "holds an error value of a spreadsheet"),
    ("Total", "#WERT!", "", "holds an error value of a spreadsheet"),
    ("Total", "#######", "", "what a too narrow column shows"),
    ("Total", "12345678901234567.89", "", "more digits than a number can hold"),
    ("Order", "1.23457E+12", "", "format the column as text"),
    ("Order", "#REF!", "", "holds an error value of a spreadsheet"),
    ("Order", "TRUE", "", 'as = "boolean"'),
    ("Date", "45991", "", "a spreadsheet's serial number of a day"),
    ("Date", "45991.58", "", "format the column as yyyy-mm-dd hh:mm:ss"),
    ("Date", "11/30/2026", "", 'set `time_format`, such as "%d.%m.%Y %H:%M"'),
    ("Date", "2026-02-30", "", "there is no such day"),
    ("Date", "30.11.2026", 'time_format = "%d/%m/%Y"', "isn't of the form that `time_format` says"),
    ("Date", "1764500000", "", "should be a time such as"),
    ("Date", "TRUE", "", "should be a time such as"),
]


@pytest.mark.parametrize(("column", "cell", "options", "problem"), REFUSED)
def test_what_could_be_read_wrongly_is_refused(
    read: Any, column: str, cell: str, options: str, problem: str
) -> None:
    """With the line and the column, never with the value."""
    row = {"Order": "1", "Date": "2026-11-30", "Total": "5", column: cell}
    if "time_format" in options and column == "Date":
        row = {**row, "Date": cell}
    result = read(f"Order|Date|Total\n\n{row['Order']}|{row['Date']}|{row['Total']}\n", options)
    (error,) = result.errors

    assert error.startswith(f"3: $.{column}: the column '{column}' ")
    assert problem in error
    assert cell not in error.replace("1234.50", "")


def test_a_time_without_zone_needs_one(read: Any) -> None:
    """Hours off would cost the match, or the event."""
    table = ORDERS.replace('time_zone = "Europe/Berlin"\n', "")
    result = read("Order,Date,Total\n1,2026-11-30 10:00,5\n2,2026-11-30 10:00 +02:00,5\n", table=table)

    assert result.errors == [
        "2: $.Date: the column 'Date' names no time zone; set `time_zone`, such as time_zone = \"Europe/Berlin\""
    ]
    assert [event["timestamp"] for event in result.events] == ["2026-11-30T08:00:00Z"]


def test_times_may_have_another_form(read: Any) -> None:
    """As `time_format` says; in summer the offset is another."""
    result = read("Order;Date;Total\n1;1.7.2026 9:30;5\n", 'time_format = "%d.%m.%Y %H:%M"')

    assert [event["timestamp"] for event in result.events] == ["2026-07-01T07:30:00Z"]
    assert (
        read("Order,Date,Total\n1,1764500000,5\n", 'time_format = "unix"').events[0]["timestamp"]
        == 1764500000
    )


def test_lost_zeros_are_found_where_the_width_is_said(read: Any) -> None:
    """A zip of four digits may be one of five that a spreadsheet took for a number."""
    columns = '"Zip" = { to = "context.traits.address.postalCode", digits = 5 }'
    result = read("Order,Date,Total,Zip\n1,2026-11-30,5,2134\n2,2026-11-30,5,02134\n", columns=columns)

    assert "has 4 digits, but `digits` says 5" in result.errors[0]
    assert result.events[0]["context"] == {"traits": {"address": {"postalCode": "02134"}}}


def test_kinds_can_be_said(read: Any) -> None:
    """Where the part of the event doesn't say it."""
    columns = """
"New" = { to = "properties.is_new", as = "boolean" }
"Tip" = { to = "properties.tip", as = "amount" }
"Word" = { to = "properties.word", as = "verbatim" }
"""
    result = read("Order,Date,Total,New,Tip,Word\n1,2026-11-30,5,WAHR,€ 2.50,TRUE\n", columns=columns)

    assert result.errors == []
    assert result.events[0]["properties"] == {
        "order_id": "1", "revenue": 5, "is_new": True, "tip": 2.5, "word": "TRUE", "currency": "EUR"
    }  # fmt: skip


def test_currencies_must_not_contradict_each_other(read: Any) -> None:
    """An amount in another currency than the event's would be worth something else."""
    columns = '"Currency" = "properties.currency"'
    result = read("Order,Date,Total,Currency\n1,2026-11-30,5 USD,EUR\n", columns=columns)

    assert "amounts are in several currencies: EUR, USD" in result.errors[0]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Order,Date,Totl", "1: there is no column 'Total'; did you mean 'Totl'?"),
        ("Order,Date,Total,Date", "1: the column 'Date' is there 2 times, at 2, 4; rename one"),
    ],
)
def test_columns_that_are_missing_or_there_twice_end_the_file(read: Any, header: str, problem: str) -> None:
    """One error instead of one for each row."""
    assert read(f"{header}\n" + "1,2026-11-30,5\n" * 9).errors == [problem]


def test_columns_that_are_not_used_are_named_once(read: Any) -> None:
    """A misspelt column would else be missed by nobody."""
    result = read("Order,Date,Total,Notes,Clerk\n1,2026-11-30,5,x,y\n")

    assert result.warnings == ["standard input:1: columns that aren't used: 'Notes', 'Clerk'"]
    assert len(result.events) == 1


@pytest.mark.parametrize(
    ("rows", "errors", "count"),
    [
        (
            '1,2026-11-30,5\n2,"2026-11-30,5\n3,2026-11-30,5\n',
            ["3: a cell begins with a quote that isn't closed"],
            2,
        ),
        ('1,"2026-11-30"x,5\n3,2026-11-30,5\n', ["2: a quoted cell is followed by something else"], 1),
        ("1,2026-11-30,5,6\n3,2026-11-30,5\n", ["2: has 4 cells where the first row has 3"], 1),
        (
            "1,2026-11-30,5\n3,2026-11-30",
            ["3: has 2 cells where the first row has 3; the file may be cut off"],
            1,
        ),
        ("1,2026-11-30\n3,2026-11-30,5,,\n", [], 2),
        ('1,2026-11-30,"5\n"\n\n,,\n3,2026-11-30,5\n', [], 2),
    ],
)
def test_a_row_that_cannot_be_parsed_costs_no_other(
    read: Any, rows: str, errors: list[str], count: int
) -> None:
    """A forgotten quote would else swallow the rows after it."""
    result = read("Order,Date,Total\n" + rows)

    assert len(errors) == len(result.errors)
    assert all(error in message for error, message in zip(errors, result.errors, strict=True))
    assert count == len(result.events)


def test_text_in_another_encoding_ends_the_file(read: Any) -> None:
    """One error that names the setting."""
    text = "Order,Date,Total\n1,2026-11-30,5\nä,2026-11-30,5\n" + "ä,2026-11-30,5\n" * 99
    result = read(text.encode("cp1252"))

    assert result.errors == [
        '3: isn\'t UTF-8 text; if it comes from Excel on Windows, set `encoding = "cp1252"`, or save it as CSV UTF-8;'
        " nothing is read from here on"
    ]
    assert len(result.events) == 1


def test_rows_of_one_order_are_one_event(read: Any) -> None:
    """Shops export a row for each product; a purchase for each row would count the total several times."""
    columns = """
"Sku" = "properties.products[].sku"
"Price" = "properties.products[].price"
"Mail" = "context.traits.email"
"""
    text = """Order,Date,Total,Sku,Price,Mail
1,2026-11-30,5,a,2,x@example.com
1,,,b,3,
2,2026-11-30,7,c,7,y@example.com
"""
    result = read(text, 'group_by = "Order"', columns)

    assert result.errors == []
    assert [event["properties"] for event in result.events] == [
        {"order_id": "1", "revenue": 5, "products": [{"sku": "a", "price": 2}, {"sku": "b", "price": 3}]},
        {"order_id": "2", "revenue": 7, "products": [{"sku": "c", "price": 7}]},
    ]


@given(st.lists(st.sampled_from([1, 2, 999, 1000, 1001, 1500, 2000, 2001, 2500]), min_size=1, max_size=4))
@settings(max_examples=10)
def test_an_order_is_one_event_or_one_refusal_however_many_rows_it_has(sizes: list[int]) -> None:
    """A part of an order, sent under its number, would be taken for the order."""
    rows = [f"o{order},p{row}" for order, size in enumerate(sizes) for row in range(size)]
    file = io.BytesIO("\n".join(["messageId,properties.products[].id", *rows]).encode())
    reader = CsvInput(CsvOptions(event="Order Completed", group_by="messageId"))
    events = [record.event for record in read_events([file], reader, lambda text: None)]

    assert [size if size <= 1000 else EventError for size in sizes] == [
        EventError if isinstance(event, EventError) else len(event["properties"]["products"])
        for event in events
    ]


def test_a_column_that_is_the_same_in_every_row_groups_nothing(read: Any) -> None:
    """It is refused in one sentence, at the first row, and the order after it isn't."""
    rows = "a,2026-11-30,1\n" * 1001 + "b,2026-11-30,1\n"
    result = read("Order,Date,Total\n" + rows, 'group_by = "Order"')

    assert result.errors == [
        "2: over 1,000 rows one after the other are alike in the column that `group_by` names, so none of them is"
        " sent; it should be the column of the order's number"
    ]
    assert [event["messageId"] for event in result.events] == ["b"]


def test_without_a_table_columns_are_parts_of_the_event(plugins: Any) -> None:
    """A file made for us needs no configuration; others get a hint."""
    text = "type,event,timestamp,properties.revenue\ntrack,Order Completed,2026-11-30T10:00:00Z,5\n"
    (record,) = read_events([io.BytesIO(text.encode())], CsvInput(CsvOptions()), lambda text: None)
    (failed,) = read_events([io.BytesIO(b"type,Total\ntrack,5\n")], CsvInput(CsvOptions()), lambda text: None)

    assert record.event == {
        "type": "track",
        "event": "Order Completed",
        "timestamp": "2026-11-30T10:00:00Z",
        "properties": {"revenue": 5},
    }
    assert (
        "the column 'Total' is no part of an event; say in a table `[inputs.<name>.columns]` what becomes of it"
        in str(failed.event)
    )


@pytest.mark.parametrize("columns", [None, {"timestamp": Column(to=["timestamp"])}])
@given(
    people=st.lists(
        st.sampled_from(
            [
                "jane.doe@example.com",
                "+49 170 1234567",
                "2026-11-30",
                "12.50",
                "Jane",
                "Doe",
                "0049/30/123456",
            ]
        ),
        min_size=1,
        max_size=6,
    ),
    known=st.booleans(),
)
def test_a_first_row_without_names_is_not_quoted(
    columns: dict[str, Column] | None, people: list[str], known: bool
) -> None:
    """Where a file has no names, a person's values stand in their place, and the message goes into logs."""
    header = ",".join([*people, "jane@example.com", *(["timestamp"] if known else [])])
    warnings: list[str] = []
    file = io.BytesIO(f"{header}\nx\n".encode())
    records = list(read_events([file], CsvInput(CsvOptions(columns=columns)), warnings.append))

    messages = "".join([*warnings, *(str(record.event) for record in records)])
    personal = [value for value in (*people, "jane@example.com") if value not in ("Jane", "Doe")]
    assert [] == [value for value in personal if value in messages]
    if not known:
        assert "the first row should have the columns' names, but it has values" in messages
        assert "Jane" not in messages


def test_a_column_that_is_named_like_a_value_is_counted() -> None:
    """Beside a name that is known it is a column, but its name may be somebody's."""
    options = CsvOptions(columns={"userId": Column(to=["userId"])})
    warnings: list[str] = []
    file = io.BytesIO(b"userId,Notes,jane@example.com\nu-1,x,y\n")
    list(read_events([file], CsvInput(options), warnings.append))

    assert ["standard input:1: columns that aren't used: 'Notes', number 3"] == warnings


def test_many_columns_that_are_no_part_of_an_event_are_one_sentence() -> None:
    """An export of a shop has a hundred."""
    header = ",".join(f"Column {number}" for number in range(30)) + "\n" + "x," * 30
    (failed,) = read_events([io.BytesIO(header.encode())], CsvInput(CsvOptions()), lambda text: None)

    assert "'Column 9' and 20 more are no parts of an event" in str(failed.event)
    assert len(str(failed.event)) < 400


CONTRADICTIONS = [
    ("properties.a", "properties.a.b", "set"),
    ("properties.a.b", "properties.a", "set"),
    ("properties.a[]", "properties.a[0].b", "set"),
    ("properties.a[0]", "properties.a[00]", "set"),
    ("properties.a[0].b", "properties.a[].b", "set"),
    ("properties.a[][1]", "properties.a[2][]", "set"),
    ("properties.products", "properties.products[].id", "set"),
    ("properties.products[].id", "properties.products.id", "contradicts"),
    ("properties.products.id", "properties.products[0].sku", "contradicts"),
    ("context.a[].b.c", "context.a[5].b[]", "contradicts"),
]


@pytest.mark.parametrize(("first", "second", "word"), CONTRADICTIONS)
@pytest.mark.parametrize("is_constant", [False, True])
def test_columns_of_the_first_row_must_not_contradict_each_other(
    first: str, second: str, word: str, is_constant: bool
) -> None:
    """Nor a constant: nobody has checked a first row before."""
    header = second if is_constant else f"{first},{second}"
    options = CsvOptions(constants={first: "x"} if is_constant else {})
    (record,) = read_events([io.BytesIO(f"{header}\nx,y\n".encode())], CsvInput(options), lambda text: None)

    problem = {
        "set": f"the column {second!r} is set already, by ",
        "contradicts": f"the column {second!r} contradicts ",
    }[word]
    assert problem + f"{'the constant ' if is_constant else ''}{first!r}" in str(record.event)


STEPS = st.sampled_from([".a", ".b", "[]", "[0]", "[1]"])
TARGETS = st.lists(
    st.builds(
        lambda name, steps: f"properties.{name}{''.join(steps)}",
        st.sampled_from("ab"),
        st.lists(STEPS, max_size=3),
    ),
    min_size=1,
    max_size=5,
    unique=True,
)


@given(TARGETS)
def test_columns_of_the_first_row_are_all_in_the_event_or_refused(targets: list[str]) -> None:
    """None hides another, and none ends the program."""
    rows = [targets, [str(number) for number in range(len(targets))]]
    file = io.BytesIO("\n".join(map(",".join, rows)).encode())
    options = CsvOptions(delimiter=",", event="Order Completed")
    (record,) = read_events([file], CsvInput(options), lambda text: None)

    if isinstance(record.event, EventError):
        assert len(targets) > 1
        return
    for number, target in enumerate(targets):
        part: Any = record.event
        for key in parse_target(target):
            part = part[0 if key == "[]" or (len(part) == 1 and isinstance(key, int)) else key]
        assert str(number) == str(part)


@pytest.mark.parametrize(
    ("options", "columns", "problem"),
    [
        ('delimiter = "x"', "", r"$.inputs.orders.delimiter: should be one of these characters: , ; \t |"),
        ('decimal = ";"', "", "$.inputs.orders.decimal: should be one of these characters"),
        ('thousands = "."', "", "$.inputs.orders.thousands: shouldn't be the same as the decimal mark"),
        ('encoding = "cp9999"', "", "$.inputs.orders.encoding: should be an encoding's name"),
        ("time_format = 5", "", "$.inputs.orders.time_format: should be text in quotes"),
        ('delimeter = ";"', "", "$.inputs.orders: 'delimeter' isn't known here; did you mean 'delimiter'?"),
        (
            "",
            '"X" = "propertis.x"',
            "$.inputs.orders.columns.X: an event has no part 'propertis'; did you mean 'prop",
        ),
        ("", '"X" = "timestamp"', "$.inputs.orders.columns.X: 'timestamp' is set already, by 'timestamp'"),
        ("", '"X" = "properties.order_id.x"', "is set already, by 'properties.order_id'"),
        (
            "",
            '"X" = "properties.a[0].id"\n"Y" = "properties.a.id"',
            "$.inputs.orders.columns.Y: 'properties.a.id' contradicts 'properties.a[0].id': the same part",
        ),
        (
            "",
            '"X" = "properties.a[].id"\n"Y" = "properties.a[3].id"',
            "is set already, by 'properties.a[].id'",
        ),
        ("", '"X" = "properties[0]"', "$.inputs.orders.columns.X: properties should be followed by a point"),
        ("", '"X" = "properties"', "properties should be followed by a point and a name"),
        ("", '"X" = "userId.x"', "userId has no parts"),
        ("", '"X" = 5', "$.inputs.orders.columns.X: should be a part of the event"),
        ("", '"X" = { to = "userId", as = "money" }', "$.inputs.orders.columns.X.as: should be one of text"),
        ("", '"X" = { from = "userId" }', "$.inputs.orders.columns.X: 'from' isn't known here"),
        ('decimal = ";"', '"X" = "timestamp"', "$.inputs.orders.columns.X: 'timestamp' is set already"),
        ('delimeter = ";"', '"X" = 5\n"Y" = "userId.x"', "$.inputs.orders.columns.Y: userId has no parts"),
        ("constants = 5", '"X" = "timestamp"', "$.inputs.orders.columns.X: 'timestamp' is set already"),
    ],
)
def test_mistakes_in_the_table_are_located(read: Any, options: str, columns: str, problem: str) -> None:
    """Like all others in the configuration."""
    with pytest.raises(ConfigError) as caught:
        read("", options, columns)

    assert problem in str(caught.value)


def test_an_unknown_time_zone_is_a_mistake(read: Any) -> None:
    """It may be missing on this system, too."""
    with pytest.raises(ConfigError, match=r"a time zone's name that is known here.*pip install tzdata"):
        read("", table=ORDERS.replace("Europe/Berlin", "Europe/Bonn"))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    [cell for cell, _, _ in AMOUNTS]
    + [cell for _, cell, _, _ in REFUSED]
    + ["2026-11-30", "12.50 EUR", '"', ""]
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6), st.sampled_from(["", 'group_by = "Order"'])
)
def test_any_cells_are_events_or_located_errors(rows: list[list[str]], options: str) -> None:
    """Nothing else is raised, no row is lost, and no cell is quoted in a message."""
    text = io.StringIO()
    csv.writer(text).writerows([["Order", "Date", "Total", "Mail"], *rows])
    columns = {
        "Order": Column(to=["messageId"]),
        "Date": Column(to=["timestamp"]),
        "Total": Column(to=["properties.revenue"]),
        "Mail": Column(to=["context.traits.email"]),
    }
    reader = CsvInput(CsvOptions(columns=columns, delimiter=",", group_by="Order" if options else None))
    records = list(read_events([io.BytesIO(text.getvalue().encode())], reader, lambda text: None))

    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(records) <= len(filled) if options else len(records) == len(filled)
    assert all(isinstance(record.event, dict | EventError) for record in records)


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_errors(data: bytes) -> None:
    """Whatever is given as CSV."""
    for record in read_events([io.BytesIO(data)], CsvInput(CsvOptions()), lambda text: None):
        assert isinstance(record.event, dict | EventError)


@given(
    st.decimals(-(10**9), 10**9, places=2), st.sampled_from([",", "."]), st.sampled_from(["", " EUR", " €"])
)
def test_amounts_keep_every_digit(amount: Any, decimal: str, suffix: str) -> None:
    """Written with either decimal mark: no rounding on the way."""
    value = to_amount(f"{amount}{suffix}".replace(".", decimal), CellFormat(decimal=decimal)).value

    assert amount == json.loads(json.dumps(value), parse_float=Decimal, parse_int=Decimal)
