"""``capi send`` and ``capi deliver``."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time
from typing import IO

import click
from rich.progress import Progress

from capi_actions.cli.console import read_lines, stderr, told, write_if_read
from capi_actions.cli.ingest import Feeder
from capi_actions.cli.options import config_option, files_argument, json_option, load_to_send
from capi_actions.cli.signals import CtrlC, stopped_by_signals
from capi_actions.cli.summary import add, as_record, as_table, progress_bar
from capi_actions.delivery import Summary
from capi_actions.errors import EventError
from capi_actions.runtime import Assembly

_WAIT = click.option(
    "--wait",
    default=30.0,
    type=click.FloatRange(min=0),
    show_default=True,
    metavar="SECONDS",
    help="How long to wait, after everything was tried once, for what is to be tried again.",
)


_VERBOSE = click.option(
    "--verbose", "-v", is_flag=True, help="Tell of every request, not only of what goes wrong."
)


@click.command()
@files_argument
@config_option
@_WAIT
@_VERBOSE
@json_option
def send(files: tuple[IO[bytes], ...], config_path: Path, wait: float, verbose: bool, as_json: bool) -> int:
    """Send events, through the outbox, to every destination whose mappings take them.

    Prints a JSON line for each line or item that fails before it is sent; what fails later is listed
    by `capi outbox dead`.  What can't be delivered now stays in the outbox: run `capi deliver`.
    """
    config, plugins = load_to_send(config_path)
    with (
        CtrlC() as ctrl_c,
        told(verbose),
        Assembly.of(config, plugins) as assembly,
        progress_bar("reading", _size(files)) as bar,
    ):
        feeder = Feeder(assembly, write_if_read)
        background = _Background(assembly, bar)
        stopped = False
        try:
            feeder.feed(_watched(files, bar, feeder), ctrl_c)
        except KeyboardInterrupt:
            stopped = True
            feeder.store()
        finally:
            ctrl_c.hold()
            summary = background.stop()
        where = f"all up to line {feeder.tally.line} is dealt with, go on at line {feeder.tally.line + 1}"
        if not stopped:
            more, stopped = _drain(assembly, wait, bar, ctrl_c, summary.delivered)
            summary = add(summary, more)
            where = "all lines are dealt with; `capi deliver` sends what still waits"
        stats = dict(assembly.outbox.stats())
    if as_json:
        write_if_read({"summary": as_record(feeder.tally, summary, stats)})
    else:
        stderr().print(as_table(feeder.tally, summary, stats, assembly.destinations))
    if stopped:
        click.echo(f"capi: stopped; {where}", err=True)
        return 128 + ctrl_c.number
    waiting = sum(each.undelivered for each in stats.values())
    return 1 if feeder.tally.failed or summary.buried or waiting else 0


@click.command()
@config_option
@click.option("--forever", is_flag=True, help="Keep at it until told to end, by Ctrl-C or SIGTERM.")
@_WAIT
@_VERBOSE
@json_option
def deliver(config_path: Path, forever: bool, wait: float, verbose: bool, as_json: bool) -> int:
    """Deliver what waits in the outbox."""
    config, plugins = load_to_send(config_path)
    stop, ctrl_c, stopped = threading.Event(), CtrlC(), False
    with (
        stopped_by_signals(stop) if forever else ctrl_c,
        told(verbose),
        Assembly.of(config, plugins) as assembly,
        progress_bar("delivering") as bar,
    ):
        if forever:
            summary = assembly.deliverer.forever(stop, _progress(bar))
        else:
            summary, stopped = _drain(assembly, wait, bar, ctrl_c)
        stats = dict(assembly.outbox.stats())
    if as_json:
        write_if_read({"summary": as_record(None, summary, stats)})
    else:
        stderr().print(as_table(None, summary, stats, assembly.destinations))
    if stopped:
        click.echo("capi: stopped; `capi deliver` sends what still waits", err=True)
        return 128 + ctrl_c.number
    failed = summary.buried or any(each.undelivered for each in stats.values())
    return 1 if failed and not forever else 0


class _Background:
    """Delivers while events are still being read."""

    def __init__(self, assembly: Assembly, bar: Progress) -> None:
        self._stop = threading.Event()
        self._summary = Summary()
        self._progress = _progress(bar)
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
        self._summary = self._assembly.deliverer.forever(self._stop, self._progress)


def _drain(
    assembly: Assembly, wait: float, bar: Progress, ctrl_c: CtrlC, before: int = 0
) -> tuple[Summary, bool]:
    """Try everything that waits once, however long that takes; then wait for what is to be tried again.

    :param before: how many items were delivered already.
    :returns: what came of it, and whether it was interrupted.
    """
    bar.update(bar.tasks[0].id, description="delivering")
    done = Summary()
    try:
        ctrl_c.release()
        done = assembly.deliverer.drain(progress=_progress(bar, before))
        if wait:
            progress = _progress(bar, before + done.delivered)
            done = add(done, assembly.deliverer.drain(time() + wait, progress))
    except KeyboardInterrupt:
        return add(done, assembly.deliverer.summary), True
    return done, False


def _progress(bar: Progress, before: int = 0) -> Callable[[Summary], None]:
    """Show how much is delivered."""
    return lambda summary: bar.update(bar.tasks[0].id, delivered=before + summary.delivered)


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
