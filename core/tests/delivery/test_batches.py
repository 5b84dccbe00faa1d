"""Batches: as many items as the destination takes, of one group, each sent once."""

import json
from collections.abc import Callable
from typing import Any

from capi_actions.delivery import Summary
from capi_actions.model import Batch, Request
from capi_actions.testing import make_batch

MakeAccount = Callable[..., Any]


def test_what_waits_is_sent_in_one_request(world: Any) -> None:
    """And leaves the outbox."""
    world.put("a", "b", "c")

    assert world.deliverer().drain() == Summary(delivered=3, requests=1)

    assert world.platform.requests == [["a", "b", "c"]]
    assert world.left() == 0


def test_an_empty_outbox_needs_no_request(world: Any) -> None:
    """The usual state of affairs."""
    assert world.deliverer().drain() == Summary()


def test_batches_are_no_larger_than_the_destination_takes(world: Any, make_account: MakeAccount) -> None:
    """By number of items."""
    world.accounts = {"shop": make_account(max_items=4)}
    world.put(*"abcdefghi")

    world.deliverer().drain()

    assert world.platform.requests == [list("abcd"), list("efgh"), ["i"]]


def test_batches_are_no_longer_than_the_destination_takes(world: Any, make_account: MakeAccount) -> None:
    """By bytes, with room for the envelope."""
    world.accounts = {"shop": make_account(max_bytes=2_000)}
    world.put(*"abcde", text="x" * 400)

    world.deliverer().drain()

    assert world.platform.requests == [["a", "b"], ["c", "d"], ["e"]]


def test_a_batch_that_turns_out_too_long_is_halved_without_a_request(
    world: Any, make_account: MakeAccount
) -> None:
    """An envelope may add more than foreseen; what is sent fits, and that one half fits says nothing of the other."""
    account = make_account(max_bytes=5_000)
    envelope = account.envelope
    account.envelope = lambda batch: envelope(make_batch(*[body.ljust(1_000) for body in batch.bodies]))
    world.accounts = {"shop": account}
    world.put(*"abcdefgh")

    assert world.deliverer().drain() == Summary(delivered=8, requests=2)
    assert world.platform.requests == [list("abcd"), list("efgh")]


def test_an_event_that_is_too_large_alone_is_dead(world: Any, make_account: MakeAccount) -> None:
    """With the figures, and without a request."""
    world.accounts = {"shop": make_account(max_bytes=2_000)}
    world.put("large", text="x" * 3_000)
    world.put("small")

    assert world.deliverer().drain() == Summary(delivered=1, buried=1, requests=1)
    assert world.dead() == {"large": "The event is too large: 3,029 bytes, where one request may have 2,000."}
    assert world.platform.requests == [["small"]]


def test_groups_are_sent_apart(world: Any) -> None:
    """A test code belongs to a request, not to an event."""
    world.put("a", "b")
    world.put("t", group="TEST1")

    world.deliverer().drain()

    assert list(zip(world.platform.groups, world.platform.requests, strict=True)) == [
        ("", ["a", "b"]),
        ("TEST1", ["t"]),
    ]


def test_bodies_are_joined_as_they_are(world: Any) -> None:
    """Not decoded and encoded again: byte for byte what the action built."""
    sent: list[bytes] = []
    account = world.accounts["shop"]
    envelope = account.envelope

    def watched(batch: Batch) -> Request:
        sent.extend(batch.bodies)
        return envelope(batch)  # type: ignore[no-any-return]

    account.envelope = watched
    world.put("ü", odd=[1.0, 1e400, "\u2028"], nested={"x": None})

    world.deliverer().drain()

    assert sent == [json.dumps({"id": "ü", "odd": [1.0, 1e400, "\u2028"], "nested": {"x": None}}).encode()]


def test_progress_is_called_after_every_batch(world: Any, make_account: MakeAccount) -> None:
    """For a progress bar."""
    world.accounts = {"shop": make_account(max_items=2)}
    world.put(*"abcde")
    delivered: list[int] = []

    world.deliverer().drain(progress=lambda summary: delivered.append(summary.delivered))

    assert delivered == [2, 4, 5]


def test_a_destination_that_is_not_configured_keeps_its_items(world: Any, caplog: Any) -> None:
    """Removed by mistake or on purpose: somebody should hear of it."""
    world.put("a", destination="gone")

    assert world.deliverer().drain() == Summary()
    assert world.left() == 1
    assert "items wait for the destination 'gone', which isn't configured" in caplog.text
