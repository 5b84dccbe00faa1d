"""What was delivered or purged is gone from the file, its log and its shared memory."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import ALL_DEAD, DeadFilter, Item, Judgement, Verdict
from support.length import examples

NOW = 1_800_000_000
_MARK = re.compile(rb"mark-(\d{6})-")
DEAD = Judgement(verdict=Verdict.DEAD, code=1, reason="It was refused.")


def marked(number: int, repeats: int, deadline: int = NOW + 1000, destination: str = "shop") -> Item:
    """Return an item whose every part that may be personal holds a mark of its own."""
    mark = f"mark-{number:06}-"
    return Item(
        destination, "acme.ping", mark, mark, NOW, deadline, "", f'{{"page":"{mark * repeats}"}}'.encode()
    )


def numbers_on_disk(path: Path) -> set[int]:
    """Numbers of the items of which anything is in the file or beside it."""
    return {int(number) for file in path.parent.iterdir() for number in _MARK.findall(file.read_bytes())}


def numbers(items: list[bytes]) -> set[int]:
    """Numbers of the items with these bodies."""
    return {int(number) for body in items for number in _MARK.findall(body)}


def drain(
    outbox: SqliteOutbox, limit: int = 1000, buried: Callable[[int], bool] = lambda number: False
) -> None:
    """Deliver everything, but bury some."""
    while claim := outbox.claim("shop", limit, 10**9, 60, NOW):
        dead = [item.id for item in claim.items if buried(min(numbers([item.body])))]
        outbox.bury(claim.lease, dead, DEAD, NOW)
        outbox.acknowledge(claim.lease, [item.id for item in claim.items if item.id not in dead])


def test_nothing_that_was_delivered_is_left_once_the_backlog_is_empty(path: Path) -> None:
    """While the outbox stays open, as in a service; not in the log either."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 30) for number in range(3000)])
        assert numbers_on_disk(path) == set(range(3000))
        drain(outbox)

        assert numbers_on_disk(path) == set()


def test_nothing_is_left_after_each_of_many_small_backlogs(path: Path) -> None:
    """A service empties its outbox several times a second."""
    with SqliteOutbox(path) as outbox:
        for number in range(20):
            outbox.put([marked(number, 5)])
            drain(outbox)

            assert numbers_on_disk(path) == set()


@settings(max_examples=examples(25), deadline=None)
@given(
    sizes=st.lists(st.sampled_from([1, 5, 30, 120, 2000]), min_size=1, max_size=60),
    batch=st.integers(1, 40),
    period=st.integers(2, 9),
    rounds=st.integers(1, 2),
    order=st.randoms(use_true_random=False),
)
def test_only_dead_letters_are_left_of_a_backlog(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    batch: int,
    period: int,
    rounds: int,
    order: object,
) -> None:
    """SQLite moves cells between pages while their neighbours are deleted, and leaves copies behind."""
    path = tmp_path_factory.mktemp("wiping") / "outbox.db"
    deadlines = list(range(NOW + 1, NOW + 1 + len(sizes)))
    order.shuffle(deadlines)  # type: ignore[attr-defined]
    dead: set[int] = set()
    with SqliteOutbox(path) as outbox:
        for round_ in range(rounds):
            first = round_ * len(sizes)
            outbox.put(
                [
                    marked(first + at, size, deadline)
                    for at, (size, deadline) in enumerate(zip(sizes, deadlines, strict=True))
                ]
            )
            drain(outbox, batch, lambda number: number % period == 0)
            dead |= {number for number in range(first, first + len(sizes)) if number % period == 0}

            assert numbers_on_disk(path) == dead

        some = [letter.id for letter in outbox.dead() if letter.id is not None][::2]
        outbox.purge(DeadFilter(ids=some))
        assert numbers_on_disk(path) == numbers([letter.item.body for letter in outbox.dead()])

        outbox.purge(ALL_DEAD)
        assert numbers_on_disk(path) == set()


def test_what_a_pause_keeps_does_not_keep_what_was_delivered(path: Path) -> None:
    """Another destination's items may wait for weeks until a person resumes it."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 30, destination=("shop", "paused")[number % 2]) for number in range(500)])
        outbox.pause("paused", DEAD, NOW)
        drain(outbox, 50)

        assert numbers_on_disk(path) == set(range(1, 500, 2))


def test_a_purge_wipes_while_a_backlog_waits(path: Path) -> None:
    """Somebody asked for it, perhaps because the law does."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 30, NOW + number) for number in range(300)])
        claim = outbox.claim("shop", 100, 10**9, 60, NOW)
        assert claim is not None
        outbox.bury(claim.lease, [item.id for item in claim.items], DEAD, NOW)
        outbox.purge(ALL_DEAD)

        assert numbers_on_disk(path) == set(range(100, 300))


