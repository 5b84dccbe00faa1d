"""What the server adds to events: times, ids, the client's address and browser, cookies."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from capi_actions_server.ingest.clock_skew import corrected_time, format_time, parse_zoned_time
from capi_actions_server.ingest.completion import NO_FACTS, RequestTimes, complete
from capi_actions_server.recent_events import RecentEvent
from support.asgi import Caller

Arrived = Callable[[], list[RecentEvent]]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
RECEIVED = 1_795_000_000.0

moments = st.datetimes(
    min_value=datetime(2020, 1, 1), max_value=datetime(2026, 1, 1), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))

keys = st.text() | st.sampled_from(["timestamp", "sentAt", "context", "messageId", "originalTimestamp"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
)


def iso(moment: datetime) -> str:
    """Return a time as SDKs write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(st.floats(min_value=0, max_value=4e9))
def test_times_are_written_as_the_standard_library_writes_them(seconds: float) -> None:
    """Only the milliseconds of a second are made anew."""
    assert iso(datetime.fromtimestamp(seconds, UTC)) == format_time(seconds)


@given(moments, st.integers(0, 10**9), st.integers(-(10**10), 10**10))
def test_a_wrong_clock_does_not_matter(sent: datetime, age_ms: int, skew_ms: int) -> None:
    """What counts is how long before its request an event happened: the Segment spec's formula."""
    age, skew = timedelta(milliseconds=age_ms), timedelta(milliseconds=skew_ms)
    sent_at = sent + skew
    corrected = corrected_time(iso(sent + skew - age), sent_at, RECEIVED)

    assert corrected is not None
    happened = parse_zoned_time(corrected)
    assert happened is not None
    assert abs(happened.timestamp() - (RECEIVED - age_ms / 1000)) <= 0.002


def test_known_answer() -> None:
    """A phone that is an hour fast sends ten minutes after the event."""
    event = complete(
        {"type": "track", "timestamp": "2026-11-18T13:16:40.000Z", "messageId": "m"},
        None,
        NO_FACTS,
        RequestTimes.of(
            datetime(2026, 11, 18, 12, 26, 41, tzinfo=UTC).timestamp(), "2026-11-18T13:26:40+00:00"
        ),
    )

    assert event == {
        "type": "track",
        "messageId": "m",
        "timestamp": "2026-11-18T12:16:41.000Z",
        "originalTimestamp": "2026-11-18T13:16:40.000Z",
        "receivedAt": "2026-11-18T12:26:41.000Z",
    }


@pytest.mark.parametrize(
    ("event", "sent_at", "timestamp"),
    [
        ({"timestamp": "2026-11-18T10:00:00Z"}, None, "2026-11-18T10:00:00Z"),
        ({"timestamp": "2026-11-18T10:00:00Z"}, "soon", "2026-11-18T10:00:00Z"),
        ({"timestamp": "2026-11-18T10:00:00Z"}, 7, "2026-11-18T10:00:00Z"),
        ({"timestamp": "2026-11-18T10:00:00"}, "2026-11-18T10:00:00Z", "2026-11-18T10:00:00"),
        ({"timestamp": "1995-11-18T10:00:00Z"}, "2026-11-18T10:00:00Z", "1995-11-18T10:00:00Z"),
        ({"timestamp": 1_794_000_000}, "2026-11-18T10:00:00Z", 1_794_000_000),
        ({}, "2026-11-18T10:00:00Z", "2026-11-18T11:06:40.000Z"),
        ({"timestamp": "2026-11-18T10:00:01Z"}, "2026-11-18T10:00:00Z", "2026-11-18T11:06:40.000Z"),
        ({"originalTimestamp": "2026-11-18T09:00:00Z"}, "2026-11-18T10:00:00Z", "2026-11-18T10:06:40.000Z"),
        (
            {"timestamp": "2026-11-18T09:00:00Z", "sentAt": "2026-11-18T09:30:00Z"},
            "2026-11-18T10:00:00Z",
            "2026-11-18T10:36:40.000Z",
        ),
    ],
)
def test_times_that_can_t_be_corrected_stay(
    event: dict[str, Any], sent_at: object, timestamp: object
) -> None:
    """A wrong correction is worse than none; an event without any time happened when it was received."""
    assert (
        timestamp == complete(dict(event), "track", NO_FACTS, RequestTimes.of(RECEIVED, sent_at))["timestamp"]
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: moments.map(iso) | json_values
            for name in ("timestamp", "originalTimestamp", "sentAt", "receivedAt", "messageId")
        },
    ),
    moments.map(iso) | st.none(),
    moments.map(iso) | st.none(),
    st.floats(min_value=0, max_value=1e9),
)
def test_an_event_that_a_server_has_timed_is_not_timed_again(
    event: dict[str, Any], sent_at: object, sent_on_at: object, delay: float
) -> None:
    """Segment's webhooks and pipelines send on what they have received, replays do so days later."""
    first = complete(dict(event), "track", NO_FACTS, RequestTimes.of(RECEIVED, sent_at))
    times = RequestTimes.of(RECEIVED + delay, sent_on_at)
    second = complete(dict(first), "track", NO_FACTS, times)

    if first.get("timestamp") is not None:
        assert {**first, "receivedAt": times.received_at} == second


