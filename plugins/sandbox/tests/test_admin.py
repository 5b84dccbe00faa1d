"""``/_sandbox``, and what the sandbox remembers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from capi_actions import ConfigError
from capi_actions_sandbox import Sandbox, SandboxOptions
from capi_actions_sandbox.store import MAX_REQUESTS, Store

Make = Callable[..., dict[str, Any]]
Post = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(http: urllib3.PoolManager) -> Callable[..., Any]:
    """Ask the sandbox's own addresses; gives status and decoded body."""

    def request(sandbox: Sandbox, path: str, method: str = "GET", **body: Any) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} if body else None
        response = http.request(method, f"{sandbox.url}/_sandbox/{path}", headers=headers, **body)
        return response.status, json.loads(response.data)

    return request


def test_events_are_shown_with_what_is_known_about_them(
    sandbox: Sandbox, post: Post, ask: Any, make_event: Make
) -> None:
    """Over HTTP and in Python alike."""
    post(
        sandbox,
        [make_event(event_id="a"), make_event(event_id="b")],
        test_event_code="T1",
        partner_agent="me",
    )
    post(sandbox, [make_event(event_id="c")], "/v24.0/7/events")
    status, body = ask(sandbox, "events")
    assert (status, body["events"]) == (200, sandbox.events())
    first, _, third = body["events"]
    assert first.pop("received") > 0
    assert first == {
        "number": 1,
        "request": 1,
        "pixel": "123",
        "version": "v25.0",
        "test_event_code": "T1",
        "partner_agent": "me",
        "event": make_event(event_id="a"),
    }
    assert (third["number"], third["request"], third["pixel"], third["version"]) == (3, 2, "7", "v24.0")


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"pixel": "7"}, ["c"]),
        ({"version": "v25.0"}, ["a", "b"]),
        ({"test_event_code": "T1"}, ["a", "b"]),
        ({"event_id": "b"}, ["b"]),
        ({"event_name": "Lead"}, ["a", "b", "c"]),
        ({"event_name": "Lead", "pixel": "123", "limit": "1"}, ["a"]),
        ({"action_source": "email"}, []),
        ({"after": "1"}, ["b", "c"]),
        ({"after": "2", "limit": "5"}, ["c"]),
        ({"limit": "0"}, []),
    ],
)
def test_events_can_be_filtered(
    sandbox: Sandbox, post: Post, ask: Any, make_event: Make, filters: dict[str, str], ids: list[str]
) -> None:
    """By what a test knows of them."""
    post(sandbox, [make_event(event_id="a"), make_event(event_id="b")], test_event_code="T1")
    post(sandbox, [make_event(event_id="c")], "/v24.0/7/events")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    _, body = ask(sandbox, f"events?{query}")
    assert [stored["event"]["event_id"] for stored in body["events"]] == ids
    assert sandbox.events(**filters) == body["events"]


@pytest.mark.parametrize("query", ["pixle=1", "after=x", "limit=-1", "limit=" + "9" * 30, "after="])
def test_a_wrong_filter_is_refused(served: Sandbox, ask: Any, query: str) -> None:
    """Else a test would wait for events that it filters away."""
    status, body = ask(served, f"events?{query}")
    assert status == 400
    assert body["error"]["problems"][0]["path"] == f"$.{query.partition('=')[0]}"
    name, _, value = query.partition("=")
    with pytest.raises(ConfigError):
        served.events(**{name: value})


def test_everything_can_be_cleared(sandbox: Sandbox, post: Post, ask: Any, make_event: Make) -> None:
    """Between two tests; numbers go on."""
    post(sandbox, [make_event(), make_event()])
    ask(sandbox, "faults", "POST", body='{"code": 17, "rate": 0}')
    assert ask(sandbox, "events", "DELETE")[1] == {"deleted": 2}
    assert ask(sandbox, "requests", "DELETE")[1] == {"deleted": 1}
    assert ask(sandbox, "faults", "DELETE")[1] == {"deleted": 1}
    expected = {"status": "ok", "requests": 1, "events": 2, "kept": 0, "faults": 0}
    assert ask(sandbox, "health") == (200, expected)
    post(sandbox, [make_event()])
    assert sandbox.events()[0]["number"] == 3
    sandbox.fault("code=1")
    sandbox.clear()
    assert (sandbox.events(), sandbox.requests()) == ([], [])
    assert ask(sandbox, "faults")[1] == {"faults": []}


