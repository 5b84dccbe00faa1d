"""What the server refuses for its own good: too much, too fast, too slow."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Client, OutboxError, Receipt
from capi_actions_server.app import create_app
from capi_actions_server.components import Components
from capi_actions_server.ingest import senders
from capi_actions_server.ingest.requests import RequestError, read_body
from capi_actions_server.ingest.senders import RateLimit
from capi_actions_server.ingest.timeouts import Timeouts
from support.asgi import Answer, Caller

KEY = "0123456789abcdef-only"
TABLE = f'[server]\nmax_waiting = 3\nrequest_seconds = 60.0\n[server.keys.only]\nkey = "{KEY}"\n'


class SlowDisk:
    """Stands in for ``Client.store``: waits until the test lets it go on, and counts commits."""

    def __init__(self, client: Client) -> None:
        self._store = client.store
        self.started = threading.Event()
        self.goes_on = threading.Event()
        self.commits: list[int] = []

    def store(self, receipts: Sequence[Receipt]) -> None:
        """Store when the test says so."""
        receipts = list(receipts)
        self.started.set()
        assert self.goes_on.wait(60)
        self.commits.append(len(receipts))
        self._store(receipts)


SlowDisks = Callable[[Components], SlowDisk]


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisks:
    """Make the disk of some components slow."""

    def make_slow(components: Components) -> SlowDisk:
        disk = SlowDisk(components.client)
        monkeypatch.setattr(components.client, "store", disk.store)
        return disk

    return make_slow


@pytest.fixture
def limited(open_components: Callable[[str], Components]) -> Components:
    """Components that let three events wait."""
    return open_components(TABLE)


def test_what_waits_for_the_disk_is_bounded(
    limited: Components, order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """More are refused at once, and what was taken is stored with one commit once the disk goes on."""
    disk = slow_disk(limited)
    call = Caller(create_app(limited), KEY)

    async def scenario() -> tuple[Answer, list[Answer]]:
        first = asyncio.create_task(call.send("/v1/track", order))
        await asyncio.to_thread(disk.started.wait, 60)
        others = [asyncio.create_task(call.send("/v1/track", order)) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await call.send("/v1/track", order)
        disk.goes_on.set()
        return refused, [await task for task in (first, *others)]

    refused, answers = asyncio.run(scenario())

    assert (503, "1") == (refused.status, refused.headers["retry-after"])
    assert "too many events wait for the disk" in refused.body["error"]
    assert [200] * 3 == [answer.status for answer in answers]
    assert [1, 2] == disk.commits
    assert 0 == limited.writer.waiting


def test_nothing_is_taken_that_can_t_be_stored(
    limited: Components, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says so without naming files; /readyz does, until a commit succeeds."""
    store = limited.client.store

    def fail(receipts: object) -> None:
        raise OutboxError("the outbox /secret/path has no room left")

    call = Caller(create_app(limited), KEY)
    monkeypatch.setattr(limited.client, "store", fail)
    answer, ready = call("/v1/track", order), call("/readyz", method="GET")

    assert (503, "1") == (answer.status, answer.headers["retry-after"])
    assert "none was" in answer.body["error"]
    assert "secret" not in answer.body["error"]
    assert 503 == ready.status
    assert "has no room left" in ready.body["problems"][0]
    monkeypatch.setattr(limited.client, "store", store)
    assert 200 == call("/v1/track", order).status
    assert 200 == call("/readyz", method="GET").status