def test_a_replay_after_ten_days_is_no_wrong_clock() -> None:
    """As Segment's webhook sends an event: a known answer."""
    event = {
        "type": "track",
        "messageId": "m",
        "originalTimestamp": "2026-11-20T10:00:00.000Z",
        "sentAt": "2026-11-20T10:00:01.000Z",
        "receivedAt": "2026-11-20T10:00:02.000Z",
        "timestamp": "2026-11-20T10:00:01.000Z",
    }
    received = datetime(2026, 11, 30, 10, tzinfo=UTC).timestamp()

    completed = complete(dict(event), None, NO_FACTS, RequestTimes.of(received, None))

    assert {**event, "receivedAt": "2026-11-30T10:00:00.000Z"} == completed


@given(json_values, st.text() | st.integers())
def test_anything_can_be_completed(value: Any, sent_at: object) -> None:
    """A stranger may send anything; what is no event is refused later, with a reason."""
    completed = complete(value, "track", NO_FACTS, RequestTimes.of(RECEIVED, sent_at))

    assert completed is value
    if isinstance(value, dict):
        assert completed["type"] == "track"


def test_an_event_without_an_id_gets_one() -> None:
    """The same event sent again has the same, if it says when it happened; else it may have happened twice."""

    def message_id(**members: object) -> object:
        return complete(members, "track", NO_FACTS, RequestTimes.of(RECEIVED, None))["messageId"]

    assert message_id(event="A", timestamp="x") == message_id(event="A", timestamp="x")
    assert message_id(event="A", timestamp="x") != message_id(event="B", timestamp="x")
    assert message_id(event="A") != message_id(event="A")
    assert message_id(event="A", messageId=7) == 7


def test_a_browser_s_call_is_completed(call: Caller, arrived: Arrived, order: dict[str, Any]) -> None:
    """With what only the connection shows: Meta matches people by it."""
    headers = {
        "origin": "https://shop.example",
        "user-agent": BROWSER,
        "referer": "https://shop.example/p?fbclid=IwAR0AbC-_x",
        "cookie": "_fbp=fb.1.1700000000000.123; other=1; _fbc=fb.1.1700000000000.IwAR0AbC-_x",
    }

    assert 200 == call("/v1/t", order, headers=headers).status

    context = arrived()[0].event["context"]
    assert context == {
        "ip": "1.1.1.1",
        "userAgent": BROWSER,
        "page": {"url": "https://shop.example/p?fbclid=IwAR0AbC-_x"},
        "fbp": "fb.1.1700000000000.123",
        "fbc": "fb.1.1700000000000.IwAR0AbC-_x",
    }