def test_what_was_delivered_of_a_larger_backlog_is_wiped_at_the_end(path: Path) -> None:
    """A run that is stopped half-way, say."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 30, NOW + number * 7919 % 1000) for number in range(1000)])
        claim = outbox.claim("shop", 300, 10**9, 60, NOW)
        assert claim is not None
        delivered = numbers([item.body for item in claim.items])
        outbox.acknowledge(claim.lease, [item.id for item in claim.items])

    assert numbers_on_disk(path) == set(range(1000)) - delivered


def test_a_late_acknowledgement_wipes_too(path: Path) -> None:
    """Even of what was buried meanwhile."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 30) for number in range(20)])
        late = outbox.claim("shop", 100, 10**9, 60, NOW)
        again = outbox.claim("shop", 10, 10**9, 60, NOW + 61)
        assert late is not None
        assert again is not None
        outbox.bury(again.lease, [item.id for item in again.items], DEAD, NOW)
        outbox.acknowledge(late.lease, [item.id for item in late.items])

        assert numbers_on_disk(path) == set()


@pytest.fixture
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process that reads the file as it is now, and goes on reading."""
    SqliteOutbox(path).close()
    with SqliteOutbox(path):
        db = sqlite3.connect(path, isolation_level=None)
        yield db
        db.close()


def test_a_reader_puts_wiping_off(path: Path, reader: sqlite3.Connection) -> None:
    """The log can't be cut while somebody reads from it; the next call does it, and nothing fails before."""
    with SqliteOutbox(path, busy_seconds=0.05) as outbox:
        outbox.put([marked(1, 30)])
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM item").fetchall()
        drain(outbox)
        reader.execute("COMMIT")

        outbox.put([marked(2, 30)])
        drain(outbox)
        assert numbers_on_disk(path) == set()


def test_a_large_file_is_rewritten_only_now_and_then(path: Path) -> None:
    """Else an outbox with many dead letters would do nothing else.

    What is left meanwhile are copies that SQLite made when it moved cells: what was deleted is overwritten at once.
    """
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(number, 3000) for number in range(200)])
        drain(outbox, buried=lambda number: True)
        rewritten: list[str] = []
        outbox._database._next_rewriting = float("inf")
        outbox._database._connection.set_trace_callback(rewritten.append)
        outbox.put([marked(number, 3) for number in range(200, 210)])
        drain(outbox)
        assert "VACUUM" not in rewritten
        assert numbers_on_disk(path) == set(range(200))

        outbox._database._next_rewriting = 0.0
        outbox.put([marked(300, 3)])
        drain(outbox)
        assert "VACUUM" in rewritten

    assert numbers_on_disk(path) == set(range(200))


def test_failing_to_wipe_fails_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged is acknowledged: raising would make delivery send it again."""
    with SqliteOutbox(path) as outbox:
        outbox.put([marked(1, 3)])

        def fail(*arguments: object, **options: object) -> bool:
            raise sqlite3.OperationalError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(outbox._database, "_rewrite", fail)
            drain(outbox)
        assert outbox.stats() == {}

    assert numbers_on_disk(path) == set()


def test_a_claim_that_finds_nothing_wipes_what_was_put_off_while_the_outbox_was_filled(path: Path) -> None:
    """Wiping after every batch would take longer than sending it; but the input may fall silent for days."""
    with SqliteOutbox(path) as outbox, outbox.expect_puts():
        outbox.put([marked(number, 30) for number in range(20)])
        drain(outbox)
        outbox.put([marked(number, 30) for number in range(20, 40)])
        outbox._database._next_wiping = float("inf")  # less than a second has passed
        drain(outbox)
        assert numbers_on_disk(path)

        outbox._database._next_wiping = 0.0
        assert outbox.claim("shop", 1, 10**9, 60, NOW) is None
        assert numbers_on_disk(path) == set()


def test_nothing_is_put_off_once_the_outbox_is_filled(path: Path) -> None:
    """Whoever claims next wipes, or who closes the outbox."""
    with SqliteOutbox(path) as outbox:
        with outbox.expect_puts():
            outbox._database._next_wiping = float("inf")
            outbox.put([marked(number, 30) for number in range(20)])
            drain(outbox)
            assert numbers_on_disk(path)
        assert outbox.claim("shop", 1, 10**9, 60, NOW) is None
        assert numbers_on_disk(path) == set()
