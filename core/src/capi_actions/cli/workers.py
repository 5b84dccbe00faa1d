"""Worker processes that decode, map and hash records for ``capi send``, while one process reads, stores and sends.

Records go to them in chunks and come back in the order in which they were added, so that nobody can tell from the
outbox, the messages and the counts how many processes there were.  Two chunks at most are on their way to or from a
worker, which bounds memory.

Workers are forked, and that before this process has threads, a connection to the outbox or one to a platform.  So they
have the compiled configuration with its secrets in memory; it is never written to a file, a pipe or a command line.
A worker ends when its pipe does, hence also when this process is killed.  SIGINT, SIGTERM and SIGHUP are blocked in
them, as these often go to all processes of a terminal or a service: this process decides what they mean.
"""

import gc
import logging
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby, islice
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

from attrs import define, evolve, field

from capi_actions.cli.record_mapper import MappedRecord, MappedRun, RecordMapper
from capi_actions.cli.signals import TERMINATION_SIGNALS
from capi_actions.errors import CapiError, EventError, Problem
from capi_actions.inputs import InputRecord, UndecodedRecord, decode_record
from capi_actions.model import Item, JsonObject
from capi_actions.notes import Notes, collect_notes
from capi_actions.pipeline import Outcome, Refusal
from capi_actions.tracebacks import where

if TYPE_CHECKING:  # it takes a while to import, and few runs need it
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

# Some 10 ms of work, as long as this process may take for a commit; and one more than a worker gets fits into a pipe.
_CHUNK_RECORDS = 500
_CHUNK_BYTES = 320 * 1024
_LARGE_BYTES = 8 * _CHUNK_BYTES  # of a chunk with a very long line: one such chunk at a time
_PIPE_BYTES = 1024 * 1024  # what Linux allows everybody
_CHUNKS_PER_WORKER = 2  # one is mapped while the next one waits in the pipe
_EXIT_SECONDS = 2.0  # for a worker to notice that its pipes are closed
_END_SECONDS = 30.0  # for the system to end a worker that has closed its pipes: it may be busy

_Value: TypeAlias = bytes | JsonObject | EventError
_Mapped: TypeAlias = tuple[list[Outcome] | EventError, str, Sequence[bytes], Sequence[logging.LogRecord]]
"""What became of a record: outcomes, name and keys as in :class:`MappedRecord`, and what was logged before."""


class _Run(NamedTuple):
    """Events in a row of which only items came.

    :ivar counts: how many items came of each.
    :ivar items: as plain tuples: pickling named ones takes 1.8 µs instead of 1.1, reading them 0.5 instead of 0.4.
    :ivar keys: one for each item, or none.
    """

    counts: list[int]
    items: Sequence[tuple[object, ...]]
    keys: list[bytes]


_Reply: TypeAlias = tuple[list[_Run | _Mapped], Notes | None]
"""What became of a chunk: runs, and between them records of any other kind; and what was noted."""


class WorkerError(CapiError):
    """A worker process has ended, or failed on what no event should make it fail on."""


