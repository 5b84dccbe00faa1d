"""`capi send --processes`: nobody can tell from what came of it how many processes there were."""

import json
import logging
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions import (
    Directive,
    EventError,
    EventFilter,
    InputFormat,
    Item,
    Judgement,
    OutboxError,
    Verdict,
    note_dropped,
    note_uncertain,
)
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.cli import ingest, send, workers
from capi_actions.cli.ingest import Ingester
from capi_actions.cli.record_mapper import MappedRecord, RecordMapper
from capi_actions.cli.workers import WorkerError, Workers
from capi_actions.config import load_config
from capi_actions.inputs import UndecodedRecord
from capi_actions.pipeline.pipeline import Pipeline
from capi_actions.plugins import Plugins
from capi_actions.runtime import Runtime

pytestmark = [
    pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="processes can't be forked safely here"),
    # The test's own server is a thread; `capi` forks before it has any.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

BROKEN = [b"{", b"[]", b'{"type": "trak"}', b"", b"   ", b"\xff\xfe{}", b'{"type": "track", "a": NaN}']
NOW = int(time())

events = st.builds(
    lambda number, **members: {"type": "track", "messageId": f"m{number}", "timestamp": NOW, **members},
    st.integers(0, 50),
    event=st.sampled_from(["Order", "Crash", "Refund", "jane@example.com", 5]),
    timestamp=st.sampled_from([NOW, NOW - 10, 5, None, "now"]),
    type=st.sampled_from(["track", "track", "track", "identify", "page"]),
    integrations=st.sampled_from([{}, {"All": False}, {"All": True}]),
    email=st.sampled_from(["Ada@Example.com", 5, None]),
)
lines = st.one_of(events.map(lambda event: json.dumps(event).encode()), st.sampled_from(BROKEN))


@pytest.fixture
def paused(config: Path) -> Path:
    """A configuration whose destination is paused in the outbox, so that the outbox keeps everything."""
    config.write_text(config.read_text() + '[outbox]\npath = "o.sqlite3"\n', encoding="utf-8")
    return config


def empty_outbox(config: Path) -> Path:
    path = config.with_name("o.sqlite3")
    for file in config.parent.glob("o.sqlite3*"):
        file.unlink()
    with SqliteOutbox(path) as outbox:
        outbox.pause("main", Judgement(verdict=Verdict.PAUSE, reason="It is a test."), 0.0)
    return path


def stored(path: Path) -> list[tuple[Any, ...]]:
    """Return the outbox's items in order."""
    db = sqlite3.connect(path)
    columns = "destination, action, message_id, event_id, event_time, deadline, grp, body"
    rows = db.execute(f"SELECT {columns} FROM item ORDER BY id").fetchall()
    db.close()
    return rows


