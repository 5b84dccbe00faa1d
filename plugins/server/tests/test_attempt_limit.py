"""Whoever tries keys and passwords gets few answers a minute, and nobody else suffers from it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import TrustedProxies
from capi_actions_server.app import create_app
from capi_actions_server.attempt_limit import AttemptLimit
from capi_actions_server.components import Components
from capi_actions_server.ingest.authentication import Authentication
from capi_actions_server.ingest.requests import RequestError
from capi_actions_server.ingest.senders import RateLimit, Source
from support.asgi import Answer, Caller

KEY = "0123456789abcdef-only"
SECRET = "0123456789abcdef-hook"
TABLE = f"""
[server]
failures_per_minute = 3
trusted_proxies = ["10.0.0.0/8"]
[server.keys.only]
key = "{KEY}"
[server.keys.other]
key = "0123456789abcdef-other"
[server.webhooks.hosted]
secret = "{SECRET}"
"""
SOURCE = Source(name="only", destinations=None, client="never", rate=RateLimit(0))


@pytest.fixture
def call(open_components: Callable[[str], Components]) -> Caller:
    """Send requests to a server that answers three wrong keys a minute."""
    return Caller(create_app(open_components(TABLE)), KEY)


def basic(key: str) -> dict[str, str]:
    """Return the header with a write key."""
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


WAYS: dict[str, Callable[[Caller, dict[str, Any]], Answer]] = {
    "header": lambda call, order: call("/v1/track", order, key="wrong"),
    "no base64": lambda call, order: call("/v1/track", order, headers={"authorization": "Basic *"}),
    "body": lambda call, order: call("/v1/track", {**order, "writeKey": "wrong"}, key=None),
    "none": lambda call, order: call("/v1/track", order, key=None),
    "lines": lambda call, order: call(
        "/v1/events", order, key=None, headers={"content-type": "application/x-ndjson"}
    ),
    "settings": lambda call, order: call("/v1/projects/wrong/settings", method="GET", key=None),
    "signature": lambda call, order: call(
        "/v1/webhooks/hosted", order, key=None, headers={"x-capi-signature": "t=1,v1=00"}
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_wrong_keys_are_answered_a_few_times_a_minute(way: str, call: Caller, order: dict[str, Any]) -> None:
    """Then the answer doesn't show any more whether the key is right, however it is sent."""
    statuses = [WAYS[way](call, order).status for _ in range(4)]
    wrong, right = WAYS[way](call, order), call("/v1/track", order)

    assert [401] * 3 + [429] == statuses
    assert (429, wrong.body) == (right.status, right.body)
    assert "wrong write key or signature" in wrong.body["error"]
    assert 0 < int(wrong.headers["retry-after"]) <= 60
    assert wrong.headers["retry-after"] in wrong.body["error"]


def test_a_wrong_signature_does_not_become_right(call: Caller, order: dict[str, Any]) -> None:
    """Signatures are limited as keys are."""
    for _ in range(3):
        WAYS["header"](call, order)
    body = json.dumps(order).encode()
    moment = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-capi-signature": f"t={moment},v1={signature}"}

    assert 429 == call("/v1/webhooks/hosted", body, key=None, headers=headers).status
    call.peer = "1.1.1.2"
    assert 400 == call("/v1/webhooks/hosted", body, key=None, headers=headers).status  # the event has no type


def test_others_are_not_refused(call: Caller, order: dict[str, Any]) -> None:
    """Other addresses, and what has sent with a right key from the same address before; not with another key."""
    assert 200 == call("/v1/track", order).status
    assert [401] * 3 + [429] == [WAYS["header"](call, order).status for _ in range(4)]

    assert 200 == call("/v1/track", order).status
    assert 429 == call("/v1/track", order, key="0123456789abcdef-other").status
    call.peer = "1.1.1.2"
    assert 200 == call("/v1/track", order, key="0123456789abcdef-other").status


