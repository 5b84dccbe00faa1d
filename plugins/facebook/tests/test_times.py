"""Event times: read rightly or refused, never hours off."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError, Plugins, Secret
from capi_actions.cli.preview import preview
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline, Refusal
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings
from capi_actions_facebook.times import LocalTime, time_zone, unix_seconds
from capi_actions_facebook.validation import check_event

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
    local = moment.astimezone(zone)

    assert int(moment.timestamp()) == unix_seconds(WITH_OFFSET[layout](local))
    assert type(unix_seconds(WITH_OFFSET[layout](local))) is int


@given(MOMENTS, ZONES, st.sampled_from(sorted(OTHERS)))
def test_any_other_layout_gives_the_moment_or_a_refusal(
    moment: datetime, zone: ZoneInfo, layout: str
) -> None:
    """Never anything else: hours off go unnoticed, and put sales on the wrong day."""
    local = moment.astimezone(zone)
    try:
        seconds = unix_seconds(OTHERS[layout](local))
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
    seconds = unix_seconds(local.strftime(layout))

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
    seconds = unix_seconds(local)

    assert isinstance(seconds, LocalTime)
    assert unix_seconds(moment) == seconds.in_zone(ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "moment"),
    [("Asia/Shanghai", "2026-11-23T09:24:12Z"), ("America/Chicago", "2026-11-23T23:24:12Z")],
)
def test_a_name_that_two_zones_have_is_the_setting_s(zone: str, moment: str) -> None:
    """Java writes CST in China and in Chicago."""
    seconds = unix_seconds("Mon Nov 23 17:24:12 CST 2026")

    assert isinstance(seconds, LocalTime)
    assert unix_seconds(moment) == seconds.in_zone(ZoneInfo(zone))
    for other in (None, ZoneInfo("Europe/Berlin"), UTC):
        with pytest.raises(EventError, match="CST is the name of several zones; set time_zone"):
            seconds.in_zone(other)


def test_a_zone_s_name_that_nearly_always_is_american_is_read_with_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As e-mail's rules say; Manila and Havana say PST and CDT, too."""
    data = {"event_time": unix_seconds("Mon Nov 23 09:24:12 PST 2026"), "event_id": "e"}

    assert facebook().prepare(data, "", str).event_time == 1795454652
    assert "with the zone PST is read as in e-mail" in caplog.text
    data = {"event_time": unix_seconds("Tue Nov 24 01:24:12 PST 2026"), "event_id": "e"}
    assert facebook(time_zone="Asia/Manila").prepare(data, "", str).event_time == 1795454652


def test_an_event_with_a_zone_of_two_meanings_is_refused(plugins: Plugins) -> None:
    """Chicago's and Shanghai's CST are 14 hours apart."""
    refusal = process(plugins, "Mon Nov 23 11:24:12 CST 2026")

    assert isinstance(refusal, Refusal)
    assert "CST is the name of several zones; set time_zone, or write the offset" in refusal.error.message
    assert (
        process(plugins, "Mon Nov 23 11:24:12 CST 2026", 'time_zone = "America/Chicago"').event_time
        == 1795454652
    )


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
    assert seconds == unix_seconds(text)


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
        unix_seconds(text)
    except EventError as error:
        assert error.path == "$.event_time"
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
        *("23 Nov 2026", "11/12/2026 17:24:12", "12.11.2026 17:24:12", "17:24:12", "2026-11", "1e30", "Z"),
    ],
)
def test_a_nonsense_time_is_refused(text: str) -> None:
    """Pin some of what the property above allows but doesn't ask for."""
    with pytest.raises(EventError):
        unix_seconds(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mon Nov 23 17:24:12 JST 2026", "the name of its zone has no fixed meaning; write the offset"),
        ("Nov 23, 2026 5:24:12 PM", "times with AM or PM aren't read"),
        ("Mon, 23 Nov 2026 17:24:12 +0100 EST", "two zones that contradict each other"),
    ],
)
def test_a_refusal_names_what_is_in_the_way(text: str, reason: str) -> None:
    """But never quotes the text: anything can stand in the wrong field."""
    with pytest.raises(EventError, match=reason):
        unix_seconds(text)


def facebook(**settings: Any) -> Facebook:
    """Make a destination."""
    return Facebook(Settings(pixel_id="123", access_token=Secret("sesame"), **settings))


