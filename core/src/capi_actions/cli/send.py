"""``capi send`` and ``capi deliver``: put events into the outbox, and empty it."""

import gc
import os
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import time
from typing import IO

import click
from attrs import frozen
from rich.progress import Progress

from capi_actions.cli.console import echo_error, log_to_stderr, printable, try_write_line
from capi_actions.cli.ingest import AnyRecord, Ingester
from capi_actions.cli.inputs import input_options, read_records, read_undecoded_records
from capi_actions.cli.options import (
    DEFAULT_CONFIG,
    Seconds,
    build_pipeline,
    config_option,
    files_argument,
    json_option,
    load_for_pipeline,
)
from capi_actions.cli.record_mapper import MappedRecord, MappedRun, RecordMapper
from capi_actions.cli.signals import DeferredInterrupts, stop_on_signal
from capi_actions.cli.summary import merge, progress_bar, summary_record, summary_table
from capi_actions.cli.tables import stderr
from capi_actions.cli.workers import WorkerError, Workers, may_fork
from capi_actions.config import Config
from capi_actions.delivery import Summary
from capi_actions.errors import OutboxError
from capi_actions.pipeline import Pipeline
from capi_actions.plugins import Plugins
from capi_actions.runtime import Runtime

# Starting a worker takes some 10 ms, and each generates the functions of actions and fills caches for itself.  One
# process sends 4 MB in a fifth of a second.  More than four workers would wait for the process that stores and sends,
# unless mappings are elaborate.
_PARALLEL_BYTES = 4_000_000
_MAX_DEFAULT_PROCESSES = 4

_GARBAGE_THRESHOLD = 20_000  # objects, more than a commit's items and a chunk's lines
_PROGRESS_LINES = 1000  # lines between two updates of the progress bar

_WAIT = click.option(
    "--wait",
    default=30.0,
    type=Seconds(),
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for retries, after everything was tried once.",
)

_VERBOSE = click.option("--verbose", "-v", is_flag=True, help="Log every request, not only what goes wrong.")


@click.command()
@files_argument
@config_option
@input_options
@click.option(
    "--skip", default=0, type=click.IntRange(min=0), metavar="N", help="Leave out the first N events."
)
@click.option(
    "--once",
    is_flag=True,
    help="Leave out what an earlier run with --once has stored, as long as the platform takes such events.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=64),
    metavar="N",
    help=(
        "How many processes map and hash events, while this one stores and sends them.  By default, one for each core,"
        " up to 4, for files of 4 MB or more; 1, which does everything in one process, for less and for standard input."
    ),
)
@_WAIT
@_VERBOSE
@json_option
def send(
    files: tuple[IO[bytes], ...],
    config_path: Path,
    input_format: str | None,
    is_csv: bool,
    skip: int,
    once: bool,
    processes: int | None,
    wait: float,
    verbose: bool,
    as_json: bool,
) -> int:
    """Send events to every destination that takes them.

    Events are stored in the outbox first.  What can't be delivered now stays there: run `capi deliver`.
    Prints a JSON line for each event or item that fails before it is stored; what fails later is listed
    by `capi outbox dead`.
    """
    config, plugins = load_for_pipeline(config_path)
    size = _total_size(files)
    with (
        DeferredInterrupts() as interrupts,
        log_to_stderr(verbose),
        _Mapping.open(config, plugins, processes or _default_processes(size), once) as mapping,
        Runtime.open(config, plugins, mapping.pipeline) as runtime,
        progress_bar("reading", size) as bar,
        _rare_garbage_collection(),
    ):
        ingester = Ingester(runtime, try_write_line, once=once, workers=mapping.workers)
        read = (
            partial(read_undecoded_records, call_in_order=ingester.call_in_order)
            if mapping.workers
            else read_records
        )
        records = read(files, config, plugins, input_format, is_csv, skip)
        background = _BackgroundDelivery(runtime, bar)
        command = [*_command("send", config_path), *_options(input_format, is_csv, once, processes)]
        names = [str(file.name) for file in files]
        stopped, failure = False, None
        try:
            ingester.ingest(_with_progress(records, files, bar, ingester), interrupts)
        except (KeyboardInterrupt, WorkerError) as error:
            stopped = True
            failure = error if isinstance(error, WorkerError) else None
            with suppress(WorkerError):
                ingester.flush()
        except OutboxError as error:
            stats = ingester.stats
            hint = _restart_hint(command, skip + stats.kept, stats.last_kept, names)
            raise OutboxError(f"{error}; {hint}") from None
        finally:
            interrupts.defer()
            summary = background.stop()
        progress = _restart_hint(command, skip + ingester.stats.events, ingester.stats.last, names)
        if not stopped:
            drained, stopped = _drain(runtime, wait, bar, interrupts, summary)
            summary = merge(summary, drained)
            hint = shlex.join(_command("deliver", config_path))
            progress = f"all events are processed; `{hint}` sends what is still waiting"
        outbox_stats = dict(runtime.outbox.stats())
    if as_json:
        try_write_line({"summary": summary_record(ingester.stats, summary, outbox_stats)})
    else:
        event_names = [name for route in runtime.pipeline.routes for name in route.trigger.event_names]
        stderr().print(
            summary_table(ingester.stats, summary, outbox_stats, runtime.destinations, event_names)
        )
    if failure is not None:
        echo_error(f"capi: {failure}; {progress}")
        return 2
    if stopped:
        echo_error(f"capi: stopped; {progress}")
        return 128 + interrupts.number
    waiting = sum(stats.undelivered for stats in outbox_stats.values())
    return 1 if ingester.stats.failed or summary.buried or waiting else 0


