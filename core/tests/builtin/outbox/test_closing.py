"""After the end, and after a fork: a sentence instead of an error of SQLite's."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.errors import OutboxError
from capi_actions.model import Item

MakeItem = Callable[..., Item]
Bodies = Callable[..., list[bytes]]


def test_a_closed_outbox_says_so(path: Path, make_item: MakeItem) -> None:
    """Instead of an error of SQLite's."""
    outbox = SqliteOutbox(path)
    outbox.close()
    outbox.close()

    with pytest.raises(OutboxError, match="is closed"):
        outbox.put([make_item()])
    with pytest.raises(OutboxError, match="is closed"):
        outbox.stats()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_is_refused_and_harms_nothing(path: Path, make_item: MakeItem, bodies: Bodies) -> None:
    """SQLite forbids using a connection across a fork; the parent goes on."""
    script = f"""
import os, sys
from capi_actions.errors import OutboxError
from capi_actions.model import Item
from capi_actions.builtin.outbox import SqliteOutbox
item = Item(destination="shop", action="a", message_id=None, event_id="1", event_time=1,
    deadline=2_000_000_000, group="", body=b"x")
outbox = SqliteOutbox({str(path)!r})
outbox.put([item])
child = os.fork()
if not child:
    try:
        outbox.put([item])
    except OutboxError as error:
        print(error, flush=True)
    outbox.close()
    del outbox
    with SqliteOutbox({str(path)!r}) as anew:
        anew.put([item])
    sys.exit()
os.waitpid(child, 0)
outbox.put([item])
outbox.close()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert f"the outbox {path} was opened before a fork; open it anew in the child process\n" == ended.stdout
    with SqliteOutbox(path) as outbox:
        assert bodies(outbox) == [b"x"] * 3
