"""Addresses, versions, tokens and pixels."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Sandbox, SandboxOptions

Make = Callable[..., dict[str, Any]]
Post = Callable[..., tuple[int, Any]]
NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    "path",
    [
        "/v25.0/123/events",
        "/v25/123/events",
        "/v25.0/123/events/",
        "/v26.0/9/events",
        "/v27.0/9/events",
        "/v99.0/9/events",
    ],
)
def test_events_go_to_versioned_addresses(served: Sandbox, post: Post, make_event: Make, path: str) -> None:
    """A version that the table doesn't know yet is taken: the table ages."""
    assert post(served, [make_event()], path)[0] == 200


@pytest.mark.parametrize("version", ["v20.0", "v19.0", "v16.0", "v15.0", "v1.0", "v0.0"])
def test_dead_versions_are_refused(served: Sandbox, post: Post, make_event: Make, version: str) -> None:
    """With the error that senders met when theirs died."""
    status, body = post(served, [make_event()], f"/{version}/123/events")
    assert (status, body["error"]["code"]) == (400, 2635)
    assert body["error"]["message"].endswith("Please update to the latest version: v27.0.")


def test_a_version_lives_until_the_end_of_its_last_day(post: Post, make_event: Make) -> None:
    """The table and the clock are options."""
    for day, status in ((date(2028, 7, 29), 200), (date(2028, 7, 30), 400)):
        now = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC).timestamp()
        with Sandbox(SandboxOptions(now=partial(float, now))) as sandbox:
            assert post(sandbox, [make_event(event_time=int(now))])[0] == status
    options = SandboxOptions(
        now=lambda: make_event()["event_time"], last_days={25: date(2020, 1, 1)}, oldest_version=3
    )
    with Sandbox(options) as sandbox:
        assert post(sandbox, [make_event()])[0] == 400
        assert post(sandbox, [make_event()], "/v3.0/1/events")[0] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/v25.0/123", "/v25.0/123/events"])
def test_reading_needs_a_permission_that_a_sender_s_token_lacks(
    served: Sandbox, http: urllib3.PoolManager, method: str, path: str
) -> None:
    """So a GET says nothing about whether a token can send."""
    response = http.request(method, served.url + path, headers={"Authorization": "Bearer token"})
    assert response.status == 400
    if method == "GET":
        assert json.loads(response.data)["error"]["message"] == "(#100) Missing Permission"


def test_other_methods_are_not_supported(served: Sandbox, http: urllib3.PoolManager) -> None:
    """The edge takes POST alone."""
    for method in ("DELETE", "PUT", "PATCH"):
        error = json.loads(http.request(method, served.url + "/v25.0/123/events").data)["error"]
        assert (error["type"], error["message"]) == (
            "GraphMethodException",
            f"Unsupported {method.lower()} request.",
        )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v25.0",
        "/events",
        "/123/events",
        "/v25.0/123/activities",
        "/v25.0//events",
        "/v25.0/1/2/events",
        "/vx/1/events",
        "/%ff%00/x",
    ],
)
def test_unknown_addresses_are_refused(served: Sandbox, http: urllib3.PoolManager, path: str) -> None:
    """In the Graph API's words."""
    response = http.request(
        "POST", served.url + path, body="{}", headers={"Content-Type": "application/json"}
    )
    error = json.loads(response.data)["error"]
    assert (response.status, error["code"], error["type"]) == (400, 2500, "OAuthException")
    assert error["message"].startswith("Unknown path components: /")


def test_a_request_needs_a_token(served: Sandbox, http: urllib3.PoolManager, make_event: Make) -> None:
    """Any will do, but none won't."""
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Basic abc"}, {"Authorization": "x"}):
        body = json.dumps({"data": [make_event()], "access_token": ""})
        response = http.request(
            "POST",
            served.url + "/v25.0/1/events",
            body=body,
            headers={"Content-Type": "application/json", **headers},
        )
        assert (response.status, json.loads(response.data)["error"]["code"]) == (400, 104)


def test_an_unknown_pixel_is_refused_by_its_id(post: Post, make_event: Make) -> None:
    """As a wrong id, or one that the token has no right to, is by Meta."""
    with Sandbox(SandboxOptions(pixels=["1", "2"], now=lambda: make_event()["event_time"])) as sandbox:
        assert post(sandbox, [make_event()], "/v25.0/2/events")[0] == 200
        status, body = post(sandbox, [make_event()], "/v25.0/12/events")
    assert (status, body["error"]["code"], body["error"]["error_subcode"]) == (400, 100, 33)
    assert body["error"]["message"].startswith(
        "Unsupported post request. Object with ID '12' does not exist, cannot"
    )


def test_a_pixel_is_made_of_digits(served: Sandbox, post: Post, make_event: Make) -> None:
    """Unless ids are given, anything else doesn't exist."""
    for pixel in ("abc", "12a", "%D9%A1"):  # the last is a digit, but an Arabic one
        assert post(served, [make_event()], f"/v25.0/{pixel}/events")[1]["error"]["error_subcode"] == 33


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "(#100) The parameter data is required"),
        ([], "(#100) param data must be non-empty."),
        ({}, "(#100) Param data must be an array."),
        (5, "(#100) Param data must be an array."),
        ("x", "(#100) Param data must be an array."),
        ("{}", "(#100) Param data must be an array."),
        ([{}] * 1001, "(#100) Param data must have at most 1000 elements."),
    ],
)
def test_data_is_a_list_of_up_to_a_thousand(served: Sandbox, post: Post, data: Any, message: str) -> None:
    """The first three in Meta's words; how it words the limit isn't known."""
    status, body = post(served, data)
    assert (status, body["error"]["code"], body["error"]["message"]) == (400, 100, message)


def test_a_request_is_taken_whole_or_not_at_all(sandbox: Sandbox, post: Post, make_event: Make) -> None:
    """One bad among a thousand, wherever it stands."""
    for position in (0, 499, 999):
        events = [make_event(event_id=str(number)) for number in range(1000)]
        events[position]["user_data"] = {"em": "raw"}
        status, body = post(sandbox, events)
        assert (status, body["error"]["error_subcode"]) == (400, 2804016)
    assert sandbox.events() == []
    assert [exchange["index"] for exchange in sandbox.requests()] == [0, 499, 999]
    assert sandbox.counts() == {"requests": 3, "events": 0, "kept": 0}


def test_checks_can_be_switched_off(post: Post) -> None:
    """For benchmarks; objects it must be all the same."""
    with Sandbox(SandboxOptions(checks=False, now=lambda: NOW)) as sandbox:
        assert post(sandbox, [{"any": "thing"}])[0] == 200
        assert post(sandbox, [5])[0] == 400