def test_without_the_setting_a_time_without_a_zone_is_utc_with_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One for a run, not for each event."""
    destination = facebook()
    for _ in range(3):
        data = {"event_time": unix_seconds("2026-11-23T17:24:12"), "event_id": "e"}
        assert destination.prepare(data, "", str).event_time == 1795454652
        assert type(data["event_time"]) is int

    (record,) = caplog.records
    assert "an event time without a zone is read as UTC: set time_zone" in record.getMessage()


@pytest.mark.parametrize(
    ("zone", "seconds"), [("UTC", 1795454652), ("America/New_York", 1795454652 + 5 * 3600)]
)
def test_with_the_setting_there_is_nothing_to_say(
    zone: str, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And the time of a click id that was made of the event's moves with it."""
    data = {
        "event_time": unix_seconds("2026-11-23T17:24:12"),
        "event_id": "e",
        "user_data": {"fbc": "fb.1.1795454652000.IwAR"},
    }

    assert facebook(time_zone=zone).prepare(data, "", str).event_time == seconds
    assert data["event_time"] == seconds
    assert data["user_data"] == {"fbc": f"fb.1.{seconds}000.IwAR"}
    assert caplog.records == []


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/", "../etc/passwd", "/etc/localtime", "America", "+01:00", "\0", "x" * 500]
)
def test_a_wrong_zone_is_said_when_the_configuration_is_read(name: str) -> None:
    """With what would be right."""
    with pytest.raises(
        ValueError, match="should be a time zone that this machine knows, such as Europe/Berlin"
    ):
        time_zone(name)


def process(plugins: Plugins, timestamp: str, settings: str = "", now: float = 1795454652) -> Any:
    """Return what becomes of a page view of this time."""
    text = f'[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n{settings}'
    event = {"type": "page", "userId": "u", "timestamp": timestamp, "messageId": "m"}
    (outcome,) = Pipeline.build(read_config(text, plugins), plugins).process(event, now)
    return outcome


def test_the_setting_goes_through_the_whole_pipeline(plugins: Plugins) -> None:
    """Deadlines count from the right moment."""
    item = process(plugins, "2026-11-23T18:24:12", 'time_zone = "Europe/Berlin"')

    assert item.event_time == 1795454652
    assert b'"event_time":1795454652' in item.body


@pytest.mark.parametrize(
    ("hours", "delay", "name"),
    [(1, 1, "UTC+1"), (5.5, 0, "UTC+5:30"), (10, 500, "UTC+10"), (5.75, 3, "UTC+5:45")],
)
def test_the_refusal_of_a_future_time_names_the_likely_cause(
    hours: float, delay: int, name: str, plugins: Plugins
) -> None:
    """ "Check the clock" sends people the wrong way."""
    local = datetime.fromtimestamp(1795454652 - delay, timezone(timedelta(hours=hours)))
    outcome = process(plugins, local.strftime("%Y-%m-%dT%H:%M:%S"))

    assert isinstance(outcome, Refusal)
    assert f"seconds in the future: as if a time in {name} had lost its zone" in outcome.error.message
    assert "set time_zone" in outcome.error.message


@pytest.mark.parametrize("ahead", [61, 300, 2000, 4000, 15 * 3600])
def test_other_distances_are_the_clock_s(ahead: int) -> None:
    """No zone is so far from UTC."""
    data = {
        "event_name": "Lead",
        "event_time": 1000 + ahead,
        "action_source": "other",
        "user_data": {"em": "x"},
    }
    (problem,) = check_event(data, 1000)

    assert problem.message.endswith("in the future: check the sender's clock")


def test_preview_says_on_standard_error_how_it_read_times_without_a_zone(
    tmp_path: Path,
) -> None:
    """Where people look first, and once for the whole file."""
    config = tmp_path / "capi.toml"
    config.write_text(
        '[destinations.a]\ntype = "facebook"\npixel_id = "1"\naccess_token = "t"\n', encoding="utf-8"
    )
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()
    lines = json.dumps({"type": "page", "userId": "u", "timestamp": now}) + "\n"

    result = CliRunner().invoke(preview, ["--config", str(config)], input=lines * 3)

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.count("an event time without a zone is read as UTC: set time_zone") == 1
