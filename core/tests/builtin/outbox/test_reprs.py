"""What programs log by accident: the repr of items, dead letters and claims."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.client import Receipt
from capi_actions.model import Item, Judgement

NOW = 1_800_000_000


def things(outbox: SqliteOutbox, dead: Judgement) -> dict[str, Any]:
    """Return one of each thing that holds an item whose body and ids are marked."""
    item = Item("shop", "acme.ping", "MARKER", "MARKER", NOW, NOW + 60, "TEST1", b'{"page":"MARKER"}')
    outbox.put([item])
    claim = outbox.claim("shop", 1, 1000, 60, NOW)
    assert claim is not None
    outbox.bury(claim.lease, [claimed.id for claimed in claim.items], dead, NOW)
    return {
        "item": item,
        "claimed item": claim.items[0],
        "claim": claim,
        "dead letter": next(outbox.dead()),
        "receipt": Receipt(accepted=[item]),
    }


@pytest.mark.parametrize("kind", ["item", "claimed item", "claim", "dead letter", "receipt"])
def test_no_repr_shows_a_body_or_an_id(outbox: SqliteOutbox, dead: Judgement, kind: str) -> None:
    """Error trackers record the repr of every local variable."""
    thing = things(outbox, dead)[kind]

    for text in (repr(thing), str(thing), f"{thing}", f"{[thing]}"):
        assert "MARKER" not in text
    assert thing == pickle.loads(pickle.dumps(thing))


def test_reprs_show_what_helps(outbox: SqliteOutbox, dead: Judgement, make_item: Callable[..., Item]) -> None:
    """Where it goes, when it ends, how large it is."""
    times = "event_time=1799999940, deadline=1800604800"
    assert f"Item(destination='shop', action='acme.ping', {times}, body=<10 bytes>)" == repr(make_item())
    shown = things(outbox, dead)
    assert repr(shown["claimed item"]) == "Claimed(id=1, tries=0, deadline=1800000060, body=<17 bytes>)"
    assert (
        repr(shown["claim"])
        == "Claim(lease=1, until=1800000060, destination='shop', group='TEST1', items=<1 items>)"
    )
    assert "Item(destination='shop'" in repr(shown["dead letter"])


def test_a_repr_never_fails(make_item: Callable[..., Item]) -> None:
    """Even of an item that a faulty plugin made: the repr is part of the error's report."""
    assert "body=<NoneType>" in repr(make_item(body=None))
