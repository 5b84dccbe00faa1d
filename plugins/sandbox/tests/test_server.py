"""Running a sandbox inside a process."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from starlette.types import Message

from capi_actions import ConfigError
from capi_actions_sandbox import Exchange, Sandbox, SandboxOptions, State, create_app
from capi_actions_sandbox.server import loopback
from support.ports import free_port

Make = Callable[..., dict[str, Any]]
Post = Callable[..., tuple[int, Any]]


def test_two_sandboxes_run_side_by_side(post: Post, make_event: Make) -> None:
    """Each on a free port, with a memory of its own."""
    options = SandboxOptions(now=lambda: make_event()["event_time"])
    with Sandbox(options) as one, Sandbox(options) as other:
        assert one.url != other.url
        post(one, [make_event()])
        assert (len(one.events()), len(other.events())) == (1, 0)


def test_what_came_can_be_seen_after_the_end(post: Post, make_event: Make) -> None:
    """A test looks at the result when all is over."""
    options = SandboxOptions(now=lambda: make_event()["event_time"])
    with Sandbox(options, port=free_port()) as sandbox:  # one that nobody else gets afterwards
        post(sandbox, [make_event()])
    assert len(sandbox.events()) == 1
    with pytest.raises(urllib3.exceptions.HTTPError):
        post(sandbox, [make_event()])


def test_a_stopped_sandbox_can_be_started_again(post: Post, make_event: Make) -> None:
    """To rehearse an outage: same memory, and the same port when one was given."""
    options = SandboxOptions(now=lambda: make_event()["event_time"])
    port = free_port()
    sandbox = Sandbox(options, port=port)
    for count in (1, 2):
        with sandbox:
            assert sandbox.url.endswith(f":{port}")
            post(sandbox, [make_event()])
            assert len(sandbox.events()) == count
    sandbox.stop()


def test_it_starts_once_at_a_time(served: Sandbox) -> None:
    """Two threads on one socket would share the requests."""
    with pytest.raises(ConfigError, match="is running already"):
        served.start()


def test_a_taken_port_is_said(served: Sandbox) -> None:
    """With address and reason."""
    port = int(served.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"can't listen on 127\.0\.0\.1 port {port}: .*in use"):
        Sandbox(port=port).start()
    with pytest.raises(ConfigError, match="can't listen"):
        Sandbox(port=70_000).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", "", "8.8.8.8"])
def test_no_other_machine_can_reach_it(host: str) -> None:
    """It takes any token and shows what it got."""
    with pytest.raises(
        ConfigError, match=r"this machine alone: host should be 127\.0\.0\.1, ::1 or localhost"
    ):
        Sandbox(host=host)


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "::1"), ("127.9.9.9", "127.9.9.9")],
)
def test_loopback_addresses_are_taken(host: str, address: str) -> None:
    """All of them."""
    assert loopback(host) == address


def test_the_listener_hears_of_each_request(post: Post, make_event: Make) -> None:
    """Before its answer leaves."""
    heard: list[Exchange] = []
    with Sandbox(SandboxOptions(now=lambda: make_event()["event_time"]), listener=heard.append) as sandbox:
        post(sandbox, [make_event()])
        assert [exchange["stored"] for exchange in heard] == [True]
        assert heard == sandbox.requests()


def test_many_threads_may_send_and_look(sandbox: Sandbox, post: Post, make_event: Make) -> None:
    """Nothing is lost or counted twice."""

    def send(sender: int) -> None:
        for number in range(20):
            assert post(sandbox, [make_event(event_id=f"{sender}.{number}")])[0] == 200
            sandbox.events(limit=1)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [received["event"]["event_id"] for received in sandbox.events()]
    assert sorted(ids) == sorted(f"{sender}.{number}" for sender in range(8) for number in range(20))
    assert [received["number"] for received in sandbox.events()] == list(range(1, 161))


def test_a_foreign_server_can_run_it_but_cut_nothing(make_event: Make) -> None:
    """Said clearly, rather than answered as if it were true."""
    state = State(options=SandboxOptions(now=lambda: make_event()["event_time"]))
    sent: list[Message] = []
    app = create_app(state=state)
    body = json.dumps({"data": [make_event()]}).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v25.0/1/events",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer x"), (b"content-type", b"application/json")],
    }
    asyncio.run(app(dict(scope), receive, send))
    assert sent[0]["status"] == 200
    state.faults.add(Sandbox().fault("reset"))
    with pytest.raises(RuntimeError, match=r"only capi_actions_sandbox\.Sandbox"):
        asyncio.run(app(dict(scope), receive, send))


def test_an_app_without_a_state_makes_its_own(make_event: Make) -> None:
    """The shortest way to run it under another server."""
    paths = {getattr(route, "path", None) for route in create_app(SandboxOptions()).routes}
    assert paths >= {"/_sandbox/events", "/{path:path}"}
    assert create_app().routes
