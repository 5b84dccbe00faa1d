"""Worker threads: many at once for one destination, destinations side by side, and a clean end."""

import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from capi_actions.delivery import Deliverer, Options, Summary
from capi_actions.errors import OutboxError
from capi_actions.model import Response

MakeWorld = Callable[..., Any]
MakeAccount = Callable[..., Any]
PATIENCE = 60  # seconds after which a test has failed; normally milliseconds


@pytest.fixture
def make_world(make_world: MakeWorld) -> MakeWorld:
    """Make worlds whose items are of now: these deliverers have the real clock."""

    def make(*arguments: Any, **options: Any) -> Any:
        world = make_world(*arguments, **options)
        world.clock.now = time.time()
        return world

    return make


def real(world: Any, **options: Any) -> Deliverer:
    """Make a deliverer with the real clock."""
    return Deliverer(
        world.outbox,
        world.accounts,
        world.platform,
        [world.recorder],
        options=Options(**{"poll_interval": 0.02, **options}),
    )


def soon(condition: Callable[[], bool]) -> bool:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


@pytest.fixture
def serving(make_world: MakeWorld) -> Any:
    """Run deliverers in the background until the test is over."""
    stop = threading.Event()
    threads: list[threading.Thread] = []
    deliverers: list[Deliverer] = []

    def serve(deliverer: Deliverer) -> threading.Event:
        deliverers.append(deliverer)
        threads.append(threading.Thread(target=deliverer.forever, args=(stop,)))
        threads[-1].start()
        return stop

    yield serve
    stop.set()
    for deliverer in deliverers:
        deliverer.wake()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def test_workers_send_at_the_same_time(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """Each request waits until all eight are under way: that hides the network's latency."""
    together = threading.Barrier(8, timeout=PATIENCE)
    world = make_world(accounts={"shop": make_account(max_items=1)})

    def behave(ids: list[str]) -> None:
        together.wait()

    world.platform.behave = behave
    world.put(*"abcdefgh")

    summary = real(world, workers=8).drain()

    assert summary == Summary(delivered=8, requests=8)
    assert dict(world.platform.arrived) == dict.fromkeys("abcdefgh", 1)


def test_many_workers_lose_and_double_nothing(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """With split batches in several of them."""
    bad = {str(number) for number in range(0, 500, 37)}
    world = make_world(
        lambda ids: None if bad.isdisjoint(ids) else {"verdict": "split"},
        {"shop": make_account(max_items=20)},
    )
    world.put(*(str(number) for number in range(500)))

    summary = real(world, workers=4).drain()

    assert (summary.delivered, summary.buried) == (500 - len(bad), len(bad))
    assert set(world.platform.arrived.values()) == {1}
    assert set(world.dead()) == bad


def test_a_worker_does_not_wait_for_the_end_of_anothers_lease(make_world: MakeWorld) -> None:
    """One worker has everything, the other nothing to do but to look now and then."""
    world = make_world()
    looked = threading.Event()
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        looked.set()
        time.sleep(0.001)

    def behave(ids: list[str]) -> None:
        assert looked.wait(PATIENCE)

    world.platform.behave = behave
    world.put("a")
    options = Options(workers=2, lease=1_000.0, poll_interval=0.02)
    deliverer = Deliverer(world.outbox, world.accounts, world.platform, options=options, sleep=sleep)

    assert deliverer.drain(time.time() + 10_000) == Summary(delivered=1, requests=1)
    assert max(waits) <= 0.02


def test_a_slow_destination_holds_up_no_other(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """The slow one's answer comes only after the other has got everything."""
    world = make_world(accounts={"slow": make_account(), "fast": make_account(max_items=1)})
    done = threading.Event()

    def behave(ids: list[str]) -> None:
        if ids == ["slow"]:
            assert done.wait(PATIENCE)
        elif ids == ["c"]:
            done.set()

    world.platform.behave = behave
    world.put("slow", destination="slow")
    world.put(*"abc", destination="fast")

    assert real(world).drain() == Summary(delivered=4, requests=4)


def test_serving_picks_up_what_is_put(make_world: MakeWorld, serving: Any) -> None:
    """At once after a call of wake, else when it polls the next time."""
    world = make_world()
    deliverer = real(world, poll_interval=PATIENCE, linger=0.0)
    serving(deliverer)
    for name in "abc":
        world.put(name)
        deliverer.wake()
        assert soon(lambda name=name: world.platform.arrived[name] == 1)  # type: ignore[misc]


def test_serving_finds_what_other_processes_put(make_world: MakeWorld, serving: Any) -> None:
    """They can't wake it."""
    world = make_world()
    serving(real(world))
    world.put("a")

    assert soon(lambda: world.platform.arrived["a"] == 1)


def test_serving_lets_a_batch_fill(make_world: MakeWorld, make_account: MakeAccount, serving: Any) -> None:
    """By size or age: a full batch goes at once, a single item when the time is over."""
    world = make_world(accounts={"shop": make_account(max_items=3)})
    deliverer = real(world, linger=PATIENCE * 2)
    world.put("a")  # before: one that comes between the look at the outbox and the claim goes at once
    serving(deliverer)
    time.sleep(0.05)
    assert world.platform.requests == []

    world.put("b", "c")
    assert soon(lambda: world.platform.requests == [["a", "b", "c"]])


def test_a_lone_item_does_not_wait_for_company_for_long(make_world: MakeWorld, serving: Any) -> None:
    """Real time matters more than full batches."""
    world = make_world()
    serving(real(world, linger=0.02))
    world.put("a")

    assert soon(lambda: world.platform.requests == [["a"]])


def test_stopping_finishes_requests_under_way(make_world: MakeWorld, serving: Any) -> None:
    """The request that was sent is settled; nothing new is begun."""
    asked, answer = threading.Event(), threading.Event()
    world = make_world()

    def behave(ids: list[str]) -> None:
        asked.set()
        assert answer.wait(PATIENCE)

    world.platform.behave = behave
    world.put("a")
    stop = serving(real(world))
    assert asked.wait(PATIENCE)
    stop.set()
    answer.set()

    assert soon(lambda: world.left() == 0)


def test_stopping_ends_a_split(make_world: MakeWorld) -> None:
    """What is left goes back to the outbox at once, for whoever comes next."""
    stop = threading.Event()
    world = make_world()

    def behave(ids: list[str]) -> dict[str, Any]:
        if len(world.platform.requests) == 3:
            stop.set()
        return {"verdict": "split"}

    world.platform.behave = behave
    world.put(*(str(number) for number in range(64)))

    summary = real(world).forever(stop)

    assert (summary.requests, summary.released) == (3, 64)
    assert world.outbox.ready("shop", 100, time.time()) == 64


def test_an_interrupted_drain_gives_everything_back(make_world: MakeWorld) -> None:
    """Ctrl-C in the middle of a request: the items don't wait for the end of their lease."""
    world = make_world()

    def interrupted(request: Any) -> Response:
        raise KeyboardInterrupt

    world.platform.send = interrupted
    world.put("a", "b")

    with pytest.raises(KeyboardInterrupt):
        world.deliverer().drain()

    assert world.outbox.ready("shop", 10, world.clock.now) == 2


def test_an_interrupt_in_one_worker_ends_all(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """And is raised where drain was called."""
    world = make_world(accounts={"one": make_account(max_items=1), "two": make_account(max_items=1)})
    send = world.platform.send
    raised = threading.Event()

    def interrupted(request: Any) -> Response:
        if b"bad" in request.body:
            raised.set()
            raise KeyboardInterrupt
        assert raised.wait(PATIENCE)
        time.sleep(0.001)
        return send(request)  # type: ignore[no-any-return]

    world.platform.send = interrupted
    world.put("bad", destination="one")
    world.put(*(str(number) for number in range(3_000)), destination="two")

    with pytest.raises(KeyboardInterrupt):
        real(world).drain()

    assert world.left() > 1


def test_an_interrupt_of_the_caller_ends_all(make_world: MakeWorld, make_account: MakeAccount) -> None:
    """Ctrl-C reaches the main thread, which only waits for the workers; they finish their requests first."""
    world = make_world(accounts={"one": make_account(max_items=1), "two": make_account()})

    def behave(ids: list[str]) -> None:
        if len(world.platform.requests) == 1:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.001)

    world.platform.behave = behave
    world.put(*(str(number) for number in range(3_000)), destination="one")

    with pytest.raises(KeyboardInterrupt):
        real(world).drain()

    assert world.left() > 1
    assert sum(world.platform.arrived.values()) + world.left() == 3_000
    assert world.outbox.stats()["one"].leased == 0


def test_an_interrupt_while_workers_start_leaves_none_at_work(
    make_world: MakeWorld, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that nobody waits for would hold its lease after the call, and the program might end without it."""
    world = make_world(accounts={"one": make_account(max_items=1), "two": make_account()})
    workers: list[threading.Thread] = []
    requested = threading.Event()

    def behave(ids: list[str]) -> None:
        requested.set()
        time.sleep(0.1)

    class InterruptedStart(threading.Thread):
        def start(self) -> None:
            super().start()
            workers.append(self)
            requested.wait(0.2)  # time enough to send, if it were allowed to
            raise KeyboardInterrupt

    world.platform.behave = behave
    world.put(*(str(number) for number in range(100)), destination="one")
    monkeypatch.setattr(threading, "Thread", InterruptedStart)

    with pytest.raises(KeyboardInterrupt):
        real(world).drain()

    assert (100, 0) == (world.left(), world.outbox.stats()["one"].leased)
    for worker in workers:
        worker.join(PATIENCE)
    assert [] == [worker for worker in workers if worker.is_alive()]
    assert [] == world.platform.requests


def test_a_failing_outbox_is_tried_again_when_serving(
    make_world: MakeWorld, serving: Any, caplog: Any
) -> None:
    """A full disk may have room again tomorrow."""
    world = make_world()
    claim = world.outbox.claim
    failures = 0

    def failing(*arguments: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise OutboxError("the outbox has no room left")
        return claim(*arguments)

    def unreadable() -> list[str]:
        raise OutboxError("the outbox can't be read")

    world.outbox.claim, world.outbox.destinations = failing, unreadable
    world.put("a")
    serving(real(world, initial_wait=0.001))

    assert soon(lambda: world.platform.arrived["a"] == 1)
    assert "the outbox can't be read" in caplog.text
    assert caplog.text.count("shop: the outbox has no room left; next try in") == 2


def test_an_error_ends_all_while_another_destination_waits_for_the_outbox(
    make_world: MakeWorld, make_account: MakeAccount
) -> None:
    """Nothing is sent any more, so the caller must hear of it now: the wait may be five minutes long."""
    world = make_world(accounts={"shop": make_account(), "other": make_account()})
    claim, waiting = world.outbox.claim, threading.Event()

    def failing(name: str, *arguments: Any) -> Any:
        if name == "shop":
            raise OutboxError("the outbox has no room left")
        assert waiting.wait(PATIENCE)
        return claim(name, *arguments)

    def fail(summary: Summary) -> None:
        raise ZeroDivisionError

    world.outbox.claim = failing
    world.recorder = SimpleNamespace(observe_outbox_error=lambda error: waiting.set())
    world.put("a", destination="other")
    raised: list[type[BaseException]] = []

    def serve() -> None:
        try:
            real(world, initial_wait=300.0).forever(threading.Event(), fail)
        except ZeroDivisionError as error:
            raised.append(type(error))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    thread.join(PATIENCE)

    assert [ZeroDivisionError] == raised


def test_waits_for_a_failing_outbox_begin_with_the_first_and_double(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """As the options say."""
    world = make_world()
    stop = threading.Event()
    waits: list[float] = []

    def failing(*arguments: Any) -> Any:
        raise OutboxError("the outbox has no room left")

    def remember(error: OutboxError) -> None:
        record = caplog.records[-1]
        assert isinstance(record.args, tuple)
        waits.append(float(str(record.args[2])))
        if len(waits) == 5:
            stop.set()

    world.outbox.claim = failing
    world.recorder = SimpleNamespace(observe_outbox_error=remember)
    real(world, initial_wait=0.001, max_wait=0.005).forever(stop)

    assert [0.001, 0.002, 0.004, 0.005, 0.005] == waits
