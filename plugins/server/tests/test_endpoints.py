"""The endpoints, as SDKs and pipelines use them."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions_server.ingest.endpoints import KINDS, MAX_EVENTS
from capi_actions_server.recent_events import RecentEvent
from support.asgi import Caller

Stored = Callable[[], list[dict[str, Any]]]
Arrived = Callable[[], list[RecentEvent]]


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
def test_an_endpoint_decides_the_type(
    path: str, kind: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """SDKs leave it out, or say the same."""
    answer = call(path, order)

    assert answer.status == 200
    assert answer.body["success"] is True
    assert kind == arrived()[0].event["type"]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"sentAt": "2026-11-30T10:00:00Z", "timestamp": "2026-11-30T09:00:00Z"},
        {"sentAt": 5, "originalTimestamp": "2026-11-30T09:00:00Z"},
        {"messageId": None},
        {"messageId": 2.0**60},
        {"type": "page"},
        {"event": ["Order"], "properties": 5},
        {"context": 5},
    ],
)
def test_where_the_write_key_stands_makes_no_difference(
    members: dict[str, Any], call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """With the key in a header, the body of a single event is read only when the event is mapped."""
    event = {**order, **members}
    answers = [
        call("/v1/track", event),
        call("/v1/track", {**event, "writeKey": "0123456789abcdef-main"}, key=None),
    ]

    assert answers[0] == answers[1]
    first, second = arrived()
    changing = dict.fromkeys(("receivedAt", "timestamp"))  # with the clock
    assert {**first.event, **changing} == {**second.event, **changing}
    assert len(first.receipt.accepted) == len(second.receipt.accepted)
    assert str(first.receipt.problem) == str(second.receipt.problem)


def test_short_and_long_names_are_the_same() -> None:
    """analytics.js uses the short ones."""
    kinds = {"track": "t", "page": "p", "screen": "s", "identify": "i", "group": "g", "alias": "a"}

    assert {f"/v1/{name}": name for name in kinds} | {
        f"/v1/{short}": name for name, short in kinds.items()
    } == dict(KINDS)


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/events"])
def test_a_batch_is_stored_with_what_it_says_for_all(
    path: str, call: Caller, arrived: Arrived, order: dict[str, Any]
) -> None:
    """What an event says itself goes before."""
    events = [{**order, "type": "track"}, {**order, "type": "track", "context": {"locale": "de"}}]
    batch = {
        "batch": events,
        "context": {"locale": "en", "app": {"name": "x"}},
        "integrations": {"All": True},
    }

    answer = call(path, batch)

    assert (200, {"success": True, "accepted": 2}) == (answer.status, answer.body)
    first, second = (recent_event.event for recent_event in arrived())
    assert first["context"] == {"locale": "en", "app": {"name": "x"}}
    assert second["context"] == {"locale": "de", "app": {"name": "x"}}
    assert first["integrations"] == {"All": True}


@pytest.mark.parametrize("key", ["context", "integrations"])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/events"])
@pytest.mark.parametrize("text", ["x", "\ud800"])
def test_what_a_batch_says_for_all_is_not_copied_without_end(
    path: str, key: str, text: str, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body of 4 MB could fill 40 GB: each of 5,000 events gets the same 2 MB."""
    monkeypatch.setattr("capi_actions_server.ingest.endpoints._MAX_SHARED", 20_000)
    shared = {f"key-{number}": text for number in range(20)}
    few, many = (call(path, {"batch": [{"type": "page"}] * size, key: shared}) for size in (20, 200))

    assert 413 != few.status
    assert 413 == many.status
    assert f"{key} of the batch should have 20,000 bytes or less" in many.body["error"]


@pytest.mark.parametrize("depth", [200, 300, 900, 1_010, 1_020])
def test_what_a_batch_says_for_all_may_be_nested_deeply(depth: int, call: Caller) -> None:
    """JSON is read that can't be written any more: it is refused for its size, or its events are."""
    context = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"context":' + context + b',"batch":[{"type":"page"},{"type":"page"}]}'

    assert call("/v1/batch", body).status in (200, 400, 413)


def test_the_rest_of_a_batch_is_accepted(call: Caller, order: dict[str, Any], stored: Stored) -> None:
    """Each event that can't be is named by its place, with the reason for each destination."""
    good = {**order, "type": "track"}
    bad = {**good, "properties": {"total": "much"}}

    answer = call(
        "/v1/batch", {"batch": [good, {"type": "nonsense"}, 7, bad, {"type": "identify", "userId": "u"}]}
    )

    assert answer.status == 200
    assert answer.body["success"] is False
    assert (1, 1) == (answer.body["accepted"], answer.body["unmatched"])
    assert {1, 2, 3} == {error["index"] for error in answer.body["errors"]}
    assert {"shop", "blog"} == {
        error["destination"] for error in answer.body["errors"] if error["index"] == 3
    }
    assert "type must be one of" in answer.body["errors"][0]["error"]
    assert len(stored()) == 2


