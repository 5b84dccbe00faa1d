"""Threads that send at the same time: one of them maps and stores for all, and each learns its own fate."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Client, EventError, Item, OutboxError, Receipt
from capi_actions.group_commit import LockedError

_PATIENCE = 120  # seconds, for a machine that is busy with other things


@pytest.fixture
def client(config: Path) -> Iterator[Client]:
    """A client that only stores."""
    with Client.from_config(config, deliver=False) as client:
        yield client


@pytest.fixture
def send_together(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Sequence[Any]], list[Receipt | str]]:
    """Send events from a thread each, all but the first in one group; return receipts, or the errors' texts."""

    def send(events: Sequence[Any]) -> list[Receipt | str]:
        results: list[Receipt | str] = [""] * len(events)
        leads = threading.Event()
        commit = client._sends.commit

        def wait_for_the_others(sendings: Any) -> None:
            if not leads.is_set():
                leads.set()
                while len(client._sends._queue) < len(events) - 1:
                    threading.Event().wait(0.001)
            commit(sendings)

        def work(index: int) -> None:
            try:
                results[index] = client.send(events[index])
            except OutboxError as error:
                results[index] = str(error)

        monkeypatch.setattr(client._sends, "commit", wait_for_the_others)
        threads = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(events))]
        threads[0].start()
        assert leads.wait(_PATIENCE)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
        return results

    return send


def record_puts(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: OutboxError | None = None
) -> list[int]:
    """Return a list that gets the size of every put; those of more than one item raise the error."""
    sizes: list[int] = []
    put = client.outbox.put

    def record(items: Sequence[Item]) -> None:
        sizes.append(len(items))
        if error is not None and len(items) > 1:
            raise error
        put(items)

    monkeypatch.setattr(client.outbox, "put", record)
    return sizes


def test_a_group_is_one_put_and_each_gets_its_own_receipt(
    client: Client, ping: Any, send_together: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused, or no event, costs the others nothing."""
    sizes = record_puts(client, monkeypatch)
    events = [
        ping(0),
        ping(1),
        ping(2, timestamp=5),
        {"type": "alias"},
        ping(3, value=10**400),
    ]

    first, second, refused, unmatched, invalid = send_together([*events])

    assert [1, 1] == sizes
    assert [events[0]["messageId"], events[1]["messageId"]] == [
        first.accepted[0].message_id,
        second.accepted[0].message_id,
    ]
    assert ([], 1) == (refused.accepted, len(refused.refused))
    assert not unmatched.matched
    assert isinstance(invalid.problem, EventError)
    status = client.status()
    assert (1, 1, 1) == (status.refused, status.unmatched, status.invalid)
    assert 2 == sum(stats.undelivered for stats in client.outbox.stats().values())


def test_when_a_group_can_not_be_stored_each_stores_its_own(
    client: Client, ping: Any, send_together: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One's items may be the reason; and a store of a plugin may fail for all only after a while."""
    sizes = record_puts(client, monkeypatch, OutboxError("too many"))

    receipts = send_together([ping(number) for number in range(5)])

    assert [1, 4, 1, 1, 1, 1] == sizes
    assert [1] * 5 == [len(receipt.accepted) for receipt in receipts]
    assert 5 == sum(stats.undelivered for stats in client.outbox.stats().values())
    assert 5 == client._runtime.monitor._events.total()  # each is counted once


def test_a_group_that_meets_a_lock_is_not_tried_again(
    client: Client,
    ping: Any,
    send_together: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each would wait for the lock in turn; the log has one line for all."""
    sizes = record_puts(client, monkeypatch, LockedError("locked"))

    first, *others = send_together([ping(number) for number in range(5)])

    assert [1, 4] == sizes
    assert 1 == len(first.accepted)
    assert ["locked"] * 4 == others
    assert 1 == caplog.text.count("events can't be stored: locked")


def test_observers_are_called_in_the_thread_that_sends(
    config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may hold a lock while it sends, and take it in ``on_problem``: no other thread must wait there."""
    lock = threading.RLock()
    seen: list[str] = []

    def note(incident: Any) -> None:
        with lock:
            seen.append(threading.current_thread().name)

    with Client.from_config(config, deliver=False, on_problem=note) as client:
        queued = threading.Event()
        commit = client._sends.commit

        def wait_for_another(sendings: Any) -> None:
            while not client._sends._queue and not queued.is_set():
                threading.Event().wait(0.001)
            queued.set()
            commit(sendings)

        def send_holding_the_lock() -> None:
            with lock:
                client.send(ping(1))

        monkeypatch.setattr(client._sends, "commit", wait_for_another)
        refused = threading.Thread(
            target=client.send, args=(ping(0, timestamp=5),), name="refused", daemon=True
        )
        refused.start()
        holder = threading.Thread(target=send_holding_the_lock, daemon=True)
        holder.start()
        for thread in (refused, holder):
            thread.join(_PATIENCE)
            assert not thread.is_alive()

    assert ["refused"] == seen


def test_what_is_sent_while_a_group_is_stored_does_not_wait_for_it(
    client: Client, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log handler may send what it is told, and a plugin may log: the leader would wait for itself."""

    class Sending(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            client.send(ping(2))

    logger = logging.getLogger("capi_actions.test")
    put = client.outbox.put

    def log_once(items: Sequence[Item]) -> None:
        monkeypatch.setattr(client.outbox, "put", put)
        logger.error("a plugin has something to say")
        put(items)

    monkeypatch.setattr(client.outbox, "put", log_once)
    handler = Sending()
    logger.addHandler(handler)
    try:
        sender = threading.Thread(target=client.send, args=(ping(1),), daemon=True)
        sender.start()
        sender.join(_PATIENCE)
    finally:
        logger.removeHandler(handler)

    assert not sender.is_alive()
    assert 2 == sum(stats.undelivered for stats in client.outbox.stats().values())
