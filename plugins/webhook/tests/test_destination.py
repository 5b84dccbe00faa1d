"""Settings, answers, and times of the destination type."""

from datetime import timedelta
from typing import Any

import pytest

from capi_actions import ConfigError, EventError, Plugins, Request, Response, Secret, Verdict, builtin
from capi_actions.config import read_config
from capi_actions.testing import make_batch
from capi_actions_webhook import plugin
from capi_actions_webhook.destination import Settings, Webhook

DAY = timedelta(days=1).total_seconds()
TABLE = '[destinations.mine]\ntype = "webhook"\n'


def account(**settings: Any) -> Webhook:
    """Return an endpoint."""
    return Webhook(Settings(url="https://example.com/events", secret=Secret("x" * 24), **settings))


def read(text: str) -> Any:
    """Read a configuration."""
    return read_config(TABLE + text, Plugins(builtin, plugin))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a?b=c",
        "http://127.0.0.1:8080/",
        "http://localhost/x",
        "http://[::1]:1/",
    ],
)
def test_https_and_this_machine_are_taken(url: str) -> None:
    """Everything else would be readable on its way."""
    assert url == read(f'url = "{url}"\nsecret = "{"x" * 24}"\n').destinations[0].destination.account


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/events", "should begin with https: over http anybody on the way"),
        ("http://127.0.0.1.example.com/", "should begin with https"),
        ("ftp://example.com/", "should begin with https"),
        ("https://user:word@example.com/", "neither a user nor a fragment"),
        ("https://example.com/#top", "neither a user nor a fragment"),
        ("https:///events", "should be an address"),
        ("https://example.com:99999/", "should be an address"),
        ("https://exa mple.com/", "should be an address"),
        ("https://[::1/", "should be an address"),
        ("events", "should be an address"),
        ("", "should be an address"),
    ],
)
def test_an_address_that_would_not_do_is_refused(url: str, message: str) -> None:
    """When the configuration is read, and not after a day of retries."""
    with pytest.raises(ConfigError, match=message) as caught:
        read(f'url = "{url}"\nsecret = "{"x" * 24}"\n')
    assert "$.destinations.mine.url" == caught.value.path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('secret = "whsec_%%"', "secret: what follows whsec_ should be Base64"),
        ("batch_items = 0", "should be from 1 to 1,000"),
        ("batch_items = 1001", "should be from 1 to 1,000"),
        ("keep_days = 366", "should be from 1 to 365"),
    ],
)
def test_settings_out_of_bounds_are_refused(line: str, message: str) -> None:
    """With the bounds; a secret is never quoted."""
    secret = "" if line.startswith("secret") else f'secret = "{"x" * 24}"\n'
    with pytest.raises(ConfigError, match=message):
        read(f'url = "https://example.com"\n{secret}{line}\n')


def test_a_short_secret_is_warned_of() -> None:
    """It signs, but can be guessed; the literal one is warned of by the core."""
    warnings = read('url = "https://example.com"\nsecret = "sesame"\n').warnings

    assert any("24 random bytes can't be guessed" in warning.message for warning in warnings)
    assert "sesame" not in str(warnings)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.DONE) for status in (200, 201, 202, 204)),
        *((status, Verdict.SPLIT) for status in (400, 413, 422)),
        *((status, Verdict.PAUSE) for status in (401, 403, 410)),
        (429, Verdict.THROTTLED),
        *((status, Verdict.LATER) for status in (301, 302, 404, 405, 500, 502, 503)),
    ],
)
def test_answers_are_judged_by_their_status(status: int, verdict: Verdict) -> None:
    """A proxy's page in between has a status, too: it must not cost events."""
    assert verdict is account().judge(Response(status=status, headers={}, body=b"<html>")).verdict


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "120"}, 120.0),
        (
            {"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT", "date": "Mon, 30 Nov 2026 12:00:00 GMT"},
            60.0,
        ),
        ({"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT"}, None),
        ({"retry-after": "soon", "date": "now"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "\u0661"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_heeded_in_both_forms(headers: dict[str, str], after: float | None) -> None:
    """A time is compared with the receiver's own clock."""
    assert after == account().judge(Response(status=429, headers=headers, body=b"")).after


def test_a_repeat_has_the_same_id_and_a_new_time() -> None:
    """So that the receiver drops the repeat, and doesn't take it for an old copy."""

    def request(now: float, *bodies: bytes) -> Request:
        return account().envelope(make_batch(*bodies, now=now))

    first, again, other = request(1e9, b"{}"), request(1e9 + 60, b"{}"), request(1e9, b"{}", b"{}")

    assert first.headers["webhook-id"] == again.headers["webhook-id"] != other.headers["webhook-id"]
    assert ("1000000000", "1000000060") == (
        first.headers["webhook-timestamp"],
        again.headers["webhook-timestamp"],
    )
    assert b'{"events":[{},{}]}' == other.body


@pytest.mark.parametrize("no_id", [{}, {"id": None}, {"id": ""}, {"id": " \t"}])
def test_an_event_without_an_id_gets_one_of_its_content(no_id: dict[str, Any]) -> None:
    """And it is in the body, for the receiver.  An action that sets the id to null isn't one with the id "None"."""
    data: dict[str, Any] = {"time": 1_000, **no_id}
    prepared = account(keep_days=2).prepare(data, "", lambda: "of the content")

    assert ("of the content", 1_000, 1_000 + 2 * DAY) == (
        prepared.event_id,
        prepared.event_time,
        prepared.deadline,
    )
    assert "of the content" == data["id"]


@pytest.mark.parametrize("own_id", ["m-1", 7, 0])
def test_an_event_keeps_its_own_id(own_id: Any) -> None:
    """As it is, in the body, and nothing is hashed for it."""
    data: dict[str, Any] = {"time": 1_000, "id": own_id}
    prepared = account().prepare(data, "", lambda: pytest.fail("has an id"))

    assert str(own_id) == prepared.event_id
    assert own_id == data["id"]


@pytest.mark.parametrize("data", [{}, {"time": "1000"}, {"time": True}, {"time": None}])
def test_a_time_that_is_none_is_refused(data: dict[str, Any]) -> None:
    """Another package's action for this type may build anything."""
    with pytest.raises(EventError, match="needs `time`, when the event happened, in whole Unix seconds"):
        account().prepare(data, "", str)


def test_events_too_old_or_to_come_are_refused() -> None:
    """By the setting, and with an hour for clocks that differ."""
    messages = {
        age: [
            problem.message for problem in account(keep_days=2).check({"time": int(10 * DAY - age)}, 10 * DAY)
        ]
        for age in (0, 2 * DAY, 2 * DAY + 1, -3600, -3601)
    }

    assert {0: [], 2 * DAY: [], -3600: []}.items() <= messages.items()
    assert ["is more than 2 days ago (the setting keep_days)"] == messages[2 * DAY + 1]
    assert ["is in the future"] == messages[-3601]
