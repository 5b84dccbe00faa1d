"""Several processes share an outbox: nothing twice, nothing lost."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.model import Item
from support.lockstep import in_lockstep

NOW = 1_800_000_000
MakeItem = Callable[..., Item]

WORKER = """
import sys
from capi_actions.model import Item
from capi_actions.builtin.outbox import SqliteOutbox
path, name = sys.argv[1:]
with SqliteOutbox(path, busy_seconds=60) as outbox:
    for batch in range(20):
        outbox.put([
            Item(destination="shop", action="a", message_id=None, event_id="e", event_time=1, deadline=2_000_000_000,
                group="", body=f"{name}-{batch}-{number}".encode())
            for number in range(10)
        ])
        claim = outbox.claim("shop", 7, 10_000, 600, 1_800_000_000)
        if claim:
            outbox.acknowledge(claim.lease, [item.id for item in claim.items])
            print("\\n".join(item.body.decode() for item in claim.items), flush=True)
"""


def test_processes_share_the_work(path: Path) -> None:
    """They make the file together, put, claim and acknowledge at the same time."""
    names = ["one", "two", "three"]
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    delivered = [line for worker in workers for line in worker.communicate(timeout=120)[0].split()]
    with SqliteOutbox(path) as outbox:
        claim = outbox.claim("shop", 1000, 10**6, 60, NOW)
    waiting = [item.body.decode() for item in claim.items] if claim else []

    assert [worker.returncode for worker in workers] == [0, 0, 0]
    expected = sorted(
        f"{name}-{batch}-{number}" for name in names for batch in range(20) for number in range(10)
    )
    assert expected == sorted(delivered + waiting)
    assert len(delivered) == 420


OPENING = """
from capi_actions.builtin.outbox import SqliteOutbox
def step(path):
    with SqliteOutbox(path, busy_seconds=60):
        return "opened"
"""


def test_several_processes_create_the_file_at_the_same_moment(tmp_path: Path) -> None:
    """SQLite doesn't wait for another process that is switching the same new file to its write-ahead log."""
    paths = [str(tmp_path / f"{number}.db") for number in range(100)]

    assert [["opened"] * 4] * 100 == list(in_lockstep(OPENING, paths))


def test_several_processes_create_the_folder_at_the_same_moment(tmp_path: Path) -> None:
    """As the services of one machine do that start for the first time."""
    paths = [str(tmp_path / f"{number}" / "capi" / "outbox.db") for number in range(50)]

    assert [["opened"] * 4] * 50 == list(in_lockstep(OPENING, paths))


def test_what_a_killed_process_had_claimed_comes_back(path: Path, make_item: MakeItem) -> None:
    """And what it had put is there."""
    script = WORKER.replace("outbox.acknowledge(", "import os; os.kill(os.getpid(), 9); (")
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path), "victim"], capture_output=True, check=False
    )

    with SqliteOutbox(path) as outbox:
        stats = outbox.stats()["shop"]
        claim = outbox.claim("shop", 100, 10**6, 60, NOW + 600)

    assert ended.returncode == -9
    assert (stats.waiting, stats.leased) == (3, 7)
    assert claim is not None
    assert {f"victim-0-{number}".encode() for number in range(10)} == {item.body for item in claim.items}