def test_requests_are_remembered_without_token_and_data(
    sandbox: Sandbox, post: Post, ask: Any, make_event: Make
) -> None:
    """The log may be shown to anybody."""
    post(sandbox, [make_event(user_data={"em": "ada@example.com"})], "/v25.0/123/events?access_token=secret")
    post(sandbox, [make_event()], "/v25.0/123/events?access_token=secret")
    _, body = ask(sandbox, "requests")
    assert body["requests"] == sandbox.requests()
    refused, taken = body["requests"]
    assert (refused["status"], refused["code"], refused["subcode"], refused["index"]) == (
        400,
        100,
        2804016,
        0,
    )
    assert (refused["problem"], refused["stored"], refused["events"]) == (
        "User Parameter Not Hashed",
        False,
        1,
    )
    assert (taken["status"], taken["code"], taken["problem"], taken["stored"]) == (200, None, None, True)
    assert taken["path"] == "/v25.0/123/events"
    assert "secret" not in str(body)
    assert "ada@" not in str(body)


def test_faults_are_ordered_over_http(sandbox: Sandbox, post: Post, ask: Any, make_event: Make) -> None:
    """One, or a schedule."""
    orders = json.dumps([{"code": 17, "times": 2}, "html502"])
    _, body = ask(sandbox, "faults", "POST", body=orders)
    assert body == {
        "faults": [
            {"shape": "error", "code": 17, "times": 2, "left": 2},
            {"shape": "html", "status": 502, "left": 1},
        ]
    }
    assert post(sandbox, [make_event()])[0] == 400
    assert [stored["left"] for stored in ask(sandbox, "faults")[1]["faults"]] == [1, 1]


@pytest.mark.parametrize("body", ["", "x", '{"code": "x"}', "[5]", '[{"code": 1}, "storm"]', "[" * 5000])
def test_a_wrong_order_changes_nothing(served: Sandbox, ask: Any, body: str) -> None:
    """Not even by half."""
    status, answer = ask(served, "faults", "POST", body=body)
    assert status == 400
    assert answer["error"]["message"]
    assert ask(served, "faults")[1] == {"faults": []}


def test_an_order_that_is_too_long_is_refused(post: Post, ask: Any) -> None:
    """The same bound as for events."""
    with Sandbox(SandboxOptions(max_body=100)) as sandbox:
        status, answer = ask(sandbox, "faults", "POST", body=" " * 101)
        assert (status, answer["error"]["message"]) == (400, "(#100) The body is longer than 100 bytes")


def add(store: Store, count: int, size: int = 1) -> None:
    about: dict[str, Any] = {"request": 1, "received": 0.0, "pixel": "1", "version": "v25.0"}
    events = [{"x": "y" * size} for _ in range(count)]
    store.add_events(events, test_event_code=None, partner_agent=5, **about)


def test_memory_is_bounded_by_number() -> None:
    """Whole requests go, oldest first; all are counted."""
    store = Store(SandboxOptions(keep=10))
    for _ in range(4):
        add(store, 4)
    assert [received["number"] for received in store.events()] == list(range(9, 17))
    assert store.counts() == {"requests": 0, "events": 16, "kept": 8}
    add(store, 30)
    assert store.counts()["kept"] == 30


def test_memory_is_bounded_by_bytes() -> None:
    """Events may be long."""
    store = Store(SandboxOptions(keep_bytes=10_000))
    for _ in range(50):
        add(store, 1, size=1000)
    assert store.counts() == {"requests": 0, "events": 50, "kept": 9}


def test_nothing_may_be_kept() -> None:
    """For benchmarks: only counted."""
    store = Store(SandboxOptions(keep=0))
    add(store, 5)
    assert (list(store.events()), store.counts()["events"]) == ([], 5)


def test_the_log_of_requests_is_bounded(post: Post) -> None:
    """A soak test runs for hours."""
    store = Store(SandboxOptions())
    for number in range(MAX_REQUESTS + 5):
        store.add_exchange({"number": number})  # type: ignore[typeddict-item] # the rest doesn't matter here
    assert len(store.exchanges()) == MAX_REQUESTS
    assert store.exchanges()[0]["number"] == 5
