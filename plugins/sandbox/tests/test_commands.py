"""``capi sandbox``."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest
import urllib3
from attrs import frozen

from capi_actions_sandbox import Sandbox
from capi_actions_sandbox.commands import COMMANDS, sandbox

Make = Callable[..., dict[str, Any]]
PATH = "/v25.0/123/events"
HEADERS = {"Authorization": "Bearer secret-token", "Content-Type": "application/json"}


@frozen
class Result:
    """How the command ended, and what it wrote."""

    exit_code: object
    stdout: str
    stderr: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command on a free port."""

    def invoke(*arguments: str) -> Result:
        with pytest.raises(SystemExit) as ended:
            sandbox.main(["--port", "0", *arguments], "sandbox")
        captured = capsys.readouterr()
        return Result(ended.value.code, captured.out, captured.err)

    return invoke


@pytest.fixture
def run(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command; once it serves, call a function with its address, then press Ctrl-C."""
    start = Sandbox.start

    def invoke(*arguments: str, do: Callable[[str], object] = lambda url: None) -> Result:
        failures: list[BaseException] = []

        def started(self: Sandbox) -> Sandbox:
            start(self)

            def work() -> None:
                try:
                    do(self.url)
                except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                    failures.append(error)
                finally:
                    os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=work).start()
            return self

        monkeypatch.setattr(Sandbox, "start", started)
        result = call(*arguments)
        if failures:
            raise failures[0]
        return result

    return invoke


@pytest.fixture
def shoot(http: urllib3.PoolManager, make_event: Make) -> Callable[[str], int]:
    """Post one event to an address."""
    body = json.dumps({"data": [make_event()]})
    return lambda url: http.request("POST", url + PATH, body=body, headers=HEADERS).status


NOW = ("--now", "2026-11-18T11:06:40Z")


def test_it_says_where_it_is_and_how_to_send_there(run: Any) -> None:
    """A table to paste, and the end of it all on Ctrl-C."""
    result = run("--pixel", "55")
    assert result.exit_code == 0
    url = re.search(r"Sandbox at (http://127\.0\.0\.1:\d+); Ctrl-C stops it", result.stderr)
    assert url
    assert (
        f'pixel_id = "55"\naccess_token = {{ env = "FACEBOOK_ACCESS_TOKEN" }}  # any will do\nbase_url = "{url[1]}"'
        in result.stderr
    )
    assert result.stderr.endswith("0 requests, 0 events accepted.\n")
    assert result.stdout == ""


def test_each_request_is_a_line(run: Any, shoot: Callable[[str], int], http: urllib3.PoolManager) -> None:
    """Method, address, number of events, result; no token, no data."""

    def do(url: str) -> None:
        assert [shoot(url) for _ in range(4)] == [400, 502, 200, 200]
        http.request("POST", url + "/v25.0/%1b[2J?access_token=secret-token", body=b"")

    result = run(*NOW, "--fault", "code=17", "--fault", "html502,store", "--fault", "pass", do=do)
    lines = [re.sub(r"^\d\d:\d\d:\d\d +", "", line) for line in result.stderr.splitlines() if "POST" in line]
    assert [re.sub(r" +", " ", line) for line in lines] == [
        'POST /v25.0/123/events 1 event 400 17 User request limit reached fault shape="error",code=17',
        'POST /v25.0/123/events 1 event 502 fault shape="html",status=502,store=true, stored',
        'POST /v25.0/123/events 1 event 200 accepted fault shape="pass"',
        "POST /v25.0/123/events 1 event 200 accepted",
        "POST /v25.0/?[2J 0 events 400 2500 Unknown path components: /v25.0/?[2J",
    ]
    assert result.stderr.endswith("5 requests, 3 events accepted.\n")
    assert "secret-token" not in result.stdout + result.stderr


def test_fair_weather_makes_no_refusal_good(run: Any, shoot: Callable[[str], int]) -> None:
    """With the clock years before the event, it is refused; the log must not call it accepted."""
    (line,) = [
        line
        for line in run("--now", "1700000000", "--fault", "pass", do=shoot).stderr.splitlines()
        if "POST" in line
    ]

    assert " 400 " in line
    assert "accepted" not in line
    assert 'fault shape="pass"' in line


def test_lines_can_be_json(run: Any, shoot: Callable[[str], int]) -> None:
    """On stdout, for machines; the hint stays on stderr."""
    result = run(
        *NOW, "--json", "--fault", "reset", "--token", "other", do=lambda url: shoot(cut(shoot, url))
    )
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert (first["status"], first["fault"]) == (0, 'shape="reset"')
    assert (second["status"], second["code"], second["path"]) == (401, 190, PATH)
    assert "# one that --token names" in result.stderr
    assert "secret-token" not in result.stdout + result.stderr


def cut(shoot: Callable[[str], int], url: str) -> str:
    """Make a request that is cut off; returns the address, for the next one."""
    with pytest.raises(urllib3.exceptions.ProtocolError):
        shoot(url)
    return url


def test_the_clock_and_strictness_can_be_set(run: Any, shoot: Callable[[str], int]) -> None:
    """An old recording can be replayed; the strict side lacks a user agent in our event."""
    statuses: list[int] = []
    run(*NOW, do=lambda url: statuses.append(shoot(url)))
    run("--now", "1700000000", do=lambda url: statuses.append(shoot(url)))
    run(*NOW, "--strict", do=lambda url: statuses.append(shoot(url)))
    assert statuses == [200, 400, 400]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "capi sandbox: the sandbox serves this machine alone"),
        (["--fault", "storm"], "there is no fault 'storm'; there are: pass, error, html"),
        (["--fault", "reset,strom"], "there is no fault 'strom'; there are: pass, error, html"),
        (["--pixel", "abc"], "should be digits only"),
        (["--pixel", "1", "--pixel", "\u0661"], "should be digits only"),
        (["--now", "later"], "should be a time such as 2026-11-23T12:00:00Z"),
        (["--now", "9e99"], "should be a time such as"),
        (["--keep", "-1"], "-1 is not in the range"),
    ],
)
def test_a_wrong_option_is_a_usage_error(
    call: Callable[..., Result], arguments: list[str], message: str
) -> None:
    """Status 2, and what would be right."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_taken_port_is_said(served: Sandbox, call: Callable[..., Result]) -> None:
    """A second sandbox on the usual port is the usual mistake."""
    result = call("--port", served.url.rpartition(":")[2])
    assert (result.exit_code, "can't listen on 127.0.0.1" in result.stderr) == (2, True)
    assert "Address already in use; another sandbox may be running there" in result.stderr


def test_the_former_signal_handlers_come_back(run: Any) -> None:
    """When it is run inside another program."""
    before = signal.getsignal(signal.SIGTERM)
    run()
    assert signal.getsignal(signal.SIGTERM) is before


SIGNALLED = """
import itertools, signal, sys, threading
from capi_actions_sandbox.serve import Stop, stopping_signals

def signal_at(line, stop):
    lines = itertools.count()
    def trace(frame, event, argument):
        if next(lines) == line:
            signal.raise_signal(signal.SIGTERM)
        return trace
    with stopping_signals(stop):
        sys.settrace(trace)
        stop.wait()
        sys.settrace(None)

for line in range(12):
    stop = Stop()
    timer = threading.Timer(0.1, stop.request)  # it may have fewer lines
    timer.start()
    signal_at(line, stop)
    timer.join()
print("ended")
"""


def test_a_signal_ends_it_whatever_it_is_doing() -> None:
    """Also just when it begins to wait for one: before that line, and after each that follows."""
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED], capture_output=True, text=True, timeout=60, check=True
    )

    assert ended.stdout == "ended\n"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """The command as a program of its own, whose log goes to a pipe."""
    code = "from capi_actions_sandbox.commands import sandbox; sandbox()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--port", "0", "--json", *NOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    match = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
    assert match
    return match[0]


def test_it_ends_well_when_it_is_told_to(process: subprocess.Popen[str], shoot: Callable[[str], int]) -> None:
    """Service managers send SIGTERM."""
    assert shoot(url_of(process)) == 200
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["stored"] is True
    assert err.endswith("1 request, 1 event accepted.\n")


def test_it_ends_when_nobody_reads_its_log(
    process: subprocess.Popen[str], shoot: Callable[[str], int]
) -> None:
    """``capi sandbox --json | head`` must not go on for ever, and the request is answered."""
    url = url_of(process)
    assert process.stdout
    process.stdout.close()
    assert shoot(url) == 200
    assert process.wait(timeout=60) in (0, 120)  # 120: Python could not flush stdout at its end


def test_the_plugin_offers_it() -> None:
    """As a command with help for each option."""
    (command,) = COMMANDS
    assert command.name == "sandbox"
    assert all(option.help for option in command.params if isinstance(option, click.Option))
