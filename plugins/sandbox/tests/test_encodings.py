"""Every way to write a request, over a real connection."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_sandbox import Sandbox, SandboxOptions
from capi_actions_sandbox.requests import read_form

Make = Callable[..., dict[str, Any]]
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PATH = "/v25.0/123/events"
TOKEN = {"access_token": "token"}
texts = st.text(st.characters(exclude_categories=["Cs"]))


def as_json(data: Any) -> dict[str, Any]:
    return {"body": json.dumps({"data": data, **TOKEN}), "headers": {"Content-Type": JSON}}


def as_form(data: Any) -> dict[str, Any]:
    body = urlencode({"data": data if isinstance(data, str) else json.dumps(data), **TOKEN})
    return {"body": body, "headers": {"Content-Type": FORM}}


def as_multipart(data: Any) -> dict[str, Any]:
    return {"fields": {"data": data if isinstance(data, str) else json.dumps(data), **TOKEN}}


def as_file(data: Any) -> dict[str, Any]:
    text = data if isinstance(data, str) else json.dumps(data)
    return {"fields": {"data": ("events.json", text, "application/json"), **TOKEN}}


@pytest.mark.parametrize("encode", [as_json, as_form, as_multipart, as_file])
@pytest.mark.parametrize("shape", ["objects", "texts", "text of objects", "text of texts"])
def test_every_encoding_brings_the_same_events(
    sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make, encode: Callable[..., Any], shape: str
) -> None:
    """Clients differ in how they write them, in four encodings and four shapes."""
    events = [
        make_event(event_id=event_id, custom_data={"name": "naïve & 100 % = 正 +"}) for event_id in ("a", "b")
    ]
    data: Any = [json.dumps(event) for event in events] if "texts" in shape else events
    if shape.startswith("text of"):
        data = json.dumps(data)
    response = http.request("POST", sandbox.url + PATH, **encode(data))
    assert response.status == 200, response.data
    assert json.loads(response.data)["events_received"] == 2
    assert [received["event"] for received in sandbox.events()] == events


@pytest.mark.parametrize(
    ("where", "query", "extra", "headers"),
    [
        ("header", "", {}, {"Authorization": "Bearer good"}),
        ("header in any case", "", {}, {"authorization": "bearer good"}),
        ("header first", "?access_token=bad", {}, {"Authorization": "Bearer good"}),
        ("query", "?access_token=good", {}, {}),
        ("body", "", {"access_token": "good"}, {}),
        ("body over query", "?access_token=bad", {"access_token": "good"}, {}),
    ],
)
def test_the_token_may_stand_in_four_places(
    http: urllib3.PoolManager, make_event: Make, where: str, query: str, extra: Any, headers: Any
) -> None:
    """Header, query, and both kinds of bodies."""
    with Sandbox(SandboxOptions(tokens="good", now=lambda: make_event()["event_time"])) as sandbox:
        body = json.dumps({"data": [make_event()], **extra})
        response = http.request(
            "POST", sandbox.url + PATH + query, body=body, headers={"Content-Type": JSON, **headers}
        )
        assert response.status == 200, where
        form = urlencode({"data": json.dumps([make_event()]), **extra})
        response = http.request(
            "POST", sandbox.url + PATH + query, body=form, headers={"Content-Type": FORM, **headers}
        )
        assert response.status == 200, where


def test_everything_may_stand_in_the_query(
    sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make
) -> None:
    """The Graph API takes parameters from anywhere."""
    query = urlencode({"data": json.dumps([make_event()]), "test_event_code": "TEST1", **TOKEN})
    assert http.request("POST", f"{sandbox.url}{PATH}?{query}").status == 200
    assert sandbox.events()[0]["test_event_code"] == "TEST1"


@given(st.dictionaries(texts, texts, max_size=5))
def test_forms_read_as_the_standard_library_reads_them(fields: dict[str, str]) -> None:
    """Ours is twenty times as fast, and must not be otherwise different."""
    body = urlencode(fields).encode()
    standard = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    assert standard == read_form(body)


def test_a_time_as_text_arrives_as_seconds(
    sandbox: Sandbox, make_event: Make, post: Callable[..., Any]
) -> None:
    """Meta converts it, so what is kept is what Meta would hold."""
    assert post(sandbox, [make_event(event_time="2026-11-18T10:26:40Z")])[0] == 200
    assert sandbox.events()[0]["event"]["event_time"] == 1794997600


def test_gzip_is_a_switch(http: urllib3.PoolManager, served: Sandbox, make_event: Make) -> None:
    """No evidence was found that Meta takes it."""
    body = gzip.compress(json.dumps({"data": [make_event()], **TOKEN}).encode())
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    response = http.request("POST", served.url + PATH, body=body, headers=headers)
    assert response.status == 400
    assert "Content-Encoding" in json.loads(response.data)["error"]["message"]
    options = SandboxOptions(gzip=True, max_body=10_000, now=lambda: make_event()["event_time"])
    with Sandbox(options) as sandbox:
        assert http.request("POST", sandbox.url + PATH, body=body, headers=headers).status == 200
        for broken in (b"x" * 100, body[:-5], b""):
            assert http.request("POST", sandbox.url + PATH, body=broken, headers=headers).status == 400
        bomb = gzip.compress(b"0" * 1_000_000)
        assert http.request("POST", sandbox.url + PATH, body=bomb, headers=headers).status == 413
