"""At run time a plugin's fault costs what it touches: it is told by name, and nothing else ends."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_actions import (
    DeadFilter,
    Item,
    Judgement,
    OutboxError,
    OutboxFactory,
    PluginError,
    Plugins,
    Response,
    TransportFactory,
    Verdict,
    builtin,
    hookimpl,
)
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.config import read_config
from capi_actions.model import Claim, OnceOutbox
from capi_actions.outbox_guard import GuardedOutbox, guard_outbox
from capi_actions.runtime import Runtime, open_outbox, open_transport
from capi_actions.testing import OutboxTests

NOW = 1_800_000_000
CONFIG = '[destinations.shop]\ntype = "acme"\naccount = "a"\ntoken = "t"\n'


def item(name: str) -> Item:
    return Item("shop", "acme.ping", None, name, NOW - 60, NOW + 10**6, "", name.encode())


class TestGuardedSqliteOutbox(OutboxTests):
    """A guard changes nothing of an outbox that keeps its contract."""

    durable = True
    calls_in_any_order = 2

    def open_outbox(self, folder: Path) -> Any:
        return guard_outbox(SqliteOutbox(folder / "outbox"), "core", "sqlite")


@pytest.fixture
def make_outbox(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a guarded outbox that differs from SQLite's in some methods."""
    outboxes: list[SqliteOutbox] = []

    def make(**methods: Any) -> Any:
        outboxes.append(type("Broken", (SqliteOutbox,), methods)(tmp_path / "outbox"))
        return guard_outbox(outboxes[-1], "plug", "store")

    yield make
    for outbox in outboxes:
        SqliteOutbox.close(outbox)


