"""``capi send`` and ``capi deliver``."""

import os
import signal
import threading
from pathlib import Path
from time import time
from typing import IO, Any

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from capi_actions.assembly import Assembly
from capi_actions.cli.feed import Feeder, Tally
from capi_actions.cli.lines import read_lines, write
from capi_actions.cli.options import config_option, files_argument, json_option, load, stderr
from capi_actions.delivery import Summary
from capi_actions.outbox import Stats

_WAIT = click.option(
    "--wait",
    default=30.0,
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
    with Assembly.of(*load(config_path)) as assembly, _bar(_size(files)) as bar:
        feeder = Feeder(assembly, write)
        delivered = _Background(assembly)
        task = bar.tasks[0].id

        def lines() -> Any:
            for number, line in read_lines(files):
                yield number, line
                if number % 1000 == 0:
                    bar.update(task, advance=0, completed=_position(files), events=feeder.tally.events)

        try:
            feeder.feed(lines())
        finally:
            first = delivered.stop()
        bar.update(task, description="delivering", completed=_position(files), events=feeder.tally.events)
        summary = _add(first, assembly.deliverer.drain(deadline=time() + wait))
        stats = dict(assembly.outbox.stats())
    if as_json:
        write({"summary": _record(feeder.tally, summary, stats)})
    else:
        _print(feeder.tally, summary, stats)
    waiting = sum(each.undelivered for each in stats.values())
    return 1 if feeder.tally.failed or summary.buried or waiting else 0


@click.command()
@config_option
@click.option("--forever", is_flag=True, help="Keep at it until interrupted.")
@_WAIT
@json_option
def deliver(config_path: Path, forever: bool, wait: float, as_json: bool) -> int:
    """Deliver what waits in the outbox."""
    with Assembly.of(*load(config_path)) as assembly:
        if forever:
            stop = threading.Event()
            for signal_number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(signal_number, lambda *_: stop.set())
            summary = assembly.deliverer.forever(stop)
        else:
            summary = assembly.deliverer.drain(deadline=time() + wait)
        stats = dict(assembly.outbox.stats())
    if as_json:
        write({"summary": _record(None, summary, stats)})
    else:
        _print(None, summary, stats)
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


def _add(one: Summary, two: Summary) -> Summary:
    return Summary(
        delivered=one.delivered + two.delivered,
        mended=one.mended + two.mended,
        buried=one.buried + two.buried,
        put_back=one.put_back + two.put_back,
        requests=one.requests + two.requests,
        paused=tuple(sorted({*one.paused, *two.paused})),
    )


def _size(files: tuple[IO[bytes], ...]) -> int | None:
    """Give the files' length in bytes; None when one of them is a pipe."""
    sizes = [os.fstat(file.fileno()).st_size if file.seekable() else 0 for file in files]
    return sum(sizes) if sizes and all(sizes) else None


def _position(files: tuple[IO[bytes], ...]) -> int:
    return sum(file.tell() for file in files if file.seekable() and not file.closed)


def _bar(total: int | None) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[events]:,} events"),
    )
    console = stderr()
    bar = Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal, transient=True
    )
    bar.add_task("reading", total=total, events=0)
    return bar


def _record(tally: Tally | None, summary: Summary, stats: dict[str, Stats]) -> dict[str, Any]:
    read = (
        {}
        if tally is None
        else {
            "events": tally.events,
            "broken": tally.broken,
            "refused": tally.refused,
            "not_taken": dict(tally.not_taken),
            "stored": tally.stored,
        }
    )
    return {
        **read,
        "delivered": summary.delivered,
        "mended": summary.mended,
        "buried": summary.buried,
        "requests": summary.requests,
        "waiting": sum(each.undelivered for each in stats.values()),
        "paused": {name: each.pause.judgement.reason for name, each in stats.items() if each.pause},
    }


def _print(tally: Tally | None, summary: Summary, stats: dict[str, Stats]) -> None:
    console = stderr()
    table = Table("what", "how many", "", title="Sent" if tally else "Delivered")
    if tally is not None:
        table.add_row("events read", f"{tally.events:,}")
        if tally.broken:
            table.add_row("[red]not an event[/red]", f"{tally.broken:,}", "see the lines printed")
        if tally.refused:
            table.add_row("[red]refused before sending[/red]", f"{tally.refused:,}", "see the lines printed")
        for title, count in tally.not_taken.most_common(10):
            table.add_row(f"[dim]no mapping takes: {title}[/dim]", f"{count:,}")
        rest = sum(tally.not_taken.values()) - sum(count for _, count in tally.not_taken.most_common(10))
        if rest:
            table.add_row("[dim]no mapping takes: others[/dim]", f"{rest:,}")
        table.add_row("stored in the outbox", f"{tally.stored:,}")
    table.add_row("[green]delivered[/green]", f"{summary.delivered:,}", f"in {summary.requests:,} requests")
    if summary.mended:
        table.add_row("of these, mended", f"{summary.mended:,}", "without a field that the platform named")
    if summary.buried:
        table.add_row("[red]dead letters[/red]", f"{summary.buried:,}", "capi outbox dead")
    for name, each in stats.items():
        if each.undelivered:
            table.add_row(f"[yellow]waiting for {name}[/yellow]", f"{each.undelivered:,}", "capi deliver")
        if each.pause:
            judgement = each.pause.judgement
            table.add_row(f"[red]{name} is paused[/red]", "", f"{judgement.reason} {judgement.advice}")
    console.print(table)
