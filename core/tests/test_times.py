"""Event times: read rightly or refused, never hours off."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capi_actions import EventError, LocalTime, parse_time, time_zone, times, unix_seconds

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(
    """
    UTC America/New_York America/Chicago America/Los_Angeles America/Sao_Paulo America/St_Johns Europe/London
    Europe/Berlin Africa/Lagos Asia/Kolkata Asia/Kathmandu Asia/Tokyo Asia/Shanghai Asia/Jerusalem Asia/Manila
    Australia/Sydney Australia/Lord_Howe Pacific/Auckland Pacific/Chatham Pacific/Kiritimati Pacific/Pago_Pago
    """.split()
).map(ZoneInfo)


def offset(moment: datetime, colon: str = "") -> str:
    """Write a moment's offset from UTC."""
    text = moment.strftime("%z")
    return f"{text[:3]}{colon}{text[3:5]}"


def short_offset(moment: datetime) -> str:
    """Write it as ``+5:30`` or ``+1``."""
    text = moment.strftime("%z")
    return f"{text[0]}{int(text[1:3])}" + (f":{text[3:5]}" if text[3:5] != "00" else "")


def decimal_offset(moment: datetime) -> str:
    """Write it as ``+05.5``."""
    hours = (moment.utcoffset() or timedelta()) / timedelta(hours=1)
    return f"{hours:+05.1f}"


WITH_OFFSET: dict[str, Callable[[datetime], str]] = {
    "ISO 8601": lambda moment: moment.isoformat(),
    "Python's str()": str,
    "ISO 8601 without colon": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S") + offset(moment),
    "basic ISO 8601": lambda moment: moment.strftime("%Y%m%dT%H%M%S") + offset(moment),
    "toISOString": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "toUTCString": lambda moment: moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "JavaScript's String()": lambda moment: (
        moment.strftime("%a %b %d %Y %H:%M:%S") + f" GMT{offset(moment)} (Mitteleuropäische Normalzeit)"
    ),
    "JavaScript's String() without name": lambda moment: (
        moment.strftime("%a %b %d %Y %H:%M:%S") + f" GMT{offset(moment)}"
    ),
    "GMT and offset": lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S ") + f"GMT{offset(moment)}",
    "UTC and offset": lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S ") + f"UTC{offset(moment, ':')}",
    "UTC and short offset": lambda moment: (
        moment.strftime("%a, %d %b %Y %H:%M:%S ") + f"UTC{short_offset(moment)}"
    ),
    "RFC 2822": format_datetime,
    "Ruby's Time#to_s": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S ") + offset(moment),
    "Ruby's UTC": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    "PHP's COOKIE": lambda moment: moment.astimezone(UTC).strftime("%A, %d-%b-%Y %H:%M:%S UTC"),
    "Go's String()": lambda moment: (
        moment.strftime("%Y-%m-%d %H:%M:%S.123456789 ") + f"{offset(moment)} {go_name(moment)} m=+0.000012"
    ),
    "Java's ZonedDateTime": lambda moment: moment.isoformat() + f"[{moment.tzinfo}]",
    "Twitter's": lambda moment: (
        moment.strftime("%a %b %d %H:%M:%S ") + offset(moment) + moment.strftime(" %Y")
    ),
    "seconds": lambda moment: str(int(moment.timestamp())),
    "milliseconds": lambda moment: str(int(moment.timestamp()) * 10**3),
    "microseconds": lambda moment: str(int(moment.timestamp()) * 10**6),
    "nanoseconds": lambda moment: str(int(moment.timestamp()) * 10**9),
}
UNITS = {"milliseconds", "microseconds", "nanoseconds"}
FIRST_OF_UNITS = datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)  # before, so few digits count a larger unit
OTHERS: dict[str, Callable[[datetime], str]] = {
    "Java's Date": lambda moment: moment.strftime("%a %b %d %H:%M:%S %Z %Y"),
    "RFC 2822 with a name": lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S %Z"),
    "en-US": lambda moment: moment.strftime("%m/%d/%Y, %I:%M:%S %p"),
    "de-DE": lambda moment: moment.strftime("%d.%m.%Y, %H:%M:%S"),
    "prose": lambda moment: moment.strftime("%B %d, %Y at %I:%M %p %Z"),
    "12 hours with offset": lambda moment: moment.strftime("%Y-%m-%d %I:%M:%S %p ") + offset(moment),
    "date of XML with offset": lambda moment: moment.strftime("%Y-%m-%d") + offset(moment, ":"),
    "leftovers": lambda moment: moment.isoformat() + " (approx",
    "zone after": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S[") + f"{moment.tzinfo}]",
    "Etc": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S Etc/GMT") + short_offset(moment),
    "decimal hours": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S") + decimal_offset(moment),
    "digits": lambda moment: moment.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
    "digits of a date": lambda moment: moment.strftime("%Y%m%d"),
    "short year": lambda moment: moment.strftime("%d-%b-%y %H:%M:%S ") + offset(moment),
}
# CST is read only with a setting that has it; the others as North America's, with a warning without a setting.
AMBIGUOUS = {"CST", "CDT", "PST"}