def may_fork() -> bool:
    """Return whether this process can have workers: a fork beside threads may inherit a lock that nobody releases."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


class Workers:
    """Processes that map records.  A context manager: leaving it ends them.  Usable by one thread at a time."""

    def __init__(self, mapper: RecordMapper, number: int) -> None:
        """Start the processes.

        :param mapper: is used by all of them, each with its own copy.
        :param number: of processes.
        :raises WorkerError: if this system can't fork a process safely.
        """
        if not hasattr(os, "fork") or sys.platform == "darwin":
            raise WorkerError(
                "--processes needs a system on which processes can be forked safely, such as Linux"
            )
        self._chunk = _Chunk()
        self._pending: deque[tuple[_Worker, _Chunk]] = deque()
        self._results: deque[MappedRecord | MappedRun | Callable[[], None]] = deque()
        self._logged: dict[str, int] = {}  # which worker has logged a text first
        self._failure: WorkerError | None = None
        self._workers: list[_Worker] = []
        with _blocked_signals():
            for _ in range(number):
                self._workers.append(_Worker.start(mapper, self._workers))

    def add(self, record: InputRecord | UndecodedRecord) -> Iterable[MappedRecord | MappedRun]:
        """Add a record, and return those that are mapped meanwhile: earlier ones, in order.

        What isn't taken from the iterator comes with the next call.

        :raises WorkerError: when a worker has ended.
        """
        self._chunk.add(record)
        if not (self._chunk.is_full or self._results):
            return ()
        if self._chunk.is_full:
            self._submit()
        return self._take_results()

    def finish(self, since: float = inf) -> Iterator[MappedRecord | MappedRun]:
        """Wait for the records that are not mapped yet, and return them in order.

        :param since: only wait for those that were added before this time (monotonic clock).
        :raises WorkerError: when a worker has ended; what was mapped before is returned first.
        """
        yield from self._take_results()
        if self._chunk.records and self._chunk.since <= since:
            self._submit()
        while self._pending and self._pending[0][1].since <= since:
            self._receive()
            yield from self._take_results()
        if not (self._pending or self._chunk.records):
            self._results += self._chunk.take_calls(0)
            yield from self._take_results()

    def call_in_order(self, function: Callable[[], None]) -> None:
        """Call a function when the results of all records that were added before it have been taken."""
        self._chunk.calls.append((len(self._chunk.records), function))

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for worker in self._workers:
            worker.close_pipes()
        for worker in self._workers:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _take_results(self) -> Iterator[MappedRecord | MappedRun]:
        while self._results:
            result = self._results.popleft()
            if isinstance(result, MappedRecord | MappedRun):
                yield result
            else:
                result()

    def _log(self, worker: int, record: logging.LogRecord) -> None:
        """Log what a worker has logged, unless another one did: what is logged once should be logged once."""
        if self._logged.setdefault(record.getMessage(), worker) == worker:
            logging.getLogger(record.name).handle(record)

    def _submit(self) -> None:
        """Send the chunk to the worker that has least to do, after receiving results until there is one."""
        data = pickle.dumps([value for _, _, value in self._chunk.records], pickle.HIGHEST_PROTOCOL)
        while not (worker := self._free_worker(len(data))):
            self._receive()
        with self._fail_on_error(worker):
            worker.requests.send_bytes(data)
        worker.chunks += 1
        self._pending.append((worker, self._chunk))
        self._chunk = _Chunk()

    def _free_worker(self, size: int) -> "_Worker | None":
        """Return a worker to which so many bytes can be sent without waiting for it.

        While this process waits to send, it receives nothing: a worker that waited to send as well would make both
        wait for ever.
        """
        if size > _LARGE_BYTES and self._pending:
            return None
        worker = min(self._workers, key=lambda worker: worker.chunks)
        # One that has nothing to do reads all of it.
        fits = size <= worker.capacity // (_CHUNKS_PER_WORKER + 1)
        return worker if worker.chunks < (_CHUNKS_PER_WORKER if fits else 1) else None

    def _receive(self) -> None:
        """Receive the results of the oldest chunk."""
        worker, chunk = self._pending[0]
        with self._fail_on_error(worker):
            data = worker.replies.recv_bytes()
        reply: _Reply | str = pickle.loads(data)  # noqa: S301  a process of ours made it
        if isinstance(reply, str):
            self._failure = WorkerError(f"a worker process failed ({reply})")
            raise self._failure
        self._pending.popleft()
        worker.chunks -= 1
        self._results += self._unpack(worker, chunk, reply)

    def _unpack(
        self, worker: "_Worker", chunk: "_Chunk", reply: _Reply
    ) -> Iterator[MappedRecord | MappedRun | Callable[[], None]]:
        """Return the results of a chunk, and between them what is to be called; the last result has the notes."""
        parts, notes = reply
        index, end = 0, len(chunk.records)
        for part in parts:
            if not isinstance(part, _Run):
                yield from chunk.take_calls(index)
                outcomes, name, keys, logged = part
                yield from (partial(self._log, id(worker), log_record) for log_record in logged)
                file, line, _ = chunk.records[index]
                index += 1
                yield MappedRecord(file, line, outcomes, name, keys, notes if index == end else None)
                continue
            all_items, all_keys, last = map(Item._make, part.items), iter(part.keys), index + len(part.counts)
            while index < last:  # once, unless something is to be called between two of the records
                yield from chunk.take_calls(index)
                start, index = index, min(last, chunk.next_call)
                number = sum(part.counts[start - last : index - last or None])
                file, line, _ = chunk.records[index - 1]
                yield MappedRun(
                    file,
                    line,
                    index - start,
                    list(islice(all_items, number)),
                    list(islice(all_keys, number)),
                    notes if index == end else None,
                )
        yield from chunk.take_calls(end)

    @contextmanager
    def _fail_on_error(self, worker: "_Worker") -> Iterator[None]:
        """Fail from now on if an exchange with a worker fails or is interrupted: its pipes can't be used any more."""
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except (EOFError, OSError):
            self._failure = WorkerError(worker.describe_end())
        except BaseException:
            self._failure = WorkerError("the exchange with a worker process was interrupted")
            raise
        if self._failure is not None:
            raise self._failure


