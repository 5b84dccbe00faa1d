"""The client beside an event loop, and in programs that fork."""

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Client, OutboxError
from capi_actions.builtin.outbox import SqliteOutbox


@pytest.fixture
def client(config: Path) -> Iterator[Client]:
    """A client that only stores."""
    with Client.from_config(config, deliver=False) as client:
        yield client


def test_asend_lets_the_loop_go_on(client: Client, ping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk takes its time: here until the loop itself says go."""
    go = threading.Event()
    put = SqliteOutbox.put

    def slow(outbox: SqliteOutbox, items: Any) -> None:
        assert go.wait(60)
        put(outbox, items)

    monkeypatch.setattr(SqliteOutbox, "put", slow)

    async def run() -> list[int]:
        sending = [asyncio.create_task(client.asend(ping(number))) for number in range(10)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in sending)
        go.set()
        return [len(receipt.accepted) for receipt in await asyncio.gather(*sending)]

    assert asyncio.run(run()) == [1] * 10
    assert client._runtime.outbox.stats()["main"].waiting == 10


def test_asend_raises_what_send_raises(client: Client, ping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the task that awaits it, and in no other."""
    put = SqliteOutbox.put

    def failing(outbox: SqliteOutbox, items: Any) -> None:
        if items[0].message_id == "m1":
            raise OutboxError("the disk is full")
        put(outbox, items)

    monkeypatch.setattr(SqliteOutbox, "put", failing)

    async def run() -> list[Any]:
        return await asyncio.gather(
            *(client.asend(ping(number)) for number in range(3)), return_exceptions=True
        )

    first, second, third = asyncio.run(run())
    assert isinstance(second, OutboxError)
    assert len(first.accepted) == len(third.accepted) == 1


def test_closing_waits_for_sends_in_flight(
    client: Client, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that was told to send gets its receipt, or an error that says why not."""
    entered, go = threading.Event(), threading.Event()
    put = SqliteOutbox.put

    def slow(outbox: SqliteOutbox, items: Any) -> None:
        entered.set()
        assert go.wait(60)
        put(outbox, items)

    monkeypatch.setattr(SqliteOutbox, "put", slow)

    async def run() -> int:
        sending = asyncio.create_task(client.asend(ping()))
        await asyncio.to_thread(entered.wait, 60)
        closing = asyncio.create_task(asyncio.to_thread(client.close))
        await asyncio.sleep(0.05)
        go.set()
        await closing
        return len((await sending).accepted)

    assert asyncio.run(run()) == 1


def in_child(work: Callable[[], str]) -> str:
    """Fork, do something in the child, and give what it says; the child leaves without cleaning up."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # 3.12 warns of forks beside threads: that is the test
        child = os.fork()
    if child == 0:
        try:
            os.write(write, work().encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return answer.read()


def test_a_forked_child_is_refused_clearly(config: Path, ping: Any, acme_server: Any) -> None:
    """SQLite's files must not be used by two processes through one connection."""
    with Client.from_config(config) as client:
        client.send(ping(1))

        def use() -> str:
            messages = []
            for attempt in (
                lambda: client.send(ping(2)),
                client.flush,
                lambda: asyncio.run(client.asend(ping(3))),
            ):
                try:
                    attempt()
                except OutboxError as error:
                    messages.append(str(error))
            return "\n".join(messages)

        messages = in_child(use)
        assert client.flush(timeout=60)

    assert messages.splitlines() == ["this client was made before a fork; make one in each process"] * 3
    assert [item["id"] for item in acme_server.taken] == ["m1"]


def test_closing_in_a_child_leaves_the_parent_s_client_alone(
    config: Path, ping: Any, acme_server: Any
) -> None:
    """A child that leaves the `with` block, or a library that closes everything."""
    with Client.from_config(config) as client:

        def close() -> str:
            client.close()
            return "closed"

        assert in_child(close) == "closed"
        assert len(client.send(ping(1)).accepted) == 1
        assert client.flush(timeout=60)

    assert [item["id"] for item in acme_server.taken] == ["m1"]


def test_a_child_can_make_a_client_of_its_own(client: Client, config: Path, ping: Any) -> None:
    """That is how servers with several workers do it; they share the outbox's file."""

    def use() -> str:
        with Client.from_config(config, deliver=False) as own:
            return str(len(own.send(ping(1)).accepted))

    assert in_child(use) == "1"
    client.send(ping(2))
    assert client._runtime.outbox.stats()["main"].waiting == 2