@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit, BaseException])
@pytest.mark.parametrize("method", ["put", "claim", "acknowledge", "stats", "dead"])
def test_what_an_outbox_raises_becomes_an_outbox_error_with_its_place(
    make_outbox: Callable[..., Any], error: type[BaseException], method: str
) -> None:
    """Delivery waits and tries again after that one; and the text quotes nothing."""

    def broken(self: Any, *arguments: Any) -> Any:
        raise error("MARKER")

    outbox = make_outbox(**{method: broken})
    arguments = {"put": ([],), "claim": ("shop", 1, 10, 1.0, NOW), "acknowledge": (1, [1])}.get(method, ())
    with pytest.raises(OutboxError) as caught:
        result = getattr(outbox, method)(*arguments)
        list(result)

    assert "the outbox 'store' of plugin 'plug' has a fault: " in str(caught.value)
    assert f"{method}() failed ({error.__name__} in broken, {__file__}:" in str(caught.value)
    assert "MARKER" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_ctrl_c_passes(make_outbox: Callable[..., Any]) -> None:
    """It is no fault."""

    def interrupted(self: Any, items: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_outbox(put=interrupted).put([])


@pytest.mark.parametrize(
    ("method", "result", "problem"),
    [
        ("claim", "x", "claim() should return Claim, but what it returned is str"),
        ("claim", Claim(lease=1, until=1.0, destination="shop", group="", items=[5]), "items of it returned is int"),  # type: ignore[list-item]
        ("claim", Claim(lease=1, until=1.0, destination="shop", group="", items=[]), "should return None if there is"),
        ("stats", None, "stats() should return Mapping, but what it returned is NoneType"),
        ("resume", None, "resume() should return bool"),
        ("replay", 3, "replay() should return Replayed"),
    ],
)  # fmt: skip
def test_what_an_outbox_returns_is_checked(
    make_outbox: Callable[..., Any], method: str, result: Any, problem: str
) -> None:
    """Where it is returned, and not where it would be used."""
    arguments = {"claim": ("shop", 1, 10, 1.0, NOW), "resume": ("shop",), "replay": (None, NOW)}.get(
        method, ()
    )
    outbox = make_outbox(**{method: lambda self, *_: result})

    with pytest.raises(OutboxError) as caught:
        getattr(outbox, method)(*arguments)

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("methods", "expected", "present"),
    [
        ({"put": lambda self, items: None}, 3, 0),
        ({"put": lambda self, items: SqliteOutbox.put(self, items[:1])}, 3, 1),
        ({"bury": lambda self, lease, ids, *_: SqliteOutbox.acknowledge(self, lease, ids)}, 3, 0),
        ({"acknowledge": lambda self, lease, ids: None}, 0, 3),
    ],
)
def test_items_that_went_missing_are_told_at_the_end(
    make_outbox: Callable[..., Any],
    methods: Any,
    expected: int,
    present: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stored is delivered, waiting or dead: nothing else."""
    outbox = make_outbox(**methods)
    outbox.put([item(name) for name in "abc"])
    claim = outbox.claim("shop", 10, 10_000, 60, NOW)
    if claim:
        ids = [claimed.id for claimed in claim.items]
        if "bury" in methods:
            outbox.bury(claim.lease, ids, SimpleNamespace(), NOW)
        if "acknowledge" in methods:
            outbox.acknowledge(claim.lease, ids)
    outbox.close()

    (record,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert (
        f"should hold {expected} item{'' if expected == 1 else 's'}, waiting or dead, but it holds {present}"
        in record
    )


IDS = st.lists(st.integers(1, 4), max_size=3)
LEASES = st.integers(1, 4)
TIMES = st.integers(NOW, NOW + 200).map(float)
JUDGEMENT = Judgement(verdict=Verdict.DEAD, reason="It was refused.")
CALLS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 2).map(lambda count: [item(str(n)) for n in range(count)])),
    st.tuples(st.just("claim"), st.just("shop"), st.integers(1, 2), st.just(10_000), st.just(60.0), TIMES),
    st.tuples(st.just("extend"), LEASES, TIMES),
    st.tuples(st.just("acknowledge"), LEASES, IDS),
    st.tuples(st.just("release"), LEASES, IDS, TIMES),
    st.tuples(st.just("bury"), LEASES, IDS, st.just(JUDGEMENT), TIMES),
    st.tuples(st.just("replay"), st.just(DeadFilter()), TIMES),
    st.tuples(st.just("purge"), st.just(DeadFilter())),
)


@settings(max_examples=40)
@given(st.lists(CALLS, min_size=3, max_size=12))
@example([("acknowledge", 1, [1]), ("acknowledge", 1, [1, 1, 99])])
@example([("acknowledge", 1, [1]), ("bury", 1, [1], JUDGEMENT, NOW), ("acknowledge", 1, [1])])
@example([("release", 1, [1], NOW), ("acknowledge", 1, [1])])
@example([("bury", 1, [1], JUDGEMENT, NOW), ("acknowledge", 1, [1])])
@example([("bury", 1, [1], JUDGEMENT, NOW), ("purge", DeadFilter()), ("acknowledge", 1, [1])])
@example([("claim", "shop", 2, 1000, 60.0, NOW + 99.0), ("acknowledge", 1, [1]), ("acknowledge", 2, [1])])
@example(
    [("claim", "shop", 2, 1000, 60.0, NOW + 99.0), ("bury", 1, [1], JUDGEMENT, NOW), ("acknowledge", 2, [1])]
)
def test_an_outbox_that_keeps_its_contract_is_never_accused(calls: list[tuple[Any, ...]]) -> None:
    """Late acknowledgements count, unknown ids are ignored, and so is what a lease doesn't hold any more."""
    records: list[logging.LogRecord] = []
    handler = SimpleNamespace(level=logging.ERROR, handle=records.append)
    logger = logging.getLogger("capi_actions.delivery")
    logger.addHandler(handler)  # type: ignore[arg-type]  # as far as a logger uses one
    try:
        with TemporaryDirectory() as folder:
            outbox = guard_outbox(SqliteOutbox(Path(folder) / "outbox"), "plug", "store")
            outbox.put([item("a"), item("b")])
            outbox.claim("shop", 1, 10_000, 60.0, NOW)
            now = 0.0
            for method, *arguments in calls:
                if method == "claim":  # clocks go on
                    now = arguments[-1] = max(now, arguments[-1])
                getattr(outbox, method)(*arguments)
            outbox.close()
    finally:
        logger.removeHandler(handler)  # type: ignore[arg-type]

    assert [] == [record.getMessage() for record in records]


def test_a_loss_is_told_also_after_an_acknowledgement_in_doubt(
    make_outbox: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One doubtful id explains one missing item, and not two."""
    outbox = make_outbox(put=lambda self, items: SqliteOutbox.put(self, items[:1]))
    outbox.put([item(name) for name in "abc"])
    outbox.acknowledge(1, [99])
    outbox.close()

    (record,) = caplog.records
    assert "should hold 2 items, waiting or dead, but it holds 1" in record.getMessage()


def test_items_that_are_given_out_twice_are_told(
    make_outbox: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Once; when a lease is over, or an item was released, it is as it should be."""
    leases: list[Any] = []

    def claim(self: Any, *arguments: Any) -> Any:
        leases.append(SqliteOutbox.claim(self, *arguments) or leases[-1])
        return leases[-1]

    outbox = make_outbox(claim=claim)
    outbox.put([item("a")])
    for now in (NOW, NOW + 60):
        outbox.claim("shop", 1, 1000, 60, now)
    assert caplog.records == []
    for _ in range(2):
        outbox.claim("shop", 1, 1000, 60, NOW + 61)

    (record,) = caplog.records
    assert "has given out 1 item whose lease isn't over" in record.getMessage()


def plugin(make: Any) -> object:
    return SimpleNamespace(
        __name__="plug",
        capi_outboxes=hookimpl(lambda: [OutboxFactory(name="x", make=make)]),
        capi_transports=hookimpl(lambda: [TransportFactory(name="x", make=make)]),
    )


@pytest.mark.parametrize(
    ("table", "opened", "missing"),
    [
        ("outbox", open_outbox, "its outbox 'x' (Half) has no claim(), extend(), acknowledge(), "),
        ("transport", open_transport, "its transport 'x' (Half) has no send(), close()"),
    ],
)
def test_missing_methods_are_told_when_it_is_made(
    plugins: Plugins, table: str, opened: Callable[..., Any], missing: str
) -> None:
    """All of them, and not one by one when they are needed."""

    class Half:
        def put(self, items: Any) -> None: ...
        def send(self) -> None: ...

    acme = SimpleNamespace(
        __name__="acme",
        capi_destinations=hookimpl(lambda: [plugins.destinations["acme"]]),
        capi_normalizers=hookimpl(lambda: list(plugins.normalizers("plain")["em"])),
    )
    installed = Plugins(builtin, acme, plugin(Half))
    with pytest.raises(PluginError) as caught:
        opened(read_config(f'{CONFIG}[{table}]\ntype = "x"\n', installed), installed)

    assert missing in str(caught.value)
    assert f"what capi_actions.{table.title()} says" in str(caught.value)


def test_a_once_outbox_stays_one(make_outbox: Callable[..., Any], tmp_path: Path) -> None:
    """`capi send --once` asks for it."""
    assert isinstance(make_outbox(), OnceOutbox)
    with SqliteOutbox(tmp_path / "other") as outbox:
        names = [name for name in dir(outbox) if not name.startswith("__") and name != "put_once"]
        without = SimpleNamespace(**{name: getattr(outbox, name) for name in names})
        guarded = guard_outbox(without, "plug", "store")

    assert type(guarded) is GuardedOutbox
    assert not isinstance(guarded, OnceOutbox)


def test_a_transport_that_fails_to_close_does_not_keep_the_outbox_open(
    plugins: Plugins, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its items must be safe."""

    class Transport:
        def send(self, request: Any) -> Response:
            raise SystemExit(5)

        def close(self) -> None:
            raise SystemExit(6)

    acme = SimpleNamespace(
        __name__="acme",
        capi_destinations=hookimpl(lambda: [plugins.destinations["acme"]]),
        capi_actions=hookimpl(lambda: [plugins.actions["acme.ping"]]),
        capi_normalizers=hookimpl(lambda: list(plugins.normalizers("plain")["em"])),
    )
    installed = Plugins(builtin, acme, plugin(Transport))
    config = read_config(f'{CONFIG}[transport]\ntype = "x"\n', installed, tmp_path)
    with Runtime.open(config, installed) as runtime:
        outbox = runtime.outbox

    with pytest.raises(OutboxError, match="is closed"):
        outbox.stats()
    assert "the transport's close() failed (SystemExit in close" in caplog.text
