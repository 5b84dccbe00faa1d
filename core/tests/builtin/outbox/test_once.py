"""What was put once isn't put again, and nothing is lost by remembering it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Item, OnceOutbox, OutboxError
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Judgement

NOW = 1_800_000_000
WEEK = 7 * 86_400

# Dies before the SQL statement of this number: put_once() of three items, one of which is known already.
KILLED = """
import os, signal, sqlite3, sys
from capi_actions import Item
from capi_actions.builtin.outbox import SqliteOutbox
path, count = sys.argv[1], int(sys.argv[2])
connect = sqlite3.connect
left = [count]
def traced(statement):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
def mortal(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(traced)
    return connection
with SqliteOutbox(path):
    pass
sqlite3.connect = mortal
outbox = SqliteOutbox(path)
items = [Item("shop", "acme.ping", None, name, 1, 2**40, "", name.encode()) for name in "abc"]
outbox.put_once(items, [name.encode() for name in "abc"], 1.0)
os._exit(0)
"""


def count(outbox: SqliteOutbox) -> int:
    return sum(stats.waiting for stats in outbox.stats().values())


def test_what_was_put_is_left_out(outbox: SqliteOutbox, make_item: Callable[..., Item]) -> None:
    """In the same call, in a later one, and after it was delivered."""
    a, b = make_item("a"), make_item("b")

    assert isinstance(outbox, OnceOutbox)
    assert outbox.put_once([a, b, a], [b"a", b"b", b"a"], NOW) == 1
    claim = outbox.claim("shop", 10, 10**6, 60, NOW)
    assert claim is not None
    outbox.acknowledge(claim.lease, [item.id for item in claim.items])
    assert outbox.put_once([b, make_item("c")], [b"b", b"c"], NOW) == 1
    assert count(outbox) == 1


def test_a_key_is_forgotten_after_the_deadline(outbox: SqliteOutbox, make_item: Callable[..., Item]) -> None:
    """So that the table stays bounded; the platform refuses the event by then."""
    outbox.put_once([make_item("a")], [b"a"], NOW)

    assert outbox.put_once([make_item("a")], [b"a"], NOW + WEEK) == 1
    assert outbox.put_once([make_item("a", deadline=NOW + 3 * WEEK)], [b"a"], NOW + WEEK + 1) == 0
    assert outbox.put_once([make_item("a")], [b"a"], NOW + 2 * WEEK) == 1


def test_a_dead_letter_is_not_remembered(
    outbox: SqliteOutbox, make_item: Callable[..., Item], dead: Judgement
) -> None:
    """Else an event that was corrected would count as sent, and be lost."""
    outbox.put_once([make_item("a"), make_item("b")], [b"a", b"b"], NOW)
    claim = outbox.claim("shop", 1, 10**6, 60, NOW)
    assert claim is not None
    outbox.bury(claim.lease, [item.id for item in claim.items], dead, NOW)

    assert outbox.put_once([make_item("a"), make_item("b")], [b"a", b"b"], NOW) == 1


def test_another_process_knows_it_too(path: Path, make_item: Callable[..., Item]) -> None:
    """It lies in the file."""
    with SqliteOutbox(path) as first, SqliteOutbox(path) as second:
        assert [box.put_once([make_item("a")], [b"a"], NOW) for box in (first, second)] == [0, 1]


def test_a_put_that_fails_is_not_remembered(outbox: SqliteOutbox, make_item: Callable[..., Item]) -> None:
    """All or nothing."""
    with pytest.raises(OutboxError):
        outbox.put_once([make_item("a"), make_item("b", event_id=None)], [b"a", b"b"], NOW)

    assert outbox.put_once([make_item("a")], [b"a"], NOW) == 0
    assert count(outbox) == 1


def test_kill_9_between_any_two_statements_loses_and_repeats_nothing(path: Path) -> None:
    """The item and what is remembered of it are stored together, or not at all."""
    names = [b"a", b"b", b"c"]
    items = [Item("shop", "acme.ping", None, name.decode(), 1, 2**40, "", name) for name in names]
    killed, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        file = path.with_name(f"outbox{killed}")
        with SqliteOutbox(file) as outbox:
            outbox.put_once(items[:1], names[:1], 1.0)
        killed += 1
        status = subprocess.run(
            [sys.executable, "-c", KILLED, str(file), str(killed * 3)], check=False
        ).returncode
        with SqliteOutbox(file) as outbox:
            stored = count(outbox)
            assert outbox.put_once(items, names, 1.0) == stored
            assert count(outbox) == 3

    assert status == 0
    assert killed > 5


@given(puts=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_it_remembers_as_a_dictionary_would(
    puts: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the order of puts and deadlines."""
    path = tmp_path_factory.mktemp("once") / "outbox"
    known: dict[str, int] = {}
    now = 0
    with SqliteOutbox(path) as outbox:
        for name, lifetime, passed in puts:
            now += passed
            is_known = known.get(name, -1) >= now
            item = Item("shop", "acme.ping", None, name, 0, now + lifetime, "", b"{}")
            assert outbox.put_once([item], [name.encode()], now) == is_known
            if not is_known:
                known[name] = now + lifetime
