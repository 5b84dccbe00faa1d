"""Whatever comes in, an answer in Meta's shape goes out."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions_sandbox import Sandbox, SandboxOptions
from capi_actions_sandbox.checks.shape import EVENT_KEYS, USER_KEYS
from support.length import examples

Make = Callable[..., dict[str, Any]]
JSON, FORM, PARTS = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
PATH = "/v25.0/123/events?access_token=token"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
events = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(sorted(EVENT_KEYS), values),
        "event_name": st.just("Purchase") | values,
        "event_time": st.just(1_794_999_000) | values,
        "action_source": st.sampled_from(["website", "app", "business_messaging", "physical_store"]) | values,
        "user_data": st.dictionaries(st.sampled_from(sorted(USER_KEYS)), values, max_size=4) | values,
    },
)


def check_answer(response: urllib3.BaseHTTPResponse) -> None:
    """Hold an answer to Meta's two shapes."""
    body = json.loads(response.data)
    if response.status == 200:
        assert body["events_received"] > 0
    else:
        assert response.status in (400, 401, 413), body
        assert {"message", "type", "code", "fbtrace_id"} <= set(body["error"])


def send(http: urllib3.PoolManager, sandbox: Sandbox, kind: str, body: bytes) -> None:
    check_answer(http.request("POST", sandbox.url + PATH, body=body, headers={"Content-Type": kind}))


@given(values | st.lists(events, max_size=3), st.booleans())
def test_no_json_brings_it_down(
    http: urllib3.PoolManager, served: Sandbox, data: Any, ascii_only: bool
) -> None:
    """NaN, lone surrogates and wrong types included: an answer in Meta's shape, never a 500."""
    text = json.dumps({"data": data}, ensure_ascii=ascii_only)
    send(http, served, JSON, text.encode("utf-8", "surrogatepass"))
    form = b"data=" + quote_from_bytes(json.dumps(data).encode()).encode()
    send(http, served, FORM, form)
    part = (
        b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n'
        + json.dumps(data).encode()
        + b"\r\n--b--\r\n"
    )
    send(http, served, f"{PARTS}; boundary=b", part)


@given(
    st.sampled_from(
        [JSON, FORM, PARTS, f"{PARTS}; boundary=b", f"{PARTS}; boundary=b; charset=utf-7", "text/plain", ""]
    ),
    st.binary(max_size=200)
    | st.builds(b"--b\r\n%b\r\n\r\n%b--b--".__mod__, st.tuples(st.binary(), st.binary())),
)
def test_no_bytes_bring_it_down(http: urllib3.PoolManager, served: Sandbox, kind: str, body: bytes) -> None:
    """Also those that aren't what their type says."""
    send(http, served, kind, body)


@settings(max_examples=examples(50))
@given(
    st.binary(max_size=50).map(quote_from_bytes),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    st.sampled_from(["Authorization", "Content-Encoding", "Expect"]),
)
def test_no_query_and_no_header_brings_it_down(
    http: urllib3.PoolManager, served: Sandbox, query: str, value: str, name: str
) -> None:
    """The rest of what a client chooses."""
    headers = {"Content-Type": JSON} | (
        {} if name == "Expect" and value.lower() == "100-continue" else {name: value}
    )
    check_answer(
        http.request(
            "POST", f"{served.url}/v25.0/123/events?{query}", body=b'{"data": [{}]}', headers=headers
        )
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"data":[{}]} x',
        b'{"data":[NaN]}',
        b'{"data":["\\ud800"]}',
        b"\xff\xfe",
        b'{"data":' + b"[" * 100_000,
        b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"data":"' + b"[" * 100_000 + b'"}',
        b'{"data":["' + b"[" * 100_000 + b'"]}',
        b'{"data":[{"event_name":1,"event_name":2}]}',
    ],
)
def test_broken_json_is_refused(http: urllib3.PoolManager, served: Sandbox, body: bytes) -> None:
    """With a sentence."""
    response = http.request("POST", served.url + PATH, body=body, headers={"Content-Type": JSON})
    assert response.status == 400
    assert json.loads(response.data)["error"]["message"]


@pytest.mark.parametrize("depth", [100, 250, 251, 252, 253, 254, 255, 260, 1000, 1100])
def test_deep_events_are_kept_or_refused(
    sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make, depth: int
) -> None:
    """What was taken can be read again, over HTTP too."""
    deep = "[" * depth + "]" * depth
    text = json.dumps({"data": [make_event(custom_data={"deep": "HERE"})]}).replace('"HERE"', deep)
    response = http.request("POST", sandbox.url + PATH, body=text, headers={"Content-Type": JSON})
    check_answer(response)
    assert (response.status == 200) == (depth <= 250) or 250 < depth < 260  # orjson's versions differ
    kept = http.request("GET", sandbox.url + "/_sandbox/events")
    assert kept.status == 200
    assert len(json.loads(kept.data)["events"]) == (1 if response.status == 200 else 0)


def test_a_body_that_is_too_long_gets_a_clear_answer(http: urllib3.PoolManager, make_event: Make) -> None:
    """Also when the client is still sending it, and the connection stays usable."""
    options = SandboxOptions(max_body=100_000, now=lambda: make_event()["event_time"])
    with Sandbox(options) as sandbox:
        for size in (100_001, 5_000_000):
            response = http.request(
                "POST", sandbox.url + PATH, body=b" " * size, headers={"Content-Type": JSON}
            )
            assert response.status == 413
            assert (
                json.loads(response.data)["error"]["message"] == "(#100) The body is longer than 100000 bytes"
            )
        good = json.dumps({"data": [make_event()]}).ljust(100_000)
        assert (
            http.request("POST", sandbox.url + PATH, body=good, headers={"Content-Type": JSON}).status == 200
        )


def test_a_client_that_goes_away_is_noted_as_broken_off(sandbox: Sandbox, http: urllib3.PoolManager) -> None:
    """And nobody waits for it."""
    with urllib3.HTTPConnectionPool("127.0.0.1", int(sandbox.url.rpartition(":")[2]), maxsize=1) as pool:
        connection: Any = pool._get_conn()
        connection.putrequest("POST", PATH)
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        connection.close()
    for _ in range(200):
        if sandbox.requests():
            break
        assert http.request("GET", sandbox.url + "/_sandbox/health").status == 200
    (exchange,) = sandbox.requests()
    assert exchange["problem"] == "(#100) The body of the request can't be read: it broke off"


def test_a_form_of_too_many_fields_is_refused(served: Sandbox, http: urllib3.PoolManager) -> None:
    """Meta has a code for it."""
    body = "&".join(f"a{number}=1" for number in range(1001))
    response = http.request("POST", served.url + PATH, body=body, headers={"Content-Type": FORM})
    assert json.loads(response.data)["error"]["code"] == 105


def test_a_large_part_is_read(sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make) -> None:
    """Form parsers tend to stop at 1 MB; a full batch is longer."""
    events = [make_event(custom_data={"x": "y" * 2000}) for _ in range(1000)]
    for value in (json.dumps(events), ("events.json", json.dumps(events))):
        assert http.request("POST", sandbox.url + PATH, fields={"data": value}).status == 200
    assert sandbox.counts()["events"] == 2000
