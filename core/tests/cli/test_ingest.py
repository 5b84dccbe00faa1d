"""What `capi send` reads is stored in time, whatever becomes of the input."""

import json
import shlex
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from capi_actions import Item, OutboxError
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.cli import ingest
from capi_actions.cli.ingest import Ingester
from capi_actions.cli.signals import DeferredInterrupts, stop_on_signal
from capi_actions.config import load_config
from capi_actions.inputs import InputRecord
from capi_actions.plugins import Plugins
from capi_actions.runtime import Runtime


@pytest.fixture
def runtime(config: Path) -> Iterator[Runtime]:
    """A complete runtime; nothing delivers."""
    plugins = Plugins.installed()
    with Runtime.open(load_config(config, plugins), plugins) as opened:
        yield opened


def test_what_was_read_is_stored_while_the_input_is_idle(runtime: Runtime, ping: Any) -> None:
    """`tail -f events.jsonl | capi send`: an event must not wait for the next one."""
    ingester = Ingester(runtime, lambda record: None)
    waited_for: list[int] = []

    def records() -> Iterator[InputRecord]:
        yield InputRecord("", 1, ping(1))
        give_up = monotonic() + 60
        while not runtime.outbox.stats() and monotonic() < give_up:
            sleep(0.01)
        waited_for.append(runtime.outbox.stats()["main"].waiting)

    ingester.ingest(records())

    assert waited_for == [1]
    assert (ingester.stats.stored, ingester.stats.events) == (1, 1)