@click.command()
@config_option
@click.option("--forever", is_flag=True, help="Keep delivering until Ctrl-C or SIGTERM.")
@_WAIT
@_VERBOSE
@json_option
def deliver(config_path: Path, forever: bool, wait: float, verbose: bool, as_json: bool) -> int:
    """Deliver what is waiting in the outbox."""
    config, plugins = load_for_pipeline(config_path)
    stop, interrupts, stopped = threading.Event(), DeferredInterrupts(), False
    with (
        stop_on_signal(stop) if forever else interrupts,
        log_to_stderr(verbose),
        Runtime.open(config, plugins) as runtime,
        progress_bar("delivering") as bar,
    ):
        if forever:
            summary = runtime.deliverer.forever(stop, _progress_callback(bar))
        else:
            summary, stopped = _drain(runtime, wait, bar, interrupts, Summary())
        outbox_stats = dict(runtime.outbox.stats())
    if as_json:
        try_write_line({"summary": summary_record(None, summary, outbox_stats)})
    else:
        stderr().print(summary_table(None, summary, outbox_stats, runtime.destinations))
    if stopped:
        hint = shlex.join(_command("deliver", config_path))
        echo_error(f"capi: stopped; `{hint}` sends what is still waiting")
        return 128 + interrupts.number
    failed = summary.buried or any(stats.undelivered for stats in outbox_stats.values())
    return 1 if failed and not forever else 0


@frozen
class _Mapping:
    """What maps events: this process, or workers with a copy of the pipeline.

    :ivar workers: None if this process maps.
    """

    pipeline: Pipeline
    workers: Workers | None = None

    @classmethod
    @contextmanager
    def open(cls, config: Config, plugins: Plugins, processes: int, once: bool) -> "Iterator[_Mapping]":
        """Build the pipeline, and start workers if there should be more than one process.

        :raises ConfigError: when anything in the configuration is wrong.
        :raises WorkerError: if this system can't have workers.
        """
        pipeline = build_pipeline(config, plugins)
        if processes == 1:
            yield cls(pipeline)
            return
        with Workers(RecordMapper(pipeline, once), processes) as workers:
            yield cls(pipeline, workers)


