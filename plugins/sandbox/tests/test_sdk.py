"""The official SDK posts here, and understands what it is told."""

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.batch_processor import BatchProcessor
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_request_async import EventRequestAsync
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from capi_actions_sandbox import Sandbox

NOW = 1_795_000_000


@pytest.fixture(autouse=True)
def sdk(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the SDK at the sandbox; its crash reporter, which posts to Meta, stays off."""
    monkeypatch.setattr(FacebookSession, "GRAPH", sandbox.url)
    before = FacebookAdsApi.get_default_api()
    FacebookAdsApi.init(access_token="sdk-token", crash_log=False, api_version="v26.0")
    yield
    FacebookAdsApi.set_default_api(before)


def event(number: int = 1, **changes: Any) -> Event:
    """Make an event as users of the SDK do."""
    return Event(
        **{
            "event_name": "Purchase",
            "event_time": NOW - 60,
            "event_id": f"id-{number}",
            "action_source": ActionSource.WEBSITE,
            "event_source_url": "https://shop.example.com/thanks",
            "user_data": UserData(
                email="Ada@Example.com",
                phone="16505551212",
                first_name="Ada",
                country_code="gb",
                client_ip_address="203.0.113.5",
                client_user_agent="Mozilla/5.0",
                fbc="fb.1.1554763741205.AbCdEfGhIj",
                fbp="fb.1.1558571054389.1098115397",
            ),
            "custom_data": CustomData(
                value=12.5, currency="eur", contents=[Content(product_id="p1", quantity=2, item_price=6.25)]
            ),
        }
        | changes
    )


def test_one_request_arrives_whole(sandbox: Sandbox) -> None:
    """Token in the query, JSON texts in a form: its usual way."""
    response = EventRequest(
        pixel_id="123", events=[event(1), event(2)], test_event_code="TEST1", partner_agent="me"
    ).execute()
    assert (response.events_received, response.messages) == (2, [])
    assert response.fbtrace_id.startswith("A")
    first, second = sandbox.events()
    assert (first["version"], first["test_event_code"], first["partner_agent"]) == ("v26.0", "TEST1", "me")
    assert (first["event"]["event_id"], second["event"]["event_id"]) == ("id-1", "id-2")
    assert first["event"]["user_data"]["em"] == [sha256(b"ada@example.com").hexdigest()]
    assert first["event"]["custom_data"]["contents"] == [{"id": "p1", "quantity": 2, "item_price": 6.25}]


@pytest.mark.parametrize(
    ("changes", "subcode", "title"),
    [
        ({"event_time": NOW - 8 * 86_400}, 2804003, "Event Timestamp Too Old"),
        ({"custom_data": CustomData(currency="eur")}, 2804009, "Missing Value for Purchase Event"),
        (
            {"user_data": UserData(email="a@example.com", fbc="broken")},
            2804001,
            "Click ID Incorrectly Formatted",
        ),
        ({"action_source": None}, 2804019, "Server Side Api Parameter Error"),
    ],
)
def test_a_refusal_arrives_as_the_sdk_s_own_error(
    sandbox: Sandbox, changes: dict[str, Any], subcode: int, title: str
) -> None:
    """With code, subcode and title where the SDK looks for them."""
    request = EventRequest(pixel_id="123", events=[event(1), event(2, **changes)])
    with pytest.raises(FacebookRequestError) as caught:
        request.execute()
    error = caught.value
    assert (error.http_status(), error.api_error_code(), error.api_error_subcode()) == (400, 100, subcode)
    assert (error.api_error_type(), error.body()["error"]["error_user_title"]) == ("OAuthException", title)
    assert error.api_transient_error() is False
    assert sandbox.events() == []


def test_faults_arrive_too(sandbox: Sandbox) -> None:
    """Throttling and transient errors; a page where JSON should be, it takes for a success and stumbles."""
    sandbox.fault("throttled,usage=100")
    with pytest.raises(FacebookRequestError) as caught:
        EventRequest(pixel_id="123", events=[event()]).execute()
    assert caught.value.api_error_code() == 4
    assert '"call_count": 100' in caught.value.http_headers()["x-app-usage"]
    sandbox.fault("code=2")
    with pytest.raises(FacebookRequestError) as caught:
        EventRequest(pixel_id="123", events=[event()]).execute()
    assert (caught.value.api_transient_error(), caught.value.http_status()) == (True, 503)
    sandbox.fault("html502")
    with pytest.raises(TypeError):
        EventRequest(pixel_id="123", events=[event()]).execute()


def test_batches_arrive_in_the_asynchronous_style(sandbox: Sandbox) -> None:
    """Token in the form, objects instead of texts: its other way."""
    request = EventRequestAsync(pixel_id="123", events=[])
    BatchProcessor(batch_size=50, concurrent_requests=2).process_events(
        request, [event(number) for number in range(120)]
    )
    assert [exchange["events"] for exchange in sandbox.requests()] == [50, 50, 20]
    assert [received["event"]["event_id"] for received in sandbox.events()] == [
        f"id-{number}" for number in range(120)
    ]


def test_the_asynchronous_style_hides_a_refusal_as_it_does_with_meta() -> None:
    """It looks for the trace id outside the error, where Meta doesn't put it (its issue 709)."""
    request = EventRequestAsync(pixel_id="123", events=[event(1, action_source=None)])
    with pytest.raises(KeyError, match="fbtrace_id"):
        asyncio.run(request.execute())


def test_a_thousand_and_one_are_too_many() -> None:
    """The SDK doesn't count."""
    with pytest.raises(FacebookRequestError) as caught:
        EventRequest(pixel_id="123", events=[event(number) for number in range(1001)]).execute()
    assert caught.value.api_error_code() == 100


def test_nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch, loopback_guard: Any) -> None:
    """Pointed at Meta, the SDK gets nowhere: the guard of all tests sees its connections too."""
    monkeypatch.setattr(FacebookSession, "GRAPH", "https://203.0.113.7")
    with pytest.raises(requests.exceptions.ConnectionError, match="may not leave this machine"):
        EventRequest(pixel_id="123", events=[event()]).execute()

    assert loopback_guard.take() == ["connect to 203.0.113.7"]