def test_behind_a_trusted_proxy_the_client_s_address_counts(call: Caller, order: dict[str, Any]) -> None:
    """The proxy would else be refused with all that it passes on; who writes more into the header gains nothing."""
    call.peer = "10.0.0.1"

    def send(forwarded: str, key: str) -> int:
        return call("/v1/track", order, headers={"x-forwarded-for": forwarded, **basic(key)}).status

    assert [401] * 3 == [send(f"9.9.9.{number}, 8.8.8.8", "wrong") for number in range(3)]
    assert 429 == send("8.8.8.8", KEY)
    assert 200 == send("8.8.4.4", KEY)


def test_a_forwarding_header_of_somebody_else_is_not_believed(call: Caller, order: dict[str, Any]) -> None:
    """Else a new address would be a new minute."""
    statuses = [
        call("/v1/track", order, headers={"x-forwarded-for": f"9.9.9.{number}", **basic("wrong")}).status
        for number in range(4)
    ]

    assert [401] * 3 + [429] == statuses


@given(st.lists(st.tuples(st.floats(0, 40), st.sampled_from("ab")), max_size=60))
def test_no_minute_has_more_tries_than_allowed(steps: list[tuple[float, str]]) -> None:
    """Of one address and of all, and who waits as told may try."""
    now = 0.0
    limit = AttemptLimit(3, 5, clock=lambda: now)
    taken: list[tuple[float, str]] = []
    for elapsed, address in steps:
        now += elapsed
        expected = limit.wait(address)
        if wait := limit.take(address):
            assert expected == wait <= 60
            now += wait
            wait = limit.take(address)
            assert wait <= 1e-6
            if wait:  # rounded
                continue
        taken.append((now, address))
        within = [name for moment, name in taken if moment > now - 60 + 1e-6]
        assert len(within) <= 5
        assert within.count(address) <= 3


def test_a_network_of_a_provider_s_customer_is_one_address() -> None:
    """It has 2⁶⁴ of them."""
    limit = AttemptLimit(1, clock=lambda: 0.0)

    assert 0 == limit.take("2001:db8:1:2::1")
    assert 60 == limit.take("2001:db8:1:2:ffff::2%eth0")
    assert 0 == limit.take("2001:db8:1:3::1")
    assert 0 == limit.take("no:address")
    limit.forget("2001:db8:1:2::3")
    assert 0 == limit.take("2001:db8:1:2::1")


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many addresses try, or send; those that come again are kept for longest."""
    monkeypatch.setattr("capi_actions_server.attempt_limit._MAX_ADDRESSES", 10)
    monkeypatch.setattr("capi_actions_server.ingest.authentication._MAX_KNOWN", 10)
    limit = AttemptLimit(2, clock=lambda: 0.0)
    authentication = Authentication(2, TrustedProxies(), (), clock=lambda: 0.0)
    for number in range(100):
        limit.take(f"1.1.1.{number}")
        limit.take("9.9.9.9")
        authentication.identify(lambda: SOURCE, {"client": (f"1.1.1.{number}", 1)}, {})

    assert 10 == len(limit._by_address)
    assert 10 == len(authentication._known)
    assert 60 == limit.wait("9.9.9.9")
    assert 0 == limit.wait("1.1.1.0")


def test_a_connection_without_an_address_is_one(call: Caller) -> None:
    """That of a Unix socket."""
    authentication = Authentication(1, TrustedProxies(), (), clock=lambda: 0.0)

    def refuse() -> Source:
        raise RequestError(401, "no such write key")

    statuses = []
    for find in (lambda: SOURCE, refuse, refuse, lambda: SOURCE):
        try:
            authentication.identify(find, {"client": None}, {})
        except RequestError as error:
            statuses.append(error.status)

    assert [401, 429] == statuses


def test_failures_need_not_be_limited(
    open_components: Callable[[str], Components], order: dict[str, Any]
) -> None:
    """For a server behind something that does it already."""
    call = Caller(create_app(open_components(TABLE.replace("minute = 3", "minute = 0"))), KEY)

    assert {401} == {WAYS["header"](call, order).status for _ in range(10)}