class _BackgroundDelivery:
    """Delivers in a thread while events are still being read."""

    def __init__(self, runtime: Runtime, bar: Progress) -> None:
        self._stop = threading.Event()
        self._summary = Summary()
        self._progress = _progress_callback(bar)
        self._runtime = runtime
        self._thread = threading.Thread(target=self._run, name="capi-deliver", daemon=True)
        self._thread.start()

    def stop(self) -> Summary:
        """Finish the requests in flight and return what was delivered."""
        self._stop.set()
        self._runtime.deliverer.wake()
        self._thread.join()
        return self._summary

    def _run(self) -> None:
        self._summary = self._runtime.deliverer.forever(self._stop, self._progress)


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Leave alone what exists, and look for garbage more rarely while the context is open.

    Events make none; looking through the compiled mappings and the items that wait for a commit takes 2 µs an event.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _drain(
    runtime: Runtime, wait: float, bar: Progress, interrupts: DeferredInterrupts, before: Summary
) -> tuple[Summary, bool]:
    """Try everything that is waiting once, however long that takes; then wait for retries.

    :param wait: seconds to wait for retries.
    :param before: the summary of the run before.
    :returns: the summary, without what was before, and whether it was interrupted.
    """
    bar.update(bar.tasks[0].id, description="delivering")
    summary = Summary()
    counted = before
    try:
        interrupts.deliver()
        counted = summary = runtime.deliverer.drain(progress=_progress_callback(bar, before.delivered))
        if wait:
            callback = _progress_callback(bar, before.delivered + summary.delivered)
            summary = merge(summary, runtime.deliverer.drain(time() + wait, callback))
    except KeyboardInterrupt:
        # Until its next run begins, the deliverer has the summary of the last one, which is counted already.
        current = runtime.deliverer.summary
        return (summary if current is counted else merge(summary, current)), True
    return summary, False


def _progress_callback(bar: Progress, delivered: int = 0) -> Callable[[Summary], None]:
    """Return a callback that shows the number of delivered items.

    :param delivered: how many items were delivered before.
    """
    return lambda summary: bar.update(bar.tasks[0].id, delivered=delivered + summary.delivered)


def _with_progress(
    records: Iterator[AnyRecord], files: tuple[IO[bytes], ...], bar: Progress, ingester: Ingester
) -> Iterator[AnyRecord]:
    for number, record in enumerate(records, 1):
        yield record
        if number % _PROGRESS_LINES == 0:
            bar.update(bar.tasks[0].id, completed=_position(files), events=ingester.stats.events)


def _restart_hint(
    command: Sequence[str], count: int, last: MappedRecord | MappedRun | None, names: Sequence[str]
) -> str:
    """Return how far a run got, and the command that goes on from there.

    :param command: without files.
    :param count: how many events are processed, those of earlier runs included.
    :param names: of the files.
    """
    place = (
        f" up to {last.file}:{last.line}"
        if last and last.file
        else f" up to line {last.line}"
        if last
        else ""
    )
    done = printable(f"{count:,} event{'' if count == 1 else 's'} processed{place}")
    same_input = "" if names and "-" not in names else " with the same input"
    return f"{done}; go on{same_input}: {shlex.join([*command, '--skip', str(count), *names])}"


def _options(input_format: str | None, is_csv: bool, once: bool, processes: int | None) -> list[str]:
    """Return the options of a run that another one needs to go on in the same way."""
    return [
        *(["--format", input_format] if input_format else []),
        *(["--csv"] if is_csv else []),
        *(["--once"] if once else []),
        *(["--processes", str(processes)] if processes else []),
    ]


def _default_processes(size: int | None) -> int:
    """Return how many processes an input is worth.

    :param size: bytes to read; None if unknown.
    """
    if size is None or size < _PARALLEL_BYTES or not may_fork():
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MAX_DEFAULT_PROCESSES)


def _command(name: str, config_path: Path) -> list[str]:
    """Return the words of a command with the same configuration, to be pasted into a shell."""
    config = [] if config_path == DEFAULT_CONFIG else ["--config", str(config_path)]
    return ["capi", name, *config]


def _total_size(files: tuple[IO[bytes], ...]) -> int | None:
    """Return the size of all files in bytes; None when one of them is a pipe."""
    sizes = [os.fstat(file.fileno()).st_size if file.seekable() else 0 for file in files]
    return sum(sizes) if sizes and all(sizes) else None


def _position(files: tuple[IO[bytes], ...]) -> int:
    """Return how many bytes of the files were read."""
    return sum(file.tell() for file in files if file.seekable() and not file.closed)
