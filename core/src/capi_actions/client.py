"""Send events from a Python program.

::

    with Client.from_config("capi.toml") as client:
        client.send({"type": "track", "event": "Order Completed", "userId": "u1"})
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, time
from typing import Self

from attrs import define, evolve, frozen

from capi_actions.codec import check_event, decode_event, encode_event, event_from_python
from capi_actions.config import Config, load_config
from capi_actions.delivery.reporting import LOG
from capi_actions.errors import EventError, OutboxError, Problem, detach
from capi_actions.group_commit import GroupCommit, LockedError
from capi_actions.model import DeadLetter, Item, Json, Outbox
from capi_actions.pipeline import HeldBack, Outcome, Pipeline, Refusal
from capi_actions.plugins import Plugins
from capi_actions.runtime import Runtime, check_and_compile
from capi_actions.status import Incident, IncidentKind, Status
from capi_actions.tracebacks import where

_ASYNC_THREADS = 64  # they wait for the disk, so that the event loop doesn't
_POLL_INTERVAL = 0.02  # seconds
_POLL_PAUSES = 9.0  # times as long as looking took: nobody can put while items are counted
_SHORT_BACKOFF = 5.0  # seconds; flush() waits out a back-off that ends within these


@frozen(kw_only=True)
class Receipt:
    """What became of an event.

    :ivar accepted: items that are on disk now and will be delivered, or end as dead letters.
    :ivar refused: items that can't be sent, one for each such mapping, with the reason.
    :ivar held_back: destinations from which a filter holds the event back, as for want of consent, with the reason.
    :ivar problem: why it is no event; None when it is one.
    """

    accepted: Sequence[Item] = ()
    refused: Sequence[Refusal] = ()
    held_back: Sequence[HeldBack] = ()
    problem: EventError | None = None

    @property
    def matched(self) -> bool:
        """Whether any mapping matches the event; none is tried for destinations from which it is held back."""
        return bool(self.accepted or self.refused)


class Client:
    """Takes events, stores them durably, and delivers them in the background.

    Use one for the whole program, from any thread.  After a fork make a new one in the child.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        deliver: bool = True,
        on_problem: Callable[[Incident], object] | None = None,
    ) -> None:
        """Start delivering.

        :param runtime: is closed with the client.
        :param deliver: False only stores, for programs beside which ``capi deliver --forever`` runs.
        :param on_problem: is called with every :class:`~capi_actions.Incident`: a pause, dead letters, an event
            that is refused, several in a row of which none gets through, an outbox that can't be used, the end of
            delivery by an unexpected error.  It is called in whichever thread notices, which waits for it: be
            quick.  What it raises is logged once, and ignored.
        """
        self._runtime = runtime
        self._storage_failed = False
        self._reporting = threading.Lock()
        self._sends: GroupCommit[_Sending] = GroupCommit(self._send_group)
        runtime.monitor.start(on_problem)
        self._destinations = frozenset(runtime.destinations)
        self._process = os.getpid()
        self._stop = threading.Event()
        self._executor: ThreadPoolExecutor | None = None
        self._closing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._delivery_error: str | None = None
        if deliver:
            self._thread = threading.Thread(target=self._deliver, name="capi-deliver", daemon=True)
            self._thread.start()

    @classmethod
    def from_config(
        cls,
        path: str | Path,
        *,
        plugins: Plugins | None = None,
        deliver: bool = True,
        on_problem: Callable[[Incident], object] | None = None,
        config: Config | None = None,
        on_findings: Callable[[Sequence[Problem]], object] | None = None,
    ) -> "Client":
        """Return a client for a configuration file.

        :param plugins: by default every installed plugin, as the configuration's table ``[plugins]`` says.
        :param deliver: see :class:`Client`.
        :param on_problem: see :class:`Client`.
        :param config: the file's, if it is loaded already with ``strict=False`` and these plugins.
        :param on_findings: is called with what :func:`capi_actions.check_config` finds, before anything is opened; it
            may raise.
        :raises ConfigError: when the configuration is wrong, with all problems.
        :raises PluginError: when a plugin was refused that the configuration may use.
        :raises OutboxError: when the outbox can't be opened.
        """
        installed = plugins or Plugins.configured(Path(path))
        config = config or load_config(Path(path), installed, strict=False)
        compilation = None
        if on_findings is not None:
            findings, compilation = check_and_compile(config, installed)
            on_findings(findings)
        pipeline = Pipeline.build(config, installed, compilation=compilation)
        return cls(Runtime.open(config, installed, pipeline), deliver=deliver, on_problem=on_problem)

    def send(self, event: Json) -> Receipt:
        """Store one event; what was accepted is on disk when this returns.

        An event that can't be sent, or is none, doesn't raise: the receipt has the reason.  Concurrent
        callers share a commit, and so a wait for the disk.

        :param event: the event as a JSON object.  Dates, times, UUIDs, enums, Decimals, tuples and
            dataclasses in it are converted to JSON.
        :raises OutboxError: when it can't be stored (disk full, client closed, process forked); then
            nothing of it was accepted.
        """
        self._check_usable()
        try:
            sending = _Sending(encode_event(event))
        except EventError as error:
            return self.refuse(error)
        try:
            self._sends.submit(sending)
        except OutboxError as error:
            self._report_storage_error(error)
            raise
        finally:
            if sending.outcomes is not None:
                self._runtime.intake.report_outcomes(sending.outcomes)
        if sending.problem is not None:
            return self.refuse(sending.problem)
        receipt = _receipt(sending.outcomes or ())
        if not sending.is_stored:
            self._store(receipt.accepted)
        return receipt

    def send_many(self, events: Iterable[Json]) -> list[Receipt]:
        """Store several events with one commit.

        :param events: any iterable of them, but no single event, whose keys would be taken for events.
        :raises OutboxError: when they can't be stored; then none was accepted.
        :raises TypeError: when a single event is passed.
        """
        if isinstance(events, Mapping | str | bytes):
            raise TypeError(
                "send_many() takes a list of events, or another iterable of them; send() takes one"
            )
        self._check_usable()
        now = time()
        receipts = [self._process_event(event, now) for event in events]
        self.store(receipts)
        return receipts

    def prepare(
        self, event: Json, destinations: frozenset[str] | None = None, *, report: bool = True
    ) -> Receipt:
        """Turn one event into items without storing them: :meth:`store` does, for many events with one commit.

        For programs that receive events as JSON, such as servers.

        :param event: as :func:`capi_actions.decode_json` returns it; it isn't copied, and not changed.
        :param destinations: the only ones that the event may go to, by their names; None for all.
        :param report: False for programs that pass the receipts of many events to :meth:`report`.
        """
        try:
            checked = check_event(event)
        except EventError as error:
            return self.refuse(error, report=report)
        outcomes = self._runtime.intake.map(checked, time(), destinations)
        if report:
            self._runtime.intake.report_outcomes(outcomes)
        return _receipt(outcomes)

    def refuse(self, error: EventError, *, report: bool = True) -> Receipt:
        """Report what is no event, such as text that isn't JSON, and return the receipt that says so.

        :param report: see :meth:`prepare`.
        """
        if report:
            self._runtime.intake.refuse(error)
        return Receipt(problem=detach(error))

    def report(self, receipts: Iterable[Receipt]) -> None:
        """Report to observers what became of events, with one call for many of which items of one action were made.

        Calls for each event take 4 µs of its 40.

        :param receipts: as :meth:`prepare` and :meth:`refuse` return them if they don't report, in their order.
        """
        intake = self._runtime.intake
        items: list[Item] = []
        for receipt in receipts:
            accepted = receipt.accepted
            if accepted and not receipt.refused and not receipt.held_back:
                items += accepted
                continue
            intake.report_items(items)
            items = []
            if receipt.problem is not None:
                intake.refuse(receipt.problem)
            else:
                intake.report_outcomes((*accepted, *receipt.refused, *receipt.held_back))
        intake.report_items(items)

    def store(self, receipts: Iterable[Receipt]) -> None:
        """Store what :meth:`prepare` accepted, with one commit; it is on disk when this returns.

        :raises OutboxError: when it can't be stored; then nothing of it was accepted.
        """
        self._check_usable()
        items = [item for receipt in receipts for item in receipt.accepted]
        if items:
            self._store(items)

    async def asend(self, event: Json) -> Receipt:
        """Store one event like :meth:`send`, without blocking the event loop.

        When a task is cancelled while it waits, its event may or may not be accepted.

        :raises OutboxError: when it can't be stored.
        """
        import asyncio  # takes 28 ms, and who awaits this has it already

        self._check_usable()
        with self._closing:
            self._check_usable()
            if self._executor is None:
                self._executor = ThreadPoolExecutor(_ASYNC_THREADS, "capi-send")
            future = asyncio.get_running_loop().run_in_executor(self._executor, self.send, event)
        return await future

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left that could be delivered now or within a few seconds.

        Other items don't count: delayed ones, those of destinations that are paused or back off for
        longer than 5 seconds, and those of destinations that aren't configured any more.

        :param timeout: seconds; None waits as long as it takes.
        :returns: False when the time was up first.
        :raises OutboxError: when the outbox can't be read, or something is left and an error has ended delivery.
        """
        self._check_usable()
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            start = monotonic()
            if not self._is_busy():
                return True
            if self._delivery_error is not None:
                raise OutboxError(self._delivery_error)
            end = monotonic()
            if deadline is not None and end >= deadline:
                return False
            pause = max(_POLL_INTERVAL, _POLL_PAUSES * (end - start))
            self._stop.wait(pause if deadline is None else min(pause, deadline - end))
            self._check_usable()

    def dead_letters(self) -> list[DeadLetter]:
        """Return what could not be delivered so far, with the reasons.

        :raises OutboxError: when the outbox can't be read.
        """
        self._check_usable()
        return list(self._runtime.outbox.dead())

    @property
    def outbox(self) -> Outbox:
        """The store, to look after dead letters and pauses; it is closed with the client."""
        return self._runtime.outbox

    def status(self) -> Status:
        """Return the state of every destination, and what became of the events so far.

        Costs what :meth:`capi_actions.Outbox.stats` does: for a status page or a health check, not for every event.

        :raises OutboxError: when the outbox can't be read.
        """
        self._check_usable()
        status = self._runtime.monitor.status(self._runtime.outbox.stats(), self._destinations)
        return evolve(status, delivery_error=self._delivery_error)

    def close(self) -> None:
        """Stop delivering and close everything; what is left stays in the outbox for the next time.

        Requests in flight are finished first.  In a child after a fork this does nothing: all of it
        belongs to the parent.
        """
        if os.getpid() != self._process:
            return
        with self._closing:
            if self._stop.is_set():
                return
            self._stop.set()
        self._runtime.deliverer.wake()
        if self._executor is not None:
            self._executor.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._runtime.monitor.finish()
        self._runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _deliver(self) -> None:
        """Deliver until the client is closed; whatever else ends it is reported."""
        try:
            self._runtime.deliverer.forever(self._stop)
        except BaseException as error:  # noqa: BLE001  nobody else would notice that this thread has ended
            message = f"delivery has ended by an unexpected error ({where(error)})"
            self._delivery_error = message
            LOG.error("%s; a new client, or a restart of the program, goes on with it", message)
            self._runtime.monitor.pass_on(
                Incident(
                    kind=IncidentKind.DELIVERY_ENDED,
                    message=message,
                    advice="Make a new client, or restart the program; report the error.",
                )
            )

    def _process_event(self, event: Json, now: float) -> Receipt:
        try:
            checked = event_from_python(event)
        except EventError as error:
            return self.refuse(error)
        return _receipt(self._runtime.intake.process(checked, now))

    def _send_group(self, sendings: "Sequence[_Sending]") -> None:
        """Map the events of concurrent callers, and store all items with one commit.

        In the thread of one of them: when each mapped its own event, the interpreter's lock went from thread to thread
        with a cold cache for every 60 µs of work.  Measured with 100 threads in the same minutes: 107 to 113 µs of CPU
        a call instead of 133 to 138.

        Nothing of the program's own is called here.  It may hold a lock in another thread that waits for this one.
        """
        now = time()
        items: list[Item] = []
        for sending in sendings:
            if sending.outcomes is None and sending.problem is None:
                self._map(sending, now)
            items += [outcome for outcome in sending.outcomes or () if isinstance(outcome, Item)]
        try:
            if items:
                self._runtime.outbox.put(items)
        except OutboxError as error:
            if len(sendings) == 1 or isinstance(error, LockedError):
                raise
            return  # one event's items may be the reason: each caller stores its own
        for sending in sendings:
            sending.is_stored = True
        if items:
            self._storage_failed = False
            self._runtime.deliverer.wake()

    def _map(self, sending: "_Sending", now: float) -> None:
        try:
            event = decode_event(sending.text)
        except EventError as error:
            sending.problem = error
        else:
            sending.outcomes = self._runtime.pipeline.process(event, now)

    def _store(self, items: Sequence[Item]) -> None:
        """Store items with one commit, and have them delivered."""
        try:
            self._runtime.outbox.put(items)
        except OutboxError as error:
            self._report_storage_error(error)
            raise
        self._storage_failed = False
        self._runtime.deliverer.wake()

    def _report_storage_error(self, error: OutboxError) -> None:
        """Log the first failure since the last success, as callers may ignore the error."""
        with self._reporting:
            is_news, self._storage_failed = not self._storage_failed, True
        if is_news:
            LOG.error("events can't be stored: %s", error)
            self._runtime.monitor.observe_outbox_error(error)

    def _is_busy(self) -> bool:
        now = time()
        if any(self._runtime.outbox.ready(name, 1, now) for name in self._destinations):
            return True  # without counting every item, which takes long while there are many
        soon = now + _SHORT_BACKOFF
        return (
            any(
                stats.leased > 0
                or (stats.waiting > 0 and stats.pause is None and (stats.backoff_until or 0.0) <= soon)
                for name, stats in self._runtime.outbox.stats().items()
                if name in self._destinations
            )
            or self._runtime.deliverer.is_sending
        )  # looked at last: what is settled may not be reported yet

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise OutboxError("this client was made before a fork; make one in each process")
        if self._stop.is_set():
            raise OutboxError("this client is closed")


@define(eq=False)
class _Sending:
    """One caller's event on its way through :meth:`Client.send`.

    :ivar text: its JSON text.
    :ivar outcomes: what became of it; None before that is known.
    :ivar problem: why it is no event; None when it is one.
    :ivar is_stored: everything accepted is on disk.
    """

    text: bytes | str
    outcomes: Sequence[Outcome] | None = None
    problem: EventError | None = None
    is_stored: bool = False


def _receipt(outcomes: Sequence[Outcome]) -> Receipt:
    if len(outcomes) == 1 and isinstance(item := outcomes[0], Item):
        return Receipt(accepted=[item], refused=[], held_back=[])
    accepted: list[Item] = []
    refused: list[Refusal] = []
    held_back: list[HeldBack] = []
    for outcome in outcomes:
        if isinstance(outcome, Item):
            accepted.append(outcome)
        elif isinstance(outcome, Refusal):
            refused.append(outcome)
        else:
            held_back.append(outcome)
    return Receipt(accepted=accepted, refused=refused, held_back=held_back)
