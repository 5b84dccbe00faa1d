"""Faults as a client meets them, over a real connection."""

import http.client
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Sandbox
from capi_actions_sandbox.refusals import known_failures

Make = Callable[..., dict[str, Any]]
Post = Callable[..., tuple[int, Any]]
PATH = "/v25.0/123/events"
HEADERS = {"Authorization": "Bearer token", "Content-Type": "application/json"}
KEYS = {
    "message": "message",
    "type": "type",
    "code": "code",
    "subcode": "error_subcode",
    "is_transient": "is_transient",
    "title": "error_user_title",
    "msg": "error_user_msg",
}


@pytest.fixture
def send(http: urllib3.PoolManager, make_event: Make) -> Callable[[Sandbox], urllib3.BaseHTTPResponse]:
    """Post one good event and give what came."""
    body = json.dumps({"data": [make_event()]})
    return lambda sandbox: http.request(
        "POST", sandbox.url + PATH, body=body, headers=HEADERS, redirect=False
    )


def test_every_known_shape_can_be_served_byte_for_byte(
    served: Sandbox, send: Any, vectors: Callable[[str], list[dict[str, Any]]]
) -> None:
    """All 75 lines of the collection, by code, subcode and variant."""
    lines = vectors("meta/errors.jsonl")
    for line in lines:
        if line.get("success") or line.get("raw_body"):
            continue
        order = {name: line[name] for name in ("code", "subcode", "message", "title", "msg", "is_transient")}
        served.fault(**order, variant=variant(line), status=line["http_status"])
        response = send(served)
        trace = re.search(rb'"fbtrace_id":"([^"]+)"', response.data)
        assert trace, response.data
        named = {key: line[name] for name, key in KEYS.items() if line[name] is not None}
        named = (
            {"message": f"(#{line['code']}) An error occurred."} | named if line["message"] is None else named
        )
        expected = json.dumps({"error": {**named, "fbtrace_id": trace[1].decode()}}, separators=(",", ":"))
        assert response.status == (line["http_status"] or 400)
        assert response.data.decode() == expected.replace("/", "\\/")
        if keys := line.get("keys_present"):
            assert list(json.loads(response.data)["error"]) == keys
    assert len(lines) == 75


def variant(line: dict[str, Any]) -> int:
    """Find which of the shapes of its code and subcode a line of the collection is."""
    same = [
        failure
        for failure in known_failures()
        if (failure.code, failure.subcode) == (line["code"], line["subcode"])
    ]
    fits = [
        number
        for number, failure in enumerate(same)
        if (failure.title, failure.msg, failure.status)
        == (line["title"], line["msg"], line["http_status"] or 400)
    ]
    return fits[0]


def test_a_page_comes_as_a_proxy_sends_it(served: Sandbox, send: Any) -> None:
    """HTML where JSON is expected."""
    served.fault("html502")
    response = send(served)
    assert (response.status, response.headers["content-type"]) == (502, 'text/html; charset="utf-8"')
    assert response.data.startswith(b"<!DOCTYPE html><html>")


def test_an_empty_answer_and_a_redirect(served: Sandbox, send: Any) -> None:
    """Neither is a success."""
    served.fault("empty")
    assert (send(served).status, served.requests()[-1]["stored"]) == (200, False)
    served.fault("empty204")
    assert send(served).data == b""
    served.fault("redirect307,location=http://127.0.0.1:9/")
    response = send(served)
    assert (response.status, response.headers["location"]) == (307, "http://127.0.0.1:9/")


def test_usage_and_waits_stand_in_headers(served: Sandbox, send: Any) -> None:
    """All three of Meta's, and Retry-After."""
    served.fault("throttled,usage=98,regain=7,retry_after=30")
    headers = send(served).headers
    assert json.loads(headers["x-app-usage"]) == {"call_count": 98, "total_cputime": 98, "total_time": 98}
    assert json.loads(headers["x-ad-account-usage"])["acc_id_util_pct"] == 98
    (use,) = json.loads(headers["x-business-use-case-usage"])["123"]
    assert (use["call_count"], use["estimated_time_to_regain_access"]) == (98, 7)
    assert headers["retry-after"] == "30"


def test_a_success_can_carry_usage(sandbox: Sandbox, send: Any) -> None:
    """Slowing down before the wall needs the headers while all is well."""
    sandbox.fault("pass,usage=80")
    response = send(sandbox)
    assert (response.status, json.loads(response.headers["x-app-usage"])["call_count"]) == (200, 80)
    assert len(sandbox.events()) == 1