@define
class _Chunk:
    """Records that go to a worker together.

    :ivar size: bytes of undecoded lines.
    :ivar since: when the first one was added (monotonic clock).
    :ivar calls: what to call, each with the index of the record before whose result it comes.
    """

    records: list[InputRecord | UndecodedRecord] = field(factory=list)
    size: int = 0
    since: float = 0.0
    calls: list[tuple[int, Callable[[], None]]] = field(factory=list)

    @property
    def is_full(self) -> bool:
        return self.size >= _CHUNK_BYTES or len(self.records) >= _CHUNK_RECORDS

    def add(self, record: InputRecord | UndecodedRecord) -> None:
        if not self.records:
            self.since = monotonic()
        self.records.append(record)
        value = record[2]
        if isinstance(value, bytes):
            self.size += len(value)

    @property
    def next_call(self) -> int:
        """The index of the record before whose result something is to be called; or one that there isn't."""
        return self.calls[0][0] if self.calls else len(self.records)

    def take_calls(self, index: int) -> list[Callable[[], None]]:
        """Return, and forget, what is to be called before the result of a record."""
        if not self.calls:
            return []
        taken = [function for position, function in self.calls if position <= index]
        self.calls = self.calls[len(taken) :]
        return taken


@define
class _Worker:
    """One process, as its parent sees it.

    :ivar chunks: how many it has been sent and not answered.
    :ivar capacity: bytes that the pipe to it holds.
    """

    process: "ForkProcess"
    requests: "Connection"
    replies: "Connection"
    capacity: int
    chunks: int = 0

    @classmethod
    def start(cls, mapper: RecordMapper, others: "Sequence[_Worker]") -> "_Worker":
        """Fork a process.

        :param others: those that run already; it closes its copies of their pipes, so that these end with the parent.
        """
        from multiprocessing import get_context

        context = get_context("fork")
        their_requests, requests = context.Pipe(duplex=False)
        replies, their_replies = context.Pipe(duplex=False)
        capacity = min(_enlarge(requests), _enlarge(their_replies))
        inherited = [pipe for worker in others for pipe in (worker.requests, worker.replies)]
        process = context.Process(
            target=_work,
            args=(mapper, their_requests, their_replies, [*inherited, requests, replies]),
            name="capi-worker",
            daemon=True,
        )
        process.start()
        their_requests.close()
        their_replies.close()
        return cls(process, requests, replies, capacity)

    def describe_end(self) -> str:
        """Return a sentence about how the process ended."""
        self.process.join(_END_SECONDS)
        code = self.process.exitcode
        if code is None:
            return "a worker process can't be reached any more"
        if code >= 0:
            return f"a worker process has ended with status {code}"
        name = signal.Signals(-code).name
        cause = ", perhaps because the system had no memory left" if name == "SIGKILL" else ""
        return f"a worker process was ended by {name}{cause}"

    def close_pipes(self) -> None:
        """Close both pipes; the process ends when it notices."""
        with suppress(OSError):
            self.requests.close()
        with suppress(OSError):
            self.replies.close()

    def end(self) -> None:
        """Wait for the process to end, and kill it if that takes too long."""
        self.process.join(_EXIT_SECONDS)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


