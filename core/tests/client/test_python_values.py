"""Events made by programs hold Python's own values, and sometimes what JSON can't hold."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Client, EventError
from capi_actions.codec import event_from_python
from capi_actions.testing import json_objects

UNIQUE = UUID("12345678-1234-5678-1234-567812345678")


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Price:
    currency: Any
    amount: Any
    _note: str = "not for others"


class Moment(datetime):
    """As data libraries have them."""


@given(json_objects())
def test_json_stays_as_it_is(properties: dict[str, Any]) -> None:
    """Lone surrogates and long integers included."""
    event = {"type": "track", "properties": properties}

    assert event_from_python(event) == event


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), "2026-11-23T12:00:00+00:00"),
        (Moment(2026, 11, 23, 12), "2026-11-23T12:00:00"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(12, 30), "12:30:00"),
        (UNIQUE, str(UNIQUE)),
        (Decimal("12.50"), 12.5),
        (Decimal("NaN"), None),
        (float("nan"), None),
        (float("inf"), None),
        (Colour.RED, "red"),
        (Price("EUR", Decimal("12.50")), {"currency": "EUR", "amount": 12.5}),
        (
            [Price(Colour.RED, {"at": date(2026, 1, 2)})],
            [{"currency": "red", "amount": {"at": "2026-01-02"}}],
        ),
        ((1, "a"), [1, "a"]),
        ({"a": [date(2026, 1, 2)]}, {"a": ["2026-01-02"]}),
        ({5: 1}, {"5": 1}),
        (2**70, float(2**70)),
    ],
)
@pytest.mark.parametrize("beside", ["", "\ud800"])
def test_python_s_own_values_become_json(value: Any, written: Any, beside: str) -> None:
    """Also beside a lone surrogate, which takes a slower way."""
    plain = event_from_python({"type": "track", "value": value, "beside": beside})

    assert plain == {"type": "track", "value": written, "beside": beside}


def looped() -> dict[str, Any]:
    """An object that holds itself."""
    event: dict[str, Any] = {"type": "track"}
    event["self"] = event
    return event


def deep() -> dict[str, Any]:
    """An object of more levels than can be read."""
    event: Any = 1
    for _ in range(5_000):
        event = {"type": "track", "a": event}
    return dict(event)


@frozen
class Thing:
    """No dataclass."""

    email: str = "marker@example.com"


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (looped(), "$.self: holds itself"),
        ({"type": "track", "a": {1, 2}}, "$.a: a Python set can't be written as JSON"),
        (
            {"type": "track", "a": [0, {"b c": b"marker@example.com"}]},
            "$.a[1]['b c']: a Python bytes can't be written as JSON",
        ),
        ({"type": "track", "a": Thing()}, "$.a: a Python Thing can't be written as JSON"),
        (
            {"type": "track", "a": Price("EUR", (amount for amount in [1]))},
            "$.a.amount: a Python generator can't be written as JSON",
        ),
        (
            {"type": "track", ("marker@example.com",): 1},
            "keys should be text or numbers, but one is a Python tuple",
        ),
        (
            {"type": "track", "a": {"marker@example.com": {1}}},
            "$.a['[removed]']: a Python set can't be written as JSON",
        ),
        (
            {"type": "track", "a": Thing(), "b": "\ud800"},
            "$.a: a Python Thing can't be written as JSON",
        ),
        ({"type": "track", "a": 10**5_000}, "$.a: a number has too many digits"),
        (deep(), "is nested too deeply"),
    ],
)
def test_what_json_can_not_hold_is_a_problem(event: Any, problem: str) -> None:
    """An event error with its place, not RecursionError or TypeError; the value isn't quoted, nor in its context."""
    with pytest.raises(EventError) as caught:
        event_from_python(event)

    assert problem == str(caught.value)
    assert caught.value.__context__ is None


@pytest.fixture
def client(config: Path) -> Iterator[Client]:
    """A client that only stores."""
    with Client.from_config(config, deliver=False) as client:
        yield client


def test_a_program_s_event_arrives(client: Client) -> None:
    """With its own time and id objects."""
    event = {"type": "track", "event": Colour.RED, "messageId": UNIQUE, "timestamp": Decimal("1e12")}
    (item,) = client.send(event | {"timestamp": int(datetime.now(UTC).timestamp())}).accepted

    assert (item.message_id, b'"name":"red"' in item.body) == (str(UNIQUE), True)


def test_the_caller_s_event_is_not_changed_and_may_be_reused(client: Client) -> None:
    """It may still be worked on by others."""
    now = int(datetime.now(UTC).timestamp())
    event = {"type": "track", "event": "a", "timestamp": now, "nested": {"x": [1]}}
    client.send_many([event, event])

    assert event == {"type": "track", "event": "a", "timestamp": now, "nested": {"x": [1]}}


@given(st.recursive(st.none() | st.binary() | st.text() | st.dates() | st.sets(st.integers()), st.lists))
def test_whatever_is_given_nothing_else_is_raised(value: Any) -> None:
    """Into a checkout page."""
    for event in (value, {"type": "track", "a": value}, {"type": value}):
        try:
            event_from_python(event)
        except EventError:
            continue


PYTHON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "-Infinity", Colour.RED, {1}, b"x"])
    | st.decimals()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.uuids(),
    lambda members: (
        st.lists(members, max_size=3)
        | st.tuples(members)
        | st.builds(Price, members, members)
        | st.dictionaries(
            st.text(max_size=3) | st.integers() | st.booleans() | st.none() | st.just(b"x"),
            members,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(PYTHON_VALUES, st.sampled_from(["\ud800", 2**64, -(2**63) - 1]))
def test_what_stands_beside_a_value_makes_no_difference(value: Any, beside: Any) -> None:
    """A lone surrogate or a long integer somewhere takes another encoder: the same is written, or refused."""

    def written(event: Any) -> Any:
        try:
            return event_from_python(event)["value"]
        except EventError as error:
            return str(error)

    event = {"type": "track", "value": value}

    assert written(event) == written({**event, "beside": beside})
