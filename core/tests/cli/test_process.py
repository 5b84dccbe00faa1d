"""`capi` as a process of its own: pipes that break, disks that are full, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RUN = (sys.executable, "-c", "import sys; from capi_actions.cli.app import main; sys.exit(main())")
LINE = json.dumps({"mapping": {"a": {"@path": "$.b"}}, "payload": {"b": "x" * 1_000}}).encode() + b"\n"
ANSWER = json.dumps({"result": {"a": "x" * 1_000}}, separators=(",", ":")).encode() + b"\n"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `capi` with pipes; what still runs in the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, stdout: Any = subprocess.PIPE) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [*RUN, *arguments], stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_each_line_is_answered_at_once(start: Start) -> None:
    """A program that asks line by line must not wait for a buffer to fill."""
    process = start("eval", "mapping")
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(3):
        process.stdin.write(LINE)
        process.stdin.flush()
        assert process.stdout.readline() == ANSWER
    _, err = process.communicate()

    assert (process.returncode, err) == (0, b"")


def test_a_reader_that_goes_ends_the_command_quietly(start: Start) -> None:
    """As `capi … | head -1` does: no traceback, and not the status of success."""
    process = start("eval", "mapping")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LINE)
    process.stdin.flush()
    assert process.stdout.readline() == ANSWER
    process.stdout.close()
    with pytest.raises(BrokenPipeError):
        for _ in range(10_000):
            process.stdin.write(LINE)
            process.stdin.flush()
    assert process.stderr is not None

    assert process.stderr.read() == b""
    assert process.wait() == 1


def test_an_output_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    """A full disk, here a limit on the file's size: in a sentence, and Python's own last words are kept back."""
    limited = RUN[2].replace(
        "sys.exit", "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); sys.exit"
    )
    with (tmp_path / "out").open("wb") as out:
        result = subprocess.run(
            [RUN[0], "-B", "-c", limited, "eval", "mapping"],
            input=LINE * 3,
            stdout=out,
            stderr=subprocess.PIPE,
            env={
                key: value for key, value in os.environ.items() if "COVERAGE" not in key
            },  # it writes files, too
        )

    assert result.stderr == b"capi: standard output: File too large\n"
    assert result.returncode == 2


def test_ctrl_c_stops_with_a_word(start: Start) -> None:
    """And the shell's status for it."""
    process = start("eval", "mapping")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LINE)
    process.stdin.flush()
    assert process.stdout.readline() == ANSWER
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()

    assert err.strip() == b"capi: stopped"
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "closed", "message"),
    [
        ("eval mapping", "<&-", b"capi: standard input is closed; name a FILE, or pipe lines in\n"),
        ("eval mapping -", "<&-", b"capi: standard input is closed; name a FILE, or pipe lines in\n"),
        ("eval mapping", ">&-", b"capi: standard output is closed; leave it open, or redirect it"),
        ("plugins", ">&-", b"capi: standard output is closed; leave it open, or redirect it"),
        ("--help", ">&-", b"capi: standard output is closed; leave it open, or redirect it"),
        ("eval mapping", "2>&-", b""),
    ],
)
def test_a_stream_that_is_closed_gives_a_sentence(arguments: str, closed: str, message: bytes) -> None:
    """Some service managers start programs so; with standard error closed, all the rest still works."""
    script = f'"$0" -c "$1" {arguments} {closed}'
    result = subprocess.run(["sh", "-c", script, RUN[0], RUN[2]], input=LINE, capture_output=True)

    assert result.stderr.startswith(message)
    assert result.stderr.count(b"\n") == (1 if message else 0)
    assert (result.returncode, result.stdout) == ((2, b"") if message else (0, ANSWER))


def test_send_goes_on_without_standard_output(config: Path, acme_server: Any, ping: Any) -> None:
    """Only lines that fail would be printed there, and the others must be sent."""
    config.write_text(config.read_text() + '[outbox]\npath = "o.sqlite3"\n', encoding="utf-8")
    site = str(config.parent / "site")
    plugin = "import sys; sys.path[:0] = [{!r}, {!r}]; import conftest; sys.modules['acme_for_tests'] = conftest.ACME; "
    code = plugin.format(site, str(Path(__file__).parents[1])) + RUN[2]
    events = b"not JSON\n" + json.dumps(ping(1)).encode() + b"\n"
    script = '"$0" -c "$1" send -c "$2" >&-'
    result = subprocess.run(
        ["sh", "-c", script, RUN[0], code, str(config)], input=events, capture_output=True
    )

    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert [item["id"] for item in acme_server.taken] == ["m1"]
