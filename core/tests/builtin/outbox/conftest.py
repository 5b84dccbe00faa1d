"""Items and outboxes for these tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Item, Judgement
from capi_actions.testing.outboxes import DEAD

NOW = 1_800_000_000
WEEK = 7 * 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the outbox lies."""
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[SqliteOutbox]:
    """An empty outbox."""
    with SqliteOutbox(path) as outbox:
        yield outbox


@pytest.fixture
def make_item() -> Callable[..., Item]:
    """Make items that differ in what a test cares about."""

    def make(name: str = "a", **changes: object) -> Item:
        values: dict[str, object] = {
            "destination": "shop",
            "action": "acme.ping",
            "message_id": f"message-{name}",
            "event_id": f"event-{name}",
            "event_time": NOW - 60,
            "deadline": NOW + WEEK,
            "group": "",
            "body": f'{{"id":"{name}"}}'.encode(),
        }
        return Item(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def dead() -> Judgement:
    """Why something is buried."""
    return DEAD


@pytest.fixture
def bodies() -> Callable[..., list[bytes]]:
    """Claim what is due and return its bodies; nothing is settled."""

    def claim(
        outbox: SqliteOutbox, now: float = NOW, destination: str = "shop", limit: int = 1000
    ) -> list[bytes]:
        claim = outbox.claim(destination, limit, 10_000_000, 60, now)
        return [item.body for item in claim.items] if claim else []

    return claim
