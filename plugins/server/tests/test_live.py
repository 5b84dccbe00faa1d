"""The live view of one server process shows what came in at another, and nothing of it stays on disk."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, time
from typing import Any

import pytest
from hypothesis import given

from capi_actions import EventError, Json, Judgement, Plugins, Receipt, Verdict
from capi_actions.testing import events
from capi_actions_server import live_view_file
from capi_actions_server.components import Components
from capi_actions_server.live_view_file import LiveViewFile, Sharer
from capi_actions_server.pages.live import Selection, View, read_view
from capi_actions_server.recent_events import RecentEvent, RecentEvents

TABLE = '[server.keys.main]\nkey = "0123456789abcdef-main"\n'
ALL = Selection()


class Process:
    """A server process of several, with a clock that the test sets."""

    now = 1_000_000.0

    def __init__(self, components: Components) -> None:
        self.components = components
        self.recent_events = components.recent_events
        self.sharer = Sharer(components.recent_events, components.live_view_file, lambda: Process.now)

    def take(self, event: Json, name: str = "main") -> None:
        """Take an event."""
        receipt = self.components.client.prepare(event)
        self.components.client.store([receipt])
        self.recent_events.add(self.now, name, "/v1/track", event, receipt)

    def look(self) -> View:
        """Look at its live view."""
        return read_view(self.components, ALL, self.now)


@pytest.fixture
def processes(
    open_components: Callable[[str], Components], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Process, Process]]:
    """Two with one outbox, which share when the test says so."""
    monkeypatch.setattr(Sharer, "start", lambda self: self._closing.set() or self._thread.start())
    monkeypatch.setattr(Process, "now", time())
    yield Process(open_components(TABLE)), Process(open_components(TABLE))


def content(process: Process) -> str:
    """Return all that the file holds, as text."""
    path = process.components.live_view_file._path
    return path.read_bytes().decode("latin-1") if path.exists() else ""


def test_each_process_shows_what_all_took(processes: tuple[Process, Process], order: dict[str, Any]) -> None:
    """The newest first, with its process, and what became of it."""
    one, other = processes
    assert ([], 0, 1) == (list(one.look().rows), one.look().total, len(one.look().processes))
    for number, process in enumerate([one, other, one, other]):
        Process.now += 1
        process.take({**order, "type": "track", "messageId": f"m-{number}"}, f"key-{number}")
    other.take({"type": "track", "event": "Order Completed", "properties": {}}, "refused")
    other.sharer.share()
    view = one.look()

    assert 5 == view.total
    assert 2 == len(view.processes)
    assert ["refused", "key-3", "key-2", "key-1", "key-0"] == [row.entry.source for row in view.rows]
    assert ["refused", *["waiting"] * 4] == [row.fates[0].state for row in view.rows]
    assert "currency" in view.rows[0].fates[0].reason
    assert ["key-3", "key-1"] == [
        row.entry.source for row in other.look().rows if row.entry.source.startswith("key")
    ]
    assert [] == read_view(one.components, Selection(words="nothing"), Process.now).rows
    assert 5 == len(read_view(one.components, Selection(words=view.processes[1]), Process.now).rows)


def test_a_dead_letter_of_another_process_is_told(
    processes: tuple[Process, Process], order: dict[str, Any]
) -> None:
    """By the hash of its id."""
    one, other = processes
    one.look()
    other.take({**order, "type": "track"})
    other.sharer.share()
    outbox = one.components.client.outbox
    claim = outbox.claim("shop", 1, 10_000, 60.0, Process.now)
    assert claim
    judgement = Judgement(verdict=Verdict.DEAD, reason="The platform says no.", advice="Ask it.")
    outbox.bury(claim.lease, [item.id for item in claim.items], judgement, Process.now)

    (row,) = one.look().rows
    assert ("dead", "The platform says no.", "Ask it.") == (
        row.fates[0].state,
        row.fates[0].reason,
        row.fates[0].advice,
    )


def test_nothing_is_written_while_nobody_looks(
    processes: tuple[Process, Process], order: dict[str, Any]
) -> None:
    """And what was written is removed a minute after somebody looked."""
    one, other = processes
    other.take({**order, "type": "track", "event": "Order Completed"})
    other.sharer.share()
    assert not one.components.live_view_file._path.exists()

    one.look()
    other.sharer.share()
    assert "Order Completed" in content(one)
    Process.now += 30
    one.look()
    other.sharer.share()
    assert "Order Completed" in content(one)
    Process.now += 61
    other.sharer.share()
    assert "Order Completed" not in content(one)

    one.look()
    other.sharer.share()
    assert 1 == len(one.look().rows)


def test_a_process_that_ends_takes_its_events_along(
    processes: tuple[Process, Process], order: dict[str, Any]
) -> None:
    """Whether it ends well or not."""
    one, _ = processes
    one.look()
    for process in processes:
        process.take({**order, "type": "track"})
        process.sharer.share()
    assert 2 == one.look().total

    Process.now += 16
    one.sharer.share()
    assert (1, 1) == (one.look().total, len(one.look().processes))
    with closing(sqlite3.connect(one.components.live_view_file._path)) as db:
        assert [(1,)] == db.execute("select count(*) from entries").fetchall()

    one.sharer.start()
    one.sharer.close()
    with closing(sqlite3.connect(one.components.live_view_file._path)) as db:
        assert [(0,)] == db.execute("select count(*) from entries").fetchall()


def test_what_is_shared_is_bounded(processes: tuple[Process, Process], order: dict[str, Any]) -> None:
    """However much comes in: 100 at once, and none that is older than 200 others."""
    one, other = processes
    one.look()
    for _ in range(4):
        for _ in range(150):
            other.take({**order, "type": "track"})
        other.sharer.share()
    view = one.look()

    assert 600 == view.total
    assert 100 == len(view.rows)
    with closing(sqlite3.connect(one.components.live_view_file._path)) as db:
        assert [(150,)] == db.execute("select count(*) from entries").fetchall()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Process]:
    """A process whose file is read as it is."""
    path = tmp_path_factory.mktemp("live") / "capi.toml"
    mapping = 'mappings = [{ action = "facebook.purchase" }, { action = "facebook.page_view" }]\n'
    table = (
        f'[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n{mapping}{TABLE}'
    )
    path.write_text(table, encoding="utf-8")
    components = Components.open(path, plugins=plugins, deliver=False)
    process = Process(components)
    process.sharer = Sharer(components.recent_events, components.live_view_file)
    yield process
    components.close()


@given(event=events())
def test_no_personal_value_is_written(event: Any, shared: Process) -> None:
    """Neither of the person nor of ids that senders choose."""
    event = {
        **event,
        "userId": "secret-user",
        "messageId": "secret@example.com",
        "context": {
            "ip": "198.51.100.77",
            "traits": {"email": "secret@example.com", "name": "Secret Person"},
        },
    }
    shared.components.live_view_file.visit(time())
    shared.take(event)
    shared.sharer.share()
    text = content(shared)

    assert shared.sharer._shared == shared.recent_events.count
    assert '"main", "/v1/track"' in text
    for secret in ("secret-user", "secret@example", "198.51.100.77", "Secret Person"):
        assert secret not in text


def test_without_the_file_the_view_shows_its_own_process(
    processes: tuple[Process, Process], order: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """And says why; the log does once."""
    one, _ = processes
    one.take({**order, "type": "track"})
    one.components.live_view_file._path.write_text("this is no database" * 100)
    view = one.look()
    for _ in range(2):
        one.sharer.share()

    assert 1 == len(view.rows)
    assert "not a database" in view.problem
    assert 1 == len([record for record in caplog.records if "other processes can't show" in record.message])


def test_a_fault_of_ours_is_logged_without_the_event(
    processes: tuple[Process, Process],
    order: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the thread goes on."""
    one, _ = processes

    def fail(recent_event: RecentEvent, name: str) -> None:
        raise KeyError(recent_event.source)  # a text that the log must not have

    one.look()
    one.take({**order, "type": "track"}, "secret")
    with monkeypatch.context() as patch:
        patch.setattr(live_view_file, "make_entry", fail)
        one.sharer.share()
    one.sharer.share()

    assert "could not be shown to other processes: KeyError" in caplog.text
    assert "secret" not in caplog.text
    assert one.sharer._shared == 1


def test_the_thread_shares_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the process runs."""
    monkeypatch.setattr(live_view_file, "_INTERVAL", 0.01)
    recent_events = RecentEvents()
    looking, sharing = LiveViewFile(tmp_path / "live"), LiveViewFile(tmp_path / "live")
    looking.visit(time())
    sharer = Sharer(recent_events, sharing)
    sharer.start()
    recent_events.add(time(), "main", "/v1/track", None, Receipt(problem=EventError.of("is no event", "$")))
    waiting = threading.Event()
    give_up = monotonic() + 60
    while not (entries := looking.visit(time()).entries) and monotonic() < give_up:
        waiting.wait(0.01)
    (entry,) = entries
    sharer.close()

    assert ("main", "invalid") == (entry.source, entry.outcomes[0].state)
    assert () == tuple(looking.visit(time()).entries)