def ids(path: Path) -> list[str]:
    return [row[2] for row in stored(path)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few lines many chunks."""
    monkeypatch.setattr(workers, "_CHUNK_RECORDS", 3)


@settings(
    max_examples=max(5, settings().max_examples // 6),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.lists(lines, max_size=40).map(b"\n".join), min_size=1, max_size=2),
    st.integers(0, 5),
    st.booleans(),
)
def test_the_number_of_processes_changes_nothing(
    capi: Any, paused: Path, small_chunks: None, contents: list[bytes], skip: int, once: bool
) -> None:
    """Neither what is stored, in which order, nor any message, count or status; whatever the lines are."""
    files = [paused.with_name(f"{number}.jsonl") for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    options = ["--json", "--wait", "0", "--skip", str(skip), *(["--once"] if once else [])]
    results = []
    for number in (1, 2, 3):
        path = empty_outbox(paused)
        result = capi("send", "-c", str(paused), *options, "--processes", str(number), *map(str, files))
        results.append((result, stored(path)))

    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--csv"], b"type,event,messageId,timestamp\n" + b"track,Order,m%d,2026-11-30T12:00:00Z\n" * 9 % (*range(9),)),
        (["--csv"], b"type,event,other\ntrack,Order\ntrack,Order,5\n\"track\n"),
        ([], b"[" + b",".join(b'{"type": "track", "messageId": "m%d"}' % number for number in range(9)) + b"]"),
        ([], b"<html>"),
        ([], b""),
        (["--format", "pairs"], b'{"n": 2}\n{"n": 0}\n{"n": "x"}\n[]\n{"n": 5}\n' * 3),
    ],
)  # fmt: skip
def test_every_format_is_read_alike(
    capi: Any, paused: Path, small_chunks: None, install: Any, options: list[str], text: bytes
) -> None:
    """CSV, arrays, a plugin's own, and what is none of them: with the same warnings, at the same places."""

    def convert(body: dict[str, Any]) -> list[Any]:
        made = {"type": "track", "event": "Order", "timestamp": NOW}
        return [{**made, "messageId": f"{body['n']}-{number}"} for number in range(body["n"])]

    install("pairs", capi_inputs=[InputFormat(name="pairs", description="", convert=convert)])
    file = paused.with_name("events.txt")
    file.write_bytes(text)
    results = []
    for number in (1, 2):
        path = empty_outbox(paused)
        arguments = ("-c", str(paused), "--wait", "0", *options, "--processes", str(number), str(file))
        results.append((capi("send", *arguments), stored(path)))

    assert results[0] == results[1]


def test_observers_are_told_of_events_in_this_process(
    capi: Any, paused: Path, ping: Any, install: Any, small_chunks: None
) -> None:
    """Where they count; those of a worker would be lost with it."""
    reports: list[tuple[str, str]] = []

    class Observer:
        def observe(self, report: object) -> None: ...

        def observe_event(self, report: Any) -> None:
            reports.append((str(report.outcome), report.reason))

    install("watch", capi_report=[Observer])
    file = paused.with_name("events.jsonl")
    file.write_text(
        "\n".join(map(json.dumps, [ping(1), 5, {"type": "page"}, ping(2, event="Crash"), ping(3)]))
    )
    seen = []
    for number in ("1", "2"):
        empty_outbox(paused)
        capi("send", "-c", str(paused), "--wait", "0", "--processes", number, str(file))
        seen.append(list(reports))
        reports.clear()

    assert [outcome for outcome, _ in seen[0]] == ["mapped", "invalid", "unmatched", "refused", "mapped"]
    assert seen[0] == seen[1]


def test_observers_may_take_many_events_at_once(
    capi: Any, paused: Path, ping: Any, install: Any, small_chunks: None
) -> None:
    """A call for each costs more than counting; but nothing may change places."""
    reports: list[tuple[str, int]] = []

    class Observer:
        def observe(self, report: object) -> None: ...

        def observe_events(self, report: Any, number: int) -> None:
            reports.append((str(report.outcome), number))

        def observe_event(self, report: Any) -> None:
            reports.append((str(report.outcome), 1))

    install("watch", capi_report=[Observer])
    file = paused.with_name("events.jsonl")
    file.write_text("\n".join(map(json.dumps, [ping(1), ping(2), 5, ping(3), {"type": "page"}])))
    for number in ("1", "2"):
        empty_outbox(paused)
        reports.clear()
        capi("send", "-c", str(paused), "--wait", "0", "--processes", number, str(file))

        events = [outcome for outcome, count in reports for _ in range(count)]
        assert events == ["mapped", "mapped", "invalid", "mapped", "unmatched"]


def test_an_error_of_a_plugins_own_kind_arrives(capi: Any, paused: Path, ping: Any, install: Any) -> None:
    """It may be one that can't be pickled; nor can what its text may quote get out."""

    class OwnError(EventError):
        def __reduce__(self) -> Any:
            raise TypeError("marker@example.com")

    def convert(body: object) -> object:
        raise OwnError.of("is of no use", "$.own")

    install("own", capi_directives=[Directive(name="@own", compile=lambda value, compiler: convert)])
    mapping = '[[destinations.main.mappings]]\naction = "acme.ping"\nmapping = { name = { "@own" = "" } }\n'
    paused.write_text(
        mapping.join(paused.read_text().split("[outbox]")).replace(mapping, mapping + "[outbox]")
    )
    results = []
    for number in ("1", "2"):
        empty_outbox(paused)
        arguments = ("-c", str(paused), "--json", "--wait", "0", "--processes", number)
        results.append(capi("send", *arguments, lines=[ping(1)]))

    assert results[0] == results[1]
    assert results[0].lines[0]["error"]["message"] == "is of no use"


@pytest.mark.parametrize("verbose", [[], ["--verbose"]])
def test_what_a_plugin_logs_is_logged_by_this_process(
    capi: Any, paused: Path, ping: Any, install: Any, small_chunks: None, verbose: list[str]
) -> None:
    """Where the handlers are; and what is logged once, as by each worker, is logged once."""
    noticed: list[int] = []

    def notice(event: Any) -> Any:
        logger = logging.getLogger("capi_actions.notice")
        if noticed[-1:] != [os.getpid()]:
            noticed.append(os.getpid())
            logger.warning("%s: %s (logged once)", "main", object)
        logger.warning("event %s", event.get("event"))
        return event

    install("notice", capi_events=[EventFilter(name="notice", apply=notice)])
    file = paused.with_name("events.jsonl")
    file.write_text("\n".join(json.dumps(ping(number, event=f"E{number}")) for number in range(20)))
    results = []
    for number in ("1", "2"):
        noticed.clear()
        empty_outbox(paused)
        arguments = ("-c", str(paused), "--json", "--wait", "0", *verbose, "--processes", number, str(file))
        results.append(capi("send", *arguments))

    assert results[0] == results[1]
    assert results[0].err.count("(logged once)") == 1
    assert results[0].err.count("event E") == 20


def test_what_is_noted_is_counted(
    capi: Any, paused: Path, ping: Any, install: Any, small_chunks: None
) -> None:
    """Values that are left out stand in the summary."""

    def note(event: Any) -> Any:
        note_dropped("$.a", f"reason {event['messageId'][-1]}")
        note_uncertain("$.b", "is odd")
        return event

    install("note", capi_events=[EventFilter(name="note", apply=note)])
    results = []
    for number in ("1", "2"):
        empty_outbox(paused)
        arguments = ("-c", str(paused), "--json", "--wait", "0", "--processes", number)
        results.append(capi("send", *arguments, lines=[ping(number) for number in range(25)]))

    assert results[0] == results[1]
    assert results[1].lines[-1]["summary"]["uncertain"] == [{"field": "$.b", "reason": "is odd", "items": 25}]


@pytest.fixture
def killing(install: Any) -> int:
    """Install a filter that kills the process it runs in, unless that is this one."""
    parent = os.getpid()

    def kill(event: Any) -> Any:
        if event.get("event") == "Kill" and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return event

    install("kill", capi_events=[EventFilter(name="kill", apply=kill)])
    return parent


def test_a_worker_that_is_killed_ends_the_run_with_a_command_that_goes_on(
    capi: Any, paused: Path, ping: Any, killing: int, small_chunks: None
) -> None:
    """As the system does that has no memory left.  Nothing is lost, and nothing stored twice."""
    file = paused.with_name("events.jsonl")
    all_events = [ping(number, event="Kill" if number == 50 else "Order") for number in range(100)]
    file.write_text("\n".join(map(json.dumps, all_events)))
    path = empty_outbox(paused)
    result = capi("send", "-c", str(paused), "--json", "--wait", "0", "--processes", "2", str(file))
    message, command = result.err.splitlines()[-1].split("go on: ")
    words = shlex.split(command)
    stored_before = ids(path)

    assert result.status == 2
    assert re.fullmatch(
        r"capi: a worker process was ended by SIGKILL, perhaps because the system had no memory left; "
        rf"\d+ events processed up to .*events.jsonl:{len(stored_before)}; ",
        message,
    )
    assert words[words.index("--skip") + 1] == str(len(stored_before))
    assert result.lines[-1]["summary"]["events"] == len(stored_before) <= 50
    assert words[-3:-1] == ["--skip", str(len(stored_before))] and "--processes" in words

    words[words.index("--processes") + 1] = "1"
    assert capi(*words[1:], "--wait", "0").status == 1  # as everything is still waiting
    assert ids(path) == [f"m{number}" for number in range(100)]


RUN = "import sys; sys.path[:0] = [{!r}, {!r}]; import conftest; sys.modules['acme_for_tests'] = conftest.ACME; "
MAIN = "from capi_actions.cli.app import main; sys.exit(main())"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(paused: Path) -> Iterator[Start]:
    """Start `capi send` with two workers, as the leader of a group of processes."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> "subprocess.Popen[bytes]":
        code = RUN.format(str(paused.parent / "site"), str(Path(__file__).parents[1])) + MAIN
        command = [
            sys.executable,
            "-c",
            code,
            "send",
            "-c",
            str(paused),
            "--once",
            "--processes",
            "2",
            *options,
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = monotonic() + 120
    while not condition():
        assert monotonic() < give_up
        sleep(0.01)


def children(process: "subprocess.Popen[bytes]") -> list[Path]:
    """Return the folders in /proc of a process's children."""
    pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [Path("/proc", pid) for pid in pids]


def has_gone(folder: Path) -> bool:
    """Return whether a process has ended, or is a zombie that nobody has waited for."""
    try:
        return ") Z " in (folder / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_killed_or_interrupted_nothing_is_lost(start: Start, paused: Path, ping: Any) -> None:
    """The parent killed: its workers end with it, and the same input sent again completes the outbox.

    Ctrl-C for the whole group: what was read is stored, although the pipe is still open.
    """
    path = empty_outbox(paused)
    text = b"".join(json.dumps(ping(number)).encode() + b"\n" for number in range(5))
    killed = start()
    assert killed.stdin is not None
    killed.stdin.write(text)
    killed.stdin.flush()
    wait_for(lambda: len(ids(path)) == 5)  # also: an event doesn't wait for the next one
    folders = children(killed)
    killed.kill()
    wait_for(lambda: all(map(has_gone, folders)))
    assert len(folders) == 2

    interrupted = start("--json", "--wait", "0")
    assert interrupted.stdin is not None
    interrupted.stdin.write(text + json.dumps(ping(7)).encode() + b"\n")
    interrupted.stdin.flush()
    wait_for(lambda: len(ids(path)) == 6)
    os.killpg(interrupted.pid, signal.SIGINT)
    out, err = interrupted.communicate()

    assert interrupted.returncode == 130
    summary = json.loads(out.splitlines()[-1])["summary"]
    assert (summary["events"], summary["stored"], summary["already_sent"]) == (6, 1, 5)
    assert b"capi: stopped; 6 events processed up to line 6; go on with the same input: " in err
    assert b"--once --processes 2 --skip 6" in err
    assert b"Traceback" not in err
    assert ids(path) == [*(f"m{number}" for number in range(5)), "m7"]


@pytest.fixture
def runtime(config: Path) -> Iterator[Runtime]:
    """A complete runtime; nothing delivers."""
    plugins = Plugins.installed()
    with Runtime.open(load_config(config, plugins), plugins) as opened:
        yield opened


def test_a_store_that_fails_for_a_moment_loses_nothing(
    runtime: Runtime, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results that have come from a worker are kept until they are stored."""
    monkeypatch.setattr(ingest, "_FLUSH_INTERVAL", 0.01)
    monkeypatch.setattr(ingest, "_CHUNK", 2)
    failures = threading.Semaphore(3)
    put, tried = runtime.outbox.put, threading.Event()

    def failing(items: list[Item]) -> None:
        if failures.acquire(blocking=False):
            raise OutboxError("the disk is full")
        put(items)
        tried.set()

    monkeypatch.setattr(runtime.outbox, "put", failing)

    def records() -> Iterator[UndecodedRecord]:
        for number in range(9):
            yield UndecodedRecord("", number + 1, json.dumps(ping(number)).encode())
        assert tried.wait(60)

    with Workers(RecordMapper(runtime.pipeline), 2) as pool:
        ingester = Ingester(runtime, lambda record: None, workers=pool)
        ingester.ingest(records())

    claim = runtime.outbox.claim("main", 100, 10**6, 60.0, time())
    assert claim is not None
    assert [json.loads(item.body)["id"] for item in claim.items] == [f"m{n}" for n in reversed(range(9))]
    assert (ingester.stats.events, ingester.stats.stored) == (9, 9)


class Echo(RecordMapper):
    """Makes a name of as many characters as an event wants, or fails."""

    def map(self, file: str, line: int, event: Any) -> MappedRecord:
        if event.get("fails"):
            raise ZeroDivisionError("marker@example.com")
        return MappedRecord(file, line, [], "x" * event["size"], [event["text"].encode()])


def record(number: int, **members: Any) -> UndecodedRecord:
    text = json.dumps({"type": "track", "size": 1, "text": str(number), **members})
    return UndecodedRecord("f", number, text.encode())


SIZES = st.sampled_from([1, 100, 300_000, 3_000_000])


@settings(max_examples=max(5, settings().max_examples // 5), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(SIZES, SIZES), max_size=12), st.integers(1, 3), st.sampled_from([0, 2**16, 2**20]))
def test_records_larger_than_any_pipe_come_back_in_order(
    sizes: list[tuple[int, int]], number: int, pipe: int
) -> None:
    """Whichever of both waits to send: if both did, both would wait for ever."""
    results: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "_PIPE_BYTES", pipe)
        patch.setattr(workers, "_CHUNK_RECORDS", 2)
        with Workers(Echo(Pipeline([])), number) as pool:
            for line, (size, length) in enumerate(sizes):
                results += pool.add(record(line, size=length, text="y" * size))
            results += pool.finish()

    assert [(line, "x" * length, "y" * size) for line, (size, length) in enumerate(sizes)] == [
        (result.line, result.name, result.keys[0].decode()) for result in results
    ]


def test_a_worker_that_fails_says_where_and_quotes_nothing(small_chunks: None) -> None:
    """The text of an error may quote an event.  What came before is returned first, and there is no way on."""
    results: list[Any] = []
    with Workers(Echo(Pipeline([])), 2) as pool:
        for number in range(6):
            results += pool.add(record(number, fails=number == 5))
        for _ in range(2):
            with pytest.raises(
                WorkerError, match=r"a worker process failed \(ZeroDivisionError in map, .*\)$"
            ):
                results += pool.finish()
        with pytest.raises(WorkerError):
            results += [result for number in range(9) for result in pool.add(record(number))]

    assert [0, 1, 2] == [result.line for result in results]


def test_memory_is_bounded_however_far_reading_is_ahead(small_chunks: None) -> None:
    """Of 3,000 records not more are on their way than fit into two chunks a worker, and the one that fills."""
    ahead: Counter[bool] = Counter()
    with Workers(Echo(Pipeline([])), 2) as pool:
        done = 0
        for number in range(3_000):
            done += sum(1 for _ in pool.add(record(number)))
            ahead[number + 1 - done <= 2 * 2 * 3 + 3] += 1

    assert set(ahead) == {True}


@pytest.mark.parametrize(
    ("size", "cores", "threads", "expected"),
    [
        (None, 8, 1, 1),
        (3_999_999, 8, 1, 1),
        (4_000_000, 8, 1, 4),
        (4_000_000, 2, 1, 2),
        (4_000_000, 1, 1, 1),
        (4_000_000, 8, 2, 1),
    ],
)
def test_the_default_goes_by_size_and_cores(
    size: int | None, cores: int, threads: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard input may be idle, little input isn't worth a fork, and beside threads a fork may hang."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    monkeypatch.setattr(threading, "active_count", lambda: threads)

    assert expected == send._default_processes(size)


def test_a_system_without_fork_says_so(
    capi: Any, config: Path, ping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sends nothing; with one process it would."""
    monkeypatch.setattr(sys, "platform", "darwin")
    result = capi("send", "-c", str(config), "--processes", "2", lines=[ping(1)])

    assert result.status == 2
    message = "capi: --processes needs a system on which processes can be forked safely, such as Linux"
    assert result.err.splitlines()[-1] == message
