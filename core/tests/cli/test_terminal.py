"""On a terminal, the progress bar and what is printed beside it never overwrite each other."""

import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from capi_actions.cli import console
from capi_actions.cli.summary import progress_bar

_TOKEN = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+")


class Screen:
    """What a terminal of unlimited height shows, as far as the bar's control sequences go."""

    def __init__(self) -> None:
        self.lines = [""]
        self._row = self._column = 0

    def feed(self, output: str) -> "Screen":
        """Take what a program wrote."""
        for token in _TOKEN.findall(output):
            if token == "\r":
                self._column = 0
            elif token == "\n":
                self._row, self._column = self._row + 1, 0
                if self._row == len(self.lines):
                    self.lines.append("")
            elif token.startswith("\x1b"):
                self._control(token)
            else:
                line = self.lines[self._row].ljust(self._column)
                self.lines[self._row] = line[: self._column] + token + line[self._column + len(token) :]
                self._column += len(token)
        return self

    def _control(self, token: str) -> None:
        if token.endswith("A"):
            self._row = max(0, self._row - int(token[2:-1] or 1))
        elif token == "\x1b[2K":
            self.lines[self._row] = ""


def run_on_terminal(*command: str, environment: dict[str, str]) -> str:
    """Run a program whose standard output and error are one terminal, and return all that it wrote."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=environment, close_fds=True
    )
    os.close(terminal)
    written = b""
    try:
        while True:
            select.select([controller], [], [])
            try:
                data = os.read(controller, 65_536)
            except OSError:  # how Linux reports that the last writer has closed a terminal
                break
            if not data:
                break
            written += data
    finally:
        os.close(controller)
        process.wait()
    return written.decode()


PROGRAM = """
import logging, sys, threading
from capi_actions.cli.console import log_to_stderr, try_write_line
from capi_actions.cli.summary import progress_bar
log = logging.getLogger("capi_actions.delivery")

def record(thread):
    for number in range(20):
        log.error("log %d of thread %d", number, thread)
        bar.update(bar.tasks[0].id, delivered=number)
        try_write_line({"line": number, "thread": thread})
        bar.refresh()

with log_to_stderr(verbose=True), progress_bar("reading", 100) as bar:
    threads = [threading.Thread(target=record, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("the end")
"""


@pytest.fixture
def environment() -> dict[str, str]:
    """A terminal that can move the cursor."""
    return {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}


def test_lines_and_the_bar_do_not_overwrite_each_other(environment: dict[str, str]) -> None:
    """Records on standard output, log lines on standard error and the bar, from several threads."""
    output = run_on_terminal(sys.executable, "-c", PROGRAM, environment=environment)
    screen = Screen().feed(output)
    lines = [line.strip() for line in screen.lines if line.strip()]

    expected = {
        f"capi: error: log {number} of thread {thread}" for number in range(20) for thread in range(3)
    }
    expected |= {f'{{"line":{number},"thread":{thread}}}' for number in range(20) for thread in range(3)}
    assert {*expected, "the end"} == set(lines)
    assert len(lines) == len(set(lines))
    assert "reading" in output


def test_capi_send_on_a_terminal(
    tmp_path: Path, acme_server: Any, ping: Any, environment: dict[str, str]
) -> None:
    """Refused lines, warnings of delivery, the bar and the summary, as a person sees them."""
    (tmp_path / "acme_for_tests.py").write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from conftest import ACME\nglobals().update(vars(ACME), __name__='acme_for_tests')\n"
    )
    info = tmp_path / "acme_for_tests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-for-tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[capi_actions]\nacme = acme_for_tests\n")
    config = tmp_path / "capi.toml"
    config.write_text(
        f'[destinations.main]\ntype = "acme"\naccount = "a"\ntoken = "sesame"\nurl = "{acme_server.url}"\n'
    )
    events = tmp_path / "events.jsonl"
    good = [json.dumps(ping(number)) for number in range(200)]
    bad = ["no JSON"] * 200
    events.write_text("\n".join(line for pair in zip(good, bad, strict=True) for line in pair) + "\n")
    acme_server.status = 401

    output = run_on_terminal(
        *(sys.executable, "-m", "capi_actions.cli", "send", "-c", str(config), "--wait", "0", str(events)),
        environment={**environment, "PYTHONPATH": str(tmp_path)},
    )
    lines = [line.rstrip() for line in Screen().feed(output).lines]

    refused = [json.loads(line) for line in lines if line.startswith("{")]
    assert len(refused) == 200
    assert len([line for line in lines if line.startswith("capi: error: main: pause")]) == 1
    assert not [line for line in lines if "reading" in line and "{" in line]


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file must not hold control sequences."""
    with progress_bar("reading", 10):
        console.echo_error("capi: one")
        console.try_write_line({"line": 1})

    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "capi: one\n" in captured.err
