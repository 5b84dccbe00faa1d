"""`capi` itself: commands of plugins, unknown commands, exit status."""

from pathlib import Path
from typing import Any

import click
import pytest

from capi_actions import PluginError, Transport, TransportFactory


def test_plugins_add_commands(capi: Any, install: Any) -> None:
    """Which behave as the core's own do; their errors end in the same place."""

    @click.command()
    def greet() -> int:
        """Say hello."""
        click.echo("hello")
        return 1

    @click.command()
    def complain() -> None:
        """Fail."""
        raise PluginError("greeter", "no voice")

    install("greeter", capi_commands=[greet, complain])

    assert capi("greet") == (1, "hello\n", "")
    assert capi("complain") == (2, "", "capi: plugin 'greeter': no voice\n")
    assert "greet" in capi("--help").out


def test_a_plugin_can_not_take_the_place_of_a_command_of_the_core(capi: Any, install: Any) -> None:
    """And a message says that it is ignored; the core's own command runs."""
    install("thief", capi_commands=[click.Command("eval"), click.Command("steal")])
    helped = capi("--help")

    complaint = "capi: plugin 'thief': the command 'eval' is ignored: capi has a command of this name\n"
    assert helped.err == complaint
    assert "steal" in helped.out
    assert capi("eval", "mapping", lines=[{"mapping": {}}]).lines == [{"result": {}}]


def test_a_command_that_is_missing_with_a_refused_plugin_is_not_called_unknown(
    capi: Any, install: Any
) -> None:
    """It may be that plugin's; a word that nobody knows is a usage error as ever."""
    install("acme2", capi_actions=5)
    result = capi("greet")

    assert result.status == 2
    assert result.err.startswith(
        "capi: plugin 'acme2' (acme2 1.0): capi_actions() must return a list, but returned int\n"
    )
    assert result.err.count("'acme2'") == 1
    assert (
        "capi: no command 'greet': its plugin may be one that can't be loaded; see `capi plugins`\n"
        in result.err
    )
    assert "No such option" in capi("--greet").err


def test_usage_errors_have_their_own_status(capi: Any, only_acme: None) -> None:
    """And the version is that of the core."""
    assert capi("sned").status == 2
    assert "No such command 'sned'" in capi("sned").err
    assert capi("eval", "maping").status == 2
    assert capi("preview", "--nope").status == 2
    assert capi("--version").out.startswith("capi, version ")
    assert capi("send", "--help").status == 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (TimeoutError("timed out"), "capi: timed out"),
        (ConnectionError("no answer for jane@example.com"), "capi: no answer for [removed]"),
        (OSError(), "capi: OSError in fail, "),
        (
            FileNotFoundError(2, "No such file or directory", "a.txt"),
            "capi: a.txt: No such file or directory",
        ),
        (OSError(28, "No space left on device"), "capi: standard output: No space left on device"),
    ],
)
def test_an_error_of_the_operating_system_is_said_in_words(
    capi: Any, install: Any, error: OSError, line: str
) -> None:
    """Also one that has no number, as those of sockets; a plugin's text may quote an event."""

    @click.command()
    def fail() -> None:
        """Fail."""
        raise error

    install("failing", capi_commands=[fail])
    result = capi("fail")

    assert (2, "") == (result.status, result.out)
    assert result.err.startswith(line)
    assert 1 == result.err.count("\n")


def test_a_transport_that_cannot_be_opened_for_an_error_without_words_names_its_place(
    capi: Any, config: Path, install: Any
) -> None:
    """Rather than "None"."""

    def make() -> Transport:
        raise TimeoutError("MARKER")

    install("late", capi_transports=[TransportFactory(name="late", make=make)])
    with config.open("a", encoding="utf-8") as file:
        file.write('[transport]\ntype = "late"\n')
    result = capi("send", "-c", str(config), lines=[])

    assert "its transport 'late' can't be opened: TimeoutError in make, " in result.err
    assert "None" not in result.err
    assert "MARKER" not in result.err