def go_name(moment: datetime) -> str:
    """Go prints the zone's name, or its offset if it has none."""
    return moment.strftime("%Z")


@given(MOMENTS, ZONES, st.sampled_from(sorted(WITH_OFFSET)))
def test_a_moment_with_its_offset_is_that_moment(moment: datetime, zone: ZoneInfo, layout: str) -> None:
    """Whatever program wrote it, wherever: fractions are cut off."""
    assume(layout not in UNITS or moment >= FIRST_OF_UNITS)
    local = moment.astimezone(zone)

    assert int(moment.timestamp()) == parse_time(WITH_OFFSET[layout](local))
    assert type(parse_time(WITH_OFFSET[layout](local))) is int


@given(st.integers(1, 20), st.data())
def test_a_number_is_a_time_of_one_unit_or_refused(digits: int, data: st.DataObject) -> None:
    """A digit too many or too few would put an event hundreds of years off, or into the wrong century."""
    number = data.draw(st.integers(10 ** (digits - 1), 10**digits - 1))
    assume(not 19_000_000_000_000 <= number <= 23_000_000_000_000)  # digits of a date, see below
    assume(not 19_000_000 <= number <= 23_000_000)
    unit = 10 ** (3 * max(0, -(-(digits - 11) // 3)))
    try:
        seconds = parse_time(str(number))
    except EventError as error:
        assert digits in (11, 14, 17, 20)
        assert "no unit" in error.message
    else:
        assert number // unit == seconds
        assert digits not in (11, 14, 17, 20)
        assert digits <= 9 or 10**8 <= seconds < 10**10  # from 1973 to 2286


@given(MOMENTS, ZONES, st.sampled_from(sorted(OTHERS)))
def test_any_other_layout_gives_the_moment_or_a_refusal(
    moment: datetime, zone: ZoneInfo, layout: str
) -> None:
    """Never anything else: hours off go unnoticed, and put sales on the wrong day."""
    local = moment.astimezone(zone)
    try:
        seconds = parse_time(OTHERS[layout](local))
    except EventError as error:
        assert "Event Time must be an ISO 8601 time or a Unix timestamp" in error.message
    else:
        if isinstance(seconds, LocalTime):
            assert seconds.zone_name in AMBIGUOUS
            assert int(moment.timestamp()) == seconds.in_zone(zone)
        else:
            assert int(moment.timestamp()) == seconds


LOCAL_LAYOUTS = [
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.999", "%Y/%m/%d %H:%M:%S", "%Y%m%dT%H%M%S"),
    *("%a %b %d %H:%M:%S %Y", "%b %d, %Y %H:%M:%S", "%d %b %Y %H:%M:%S"),
]


@given(MOMENTS, ZONES, st.sampled_from(LOCAL_LAYOUTS))
def test_a_time_without_a_zone_is_in_the_zone_of_the_setting(
    moment: datetime, zone: ZoneInfo, layout: str
) -> None:
    """But for the hour that the clocks show twice: then it is the first."""
    local = moment.astimezone(zone).replace(microsecond=0)
    seconds = parse_time(local.strftime(layout))

    assert isinstance(seconds, LocalTime)
    assert int(local.replace(tzinfo=UTC).timestamp()) == seconds == seconds.in_zone(None)
    assert int(local.replace(fold=0).timestamp()) == seconds.in_zone(zone)


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # twice in Berlin: the first
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # never: as if the clock had not been changed yet
        ("2026-07-01", "2026-06-30T22:00:00Z"),
    ],
)
def test_hours_that_come_twice_or_never(local: str, moment: str) -> None:
    """The documented choice."""
    seconds = parse_time(local)

    assert isinstance(seconds, LocalTime)
    assert parse_time(moment) == seconds.in_zone(ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "moment"),
    [("Asia/Shanghai", "2026-11-23T09:24:12Z"), ("America/Chicago", "2026-11-23T23:24:12Z")],
)
def test_a_name_that_two_zones_have_is_the_setting_s(zone: str, moment: str) -> None:
    """Java writes CST in China and in Chicago."""
    seconds = parse_time("Mon Nov 23 17:24:12 CST 2026")

    assert isinstance(seconds, LocalTime)
    assert parse_time(moment) == seconds.in_zone(ZoneInfo(zone))
    for other in (None, ZoneInfo("Europe/Berlin"), UTC):
        with pytest.raises(EventError, match="CST is the name of several zones; set time_zone"):
            seconds.in_zone(other)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T17:24:12.560+00:00", 1795454652),
        ("2026-11-23T19:24:12+02:00", 1795454652),
        ("2026-11-23 17:24:12", 1795454652),
        ("20261123T172412Z", 1795454652),
        ("2026-11-23T1724Z", 1795454640),
        ("Mon, 23 Nov 2026 17:24:12 GMT", 1795454652),
        ("Monday, 23-Nov-26 17:24:12 GMT", 1795454652),
        ("Mon Nov 23 12:24:12 EST 2026", 1795454652),
        ("Mon, 23 Nov 2026 09:24:12 PST", 1795454652),
        ("\u00a02026-11-23T17:24:12Z\n", 1795454652),
        ("1631210000", 1631210000),
        ("1631210000.9", 1631210000),
        ("1.63121e9", 1631210000),
        ("-1", -1),
    ],
)
def test_known_times(text: str, seconds: int) -> None:
    """Computed with `date -d`."""
    assert seconds == parse_time(text)


