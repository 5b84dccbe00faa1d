"""Signed webhooks."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from time import time
from typing import Any

import pytest

from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from support.asgi import Answer, Caller

Stored = Callable[[], list[dict[str, Any]]]
HOSTED = b"0123456789abcdef-hook"
SHOP = b"0123456789abcdef-shop"


def timestamped(body: bytes, moment: int | None = None, secret: bytes = HOSTED) -> str:
    """Sign a body and the time."""
    moment = int(time()) if moment is None else moment
    return f"t={moment},v1={hmac.new(secret, f'{moment}.'.encode() + body, hashlib.sha256).hexdigest()}"


def send(call: Caller, body: Any, signature: str | None, **headers: str) -> Answer:
    """Send a body to the webhook of hosted platforms."""
    if signature is not None:
        headers["X-Capi-Signature"] = signature
    return call("/v1/webhooks/hosted", body, key=None, headers=headers)


def test_a_signed_event_is_stored(call: Caller, order: dict[str, Any], stored: Stored) -> None:
    """It needs no write key, and goes where the webhook's table says."""
    body = json.dumps({**order, "type": "track"}).encode()

    assert (200, 1) == (send(call, body, timestamped(body)).status, len(stored()))
    assert "shop" == stored()[0]["destination"]


def test_known_answer(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pin the algorithm: printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef-hook."""
    monkeypatch.setattr("capi_actions_server.ingest.endpoints.time", lambda: 1_700_000_100.0)
    signature = "t=1700000000,v1=32472cab40be6403e350f716543e85d895b8efbb78a9148d82964e117250214a"

    assert 400 == send(call, b"{}", signature).status  # it is no event, but was let in
    assert 401 == send(call, b"{} ", signature).status


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "there is none"),
        ("", "there is none"),
        ("v1=00", "should be t=UNIX_SECONDS,v1=SIGNATURE"),
        ("t=,v1=00", "should be t=UNIX_SECONDS,v1=SIGNATURE"),
        ("t=1,t=2,v1=00", "should be t=UNIX_SECONDS,v1=SIGNATURE"),
        ("t=٣,v1=00".encode().decode("latin-1"), "should be t=UNIX_SECONDS,v1=SIGNATURE"),
        ("t=1,v1=00", "300 seconds or less"),
        (f"t={'9' * 12},v1=00", "300 seconds or less"),
        ("t={now}", "is wrong"),
        ("t={now},v1=", "is wrong"),
        ("t={now},v1=zz", "is wrong"),
        ("t={now},v0={right}", "is wrong"),
        ("t={now},v1={other}", "is wrong"),
    ],
)
def test_what_is_not_signed_is_refused(
    signature: str | None, reason: str, call: Caller, order: dict[str, Any], stored: Stored
) -> None:
    """With what is wrong, and without what would be right."""
    body, now = json.dumps({**order, "type": "track"}).encode(), int(time())
    right, other = (timestamped(body, now, secret).partition("v1=")[2] for secret in (HOSTED, SHOP))
    if signature is not None:
        signature = signature.format(now=now, right=right, other=other)

    answer = send(call, body, signature)

    assert (401, []) == (answer.status, stored())
    assert reason in answer.body["error"]
    assert right not in answer.body["error"]


def test_one_of_several_signatures_is_enough(call: Caller, order: dict[str, Any]) -> None:
    """While a secret is being changed, senders sign with both."""
    body = json.dumps({**order, "type": "track"}).encode()
    now = int(time())
    signature = f"{timestamped(body, now, SHOP)},v1={timestamped(body, now).partition('v1=')[2]}"

    assert 200 == send(call, body, signature).status


def test_a_signature_holds_for_its_body_alone(call: Caller, order: dict[str, Any], stored: Stored) -> None:
    """Nobody can put another event in its place."""
    body = json.dumps({**order, "type": "track"}).encode()

    assert 401 == send(call, body.replace(b"o-1", b"o-2"), timestamped(body)).status
    assert [] == stored()


def test_a_shop_s_webhook_becomes_events(call: Caller, stored: Stored) -> None:
    """Shopify signs the body alone, in base64."""
    body = json.dumps(
        {
            "id": 7,
            "created_at": datetime.now(UTC).isoformat(),
            "currency": "EUR",
            "total_price": "12.50",
            "email": "jane.doe@example.com",
            "line_items": [{"product_id": 1, "quantity": 1, "price": "12.50"}],
        }
    ).encode()
    signature = base64.b64encode(hmac.digest(SHOP, body, "sha256")).decode()

    answer = call("/v1/webhooks/orders", body, key=None, headers={"X-Shopify-Hmac-SHA256": signature})

    assert (200, 1) == (answer.status, answer.body["accepted"])
    (item,) = stored()
    assert ("Purchase", 12.5) == (item["event_name"], item["custom_data"]["value"])


def test_a_body_that_its_format_can_t_read_is_refused(call: Caller) -> None:
    """By the place that is wrong."""
    for body in (b"[]", b'{"id": []}'):
        signature = base64.b64encode(hmac.digest(SHOP, body, "sha256")).decode()
        answer = call("/v1/webhooks/orders", body, key=None, headers={"X-Shopify-Hmac-Sha256": signature})
        assert 400 == answer.status


def test_there_are_only_those_that_are_configured(call: Caller) -> None:
    """The answer says where they are."""
    answer = call("/v1/webhooks/nobody", {}, key=None)

    assert 404 == answer.status
    assert "[server.webhooks]" in answer.body["error"]


def test_segment_s_webhooks_are_taken(
    open_components: Callable[[str], Components], order: dict[str, Any]
) -> None:
    """They sign the body with SHA-1, in hexadecimal digits."""
    secret = b"0123456789abcdef-seg"
    table = f'[server.webhooks.segment]\nsecret = "{secret.decode()}"\nheader = "X-Signature"\n'
    components = open_components(f'{table}signed = "body"\ndigest = "sha1"\n')
    body = json.dumps({**order, "type": "track"}).encode()
    signature = hmac.digest(secret, body, "sha1").hex()
    call = Caller(create_app(components))

    assert 200 == call("/v1/webhooks/segment", body, headers={"x-signature": signature}).status
    assert 401 == call("/v1/webhooks/segment", body, headers={"x-signature": signature[:-1]}).status