def test_a_request_of_which_nothing_can_be_stored_fails(call: Caller, order: dict[str, Any]) -> None:
    """A batch with a single good event must not: its sender would send that again."""
    answer = call("/v1/track", {**order, "properties": {}})

    assert answer.status == 400
    assert (False, 0) == (answer.body["success"], answer.body["accepted"])
    assert "currency" in json.dumps(answer.body["errors"])


def test_events_that_nobody_wants_are_fine(call: Caller, stored: Stored) -> None:
    """An SDK sends all it has; identify calls go to no mapping."""
    answer = call("/v1/identify", {"userId": "u-1"})

    assert (200, {"success": True, "accepted": 0, "unmatched": 1}) == (answer.status, answer.body)
    assert [] == stored()


def test_events_that_consent_holds_back_are_fine(call: Caller, order: dict[str, Any], stored: Stored) -> None:
    """The sender did what it should."""
    answer = call("/v1/track", {**order, "integrations": {"All": False}})

    assert (200, {"success": True, "accepted": 0, "held_back": 1}) == (answer.status, answer.body)
    assert [] == stored()


@pytest.mark.parametrize(
    ("members", "counts"),
    [
        ({}, {"accepted": 1}),
        ({"integrations": {"Blog": False}}, {"accepted": 1, "held_back": 1}),
        ({"integrations": {"All": False, "Blog": True}}, {"accepted": 1, "held_back": 1}),
        ({"integrations": {"All": False}}, {"accepted": 0, "held_back": 1}),
        ({"event": "Newsletter Opened"}, {"accepted": 0, "unmatched": 1}),
        ({"properties": {}}, {"accepted": 0}),
        ({"properties": {}, "integrations": {"Blog": False}}, {"accepted": 0, "held_back": 1}),
    ],
)
def test_an_event_alone_is_answered_as_in_a_batch(
    members: dict[str, Any], counts: dict[str, int], call: Caller, order: dict[str, Any]
) -> None:
    """The usual answer is made in a short way, which must leave nothing out."""
    event = {**order, "type": "track", **members}
    alone = call("/v1/track", event)

    assert [alone[::2]] * 2 == [call("/v1/batch", {"batch": [event]})[::2], call("/v1/events", event)[::2]]
    assert counts == {
        name: number for name, number in alone.body.items() if name in ("accepted", "held_back", "unmatched")
    }


def test_gzip_is_decompressed(call: Caller, order: dict[str, Any], stored: Stored) -> None:
    """Python's SDKs can send it."""
    body = gzip.compress(json.dumps({"batch": [{**order, "type": "track"}]}).encode())

    assert 200 == call("/v1/batch", body, headers={"content-encoding": "gzip"}).status
    assert len(stored()) == 2


def test_generic_events_come_alone_in_a_list_or_in_lines(
    call: Caller, order: dict[str, Any], arrived: Arrived
) -> None:
    """Pipelines that know no Segment write what is simplest for them."""
    event = {**order, "type": "track"}
    lines = "\n".join([json.dumps(event), "", "{", json.dumps(event), ""]).encode()

    assert 1 == call("/v1/events", event).body["accepted"]
    assert 3 == call("/v1/events", [event, event, event]).body["accepted"]
    answer = call("/v1/events", lines, headers={"content-type": "application/x-ndjson"})
    assert 2 == answer.body["accepted"]
    assert 1 == answer.body["errors"][0]["index"]
    assert "is not JSON" in answer.body["errors"][0]["error"]
    assert len(arrived()) == 7


def test_a_write_key_s_events_go_to_its_destinations(
    call: Caller, order: dict[str, Any], stored: Stored
) -> None:
    """One server may serve several sites."""
    call("/v1/track", order, key="0123456789abcdef-blog")
    call("/v1/track", {**order, "writeKey": "0123456789abcdef-blog"}, key=None)
    call("/v1/batch", {"batch": [{**order, "type": "track"}], "writeKey": "0123456789abcdef-blog"}, key=None)

    assert ["blog"] * 3 == [item["destination"] for item in stored()]


def test_a_write_key_in_the_body_is_not_kept(call: Caller, order: dict[str, Any], arrived: Arrived) -> None:
    """It is nobody's business further on."""
    call("/v1/track", {**order, "writeKey": "0123456789abcdef-blog"}, key=None)

    (recent_event,) = arrived()
    assert ("blog", "/v1/track") == (recent_event.source, recent_event.endpoint)
    assert "writeKey" not in recent_event.event


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "there is no write key"),
        ("Basic bm9ib2R5Og==", "no such write key"),
        ("Basic ***", "should be base64"),
        ("Basic ", "no such write key"),
        ("Bearer 0123456789abcdef-mai", "no such write key"),
        ("Bearer 0123456789abcdef-main2", "no such write key"),
        ("Digest x", "should be Basic"),
    ],
)
def test_nobody_sends_without_a_key(
    authorization: str | None, reason: str, call: Caller, order: dict[str, Any], stored: Stored
) -> None:
    """And the answer says how it should come."""
    headers = {} if authorization is None else {"authorization": authorization}

    answer = call("/v1/track", order, key=None, headers=headers)

    assert 401 == answer.status
    assert reason in answer.body["error"]
    assert "www-authenticate" in answer.headers
    assert [] == stored()


