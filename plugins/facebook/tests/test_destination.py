"""Envelopes, ids and deadlines of a destination."""

import json
from typing import Any

import pytest

from capi_actions import Secret
from capi_actions.testing import make_batch
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.settings import Settings


def facebook(**settings: Any) -> Facebook:
    """Make a destination."""
    return Facebook(Settings(**{"pixel_id": "123", "access_token": Secret("sesame"), **settings}))


def test_the_envelope_joins_items_and_keeps_the_token_in_a_header() -> None:
    """Addresses end up in logs."""
    request = facebook(partner_agent="acme-1.0").envelope(make_batch(b'{"a":1}', b'{"b":2}', group="T1"))

    assert request.url == "https://graph.facebook.com/v25.0/123/events"
    assert json.loads(request.body) == {
        "data": [{"a": 1}, {"b": 2}],
        "test_event_code": "T1",
        "partner_agent": "acme-1.0",
    }
    assert request.headers["authorization"] == "Bearer sesame"
    assert "sesame" not in repr(request)


def test_a_proof_of_the_app_s_secret_goes_with_every_request() -> None:
    """Known answer: printf sesame | openssl dgst -sha256 -hmac shh.  The secret stays here."""
    request = facebook(app_secret=Secret("shh"), upload_tag="stores").envelope(make_batch(b"{}"))

    assert json.loads(request.body) == {
        "data": [{}],
        "upload_tag": "stores",
        "appsecret_proof": "523a40fad7e69524cd2c37ab7f4cee820f7b7c371592cbe4176ea838ca8bf9c2",
    }
    assert b"shh" not in request.body
    assert "shh" not in repr(facebook(app_secret=Secret("shh")).settings)


def test_without_a_test_code_the_envelope_holds_the_data_alone() -> None:
    """An empty code would still be one."""
    assert facebook().envelope(make_batch(b"{}")).body == b'{"data":[{}]}'


def test_a_mapping_s_test_code_goes_before_the_setting_s() -> None:
    """And items with different codes go into different requests."""
    data = {"event_time": 1, "event_id": "e"}

    assert facebook(test_event_code="S").prepare(dict(data), "M", str).group == "M"
    assert facebook(test_event_code="S").prepare(dict(data), "", str).group == "S"
    assert facebook().prepare(dict(data), "", str).group == ""


def test_an_event_without_an_id_gets_one_from_its_content() -> None:
    """So that a repeat is dropped."""
    data: dict[str, Any] = {"event_time": 1}
    prepared = facebook().prepare(data, "", lambda: "from-content")

    assert prepared.event_id == data["event_id"] == "from-content"
    assert facebook().prepare({"event_time": 1, "event_id": "own"}, "", str).event_id == "own"


@pytest.mark.parametrize(("source", "days"), [("website", 7), ("physical_store", 62)])
def test_the_deadline_is_meta_s(source: str, days: int) -> None:
    """After it nothing is retried."""
    data = {"event_time": 1000, "event_id": "e", "action_source": source}

    assert facebook().prepare(data, "", str).deadline == 1000 + days * 86_400