def test_a_fault_in_a_mapping_ends_neither_thread_nor_server(
    limited: Components,
    order: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The requests of that group fail; later ones don't."""
    call = Caller(create_app(limited), KEY)
    with monkeypatch.context() as patch:
        patch.setattr(limited.client, "prepare", lambda event, *_, **__: {}[event["userId"]])
        assert 503 == call("/v1/track", {**order, "userId": "jane.doe@example.com"}).status

    assert 200 == call("/v1/track", order).status
    assert "jane" not in caplog.text


def test_a_request_that_waits_too_long_is_told_so(
    open_components: Callable[[str], Components], order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """It may be stored yet: the same id makes sending it again harmless."""
    components = open_components(TABLE.replace("60.0", "0.1"))
    disk = slow_disk(components)

    answer = Caller(create_app(components), KEY)("/v1/track", order)
    disk.goes_on.set()

    assert 503 == answer.status
    assert "same messageId" in answer.body["error"]


def test_what_waits_is_stored_before_the_server_ends(
    limited: Components, order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """And what comes later is refused, not lost."""
    disk = slow_disk(limited)
    call = Caller(create_app(limited), KEY)

    async def scenario() -> tuple[Answer, Answer, bool]:
        first = asyncio.create_task(call.send("/v1/track", order))
        await asyncio.to_thread(disk.started.wait, 60)
        stopped = asyncio.create_task(asyncio.to_thread(limited.writer.stop, 60))
        while limited.writer.accepts:
            await asyncio.sleep(0)
        late = await call.send("/v1/track", order)
        disk.goes_on.set()
        return await first, late, await stopped

    first, late, stopped = asyncio.run(scenario())

    assert (200, 503, True) == (first.status, late.status, stopped)
    assert "the server stops" in late.body["error"]


def test_what_the_event_loop_did_not_come_to_is_stored_when_the_server_stops(
    open_components: Callable[[str], Components], order: dict[str, Any]
) -> None:
    """The loop ends in the middle of a group's mapping; what was taken is stored all the same, and once."""
    components = open_components(TABLE.replace("max_waiting = 3", "max_waiting = 1000"))
    writer = components.writer

    async def submit() -> None:
        writer._target = 3
        for number in range(4):
            writer.submit(
                [{**order, "type": "track", "messageId": f"{number}-{at}"} for at in range(100)], 100, None
            )

    asyncio.run(submit())

    assert writer.stop(60)
    assert 0 == writer.waiting
    assert 400 == components.client.outbox.stats()["shop"].waiting


def test_many_requests_share_a_commit(
    open_components: Callable[[str], Components], order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """A wait for the disk costs as much as many events."""
    components = open_components(TABLE.replace("max_waiting = 3", "max_waiting = 100"))
    disk = slow_disk(components)
    call = Caller(create_app(components), KEY)

    async def scenario() -> list[Answer]:
        tasks = [asyncio.create_task(call.send("/v1/track", order)) for _ in range(50)]
        while components.writer.waiting < 50:
            await asyncio.sleep(0)
        disk.goes_on.set()
        return [await task for task in tasks]

    assert {200} == {answer.status for answer in asyncio.run(scenario())}
    assert 50 == sum(disk.commits)
    assert len(disk.commits) <= 2


def test_a_request_that_is_no_event_fails_by_itself(
    open_components: Callable[[str], Components], order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """It is read only together with those that wait with it, which are stored all the same."""
    components = open_components(TABLE.replace("max_waiting = 3", "max_waiting = 100"))
    disk = slow_disk(components)
    call = Caller(create_app(components), KEY)
    bodies = [order, b"{", order, b"[]", {**order, "properties": {"total": "much"}}, order]

    async def scenario() -> list[Answer]:
        first = asyncio.create_task(call.send("/v1/track", order))
        await asyncio.to_thread(disk.started.wait, 60)
        tasks = [asyncio.create_task(call.send("/v1/track", body)) for body in bodies]
        while components.writer.waiting < 1 + len(bodies):
            await asyncio.sleep(0)
        disk.goes_on.set()
        return [await task for task in (first, *tasks)]

    answers = asyncio.run(scenario())

    assert [200, 200, 400, 200, 400, 400, 200] == [answer.status for answer in answers]
    assert "the body is not JSON" in answers[2].body["error"]
    assert "must be a JSON object" in answers[4].body["errors"][0]["error"]
    assert "facebook.purchase" == answers[5].body["errors"][0]["action"]
    assert 4 == components.client.outbox.stats()["shop"].waiting
    assert 0 == components.writer.waiting


def test_a_client_that_goes_away_fails_nobody_else(
    limited: Components, order: dict[str, Any], slow_disk: SlowDisks
) -> None:
    """Its event is stored, too: it was taken."""
    disk = slow_disk(limited)
    call = Caller(create_app(limited), KEY)

    async def scenario() -> Answer:
        gone = asyncio.create_task(call.send("/v1/track", order))
        await asyncio.to_thread(disk.started.wait, 60)
        gone.cancel()
        other = asyncio.create_task(call.send("/v1/track", order))
        await asyncio.sleep(0)
        disk.goes_on.set()
        return await other

    assert 200 == asyncio.run(scenario()).status


def test_a_key_may_send_so_many_events(
    open_components: Callable[[str], Components], order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says when to come again; other keys aren't affected."""
    monkeypatch.setattr(senders, "RateLimit", partial(RateLimit, clock=lambda: 0.0))
    table = TABLE + 'events_per_second = 1\n[server.keys.other]\nkey = "0123456789abcdef-other"\n'
    call = Caller(create_app(open_components(table.replace("max_waiting = 3", ""))), KEY)
    statuses = [call("/v1/track", order).status for _ in range(3)]
    answer = call("/v1/batch", {"batch": [order] * 50})

    assert [200, 200, 429] == statuses
    assert 429 == answer.status
    assert "events_per_second" in answer.body["error"]
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert 200 == call("/v1/track", order, key="0123456789abcdef-other").status


@given(
    st.integers(1, 100), st.lists(st.tuples(st.floats(0, 3), st.integers(0, 300)), min_size=1, max_size=30)
)
def test_a_rate_is_kept_on_average(per_second: int, steps: list[tuple[float, int]]) -> None:
    """No sequence of requests gets more than the burst and the rate, but for one request that is larger than both."""
    now = 0.0
    limit = RateLimit(per_second, clock=lambda: now)
    taken = largest = 0
    for elapsed, events in steps:
        now += elapsed
        wait = limit.wait(events)
        assert wait >= 0
        if not wait:
            taken, largest = taken + events, max(largest, events)

    assert taken <= per_second * (2 + now) + largest + 1e-6


def test_whoever_waits_as_told_may_send() -> None:
    """Else the header lies."""
    now = 0.0
    limit = RateLimit(10, clock=lambda: now)
    while not (wait := limit.wait(15)):
        pass
    now += wait

    assert limit.wait(15) == 0


@pytest.mark.parametrize(
    ("messages", "limit", "status"),
    [
        ([(b"abc", True), (b"def", True), (b"gh", False)], 8, None),
        ([(b"abc", True), (b"def", True), (b"ghi", False)], 8, 413),
        ([(b"abc", True)], 8, 408),
    ],
)
def test_a_body_comes_in_parts(messages: list[tuple[bytes, bool]], limit: int, status: int | None) -> None:
    """It is bounded in size and time, whatever its headers say."""

    left = [*messages]

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(60)
        body, more = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    if status is None:
        assert b"abcdefgh" == asyncio.run(read_body({}, receive, {}, limit, Timeouts(30.0)))
        return
    with pytest.raises(RequestError) as caught:
        asyncio.run(read_body({}, receive, {}, limit, Timeouts(0.05 if status == 408 else 30.0)))
    assert status == caught.value.status