@pytest.mark.parametrize("key", [7, ["0123456789abcdef-main"], "", "\ud800"])
def test_a_key_in_the_body_is_text(key: object, call: Caller, order: dict[str, Any]) -> None:
    """Whatever else stands there is nobody's."""
    assert 401 == call("/v1/track", {**order, "writeKey": key}, key=None).status


def test_a_bearer_token_is_a_write_key_too(call: Caller, order: dict[str, Any]) -> None:
    """Pipelines that send generic webhooks can mostly set only that."""
    headers = {"authorization": "bearer 0123456789abcdef-main"}

    assert 200 == call("/v1/track", order, key=None, headers=headers).status


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "reason"),
    [
        ("/v1/track", b"{", {}, 400, "the body is not JSON"),
        ("/v1/track", b"", {}, 400, "the body is not JSON"),
        ("/v1/track", b"\xff", {}, 400, "the body is not"),
        ("/v1/track", b"[" * 2000 + b"]" * 2000, {}, 400, "nested too deeply"),
        ("/v1/batch", {"events": []}, {}, 400, 'the list "batch"'),
        ("/v1/batch", [], {}, 400, 'the list "batch"'),
        ("/v1/track", b"x" * 60_000, {}, 413, "50,000 bytes"),
        (
            "/v1/track",
            gzip.compress(b" " * 60_000, mtime=0),
            {"content-encoding": "gzip"},
            413,
            "50,000 bytes",
        ),
        ("/v1/track", b"plain", {"content-encoding": "gzip"}, 400, "should be gzip"),
        ("/v1/track", gzip.compress(b"{}", mtime=0)[:-9], {"content-encoding": "gzip"}, 400, "cut off"),
        ("/v1/track", gzip.compress(b"{}", mtime=0) + b"x", {"content-encoding": "gzip"}, 400, "goes on"),
        ("/v1/track", b"{}", {"content-encoding": "br"}, 415, "should be gzip"),
        ("/v1/track", b"{}", {"content-type": "application/xml"}, 415, "application/json"),
        ("/v1/track", b"{}", {"content-type": "text/plain; charset=latin-1"}, 415, "utf-8"),
        ("/v1/tracks", {}, {}, 404, "/openapi.json"),
        (
            "/v1/events",
            b"{}\n" * (MAX_EVENTS + 1),
            {"content-type": "application/x-ndjson"},
            413,
            "5,000 events",
        ),
        ("/v1/events", b"[" + b"0," * MAX_EVENTS + b"0]", {}, 413, "5,000 events"),
        ("/v1/batch", b'{"batch":[' + b"0," * MAX_EVENTS + b"0]}", {}, 413, "5,000 events"),
        (
            "/v1/batch",
            b'{"context":{"a":1},"batch":[' + b"{}," * MAX_EVENTS + b"0]}",
            {},
            413,
            "5,000 events",
        ),
    ],
)
def test_a_request_that_can_t_be_read_is_told_why(
    path: str, body: Any, headers: dict[str, str], status: int, reason: str, call: Caller
) -> None:
    """With what would be right; nothing of it is stored."""
    answer = call(path, body, headers=headers)

    assert status == answer.status
    assert reason in answer.body["error"]
    assert answer.body["success"] is False


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_events_are_posted(method: str, call: Caller) -> None:
    """Everything else is a mistake."""
    answer = call("/v1/track", method=method)

    assert (405, "POST, OPTIONS") == (answer.status, answer.headers["allow"])


def test_json_may_come_as_text(call: Caller, order: dict[str, Any]) -> None:
    """Browsers ask for no permission then."""
    assert 200 == call("/v1/track", order, headers={"content-type": "text/plain;charset=UTF-8"}).status


def test_every_answer_says_what_browsers_may_not_do(call: Caller) -> None:
    """They guess types, keep copies and follow links."""
    for answer in (call("/v1/track", {}), call("/v1/nothing"), call("/healthz", method="GET")):
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "no-store" == answer.headers["cache-control"]


def test_a_fault_of_the_server_s_own_shows_nothing(
    call: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither to the client nor, of the event, in the log."""
    monkeypatch.setattr("capi_actions_server.ingest.endpoints.decode_body", lambda body: {}[body.decode()])

    answer = call("/v1/track", b"jane.doe@example.com")

    assert (500, {"success": False, "error": "the server failed; its log says why"}) == (
        answer.status,
        answer.body,
    )
    assert "a request failed: KeyError" in caplog.text
    assert "jane" not in caplog.text
