"""What browsers may do."""

from typing import Any

import pytest

from capi_actions_server.ingest.cors import Origins
from capi_actions_server.ingest.requests import RequestError
from support.asgi import Caller


def test_a_page_asks_before_it_sends(call: Caller) -> None:
    """The answer lets it, with cookies, for a day."""
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}

    answer = call("/v1/t", method="OPTIONS", key=None, headers=headers)

    assert 200 == answer.status
    assert "https://shop.example" == answer.headers["access-control-allow-origin"]
    assert "true" == answer.headers["access-control-allow-credentials"]
    assert "POST, OPTIONS" == answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://shop.example", "https://shop.example.evil.example"]
)
def test_other_pages_may_not_send(method: str, origin: str, call: Caller, order: dict[str, Any]) -> None:
    """The answer names the setting; without a header, no page can read it."""
    answer = call("/v1/t", order, method=method, headers={"origin": origin})

    assert 403 == answer.status
    assert "allowed_origins" in answer.body["error"]
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_can_read_what_was_wrong(call: Caller) -> None:
    """Else its developer sees a network error."""
    answer = call("/v1/t", b"{", headers={"origin": "https://shop.example"})

    assert 400 == answer.status
    assert "https://shop.example" == answer.headers["access-control-allow-origin"]


def test_any_page_may_send_without_cookies() -> None:
    """With a star; those that are named, with cookies."""
    origins = Origins(["*", "https://Shop.example"])

    assert dict(origins.headers({b"origin": b"https://x.example"})) == {b"access-control-allow-origin": b"*"}
    named = dict(origins.headers({b"origin": b"https://shop.example"}))
    assert named[b"access-control-allow-credentials"] == b"true"


def test_the_server_s_own_pages_may_send() -> None:
    """Behind a proxy, the shop may have the server below one of its paths."""
    origins = Origins([])

    assert () == origins.headers({b"origin": b"https://shop.example", b"sec-fetch-site": b"same-origin"})
    with pytest.raises(RequestError):
        origins.headers({b"origin": b"https://shop.example", b"sec-fetch-site": b"same-site"})