@given(
    st.text()
    | st.text("0123456789-:TZ+. GMTapm,/()[]", max_size=40)
    | st.sampled_from(
        ["", "now", "NaN", "inf", "1e999", "9" * 5000, "2026-13-45", "٣", "0001-01-01T00:00+23:59"]
    )
)
def test_any_other_time_is_an_event_error(text: str) -> None:
    """A nonsense time must be said clearly, and never with the text itself."""
    try:
        parse_time(text, "$.at")
    except EventError as error:
        assert error.path == "$.at"
        assert "Event Time must be an ISO 8601 time or a Unix timestamp" in error.message


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "now",
            "NaN",
            "inf",
            "1e999",
            "2026-13-45",
            "yesterday",
            "1" * 318,
            "-" + "1" * 318,
            "1_000",
            "0x10",
        ),
        *("1,796,008,738", "1796008738,5", "2026-11-23-05:00", "2026-11-23+05:00", "2026-11-23T24:30:00Z"),
        *("Tue, 23 Nov 2026 17:24:12 GMT", "23-Nov-26 17:24:12 GMT", "Mon Nov 23 17:24:12 JST 2026"),
        *("Mon, 23 Nov 2026 17:24:12 +0000 EST", "Mon, 23 Nov 2026 17:24:12 +9900", "11/23/2026, 5:24:12 PM"),
        *(
            "Nov 23, 2026 05:24:12 PM",
            "23 Nov 2026 05:24:12 p.m.",
            "2026-11-23 05:24:12 PM UTC",
            "2026-11-23T17:24:12Z x",
        ),
        *("2026-11-23T17:24:12+05.5", "2026-11-23T17:24:12+19:00", "2026-11-23T17:24:12-01:00:30"),
        *("23 Nov 2026", "11/12/2026 17:24:12", "12.11.2026 17:24:12", "17:24:12", "2026-11", "1e30", "Z"),
    ],
)
def test_a_nonsense_time_is_refused(text: str) -> None:
    """Pin some of what the property above allows but doesn't ask for."""
    with pytest.raises(EventError):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mon Nov 23 17:24:12 JST 2026", "the name of its zone has no fixed meaning; write the offset"),
        ("Nov 23, 2026 5:24:12 PM", "times with AM or PM aren't read"),
        ("Mon, 23 Nov 2026 17:24:12 +0100 EST", "two zones that contradict each other"),
        ("20261123172412", "a date and time of digits alone aren't read"),
        ("20261123", "a date and time of digits alone aren't read"),
        (
            "17959320000",
            "its number of digits is that of no unit; until the year 2286, seconds have 10 digits",
        ),
        ("17959320000000", "that of no unit"),
        ("17959320000000000", "that of no unit"),
        ("17959320000000000000", "that of no unit; .* nanoseconds 19"),
        ("-17959320000.5", "that of no unit"),
        ("1.795932e10", "that of no unit"),
    ],
)
def test_a_refusal_names_what_is_in_the_way(text: str, reason: str) -> None:
    """But never quotes the text: anything can stand in the wrong field."""
    with pytest.raises(EventError, match=reason):
        parse_time(text)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/", "../etc/passwd", "/etc/localtime", "America", "+01:00", "\0", "x" * 500]
)
def test_a_wrong_zone_is_said_when_the_configuration_is_read(name: str) -> None:
    """With what would be right."""
    with pytest.raises(
        ValueError, match="should be a time zone that this machine knows, such as Europe/Berlin"
    ):
        time_zone(name)


