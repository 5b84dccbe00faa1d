"""Answers, byte for byte where Meta's are known."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from capi_actions_sandbox import Failure, Sandbox, SandboxOptions
from capi_actions_sandbox.refusals import known_failures, variants

Make = Callable[..., dict[str, Any]]
Vectors = Callable[[str], list[dict[str, Any]]]
NOW = 1_795_000_000.0
PATH = "/v25.0/123/events"
HEADERS = {"Authorization": "Bearer token", "Content-Type": "application/json"}


def send(http: urllib3.PoolManager, sandbox: Sandbox, data: Any, **extra: Any) -> urllib3.BaseHTTPResponse:
    body = json.dumps({"data": data, **extra})
    return http.request("POST", sandbox.url + PATH, body=body, headers=HEADERS)


def without_trace(body: bytes) -> tuple[bytes, str]:
    """Take the trace id out of a body."""
    match = re.search(rb'"fbtrace_id":"([^"]*)"', body)
    assert match
    return body.replace(match[1], b"", 1), match[1].decode()


def test_a_success_is_the_bytes_that_meta_sends(
    served: Sandbox, http: urllib3.PoolManager, make_event: Make, vectors: Vectors
) -> None:
    """Key order and spacing included; only the trace id differs, in the same form."""
    known = next(line["body"] for line in vectors("meta/errors.jsonl") if line.get("success"))
    expected, known_trace = without_trace(json.dumps(known, separators=(",", ":")).encode())
    response = send(http, served, [make_event()])
    body, trace = without_trace(response.data)
    assert (response.status, body) == (200, expected)
    assert re.fullmatch(r"A[A-Za-z0-9_-]{22}", trace)
    assert re.fullmatch(r"A[A-Za-z0-9_-]{22}", known_trace)


def test_a_refusal_is_the_bytes_that_meta_sends(
    served: Sandbox, http: urllib3.PoolManager, make_event: Make
) -> None:
    """ASCII, as other languages' titles show it; the trace id stands inside the error."""
    response = send(http, served, [make_event(event_name="Purchase")])
    body, _ = without_trace(response.data)
    assert response.status == 400
    assert body == (
        rb'{"error":{"message":"Invalid parameter","type":"OAuthException","code":100,"error_subcode":2804009,'
        rb'"is_transient":false,"error_user_title":"Missing Value for Purchase Event","error_user_msg":"Your purchase '
        rb'event doesn\u2019t include a value parameter. Enter a value. For example: 1.99","fbtrace_id":""}}'
    )


def test_a_refused_token_has_four_keys_only(http: urllib3.PoolManager, make_event: Make) -> None:
    """No subcode, no titles; and the reason stands in a header."""
    with Sandbox(SandboxOptions(tokens="another", now=lambda: NOW)) as sandbox:
        response = send(http, sandbox, [make_event()])
    body, _ = without_trace(response.data)
    assert response.status == 401
    assert body == (
        b'{"error":{"message":"Invalid OAuth access token - Cannot parse access token","type":"OAuthException",'
        b'"code":190,"fbtrace_id":""}}'
    )
    assert response.headers["www-authenticate"].startswith(
        'OAuth "Facebook Platform" "invalid_token" "Invalid'
    )


def test_answers_carry_meta_s_headers(served: Sandbox, http: urllib3.PoolManager, make_event: Make) -> None:
    """The version that answered, and the trace."""
    response = send(http, served, [make_event()])
    assert response.headers["content-type"] == "application/json; charset=UTF-8"
    assert response.headers["facebook-api-version"] == "v25.0"
    assert response.headers["x-fb-request-id"] == json.loads(response.data)["fbtrace_id"]
    assert response.headers["cache-control"] == "private, no-cache, no-store, must-revalidate"
    assert "server" not in response.headers


def test_slashes_are_escaped() -> None:
    """As PHP's encoder does it, and so Meta's."""
    failure = variants(100, 33)[0]
    assert rb"https:\/\/developers.facebook.com\/docs\/graph-api" in failure.body("A")


def test_the_table_holds_every_known_shape(vectors: Vectors) -> None:
    """Our copy of the facts is whole, and in its order."""
    mine = list(known_failures())
    for line in vectors("meta/errors.jsonl"):
        if line.get("code"):
            expected = Failure(
                code=line["code"],
                subcode=line["subcode"],
                status=line["http_status"] or 400,
                type=line["type"],
                message=line["message"] or f"(#{line['code']}) An error occurred.",
                is_transient=line["is_transient"],
                title=line["title"],
                msg=line["msg"],
            )
            assert expected in mine, expected
            del mine[: mine.index(expected) + 1]


def test_our_own_sentences_come_first_and_are_complete() -> None:
    """Who meets a refusal here must be able to read it, even where only a translation of Meta's is known."""
    subcodes = {
        2804001, 2804003, 2804004, 2804008, 2804009, 2804010, 2804011, 2804016, 2804019, 2804036, 2804043, 2804050,
        2804066, 2804069, 2804071, 2804075, 2804079, 2804087, 2804116,
    }  # fmt: skip
    for subcode in subcodes:
        first = variants(100, subcode)[0]
        assert first.title, subcode
        assert first.msg, subcode
        assert first.is_transient is False


def test_messages_of_a_success_can_be_chosen(http: urllib3.PoolManager, make_event: Make) -> None:
    """Nobody has shown one; a client should not stumble over it."""
    with Sandbox(SandboxOptions(messages=("look out",), now=lambda: make_event()["event_time"])) as sandbox:
        assert json.loads(send(http, sandbox, [make_event()]).data)["messages"] == ["look out"]


def test_a_failure_reads_as_a_sentence(make_event: Make) -> None:
    """For whoever calls check_events."""
    failure = Failure(
        code=100, subcode=5, message="Invalid parameter", title="Wrong", msg="Do better.", index=3
    )
    assert str(failure) == "100/5 Wrong (event 3): Do better."
    assert str(Failure(code=1, message="Unknown")) == "1 Unknown: Unknown"


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_all_events_are_counted(
    sandbox: Sandbox, http: urllib3.PoolManager, make_event: Make, count: int
) -> None:
    """Up to the limit."""
    response = send(http, sandbox, [make_event(event_id=str(number)) for number in range(count)])
    assert json.loads(response.data)["events_received"] == count
    assert [received["event"]["event_id"] for received in sandbox.events()] == [
        str(number) for number in range(count)
    ]