def test_a_store_that_fails_for_a_moment_loses_nothing(
    runtime: Runtime, ping: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While the input is idle, storing is tried again, and what was read is kept until then; the log says so once."""
    monkeypatch.setattr(ingest, "_FLUSH_INTERVAL", 0.01)
    failures = threading.Semaphore(3)
    put = runtime.outbox.put

    def failing(items: list[Item]) -> None:
        if failures.acquire(blocking=False):
            raise OutboxError("the disk is full")
        put(items)

    monkeypatch.setattr(runtime.outbox, "put", failing)

    def records() -> Iterator[InputRecord]:
        yield InputRecord("", 1, ping(1))
        give_up = monotonic() + 60
        while len(caplog.messages) < 2 and monotonic() < give_up:
            sleep(0.01)

    ingester = Ingester(runtime, lambda record: None)
    ingester.ingest(records())

    assert (ingester.stats.stored, runtime.outbox.stats()["main"].waiting) == (1, 1)
    assert [
        "what was read can't be stored: the disk is full; it is tried again",
        "what was read is stored again",
    ] == caplog.messages


def test_a_store_that_goes_on_failing_is_raised(
    runtime: Runtime, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the caller: reading on would only lose more."""

    def failing(items: list[Item]) -> None:
        raise OutboxError("the disk is full")

    monkeypatch.setattr(runtime.outbox, "put", failing)
    ingester = Ingester(runtime, lambda record: None)

    with pytest.raises(OutboxError, match="the disk is full"):
        ingester.ingest(InputRecord("", number, ping(number)) for number in range(1, 2_000))
    assert (ingester.stats.events, ingester.stats.stored) == (1_000, 0)


def test_an_interrupted_run_stores_what_it_read_and_prints_the_command_that_goes_on(
    capi: Any, config: Path, ping: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be pasted into a shell, whatever the files are called."""

    def interrupted(*arguments: object) -> Iterator[InputRecord]:
        for number in (1, 3):
            yield InputRecord("orders.jsonl", number, ping(number))
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("capi_actions.cli.send"), "read_records", interrupted)
    file = tmp_path / "my orders.jsonl"
    file.touch()
    result = capi("send", "-c", str(config), "--once", "--json", "--skip", "5", str(file))

    assert result.status == 130
    assert result.lines[-1]["summary"]["stored"] == 2
    message, command = result.err.splitlines()[-1].split("go on: ")
    assert message == "capi: stopped; 7 events processed up to orders.jsonl:3; "
    assert shlex.split(command) == [
        *("capi", "send", "--config", str(config), "--once", "--skip", "7", str(file)),
    ]


def test_a_run_that_can_store_no_more_prints_the_command_that_goes_on(
    capi: Any, config: Path, ping: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the disk has room, nothing is left out and nothing is stored twice."""
    monkeypatch.setattr(ingest, "_CHUNK", 2)
    monkeypatch.setattr(ingest, "_FLUSH_INTERVAL", 600.0)  # a busy machine reads for longer
    put, stored = SqliteOutbox.put, list[Item]()

    def failing(outbox: SqliteOutbox, items: list[Item]) -> None:
        if len(stored) >= 4:
            raise OutboxError("the disk is full")
        put(outbox, items)
        stored.extend(items)

    monkeypatch.setattr(SqliteOutbox, "put", failing)
    file = tmp_path / "orders.jsonl"
    file.write_text("".join(f"{json.dumps(ping(number))}\n" for number in range(9)), encoding="utf-8")
    result = capi("send", "-c", str(config), "--processes", "1", str(file))

    assert result.status == 2
    message, command = result.err.splitlines()[-1].split("go on: ")
    assert message == f"capi: the disk is full; 4 events processed up to {file}:4; "
    assert shlex.split(command) == [
        *("capi", "send", "--config", str(config), "--processes", "1", "--skip", "4", str(file)),
    ]


@pytest.mark.parametrize("wait", [[], ["--wait", "30"]], ids=["once", "waiting"])
def test_what_was_delivered_before_a_signal_counts_once(
    capi: Any,
    config: Path,
    ping: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    acme_server: Any,
    wait: list[str],
) -> None:
    """A signal that comes when background delivery has just ended, and the last one hasn't begun."""
    command = import_module("capi_actions.cli.send")
    stop = command._BackgroundDelivery.stop

    def interrupted(background: Any) -> Any:
        while len(acme_server.taken) < 3:
            sleep(0.01)
        summary = stop(background)
        signal.raise_signal(signal.SIGINT)
        return summary

    monkeypatch.setattr(command._BackgroundDelivery, "stop", interrupted)
    file = tmp_path / "orders.jsonl"
    file.write_text("".join(f"{json.dumps(ping(number))}\n" for number in range(3)), encoding="utf-8")
    result = capi("send", "-c", str(config), "--json", *wait, str(file))

    assert result.status == 130
    assert result.lines[-1]["summary"]["delivered"] == 3


def test_ctrl_c_in_the_middle_of_storing_stores_nothing_twice(
    runtime: Runtime, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes just after the commit, when the ingester doesn't know yet that all went well."""
    monkeypatch.setattr(ingest, "_FLUSH_INTERVAL", 600.0)  # a busy machine reads for longer
    put = runtime.outbox.put

    def interrupted(items: list[Item]) -> None:
        put(items)
        monkeypatch.setattr(runtime.outbox, "put", put)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(runtime.outbox, "put", interrupted)
    ingester = Ingester(runtime, lambda record: None)
    with DeferredInterrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        ingester.ingest((InputRecord("", number, ping(number)) for number in range(1, 2_000)), interrupts)
    ingester.flush()

    assert (ingester.stats.events, ingester.stats.stored) == (1_000, 1_000)
    assert runtime.outbox.stats()["main"].waiting == 1_000


def test_ctrl_c_while_waiting_for_input_acts_at_once(runtime: Runtime, ping: Any) -> None:
    """What was read is kept, and the next Ctrl-C finds the handler that was there before."""

    def records() -> Iterator[InputRecord]:
        yield InputRecord("", 1, ping(1))
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not interrupted")

    ingester = Ingester(runtime, lambda record: None)
    with DeferredInterrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        ingester.ingest(records(), interrupts)
    ingester.flush()

    assert runtime.outbox.stats()["main"].waiting == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait() -> None:
    """A reader that stalls would otherwise keep the command for ever."""
    with DeferredInterrupts() as interrupts:
        interrupts.defer()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_second_signal_while_the_first_sets_the_event_does_not_wait_for_it() -> None:
    """systemd sends SIGTERM and SIGHUP at once; an event's lock would be waited for by the thread that holds it."""

    class Setting(threading.Event):
        calls = 0

        def set(self) -> None:
            self.calls += 1
            if self.calls == 1:
                signal.raise_signal(signal.SIGHUP)
            super().set()

    stop = Setting()
    with stop_on_signal(stop), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)

    assert stop.calls == 1


def test_who_handles_ctrl_c_by_himself_keeps_doing_so() -> None:
    """A program that embeds us, or one that was started with Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with DeferredInterrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            interrupts.deliver()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert (signal.getsignal(signal.SIGTERM), interrupts.number) == (signal.SIG_DFL, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_in_another_thread_signals_are_left_alone() -> None:
    """Python allows only the main one to handle them; a program may well call us from another."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: DeferredInterrupts().__enter__().__exit__()).result()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_output_that_nobody_reads_does_not_stop_sending(
    capi: Any, config: Path, ping: Any, acme_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`capi send | head`: half-sent would be an unpleasant surprise."""
    tried: list[object] = []

    def gone(record: object) -> None:
        tried.append(record)
        raise BrokenPipeError

    monkeypatch.setattr("capi_actions.cli.console.write_line", gone)
    result = capi("send", "-c", str(config), lines=[1, ping(1), 2, ping(2)])

    assert (result.status, len(tried), len(acme_server.taken)) == (1, 2, 2)