def _enlarge(pipe: "Connection") -> int:
    """Make a pipe hold more, where that is possible, and return how many bytes it holds."""
    try:
        import fcntl  # Windows has none

        return fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):  # not Linux; or this user has too many pipes
        return 0  # unknown


@contextmanager
def _blocked_signals() -> Iterator[None]:
    """Block signals that end a run; processes that are forked meanwhile never get them."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINATION_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _work(
    mapper: RecordMapper, requests: "Connection", replies: "Connection", inherited: "Sequence[Connection]"
) -> None:
    """Map chunks until there are no more; the work of a worker process."""
    for pipe in inherited:
        pipe.close()
    log = _LogCollector()
    log.install()
    gc.freeze()  # what is inherited stays: looking through it would copy its pages
    with suppress(EOFError, BrokenPipeError):
        while True:
            replies.send_bytes(_reply(mapper, log, requests.recv_bytes()))


def _reply(mapper: RecordMapper, log: "_LogCollector", data: bytes) -> bytes:
    """Map a chunk; where that fails, return a place in the code, not a text that may quote an event."""
    noted = Notes()
    try:
        values: list[_Value] = pickle.loads(data)  # noqa: S301  the parent process made it
        with collect_notes(noted):
            results = [_map(mapper, log, value) for value in values]
        reply: _Reply = (_runs(results), noted.take())
        return pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  reported to the parent process
        return pickle.dumps(where(error))


def _map(mapper: RecordMapper, log: "_LogCollector", value: _Value) -> _Mapped:
    _, _, outcomes, name, keys, _ = mapper.map("", 0, decode_record(value))
    return outcomes, name, keys, log.take()


def _runs(results: Iterable[_Mapped]) -> list[_Run | _Mapped]:
    """Return the results of a chunk with those that follow each other and are nothing but items put together."""
    parts: list[_Run | _Mapped] = []
    for is_usual, group in groupby(results, _is_usual):
        if is_usual:
            events = [(outcomes, keys) for outcomes, _, keys, _ in group if isinstance(outcomes, list)]
            counts = [len(outcomes) for outcomes, _ in events]
            items = [tuple(item) for outcomes, _ in events for item in outcomes if isinstance(item, Item)]
            parts.append(_Run(counts, items, [key for _, keys in events for key in keys]))
        else:
            parts += map(_portable_record, group)
    return parts


def _is_usual(mapped: _Mapped) -> bool:
    """Return whether a record became items and nothing else, and nothing was logged."""
    outcomes, _, _, logged = mapped
    return isinstance(outcomes, list) and not logged and {*map(type, outcomes)} == {Item}


def _portable_record(mapped: _Mapped) -> _Mapped:
    outcomes, name, keys, logged = mapped
    if isinstance(outcomes, EventError):
        return _portable(outcomes), name, keys, logged
    portable = [
        evolve(outcome, error=_portable(outcome.error)) if isinstance(outcome, Refusal) else outcome
        for outcome in outcomes
    ]
    return portable, name, keys, logged


class _LogCollector(logging.Handler):
    """Collects what is logged in a worker, for the parent process to log it."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[logging.LogRecord] = []

    def install(self) -> None:
        """Take the place of all handlers that were inherited."""
        loggers = logging.Logger.manager.loggerDict.values()
        for logger in (*loggers, logging.root):
            if isinstance(logger, logging.Logger):
                logger.handlers.clear()
                logger.propagate = True
        logging.root.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; arguments that might not be pickled, as text."""
        if isinstance(record.args, tuple):
            record.args = tuple(arg if type(arg) in (str, int, float) else str(arg) for arg in record.args)
        else:
            record.msg, record.args = record.getMessage(), None
        record.exc_info = record.exc_text = record.stack_info = None
        self._records.append(record)

    def take(self) -> Sequence[logging.LogRecord]:
        """Return what was logged since the last call."""
        if not self._records:
            return ()
        records, self._records = self._records, []
        return records


def _portable(error: EventError) -> EventError:
    """Return an error that can be pickled: a plugin's own kind may be none."""
    return EventError(
        Problem(str(problem.message), str(problem.path), problem.code, problem.severity, str(problem.logged))
        for problem in error.problems
    )
