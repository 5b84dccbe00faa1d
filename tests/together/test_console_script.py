"""The installed `capi`: real processes, pipes and signals."""

import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from capi_actions import Client
from capi_actions_sandbox import Sandbox
from support.length import is_thorough

MEASURED = """
import resource, sys
from pathlib import Path
from capi_actions.cli.app import main

status = main()
own = Path("/proc/self/status")  # getrusage counts what the process that started this one had, too
if own.exists():
    peak = next(line.split()[1] for line in own.read_text().splitlines() if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, file=sys.stderr)
sys.exit(status)
"""
SLACK = 30_000  # kB; a run that kept its input would need more than three times as much, in `nox -s soak` ten times
MANY = 3_000 if is_thorough() else 1_000  # events of 100 kB


def orders(last: int) -> list[str]:
    """Ids of the orders from 0 on."""
    return [f"order-{number:06}" for number in range(last)]


@pytest.mark.usefixtures("config")
def test_the_installed_command_sends(start: Any, order: Any, sandbox: Sandbox, ids: Any) -> None:
    """Data on standard output, everything else on standard error."""
    running = start("send", "--json")
    running.pour([*map(order, range(20)), {}])
    status, (error, summary), messages = running.end()

    assert status == 1
    assert (error["line"], error["error"]["path"]) == (21, "$.type")
    assert summary["summary"]["delivered"] == 20
    assert "access_token: is written in the file" in messages[0]
    assert ids(sandbox) == orders(20)


@pytest.mark.usefixtures("config")
def test_a_port_for_metrics_that_is_in_use_stops_no_delivery(
    start: Any, order: Any, sandbox: Sandbox, ids: Any
) -> None:
    """`capi send` beside a `capi deliver --forever` of the same environment, which has the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        running = start("send", "--json", environment={"CAPI_PROMETHEUS_PORT": str(port)})
        running.pour([order(0)])
        status, _, messages = running.end()

    assert (status, ids(sandbox)) == (0, orders(1))
    assert sum(f"port {port} is in use" in line for line in messages) == 1


@pytest.mark.usefixtures("config")
def test_an_invalid_port_for_metrics_is_an_error_before_anything_is_sent(
    start: Any, order: Any, sandbox: Sandbox, ids: Any
) -> None:
    """With the variable's name and the status of a wrong configuration."""
    running = start("send", environment={"CAPI_PROMETHEUS_PORT": "metrics"})
    running.pour([order(0)])
    status, _, messages = running.end()

    assert (status, ids(sandbox)) == (2, [])
    assert messages[-1] == "capi: CAPI_PROMETHEUS_PORT should be a port number from 1 to 65535, not 'metrics'"


@pytest.mark.usefixtures("config")
def test_preview_into_a_pipe_that_closes_ends_quietly(start: Any, order: Any) -> None:
    """`capi preview | head -2`, whatever is still to come."""
    running = start("preview")
    running.keep_pouring(map(order, count()))
    lines = [running.line() for _ in range(2)]
    running.process.stdout.close()
    status, _, messages = running.end()

    assert [line["message_id"] for line in lines] == orders(2)
    assert status == 1
    assert all(line.startswith("capi: warning: ") for line in messages)


@pytest.mark.usefixtures("config")
def test_send_goes_on_when_nobody_reads_what_fails(
    start: Any, order: Any, sandbox: Sandbox, ids: Any
) -> None:
    """`capi send | head -1` must not send half of a file."""
    running = start("send")
    running.pour([{}], close=False)
    assert running.line()["line"] == 1
    running.process.stdout.close()
    running.pour([*([{}] * 100), *map(order, range(1_500))])
    status, _, messages = running.end()

    assert status == 1
    assert any("1,500" in line for line in messages)
    assert ids(sandbox) == orders(1_500)