@pytest.mark.parametrize(
    "other", ['prefs={"a":1}', "x=a b", "näme=1", "x", "=1", "a b=c", '"', "x" * 9_000, "_fb=\xff"]
)
def test_a_strange_cookie_hides_no_other(
    other: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """Other scripts of the page set what they like."""
    cookies = ["_fbp=fb.1.1700000000000.123", "_fbc=fb.1.1700000000000.IwAR0AbC-_x"]
    for header in (
        f"{other}; {'; '.join(cookies)}",
        f"{cookies[0]};{other};{cookies[1]}",
        "; ".join([*cookies, other]),
    ):
        call("/v1/t", order, headers={"user-agent": BROWSER, "cookie": header})

    ids = {"fbp": "fb.1.1700000000000.123", "fbc": "fb.1.1700000000000.IwAR0AbC-_x"}
    assert [ids] * 3 == [{key: event.event["context"].get(key) for key in ids} for event in arrived()]


def test_what_an_event_says_itself_stays(call: Caller, arrived: Arrived, order: dict[str, Any]) -> None:
    """Its sender knows better."""
    context = {"ip": "198.51.100.1", "userAgent": "mine", "fbp": "p", "fbc": "c", "page": {"url": "u"}}
    headers = {"user-agent": BROWSER, "referer": "https://x.example", "cookie": "_fbp=1; _fbc=2"}

    call("/v1/t", {**order, "context": context}, headers=headers)

    assert context == arrived()[0].event["context"]


@pytest.mark.parametrize("context", [7, "text", [], {"page": 7}, {"page": {"url": "x"}, "fbp": ["p"]}])
def test_a_strange_context_stays_as_it_is(
    context: object, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """It is the mapping's to decide what it can read."""
    headers = {"user-agent": BROWSER, "referer": "https://x.example", "cookie": "_fbp=1"}

    assert 200 == call("/v1/t", {**order, "context": context}, headers=headers).status

    event = arrived()[0].event
    assert event["context"] == context or context.items() <= event["context"].items()  # type: ignore[attr-defined]


@pytest.mark.parametrize("agent", ["analytics-python/2.3.4", "node-fetch/1.0", ""])
def test_a_server_s_call_says_nothing_of_the_person(
    agent: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """Its address and user agent would match everybody with one machine."""
    call("/v1/batch", {"batch": [{**order, "type": "track"}]}, headers={"user-agent": agent})

    assert "context" not in arrived()[0].event


def test_a_key_can_say_where_its_calls_come_from(
    open_components: Callable[[str], Components], order: dict[str, Any]
) -> None:
    """An app's own HTTP client looks like a server's; a server that passes on a browser's looks like a browser."""
    components = open_components(
        '[server.keys.app]\nkey = "0123456789abcdef-app"\nclient = "always"\n'
        '[server.keys.relay]\nkey = "0123456789abcdef-relay"\nclient = "never"\n'
    )
    call = Caller(create_app(components))

    call("/v1/t", order, key="0123456789abcdef-app", headers={"user-agent": "Shop/7 CFNetwork"})
    call("/v1/t", order, key="0123456789abcdef-relay", headers={"user-agent": BROWSER})

    first, second = (recent_event.event for recent_event in components.recent_events.latest())
    assert first["context"] == {"ip": "1.1.1.1", "userAgent": "Shop/7 CFNetwork"}
    assert "context" not in second


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("1.1.1.1", {"x-forwarded-for": "8.8.8.8"}, "1.1.1.1"),
        ("10.9.9.9", {"x-forwarded-for": "8.8.8.8, 10.1.2.3"}, "8.8.8.8"),
        ("10.9.9.9", {"x-forwarded-for": "9.9.9.9, 2606:4700::1111"}, "2606:4700::1111"),
        ("10.9.9.9", {"forwarded": 'for="[2606:4700::1111]:443"'}, "2606:4700::1111"),
        (
            "10.9.9.9",
            {"cf-connecting-ip": "2606:4700::1111", "x-forwarded-for": "8.8.8.8"},
            "2606:4700::1111",
        ),
        ("1.1.1.1", {"cf-connecting-ip": "8.8.8.8"}, "1.1.1.1"),
    ],
)
def test_an_address_comes_from_trusted_proxies(
    peer: str, headers: dict[str, str], address: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """From anybody else, a forwarding header is a claim."""
    call.peer = peer

    call("/v1/t", order, headers={"user-agent": BROWSER, **headers})

    assert address == arrived()[0].event["context"]["ip"]


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.0.7", "10.9.9.9", "unix"])
def test_an_address_that_is_nobody_s_is_left_out(
    peer: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """Meta refuses it, and a proxy's own would match everybody."""
    call.peer = peer

    call("/v1/t", order, headers={"user-agent": BROWSER})

    assert {"userAgent": BROWSER} == arrived()[0].event["context"]
