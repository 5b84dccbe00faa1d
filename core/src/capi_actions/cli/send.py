"""``capi send`` and ``capi deliver``."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import IO

import click
from rich.progress import Progress

from capi_actions.assembly import Assembly
from capi_actions.cli.feed import Feeder
from capi_actions.cli.lines import read_lines, write_if_read
from capi_actions.cli.options import config_option, files_argument, json_option, load_to_send
from capi_actions.cli.summary import add, as_record, as_table, progress_bar
from capi_actions.cli.tables import stderr
from capi_actions.delivery import Summary
from capi_actions.errors import EventError

_WAIT = click.option(
    "--wait",
    default=30.0,
    type=click.FloatRange(min=0),
    show_default=True,
    metavar="SECONDS",
    help="How long to wait, after everything was tried once, for what is to be tried again.",
)


@click.command()
@files_argument
@config_option
@_WAIT
@json_option
def send(files: tuple[IO[bytes], ...], config_path: Path, wait: float, as_json: bool) -> int:
    """Send events, through the outbox, to every destination whose mappings take them.

    Prints a JSON line for each line or item that fails before it is sent; what fails later is listed
    by `capi outbox dead`.  What can't be delivered now stays in the outbox: run `capi deliver`.
    """
    with Assembly.of(*load_to_send(config_path)) as assembly, progress_bar(_size(files)) as bar:
        feeder = Feeder(assembly, write_if_read)
        background = _Background(assembly)
        stopped = False
        try:
            feeder.feed(_watched(files, bar, feeder))
        except KeyboardInterrupt:
            stopped = True
            feeder.store()
        finally:
            summary = background.stop()
        if not stopped:
            summary = add(summary, _drain(assembly, wait, bar))
        stats = dict(assembly.outbox.stats())
    if as_json:
        write_if_read({"summary": as_record(feeder.tally, summary, stats)})
    else:
        stderr().print(as_table(feeder.tally, summary, stats))
    if stopped:
        click.echo(
            f"capi: stopped after line {feeder.tally.line}; what came before it is dealt with", err=True
        )
        return 130
    waiting = sum(each.undelivered for each in stats.values())
    return 1 if feeder.tally.failed or summary.buried or waiting else 0


@click.command()
@config_option
@click.option("--forever", is_flag=True, help="Keep at it until interrupted.")
@_WAIT
@json_option
def deliver(config_path: Path, forever: bool, wait: float, as_json: bool) -> int:
    """Deliver what waits in the outbox."""
    with Assembly.of(*load_to_send(config_path)) as assembly, progress_bar(None) as bar:
        if forever:
            stop = threading.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            summary = assembly.deliverer.forever(stop)
        else:
            summary = _drain(assembly, wait, bar)
        stats = dict(assembly.outbox.stats())
    if as_json:
        write_if_read({"summary": as_record(None, summary, stats)})
    else:
        stderr().print(as_table(None, summary, stats))
    return 1 if summary.buried or any(each.undelivered for each in stats.values()) else 0


class _Background:
    """Delivers while events are still being read."""

    def __init__(self, assembly: Assembly) -> None:
        self._stop = threading.Event()
        self._summary = Summary()
        self._assembly = assembly
        self._thread = threading.Thread(target=self._run, name="capi-deliver", daemon=True)
        self._thread.start()

    def stop(self) -> Summary:
        """Finish the requests under way."""
        self._stop.set()
        self._assembly.deliverer.wake()
        self._thread.join()
        return self._summary

    def _run(self) -> None:
        self._summary = self._assembly.deliverer.forever(self._stop)


def _drain(assembly: Assembly, wait: float, bar: Progress) -> Summary:
    """Try everything that waits once, however long that takes; then wait for what is to be tried again."""

    def progress(summary: Summary) -> None:
        bar.update(bar.tasks[0].id, delivered=summary.delivered)

    bar.update(bar.tasks[0].id, description="delivering")
    once = assembly.deliverer.drain(progress=progress)
    return add(once, assembly.deliverer.drain(time() + wait, progress)) if wait else once


def _watched(
    files: tuple[IO[bytes], ...], bar: Progress, feeder: Feeder
) -> Iterator[tuple[int, bytes | EventError]]:
    for number, line in read_lines(files):
        yield number, line
        if number % 1000 == 0:
            bar.update(bar.tasks[0].id, completed=_position(files), events=feeder.tally.events)


def _size(files: tuple[IO[bytes], ...]) -> int | None:
    """Give the files' length in bytes; None when one of them is a pipe."""
    sizes = [os.fstat(file.fileno()).st_size if file.seekable() else 0 for file in files]
    return sum(sizes) if sizes and all(sizes) else None


def _position(files: tuple[IO[bytes], ...]) -> int:
    return sum(file.tell() for file in files if file.seekable() and not file.closed)