def test_headers_of_one_s_own_win(served: Sandbox, send: Any) -> None:
    """Any header can be rehearsed, in any case."""
    served.fault(shape="html", headers={"Content-Type": "text/plain", "X-Ad-Api-Version-Warning": "soon"})
    headers = send(served).headers
    assert headers.getlist("content-type") == ["text/plain"]
    assert headers["x-ad-api-version-warning"] == "soon"


@pytest.mark.parametrize(("order", "stored", "seen"), [("reset", 0, 0), ("reset,read", 0, 1), ("lost", 1, 1)])
def test_a_connection_is_cut(sandbox: Sandbox, send: Any, order: str, stored: int, seen: int) -> None:
    """Before the request is read, after, and after it was taken: the client can't tell which."""
    sandbox.fault(order)
    with pytest.raises(urllib3.exceptions.ProtocolError) as caught:
        send(sandbox)
    assert isinstance(caught.value.args[1], ConnectionResetError)
    assert len(sandbox.events()) == stored
    (exchange,) = sandbox.requests()
    assert (exchange["status"], exchange["events"], exchange["stored"]) == (0, seen, bool(stored))
    assert send(sandbox).status == 200


def test_a_large_request_is_cut_while_it_is_sent(sandbox: Sandbox, http: urllib3.PoolManager) -> None:
    """Nobody reads it to its end."""
    sandbox.fault("reset")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http.request("POST", sandbox.url + PATH, body=b" " * 20_000_000, headers=HEADERS)
    assert sandbox.counts()["requests"] == 1


@pytest.mark.parametrize(("order", "stored"), [("half", 0), ("half,store", 1)])
def test_half_an_answer_comes(sandbox: Sandbox, make_event: Make, order: str, stored: int) -> None:
    """Status and headers, and a body that breaks off."""
    sandbox.fault(order)
    connection = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]), timeout=60)
    connection.request("POST", PATH, json.dumps({"data": [make_event()]}), HEADERS)
    response = connection.getresponse()
    assert (response.status, response.headers["content-length"]) == (200, "74")
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    connection.close()
    assert caught.value.partial == b'{"events_received":1,"messages":[],"fbtrace_id":"'[:37]
    assert len(sandbox.events()) == stored


@pytest.mark.parametrize("order", ["code=1,store", "html504,store", "empty,store", "redirect,store"])
def test_any_answer_can_be_wrong_about_events_that_were_taken(
    sandbox: Sandbox, send: Any, order: str
) -> None:
    """A proxy's timeout says nothing about what happened behind it."""
    sandbox.fault(order)
    assert send(sandbox).status != 0
    assert len(sandbox.events()) == 1
    assert sandbox.requests()[0]["stored"]


def test_faults_end_and_honesty_returns(sandbox: Sandbox, send: Any) -> None:
    """As ordered, in order."""
    sandbox.fault("code=17,times=2")
    sandbox.fault("html503")
    assert [send(sandbox).status for _ in range(4)] == [400, 400, 503, 200]
    assert [exchange["fault"] for exchange in sandbox.requests()] == [
        *['shape="error",code=17,times=2'] * 2,
        'shape="html",status=503',
        None,
    ]


def test_a_late_answer_comes_late(sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make) -> None:
    """The client gives up; its events were taken all the same."""
    sandbox.fault("pass,delay=600")
    body = json.dumps({"data": [make_event()]})
    patience = urllib3.Timeout(connect=60, read=0.5)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        http.request("POST", sandbox.url + PATH, body=body, headers=HEADERS, timeout=patience)
    for _ in range(1000):  # on a busy machine, it may still be at it
        if sandbox.events():
            break
        http.request("GET", sandbox.url + "/_sandbox/health")
    assert len(sandbox.events()) == 1


def test_a_short_delay_is_waited_out(sandbox: Sandbox, send: Any) -> None:
    """And what took how long is noted."""
    sandbox.fault("pass,delay=0.05")
    assert send(sandbox).status == 200
    assert sandbox.requests()[0]["seconds"] > 0.04


def test_addresses_that_take_no_events_have_no_faults(
    sandbox: Sandbox, http: urllib3.PoolManager, send: Any
) -> None:
    """Else a health check would use one up."""
    sandbox.fault("code=17")
    assert http.request("GET", sandbox.url + "/_sandbox/health").status == 200
    assert http.request("GET", sandbox.url + "/v25.0/123").status == 400
    assert send(sandbox).status == 400
    assert json.loads(http.request("GET", sandbox.url + "/_sandbox/faults").data) == {"faults": []}