@pytest.mark.soak
@pytest.mark.parametrize("command", ["preview", "send"])
@pytest.mark.usefixtures("config")
def test_memory_does_not_grow_with_the_input(
    command: str, start: Any, order: Any, sandbox: Sandbox, ids: Any
) -> None:
    """100 MB through a pipe, or 300, need no more than 3 MB; every event is processed."""
    peaks = []
    for events in (30, MANY):
        running = start(command, code=MEASURED, stdout=subprocess.DEVNULL)
        running.pour(order(number, filler="x" * 100_000) for number in range(events))
        status, _, messages = running.end()
        assert status == 0
        peaks.append(int(messages[-1]))

    assert peaks[1] < peaks[0] + SLACK, peaks
    assert len(set(ids(sandbox))) == (MANY if command == "send" else 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("config")
def test_a_signal_keeps_what_was_read_and_names_the_command_that_goes_on(
    number: int, start: Any, order: Any, sandbox: Sandbox, ids: Any, wait_for: Any
) -> None:
    """Ctrl-C, a container's end, a closed terminal: the rest can be sent from there on, nothing left out."""
    running = start("send", "--json")
    running.keep_pouring(map(order, count()))
    wait_for(lambda: sandbox.counts()["events"] > 1_000)
    running.process.send_signal(number)
    status, (record,), messages = running.end()
    stored = record["summary"]["stored"]

    assert status == 128 + number
    assert messages[-1] == (
        f"capi: stopped; {stored:,} events processed up to line {stored}; go on with the same input:"
        f" capi send --skip {stored}"
    )
    assert start("deliver").end()[0] == 0
    assert ids(sandbox) == orders(stored)


@pytest.mark.parametrize("command", ["send", "deliver"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("config")
def test_a_signal_while_delivering_finishes_the_request_in_flight(
    number: int,
    command: str,
    start: Any,
    order: Any,
    sandbox: Sandbox,
    ids: Any,
    wait_for: Any,
    tmp_path: Path,
) -> None:
    """And counts its items: nothing is sent twice, nothing has to be sent again by hand."""
    with Client.from_config(tmp_path / "capi.toml", deliver=False) as client:
        client.send_many(map(order, range(2_500)))
    sandbox.fault("pass,delay=1,times=100")
    running = start(command, "--json")
    if command == "send":
        running.pour([])
    wait_for(lambda: sandbox.counts()["events"] > 0)
    running.process.send_signal(number)
    status, (record,), messages = running.end()
    summary = record["summary"]
    sandbox.clear()

    assert status == 128 + number
    assert messages[-1].startswith("capi: stopped; ")
    assert messages[-1].endswith("`capi deliver` sends what is still waiting")
    assert summary["delivered"] + summary["waiting"] == 2_500
    assert summary["delivered"] in (1_000, 2_000)
    assert start("deliver", "--json").end()[1][0]["summary"]["delivered"] == summary["waiting"]
    assert len(ids(sandbox)) == summary["waiting"]


@pytest.mark.usefixtures("config")
def test_kill_9_loses_nothing_that_was_stored(
    start: Any, order: Any, sandbox: Sandbox, ids: Any, wait_for: Any, tmp_path: Path
) -> None:
    """Lines are stored in order, so that in the end there must be no gap; repeats are equal."""
    running = start("send")
    running.keep_pouring(map(order, count()))
    wait_for(lambda: sandbox.counts()["events"] > 2_000)
    running.process.kill()
    running.process.wait()
    with closing(sqlite3.connect(tmp_path / "capi-outbox.sqlite3", isolation_level=None)) as outbox:
        held = outbox.execute("SELECT count(*) FROM item").fetchone()[0]
        outbox.execute("UPDATE lease SET until = 0")  # as if the minute had passed that leases last
    arrived = len(set(ids(sandbox)))

    assert start("deliver").end()[0] == 0
    bodies: dict[str, Any] = {}
    for entry in sandbox.events():
        assert bodies.setdefault(entry["event"]["event_id"], entry["event"]) == entry["event"]
    assert sorted(bodies) == orders(len(bodies))
    assert len(bodies) >= max(arrived, held)


@pytest.mark.usefixtures("config")
def test_an_idle_input_holds_nothing_back(start: Any, order: Any, sandbox: Sandbox, wait_for: Any) -> None:
    """`tail -f events.jsonl | capi send`."""
    running = start("send")
    for number in range(2):
        running.pour([order(number)], close=False)
        wait_for(lambda number=number: sandbox.counts()["events"] == number + 1)
    running.pour([])

    assert running.end()[0] == 0


@pytest.mark.usefixtures("config")
def test_deliver_forever_delivers_what_others_put_and_ends_on_request(
    start: Any, order: Any, sandbox: Sandbox, ids: Any, wait_for: Any, tmp_path: Path
) -> None:
    """Beside a program that only stores; SIGTERM is how containers are stopped."""
    forever = start("deliver", "--forever", "--json")
    with Client.from_config(tmp_path / "capi.toml", deliver=False) as client:
        client.send_many(map(order, range(5)))
        wait_for(lambda: len(ids(sandbox)) == 5)
    forever.process.send_signal(signal.SIGTERM)
    status, (record,), _ = forever.end()

    assert status == 0
    assert (record["summary"]["delivered"], record["summary"]["waiting"]) == (5, 0)


@pytest.mark.usefixtures("config")
def test_deliver_forever_logs_what_goes_wrong_and_a_second_signal_does_not_wait(
    start: Any, order: Any, sandbox: Sandbox, tmp_path: Path
) -> None:
    """The service's log must say why nothing arrives; and a request that hangs must not keep it from ending."""
    sandbox.fault("html502")
    sandbox.fault("pass,delay=600")
    with Client.from_config(tmp_path / "capi.toml", deliver=False) as client:
        client.send(order(1))
    forever = start("deliver", "--forever")
    line = b""
    while b"warning: shop: 1 item will be retried" not in line:
        line = forever.process.stderr.readline()
        assert line
    forever.process.send_signal(signal.SIGTERM)
    forever.process.send_signal(signal.SIGINT)
    status, _, _ = forever.end()

    assert status in (0, 130)  # 0 when the request that hangs wasn't begun yet