@given(MOMENTS, ZONES)
def test_unix_seconds_is_a_plain_number(moment: datetime, zone: ZoneInfo) -> None:
    """An action sends it as it is: times without a zone are UTC, or in the zone that the caller names."""
    local = moment.astimezone(zone).replace(microsecond=0, fold=0)
    text = local.strftime("%Y-%m-%dT%H:%M:%S")

    assert int(local.replace(tzinfo=UTC).timestamp()) == unix_seconds(text)
    assert int(local.timestamp()) == unix_seconds(text, zone)
    assert {int} == {
        type(unix_seconds(text)),
        type(unix_seconds(text, zone)),
        type(unix_seconds("1631210000")),
    }


def test_unix_seconds_refuses_what_has_two_meanings_at_the_caller_s_path() -> None:
    """An action's field is called what its author likes."""
    for text, reason in {
        "Mon Nov 23 17:24:12 CST 2026": ": CST is",
        "now": ": write 2026-11-29T15:00:00Z,",
        "": ": write 2026-11-29T15:00:00Z,",
        "30.11.2026 13:55": ": write 2026-11-29T15:00:00Z,",
        "2026-11-30T24:00:00Z": ": write 2026-11-29T15:00:00Z,",
        "2026-11-30T12:00:00+05.5": ": write 2026-11-29T15:00:00Z,",
        "2026-11-30T12:00:00Z foo": ": write 2026-11-29T15:00:00Z,",
        "123456789012345678901": ": write 2026-11-29T15:00:00Z,",
    }.items():
        with pytest.raises(EventError) as caught:
            unix_seconds(text, path="$.time")
        assert caught.value.path == "$.time"
        assert f"a Unix timestamp{reason} " in caught.value.message


@given(
    st.datetimes(
        datetime(2, 1, 1),
        datetime(9998, 1, 1),
        timezones=st.just(UTC)
        | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_a_time_in_iso_form_is_its_timestamp_without_a_fraction(moment: datetime) -> None:
    """Fractions are cut off, before 1970 as after it."""
    assert int(moment.timestamp()) == unix_seconds(moment.isoformat())


HOURS = st.sampled_from(
    [
        *(
            "2026-11-29T15:",
            "2026-11-29T24:",
            "2026-02-30T00:",
            "2026-W48-7T15:",
            "2026-11-29 15:",
            "2026-11-29T+5:",
        ),
        *("1969-12-31T23:", "1970-01-01T00:", "0001-01-01T00:", "9999-12-31T23:", "2026-11-29T٣٣:"),
    ]
)
SECONDS = st.sampled_from(["04:05", "00:00", "59:59", "60:00", "05:60", "4:050", "04-05", "04:0Z"])
ENDS = st.sampled_from(
    [".678Z", ".000Z", ".999Z", ",678Z", ".6780", "+0000", ".678z", ".67Z ", "[UTC]", ".٣٣٣Z"]
)


@given(st.lists(st.tuples(HOURS, SECONDS, ENDS), min_size=1, max_size=6))
def test_times_of_remembered_parts_are_what_they_would_be_when_read(
    parts: list[tuple[str, str, str]],
) -> None:
    """Whatever was read before: a part is only remembered from a time in which it means one thing."""

    def outcome(read: Callable[[str], int], text: str) -> tuple[type, object]:
        try:
            return type(read(text)), read(text)
        except (EventError, ValueError):
            return EventError, text

    for text in map("".join, parts):
        assert outcome(times._parse, text) == outcome(parse_time, text)


def test_no_more_hours_are_remembered_than_those_of_half_a_year() -> None:
    """A file may have times of many years."""
    start = datetime(2001, 1, 1, tzinfo=UTC)
    for number in range(times._MAX_HOURS + 100):
        moment = start + timedelta(hours=number)
        assert int(moment.timestamp()) == parse_time(f"{moment:%Y-%m-%dT%H:%M:%S}.000Z")

    assert len(times._HOURS) <= times._MAX_HOURS
