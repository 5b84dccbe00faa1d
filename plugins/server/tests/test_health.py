"""What watches the server: is it alive, can it work, what are its figures."""

from collections.abc import Callable
from typing import Any

import pytest

from capi_actions import Judgement, OutboxError, Verdict
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from support.asgi import Answer, Caller

TABLE = '[server.keys.only]\nkey = "0123456789abcdef-only"\n'


def get(call: Caller, path: str, **headers: str) -> Answer:
    """Read a page without a key."""
    return call(path, method="GET", key=None, headers=headers)


def test_a_living_server_says_so(call: Caller) -> None:
    """Whatever else is wrong."""
    assert (200, {"status": "alive"}) == get(call, "/healthz")[::2]


def test_a_paused_destination_is_not_ready_but_can_store(
    open_components: Callable[[str], Components],
) -> None:
    """A load balancer that stopped sending would lose events for want of a token."""
    components = open_components(TABLE)
    call = Caller(create_app(components))
    judgement = Judgement(verdict=Verdict.PAUSE, reason="The token is invalid.")
    with SqliteOutbox(components.config.folder / "capi-outbox.sqlite3") as outbox:
        assert 200 == get(call, "/readyz").status
        outbox.pause("shop", judgement, 0)

        answer = get(call, "/readyz")
        assert (503, ["shop is paused: The token is invalid."]) == (answer.status, answer.body["problems"])
        assert 200 == get(call, "/readyz?storage").status


def test_readiness_takes_no_longer_the_more_items_there_are(
    open_components: Callable[[str], Components], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask: counting 200,000 items took 58 ms, in which nothing could be stored."""
    components = open_components(TABLE)

    def look_through(*_: object) -> None:
        raise AssertionError("looks through all items")

    for name in ("stats", "dead", "destinations"):
        monkeypatch.setattr(components.client.outbox, name, look_through)
    call = Caller(create_app(components))

    assert [200, 200] == [get(call, path).status for path in ("/readyz", "/readyz?storage")]


def test_a_damaged_outbox_is_not_ready(
    open_components: Callable[[str], Components], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked for."""
    components = open_components(TABLE)

    def fail() -> None:
        raise OutboxError("the disk is gone")

    monkeypatch.setattr(components.client.outbox, "paused", fail)
    call = Caller(create_app(components))

    for path in ("/readyz", "/readyz?storage"):
        answer = get(call, path)
        assert (503, ["the outbox can't be read: the disk is gone"]) == (
            answer.status,
            answer.body["problems"],
        )


def test_a_stopped_writer_is_not_ready(open_components: Callable[[str], Components]) -> None:
    """Nothing can be stored any more."""
    components = open_components(TABLE)
    components.writer.stop(60)

    answer = get(Caller(create_app(components)), "/readyz?storage")

    assert (503, ["events can't be stored: the server stops"]) == (answer.status, answer.body["problems"])


def test_requests_and_events_are_counted(call: Caller, order: dict[str, Any]) -> None:
    """Prometheus reads it; each answer by its status."""

    def figures() -> dict[str, float]:
        call.peer = "127.0.0.1"
        lines = get(call, "/metrics").body.splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] != "#"}

    before = figures()
    call("/v1/batch", {"batch": [{**order, "type": "track"}] * 3})
    call("/v1/track", order, key="nobody")
    after = figures()

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert 3 == grown("capi_server_events_accepted_total")
    assert 1 == grown('capi_server_requests_total{status="200"}')
    assert 1 == grown('capi_server_requests_total{status="401"}')


@pytest.mark.parametrize(
    ("peer", "headers"),
    [("1.1.1.1", {}), ("127.0.0.1", {"x-forwarded-for": "1.1.1.1"}), ("127.0.0.1", {"forwarded": ""})],
)
def test_figures_are_not_for_everybody(peer: str, headers: dict[str, str], call: Caller) -> None:
    """They name destinations, and how much is sold."""
    call.peer = peer

    answer = get(call, "/metrics", **headers)

    assert 403 == answer.status
    assert "metrics_from" in answer.body["error"]
