"""A platform that does what a test wants, a clock that only moves when somebody sleeps, and items."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.delivery import Deliverer, Options
from capi_actions.errors import TransportError
from capi_actions.model import Batch, Destination, Item, Judgement, Report, Request, Response, Verdict

NOW = 1_800_000_000.0
WEEK = 7 * 86_400


@define(eq=False)
class Clock:
    """Unix seconds; sleeping moves it on at once."""

    now: float = NOW
    slept: list[float] = field(factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


class Account(Destination):
    """A destination whose answers are judgements written as JSON."""

    name = "acme"
    settings_type = type(None)
    profile = "none"

    def __init__(self, max_items: int = 1000, max_bytes: int = 4_000_000) -> None:
        super().__init__(None)
        self.max_items = max_items  # type: ignore[misc]
        self.max_bytes = max_bytes  # type: ignore[misc]

    def prepare(self, data: Any, group: Any, content_id: Any) -> Any:
        raise NotImplementedError

    def check(self, data: Any, now: float) -> Any:
        raise NotImplementedError

    def envelope(self, batch: Batch) -> Request:
        body = b"[" + b",".join(batch.bodies) + b"]"
        return Request(
            method="POST",
            url="http://x/",
            headers={"X-Token": "TOKENMARKER", "X-Group": batch.group},
            body=body,
        )

    def judge(self, response: Response) -> Judgement:
        return Judgement(**json.loads(response.body))


Answer = dict[str, Any] | Exception
Behaviour = Callable[[list[str]], Answer | None]


@define(eq=False, slots=False)
class Platform:
    """A transport to a platform whose behaviour the test sets.

    :ivar behave: called with the ids of a request's items; None takes them, a dictionary is the judgement
        to answer with, an exception is raised.
    :ivar arrived: ids that were taken, and how often.
    :ivar requests: ids of every request, taken or not.
    :ivar bodies: every body that was seen of an id.
    """

    behave: Behaviour = lambda ids: None
    arrived: Counter[str] = field(factory=Counter)
    requests: list[list[str]] = field(factory=list)
    bodies: dict[str, set[str]] = field(factory=dict)
    times: list[float] = field(factory=list)
    groups: list[str] = field(factory=list)
    clock: Callable[[], float] = lambda: NOW
    lock: Any = field(factory=threading.Lock)

    def send(self, request: Request) -> Response:
        items = json.loads(request.body)
        ids = [item["id"] for item in items]
        with self.lock:
            self.requests.append(ids)
            self.times.append(self.clock())
            self.groups.append(request.headers["X-Group"])
            for item in items:
                self.bodies.setdefault(item["id"], set()).add(json.dumps(item))
        answer = self.behave(ids)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            with self.lock:
                self.arrived.update(ids)
            answer = {"verdict": "done", "taken": len(ids)}
        verdict = Verdict(answer["verdict"])
        return Response(status=200, headers={}, body=json.dumps({**answer, "verdict": verdict}).encode())

    def close(self) -> None:
        """Nothing to release."""


@define(eq=False)
class Recorder:
    """An observer that records all reports."""

    reports: list[Report] = field(factory=list)

    def observe(self, report: Report) -> None:
        self.reports.append(report)

    @property
    def outcomes(self) -> list[tuple[str, int]]:
        """Verdict and number of items of each report."""
        return [(str(report.judgement.verdict), report.items) for report in self.reports]


@define(eq=False, slots=False)
class World:
    """Everything around a deliverer."""

    outbox: SqliteOutbox
    clock: Clock
    platform: Platform
    recorder: Recorder
    accounts: dict[str, Account] = field(factory=lambda: {"shop": Account()})

    def put(
        self, *names: str, destination: str = "shop", group: str = "", after: float = WEEK, **data: object
    ) -> None:
        """Put items with these ids, to expire ``after`` seconds from now."""
        self.outbox.put(
            [
                Item(
                    destination=destination,
                    action="acme.ping",
                    message_id=None,
                    event_id=name,
                    event_time=int(self.clock.now),
                    deadline=int(self.clock.now + after),
                    group=group,
                    body=json.dumps({"id": name, **data}).encode(),
                )
                for name in names
            ]
        )

    def deliverer(self, random: Callable[[], float] = lambda: 1.0, **options: Any) -> Deliverer:
        """Make a deliverer; its random delays are the longest possible ones by default."""
        return Deliverer(
            self.outbox,
            self.accounts,
            self.platform,
            [self.recorder],
            options=Options(**options),
            clock=self.clock,
            sleep=self.clock.sleep,
            random=random,
        )

    def dead(self) -> dict[str, str]:
        """Reasons by id."""
        return {letter.item.event_id: letter.reason for letter in self.outbox.dead()}

    def left(self) -> int:
        """How many items are undelivered and alive."""
        return sum(stats.undelivered for stats in self.outbox.stats().values())


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make worlds with separate outboxes."""
    worlds: list[World] = []

    def make(behave: Behaviour = lambda ids: None, accounts: dict[str, Account] | None = None) -> World:
        clock = Clock()
        world = World(
            outbox=SqliteOutbox(tmp_path / f"outbox-{len(worlds)}.db"),
            clock=clock,
            platform=Platform(behave, clock=clock),
            recorder=Recorder(),
        )
        if accounts:
            world.accounts = accounts
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.outbox.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world in which everything is taken, until the test says otherwise."""
    return make_world()


@pytest.fixture
def make_account() -> Callable[..., Account]:
    """Make accounts with other limits."""
    return Account


@pytest.fixture
def outage() -> TransportError:
    """What the network says when it is down."""
    return TransportError("x accepted no connection", sent=False)
