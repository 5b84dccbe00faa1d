"""Outboxes are read as long as they live, and no longer."""

import gc
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from capi_actions import Item, OutboxError, Stats
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions_prometheus.metrics import Metrics
from capi_actions_prometheus.outboxes import Outboxes

ITEM = Item(
    destination="shop",
    action="acme.ping",
    message_id=None,
    event_id="1",
    event_time=1_800_000_000,
    deadline=1_800_600_000,
    group="",
    body=b"{}",
)
DEPTH = 'capi_outbox_items{destination="shop",state="waiting"} 1.0'


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    """One that holds an item."""
    with SqliteOutbox(tmp_path / "outbox.db", busy_seconds=0.01) as outbox:
        outbox.put([ITEM])
        yield outbox


@pytest.fixture
def registry() -> CollectorRegistry:
    """One of our own."""
    return CollectorRegistry()


def test_a_failed_read_is_not_the_last_one(
    outbox: SqliteOutbox, registry: CollectorRegistry, tmp_path: Path
) -> None:
    """A lock or a full disk passes; gauges that stay away for ever would hide the next trouble."""
    Metrics(registry).watch(outbox.stats)
    with closing(sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)) as other:
        other.execute("ALTER TABLE dead RENAME TO away")
        assert "capi_outbox_items{" not in generate_latest(registry).decode()
        other.execute("ALTER TABLE away RENAME TO dead")

    assert DEPTH in generate_latest(registry).decode()


@pytest.mark.parametrize("error", [OutboxError("disk full"), RuntimeError("a plugin's fault")])
def test_one_that_fails_hides_no_other(
    outbox: SqliteOutbox, registry: CollectorRegistry, error: Exception
) -> None:
    """Nor the program's own metrics: whatever another's outbox raises, the scrape goes on."""

    def failing() -> Mapping[str, Stats]:
        raise error

    metrics = Metrics(registry)
    metrics.watch(failing)
    metrics.watch(outbox.stats)

    assert DEPTH in generate_latest(registry).decode()


def test_a_closed_outbox_is_left_out(outbox: SqliteOutbox, registry: CollectorRegistry) -> None:
    """A scrape outlives a client."""
    Metrics(registry).watch(outbox.stats)
    outbox.close()

    assert "capi_outbox_items{" not in generate_latest(registry).decode()


def test_an_outbox_that_is_gone_is_dropped(tmp_path: Path) -> None:
    """A process may open a client for each of its tasks: nothing of them must pile up."""
    outboxes = Outboxes()
    references: list[weakref.ref[SqliteOutbox]] = []

    for number in range(5):
        with SqliteOutbox(tmp_path / f"{number}.db") as outbox:
            outboxes.add(outbox.stats)
            assert [*outboxes.read()] == [{}]
        references.append(weakref.ref(outbox))
        del outbox
        gc.collect()

    assert [reference() for reference in references] == [None] * 5
    assert [*outboxes.read()] == []
    assert len(outboxes._references) == 1


def test_a_function_is_read_as_long_as_the_process_lives() -> None:
    """It has no owner whose end could be seen."""
    outboxes = Outboxes()
    outboxes.add(lambda: {"shop": Stats()})
    gc.collect()

    assert [*outboxes.read()] == [{"shop": Stats()}]


def test_the_age_is_that_of_the_event_that_goes_first(
    outbox: SqliteOutbox, registry: CollectorRegistry
) -> None:
    """As the page says: an in-store event may be older, but has 62 days to arrive, where this one has 7."""
    now = int(time())
    Metrics(registry).watch(outbox.stats)
    online: dict[str, Any] = {"event_time": now - 3600, "deadline": now - 3600 + 7 * 86_400}
    in_store: dict[str, Any] = {"event_time": now - 5 * 86_400, "deadline": now + 57 * 86_400}
    outbox.put([ITEM._replace(destination="both", **times) for times in (in_store, online)])

    age = registry.get_sample_value("capi_outbox_oldest_seconds", {"destination": "both"})

    assert age is not None
    assert 3600 <= age < 86_400


def test_two_scrapes_at_once_do_not_disturb_each_other() -> None:
    """Two collectors, or one that repeats: here both are in the midst of the same outbox when it fails."""
    outboxes = Outboxes()
    together = threading.Barrier(2)

    def failing() -> Mapping[str, Stats]:
        together.wait(60)
        raise OutboxError("closed")

    outboxes.add(failing)
    outboxes.add(lambda: {"shop": Stats()})
    readings: list[Any] = []
    threads = [threading.Thread(target=lambda: readings.append([*outboxes.read()])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert readings == [[{"shop": Stats()}]] * 2
