"""Log lines of delivery on standard error: warnings and errors, rate-limited."""

import logging
from pathlib import Path
from typing import Any

import pytest

from capi_actions import logs
from capi_actions.cli.console import log_to_stderr

LOG = logging.getLogger("capi_actions.delivery")


def say(reason: str = "It stumbled.", **extra: Any) -> None:
    """Log as delivery does."""
    LOG.warning("%s: %s", extra.get("destination", "main"), reason, extra=extra)


def test_why_nothing_arrives_is_logged_to_standard_error(
    capi: Any, config: Path, ping: Any, acme_server: Any
) -> None:
    """In a sentence, while it happens and in the end; a machine finds it in the summary."""
    acme_server.status = 503
    result = capi("send", "-c", str(config), "--wait", "0", lines=[ping(1)])
    again = capi("deliver", "-c", str(config), "--wait", "0", "--json")
    words = " ".join(result.err.replace("│", " ").split())

    assert result.status == 1
    assert "capi: warning: main: 1 item will be retried. It stumbled." in result.err
    assert "waiting for main 1 It stumbled." in words
    assert "capi deliver" in words
    assert again.lines[-1]["summary"]["waiting"] == 1


def test_successful_requests_are_logged_only_with_verbose(capi: Any, config: Path, ping: Any) -> None:
    """Otherwise an hour of success would fill the screen."""
    quiet = capi("send", "-c", str(config), lines=[ping(1)])
    loud = capi("send", "-c", str(config), "--verbose", lines=[ping(2)])

    assert "main: done" not in quiet.err
    assert "capi: debug: main: 1 item delivered.\n" in loud.err
    assert LOG.handlers == []
    assert LOG.getEffectiveLevel() == logging.getLogger().getEffectiveLevel()


def test_one_kind_is_logged_once_a_minute(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """An outage of an hour would fill the screen; other destinations and codes are other kinds."""
    now = [0.0]
    monkeypatch.setattr(logs, "monotonic", lambda: now[0])
    with log_to_stderr():
        for _ in range(5):
            say(destination="a", verdict="later", code=1)
            say(destination="b", verdict="later", code=1)
            say(destination="a", verdict="later", code=2)
            LOG.error("%s: the outbox has no room; next try in %d seconds", "a", now[0])
        now[0] = 61.0
        say(destination="a", verdict="later", code=1)

    assert capsys.readouterr().err.splitlines() == [
        "capi: warning: a: It stumbled.",
        "capi: warning: b: It stumbled.",
        "capi: warning: a: It stumbled.",
        "capi: error: a: the outbox has no room; next try in 0 seconds",
        "capi: warning: a: It stumbled. (4 more like this since the last)",
    ]


def test_no_text_can_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A reason comes from a platform's answer, or from a plugin."""
    with log_to_stderr():
        say("\x1b[2J gone")

    assert "\x1b" not in capsys.readouterr().err


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending goes on."""

    def gone(*arguments: object, **options: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("capi_actions.cli.console.click.echo", gone)
    with log_to_stderr():
        say()
